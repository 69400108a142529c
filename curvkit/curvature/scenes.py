"""The scenes of the curvature room: pure functions of a trace, for the stage."""

from typing import Any

import numpy as np

from curvkit.curvature.trace import Trace
from curvkit.draw import scene as sc

# Blue below the edge, gold at it, orange beyond; ηλ in units in which the edge is 2.
EDGE = sc.Ramp("relative", "edge", (1.7, 2.3))
GROUND: dict[str, Any] = dict(x=sc.Span(("start", "end"), 25), y="ground")
DASH = (6, 4)
STEP = ("step ", sc.Number(field="step", digits=0))


def _fields(trace: Trace) -> dict[str, np.ndarray]:
    """The fields over time; each row is of its reading alone."""
    xp = sc.namespace(trace.distance)
    lam, x = trace.preconditioned_sharpness, trace.distance
    start, end = trace.valley_start, trace.valley_end
    if trace.valley.shape[1] < 3:  # the parabola of the eigenvalue, where no valley was sampled
        half = xp.maximum(0.2, 2.2 * xp.abs(xp.nan_to_num(x)))
        start, end = -half, half
        across = np.linspace(-1, 1, 25) * half[:, None]
        ground = 0.5 * xp.maximum(lam, 0)[:, None] * across**2
    else:
        ground = sc.resampled(trace.valley, 25)
    return {
        "step": trace.step, "lam": lam, "second": trace.second_eigenvalue, "edge": trace.edge,
        "relative": 2 * lam / trace.edge, "scaled": trace.scaled_sharpness, "x": x,
        "swing": xp.abs(x), "height": 0.5 * lam * x**2, "start": start, "end": end,
        "ground": ground, "loss": trace.loss, "factor": 1 - trace.scaled_sharpness,
    }  # fmt: skip


def _thrown(trace: Trace) -> dict[str, np.ndarray]:
    """The fields of a throw: with how far *ηλ* is, where a run that is lost counts as beyond."""
    rows = _fields(trace)
    xp = sc.namespace(trace.distance)
    return {**rows, "thrown": xp.nan_to_num(rows["relative"], nan=99.0, posinf=99.0)}


def _dashed(trace: Trace) -> dict[str, np.ndarray]:
    """The valley that the rate just holds, in units of its curvature."""
    over = np.linspace(-1, 1, 49)
    return {"critical_x": over, "critical_y": over**2}


def _valley(critical: float) -> sc.View:
    named = f"loss above the floor; dashed: of curvature {critical:.4g}/*η*"
    dashed = sc.Field("critical_y", times=0.5 * critical, knob="learning_rate", power=-1)
    return sc.View(
        id="valley", title="The valley along the sharpest direction", beats=True,
        x=sc.Axis(label="distance *x* from its floor", fit=sc.Camera(
            of=("swing",), least=(-0.02, 0.02), both=True, last=30, ahead=4, room=1.25)),
        y=sc.Axis(label=named, fit=sc.Camera(
            of=("height",), least=(0, 0.005), last=30, ahead=4, room=1.6)),
        pick=sc.Pick(near=("x",), last=40), pad={"t": 112, "b": 44},
        marks=(
            sc.Line(**GROUND, color=EDGE, width=0, fill=(0.34, 0.05)),
            sc.Line(**GROUND, when=sc.Last(1000), every=50, color="ink", width=1, alpha=0.085),
            sc.Line(**GROUND, color=EDGE, width=3),
            sc.Line(x="critical_x", y=dashed, color="ink", width=1.4, dash=(5, 5), alpha=0.55),
            sc.Jumps(x="x", on=sc.Ground(**GROUND), color=EDGE, last=22, size=10, blur=(14, 36)),
        ),
    )  # fmt: skip


def _climb(critical: float, length: int) -> sc.View:
    threshold = sc.KnobValue("learning_rate", times=critical, power=-1)
    drag = sc.Drag(knob="learning_rate", times=critical, power=-1, digits=1,
                says=f"{critical:.4g}/*η* = {{value}}", label="edge of stability")  # fmt: skip
    return sc.View(
        id="climb", title="Its sharpness climbs to the edge",
        x=sc.Axis(label="step", ticks=5,
               fit=sc.Camera(of=("step",), least=(0, length), room=1.28)),
        y=sc.Axis(label="sharpness *λ*", fit=sc.Camera(
            of=("lam", "edge", threshold), least=(0, 1.3 * critical), room=1.25, last=500)),
        pick=sc.Pick(clock="step"), ghost=("step", "lam"),
        cursor=sc.Cursor(x="step", y="lam", line=True, says=(
            *STEP, ",  *λ* = ", sc.Number(field="lam", digits=1))),
        marks=(
            sc.Area(x="step", y="edge", to="top", open=threshold, color="unstable", alpha=0.09),
            sc.Text(text="here each step overshoots more", dx=8, dy=16, color="unstable", size=11.5,
                 alpha=0.9),
            sc.Line(x="step", y="lam", when="all", reveal="played", color="faint", width=1.25),
            sc.Line(x="step", y="second", color="second", width=1, alpha=0.7),
            sc.Line(x="step", y="lam", color=EDGE, width=2.5),
            sc.Line(x="step", y="edge", color="ink", width=1.5, dash=DASH),
            sc.Dots(x="step", y="lam", size=4.5),
            # Above what the handle says of the edge, where both are close.
            sc.Text(text="*λ*", x="step", y="lam", dx=8, dy=-24, size=14, halo=True),
            sc.Text(text="*λ*₂", x="step", y="second", dx=7, dy=14, color="muted", size=12),
            sc.Rule(y=threshold, since="step", width=1.5, dash=DASH, drag=drag),
        ),
    )  # fmt: skip


# The run in the plane of x and λ: jumps have period two, and are drawn as two smooth halves.
WINGS = (
    *(
        sc.Line(x="x", y="lam", every=2, from_=side, smooth=True, color=EDGE, **look)
        for side in (0, 1)
        for look in (
            dict[str, Any](width=1, alpha=0.25),
            dict[str, Any](when=sc.Last(150), width=2.75, fade=True),
        )
    ),
    *(sc.Dots(x="x", y="lam", every=2, from_=side, size=5) for side in (0, 1)),
)


def _plane(critical: float) -> sc.View:
    threshold = sc.KnobValue("learning_rate", times=critical, power=-1)
    return sc.View(
        id="plane", title="Self-stabilising: each burst flattens the valley",
        x=sc.Axis(label="distance *x* from its floor", fit=sc.Camera(
            of=("swing",), least=(-0.02, 0.02), both=True, last=330, room=1.12)),
        y=sc.Axis(label="sharpness *λ*", fit=sc.Camera(
            of=("lam", "edge", threshold), least=(0, 1.3 * critical), around=0.3, last=330,
            narrowest=3 * critical)),
        pick=sc.Pick(near=("x", "lam")),
        cursor=sc.Cursor(x="x", y="lam", says=(
            *STEP, ",  *x* = ", sc.Number(field="x", digits=3))),
        marks=(
            sc.Rect(y2=threshold, y=1e6, color="unstable", alpha=0.09),
            sc.Rule(y=threshold, width=1.5, dash=DASH),
            sc.Rule(x=0, color="faint", width=1),
            *WINGS,
        ),
    )  # fmt: skip


FAR = ("swing", ">", 0.012)
BEATS = (
    sc.Beat("Every jump lands farther out than the last.", [FAR, ("relative", ">", 2.07)]),
    sc.Beat("Far out the valley is flatter: *λ* falls below the edge, and the jumps die away.",
            [FAR, ("relative", "<", 1.96)]),
    sc.Beat("At the edge: jump follows jump, hardly growing, hardly dying.", [FAR]),
    sc.Beat("*λ* has passed the edge: the floor can no longer hold the ball. A tiny *x* grows, "
            "unseen.", [("relative", ">", 2.0)]),
    sc.Beat("The ball rests while the valley narrows around it.", [("relative", "<", 1.9)]),
    sc.Beat("At the edge: the valley narrows again, until the next throw."),
)  # fmt: skip
DRAWN = sc.Prediction(
    view="climb", x="step", y="lam",
    ask="Where will the sharpness *λ* go? Draw its curve in the view of the climb, or tilt a line "
        "with the arrow keys, ↑ and ↓, and press Enter.",
    verdict="Your curve was {value} away from *λ*, on average.",
)  # fmt: skip
LAYOUT = sc.Layout(
    wide=sc.Arrangement(columns=(1.12, 1), rows=(1, 1), aspect=0.43, least=460, most=720,
              areas=("valley climb", "valley plane")),
    narrow=sc.Arrangement(columns=(1,), rows=(1.25, 1, 1), height=880,
                          areas=("valley", "climb", "plane")),
)  # fmt: skip


@sc.fields(_fields, _dashed)
def edge(trace: Trace) -> sc.Scene:
    """A valley narrows, the ball is thrown across it, and its jumps widen it again."""
    critical = float(trace.critical)
    length = min(int(trace.settings["steps"]), 1500)
    rate = int(trace.settings["every"])
    return sc.Scene(
        title="The edge of stability",
        alt="A ball in a valley that narrows, the climb of the sharpness to the edge, and the loop "
            "of both",
        time="step", rows=_fields(trace), fixed=_dashed(trace),
        knobs={"learning_rate": sc.Turn(low=0.02, high=0.5, recorded=sc.Recorded(
            "edge", times=critical, power=-1))},
        sentence=(
            "Steps of *η* = ",
            sc.Number(knob="learning_rate", digits=3, width=5, says="learning rate"),
            f" hold the ball in valleys less sharp than {critical:.4g}/*η* = ",
            sc.Number(knob="learning_rate", times=critical, power=-1, digits=1, width=4,
                   label="edge of stability"),
            ". At step ", sc.Number(time=True, digits=0, width=4),
            " the network's sharpest direction has *λ* = ",
            sc.Number(field="lam", digits=1, says="sharpness"), ", so that *ηλ* = ",
            sc.Number(field="scaled", digits=2, says="eta times lambda"), ".",
        ),
        pace=sc.Tempo(rate=max(120 / rate, 8), moments=(
            sc.Moment(field="swing", above=0.0035, after=60, first=True, lead=4, lasts=44, rate=8),
            sc.Moment(field="swing", above=0.005, after=60, lead=2, rate=48),
        )),
        wave=sc.Wave(field="swing", full=0.09, color=EDGE), beats=BEATS,
        lost=sc.Lost(fields=("lam", "x"), above=1e5),
        views=(_valley(critical), _climb(critical, length), _plane(critical)),
        layout=LAYOUT, length=-(-length // rate),
        predict=DRAWN,
        tries=(
            sc.Try("larger steps", {"learning_rate": 0.2}),
            sc.Try("smaller steps", {"learning_rate": 0.06}),
        ),
    )  # fmt: skip


def _path(steps: int) -> sc.View:
    return sc.View(
        id="path", title="Where it is after each step",
        x=sc.Axis(label="step", domain=(0, steps)),
        y=sc.Axis(label="distance *x*", fit=sc.Camera(
            of=("x",), least=(-1.0, 1.0), both=True, room=1.1)),
        pick=sc.Pick(clock="step"),
        cursor=sc.Cursor(x="step", y="x", line=True, says=(
            *STEP, ",  *x* = ", sc.Number(field="x", digits=3))),
        marks=(
            sc.Rule(y=0, color="faint", width=1),
            # Jumps have period two: the even and the odd steps are a smooth curve each.
            *(sc.Line(x="step", y="x", every=2, from_=side, color=EDGE, width=1.75)
              for side in (0, 1)),
            sc.Dots(x="step", y="x", when=sc.Last(60), size=2.5, color=EDGE),
            sc.Dots(x="step", y="x", size=5),
        ),
    )  # fmt: skip


def _foretold(trace: Trace) -> sc.Prediction | None:
    """What the ball will do; gradient descent on a quadratic alone is decided by *ηλ*."""
    if trace.settings["data"] != "quadratic" or trace.settings["rule"] != "gd":
        return None
    return sc.Prediction(
        ask="What will the ball do at this rate?",
        choices=(
            sc.Answer("it glides down on its own side", [("thrown", "<", 1)]),
            sc.Answer("it jumps across, and comes closer",
                      [("thrown", ">", 1), ("thrown", "<", 1.999)]),
            sc.Answer("it jumps back and forth, as far as before",
                      [("thrown", ">", 1.999), ("thrown", "<", 2.001)]),
            sc.Answer("each jump is wider than the last", [("thrown", ">", 2.001)]),
        ),
    )  # fmt: skip


@sc.fields(_thrown, _dashed)
def throw(trace: Trace) -> sc.Scene:
    """A ball in one valley of known sharpness: held below the edge, thrown out beyond it."""
    critical, steps = float(trace.critical), int(trace.settings["steps"])
    return sc.Scene(
        title="Throw the ball", time="step", rows=_thrown(trace), predict=_foretold(trace),
        alt="A ball jumps in a valley, and the distance from its floor after each step",
        fixed=_dashed(trace),
        knobs={"learning_rate": sc.Turn(low=0.02, high=0.12, recorded=sc.Recorded(
            "edge", times=critical, power=-1))},
        controls=("learning_rate",),
        sentence=(
            "Each step of *η* = ", sc.Number(knob="learning_rate", digits=3, width=5),
            " takes *x* to (1 − *ηλ*) *x*, here ", sc.Number(field="factor", digits=2, width=5),
            " times *x*. After ", sc.Number(time=True, digits=0, width=2),
            " steps the ball is at *x* = ", sc.Number(field="x", digits=3, width=6, says="x"), ".",
        ),
        pace=sc.Tempo(rate=5), lost=sc.Lost(fields=("x",), above=1e4),
        beats=(
            sc.Beat("*ηλ* is beyond 2: each jump lands farther out.", [("relative", ">", 2.001)]),
            sc.Beat("*ηλ* is 2: it jumps back and forth for ever.", [("relative", ">", 1.999)]),
            sc.Beat("It jumps across the floor at each step, and comes closer.",
                    [("relative", ">", 1.0)]),
            sc.Beat("It glides down, and never crosses the floor."),
        ),
        tries=(
            sc.Try("*η* = 0.04", {"learning_rate": 0.04}, over=True),
            sc.Try("*η* = 0.1", {"learning_rate": 0.1}, over=True),
            sc.Try("*η* = 0.11", {"learning_rate": 0.11}, over=True),
        ),
        views=(_valley(critical), _path(steps)), length=steps,
        layout=sc.Layout(
            wide=sc.Arrangement(columns=(1.1, 1), rows=(1,), aspect=0.4, least=420, most=620,
                                areas=("valley path",)),
            narrow=sc.Arrangement(columns=(1,), rows=(1.2, 1), height=760,
                                  areas=("valley", "path")),
        ),
    )  # fmt: skip
