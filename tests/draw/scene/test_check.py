"""The checker: each kind of mistake is refused in one sentence that names the place."""

import dataclasses

import numpy as np
import pytest

from curvkit.draw import scene as sc

PLAN = sc.Arrangement(columns=(1,), rows=(1,), areas=("one",))
LAYOUT = sc.Layout(wide=PLAN, narrow=PLAN)
ROWS = {"step": np.arange(4.0), "loss": np.ones(4), "pair": np.ones((4, 2)),
        "ten": np.ones((4, 10)), "grid": np.ones((4, 3, 3))}  # fmt: skip
FIXED = {
    "surface": np.ones((5, 6)),
    "axis": np.ones(6),
    "line": np.ones(5),
    "place": np.arange(2.0),
    "pics": np.ones((2, 3, 3)),
    "two": np.array([0.5, 2.0]),
    "one": np.float64(3),
}


def view(*marks, **more):
    given = dict(id="one", title="One", x=sc.Axis(domain=(0, 1)), y=sc.Axis(domain=(0, 1)))
    return sc.View(**{**given, **more, "marks": marks})


def chooser(*marks, **more):
    """Scenes whose view lets a hand choose one of two."""
    choose = sc.Choose(**{**dict(x="place", label="one of two", says=("{name}",)), **more})
    return view(*marks, choose=choose)


def scene(*marks, **more):
    given = dict(title="A scene", alt="What is seen", time="step", rows=ROWS, fixed=FIXED,
                 views=(view(*marks),), layout=LAYOUT,
                 knobs={name: sc.Turn() for name in ("eta",)})  # fmt: skip
    return sc.Scene(**{**given, **more})


def dropped(x, y):
    return sc.Drop(say="drop it", x=sc.KnobValue(x), y=sc.KnobValue(y))


def painted(grid):
    return sc.Paint(grid=grid, each="cells", say="fill cells")


GOOD = [
    sc.Line(x="step", y="loss"),
    sc.Line(x="step", y="pair", per="item"),
    sc.Line(x=sc.Span((0, "loss"), 10), y="ten"),
    sc.Area(x="step", y="loss", y2=sc.KnobValue("eta", power=-1), open=2.0),
    sc.Dots(x="pair", y="pair", image="pics"),
    sc.Jumps(x="loss", on=sc.Ground(x=sc.Span((0, 1), 10), y="ten")),
    sc.Rule(y=2, drag=sc.Drag(knob="eta")),
    sc.Rect(x=0, x2="pair", when="past"),
    sc.Heat(grid="surface"),
    sc.Heat(grid="grid", cells=True),
    sc.Heat(grid="surface", cells=True, cover="surface"),
    sc.Arrow(x=0, y=0, u="pair", v="pair"),
    sc.Arrow(x=0, y=0, x2="pair", y2="pair"),
    sc.Dots(x="place", y="place", drag=sc.Drag(each="points", x=True, y=True)),
    sc.Bars(x="pair", y="pair", names=("a", "b")),
    sc.Shape(x="ten", y="ten", color="#ff0000"),
    sc.Text(text="{value}", value="loss", color=sc.Ramp("loss", "edge", (0, 1))),
    sc.Swing(angle="line", dt=0.05),
    sc.Heat(grid="surface", domain="two"),
    sc.Bars(x="place", y="place", color=sc.Roles("place", ("good", "bad"))),
    sc.Rule(y=sc.KnobValue("eta", times="one", plus="one")),
]


@pytest.mark.parametrize("mark", GOOD, ids=lambda mark: mark.kind)
def test_what_fits_is_taken_and_told_as_json(mark):
    told = scene(mark).as_dict({"eta": {"value": 0.1}})
    assert told["views"][0]["marks"][0]["mark"] == mark.kind
    assert told["knobs"]["eta"] == {"label": "eta", "value": 0.1}


BAD = [
    (sc.Line(x="step", y="lose"), "mark 0 (line)", "did you mean 'loss'|no field 'lose'"),
    (sc.Line(x="step", y=sc.Field("loss", knob="beta")), "mark 0 (line)", "no knob 'beta'"),
    (sc.Line(x="pair", y="ten"), "mark 0 (line)", "different numbers of items"),
    (sc.Line(x="step", y="loss", color="blue"), "mark 0 (line)", "no colour 'blue'"),
    (sc.Line(x="step", y="loss", color=sc.Ramp("loss", "rainbow", (0, 1))), "line", "no ramp"),
    (sc.Line(x="step", y="loss", color=sc.Ramp("loss", "edge", (1, 1))), "line", "domain of a col"),
    (sc.Line(x="step", y=None), "line", "a channel must be"),
    (sc.Line(x="step", y=True), "line", "a channel must be"),
    (sc.Line(x=sc.Span(("pair", 1), 5), y="loss"), "line", "one item each"),
    (sc.Line(x=sc.Span((0, 1), 1), y="loss"), "line", "two places at least"),
    (sc.Rule(), "rule", "one x or at one y"),
    (sc.Rule(x=1, y=1), "rule", "one x or at one y"),
    (sc.Rule(y=1, drag=sc.Drag(knob="beta")), "rule", "no knob 'beta'"),
    (sc.Rule(y=1, drag=sc.Drag()), "rule", "needs a knob or something to ed"),
    (sc.Dots(x=0, y=0, drag=sc.Drag(knob="eta")), "dots", "along x and y"),
    (sc.Dots(x="place", y=0, drag=sc.Drag(each="a", x=True, y=True)), "dots", "edited along y"),
    (sc.Dots(x="loss", y="place", drag=sc.Drag(each="a", x=True)), "dots", "edited along x"),
    (sc.Dots(x="place", y="place", drag=sc.Drag(each="a", up="b", x=True)), "dots", "edited upwar"),
    (sc.Arrow(x=0, y=0, u=0), "arrow", "u and v, or x2 and y2"),
    (sc.Arrow(x=0, y=0, v=0, x2=1), "arrow", "u and v, or x2 and y2"),
    (sc.Dots(x=0, y=0, image="surface"), "dots", "of shape (item, height, width)"),
    (sc.Jumps(x="loss", on=sc.Ground(x="pair", y="ten")), "jumps", "three at least"),
    (sc.Heat(grid="loss"), "heat", "must be of shape (y, x)"),
    (sc.Heat(grid="surface", ramp="rainbow"), "heat", "no ramp 'rainbow'"),
    (sc.Surface(grid="surface", x="axis", y="line"), "surface", "an axis z"),
    (sc.Text(text="{value}"), "text", "no value is given"),
    (sc.Bars(x="pair", y="pair", names=("a",)), "bars", "1 names for 2 bars"),
    (sc.Swing(angle="loss", dt=0.05), "swing", "two moments at least"),
    (sc.Swing(angle="line", dt=0), "swing", "seconds between them"),
    (sc.Swing(angle="lines", dt=1), "swing", "no field 'lines'"),
    (sc.Heat(grid="surface", domain="place2"), "heat", "no field 'place2'|did you mean 'place'"),
    (sc.Heat(grid="surface", domain="line"), "heat", "line must be two fixed numbers"),
    (sc.Bars(x="place", y=0, color=sc.Roles("places", ("good",))), "bars", "did you mean 'place'"),
    (sc.Bars(x="place", y=0, color=sc.Roles("place", ("blue",))), "bars", "no colour 'blue'"),
    (sc.Rule(y=sc.KnobValue("eta", plus="two")), "rule", "two must be one fixed number"),
    (sc.Rule(y=sc.KnobValue("eta", times="loss")), "rule", "loss must be one fixed number"),
    (sc.Rect(x=0, drag=sc.Drag(x=sc.KnobValue("eta", plus="line"))), "rect", "one fixed number"),
]  # fmt: skip


@pytest.mark.parametrize("mark, place, said", BAD, ids=lambda each: str(each)[:40])
def test_a_mark_that_does_not_fit_is_refused_with_its_place(mark, place, said):
    with pytest.raises(ValueError) as refused:
        scene(mark)
    words = str(refused.value)
    assert words.startswith("The scene 'A scene', view one, mark 0") and place in words
    assert any(each in words for each in said.split("|")), words
    assert words.endswith(".") and "\n" not in words


BROKEN = {
    "lengths": (dict(rows={**ROWS, "step": np.arange(3.0)}), "different lengths"),
    "time": (dict(time="pair"), "one number for every row"),
    "no time": (dict(time="nothing"), "no field 'nothing'"),
    "words as a field": (dict(rows={**ROWS, "loss": np.array(list("abcd"))}), "array of numbers"),
    "both": (dict(fixed={"loss": np.ones(3)}), "over time and fixed"),
    "two views": (dict(views=(view(), view())), "two views have one name"),
    "no place": (dict(views=(view(), view(id="two"))), "view two has no place"),
    "area": (dict(layout=sc.Layout(wide=PLAN, narrow=sc.Arrangement(
        columns=(1,), rows=(1,), areas=("on",)))), "no view 'on'"),
    "rows of areas": (dict(layout=sc.Layout(wide=PLAN, narrow=sc.Arrangement(
        columns=(1, 1), rows=(1,), areas=("one",)))), "2 columns and 1 rows"),
    "no box": (dict(layout=sc.Layout(narrow=PLAN, wide=sc.Arrangement(
        columns=(1, 1), rows=(1, 1), areas=("one .", ". one")))), "is no box"),
    "beat": (dict(beats=(sc.Beat("A", [("los", ">", 1)]),)), "no field 'los'"),
    "sign": (dict(beats=(sc.Beat("A", [("loss", "=", 1)]),)), "cannot be asked of a row"),
    "nan": (dict(beats=(sc.Beat("A", [("loss", ">", np.nan)]),)), "cannot be asked of a row"),
    "wave": (dict(wave=sc.Wave(field="pair", full=1)), "one number for every row"),
    "moment": (dict(pace=sc.Tempo(moments=(sc.Moment(field="x", above=1, rate=1),))), "field 'x'"),
    "lost": (dict(lost=sc.Lost(fields=("surface",))), "no field over time"),
    "sentence": (dict(sentence=(sc.Number(),)), "of a field, of a knob or the time"),
    "two in one": (dict(sentence=(sc.Number(field="loss", time=True),)), "of a field, of a knob"),
    "many items": (dict(sentence=(sc.Number(field="ten"),)), "must be one number"),
    "control": (dict(controls=("beta",)), "no knob 'beta'"),
    "controls": (dict(controls=("eta",) * 4), "at most 3 knobs"),
    "try": (dict(tries=(sc.Try("x", {"beta": 1}),)), "no knob 'beta'"),
    "range": (dict(knobs={"eta": sc.Turn(low=1, high=1)}), "range of the knob eta is empty"),
    "recorded": (dict(knobs={"eta": sc.Turn(recorded=sc.Recorded("x"))}), "no field 'x'"),
    "prediction": (dict(predict=sc.Prediction(ask="?")), "one of the two"),
    "prediction's view": (dict(predict=sc.Prediction(ask="?", view="two")), "the view two"),
    "prediction's words": (dict(predict=sc.Prediction(ask="?", view="one")), "x, y and a verdict"),
    "one choice": (dict(predict=sc.Prediction(
        ask="?", choices=(sc.Answer("a", ()),))), "two choices"),
    "choice": (dict(predict=sc.Prediction(ask="?", choices=(
        sc.Answer("a", [("los", ">", 1)]), sc.Answer("b", [])))), "no field 'los'"),
    "too early": (dict(predict=sc.Prediction(
        ask="?", at=3, until=3, choices=(sc.Answer("a", ()),) * 2)), "cannot be told at row 3"),
    "patience": (dict(predict=sc.Prediction(
        ask="?", patience=0, choices=(sc.Answer("a", ()),) * 2)), "a patience above 0"),
    "no number": (dict(predict=sc.Prediction(
        ask="?", view="one", x="step", y="loss", verdict="Off.")), "a verdict with {value}"),
    "domain": (dict(views=(view(x=sc.Axis(domain=(1, 1))),)), "axis x goes from 1 to 1"),
    "ends": (dict(views=(view(x=sc.Axis(domain="place3")),)), "no field 'place3'|did you mean"),
    "ends over time": (dict(views=(view(x=sc.Axis(domain="pair")),)), "must be two fixed numbers"),
    "least": (dict(views=(view(x=sc.Axis(
        fit=sc.Camera(of=("loss",), least="line"))),)), "must be two fixed numbers"),
    "ends the wrong way": (dict(fixed={**FIXED, "two": np.array([2.0, 1.0])}, views=(
        view(x=sc.Axis(domain="two")),)), "axis x goes from 2.0 to 1.0"),
    "logarithm of ends": (dict(fixed={**FIXED, "two": np.array([0.0, 1.0])}, views=(
        view(x=sc.Axis(domain="two", log=True)),)), "logarithmic and begins at 0"),
    "label": (dict(views=(view(x=sc.Axis(
        domain=(0, 1), label=sc.Words("two", ("a", "b")))),)), "must be one fixed number"),
    "log": (dict(views=(view(x=sc.Axis(domain=(0, 1), log=True)),)), "logarithmic"),
    "names": (dict(views=(view(x=sc.Axis(domain=(0, 1), at=(0, 1), names=("a",))),)), "1 names"),
    "camera": (dict(views=(view(x=sc.Axis(fit=sc.Camera(of=("x",), least=(0, 1)))),)), "field 'x'"),
    "pick": (dict(views=(view(pick=sc.Pick()),)), "by a clock or by what is near"),
    "ghost": (dict(views=(view(ghost=("step", "pair")),)), "one number for every row"),
    "chosen elsewhere": (dict(views=(chooser(sc.Dots(
        x=sc.Field("pair", chosen="two"), y=0)),)), "nothing is chosen in the view two"),
    "chosen from others": (dict(views=(chooser(sc.Dots(
        x=sc.Field("ten", chosen="one"), y=0)),)), "10 items, of which one of 2"),
    "choose by what moves": (dict(views=(chooser(x="pair"),)), "which is not fixed"),
    "choose by nothing": (dict(views=(chooser(x="plaice"),)), "did you mean 'place'"),
    "choose by names": (dict(views=(chooser(names=("a",)),)), "1 names for 2 items"),
    "choose and say": (dict(views=(chooser(says=(sc.Number(field="pair"),)),)), "must be one numb"),
    "two clicks": (dict(views=(view(
        choose=sc.Choose(x="place", label="a", says=()), drop="it"),)), "has two meanings"),
    "paint": (dict(views=(view(paint=painted("line")),)), "no fixed grid"),
    "paint what moves": (dict(views=(view(paint=painted("grid")),)), "no fixed grid"),
    "paint nothing": (dict(views=(view(paint=painted("walls")),)), "no field 'walls'"),
    "cover of other cells": (dict(views=(view(
        sc.Heat(grid="grid", cells=True, cover="surface")),)), "must be of its own cells, (3, 3)"),
    "cover of what is smooth": (dict(views=(view(
        sc.Heat(grid="surface", cover="surface")),)), "must be of its own cells, (5, 6)"),
    "drop": (dict(views=(view(drop=dropped("eta", "beta")),)), "no knob 'beta'"),
    "drop of one": (dict(views=(view(drop=dropped("eta", "eta")),)), "both are eta"),
}  # fmt: skip


@pytest.mark.parametrize("more, said", BROKEN.values(), ids=BROKEN)
def test_a_scene_whose_parts_do_not_fit_is_refused(more, said):
    with pytest.raises(ValueError) as refused:
        scene(**more)
    words = str(refused.value)
    assert any(each in words for each in said.split("|")), words
    assert words.startswith("The scene 'A scene'"), words
    assert words.endswith((".", "?")) and "\n" not in words


def test_what_a_hand_chooses_is_one_item_or_those_of_one():
    one = sc.Field("pair", chosen="one")
    rows = {**ROWS, "corners": np.ones((4, 2, 5))}
    corner = sc.Field("corners", chosen="one")
    marks = (sc.Dots(x=one, y="loss"), sc.Shape(x=corner, y="line"),
             sc.Line(x=sc.Span((one, 0), 2), y=sc.Span((0, one), 2)))  # fmt: skip
    told = scene(rows=rows, views=(chooser(*marks),)).as_dict({})["views"][0]
    assert told["choose"] == {"x": "place", "label": "one of two", "says": ["{name}"]}
    assert told["marks"][0]["x"] == {"field": "pair", "chosen": "one"}


def test_ends_and_words_can_stand_in_fixed_fields():
    label, fit = sc.Words("one", ("a", "b")), sc.Camera(of=("loss",), least="two")
    one = view(x=sc.Axis(domain="two", log=True, label=label), y=sc.Axis(fit=fit))
    told = scene(views=(one,)).as_dict({})["views"][0]
    assert told["x"]["domain"] == "two" and told["y"]["fit"]["least"] == "two"
    assert told["x"]["label"] == {"field": "one", "words": ["a", "b"]}


def test_an_unknown_channel_is_a_sentence():
    with pytest.raises(TypeError, match="unexpected keyword argument 'xx'"):
        sc.Line(x="step", y="loss", xx="step")


def test_a_scene_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        scene().title = "Another"


CHOICES = (
    sc.Answer("low", [("loss", "<", 0.5)]),
    sc.Answer("middling", [("loss", ">", 0.5), ("loss", "<", 1.5)]),
    sc.Answer("high", [("loss", ">", 1.5)]),
)


@pytest.mark.parametrize(
    "loss, lost, until, said",
    [
        ((0, 0, 0, 2), None, None, "high"),
        ((0, 0, 1, 2), None, 2, "middling"),
        ((0, 0, 1, 2), None, 9, "high"),
        ((0, 9, np.nan, 0), sc.Lost(fields=("loss",), above=5), None, "high"),
        ((0, 1, np.inf, 0), sc.Lost(fields=("loss", "ten")), None, "high"),
        ((0, 0, 0, np.nan), None, None, None),
        ((0, 0, 0, 0.5), None, None, None),
    ],
)
def test_a_scene_says_which_choice_its_run_makes_right(loss, lost, until, said):
    asked = sc.Prediction(ask="?", choices=CHOICES, until=until)
    rows = {**ROWS, "loss": np.asarray(loss, float)}
    made = scene(rows=rows, lost=lost, predict=asked)
    assert made.right() == said
    expected = 3 if lost is None else next(i for i, each in enumerate(loss) if not each <= 5)
    assert made.last == expected
    assert scene(rows=rows).right() is None
    overlapping = sc.Prediction(ask="?", choices=(*CHOICES, sc.Answer("any", ())))
    assert scene(rows=rows, predict=overlapping).right() == ("any" if said is None else None)
