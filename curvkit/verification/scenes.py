"""The scene of the verification room: cells of the state plane turn green and red."""

from typing import Any

import numpy as np

from curvkit.draw import scene as sc
from curvkit.verification.trace import WILD, Trace

# Open, proved, violated.
VERDICT = sc.Ramp("verdict", "verdict", (0, 2))


@np.errstate(all="ignore")  # a run that is lost is no trouble
def _fields(trace: Trace) -> dict[str, np.ndarray]:
    """The cells of each round by their sides, and what is known; without a cell there is a gap."""
    cells, none = np.asarray(trace.cells, float), np.asarray(trace.verdict) < 0
    fastest = float(trace.fastest)
    side = lambda at, scale: np.where(none, np.nan, cells[..., at] * scale)
    finite = lambda values: np.where(np.abs(values) < WILD, values, np.nan)
    return {
        "bounded": trace.bounded, "left": side(0, np.pi), "right": side(1, np.pi),
        "low": side(2, fastest), "high": side(3, fastest),
        "verdict": np.where(none, 0, trace.verdict),
        "bound": finite(trace.upper_bound.astype(float)),
        "attack": finite(trace.attack.astype(float)),
        "proved": 100 * trace.proved, "violated": 100 * trace.violated,
        "red": 100 * np.nan_to_num(trace.violated.astype(float)),
        "known": 100 * (trace.proved + trace.violated),
    }  # fmt: skip


def _plane(trace: Trace) -> sc.View:
    fastest = float(trace.fastest)
    box: dict[str, Any] = dict(x="left", x2="right", y="low", y2="high")
    return sc.View(
        id="plane", title="The states of the pendulum",
        x=sc.Axis(label="angle *θ* (0 hangs down)", domain=(-np.pi, np.pi),
                  at=(-np.pi, -np.pi / 2, 0, np.pi / 2, np.pi),
                  names=("−π", "−π/2", "0", "π/2", "π")),
        y=sc.Axis(label="angular speed *ω*", domain=(-fastest, fastest)),
        marks=(
            sc.Rect(**box, when="past", color=VERDICT, alpha=1, width=0.5, rim="paper"),
            sc.Rect(**box, color="ink", alpha=0.0, width=1.5, whole=True),
        ),
    )  # fmt: skip


def _closing(trace: Trace) -> sc.View:
    return sc.View(
        id="closing", title="Bound and attack close in", beats=True, pad={"t": 104},
        x=sc.Axis(label="cells bounded", fit=sc.Camera(of=("bounded",), least=(0, 64))),
        y=sc.Axis(label="growth of energy (J)", fit=sc.Camera(
            of=("bound", "attack"), least=(-0.05, 0.1), last=40, room=1.15)),
        pick=sc.Pick(clock="bounded"),
        cursor=sc.Cursor(x="bounded", y="bound", line=True, says=(
            sc.Number(field="bounded", digits=0), " cells")),
        marks=(
            sc.Area(x="bounded", y="bound", y2="attack", color="second", alpha=0.15),
            sc.Line(x="bounded", y="bound", color="stable", width=2.5),
            sc.Line(x="bounded", y="attack", color="bad", width=2.5),
            sc.Rule(y=float(trace.settings["tolerance"]), dash=(6, 4), width=1.5),
            sc.Text(text="no growth is above", x="bounded", y="bound", dx=-6, dy=-8,
                    align="right", color="stable", size=12, halo=True),
            sc.Text(text="growth that was found", x="bounded", y="attack", dx=-6, dy=16,
                    align="right", color="bad", size=12, halo=True),
        ),
    )  # fmt: skip


# Of the area in cells with a counterexample when all rounds are over, in per cent.
FORETOLD = sc.Prediction(
    ask="The true pendulum loses energy everywhere. In a red cell the network's energy was seen to "
        "grow somewhere. When the cells are small, how much of the square will be red?",
    choices=(
        sc.Answer("a tenth or less", [("red", "<", 10)]),
        sc.Answer("more than a tenth, less than a third", [("red", ">", 10), ("red", "<", 33.33)]),
        sc.Answer("a third or more", [("red", ">", 33.33)]),
    ),
)  # fmt: skip


@np.errstate(all="ignore")
def region(trace: Trace) -> sc.Scene:
    """Cell by cell it is proved that energy falls, or a state is found at which it grows."""
    return sc.Scene(
        title="Where energy is proved to fall", time="bounded", clock="cells", rows=_fields(trace),
        alt="The plane of the pendulum's states in cells, green where it is proved that energy "
            "falls, red where a state was found at which it grows",
        knobs={"model": sc.Turn(), "relaxation": sc.Turn()}, controls=("model", "relaxation"),
        sentence=(
            "After ", sc.Number(time=True, digits=0, width=5), " cells ",
            sc.Number(field="proved", digits=1, says="proved, per cent"),
            " % of the states are proved, ",
            sc.Number(field="violated", digits=1, says="violated, per cent"),
            " % lie in cells with a counterexample.",
        ),
        pace=sc.Pace(rate=6),
        beats=(
            sc.Beat("Large cells tell little: nothing is known yet.", [("known", "<", 5)]),
            sc.Beat("What is not known is halved: green is proved, red has a counterexample.",
                    [("known", "<", 97)]),
            sc.Beat("Almost every state is decided."),
        ),
        predict=FORETOLD,
        tries=(
            sc.Try("model B, taught where A failed", {"model": "B"}, over=True),
            sc.Try("bounds by intervals", {"relaxation": "intervals"}, over=True),
        ),
        views=(_plane(trace), _closing(trace)),
        layout=sc.Layout(
            wide=sc.Plan(columns=(1.15, 1), rows=(1,), aspect=0.42, least=440, most=680,
                         areas=("plane closing",)),
            narrow=sc.Plan(columns=(1,), rows=(1.2, 1), height=820, areas=("plane", "closing")),
        ),
    )  # fmt: skip
