"""The knobs of a panel: what is asked for passes each knob's gate; what does nothing is gone."""

import json
import re
import shutil
import subprocess

import pytest

from curvkit.core.knob import BaseSettings, choice, knob, knobs, switch
from curvkit.show import knobs as page
from curvkit.show.knobs import MOST_IN_FRONT, Knobs

TOLD = dict(sentence="How <fast> it goes.", source="Nobody 2000")


class Machine(BaseSettings):
    """Knobs of each kind, some of which matter only beside others."""

    rate: float = knob(
        default=0.1, low=1e-5, high=20.0, scale="log", symbol="η", useful=(0.01, 1.0), **TOLD
    )
    shift: float = knob(default=0.0, low=-2.0, high=3.0, **TOLD)
    count: int = knob(default=11, low=1, high=101, step=2, **TOLD)
    size: int = knob(default=32, low=2, high=512, static=True, **TOLD)
    rule: str = choice(default="gd", choices=("gd", "adam"), **TOLD)
    wild: bool = switch(default=False, **TOLD)
    decay: float = knob(default=0.9, low=0.0, high=1.0, when={"rule": ("adam",)}, **TOLD)
    bias: bool = switch(default=False, when={"decay": (0.5, 1.0)}, **TOLD)


class Hand:
    """The knobs of a machine, and what they called back."""

    def __init__(self, front=("rate", "decay", "shift", "rule"), **values):
        self.turned, declared = [], knobs(Machine)
        given = {name: each.default for name, each in declared.items()} | values
        self.knobs = Knobs(declared, given, front, lambda *call: self.turned.append(call))


OTHER = {"rate": 0.25, "shift": -1.5, "count": 21, "size": 64, "rule": "adam", "wild": True}


@pytest.mark.parametrize("name", OTHER)
@pytest.mark.parametrize("typed", [False, True])
def test_what_is_asked_for_is_turned_once_and_shown(name, typed):
    hand = Hand()
    before = hand.knobs.count
    hand.knobs.ask(name, str(OTHER[name]) if typed else OTHER[name])
    assert hand.turned == [(name, OTHER[name])]
    assert hand.knobs.values[name] == OTHER[name] and hand.knobs.count > before
    hand.knobs.ask(name, OTHER[name])
    assert len(hand.turned) == 1, "the same value begins another run"


def test_a_message_of_the_page_is_an_ask():
    hand = Hand()
    hand.knobs._handle_custom_msg({"turn": "shift", "value": "1.5"}, [])
    assert hand.turned == [("shift", 1.5)]


def test_the_theme_of_the_page_is_told_and_nothing_else():
    told, declared = [], knobs(Machine)
    given = {name: each.default for name, each in declared.items()}
    made = Knobs(declared, given, ("rate",), lambda *call: None, told.append)
    for message in ({"theme": "dark"}, {"theme": "pink"}, {}, {"theme": "light"}):
        made.heard(message)
    assert told == ["dark", "light"]


@pytest.mark.parametrize(
    ("name", "value"), [("rate", 1e9), ("rate", "abc"), ("count", "2.5"), ("shift", "nan"),
                        ("size", ""), ("rule", "sgd"), ("wild", "maybe")],
)  # fmt: skip
def test_what_is_refused_is_said_beside_its_knob_and_changes_nothing(name, value):
    hand = Hand()
    before, count = dict(hand.knobs.values), hand.knobs.count
    hand.knobs.ask(name, value)
    assert hand.turned == [] and hand.knobs.values == before
    assert hand.knobs.count > count, "the page is not told to show the old value again"
    (said,) = hand.knobs.refused.items()
    assert said[0] == name
    assert said[1].startswith(f"{name} must be {hand.knobs.declared[name].expected}, but ")
    hand.knobs.ask("shift", 0.5)
    assert hand.knobs.refused == {}, "an old refusal stands beside a new value"


def test_what_is_set_from_code_is_shown_and_turns_nothing():
    hand = Hand()
    hand.knobs.show({**hand.knobs.values, "rate": 0.7})
    assert hand.turned == [] and hand.knobs.values["rate"] == 0.7


def test_a_knob_goes_back_to_its_default():
    hand = Hand(rate=0.5)
    hand.knobs.reset("rate")
    assert hand.turned == [("rate", 0.1)]


def test_a_knob_that_does_nothing_is_not_shown_and_gives_its_place_in_front_to_the_next():
    hand = Hand()
    assert hand.knobs.idle == ["decay", "bias"]
    assert hand.knobs.front == ["rate", "shift", "rule"]
    hand.knobs.ask("rule", "adam")
    assert hand.knobs.idle == []
    assert hand.knobs.front == ["rate", "decay", "shift"]
    hand.knobs.ask("decay", 0.25)
    assert hand.knobs.idle == ["bias"], "a knob that needs a number within a range"
    hand.knobs.ask("rule", "gd")
    assert hand.knobs.idle == ["decay", "bias"], "a knob of an idle knob is idle"
    assert len(hand.knobs.front) == MOST_IN_FRONT


def test_the_page_knows_the_range_that_is_useful_and_the_whole():
    rate, shift = Hand().knobs.facts[:2]
    assert (rate["low"], rate["high"], rate["ends"]) == (0.01, 1.0, [1e-5, 20.0])
    assert (shift["low"], shift["high"], shift["ends"]) == (-2.0, 3.0, [-2.0, 3.0])
    assert rate["label"] == "rate *η*" and not rate["linear"] and shift["linear"]
    assert json.loads(json.dumps(rate)) == rate


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (dict(useful=(0.5, 0.2)), "useful must be two numbers within 0 to 1, the smaller first"),
        (dict(useful=(-1, 0.5)), "useful must be two numbers within 0 to 1"),
        (dict(useful=(0.2, 0.4)), "useful must be a range that holds the default 0.5, but"),
        (dict(when={"rule": ("sgd",)}), "when: rule must be one of gd, adam, but 'sgd'"),
        (dict(when={"rile": ("gd",)}), "There is no knob 'rile'; did you mean 'rule'"),
        (dict(when={"own": (0.0, 1.0)}), "own → own leads back to itself"),
    ],
)
def test_a_declaration_that_contradicts_itself_is_refused_where_it_stands(wrong, said):
    with pytest.raises(ValueError, match=re.escape(said)) as refused:

        class Wrong(BaseSettings):
            rule: str = choice(default="gd", choices=("gd", "adam"), **TOLD)
            own: float = knob(default=0.5, low=0.0, high=1.0, **wrong, **TOLD)

    assert "Wrong.own" in str(refused.value)


SLIDES = """
import {{ shareOf, valueAt, written }} from {program};
const known = {known};
const out = known.map((k) => {{
  const shares = Array.from({{ length: 101 }}, (_, i) => i / 100);
  return shares.map((s) => valueAt(k, s)).map((v) => [v, shareOf(k, v), written(v, k.whole)]);
}});
console.log(JSON.stringify(out));
"""


def test_a_slider_reaches_its_ends_exactly_and_stands_where_its_value_is(tmp_path):
    if (node := shutil.which("node")) is None:
        pytest.skip("node is not installed, so the page's own arithmetic was not run.")
    numbers = [each for each in Hand().knobs.facts if "choices" not in each]
    whole = [{**each, "low": each["ends"][0], "high": each["ends"][1]} for each in numbers]
    program = tmp_path / "knobs.mjs"
    program.write_text(page.PROGRAM)
    source = SLIDES.format(program=json.dumps(str(program)), known=json.dumps(numbers + whole))
    script = tmp_path / "slides.mjs"
    script.write_text(source)
    ran = subprocess.run([node, script], capture_output=True, text=True, timeout=60, check=True)
    for each, rows in zip(numbers + whole, json.loads(ran.stdout), strict=True):
        values = [row[0] for row in rows]
        assert (values[0], values[-1]) == (each["low"], each["high"])
        assert values == sorted(values)
        declared = knobs(Machine)[each["name"]]
        for at, (value, share, words) in enumerate(rows):
            assert declared.read(value) == value == pytest.approx(float(words), rel=1e-3)
            if not each["whole"]:
                assert share == pytest.approx(at / 100, abs=2e-3)
        if each["name"] == "count":
            assert all(value % 2 for value in values), "a knob of odd numbers gives an even one"
