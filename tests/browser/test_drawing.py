"""Figures in a page: each function of a room, translated, draws and says what Python does."""

import re
from pathlib import Path

import drawing
import numpy as np
import pytest
from drawn_cases import CASES
from rooms import ROOMS, ran_early, room, short

from curvkit.browser.drawing import program
from curvkit.browser.drawing.expressions import Untranslated
from curvkit.browser.drawing.translator import Translator, known

pytestmark = pytest.mark.skipif(drawing.NODE is None, reason="node is not installed")
READINGS = 24


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_figures_are_written_in_does_in_a_page_what_it_does_in_python(tmp_path):
    acts, arguments = zip(*CASES, strict=True)
    found = drawing.functions(acts, arguments, tmp_path)
    wrong = [
        f"{act.__name__}{sentence}"
        for act, given, ours in zip(acts, arguments, found, strict=True)
        for sentence in drawing.differences(
            _kindless(ours), _kindless(drawing.encoded(act(*given))), near=1e-6
        )
    ]
    assert not wrong, "\n".join(wrong[:40])


def _kindless(value):
    """A value whose arrays are told by shape and numbers alone; single precision is near enough."""
    if isinstance(value, dict):
        return {name: _kindless(each) for name, each in value.items() if name != "kind"}
    return [_kindless(each) for each in value] if isinstance(value, list) else value


def test_each_name_that_a_page_knows_has_a_case():
    text = (Path(__file__).parents[1] / "drawn_cases.py").read_text(encoding="utf-8")
    called = set(re.findall(r"[\w\]\)]\.(\w+)\b|\b(\w+)\(", text))
    used = {name for pair in called for name in pair}
    passed_over = {"print"}
    for table in ("NUMPY", "BUILT_IN", "MATH"):
        assert sorted(known(table) - used - passed_over) == [], table
        assert len(known(table)) > 10


@pytest.mark.parametrize("name", ROOMS)
def test_a_room_draws_and_says_in_a_page_what_it_does_in_a_notebook(name, tmp_path):
    there = room(name)
    house = there.package.room
    trace = ran_early(there, short(there), READINGS)
    traces = [trace, trace.head(max(1, trace.readings // 2)), trace.head(1), trace.head(0)]
    frames = program.frames(house.figures.values(), trace)
    found = drawing.room(house, traces, frames, tmp_path)
    for at, (each, ours) in enumerate(zip(traces, found, strict=True)):
        for figure, draw in house.figures.items():
            theirs = drawing.plain(draw(each))
            wrong = list(drawing.differences(ours["figures"][figure], theirs))
            assert not wrong, f"{figure} of reading {each.readings}: {wrong[:4]}"
        assert ours["words"] == house.words(each), f"words of {at}"
        merits = drawing.encoded({name: float(value) for name, value in each.merits().items()})
        assert not list(drawing.differences(ours["merits"], merits))


def test_a_run_that_was_turned_and_one_that_diverged_are_drawn_as_in_a_notebook(tmp_path):
    house = room("curvature").package.room
    knobs = dict(steps=60, every=3, width=8)
    traces = [
        house.run(**knobs, turns=[(4, {"learning_rate": 0.3}), (9, {"learning_rate": 0.05})]),
        house.run(**knobs, learning_rate=8.0),
    ]
    assert traces[0].turns
    assert traces[1].diverged
    frames = program.frames(house.figures.values(), traces[0])
    for each, ours in zip(traces, drawing.room(house, traces, frames, tmp_path), strict=True):
        for figure, draw in house.figures.items():
            wrong = list(drawing.differences(ours["figures"][figure], drawing.plain(draw(each))))
            assert not wrong, f"{figure}: {wrong[:4]}"
        assert ours["words"] == house.words(each)


def sorted_by_scipy(values):
    return np.polyfit(values, values, 1)


def with_a_class(values):
    class Local:
        pass

    return Local


def with_a_file(values):
    return open(values)


@pytest.mark.parametrize(
    "act, named",
    [(sorted_by_scipy, "polyfit"), (with_a_class, "ClassDef"), (with_a_file, "open")],
)
def test_what_has_no_counterpart_is_named_with_its_function_and_line(act, named):
    line = act.__code__.co_firstlineno
    with pytest.raises(Untranslated, match=rf"{act.__name__}, line \d+: \S*{named}") as raised:
        Translator().named(act, "a test")
    told = int(re.search(r"line (\d+)", str(raised.value))[1])
    assert line < told <= line + 3


def test_a_wrong_runtime_is_seen(tmp_path, monkeypatch):
    right = program.runtime()
    planted = right.replace("ranked[half - 1] + ranked[half]) / 2", "ranked[half - 1])")
    assert planted != right
    monkeypatch.setattr(program, "runtime", lambda: planted)
    (act, given), *_ = [case for case in CASES if case[0].__name__ == "reductions"]
    (ours,) = drawing.functions([act], [given], tmp_path)
    assert list(drawing.differences(_kindless(ours), _kindless(drawing.encoded(act(*given)))))
