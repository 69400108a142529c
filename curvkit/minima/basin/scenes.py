"""The scene of the basin room: marbles on the landscape around a proved bad minimum."""

from typing import Any

import numpy as np

from curvkit.core.messages import counted
from curvkit.draw import scene as sc
from curvkit.minima.basin._names import STEPS
from curvkit.minima.basin.trace import AT_THE_LEVEL, WILD, Trace

# Above the level, at it, below it, lost: grey, orange, blue, ink.
FATE, OWN = (sc.Ramp(field, "fate", (0, 3)) for field in ("fate", "own_fate"))
SAID = ("above the level", "at the level", "below the level", "lost")
# What stands beside the data, of a whole certificate and of each step that was not shown.
VERDICTS = ("proved for these data: a bad minimum", *(f"not proved: {step}" for step in STEPS))
WITHDRAWN = (
    "On these data no critical point is shown where the minimum was followed to.",
    "On these data the Hessian is not shown to be positive definite: it may be a saddle.",
    "On these data it is a minimum still, but the other place is not shown to be lower.",
    "On these data the slopes are not zero: no minimum keeps the pattern of the units.",
    "On these data turning a unit on at its kink may lower the loss.",
    "On these data a step of the proof is not shown.",
)
# Where points of the data can be put: of ten points in the plane of inputs, else on a line.
PLANE, LINE = ((-6.0, 6.0), (-6.0, 6.0)), ((-3.0, 14.0), (-8.0, 7.0))


def _fields(trace: Trace) -> dict[str, np.ndarray]:
    """Where each marble is, and how it stands to the level; one that is lost has no place."""
    xp = sc.namespace(trace.loss)
    level = xp.asarray(trace.level, float)
    along, across, loss, fate = _stands(trace.along, trace.across, trace.loss, level)
    counts = {name: (fate == code).sum(1) for name, code in (("caught", 1), ("below", 2))}
    fields = {"step": trace.step, "along": along, "across": across, "loss": loss, "fate": fate,
              "rate": trace.over_readings("learning_rate")}  # fmt: skip
    one = _stands(trace.dropped_along, trace.dropped_across, trace.dropped_loss, level)
    fields |= dict(zip(("own_along", "own_across", "own_loss", "own_fate"), one, strict=True))
    # The words of its fate stand beside it; of one that is lost, in the middle below.
    for code in range(len(SAID)):
        so = one[3] == code
        x, y = (one[0], one[1]) if code < 3 else (0.0, 0.9 * xp.min(trace.axis_across))
        fields |= {f"x{code}": xp.where(so, x, xp.nan), f"y{code}": xp.where(so, y, xp.nan)}
    return {**fields, **counts}


def _stands(along, across, loss, level) -> tuple[np.ndarray, ...]:
    """Places and losses with gaps where a marble is lost, and how it stands to the level."""
    xp = sc.namespace(loss)
    along, across, loss = (xp.asarray(each, float) for each in (along, across, loss))
    lost = ~((xp.abs(loss) < WILD) & (xp.abs(along) < WILD) & (xp.abs(across) < WILD))
    fate = xp.where(loss < level * (1 - AT_THE_LEVEL), 2, 0)
    fate = xp.where(xp.abs(loss - level) <= AT_THE_LEVEL * xp.abs(level), 1, fate)
    fate = xp.where(lost, 3, fate)
    hidden = lambda values: xp.where(lost, xp.nan, values)
    return hidden(along), hidden(across), hidden(xp.maximum(loss, 1e-6)), fate


def _fixed(trace: Trace) -> dict[str, np.ndarray]:
    """The landscape, what its axes and colours end at, the minimum's level, the better place."""
    xp = sc.namespace(trace.surface)
    real = lambda values: xp.asarray(values, float)
    heights = xp.log10(xp.clip(xp.nan_to_num(real(trace.surface), nan=1e9), 1e-6, 1e9))
    level, better = real(trace.level), real(trace.better_loss)
    top = sc.quantile(real(trace.loss[:1]), 0.9)
    top = xp.where(xp.isnan(top), 4 * level, top)
    fields = {
        "surface": heights, "level": level, "better": real(trace.better_along),
        "heights": xp.stack([heights.min(), sc.quantile(heights, 0.97)]),
        "losses": xp.stack([xp.maximum(1e-6, 0.8 * xp.minimum(better, level)),
                            1.2 * xp.maximum(xp.maximum(top, level), 1e-5)]),
    }  # fmt: skip
    held, codes = real(trace.failed), np.arange(len(VERDICTS))
    fields |= {
        "failed": held, "datum_x": real(trace.points[:, 0]), "datum_y": real(trace.points[:, 1]),
        "label": trace.labels, "verdict": xp.where(codes == held, _ends(trace)[0][0], xp.nan),
        "proved_x": xp.where(held == 0, 0.0, xp.nan), "open_x": xp.where(held > 0, 0.0, xp.nan),
    }  # fmt: skip
    for name, each in (("along", real(trace.axis_along)), ("across", real(trace.axis_across))):
        reach = 1.04 * xp.abs(each).max()
        # The knobs are shares of the plane.
        end = xp.maximum(each.max(), 1e-9)
        fields |= {f"{name}_ends": xp.stack([-reach, reach]), f"{name}_end": end}
    return fields


def _ends(trace: Trace) -> tuple[tuple[float, float], tuple[float, float]]:
    return PLANE if trace.settings["example"] == "ten_points" else LINE


def _data(trace: Trace) -> sc.View:
    """The data, whose points are moved by hand, and what is proved of them."""
    names = ("first input", "second input") if _ends(trace) is PLANE else ("input", "target")
    (_, (_, high)), axes = _ends(trace), zip(names, _ends(trace), strict=True)
    x, y = (sc.Axis(label=name, domain=ends) for name, ends in axes)
    drag = sc.Drag(each="points", x=True, y=True, label="point of the data")
    return sc.View(
        id="data", title="The data", x=x, y=y, over=8,
        marks=(
            sc.Text(text=VERDICTS, x="verdict", y=high, dx=8, dy=16, weight=600, size=12.5,
                    halo=True),
            sc.Dots(x="datum_x", y="datum_y", size=6, color=sc.Roles("label", ("a", "b")),
                    rim="paper", drag=drag),
        ),
    )  # fmt: skip


def _plane(trace: Trace) -> sc.View:
    halo: dict[str, Any] = dict(size=12, halo=True)
    names, count = ("along", "across"), trace.loss.shape[1]
    x, y = (sc.KnobValue(f"drop_{name}", times=f"{name}_end") for name in names)
    return sc.View(
        id="plane", title=f"{counted(count, 'marble')} on the loss", frameless=True,
        square=True, pad={"l": 16, "r": 16, "t": 34, "b": 10}, beats=False,
        drop=sc.Drop(say="drop a marble", x=x, y=y),
        x=sc.Axis(domain="along_ends"), y=sc.Axis(domain="across_ends"),
        marks=(
            sc.Heat(grid="surface", domain="heights", levels=26, gamma=0.62, shade=0.09),
            sc.Line(x="along", y="across", per="item", when=sc.Last(6), color="paper", width=1.6,
                    alpha=0.55, fade=True),
            sc.Dots(x="along", y="across", size=4.2, color=FATE, rim="paper"),
            sc.Line(x="own_along", y="own_across", color="paper", width=5.5),
            sc.Line(x="own_along", y="own_across", color="ink", width=2.5),
            sc.Dots(x=0, y=0, size=9, ring=2, color="paper"),
            sc.Text(text="bad minimum, proved", x="proved_x", y=0, dx=14, dy=28, weight=600,
                    **halo),
            sc.Text(text="no longer proved", x="open_x", y=0, dx=14, dy=28, weight=600, **halo),
            sc.Dots(x="better", y=0, size=3.5, color="paper"),
            sc.Text(text="a better place", x="better", y=0, dx=-8, dy=-18,
                    align="right", **halo),
            sc.Dots(x="own_along", y="own_across", size=8, color=OWN, rim="ink"),
            *(sc.Text(text=said, x=f"x{code}", y=f"y{code}", dx=-13, dy=5, align="right",
                      weight=600, color="ink", **halo) for code, said in enumerate(SAID)),
        ),
    )  # fmt: skip


def _losses(trace: Trace) -> sc.View:
    return sc.View(
        id="losses", title="The loss of each marble", beats=True, pad={"t": 104},
        x=sc.Axis(label="step", domain=(0, float(trace.settings["steps"]))),
        y=sc.Axis(label="loss", log=True, domain="losses"),
        pick=sc.Pick(clock="step"),
        cursor=sc.Cursor(x="step", y="level", line=True, says=(
            "step ", sc.Number(field="step", digits=0))),
        marks=(
            sc.Line(x="step", y="loss", per="item", color=FATE, width=1, alpha=0.4),
            sc.Line(x="step", y="own_loss", color="ink", width=2.5),
            sc.Rule(y="level", width=1.5, dash=(6, 4)),
            sc.Text(text="the level at the centre {value}", value="level", y="level", right=True,
                    align="right", dx=-4, dy=-8, weight=600, size=12, halo=True),
        ),
    )  # fmt: skip


def _foretold(count: int) -> sc.Prediction:
    half = count / 2 - 0.25
    return sc.Prediction(
        ask=f"Lower ground is near. How many of {counted(count, 'marble')} will all the same "
            "end at the level of the bad minimum?",
        choices=(
            sc.Answer("none of them", [("caught", "<", 0.5)]),
            sc.Answer("fewer than half", [("caught", ">", 0.5), ("caught", "<", half)]),
            sc.Answer("half of them or more", [("caught", ">", half)]),
        ),
    )  # fmt: skip


TRIES = (
    sc.Try("smaller steps", {"learning_rate": 0.1}, over=True),
    sc.Try("longer steps", {"learning_rate": 2.0}, over=True),
)


@sc.fields(_fields, _fixed)
def marbles(trace: Trace) -> sc.Scene:
    """Gradient descent from a grid of starts; some fall into the minimum and stay."""
    count = trace.loss.shape[1]
    columns = sc.Arrangement(columns=(1.05, 1), rows=(1, 1.15), aspect=0.5, least=560, most=760,
                             areas=("plane data", "plane losses"))  # fmt: skip
    return sc.Scene(
        title="A valley with no way out", time="step", rows=_fields(trace),
        alt="Marbles roll over a landscape, a large one among them; some stay in a bad minimum. "
            "Beside it the data, whose points can be moved, and what is proved of them",
        fixed=_fixed(trace),
        knobs={"learning_rate": sc.Turn(low=0.05, high=3.0, recorded=sc.Recorded("rate")),
               "drop_along": sc.Turn(),
               "drop_across": sc.Turn()},
        controls=("learning_rate",),
        sentence=(
            "Gradient descent by *η* = ", sc.Number(knob="learning_rate", digits=2, width=4),
            f" from {counted(count, 'start')}, at step ", sc.Number(time=True, digits=0, width=4),
            ". At the centre's level: ", sc.Number(field="caught", digits=0, says="caught"),
            ", below it: ", sc.Number(field="below", digits=0, says="below"),
            ". As long as the minimum at the centre is proved, whoever falls into it stays there, "
            "though lower ground is near.",
        ),
        pace=sc.Tempo(rate=24, moments=(
            sc.Moment(field="step", above=0, first=True, lasts=22, rate=8),)),
        beats=(
            *(sc.Beat(said, [("failed", ">", k + 0.5), ("failed", "<", k + 1.5)])
              for k, said in enumerate(WITHDRAWN)),
            sc.Beat("They roll off the ridges at once…", [("step", "<", 120)]),
            sc.Beat("…and then the landscape parts them.", [("step", "<", 700)]),
            sc.Beat("The large marble is caught at the level of a minimum that is proved.",
                    [("own_fate", ">", 0.5), ("own_fate", "<", 1.5)]),
            sc.Beat("The large marble has fallen below the level. It cannot come back.",
                    [("own_fate", ">", 1.5), ("own_fate", "<", 2.5)]),
            sc.Beat("The large marble is lost: its numbers have no end.", [("own_fate", ">", 2.5)]),
            sc.Beat("The large marble is still above the level."),
        ),
        predict=_foretold(count), tries=TRIES,
        views=(_plane(trace), _data(trace), _losses(trace)),
        layout=sc.Layout(wide=columns, narrow=sc.Arrangement(
            columns=(1,), rows=(1.1, 0.8, 1), height=1100, areas=("plane", "data", "losses"))),
    )  # fmt: skip
