"""The scene of the basin room: marbles on the landscape around a proved bad minimum."""

from typing import Any

import numpy as np

from curvkit.core.messages import number
from curvkit.draw import scene as sc
from curvkit.minima.basin.trace import AT_THE_LEVEL, WILD, Trace

# Above the level, at it, below it, lost: grey, orange, blue, ink.
FATE, OWN = (sc.Ramp(field, "fate", (0, 3)) for field in ("fate", "own_fate"))
SAID = ("above the level", "at the level", "below the level", "lost")


@np.errstate(all="ignore")  # a run that is lost is no trouble
def _fields(trace: Trace) -> dict[str, np.ndarray]:
    """Where each marble is, and how it stands to the level; one that is lost has no place."""
    level = float(trace.level)
    along, across, loss, fate = _stands(trace.along, trace.across, trace.loss, level)
    counts = {name: (fate == code).sum(1) for name, code in (("caught", 1), ("below", 2))}
    fields = {"step": trace.step, "along": along, "across": across, "loss": loss, "fate": fate}
    one = _stands(trace.dropped_along, trace.dropped_across, trace.dropped_loss, level)
    fields |= dict(zip(("own_along", "own_across", "own_loss", "own_fate"), one, strict=True))
    # The words of its fate stand beside it; of one that is lost, in the middle below.
    for code in range(len(SAID)):
        so = one[3] == code
        x, y = (one[0], one[1]) if code < 3 else (0.0, 0.9 * np.min(trace.axis_across))
        fields |= {f"x{code}": np.where(so, x, np.nan), f"y{code}": np.where(so, y, np.nan)}
    return {**fields, **counts}


@np.errstate(all="ignore")
def _stands(along, across, loss, level: float) -> tuple[np.ndarray, ...]:
    """Places and losses with gaps where a marble is lost, and how it stands to the level."""
    along, across, loss = (np.asarray(each, float) for each in (along, across, loss))
    with np.errstate(invalid="ignore", over="ignore"):
        lost = ~((np.abs(loss) < WILD) & (np.abs(along) < WILD) & (np.abs(across) < WILD))
        fate = np.where(loss < level * (1 - AT_THE_LEVEL), 2, 0)
        fate = np.where(np.abs(loss - level) <= AT_THE_LEVEL * abs(level), 1, fate)
    fate = np.where(lost, 3, fate)
    hidden = lambda values: np.where(lost, np.nan, values)
    return hidden(along), hidden(across), hidden(np.maximum(loss, 1e-6)), fate


def _plane(trace: Trace, heights: np.ndarray) -> sc.View:
    reach = [1.04 * float(np.max(np.abs(each))) for each in (trace.axis_along, trace.axis_across)]
    low, count = float(heights.min()), trace.loss.shape[1]
    halo: dict[str, Any] = dict(size=12, halo=True)
    # The knobs are shares of the plane.
    ends = [max(float(np.max(each)), 1e-9) for each in (trace.axis_along, trace.axis_across)]
    names = ("drop_along", "drop_across")
    x, y = (sc.KnobValue(name, times=end) for name, end in zip(names, ends, strict=True))
    return sc.View(
        id="plane", title=f"{count} marbles on the loss", frameless=True,
        square=True, pad={"l": 16, "r": 16, "t": 34, "b": 10}, beats=False,
        drop=sc.Drop(say="drop a marble", x=x, y=y),
        x=sc.Axis(domain=(-reach[0], reach[0])), y=sc.Axis(domain=(-reach[1], reach[1])),
        marks=(
            sc.Heat(grid="surface", domain=(low, float(np.quantile(heights, 0.97))), levels=26,
                    gamma=0.62, shade=0.09),
            sc.Line(x="along", y="across", per="item", when=sc.Last(10), color="paper", width=1.6,
                    alpha=0.55, fade=True),
            sc.Dots(x="along", y="across", size=4.2, color=FATE, rim="paper"),
            sc.Line(x="own_along", y="own_across", color="paper", width=5.5),
            sc.Line(x="own_along", y="own_across", color="ink", width=2.5),
            sc.Dots(x=0, y=0, size=9, ring=2, color="paper"),
            sc.Text(text="bad minimum, proved", x=0, y=0, dx=14, dy=20, weight=600, **halo),
            sc.Dots(x=float(trace.better_along), y=0, size=3.5, color="paper"),
            sc.Text(text="a better place", x=float(trace.better_along), y=0, dx=-8, dy=-10,
                    align="right", **halo),
            sc.Dots(x="own_along", y="own_across", size=8, color=OWN, rim="ink"),
            *(sc.Text(text=said, x=f"x{code}", y=f"y{code}", dx=-13, dy=5, align="right",
                      weight=600, color="ink", **halo) for code, said in enumerate(SAID)),
        ),
    )  # fmt: skip


def _losses(trace: Trace) -> sc.View:
    level, better = float(trace.level), float(trace.better_loss)
    tops = trace.loss[:1][np.isfinite(trace.loss[:1])] if trace.readings else np.zeros(0)
    top = float(np.quantile(tops, 0.9)) if tops.size else 4 * level
    return sc.View(
        id="losses", title="The loss of each marble", beats=True, pad={"t": 104},
        x=sc.Axis(label="step", domain=(0, float(trace.settings["steps"]))),
        y=sc.Axis(label="loss", log=True,
                  domain=(max(1e-6, 0.8 * min(better, level) or 1e-6), 1.2 * max(top, level))),
        pick=sc.Pick(clock="step"),
        cursor=sc.Cursor(x="step", y=level, line=True, says=(
            "step ", sc.Number(field="step", digits=0))),
        marks=(
            sc.Line(x="step", y="loss", per="item", color=FATE, width=1, alpha=0.4),
            sc.Line(x="step", y="own_loss", color="ink", width=2.5),
            sc.Rule(y=level, width=1.5, dash=(6, 4)),
            sc.Text(text=f"the minimum's level {number(level)}", y=level, right=True,
                    align="right", dx=-4, dy=-8, weight=600, size=12, halo=True),
        ),
    )  # fmt: skip


def _foretold(count: int) -> sc.Prediction:
    half = count / 2 - 0.25
    return sc.Prediction(
        ask=f"Lower ground is near. How many of {count} marbles will all the same end at the level "
            "of the bad minimum?",
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


@np.errstate(all="ignore")
def marbles(trace: Trace) -> sc.Scene:
    """Gradient descent from a grid of starts; some fall into the minimum and stay."""
    heights = np.log10(np.clip(np.nan_to_num(trace.surface.astype(float), nan=1e9), 1e-6, 1e9))
    count = trace.loss.shape[1]
    columns = sc.Plan(columns=(1.05, 1), rows=(1,), aspect=0.42, least=440, most=680,
                      areas=("plane losses",))  # fmt: skip
    return sc.Scene(
        title="A valley with no way out", time="step", rows=_fields(trace),
        alt="Marbles roll over a landscape, a large one among them; some stay in a bad minimum",
        fixed={"surface": heights},
        knobs={"learning_rate": sc.Turn(low=0.05, high=3.0), "drop_along": sc.Turn(),
               "drop_across": sc.Turn()},
        controls=("learning_rate",),
        sentence=(
            f"Gradient descent from {count} starts, at step ",
            sc.Number(time=True, digits=0, width=4),
            ". At the minimum's level are ", sc.Number(field="caught", digits=0, says="caught"),
            ", below it ", sc.Number(field="below", digits=0, says="below"),
            ". Whoever falls into the minimum at the centre stays there, though lower ground is "
            "near.",
        ),
        pace=sc.Pace(rate=24, moments=(
            sc.Moment(field="step", above=0, first=True, lasts=22, rate=8),)),
        beats=(
            sc.Beat("They roll off the ridges at once…", [("step", "<", 120)]),
            sc.Beat("…and then the landscape parts them.", [("step", "<", 700)]),
            sc.Beat("The large marble is caught at the level of a minimum that is proved.",
                    [("own_fate", ">", 0.5), ("own_fate", "<", 1.5)]),
            sc.Beat("The large marble has fallen below the level. It cannot come back.",
                    [("own_fate", ">", 1.5), ("own_fate", "<", 2.5)]),
            sc.Beat("The large marble is lost: its numbers have no end.", [("own_fate", ">", 2.5)]),
            sc.Beat("The large marble is still above the level."),
        ),
        predict=_foretold(count),
        tries=TRIES,
        views=(_plane(trace, heights), _losses(trace)),
        layout=sc.Layout(wide=columns, narrow=sc.Plan(
            columns=(1,), rows=(1.1, 1), height=800, areas=("plane", "losses"))),
    )  # fmt: skip
