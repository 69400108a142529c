"""The scene of the distillation room: students carried by the update over the plane of logits."""

import numpy as np

from curvkit.distillation.trace import WILD, Trace
from curvkit.draw import scene as sc

ARROWS = 13
# Students that are so near their middle are in one place; a logit that goes back by more turns.
NEAR, BACK = 1.0, 0.05


@np.errstate(all="ignore")  # a run that is lost is no trouble
def _fields(trace: Trace) -> dict[str, np.ndarray]:
    """Where each student is, and what its return is; one that broke off has no place."""
    logits = np.asarray(trace.logits, float)
    with np.errstate(invalid="ignore"):
        lost = ~(np.abs(logits) < WILD).all(2)
    hidden = lambda each: np.where(lost, np.nan, each)
    value = np.asarray(trace.value, float)
    worth = np.where(np.abs(value) < WILD, value, np.nan)
    middle = np.nan_to_num(np.array([np.nanmean(np.append(each, np.nan)) if np.isfinite(each).any()
                                     else 0.0 for each in worth]))  # fmt: skip
    x, y = hidden(logits[..., 0]), hidden(logits[..., 1])
    plane = np.where(np.expand_dims(lost, -1), WILD, logits[..., :2])
    spread = np.linalg.norm(plane - plane.mean(1, keepdims=True), axis=-1).max(1, initial=0)
    return {"step": trace.step, "x": x, "y": y, "own_x": x[:, 0], "own_y": y[:, 0],
            "own_value": worth[:, 0], "value": worth, "mean": middle,
            "spread": np.minimum(spread, 1e3)}  # fmt: skip


def _foretold(count: int) -> sc.Prediction:
    half = count / 2 - 0.25
    return sc.Prediction(
        ask=f"What will {count} students from different starts do?",
        choices=(
            sc.Answer("gather at one place", [("spread", "<", NEAR), ("turning", "<", half)]),
            sc.Answer("end at several places, or far away",
                      [("spread", ">", NEAR), ("turning", "<", half)]),
            sc.Answer("go back and forth to the end, half of them or more",
                      [("turning", ">", half)]),
        ),
    )  # fmt: skip


def _arrows(trace: Trace) -> dict[str, np.ndarray]:
    """The update on a coarse grid, as arrows of one length."""
    places = np.linspace(0, len(trace.axis) - 1, ARROWS).round().astype(int)
    flow = np.asarray(trace.flow, float)[np.ix_(places, places)].reshape(-1, 2)
    at = np.asarray(trace.axis, float)[places]
    x, y = (each.ravel() for each in np.meshgrid(at, at))
    size = np.hypot(*flow.T)
    unit = flow / np.maximum(size, 1e-12)[:, None] * 0.55 * (at[1] - at[0])
    unit[~np.isfinite(size) | (size < 1e-9)] = 0
    return {"at_x": x - unit[:, 0] / 2, "at_y": y - unit[:, 1] / 2, "flow_x": unit[:, 0],
            "flow_y": unit[:, 1]}  # fmt: skip


def _plane(trace: Trace) -> sc.View:
    ends = (float(trace.axis[0]), float(trace.axis[-1]))
    most = max(float(np.nanmax(np.abs(trace.curl), initial=0.0)), 1e-6)
    own = trace.logits[0, 0, :2] if trace.readings else np.zeros(2)
    names = ("start_first", "start_second")
    moves = [sc.KnobValue(name, plus=float(np.nan_to_num(at)) - trace.settings[name])
             for name, at in zip(names, own, strict=True)]  # fmt: skip
    first, second, third = (float(each) for each in trace.teacher_logits)
    return sc.View(
        id="plane", title="Where students go",
        drop=sc.Drop(say="drop a student", x=moves[0], y=moves[1]),
        x=sc.Axis(label="logit of action 0, first state", domain=ends),
        y=sc.Axis(label="logit, second state", domain=ends),
        marks=(
            sc.Heat(grid="curl", ramp="twoSided", domain=(-1.6 * most, 1.6 * most), alpha=0.5),
            sc.Arrow(x="at_x", y="at_y", u="flow_x", v="flow_y", color="muted", width=1.2, head=5),
            sc.Line(x="x", y="y", per="item", color="unstable", width=1.2, alpha=0.35),
            sc.Line(x="x", y="y", per="item", when=sc.Last(60), color="unstable", width=2.5,
                    fade=True),
            sc.Dots(x="x", y="y", size=5.5, color="unstable", rim="paper"),
            sc.Line(x="own_x", y="own_y", color="paper", width=5),
            sc.Line(x="own_x", y="own_y", color="unstable", width=3),
            sc.Dots(x="own_x", y="own_y", size=8, color="unstable", rim="ink"),
            sc.Dots(x=first, y=second, size=8, color="ink", rim="paper"),
            sc.Text(text="teacher", x=first, y=second, dx=11, dy=4, size=12.5, weight=600,
                    halo=True),
            sc.Dots(x=third, y=second, size=5, ring=2, color="ink"),
        ),
    )  # fmt: skip


def _worth(trace: Trace, level: float) -> sc.View:
    return sc.View(
        id="worth", title="What the students earn", beats=True, pad={"t": 104},
        x=sc.Axis(label="step", domain=(0, float(max(trace.settings["steps"], 1)))),
        y=sc.Axis(label="expected return", fit=sc.Camera(
            of=("value",), least=(min(0.0, level), max(level, 1e-3) * 1.15), items=True)),
        pick=sc.Pick(clock="step"),
        cursor=sc.Cursor(x="step", y="mean", line=True, says=(
            "step ", sc.Number(field="step", digits=0))),
        marks=(
            sc.Line(x="step", y="value", per="item", color="unstable", width=1.25, alpha=0.5),
            sc.Line(x="step", y="own_value", color="unstable", width=3),
            sc.Rule(y=level, dash=(6, 4), width=1.5),
            sc.Text(text="the teacher", y=level, right=True, align="right", dx=-4, dy=-7, size=12,
                    halo=True),
        ),
    )  # fmt: skip


@np.errstate(all="ignore")
def portrait(trace: Trace) -> sc.Scene:
    """Where the update points, how it turns, and where students go."""
    level, variant = float(trace.teacher_value), trace.settings["variant"].replace("_", " ")
    return sc.Scene(
        title="Not every update is a gradient", time="step", rows=_fields(trace),
        alt="Students are carried over the plane of two logits by the update of a variant",
        fixed={"curl": np.nan_to_num(np.asarray(trace.curl, float)), **_arrows(trace),
               "turning": np.array(float((trace.swing() > BACK).sum()))},
        knobs={"learning_rate": sc.Turn(), "variant": sc.Turn(), "start_first": sc.Turn(),
               "start_second": sc.Turn()},
        controls=("variant", "learning_rate"),
        sentence=(
            f"Students of a teacher, moved by the update {variant}, after ",
            sc.Number(time=True, digits=0, width=5), " steps. They earn ",
            sc.Number(field="mean", digits=3, says="they earn"),
            f" on average, the teacher {level:.3f}. Colour says how the update turns.",
        ),
        pace=sc.Pace(rate=45), lost=sc.Lost(fields=("mean",), above=WILD),
        beats=(sc.Beat("Each student follows the arrows, wherever they lead; the large one leaves "
                       "its whole way."),),
        predict=_foretold(trace.logits.shape[1]),
        tries=(
            sc.Try("without the turning term", {"variant": "n_distill_reward"}, over=True),
            sc.Try("reward alone", {"variant": "reward_alone"}, over=True),
            sc.Try("smaller steps", {"learning_rate": 0.02}, over=True),
        ),
        views=(_plane(trace), _worth(trace, level)),
        layout=sc.Layout(
            wide=sc.Plan(columns=(1.1, 1), rows=(1,), aspect=0.42, least=440, most=680,
                         areas=("plane worth",)),
            narrow=sc.Plan(columns=(1,), rows=(1.2, 1), height=820, areas=("plane", "worth")),
        ),
    )  # fmt: skip
