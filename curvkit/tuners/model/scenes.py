"""The scene of the model: a ball in a valley whose sharpness answers, and the plane of both."""

from typing import Any

import numpy as np

from curvkit.draw import scene as sc
from curvkit.tuners.model.trace import Trace

EDGE = sc.Ramp("scaled", "edge", (1.7, 2.3))
DASH = (6, 4)
STEP = ("step ", sc.Number(field="step", digits=0))


def _turned(trace: Trace) -> str:
    """The knob that a hand turns under the rule."""
    return "learning_rate" if trace.settings["rule"] == "constant" else "sigma"


def _fields(trace: Trace) -> dict[str, np.ndarray]:
    """The fields over time; each row is of its reading alone."""
    xp = sc.namespace(trace.offset)
    lam, x, rate = (
        xp.asarray(each, float) for each in (trace.sharpness, trace.offset, trace.learning_rate)
    )
    square = x**2
    # As wide as the jump that follows, also where every second one is small.
    reach = xp.abs(x) * xp.maximum(1, xp.abs(1 - rate * lam))
    half = xp.maximum(0.3, 2 * xp.minimum(xp.nan_to_num(reach, nan=0.0, posinf=1e6), 1e6))
    across = np.linspace(-1, 1, 25) * half[:, None]
    return {
        "step": trace.step, "lam": lam, "x": x, "swing": xp.abs(x), "square": square,
        "edge": 2 / rate, "scaled": rate * lam, "rate": rate, "start": -half, "end": half,
        "ground": 0.5 * lam[:, None] * across**2, "height": 0.5 * lam * square,
        "rest": trace.over_readings("sharpening") / trace.over_readings("stabilizing"),
        "predicted": trace.predicted_sharpness,
        **{name: trace.over_readings(name) for name in (_turned(trace),)},
        "beyond": xp.nan_to_num(xp.minimum(rate * lam, 99.0), nan=99.0),
    }  # fmt: skip


def _valley() -> sc.View:
    ground: dict[str, Any] = dict(x=sc.Span(("start", "end"), 25), y="ground")
    return sc.View(
        id="valley", title="The valley and the ball", beats=True, pad={"t": 104, "b": 44},
        x=sc.Axis(label="displacement *x*", fit=sc.Camera(
            of=("swing",), least=(-0.3, 0.3), both=True, last=30, ahead=4, room=1.25)),
        y=sc.Axis(label="loss", fit=sc.Camera(
            of=("height",), least=(0, 0.1), last=30, ahead=4, room=1.6)),
        pick=sc.Pick(near=("x",), last=40),
        marks=(
            sc.Line(**ground, color=EDGE, width=0, fill=(0.34, 0.05)),
            sc.Line(**ground, color=EDGE, width=3),
            sc.Jumps(x="x", on=sc.Ground(**ground), color=EDGE, last=22, size=10, blur=(14, 36)),
        ),
    )  # fmt: skip


def _plane() -> sc.View:
    return sc.View(
        id="plane", title="The plane of *x*² and *λ*",
        x=sc.Axis(label="squared displacement *x*²", fit=sc.Camera(
            of=("square", "rest"), least=(0, 1.0), last=400, room=1.15)),
        y=sc.Axis(label="sharpness *λ*", fit=sc.Camera(
            of=("lam", "edge"), least=(0, 2.5), last=400, room=1.15)),
        pick=sc.Pick(near=("square", "lam")),
        cursor=sc.Cursor(x="square", y="lam", says=(
            *STEP, ",  *x*² = ", sc.Number(field="square", digits=3))),
        marks=(
            sc.Rule(x="rest", width=1.5, color="muted", dash=DASH),
            sc.Text(text="here *λ* stands still", x="rest", dx=-6, dy=14, align="right",
                    color="muted", size=11.5, halo=True),
            sc.Rule(y="edge", width=1.5, dash=DASH),
            sc.Text(text="here *x* stands still: 2/*η*", y="edge", right=True, align="right",
                    dx=-6, dy=-6, size=11.5, halo=True),
            sc.Line(x="square", y="lam", color=EDGE, width=1, alpha=0.3, smooth=True),
            sc.Line(x="square", y="lam", when=sc.Last(220), color=EDGE, width=2.75, fade=True,
                    smooth=True),
            sc.Dots(x="square", y="lam", size=5.5),
        ),
    )  # fmt: skip


def _climb(steps: int) -> sc.View:
    return sc.View(
        id="climb", title="Sharpness and the edge",
        x=sc.Axis(label="step", domain=(0, steps)),
        y=sc.Axis(label="*λ*", fit=sc.Camera(of=("lam", "edge"), least=(0, 2.5), room=1.15)),
        pick=sc.Pick(clock="step"), ghost=("step", "lam"),
        cursor=sc.Cursor(x="step", y="lam", line=True, says=(
            *STEP, ",  *λ* = ", sc.Number(field="lam", digits=2))),
        marks=(
            sc.Line(x="step", y="predicted", color="second", width=2, dash=(2, 4)),
            sc.Line(x="step", y="edge", width=1.5, dash=DASH),
            sc.Line(x="step", y="lam", color=EDGE, width=2.5),
            sc.Dots(x="step", y="lam", size=4.5),
            sc.Text(text="2/*η*", x="step", y="edge", dx=8, dy=-8, size=12, halo=True),
            sc.Text(text="*λ*", x="step", y="lam", dx=8, dy=18, size=14, halo=True),
        ),
    )  # fmt: skip


BEATS = (
    sc.Beat(
        "One step lands near the floor, the next, of a rate far too large, throws it out.",
        [("scaled", ">", 2.02)],
        alternating=True,
    ),
    sc.Beat("Beyond the edge each jump lands farther out.", [("scaled", ">", 2.02)]),
    sc.Beat("Below it the jumps die away, and the sharpness grows again.", [("scaled", "<", 1.95)]),
    sc.Beat("At the edge: the jumps neither grow nor die."),
)

# Of ηλ at the last step; a run that is lost counts as beyond.
FORETOLD = sc.Prediction(
    ask="Where will *λ* be at the last step, against the edge 2/*η*?",
    choices=(
        sc.Answer("below it, by a fortieth or more", [("beyond", "<", 1.95)]),
        sc.Answer("at it, to a fortieth", [("beyond", ">", 1.95), ("beyond", "<", 2.05)]),
        sc.Answer("above it, or lost", [("beyond", ">", 2.05)]),
    ),
)


@sc.fields(_fields)
def balance(trace: Trace) -> sc.Scene:
    """Sharpness climbs, the ball is thrown, the throw brings the sharpness down."""
    rule, steps = trace.settings["rule"], int(trace.settings["steps"])
    knob = _turned(trace)
    return sc.Scene(
        title="The model of edge and ball", time="step", rows=_fields(trace),
        alt="A ball in a valley, the plane of its squared displacement and the sharpness, and the "
            "climb of the sharpness",
        knobs={knob: sc.Turn(recorded=sc.Recorded(knob)), "rule": sc.Turn()},
        controls=(knob, "rule"),
        sentence=(
            "With *η* = " if knob == "learning_rate" else "With *σ* = ",
            sc.Number(knob=knob, digits=2, width=4), ", at step ",
            sc.Number(time=True, digits=0, width=4), " the sharpness is ",
            sc.Number(field="lam", digits=2, says="sharpness"), ", the rate ",
            sc.Number(field="rate", digits=3, says="rate"), ", so that *ηλ* = ",
            sc.Number(field="scaled", digits=2, says="eta times lambda"), ".",
        ),
        pace=sc.Tempo(rate=60, moments=(
            sc.Moment(field="step", above=0, first=True, lasts=40, rate=8),)),
        wave=sc.Wave(field="swing", full=4.0, color=EDGE),
        beats=BEATS,
        lost=sc.Lost(fields=("lam", "x"), above=1e4), predict=FORETOLD,
        tries=(
            (sc.Try("*η* = 0.5", {knob: 0.5}), sc.Try("*η* = 2", {knob: 2.0}))
            if rule == "constant"
            else (sc.Try("*σ* = 1", {knob: 1.0}), sc.Try("*σ* = 2", {knob: 2.0}))
        ),
        views=(_valley(), _plane(), _climb(steps)), length=steps,
        layout=sc.Layout(
            wide=sc.Arrangement(columns=(1.1, 1), rows=(1, 1), aspect=0.43, least=460, most=720,
                                areas=("valley plane", "valley climb")),
            narrow=sc.Arrangement(columns=(1,), rows=(1.2, 1, 1), height=880,
                                  areas=("valley", "plane", "climb")),
        ),
    )  # fmt: skip
