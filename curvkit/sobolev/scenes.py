"""The scene of the Sobolev room: surfaces that can be turned, with the points they learn from."""

from typing import Any

import numpy as np

from curvkit.core.messages import counted
from curvkit.draw import scene as sc
from curvkit.sobolev.trace import STROKE, Trace

WILD = 1e6
NAMES = {"truth": "The function", "values": "Learnt from values", "sobolev": "…and from slopes"}


def _fields(trace: Trace) -> dict[str, np.ndarray]:
    """What both networks of the first pair return, and how far they are off."""
    xp = sc.namespace(trace.surface)
    tame = lambda values: xp.where(xp.abs(values) < WILD, xp.asarray(values, float), xp.nan)
    error, slopes = (xp.nan_to_num(tame(each[..., 0]), nan=WILD)
                     for each in (trace.value_error, trace.slope_error))  # fmt: skip
    return {
        "step": trace.step, "values": tame(trace.surface[:, 0]),
        "sobolev": tame(trace.surface[:, 1]), "values_at": tame(trace.at_points[:, 0]),
        "sobolev_at": tame(trace.at_points[:, 1]), "values_error": xp.maximum(error[:, 0], 1e-9),
        "sobolev_error": xp.maximum(error[:, 1], 1e-9),
        "slope_error": slopes[:, 1],
        "share": xp.maximum(error[:, 1], 1e-9) / xp.maximum(error[:, 0], 1e-9),
        "weight": trace.over_readings("slope_weight"),
    }  # fmt: skip


def _given(trace: Trace) -> dict[str, np.ndarray]:
    """The function, and what of it the networks are told."""
    xp = sc.namespace(trace.truth)
    real = lambda values: xp.asarray(values, float)
    truth = xp.nan_to_num(real(trace.truth), posinf=WILD, neginf=-WILD)
    targets = real(trace.targets)
    known = xp.where(xp.abs(targets) < WILD, targets, truth.mean())
    low, high = xp.minimum(truth.min(), known.min()), xp.maximum(truth.max(), known.max())
    air = 0.05 * (high - low) + 1e-6
    points, tips = real(trace.points), real(trace.points + STROKE * trace.slopes)
    axis = real(trace.axis)
    return {
        "truth": truth, "axis": axis, "point_x": points[:, 0], "point_y": points[:, 1],
        "tip_x": tips[:, 0], "tip_y": tips[:, 1], "targets": targets,
        "heights": xp.stack([low - air, high + air]), "sides": xp.stack([axis[0], axis[-1]]),
    }  # fmt: skip


def _view(name: str) -> sc.View:
    at = "targets" if name == "truth" else f"{name}_at"
    dots: dict[str, Any] = dict(z=at, color="a", rim="paper")
    points = sc.Dots(x="point_x", y="point_y", size=4.5, **dots)
    if name == "truth":
        # Data have handles here: across the view a point is moved, up its value is changed.
        drag = sc.Drag(each="points", up="values", x=True, y=True, label="point, in the surface")
        points = sc.Dots(x="point_x", y="point_y", size=4.5, **dots, drag=drag)
    return sc.View(
        id=name, title=NAMES[name], x=sc.Axis(domain="sides"), y=sc.Axis(domain="sides"),
        z=sc.Axis(domain="heights"), turn={"azimuth": 0.75, "elevation": 0.55, "zoom": 0.78},
        pad={"l": 10, "r": 10, "t": 30, "b": 6}, bleed=6,
        marks=(
            sc.Surface(grid=name, x="axis", y="axis"),
            *(_strokes() if name == "truth" else ()),
            points,
        ),
    )  # fmt: skip


def _strokes() -> tuple[sc.Arrow, sc.Dots]:
    """The slopes that are told, uphill at the height of their points; their ends are handles."""
    drag = sc.Drag(each="tips", x=True, y=True, label="the slope, in the surface, at point")
    return (
        sc.Arrow(x="point_x", y="point_y", z="targets", x2="tip_x", y2="tip_y", color="ink",
                 width=1.5, head=5),
        sc.Dots(x="tip_x", y="tip_y", z="targets", size=2, drag=drag),
    )  # fmt: skip


def _above() -> sc.View:
    """From above: the points, and the slopes as strokes uphill; both can be dragged."""
    return sc.View(
        id="above", title="Points and slopes", x=sc.Axis(domain="sides", hide=True),
        y=sc.Axis(domain="sides", hide=True), square=True, frameless=True, over=6, bleed=6,
        pad={"l": 14, "r": 14, "t": 32, "b": 10},
        marks=(
            sc.Heat(grid="truth", alpha=0.55),
            sc.Arrow(x="point_x", y="point_y", x2="tip_x", y2="tip_y", color="ink", width=1.75),
            sc.Dots(x="tip_x", y="tip_y", size=2, drag=sc.Drag(
                each="tips", x=True, y=True, label="the slope at point")),
            sc.Dots(x="point_x", y="point_y", size=4.5, color="a", rim="paper", drag=sc.Drag(
                each="points", x=True, y=True, label="point")),
        ),
    )  # fmt: skip


def _errors(trace: Trace) -> sc.View:
    steps = float(max(trace.settings["steps"], 1))
    return sc.View(
        id="errors", title="How far off, on all other places", beats=True, pad={"t": 104},
        x=sc.Axis(label="step", domain=(0, steps)),
        y=sc.Axis(label="error over the variance", log=True, domain=(1e-3, 5)),
        pick=sc.Pick(clock="step"),
        cursor=sc.Cursor(x="step", y="sobolev_error", line=True, says=(
            "step ", sc.Number(field="step", digits=0), ": ",
            sc.Number(field="sobolev_error"), " with slopes")),
        marks=(
            sc.Line(x="step", y="values_error", color="second", width=2.5),
            sc.Line(x="step", y="sobolev_error", color="stable", width=2.5),
            sc.Text(text="values", x="step", y="values_error", dx=-6, dy=-8, align="right",
                    color="muted", size=12, halo=True),
            sc.Text(text="and slopes", x="step", y="sobolev_error", dx=-6, dy=16, align="right",
                    color="stable", size=12, halo=True),
        ),
    )  # fmt: skip


# Of the error from slopes over that from values, at the last step.
FORETOLD = sc.Prediction(
    ask="The second network is told slopes too, three numbers a point instead of one. How large "
        "will its error be?",
    choices=(
        sc.Answer("at most a fifth of that from values", [("share", "<", 0.2)]),
        sc.Answer("smaller, but not so much", [("share", ">", 0.2), ("share", "<", 0.97)]),
        sc.Answer("as large, or larger: it has more to fit", [("share", ">", 0.97)]),
    ),
)  # fmt: skip


TRIES = (
    sc.Try("slopes weigh a hundredth", {"slope_weight": 0.01}, over=True),
    sc.Try("slopes weigh ten times", {"slope_weight": 10.0}, over=True),
)


@sc.fields(_fields, _given)
def surfaces(trace: Trace) -> sc.Scene:
    """The function, and what is learnt of it from values alone and from slopes too."""
    return sc.Scene(
        title="Slopes say more than values", time="step", rows=_fields(trace),
        alt="Three surfaces that can be turned: a function, and two networks that learn it from "
            "points, which are seen from above with their slopes as arrows",
        fixed=_given(trace),
        knobs={"slope_weight": sc.Turn(recorded=sc.Recorded("weight")), "function": sc.Turn(),
               "points": sc.Turn()},
        controls=("function", "slope_weight"),
        sentence=(
            f"From {counted(len(trace.targets), 'point')}, after ",
            sc.Number(time=True, digits=0, width=5),
            " steps: the error is ", sc.Number(field="values_error", says="error from values"),
            " from values alone, ", sc.Number(field="sobolev_error", says="error with slopes"),
            " with slopes that weigh *λ* = ", sc.Number(knob="slope_weight", width=4), ".",
        ),
        pace=sc.Tempo(rate=20),
        beats=(
            sc.Beat("Drag a surface to turn it. Both networks start alike.", [("step", "<", 1)]),
            sc.Beat("Values alone say nothing of what lies between the points."),
        ),
        predict=FORETOLD,
        tries=TRIES,
        views=(*map(_view, NAMES), _above(), _errors(trace)),
        layout=sc.Layout(
            wide=sc.Arrangement(columns=(1, 1, 1), rows=(1.1, 1), aspect=0.56, least=560, most=800,
                                areas=("truth values sobolev", "above errors errors")),
            narrow=sc.Arrangement(columns=(1, 1), rows=(1, 1, 1.2), height=860,
                                  areas=("truth above", "values sobolev", "errors errors")),
        ),
    )  # fmt: skip
