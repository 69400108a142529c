"""The scene of the tuners room: balls of two tuners, each in its own valley, and their edges."""

from typing import Any

import numpy as np

from curvkit.draw import scene as sc
from curvkit.tuners._names import RATED, SCALED
from curvkit.tuners.trace import Trace

POINTS, WILD = 25, 1e6
BRIM = 17  # points of a parabola
# How far from the floor a valley is drawn at least.
SEEN = 0.0125
DASH = (6, 4)
STEP = ("step ", sc.Number(field="step", digits=0))


def _turned(trace: Trace) -> str | None:
    """The knob that a hand turns: the rate, or σ where it scales one that is found, or neither."""
    both = trace.settings["tuner"], *trace.contenders[1:]
    scaled, rated = (any(each in names for each in both) for names in (SCALED, RATED))
    if scaled and both[0] != "constant":
        return "sigma"
    return "learning_rate" if rated else None


def _fields(trace: Trace) -> dict[str, np.ndarray]:
    """Of each of the first two tuners: valley, ball, sharpness and edge, of the first seed."""
    fields: dict[str, np.ndarray] = {"step": trace.step}
    count = min(2, trace.loss.shape[1])
    for at in range(count):
        fields |= _of(trace, at)
    xp = sc.namespace(trace.loss)
    losses = [xp.nan_to_num(fields[f"loss{at}"], nan=WILD) for at in range(count)]
    first, other = (xp.maximum(losses[at], 1e-30) for at in (0, -1))
    fields["ahead"] = xp.log10(other / first)
    fields["beyond"] = xp.nan_to_num(fields["relative0"], nan=99.0, posinf=99.0)
    knob = _turned(trace)
    return fields | ({"turned": trace.over_readings(knob)} if knob else {})


def _of(trace: Trace, at: int) -> dict[str, np.ndarray]:
    """The fields of one tuner."""
    xp = sc.namespace(trace.loss)
    of = lambda name: xp.asarray(getattr(trace, name)[:, at, 0], float)
    tame = lambda values: xp.where(xp.abs(values) < WILD, values, xp.nan)
    lam, rate, x, reach = map(of, ("preconditioned_sharpness", "learning_rate", "offset", "reach"))
    half = 2 * xp.where(xp.isfinite(reach) & (reach > 0), reach, 1.0)
    across = xp.asarray(trace.across[:, at], float)
    ground = sc.resampled(across - across.min(1, keepdims=True), POINTS)
    # Where jumps are too small to be seen, its parabola is.
    narrow = (half < SEEN) & (lam == of("sharpness"))
    half = xp.where(narrow, SEEN, half)
    parabola = 0.5 * lam[:, None] * (SEEN * np.linspace(-1, 1, POINTS)) ** 2
    ground = xp.where(narrow[:, None], parabola, ground)
    edge = xp.asarray(trace.critical, float) / xp.where(rate > 0, rate, xp.nan)
    # What the rate just holds: in the coordinates of x the valley's floor has the curvature λ.
    brim = 0.5 * edge[:, None] * (np.linspace(-1, 1, BRIM) * half[:, None]) ** 2
    return {
        f"lam{at}": tame(lam), f"edge{at}": tame(edge), f"x{at}": tame(x),
        f"swing{at}": tame(xp.abs(x)), f"start{at}": -half, f"end{at}": half,
        f"ground{at}": tame(ground), f"brim{at}": tame(brim), f"rim{at}": tame(0.4 * ground.max(1)),
        f"relative{at}": tame(2 * lam / edge), f"rate{at}": tame(rate),
        f"scaled{at}": tame(of("scaled_sharpness")), f"loss{at}": tame(of("loss")),
    }  # fmt: skip


def _foretold(names: list[str]) -> sc.Prediction | None:
    """Who will be ahead, or of one tuner alone where it comes to stand; see `_fields`."""
    if len(names) > 1 and names[0] == names[1]:
        return None
    if len(names) > 1:
        near = float(np.log10(1.1))
        return sc.Prediction(
            ask="Who will have the lower loss at the last step?",
            choices=(
                sc.Answer(names[0], [("ahead", ">", near)]),
                sc.Answer(names[1], [("ahead", "<", -near)]),
                sc.Answer("neither: they end alike, to a tenth",
                          [("ahead", ">", -near), ("ahead", "<", near)]),
            ),
        )  # fmt: skip
    return sc.Prediction(
        ask="Where will the sharpness be at the last step, against the edge of its rate?",
        choices=(
            sc.Answer("under it, a twentieth at least", [("beyond", "<", 1.9)]),
            sc.Answer("at it, to a twentieth", [("beyond", ">", 1.9), ("beyond", "<", 2.1)]),
            sc.Answer("above it, or lost", [("beyond", ">", 2.1)]),
        ),
    )


def _valley(at: int, name: str) -> sc.View:
    color = sc.Ramp(f"relative{at}", "edge", (1.7, 2.3))
    ground: dict[str, Any] = dict(x=sc.Span((f"start{at}", f"end{at}"), POINTS), y=f"ground{at}")
    return sc.View(
        id=f"valley{at}", title=f"The valley of {name}", beats=at == 0,
        pad={"t": 104 if at == 0 else 60, "b": 44},
        x=sc.Axis(label="distance *x*", ticks=3, fit=sc.Camera(
            of=(f"swing{at}",), least=(-0.01, 0.01), both=True, last=40, ahead=2, room=1.4)),
        y=sc.Axis(label="loss above the floor; dashed: what *η* just holds", ticks=3, fit=sc.Camera(
            of=(f"rim{at}",), least=(0, 1e-4), last=40, ahead=2, room=1.1)),
        marks=(
            sc.Line(**ground, color=color, width=0, fill=(0.34, 0.05)),
            sc.Line(x=sc.Span((f"start{at}", f"end{at}"), BRIM), y=f"brim{at}", color="ink",
                    width=1.4, dash=(5, 5), alpha=0.55),
            sc.Line(**ground, color=color, width=3),
            sc.Jumps(x=f"x{at}", on=sc.Ground(**ground), color=color, last=18, size=9,
                     blur=(14, 36)),
        ),
    )  # fmt: skip


def _climb(at: int, name: str, steps: float) -> sc.View:
    color = sc.Ramp(f"relative{at}", "edge", (1.7, 2.3))
    return sc.View(
        id=f"climb{at}", title=f"Sharpness and edge of {name}",
        x=sc.Axis(label="step", domain=(0, steps)),
        y=sc.Axis(label="*λ*", fit=sc.Camera(
            of=(f"lam{at}",), least=(0, 5), room=1.5)),
        pick=sc.Pick(clock="step"),
        cursor=sc.Cursor(x="step", y=f"lam{at}", line=True, says=(
            *STEP, ",  *λ* = ", sc.Number(field=f"lam{at}", digits=1))),
        marks=(
            sc.Line(x="step", y=f"edge{at}", width=1.5, dash=DASH),
            sc.Line(x="step", y=f"lam{at}", color=color, width=2.5),
            sc.Dots(x="step", y=f"lam{at}", size=4.5),
            sc.Text(text="edge", x="step", y=f"edge{at}", dx=8, dy=-10, size=12, halo=True),
            sc.Text(text="*λ*", x="step", y=f"lam{at}", dx=8, dy=18, size=14, halo=True),
        ),
    )  # fmt: skip


TRIES = {
    "learning_rate": (
        sc.Try("*η* = 0.05", {"learning_rate": 0.05}),
        sc.Try("*η* = 0.3", {"learning_rate": 0.3}),
    ),
    "sigma": (
        sc.Try("*σ* = 1, from here", {"sigma": 1.0}),
        sc.Try("*σ* = 2.05", {"sigma": 2.05}),
    ),
    None: (
        sc.Try("CDAT", {"tuner": "cdat"}, over=True),
        sc.Try("a constant rate beside it", {"rival": "constant"}, over=True),
    ),
}


def _sentence(names: list[str], knob: str | None) -> tuple[str | sc.Number, ...]:
    """Where the knob stands, and of each tuner its rate, its product with *λ* and its loss."""
    own = knob == "learning_rate"
    sentence: list[str | sc.Number] = ["At step "]
    if knob is not None:
        number = sc.Number(knob=knob, digits=3 if own else 2, width=5)
        sentence = ["With *η* = " if own else "With *σ* = ", number, ", at step "]
    sentence += [sc.Number(time=True, digits=0, width=4), ": "]
    for at, name in enumerate(names):
        sentence += [
            f"{'; ' if at else ''}{name} has *η* = ",
            sc.Number(field=f"rate{at}", says=f"{name}, rate", width=5),
            ", *ηλ* = ", sc.Number(field=f"scaled{at}", digits=2, says="eta times lambda", width=4),
            " and loss ", sc.Number(field=f"loss{at}", says="loss", width=6),
        ]  # fmt: skip
    return *sentence, "."


@sc.fields(_fields)
def balls(trace: Trace) -> sc.Scene:
    """One tuner beside another: how each ball is thrown, and how each edge answers."""
    names = [each.replace("_", " ") for each in trace.contenders[:2]]
    steps = float(max(trace.settings["steps"], 1))
    views = [make for at, name in enumerate(names)
             for make in (_valley(at, name), _climb(at, name, steps))]  # fmt: skip
    knob = _turned(trace)
    turned = {knob: sc.Turn(recorded=sc.Recorded("turned"))} if knob else {}
    two = len(names) > 1
    wide = ("valley0 valley1", "climb0 climb1") if two else ("valley0 climb0",)
    narrow = ("valley0", "climb0", "valley1", "climb1") if two else ("valley0", "climb0")
    return sc.Scene(
        title="Who finds the edge", time="step", rows=_fields(trace),
        alt="Two balls in their valleys, and the sharpness of each with the edge of its rate",
        knobs={**turned, "tuner": sc.Turn(), "rival": sc.Turn()},
        controls=(*turned, "tuner", "rival"), sentence=_sentence(names, knob),
        pace=sc.Tempo(rate=max(8.0, 90 / trace.settings["every"])),
        beats=(
            sc.Beat("The rate jumps: one step stays below the edge, the next goes beyond it.",
                    [("relative0", ">", 2.05)], alternating=True),
            sc.Beat("Above the edge: a quadratic would throw it out; here the valley gives way.",
                    [("relative0", ">", 2.05)]),
            sc.Beat("The ball is held: *λ* is below the edge.", [("relative0", "<", 1.8)]),
            sc.Beat("On the edge, and kept there."),
        ),
        lost=sc.Lost(fields=("lam0",), above=WILD), views=tuple(views), predict=_foretold(names),
        tries=TRIES[knob],
        layout=sc.Layout(
            wide=sc.Arrangement(columns=(1, 1), rows=(1.25, 1) if two else (1,), aspect=0.5,
                                least=520, most=760, areas=wide),
            narrow=sc.Arrangement(columns=(1,), rows=(1.2, 1) * (2 if two else 1),
                                  height=1180 if two else 640, areas=narrow),
        ),
    )  # fmt: skip
