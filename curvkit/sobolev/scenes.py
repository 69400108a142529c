"""The scene of the Sobolev room: surfaces that can be turned, with the points they learn from."""

import numpy as np

from curvkit.draw import scene as sc
from curvkit.sobolev.trace import STROKE, Trace

WILD = 1e6
NAMES = {"truth": "The function", "values": "Learnt from values", "sobolev": "…and from slopes"}


@np.errstate(all="ignore")  # a run that is lost is no trouble
def _fields(trace: Trace) -> dict[str, np.ndarray]:
    """What both networks of the first pair return, and how far they are off."""
    tame = lambda values: np.where(np.abs(values) < WILD, np.asarray(values, float), np.nan)
    error, slopes = (np.nan_to_num(tame(each[..., 0]), nan=WILD)
                     for each in (trace.value_error, trace.slope_error))  # fmt: skip
    return {
        "step": trace.step, "values": tame(trace.surface[:, 0]),
        "sobolev": tame(trace.surface[:, 1]), "values_at": tame(trace.at_points[:, 0]),
        "sobolev_at": tame(trace.at_points[:, 1]), "values_error": np.maximum(error[:, 0], 1e-9),
        "sobolev_error": np.maximum(error[:, 1], 1e-9),
        "slope_error": slopes[:, 1],
        "share": np.maximum(error[:, 1], 1e-9) / np.maximum(error[:, 0], 1e-9),
    }  # fmt: skip


def _view(trace: Trace, name: str, height: tuple[float, float], ends: tuple[float, float]):
    grid = "truth" if name == "truth" else name
    at = "targets" if name == "truth" else f"{name}_at"
    return sc.View(
        id=name, title=NAMES[name], x=sc.Axis(domain=ends), y=sc.Axis(domain=ends),
        z=sc.Axis(domain=height), turn={"azimuth": 0.75, "elevation": 0.55, "zoom": 0.78},
        pad={"l": 10, "r": 10, "t": 30, "b": 6}, bleed=6,
        marks=(
            sc.Surface(grid=grid, x="axis", y="axis"),
            sc.Dots(x="point_x", y="point_y", z=at, size=4.5, color="unstable", rim="paper"),
        ),
    )  # fmt: skip


def _above(ends: tuple[float, float]) -> sc.View:
    """From above: the points, and the slopes as strokes uphill; both can be dragged."""
    return sc.View(
        id="above", title="Points and slopes", x=sc.Axis(domain=ends, hide=True),
        y=sc.Axis(domain=ends, hide=True), square=True, frameless=True, over=6, bleed=6,
        pad={"l": 14, "r": 14, "t": 32, "b": 10},
        marks=(
            sc.Heat(grid="truth", alpha=0.55),
            sc.Arrow(x="point_x", y="point_y", x2="tip_x", y2="tip_y", color="ink", width=1.75),
            sc.Dots(x="tip_x", y="tip_y", size=2, drag=sc.Drag(
                each="tips", x=True, y=True, label="the slope at point")),
            sc.Dots(x="point_x", y="point_y", size=4.5, color="unstable", rim="paper", drag=sc.Drag(
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


@np.errstate(all="ignore")
def surfaces(trace: Trace) -> sc.Scene:
    """The function, and what is learnt of it from values alone and from slopes too."""
    truth = np.nan_to_num(np.asarray(trace.truth, float), posinf=WILD, neginf=-WILD)
    low, high = float(truth.min()), float(truth.max())
    height = (low - 0.05 * (high - low) - 1e-6, high + 0.05 * (high - low) + 1e-6)
    ends = (float(trace.axis[0]), float(trace.axis[-1]))
    views = [_view(trace, name, height, ends) for name in NAMES]
    return sc.Scene(
        title="Slopes say more than values", time="step", rows=_fields(trace),
        alt="Three surfaces that can be turned: a function, and two networks that learn it from "
            "points, which are seen from above with their slopes as arrows",
        fixed={"truth": truth, "axis": np.asarray(trace.axis, float),
               "point_x": np.asarray(trace.points[:, 0], float),
               "point_y": np.asarray(trace.points[:, 1], float),
               "tip_x": np.asarray(trace.points[:, 0] + STROKE * trace.slopes[:, 0], float),
               "tip_y": np.asarray(trace.points[:, 1] + STROKE * trace.slopes[:, 1], float),
               "targets": np.asarray(trace.targets, float)},
        knobs={"slope_weight": sc.Turn(), "function": sc.Turn(), "points": sc.Turn()},
        controls=("function", "slope_weight"),
        sentence=(
            f"From {len(trace.targets)} points, after ", sc.Number(time=True, digits=0, width=5),
            " steps: the error is ", sc.Number(field="values_error", says="error from values"),
            " from values alone, ", sc.Number(field="sobolev_error", says="error with slopes"),
            " with slopes.",
        ),
        pace=sc.Pace(rate=20),
        beats=(
            sc.Beat("Drag a surface to turn it. Both networks start alike.", [("step", "<", 1)]),
            sc.Beat("Values alone say nothing of what lies between the points."),
        ),
        predict=FORETOLD,
        tries=TRIES,
        views=(*views, _above(ends), _errors(trace)),
        layout=sc.Layout(
            wide=sc.Plan(columns=(1, 1, 1), rows=(1.1, 1), aspect=0.56, least=560, most=800,
                         areas=("truth values sobolev", "above errors errors")),
            narrow=sc.Plan(columns=(1, 1), rows=(1, 1, 1.2), height=860,
                           areas=("truth above", "values sobolev", "errors errors")),
        ),
    )  # fmt: skip
