"""The scene of the grid worlds: four students of one teacher in a world whose walls are drawn."""

import numpy as np

from curvkit.distillation.grid._names import NAMES
from curvkit.distillation.grid.trace import FREE, GOAL, WALL, Trace
from curvkit.draw import scene as sc

PIT = 3
COLORS = ("a", "b", "c", "d")
# Returns this near are one; arrows shorter than this say nothing.
ALIKE, UNSURE, LONGEST = 1e-3, 0.1, 0.84
WILD = 1e6


def _arrows(moves, free, xp):
    """Mean moves (..., cell, 2) as arrows through the middles of free cells, shorter where these
    are unsure: their tails and how far they go, each (..., cell).
    """
    size = xp.sqrt((moves**2).sum(-1))
    sure = free & (size > UNSURE) & (size < WILD)
    length = xp.where(sure, LONGEST * xp.tanh(3 * size) / xp.where(sure, size, 1), 0)
    u, v = (xp.where(sure, length * moves[..., k], 0) for k in (0, 1))
    x, y = _places(moves.shape[-2])
    return x - u / 2, y - v / 2, u, v


def _places(cells: int) -> tuple[np.ndarray, np.ndarray]:
    y, x = np.divmod(np.arange(cells), round(cells**0.5))
    return x.astype(float), y.astype(float)


def _fields(trace: Trace) -> dict[str, np.ndarray]:
    """What the students of the world that is drawn gain, and where each of them goes."""
    xp = sc.namespace(trace.value)
    value = xp.asarray(trace.value, float)[:, :, trace.shown]
    known = xp.abs(value) < WILD
    most = xp.where(known, value, -WILD).max(1)
    moves, free = xp.asarray(trace.arrows, float), xp.asarray(trace.kinds) == FREE
    tail_x, tail_y, u, v = _arrows(moves, free, xp)
    fields = {
        "step": trace.step, "value": xp.where(known, value, xp.nan), "best": most,
        "lead": xp.argmax(xp.where(known, value, -WILD) >= most[:, None] - ALIKE, 1),
        "rate": trace.over_readings("learning_rate"),
    }  # fmt: skip
    for k in range(len(COLORS)):
        fields |= {f"x{k}": tail_x[:, k], f"y{k}": tail_y[:, k], f"u{k}": u[:, k], f"v{k}": v[:, k]}
        fields[f"value{k}"] = fields["value"][:, k]
    return fields


def _fixed(trace: Trace) -> dict[str, np.ndarray]:
    """The world, its teacher, and what teacher and best policy gain in it."""
    xp = sc.namespace(trace.kinds)
    kinds, real = xp.asarray(trace.kinds), lambda values: xp.asarray(values, float)
    side = round(kinds.shape[0] ** 0.5)
    free, square = kinds == FREE, lambda values: real(values).reshape(side, side)
    worth = xp.where(free & (xp.abs(real(trace.worth)) < WILD), real(trace.worth), xp.nan)
    low, high = xp.nan_to_num(worth, nan=WILD).min(), xp.nan_to_num(worth, nan=-WILD).max()
    x, y = _places(kinds.shape[0])
    at = lambda kind: (xp.where(kinds == kind, each, xp.nan) for each in (x, y))
    tail_x, tail_y, u, v = _arrows(real(trace.teacher_arrows), free, xp)
    level, top = (real(each)[trace.shown] for each in (trace.teacher_value, trace.best_value))
    return {
        "walls": square(kinds == WALL), "worth": square(worth),
        # Arrows are to be seen on it: of the ramp the paler half.
        "worths": xp.stack([low, low + 2 * xp.maximum(high - low, 1e-3)]),
        **dict(zip(("goal_x", "goal_y"), at(GOAL), strict=True)),
        **dict(zip(("pit_x", "pit_y"), at(PIT), strict=True)),
        "x": tail_x, "y": tail_y, "u": u, "v": v, "middle": real(side // 2),
        "level": level, "top": top, "free": real(free.sum()),
        "ends": xp.stack([xp.minimum(0.0, level), 1.1 * xp.maximum(top, 0.1)]),
    }  # fmt: skip


def _world(trace: Trace) -> sc.View:
    half = round(len(trace.kinds) ** 0.5) - 0.5
    axis = sc.Axis(domain=(-0.5, half), hide=True)
    return sc.View(
        id="world", title="The world and its teacher", x=axis, y=axis,
        square=True, frameless=True, pad={"l": 12, "r": 12, "t": 44, "b": 10}, bleed=2, over=2,
        paint=sc.Paint(grid="walls", each="walls", say="draw walls"),
        marks=(
            sc.Heat(grid="worth", domain="worths", cells=True, cover="walls"),
            sc.Arrow(x="x", y="y", u="u", v="v", color="ink", width=1.5, head=6, alpha=0.75),
            *_places_of(9.0),
            sc.Text(text="start", x="middle", y="middle", dy=-15, size=11.5, align="center",
                    halo=True, wide=True),
        ),
    )  # fmt: skip


def _places_of(size: float) -> tuple[sc.Dots, ...]:
    """Goals, pits, and where episodes begin."""
    return (
        sc.Dots(x="goal_x", y="goal_y", size=size, color="good", rim="paper"),
        sc.Dots(x="pit_x", y="pit_y", size=size, color="bad", rim="paper"),
        sc.Dots(x="middle", y="middle", size=size, ring=2.0, color="ink"),
    )


def _student(trace: Trace, at: int, name: str) -> sc.View:
    half = round(len(trace.kinds) ** 0.5) - 0.5
    axis = sc.Axis(domain=(-0.5, half), hide=True)
    return sc.View(
        id=f"student{at}", title=name, x=axis, y=axis, square=True, frameless=True,
        pad={"l": 8, "r": 8, "t": 28, "b": 4}, bleed=2, over=2,
        marks=(
            sc.Heat(grid="worth", domain="worths", cells=True, cover="walls", alpha=0.4),
            sc.Arrow(x=f"x{at}", y=f"y{at}", u=f"u{at}", v=f"v{at}", color=COLORS[at], width=1.75,
                     head=5),
            *_places_of(4.0),
        ),
    )  # fmt: skip


def _returns(trace: Trace, names: tuple[str, ...]) -> sc.View:
    steps = float(max(trace.settings["steps"], 1))
    return sc.View(
        id="returns", title="What each student gains in this world", beats=True, pad={"t": 112},
        x=sc.Axis(label="episodes", domain=(0, steps)),
        y=sc.Axis(label="expected return",
                  fit=sc.Camera(of=("value",), least="ends", items=True)),
        pick=sc.Pick(clock="step"),
        cursor=sc.Cursor(x="step", y="best", line=True, says=(
            "after ", sc.Number(field="step", digits=0), " episodes")),
        marks=(
            sc.Rule(y="top", dash=(2, 4), width=1.5, color="muted"),
            sc.Rule(y="level", dash=(6, 4), width=1.5),
            sc.Text(text="the teacher", y="level", right=True, align="right", dx=-4, dy=14, size=12,
                    halo=True),
            sc.Text(text="the best policy", y="top", right=True, align="right", dx=-4, dy=-6,
                    size=12, halo=True, color="muted"),
            *(sc.Line(x="step", y=f"value{k}", color=COLORS[k], width=2.5)
              for k in range(len(names))),
        ),
    )  # fmt: skip


def _foretold(names: tuple[str, ...]) -> sc.Prediction:
    answers = (
        sc.Answer(name, [("lead", ">", k - 0.5), ("lead", "<", k + 0.5)])
        for k, name in enumerate(names)
    )
    return sc.Prediction(
        ask="Four students learn this world from one teacher, each in its own way. Which is the "
            "first of those that gain most in the end?",
        choices=tuple(answers),
    )  # fmt: skip


TRIES = (
    sc.Try("a teacher that never errs", {"teacher_noise": 0.0}, over=True),
    sc.Try("moves go astray", {"noise": 0.5}, over=True),
    sc.Try("other worlds", {"seed": 1}, over=True),
)


@sc.fields(_fields, _fixed)
def worlds(trace: Trace) -> sc.Scene:
    """A world whose walls can be drawn, its teacher, and four students of it."""
    names = NAMES[trace.settings["contest"]]
    students = tuple(_student(trace, at, name) for at, name in enumerate(names))
    return sc.Scene(
        title="Four ways to learn the way", time="step", clock="episodes",
        rows=_fields(trace), fixed=_fixed(trace),
        alt="A world of cells with walls, goals and pits, the moves of its teacher as arrows, and "
            "beside it the moves of four students that learn from single episodes",
        knobs={name: sc.Turn() for name in ("contest", "teacher_noise", "noise", "seed")}
        | {"learning_rate": sc.Turn(recorded=sc.Recorded("rate"))},
        controls=("contest", "teacher_noise", "learning_rate"),
        sentence=(
            "A world of ", sc.Number(field="free", digits=0), " free cells, after ",
            sc.Number(time=True, digits=0, width=4), " episodes. The teacher acts at random in ",
            sc.Number(knob="teacher_noise", times=100, digits=0, width=3,
                      says="teacher at random, per cent"),
            " % of cases and gains ",
            sc.Number(field="level", digits=2, says="the teacher gains"),
            " an episode, the best of the students ",
            sc.Number(field="best", digits=2, says="the best student gains"), ".",
        ),
        pace=sc.Tempo(rate=8), lost=sc.Lost(fields=("best",), above=WILD / 2),
        beats=(
            sc.Beat("Nobody knows anything yet but the teacher.", [("step", "<", 1)]),
            sc.Beat("An arrow grows as the student becomes sure. The bluer a cell, the more the "
                    "teacher gains from there."),
        ),
        predict=_foretold(names), tries=TRIES, views=(_world(trace), *students,
                                                      _returns(trace, names)),
        layout=sc.Layout(
            wide=sc.Arrangement(columns=(1.6, 0.6, 0.6, 0.6, 0.6), rows=(1, 1.25), aspect=0.5,
                                least=520,
                                most=760, areas=("world student0 student1 student2 student3",
                                                 "world returns returns returns returns")),
            narrow=sc.Arrangement(columns=(1, 1), rows=(2, 1, 1, 1.5), height=1120,
                                  areas=("world world", "student0 student1", "student2 student3",
                                         "returns returns")),
        ),
    )  # fmt: skip
