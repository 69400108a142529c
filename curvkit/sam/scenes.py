"""The scene of the room: SAM climbs the wall for its gradient, and its edge falls with it."""

from typing import Any

import numpy as np

from curvkit.draw import scene as sc
from curvkit.sam.trace import Trace

POINTS = 33
# Blue below the edge of SAM, gold at it, orange beyond; its sharpness in units of half that edge.
EDGE = sc.Ramp("relative", "edge", (1.5, 2.5))
ACROSS = sc.Span(("start", "end"), POINTS)
GROUND: dict[str, Any] = dict(x=ACROSS, y="ground")
DASH = (6, 4)
STEP = ("step ", sc.Number(field="step", digits=0))


def _fields(trace: Trace) -> dict[str, np.ndarray]:
    """Of SAM the ball, where its gradient is taken, and its parabola; of both the climb."""
    xp = sc.namespace(trace.loss)
    of = lambda name, method: xp.asarray(getattr(trace, name)[:, method], float)
    over = lambda name: xp.asarray(trace.over_readings(name), float)
    lam, edge, critical, x = of("sharpness", 0), of("edge", 0), of("edge", 1), of("offset", 0)
    rho = over("rho")
    # Of the way uphill, what lies along the top eigenvector: ρ times the cosine, on x's side.
    tip = x + rho * xp.sign(x) * xp.sqrt(xp.maximum(of("alignment", 0), 0))
    half = 0.05 + 1.3 * rho + 3 * xp.abs(xp.nan_to_num(x, posinf=1e3, neginf=-1e3))
    across = np.linspace(-1, 1, POINTS) * half[:, None]
    parabola = lambda curvature: 0.5 * xp.maximum(curvature, 0)[:, None] * across**2
    relative, share = 2 * lam / edge, lam / critical
    return {
        "step": trace.step, "lam": lam, "plain": of("sharpness", 1), "edge": edge,
        "critical": critical, "relative": relative,
        "share": xp.nan_to_num(share, nan=99.0, posinf=99.0),
        "x": x, "height": 0.5 * lam * x**2, "tip": tip, "tip_height": 0.5 * lam * tip**2,
        "reach": xp.abs(tip), "start": -half, "end": half,
        "ground": parabola(lam), "brim": parabola(edge),
        "longer": 1 + rho * lam / of("gradient_norm", 0), "rho": rho,
        "loss": of("loss", 0), "plain_loss": of("loss", 1),
    }  # fmt: skip


def _valley() -> sc.View:
    # An oscillation of period two is drawn as its two halves: there are two ways uphill at a time.
    ways = [
        sc.Line(x=sc.Span(("x", "tip"), 2), y=sc.Span(("height", "tip_height"), 2), every=2,
                from_=side, color="ink", width=1.5)
        for side in (0, 1)
    ]  # fmt: skip
    tips = [
        sc.Dots(x="tip", y="tip_height", every=2, from_=side, size=5.5, ring=2, color="ink")
        for side in (0, 1)
    ]
    return sc.View(
        id="valley", title="The valley along its sharpest direction", beats=True,
        x=sc.Axis(label="distance *x* from the floor", fit=sc.Camera(
            of=("reach",), least=(-0.02, 0.02), both=True, last=12, ahead=4, room=1.2)),
        y=sc.Axis(label="loss; dashed: of curvature *λ*∗; rings: SAM’s gradients", fit=sc.Camera(
            of=("tip_height",), least=(0, 0.001), last=12, ahead=4, room=1.5)),
        pick=sc.Pick(near=("x",), last=40), pad={"t": 104, "b": 44},
        marks=(
            sc.Line(**GROUND, color=EDGE, width=0, fill=(0.34, 0.05)),
            sc.Line(x=ACROSS, y="brim", color="ink", width=1.4, dash=(5, 5), alpha=0.55),
            sc.Line(**GROUND, color=EDGE, width=3),
            *ways, *tips,
            sc.Jumps(x="x", on=sc.Ground(**GROUND), color=EDGE, last=14, size=9, blur=(14, 36)),
        ),
    )  # fmt: skip


def _climb(length: int) -> sc.View:
    threshold = sc.KnobValue("learning_rate", times=2, power=-1)
    drag = sc.Drag(knob="learning_rate", times=2, power=-1, digits=1, says="2/*η* = {value}",
                   label="edge of gradient descent")  # fmt: skip
    return sc.View(
        id="climb", title="Sharpness of SAM; grey: of gradient descent",
        x=sc.Axis(label="step", ticks=5,
                  fit=sc.Camera(of=("step",), least=(0, length), room=1.12)),
        y=sc.Axis(label="sharpness *λ*", fit=sc.Camera(
            of=("lam", "plain", threshold), least=(0, 8), room=1.2, last=500)),
        pick=sc.Pick(clock="step"), ghost=("step", "lam"),
        cursor=sc.Cursor(x="step", y="lam", line=True, says=(
            *STEP, ",  SAM's *λ* = ", sc.Number(field="lam", digits=2), ", *λ*∗ = ",
            sc.Number(field="edge", digits=2))),
        marks=(
            sc.Line(x="step", y="plain", color="second", width=2),
            sc.Line(x="step", y="edge", color="ink", width=1.25, dash=DASH),
            sc.Line(x="step", y="lam", color=EDGE, width=2.5),
            sc.Dots(x="step", y="plain", size=4, color="second"),
            sc.Dots(x="step", y="lam", size=4.5),
            sc.Text(text="SAM", x="step", y="lam", dx=8, dy=-8, size=12.5, halo=True),
            sc.Text(text="*λ*∗", x="step", y="edge", dx=8, dy=16, size=13, halo=True),
            sc.Rule(y=threshold, width=1.5, dash=DASH, drag=drag),
        ),
    )  # fmt: skip


def _losses(length: int) -> sc.View:
    return sc.View(
        id="losses", title="Loss of SAM; grey: of gradient descent",
        x=sc.Axis(label="step", ticks=5,
                  fit=sc.Camera(of=("step",), least=(0, length), room=1.12)),
        y=sc.Axis(label="loss", log=True, domain=(5e-3, 2)),
        pick=sc.Pick(clock="step"),
        cursor=sc.Cursor(x="step", y="loss", line=True, says=(
            *STEP, ":  ", sc.Number(field="loss"), " and ", sc.Number(field="plain_loss"))),
        marks=(
            sc.Line(x="step", y="plain_loss", color="second", width=2),
            sc.Line(x="step", y="loss", color="ink", width=2),
            sc.Dots(x="step", y="plain_loss", size=4, color="second"),
            sc.Dots(x="step", y="loss", size=4.5),
            sc.Text(text="SAM", x="step", y="loss", dx=8, dy=-8, size=12, halo=True),
        ),
    )  # fmt: skip


BEATS = (
    sc.Beat("SAM's *λ* is far above its edge: each jump lands farther out, and the valley widens.",
            [("relative", ">", 2.6)]),
    sc.Beat("*λ* is a little above its edge *λ*∗, and the ball is kept jumping.",
            [("relative", ">", 2.04)]),
    sc.Beat("*λ* is at its edge.", [("relative", ">", 1.96)]),
    sc.Beat("*λ* is below its edge: the ball is held, and the valley may narrow."),
)  # fmt: skip
PREDICTION = sc.Prediction(
    ask="Gradient descent comes to *λ* = 2/*η*. Where will the sharpness of SAM be at the last "
        "step?",
    choices=(
        sc.Answer("at 2/*η* as well, to a tenth, or above", [("share", ">", 0.9)]),
        sc.Answer("below, at more than a third of it",
                  [("share", ">", 1 / 3), ("share", "<", 0.9)]),
        sc.Answer("far below, at less than a third of it", [("share", "<", 1 / 3)]),
    ),
)  # fmt: skip
SENTENCE = (
    "SAM takes its gradient *ρ* = ", sc.Number(knob="rho", digits=2, width=4, says="rho"),
    " uphill, where a step along its sharpest direction is ",
    sc.Number(field="longer", digits=1, width=3, says="times as long"),
    " times as long: so its edge is at *λ*∗ = ", sc.Number(field="edge", digits=1, width=4),
    ", and not at 2/*η* = ",
    sc.Number(knob="learning_rate", times=2, power=-1, digits=1, width=4,
              label="edge of gradient descent"),
    ". At step ", sc.Number(time=True, digits=0, width=3), " its *λ* = ",
    sc.Number(field="lam", digits=1, width=4, says="sharpness of SAM"),
    ", that of gradient descent ",
    sc.Number(field="plain", digits=1, width=4, says="sharpness of gradient descent"), ".",
)  # fmt: skip
LAYOUT = sc.Layout(
    wide=sc.Arrangement(columns=(1.05, 1), rows=(1.35, 1), aspect=0.43, least=460, most=720,
                        areas=("valley climb", "valley losses")),
    narrow=sc.Arrangement(columns=(1,), rows=(1.25, 1, 0.8), height=880,
                          areas=("valley", "climb", "losses")),
)  # fmt: skip


@sc.fields(_fields)
def edge(trace: Trace) -> sc.Scene:
    """SAM takes its gradient up the wall, and so is thrown out of valleys that hold the other."""
    length, every = int(trace.settings["steps"]), int(trace.settings["every"])
    return sc.Scene(
        title="An edge of its own", time="step", rows=_fields(trace),
        alt="A ball in a valley with the place up the wall where its gradient is taken, and the "
            "sharpness and loss of SAM and of gradient descent",
        knobs={
            "rho": sc.Turn(low=0.0, high=0.5, recorded=sc.Recorded("rho")),
            "learning_rate": sc.Turn(low=0.03, high=0.3, recorded=sc.Recorded(
                "critical", times=2, power=-1)),
        },
        controls=("rho", "learning_rate"), sentence=SENTENCE,
        pace=sc.Tempo(rate=max(90 / every, 8), moments=(
            sc.Moment(field="longer", above=0.0, first=True, lasts=18, rate=5),
            sc.Moment(field="longer", above=0.0, first=True, lasts=60, rate=24),
        )),
        beats=BEATS, lost=sc.Lost(fields=("lam", "x"), above=1e5),
        views=(_valley(), _climb(length), _losses(length)), layout=LAYOUT,
        length=-(-length // every), predict=PREDICTION,
        tries=(
            sc.Try("*ρ* = 0.3, from here", {"rho": 0.3}),
            sc.Try("*ρ* = 0.01", {"rho": 0.01}),
            sc.Try("*ρ* = 0, gradient descent", {"rho": 0.0}),
        ),
    )  # fmt: skip
