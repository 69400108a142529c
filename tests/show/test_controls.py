"""A knob as widgets: slider and number stay together, and what is refused changes nothing."""

import math

import pytest

from curvkit.core.knob import BaseSettings, choice, knob, knobs, switch
from curvkit.show.controls import Control

TOLD = dict(sentence="How <fast> it goes.", source="Nobody 2000")


class Machine(BaseSettings):
    """One knob of each kind."""

    rate: float = knob(default=0.1, low=1e-5, high=20.0, scale="log", symbol="η", **TOLD)
    odd_ends: float = knob(default=0.2, low=3e-4, high=0.7, scale="log", **TOLD)
    shift: float = knob(default=0.0, low=-2.0, high=3.0, **TOLD)
    count: int = knob(default=11, low=1, high=101, step=2, **TOLD)
    size: int = knob(default=32, low=2, high=512, static=True, **TOLD)
    rule: str = choice(default="gd", choices=("gd", "adam"), **TOLD)
    wild: bool = switch(default=False, **TOLD)


class Hand:
    """A control, and what it called back."""

    def __init__(self, name, value=None):
        declared = knobs(Machine)[name]
        self.turned, self.refused = [], []
        value = declared.default if value is None else value
        turned = lambda *call: self.turned.append(call)
        self.control = Control(declared, value, turned, self.refused.append)
        self.inputs = self.control.inputs


NUMBERS = ["rate", "odd_ends", "shift", "count", "size"]
OTHER = {"rate": 0.25, "odd_ends": 0.5, "shift": -1.5, "count": 21, "size": 64, "rule": "adam",
         "wild": True}  # fmt: skip


@pytest.mark.parametrize("name", OTHER)
def test_what_is_set_from_code_is_shown_by_all_inputs_and_turns_nothing(name):
    hand = Hand(name)
    hand.control.show(OTHER[name])
    assert [each.value for each in hand.inputs] == [OTHER[name]] * len(hand.inputs)
    assert hand.control.value == OTHER[name]
    assert hand.turned == [] and hand.refused == []


@pytest.mark.parametrize("name", OTHER)
def test_turning_one_input_moves_the_others_and_calls_once(name):
    for at in range(len(Hand(name).inputs)):
        hand = Hand(name)
        hand.inputs[at].value = OTHER[name]
        assert hand.turned == [(name, OTHER[name])]
        assert [each.value for each in hand.inputs] == [OTHER[name]] * len(hand.inputs)


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("end", ["low", "high"])
def test_a_slider_pushed_to_its_end_reaches_the_end_of_the_range_exactly(name, end):
    hand = Hand(name)
    slider, declared = hand.inputs[0], hand.control.knob
    limit = getattr(slider, "min" if end == "low" else "max")
    slider.value = slider.base**limit if declared.scale == "log" else limit
    assert hand.control.value == getattr(declared, end)
    assert hand.turned == [(name, getattr(declared, end))] and hand.refused == []


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("far", [-1e9, 1e9])
def test_a_number_out_of_range_changes_nothing_and_is_answered_in_a_sentence(name, far):
    hand = Hand(name)
    number = hand.inputs[1]
    number.value = int(far) if hand.control.knob.kind is int else far
    assert hand.turned == [] and hand.control.value == hand.control.knob.default
    assert [each.value for each in hand.inputs] == [hand.control.knob.default] * 2
    (said,) = hand.refused
    assert said.startswith(f"{name} must be {hand.control.knob.expected}, but ")


def test_not_a_number_is_refused():
    hand = Hand("shift")
    hand.inputs[1].value = math.nan
    assert hand.turned == [] and hand.control.value == 0.0 and len(hand.refused) == 1


@pytest.mark.parametrize("name", OTHER)
def test_reset_goes_back_to_the_default_and_can_be_pressed_only_away_from_it(name):
    hand = Hand(name, OTHER[name])
    assert not hand.control.reset_button.disabled
    hand.control.reset_button.click()
    default = hand.control.knob.default
    assert hand.control.value == default and hand.turned == [(name, default)]
    assert hand.control.reset_button.disabled


@pytest.mark.parametrize("name", OTHER)
def test_a_label_says_the_name_the_sentence_and_what_recompiles(name):
    hand = Hand(name)
    label = hand.control.box.children[0].value
    assert name.replace("_", " ") in label
    assert "How &lt;fast&gt; it goes." in label and "<fast>" not in label
    assert ("recompiles" in label) == hand.control.knob.static


def test_a_dropdown_offers_the_choices_and_no_others():
    assert Hand("rule").inputs[0].options == ("gd", "adam")
