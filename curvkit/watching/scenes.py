"""The scene of a watched training run: pure, of a trace that may still grow."""

import math

import numpy as np

from curvkit.draw import scene as sc
from curvkit.watching.trace import Trace

# Blue below the edge, gold at it, orange beyond; in units in which the edge is 2.
NEAR = (1.7, 2.3)
EDGE = sc.Ramp("relative", "edge", NEAR)
# What one turns while the loop runs; "loop" ends it.
KNOBS = ("learning_rate", "loop")
RUNS, STOP = "runs", "stop"
STEP = ("step ", sc.Number(field="step", digits=0))
ROOM = 1.28


def critical(trace: Trace) -> float:
    """The newest critical value of ηλ that is known, nan where no rule is judged by."""
    known = trace.critical[np.isfinite(trace.critical)]
    return float(known[-1]) if known.size else math.nan


def _fields(trace: Trace) -> dict[str, np.ndarray]:
    lam, edge = trace.sharpness, trace.threshold
    relative = 2 * lam / np.where(edge > 0, edge, np.nan)
    return {
        "step": trace.step, "loss": trace.loss, "lam": lam, "edge": edge, "rate":
        trace.learning_rate, "scaled": trace.scaled_sharpness,
        "relative": np.nan_to_num(relative, nan=0.0, posinf=99.0),
    }  # fmt: skip


def _axis() -> sc.Axis:
    return sc.Axis(label="step", ticks=5, fit=sc.Camera(of=("step",), least=(0, 30), room=ROOM))


def _climb(edge: float) -> sc.View:
    """The sharpness, with the edge as a handle where there is one."""
    marks: tuple[sc.Line | sc.Dots | sc.Text | sc.Rule, ...] = (
        sc.Line(x="step", y="edge", width=1.5, dash=(6, 4)),
        sc.Line(x="step", y="lam", color=EDGE, width=2.5),
        sc.Dots(x="step", y="lam", size=4.5),
        sc.Text(text="*λ*", x="step", y="lam", dx=8, dy=-8, size=14, halo=True),
    )
    followed: tuple[sc.KnobValue | str, ...] = ("lam",)
    if math.isfinite(edge):
        level = sc.KnobValue("learning_rate", times=edge, power=-1)
        says = f"{edge:.4g}/*η* = {{value}}"
        drag = sc.Drag(knob="learning_rate", times=edge, power=-1, digits=1, says=says,
                       label="edge of stability")  # fmt: skip
        marks += (sc.Rule(y=level, since="step", width=1.5, dash=(6, 4), drag=drag),)
        followed += (level,)
    return sc.View(
        id="climb", title="The sharpness of your model", x=_axis(), marks=marks, beats=True,
        pad={"t": 104},
        y=sc.Axis(label="sharpness *λ*", fit=sc.Camera(of=followed, least=(0, 1), room=1.25)),
        pick=sc.Pick(clock="step"),
        cursor=sc.Cursor(x="step", y="lam", line=True, says=(
            *STEP, ",  *λ* = ", sc.Number(field="lam"))),
    )  # fmt: skip


def _losses(first: float) -> sc.View:
    """The loss, over six decades where it is above zero."""
    if first > 0 and math.isfinite(first):
        top = 10.0 ** math.ceil(math.log10(2 * first))
        y = sc.Axis(label="loss", log=True, domain=(1e-6 * top, top))
    else:
        y = sc.Axis(label="loss", fit=sc.Camera(of=("loss",), least=(-0.1, 0.1), room=1.1))
    return sc.View(
        id="losses", title="Its loss", x=_axis(), y=y, pick=sc.Pick(clock="step"), pad={"l": 62},
        cursor=sc.Cursor(x="step", y="loss", line=True, says=(
            *STEP, ",  loss ", sc.Number(field="loss"))),
        marks=(
            sc.Line(x="step", y="loss", width=2),
            sc.Dots(x="step", y="loss", size=4.5),
        ),
    )  # fmt: skip


def _beats(edge: float) -> tuple[sc.Beat, ...]:
    if not math.isfinite(edge):
        return (sc.Beat("The sharpness, with no rule whose edge it could be held against."),)
    return (
        sc.Beat("*λ* is beyond the edge: here each step overshoots more.",
                [("relative", ">", 2.1)]),
        sc.Beat("At the edge of stability.", [("relative", ">", 1.9)]),
        sc.Beat("Below the edge: the steps are held."),
    )  # fmt: skip


def _foretold(edge: float) -> sc.Prediction | None:
    """Asked where there is an edge, before the first step; told when the loop has ended."""
    if not math.isfinite(edge):
        return None
    return sc.Prediction(
        ask="Where will the sharpness be when the loop ends?",
        choices=(
            sc.Answer("below the edge", [("relative", "<", NEAR[0])]),
            sc.Answer("at the edge", [("relative", ">", NEAR[0]), ("relative", "<", NEAR[1])]),
            sc.Answer("beyond it", [("relative", ">", NEAR[1])]),
        ),
    )  # fmt: skip


LAYOUT = sc.Layout(
    wide=sc.Arrangement(columns=(1.3, 1), rows=(1,), aspect=0.36, least=380, most=560,
                        areas=("climb losses",)),
    narrow=sc.Arrangement(columns=(1,), rows=(1.3, 1), height=720, areas=("climb", "losses")),
)  # fmt: skip


@sc.fields(_fields)
def loop(trace: Trace) -> sc.Scene:
    """Loss, sharpness and edge of anyone's loop while it runs; the rate is turned on the way.

    Args:
        trace: of one reading or more.
    """
    edge, rate = critical(trace), float(trace.learning_rate[0])
    return sc.Scene(
        title="Your own loop", time="step", rows=_fields(trace),
        alt="The sharpness of a model with its edge of stability, and its loss, while it trains",
        knobs={"learning_rate": sc.Turn(recorded=sc.Recorded("rate")), "loop": sc.Turn()},
        controls=KNOBS,
        sentence=(
            "After ", sc.Number(time=False, field="step", digits=0, width=4),
            " steps the loss is ", sc.Number(field="loss", width=6, says="loss"),
            " and the sharpness *λ* = ", sc.Number(field="lam", width=5, says="sharpness"),
            "; with *η* = ", sc.Number(knob="learning_rate", width=5, says="learning rate"),
            " that is *ηλ* = ", sc.Number(field="scaled", digits=2, says="eta times lambda"), ".",
        ),
        pace=sc.Tempo(rate=60), beats=_beats(edge), views=(_climb(edge), _losses(trace.loss[0])),
        lost=sc.Lost(fields=("lam", "loss"), say="Here the loss is no number any more: stop the "
                     "loop, and begin with a smaller rate."),
        layout=LAYOUT, predict=_foretold(edge),
        tries=(
            sc.Try("*η* twice as large", {"learning_rate": 2 * rate}),
            sc.Try("half as large", {"learning_rate": rate / 2}),
        ) if rate > 0 else (),
    )  # fmt: skip


def knob_facts(trace: Trace, rate: float) -> dict[str, dict[str, object]]:
    """What a stage has to know of the two knobs.

    Args:
        trace: of one reading or more.
        rate: where the learning rate stands now.
    """
    first = float(trace.learning_rate[0])
    known = first if math.isfinite(first) and first > 0 else 0.1
    ends = [known / 30, 30 * known]
    says = "How far each step of the loop goes; the loop takes it from the watcher."
    turned = {"label": "learning rate *η*", "low": ends[0], "high": ends[1], "ends": ends,
              "linear": False, "value": rate, "sentence": says}  # fmt: skip
    ended = "Ends the loop after the step that it is at, as if it had come to its end."
    return {
        # Neither begins another run, and both are heard while a hand still moves.
        "learning_rate": {**turned, "goes": False, "follows": True},
        "loop": {"label": "your loop", "choices": [RUNS, STOP], "value": RUNS, "goes": False,
                 "follows": True, "sentence": ended},
    }  # fmt: skip
