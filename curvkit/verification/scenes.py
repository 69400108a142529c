"""The scene of the verification room: cells of the state plane turn green and red."""

from typing import Any

import numpy as np

from curvkit.draw import scene as sc
from curvkit.verification.trace import MOMENT, WILD, Trace

# Open, proved, violated.
VERDICT = sc.Ramp("verdict", "verdict", (0, 2))
BOXED = sc.Ramp("box_verdict", "verdict", (0, 2))
# What a hand turns, with what is useful of it in the plane.
BOX = {
    "box_angle": sc.Turn(aside=True),
    "box_speed": sc.Turn(aside=True),
    "box_size": sc.Turn(low=0.02, high=1.5, aside=True, label="half the box's width *δ*"),
}


def _fields(trace: Trace) -> dict[str, np.ndarray]:
    """The cells of each round by their sides, and what is known; without a cell there is a gap."""
    xp = sc.namespace(trace.cells)
    cells, none = xp.asarray(trace.cells, float), trace.verdict < 0
    fastest = xp.asarray(trace.fastest, float)
    side = lambda at, scale: xp.where(none, xp.nan, cells[..., at] * scale)
    finite = lambda values: xp.where(xp.abs(values) < WILD, xp.asarray(values, float), xp.nan)
    return {
        "bounded": trace.bounded, "left": side(0, np.pi), "right": side(1, np.pi),
        "low": side(2, fastest), "high": side(3, fastest),
        "verdict": xp.where(none, 0, trace.verdict),
        "bound": finite(trace.upper_bound), "attack": finite(trace.attack),
        "proved": 100 * trace.proved, "violated": 100 * trace.violated,
        "red": 100 * xp.nan_to_num(xp.asarray(trace.violated, float)),
        "known": 100 * (trace.proved + trace.violated),
    }  # fmt: skip


def _box(trace: Trace) -> dict[str, np.ndarray]:
    """The box by itself, the way of the model's pendulum that is let go in its middle, and what
    the plane is bounded by.
    """
    xp = sc.namespace(trace.box)
    fastest = xp.asarray(trace.fastest, float)
    box = xp.asarray(trace.box, float)
    left, right, low, high = *(np.pi * box[:2]), *(fastest * box[2:])
    finite = lambda value: xp.where(xp.abs(value) < WILD, xp.asarray(value, float), xp.nan)
    bound, attack = finite(trace.box_bound), finite(trace.box_attack)
    # Its numbers stand where there is room: beside it, to the right or to the left.
    leftmost = left + right > 0.4
    angle, speed = (xp.asarray(each, float) for each in (trace.swing_angle, trace.swing_speed))
    around = (angle[0] + np.pi) % (2 * np.pi) - np.pi
    leap = xp.abs(xp.diff(around)) > np.pi
    around = xp.where(xp.append(leap, False), xp.nan, around)
    known = {
        "box_left": left, "box_right": right, "box_low": low, "box_high": high,
        "box_verdict": xp.maximum(trace.box_verdict, 0), "box_bound": bound, "box_attack": attack,
        "box_gap": bound - attack, "box_top": xp.where(high < 4, high, low - 0.9),
        "beside_left": xp.where(leftmost, left, xp.nan),
        "beside_right": xp.where(leftmost, xp.nan, right),
        "way_angle": around, "way_speed": speed[0], "swing": angle[0], "truth": angle[1],
        "speeds": xp.stack([-fastest, fastest]), "tolerance": trace.settings["tolerance"],
    }  # fmt: skip
    return {name: xp.asarray(values, float) for name, values in known.items()}


def _beside() -> tuple[sc.Text, ...]:
    """What is known of the box: bound, attack and gap."""
    lines = (("bound {value} J", "box_bound", "stable"), ("attack {value} J", "box_attack", "bad"),
             ("gap {value} J", "box_gap", "ink"))  # fmt: skip
    sides: tuple[tuple[str, Any, int], ...] = (
        ("beside_left", "right", -8),
        ("beside_right", "left", 8),
    )
    return tuple([
        sc.Text(text=words, value=value, digits=3, x=place, y="box_top", dx=shift,
                dy=12 + 16 * line, align=align, color=color, size=12, weight=600, halo=True)
        for place, align, shift in sides for line, (words, value, color) in enumerate(lines)
    ])  # fmt: skip


def _swing() -> sc.View:
    return sc.View(
        id="swing", title="Let go in the middle of the box", frameless=True, square=True,
        pad={"l": 16, "r": 16, "t": 30, "b": 8},
        x=sc.Axis(domain=(-1.9, 1.9)), y=sc.Axis(domain=(-1.25, 1.25)),
        marks=(
            sc.Swing(angle="truth", dt=MOMENT, color="muted", alpha=0.55, size=9),
            sc.Swing(angle="swing", dt=MOMENT, color="ink", size=9),
            sc.Text(text="the model's", x=-1.85, y=1.1, color="ink", weight=600, size=12.5),
            sc.Text(text="the true one", x=-1.85, y=0.9, color="muted", weight=600, size=12.5),
        ),
    )  # fmt: skip


def _plane() -> sc.View:
    box: dict[str, Any] = dict(x="left", x2="right", y="low", y2="high")
    one: dict[str, Any] = dict(x="box_left", x2="box_right", y="box_low", y2="box_high")
    angle, speed = sc.KnobValue("box_angle"), sc.KnobValue("box_speed")
    return sc.View(
        id="plane", title="The states of the pendulum",
        x=sc.Axis(label="angle *θ* (0 hangs down)", domain=(-np.pi, np.pi),
                  at=(-np.pi, -np.pi / 2, 0, np.pi / 2, np.pi),
                  names=("−π", "−π/2", "0", "π/2", "π")),
        y=sc.Axis(label="angular speed *ω*", domain="speeds"),
        drop=sc.Drop(say="let a pendulum go", x=angle, y=speed),
        marks=(
            sc.Rect(**box, when="past", color=VERDICT, alpha=1, width=0.5, rim="paper"),
            sc.Rect(**box, color="ink", alpha=0.0, width=1.5, whole=True),
            sc.Shape(x="way_angle", y="way_speed", color="ink", width=1.5, closed=False),
            sc.Rect(**one, color=BOXED, alpha=0.55, width=2.5, rim="ink", drag=sc.Drag(
                x=angle, y=speed, edge=sc.KnobValue("box_size"),
                label="the box: arrows move it, plus and minus change its size")),
            *_beside(),
        ),
    )  # fmt: skip


def _closing() -> sc.View:
    return sc.View(
        id="closing", title="Bound and attack close in", beats=True, pad={"t": 112},
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
            sc.Rule(y="tolerance", dash=(6, 4), width=1.5),
            sc.Text(text="no growth is above", x="bounded", y="bound", dx=-6, dy=-18,
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


@sc.fields(_fields, _box)
def region(trace: Trace) -> sc.Scene:
    """Cell by cell it is proved that energy falls, or a state is found at which it grows."""
    return sc.Scene(
        title="Where energy is proved to fall", time="bounded", clock="cells", rows=_fields(trace),
        alt="The plane of the pendulum's states in cells, green where it is proved that energy "
            "falls, red where a state was found at which it grows; over it one box with its bound, "
            "and a pendulum that is let go in the middle of the box",
        fixed=_box(trace), knobs={"model": sc.Turn(), "relaxation": sc.Turn(), **BOX},
        controls=("model", "relaxation", "box_size"),
        sentence=(
            "After ", sc.Number(time=True, digits=0, width=5), " cells ",
            sc.Number(field="proved", digits=1, says="proved, per cent"),
            " % of the states are proved, ",
            sc.Number(field="violated", digits=1, says="violated, per cent"),
            " % lie in cells with a counterexample. In the box, *δ* = ",
            sc.Number(knob="box_size", digits=2, width=4), ", the energy grows by no more than ",
            sc.Number(field="box_bound", digits=3, says="bound in the box, joules"),
            " J, and by ", sc.Number(field="box_attack", digits=3, says="found, joules"),
            " J at a state that was tried.",
        ),
        pace=sc.Tempo(rate=6),
        beats=(
            sc.Beat("Large cells tell little: nothing is known yet.", [("known", "<", 5)]),
            sc.Beat("What is not known is halved: green is proved, red has a counterexample.",
                    [("known", "<", 85)]),
            sc.Beat("Nearly all is decided. Let go where it is red, the model's pendulum has not "
                    "come to rest after ten seconds."),
        ),
        predict=FORETOLD,
        tries=(
            sc.Try("model B, taught where A failed", {"model": "B"}, over=True),
            sc.Try("bounds by intervals", {"relaxation": "intervals"}, over=True),
        ),
        views=(_plane(), _closing(), _swing()),
        layout=sc.Layout(
            wide=sc.Arrangement(columns=(1.25, 1), rows=(1.15, 1), aspect=0.45, least=480, most=680,
                                areas=("plane closing", "plane swing")),
            narrow=sc.Arrangement(columns=(1,), rows=(1.35, 1, 0.75), height=1020,
                                  areas=("plane", "closing", "swing")),
        ),
    )  # fmt: skip
