"""The scene of the distillation room: students carried by the update over the plane of logits."""

from typing import Any

import numpy as np

from curvkit.core.messages import counted
from curvkit.distillation.trace import WILD, Trace
from curvkit.draw import scene as sc

ARROWS = 13
# Students that are so near their middle are in one place; a logit that goes back by more turns.
NEAR, BACK = 1.0, 0.05


def _fields(trace: Trace) -> dict[str, np.ndarray]:
    """Where each student is, and what its return is; one that broke off has no place."""
    xp = sc.namespace(trace.logits)
    logits, value = xp.asarray(trace.logits, float), xp.asarray(trace.value, float)
    lost = ~(xp.abs(logits) < WILD).all(2)
    hidden = lambda each: xp.where(lost, xp.nan, each)
    known = xp.abs(value) < WILD
    worth = xp.where(known, value, xp.nan)
    middle = xp.where(known, value, 0).sum(1) / xp.maximum(known.sum(1), 1)
    x, y = hidden(logits[..., 0]), hidden(logits[..., 1])
    plane = xp.where(lost[..., None], WILD, logits[..., :2])
    spread = xp.linalg.norm(plane - plane.mean(1, keepdims=True), axis=-1).max(1, initial=0)
    return {"step": trace.step, "x": x, "y": y, "own_x": x[:, 0], "own_y": y[:, 0],
            "own_value": worth[:, 0], "value": worth, "mean": middle,
            "spread": xp.minimum(spread, 1e3),
            "rate": trace.over_readings("learning_rate")}  # fmt: skip


def _foretold(count: int) -> sc.Prediction:
    half = count / 2 - 0.25
    return sc.Prediction(
        ask=f"What will {counted(count, 'student')} from different starts do?",
        choices=(
            sc.Answer("gather at one place", [("spread", "<", NEAR), ("turning", "<", half)]),
            sc.Answer("end at several places, or far away",
                      [("spread", ">", NEAR), ("turning", "<", half)]),
            sc.Answer("go back and forth to the end, half of them or more",
                      [("turning", ">", half)]),
        ),
    )  # fmt: skip


def _fixed(trace: Trace) -> dict[str, np.ndarray]:
    """The plane, how the update turns on it, teacher, and where the own student starts beside what
    its knobs say.
    """
    xp = sc.namespace(trace.curl)
    real = lambda values: xp.asarray(values, float)
    curl, axis, level = xp.nan_to_num(real(trace.curl)), real(trace.axis), real(trace.teacher_value)
    most = 1.6 * xp.maximum(xp.abs(xp.where(xp.isnan(trace.curl), 0, trace.curl)).max(), 1e-6)
    names = ("start_first", "start_second")
    own = real(trace.logits[0, 0, :2]) if trace.readings else xp.zeros(2)
    beside = [xp.nan_to_num(at) - trace.settings[name] for name, at in zip(names, own, strict=True)]
    first, second, third = real(trace.teacher_logits)
    return {
        "curl": curl, "curls": xp.stack([-most, most]), "sides": xp.stack([axis[0], axis[-1]]),
        **_arrows(trace), "turning": real((trace.swing() > BACK).sum()), "level": level,
        "worths": xp.stack([xp.minimum(0.0, level), 1.15 * xp.maximum(level, 1e-3)]),
        "beside_first": real(beside[0]), "beside_second": real(beside[1]),
        "taught_first": first, "taught_second": second, "taught_third": third,
    }  # fmt: skip


def _arrows(trace: Trace) -> dict[str, np.ndarray]:
    """The update on a coarse grid, as arrows of one length."""
    xp = sc.namespace(trace.flow)
    places = np.linspace(0, trace.axis.shape[0] - 1, ARROWS).round().astype(int)
    flow = xp.asarray(trace.flow, float)[np.ix_(places, places)].reshape(-1, 2)
    at = xp.asarray(trace.axis, float)[places]
    x, y = (each.ravel() for each in xp.meshgrid(at, at))
    size = xp.hypot(*flow.T)
    unit = flow / xp.maximum(size, 1e-12)[:, None] * 0.55 * (at[1] - at[0])
    unit = xp.where((xp.isfinite(size) & (size >= 1e-9))[:, None], unit, 0)
    return {"at_x": x - unit[:, 0] / 2, "at_y": y - unit[:, 1] / 2, "flow_x": unit[:, 0],
            "flow_y": unit[:, 1]}  # fmt: skip


def _plane() -> sc.View:
    moves = [sc.KnobValue(f"start_{each}", plus=f"beside_{each}") for each in ("first", "second")]
    taught: dict[str, Any] = dict(x="taught_first", y="taught_second")
    return sc.View(
        id="plane", title="Where students go",
        drop=sc.Drop(say="drop a student", x=moves[0], y=moves[1]),
        x=sc.Axis(label="logit of action 0, first state", domain="sides"),
        y=sc.Axis(label="logit, second state", domain="sides"),
        marks=(
            sc.Heat(grid="curl", ramp="twoSided", domain="curls", alpha=0.5),
            sc.Arrow(x="at_x", y="at_y", u="flow_x", v="flow_y", color="muted", width=1.2, head=5),
            sc.Line(x="x", y="y", per="item", color="a", width=1.2, alpha=0.35),
            sc.Line(x="x", y="y", per="item", when=sc.Last(60), color="a", width=2.5,
                    fade=True),
            sc.Dots(x="x", y="y", size=5.5, color="a", rim="paper"),
            sc.Line(x="own_x", y="own_y", color="paper", width=5),
            sc.Line(x="own_x", y="own_y", color="a", width=3),
            sc.Dots(x="own_x", y="own_y", size=8, color="a", rim="ink"),
            sc.Dots(**taught, size=8, color="ink", rim="paper"),
            sc.Text(text="teacher", **taught, dx=-6, dy=-14, size=12.5, weight=600,
                    halo=True),
            sc.Dots(x="taught_third", y="taught_second", size=5, ring=2, color="ink"),
        ),
    )  # fmt: skip


def _worth(trace: Trace) -> sc.View:
    return sc.View(
        id="worth", title="What the students earn", beats=True, pad={"t": 112},
        x=sc.Axis(label="step", domain=(0, float(max(trace.settings["steps"], 1)))),
        y=sc.Axis(label="expected return", fit=sc.Camera(
            of=("value",), least="worths", items=True)),
        pick=sc.Pick(clock="step"),
        cursor=sc.Cursor(x="step", y="mean", line=True, says=(
            "step ", sc.Number(field="step", digits=0))),
        marks=(
            sc.Line(x="step", y="value", per="item", color="a", width=1.25, alpha=0.5),
            sc.Line(x="step", y="own_value", color="a", width=3),
            sc.Rule(y="level", dash=(6, 4), width=1.5),
            sc.Text(text="the teacher", y="level", right=True, align="right", dx=-4, dy=-7, size=12,
                    halo=True),
        ),
    )  # fmt: skip


@sc.fields(_fields, _fixed)
def portrait(trace: Trace) -> sc.Scene:
    """Where the update points, how it turns, and where students go."""
    variant = trace.settings["variant"].replace("_", " ")
    return sc.Scene(
        title="Not every update is a gradient", time="step", rows=_fields(trace),
        alt="Students are carried over the plane of two logits by the update of a variant",
        fixed=_fixed(trace),
        knobs={"learning_rate": sc.Turn(recorded=sc.Recorded("rate")), "variant": sc.Turn(),
               "start_first": sc.Turn(), "start_second": sc.Turn()},
        controls=("variant", "learning_rate"),
        sentence=(
            f"Students of a teacher, moved by the update {variant} with *η* = ",
            sc.Number(knob="learning_rate", digits=2, width=4), ", after ",
            sc.Number(time=True, digits=0, width=5), " steps. They earn ",
            sc.Number(field="mean", digits=3, says="they earn"),
            " on average, the teacher ", sc.Number(field="level", digits=3),
            ". Colour says how the update turns.",
        ),
        pace=sc.Tempo(rate=45), lost=sc.Lost(fields=("mean",), above=WILD),
        beats=(sc.Beat("Each student follows the arrows, wherever they lead; the large one leaves "
                       "its whole way."),),
        predict=_foretold(trace.logits.shape[1]),
        tries=(
            sc.Try("without the turning term", {"variant": "n_distill_reward"}, over=True),
            sc.Try("reward alone", {"variant": "reward_alone"}, over=True),
            sc.Try("smaller steps", {"learning_rate": 0.02}, over=True),
        ),
        views=(_plane(), _worth(trace)),
        layout=sc.Layout(
            wide=sc.Arrangement(columns=(1.1, 1), rows=(1,), aspect=0.42, least=440, most=680,
                                areas=("plane worth",)),
            narrow=sc.Arrangement(columns=(1,), rows=(1.2, 1), height=820,
                                  areas=("plane", "worth")),
        ),
    )  # fmt: skip
