"""Scenes for which `scenes.py` has no room: a run that jumps, and the path that it jumps about."""

import numpy as np

from curvkit.curvature.scenes import DASH, EDGE, STEP, WINGS
from curvkit.curvature.trace import Trace
from curvkit.draw import scene as sc

# Green is the central flow, grey what has no jumps to hold it.
HELD, FREE = "good", "second"
OTHER_SIDE = sc.Field("spread", times=-1)
SIDES = ("spread", OTHER_SIDE)


def _fields(trace: Trace) -> dict[str, np.ndarray]:
    """The run, and of each flow its sharpness; no numbers of a flow before it begins."""
    xp = sc.namespace(trace.distance)
    lam, x, edge = trace.preconditioned_sharpness, trace.distance, trace.edge
    none = xp.full(edge.shape, np.nan)

    def of(name: str, flow: str) -> np.ndarray:
        if flow not in trace.flows:
            return none
        return xp.asarray(getattr(trace, name)[:, trace.flows.index(flow)], float)

    free, held = of("flow_sharpness", "gradient"), of("flow_sharpness", "central")
    begun, known = xp.isfinite(free), xp.isfinite(held)
    spread = xp.sqrt(xp.maximum(of("flow_variance", "central"), 0))
    return {
        "step": trace.step, "lam": lam, "edge": edge, "relative": 2 * lam / edge, "x": x,
        "swing": xp.abs(x), "free": free, "held": held,
        "spread": spread, "ring": xp.nan_to_num(spread),
        "out": xp.nan_to_num(xp.abs(x) / xp.where(spread > 0, spread, np.nan), posinf=99.0),
        "share": xp.nan_to_num(free / edge, nan=99.0, posinf=99.0),
        "begun": xp.asarray(begun | known, float),
        "parted": xp.asarray(xp.abs(free - held) > 0.002 * edge, float),
        "lost": xp.asarray(begun & ~known & ("central" in trace.flows), float),
    }  # fmt: skip


def _leaves(trace: Trace) -> dict[str, np.ndarray]:
    """Where the flows leave the run."""
    return {"leaves": sc.namespace(trace.distance).asarray(trace.settings["flow_from"], float)}


def _climb(critical: float, length: int) -> sc.View:
    threshold = sc.KnobValue("learning_rate", times=critical, power=-1)
    drag = sc.Drag(knob="learning_rate", times=critical, power=-1, digits=1,
                   says=f"{critical:.4g}/*η* = {{value}}", label="edge of stability")  # fmt: skip
    return sc.View(
        id="climb", title="The sharpness of the run and of two flows",
        x=sc.Axis(label="step", ticks=5, fit=sc.Camera(of=("step",), least=(0, length), room=1.3)),
        y=sc.Axis(label="sharpness *λ*", fit=sc.Camera(
            of=("lam", "free", "held", "edge", threshold), least=(0, 1.3 * critical),
            around=0.12)),
        pick=sc.Pick(clock="step"), ghost=("step", "lam"),
        cursor=sc.Cursor(x="step", y="lam", line=True, says=(
            *STEP, ",  *λ* = ", sc.Number(field="lam", digits=1), ", of the flows ",
            sc.Number(field="free", digits=1), " and ", sc.Number(field="held", digits=1))),
        marks=(
            sc.Area(x="step", y="edge", to="top", open=threshold, color="unstable", alpha=0.09),
            sc.Rule(x="leaves", color="faint", width=1),
            # As far below the top as there is room: at the foot of its line.
            sc.Text(text="the flows leave the run", x="leaves", dx=7, dy=2000, color="muted",
                    size=11.5, wide=True),
            sc.Line(x="step", y="edge", color="ink", width=1.5, dash=DASH),
            sc.Line(x="step", y="free", color=FREE, width=2.5),
            sc.Line(x="step", y="held", color=HELD, width=4.5),
            sc.Line(x="step", y="lam", color=EDGE, width=2),
            sc.Dots(x="step", y="free", size=4.5, color=FREE),
            sc.Dots(x="step", y="held", size=5.5, color=HELD),
            sc.Dots(x="step", y="lam", size=4.5),
            sc.Text(text="gradient flow", x="step", y="free", dx=-9, dy=-7, align="right",
                    color="muted", size=12, halo=True),
            sc.Text(text="central flow", x="step", y="held", dx=10, dy=25, color=HELD, size=12,
                    weight=600, halo=True),
            sc.Rule(y=threshold, since="step", width=1.5, dash=DASH, drag=drag),
        ),
    )  # fmt: skip


def _jumps(length: int) -> sc.View:
    halves = [
        sc.Line(x="step", y="x", every=2, from_=side, color=EDGE, width=1.75) for side in (0, 1)
    ]
    dots = [sc.Dots(x="step", y="x", every=2, from_=side, size=4) for side in (0, 1)]
    return sc.View(
        id="jumps", title="Its jumps: even steps and odd ones", pad={"l": 52},
        x=sc.Axis(label="step", ticks=5, fit=sc.Camera(of=("step",), least=(0, length), room=1.3)),
        y=sc.Axis(label="distance *x* from the path", ticks=3, fit=sc.Camera(
            of=("swing", "spread"), least=(-0.02, 0.02), both=True, room=1.15)),
        pick=sc.Pick(clock="step"),
        cursor=sc.Cursor(x="step", y="x", line=True, says=(
            *STEP, ",  *x* = ", sc.Number(field="x", digits=3), ", √tr *X* = ",
            sc.Number(field="spread", digits=3))),
        marks=(
            sc.Area(x="step", y=sc.Field("swing", times=-1), y2="swing", color="ink", alpha=0.07),
            sc.Area(x="step", y=OTHER_SIDE, y2="spread", color=HELD, alpha=0.3),
            sc.Line(x="step", y=sc.Field("held", times=0), color=HELD, width=3),
            *halves, *dots,
            sc.Text(text="±√tr *X*", x="step", y="spread", dx=9, dy=4, color=HELD, size=12.5,
                    weight=600, halo=True),
        ),
    )  # fmt: skip


def _plane(critical: float) -> sc.View:
    threshold = sc.KnobValue("learning_rate", times=critical, power=-1)
    trails = [
        sc.Line(x=side, y="held", when=sc.Last(120), color=HELD, width=2.5, fade=True)
        for side in SIDES
    ]
    places = [
        sc.Dots(x=side, y="held", size=8, ring=2.5, color=HELD, rim="paper") for side in SIDES
    ]
    return sc.View(
        id="plane", title="The run goes around the central flow", beats=True,
        pad={"t": 104, "b": 44},
        x=sc.Axis(label="distance *x*", fit=sc.Camera(
            of=("swing", "spread"), least=(-0.02, 0.02), both=True, last=330, room=1.15)),
        y=sc.Axis(label="sharpness *λ*", ticks=6, fit=sc.Camera(
            of=("lam", "edge", threshold), least=(0, 1.3 * critical), around=0.3, last=200,
            narrowest=3 * critical)),
        pick=sc.Pick(near=("x", "lam")),
        cursor=sc.Cursor(x="x", y="lam", says=(
            *STEP, ",  *x* = ", sc.Number(field="x", digits=3))),
        marks=(
            sc.Rect(y2=threshold, y=1e6, color="unstable", alpha=0.09),
            sc.Rule(x=0, color="faint", width=1),
            sc.Line(x=sc.Field("free", times=0), y="free", color=FREE, width=2.5),
            *trails,
            sc.Rule(y=threshold, width=1.5, dash=DASH),
            *WINGS, *places,
            sc.Text(text="*x* grows", right=True, y=threshold, align="right", dx=-8, dy=-8,
                    color="unstable", size=11.5, alpha=0.9, wide=True),
            sc.Text(text="*x* dies away", right=True, y=threshold, align="right", dx=-8,
                    dy=16, color="stable", size=11.5, alpha=0.9, wide=True),
            sc.Dots(x=sc.Field("free", times=0), y="free", size=5, color=FREE),
            sc.Text(text="gradient flow", x=sc.Field("free", times=0), y="free", dx=10, dy=4,
                    color="muted", size=12, halo=True),
            sc.Text(text="○ central flow", dx=8, dy=16, color=HELD, size=12, weight=600),
        ),
    )  # fmt: skip


BEYOND = ("relative", ">", 2.0)
WITHIN = ("relative", "<", 2.0)
NO_RING = ("ring", "<", 1e-6)
OUTSIDE = ("out", ">", 1.0)
INSIDE = ("out", "<", 1.0)
BEATS = (
    sc.Beat("*λ* was above the edge by more than a fifth: there is no smooth path to jump about, "
            "and the central flow ends.", [("lost", ">", 0.5)]),
    sc.Beat("Soon two flows leave the run, from where it is on average.", [("begun", "<", 0.5)]),
    sc.Beat("Below the edge nothing jumps: run and flows are one path.",
            [NO_RING, WITHIN, ("parted", "<", 0.5)]),
    sc.Beat("Below the edge jumps die away, and nothing holds *λ* back: it climbs.",
            [NO_RING, WITHIN]),
    sc.Beat("At its edge the run begins to jump.", [NO_RING]),
    sc.Beat("Above the edge each jump lands farther out; but outside the rings *λ* falls.",
            [OUTSIDE, BEYOND]),
    sc.Beat("Outside the rings *λ* falls; below the edge the jumps die away.", [OUTSIDE, WITHIN]),
    sc.Beat("Inside the rings nothing holds *λ* back: it climbs.", [INSIDE, WITHIN]),
    sc.Beat("Above the edge jumps grow, unseen at first; inside the rings *λ* still climbs."),
)  # fmt: skip
ASKED = sc.Prediction(
    ask="Grey will be the path of the same network if it did not jump. Where will its sharpness be "
        "at the last step, against the edge 2/*η*?",
    choices=(
        sc.Answer("below it, by a twentieth or more", [("share", "<", 0.95)]),
        sc.Answer("at it as the run is, to a twentieth",
                  [("share", ">", 0.95), ("share", "<", 1.05)]),
        sc.Answer("beyond it, by a twentieth or more", [("share", ">", 1.05)]),
    ),
)  # fmt: skip
SENTENCE = (
    "Steps of *η* = ", sc.Number(knob="learning_rate", digits=3, width=5, says="learning rate"),
    ". At step ", sc.Number(time=True, digits=0, width=4), " *λ* is ",
    sc.Number(field="lam", digits=1, width=4, says="sharpness"),
    "; of the central flow, about which the run jumps, ",
    sc.Number(field="held", digits=1, width=4, says="sharpness of the central flow"),
    "; of gradient flow, which does not jump, ",
    sc.Number(field="free", digits=1, width=4, says="sharpness of gradient flow"), ".",
)  # fmt: skip
LAYOUT = sc.Layout(
    wide=sc.Arrangement(columns=(1.25, 1), rows=(1.3, 1), aspect=0.5, least=520, most=760,
                        areas=("climb plane", "jumps plane")),
    narrow=sc.Arrangement(columns=(1,), rows=(1, 1.15, 0.8), height=900,
                          areas=("climb", "plane", "jumps")),
)  # fmt: skip


@sc.fields(_fields, _leaves)
def flows(trace: Trace) -> sc.Scene:
    """A run jumps about a smooth path, which has an equation; without jumps there is another."""
    critical, every = float(trace.critical), int(trace.settings["every"])
    length = int(trace.settings["steps"])
    return sc.Scene(
        title="The path it jumps about", time="step", rows=_fields(trace), fixed=_leaves(trace),
        alt="The sharpness of a run goes up and down about that of the central flow, at the edge, "
            "while that of gradient flow climbs on; its jumps, and the loops that it makes in the "
            "plane of jump and sharpness around where the central flow stands",
        knobs={"learning_rate": sc.Turn(low=0.05, high=0.2, recorded=sc.Recorded(
            "edge", times=critical, power=-1))},
        sentence=SENTENCE,
        pace=sc.Tempo(rate=max(120 / every, 8), moments=(
            sc.Moment(field="swing", above=0.01, after=60, first=True, lead=4, lasts=70, rate=36),
        )),
        wave=sc.Wave(field="swing", full=0.09, color=EDGE), beats=BEATS,
        lost=sc.Lost(fields=("lam", "x"), above=1e5),
        views=(_climb(critical, length), _jumps(length), _plane(critical)),
        layout=LAYOUT, length=-(-length // every),
        predict=ASKED if "gradient" in trace.flows else None,
        tries=(
            sc.Try("*η* = 0.115, from here", {"learning_rate": 0.115}),
            sc.Try("*η* = 0.07, from here", {"learning_rate": 0.07}),
            sc.Try("*η* = 0.15, from the start", {"learning_rate": 0.15}, over=True),
        ),
    )  # fmt: skip
