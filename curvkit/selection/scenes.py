"""The scene of the selection room: scores rise and fall as groups are taken."""

from typing import Any

import numpy as np

from curvkit.draw import scene as sc
from curvkit.selection.trace import Trace

MOST_NAMES = 16
# The colours of what the rule takes next, and of what a hand takes.
NEXT, HAND = "unstable", "d"
# Half the depth of a plane that is seen nearly on edge, over its length.
DEPTH = np.array([0.03, 0.13])
VERDICTS = (
    ("less", "good", "by hand {value} less is left"),
    ("more", "bad", "by hand {value} more is left"),
    ("same", "muted", "hand and rule take the same"),
    ("gone", "muted", "this group is taken already"),
)


def _hand(field: str, times: float = 1) -> sc.Field:
    """The item of a field that the hand has chosen."""
    return sc.Field(field, times=times, chosen="groups")


def _floor(trace: Trace) -> dict[str, np.ndarray]:
    """The span of what is taken, as a plane on which the residual stands."""
    size = float(np.nan_to_num(trace.residual_norm[:1].sum(), posinf=1, neginf=1))
    corner = np.array([[-0.83, -0.13], [0.77, -0.13], [0.83, 0.13], [-0.77, 0.13]]) * size
    return {"floor_x": corner[:, 0], "floor_y": corner[:, 1], "floor_at": np.array([0.52 * size]),
            "floor_low": np.array([-0.13 * size])}  # fmt: skip


def _scores(trace: Trace) -> np.ndarray:
    chosen = trace.scores if trace.settings["whiten"] else trace.raw_scores
    return np.asarray(chosen[:, : trace.count], float)


def _lead(trace: Trace) -> np.ndarray:
    """By how much the whitened rule is ahead of the raw one, (reading,): in good groups found, or
    in per cent of the test explained.
    """
    if trace.known:
        ahead = np.asarray(trace.hits, float) - trace.other_hits
    else:
        ahead = 100 * (np.asarray(trace.other_test_error, float) - trace.test_error)
    sign = 1 if trace.settings["whiten"] else -1
    return sign * np.clip(np.nan_to_num(ahead), -1e6, 1e6)


def _foretold(known: bool, total: int) -> sc.Prediction:
    near = 0.5
    found = f"found more of the {total} good groups after {total} picks"
    return sc.Prediction(
        ask=f"Which rule will have {found if known else 'explained more of the test in the end'}?",
        choices=(
            sc.Answer("the whitened one, by ‖*Qᵀr*‖", [("lead", ">", near)]),
            sc.Answer("the raw one, by ‖*Xᵀr*‖", [("lead", "<", -near)]),
            sc.Answer("neither, they tie" if known else "neither, within half a per cent",
                      [("lead", ">", -near), ("lead", "<", near)]),
        ),
        until=total if known and total else None,
    )  # fmt: skip


@np.errstate(all="ignore")  # a run that is lost is no trouble
def _fields(trace: Trace) -> dict[str, np.ndarray]:
    """The scores of all groups before each pick, and the one that is picked."""
    scores, rows = _scores(trace), np.arange(trace.readings)
    best = np.clip(trace.best, 0, max(trace.count - 1, 0))
    return {
        "step": trace.step, "score": scores, "best": best, "top": scores[rows, best],
        "residual": trace.residual_norm, "hits": trace.hits,
        "error": 100 * np.asarray(trace.test_error, float),
        "part": np.asarray(trace.lengths[:, : trace.count], float), "next": trace.step + 1,
        "lead": _lead(trace), **_tried(trace, rows, best),
    }  # fmt: skip


def _tried(trace: Trace, rows: np.ndarray, best: np.ndarray) -> dict[str, np.ndarray]:
    """What each group would leave, were it taken next, and how that compares with the rule's."""
    left = np.asarray(trace.left_after[:, : trace.count], float)
    foot, plane = _planes_at(np.asarray(trace.residual_norm, float)[:, None], left)
    taken, same = trace.lengths[:, : trace.count] > 0, np.arange(trace.count) == best[:, None]
    rule, zero = left[rows, best], lambda where: np.where(where, 0.0, np.nan)
    less = np.where(taken | same, np.nan, rule[:, None] - left)
    return {
        "left_after": left, "rule_left": rule, "foot_x": foot[..., 0], "foot_y": foot[..., 1],
        "rule_x": foot[rows, best, 0], "rule_y": foot[rows, best, 1],
        "plane_x": plane[..., 0], "plane_y": plane[..., 1],
        "rule_plane_x": plane[rows, best, :, 0], "rule_plane_y": plane[rows, best, :, 1],
        "less": np.where(less > 0, less, np.nan), "more": np.where(less <= 0, -less, np.nan),
        "same": zero(same & ~taken), "gone": zero(taken),
    }  # fmt: skip


def _planes_at(length: np.ndarray, left: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where the upright residual falls onto each group's plane, and the corners of the planes.

    A plane is what a group has beyond the span of those taken, which lies flat. It is inclined by
    the angle whose cosine is what would be left over what is left now.
    """
    flat = np.clip(left / np.maximum(length, 1e-30), 0, 1)
    rise = np.sqrt(1 - flat**2)
    way, length = np.stack([flat, rise], -1), length[..., None]
    far, deep = length * (rise[..., None] + 0.14) * way, length * DEPTH
    corners = np.stack([0 * far - deep, 0 * far + deep, far + deep, far - deep], -2)
    return length * rise[..., None] * way, corners


def _groups(trace: Trace, colors: tuple[str, ...]) -> sc.View:
    count = trace.count
    named = count <= MOST_NAMES and not trace.known
    names = tuple(trace.names) if named else None
    rule = "‖*Qᵀr*‖" if trace.settings["whiten"] else "‖*Xᵀr*‖"
    return sc.View(
        id="groups", title="How much of what is left lies in each group", beats=True,
        pad={"t": 104},
        choose=sc.Choose(x="place", label="a group to take by hand", names=names, says=(
            "group {name} by hand would leave ", sc.Number(field="left_after", chosen="groups"),
            ", the rule leaves ", sc.Number(field="rule_left"))),
        x=sc.Axis(label="group", domain=(-0.7, count - 0.3), hide=named),
        y=sc.Axis(label=f"score {rule}", fit=sc.Camera(
            of=("top", "score"), least=(0, 1e-6), last=0, ahead=1, room=1.35, items=True)),
        marks=(
            sc.Bars(x="place", y="score", color=colors, names=names, width=0.75),
            sc.Dots(x="best", y="top", size=7, color=NEXT),
            sc.Text(text="next", x="best", y="top", dy=-14, align="center", color=NEXT,
                    weight=600, size=12.5, halo=True),
            sc.Dots(x=sc.Field("place", chosen="groups"), y=_hand("score"), size=7, color=HAND),
            sc.Text(text="by hand", x=sc.Field("place", chosen="groups"), y=_hand("score"), dy=-14,
                    align="center", color=HAND, weight=600, size=12.5, halo=True),
        ),
    )  # fmt: skip


def _plane(sign: int, color: str, x: sc.Field | str, y: sc.Field | str, left: sc.Field | str):
    """A group's plane, the residual's shadow on it, and what it would leave: right the rule's."""
    corners = (
        ("rule_plane_x", "rule_plane_y") if sign > 0 else (_hand("plane_x", -1), _hand("plane_y"))
    )
    return (
        sc.Shape(x=corners[0], y=corners[1], color=color, alpha=0.16, width=1),
        sc.Arrow(x=0, y=0, u=x, v=y, color=color, width=2.25),
        sc.Line(x=sc.Span((x, 0), 2), y=sc.Span((y, "residual"), 2), color=color, width=1.75,
                dash=(4, 4)),
        *(sc.Text(text=words, value=left, digits=2, x=x, y=y, dx=14 * sign, dy=dy, color=color,
                  align="left" if sign > 0 else "right", weight=600, size=12.5, halo=True)
          for words, dy in (("the rule" if sign > 0 else "by hand", -8), ("leaves {value}", 8))),
    )  # fmt: skip


def _planes(colors: tuple[str, ...]) -> sc.View:
    """The residual upright on the span of what is taken, and the planes of two groups."""
    across = sc.Camera(of=("residual",), least=(-1.12e-6, 1.12e-6), both=True, room=1.12)
    below = sc.Field("residual", times=-0.3)
    up = sc.Camera(of=(below, "residual"), least=(-0.336e-6, 1.12e-6), room=1.12)
    told: Any = dict(y="floor_low", align="center", weight=600, size=13, halo=True, whole=True)
    return sc.View(
        id="planes", title="What is left, and a group’s plane", frameless=True, square=True,
        bleed=10, pad={"l": 12, "r": 12, "t": 40, "b": 8}, x=sc.Axis(fit=across), y=sc.Axis(fit=up),
        marks=(
            sc.Shape(x="floor_x", y="floor_y", color="muted", alpha=0.12, width=1),
            sc.Text(text="all that is taken", x="floor_at", y="floor_low", dy=-6, align="center",
                    color="muted", size=11.5),
            sc.Dots(x="foot_x", y="foot_y", size=2.6, color=colors, alpha=0.75),
            *_plane(1, NEXT, "rule_x", "rule_y", "rule_left"),
            *_plane(-1, HAND, _hand("foot_x", -1), _hand("foot_y"), _hand("left_after")),
            sc.Dots(x=0, y="residual", when="past", size=3, color="faint"),
            sc.Arrow(x=0, y=0, u=0, v="residual", color="ink", width=3.5, head=13),
            sc.Text(text="‖*r*‖ = {value}", value="residual", digits=2, x=0, y="residual", dy=-9,
                    align="center", weight=600, size=13, halo=True),
            *(sc.Text(text=words, value=_hand(name), digits=2, x=_hand(name, 0), dy=26, color=color,
                      **told)
              for name, color, words in VERDICTS),
        ),
    )  # fmt: skip


def _parts(trace: Trace, colors: tuple[str, ...]) -> sc.View:
    return sc.View(
        id="parts", title="What each group adds to the fit",
        x=sc.Axis(label="groups taken", domain=(0, float(max(trace.settings["picks"], 1)))),
        y=sc.Axis(label="‖*Xβ*‖", fit=sc.Camera(of=("part",), least=(0, 1), items=True)),
        pick=sc.Pick(clock="step"),
        marks=(sc.Line(x="step", y="part", per="item", color=colors, width=1.75),),
    )  # fmt: skip


def _left(trace: Trace) -> sc.View:
    return sc.View(
        id="left", title="What is left to explain",
        x=sc.Axis(label="groups taken", domain=(0, float(max(trace.settings["picks"], 1)))),
        y=sc.Axis(label="‖*r*‖", fit=sc.Camera(of=("residual",), least=(0, 1e-6))),
        pick=sc.Pick(clock="step"),
        cursor=sc.Cursor(x="step", y="residual", line=True, says=(
            sc.Number(field="step", digits=0), " groups taken")),
        marks=(
            sc.Line(x="step", y="residual", width=2.5),
            *(sc.Line(x=sc.Span(("step", "next"), 2), y=sc.Span(("residual", left), 2), width=2,
                      color=color, dash=(4, 4))
              for left, color in (("rule_left", NEXT), (_hand("left_after"), HAND))),
            sc.Dots(x="next", y="rule_left", size=5, color=NEXT),
            sc.Dots(x="next", y=_hand("left_after"), size=5, color=HAND),
            sc.Dots(x="step", y="residual", size=5),
        ),
    )  # fmt: skip


# Of real data, and of a random problem, which has knobs of its own.
TRIES = {
    False: (
        sc.Try("the raw rule", {"whiten": False}, over=True),
        sc.Try("the whitened rule", {"whiten": True}, over=True),
    ),
    True: (
        sc.Try("the raw rule", {"whiten": False}, over=True),
        sc.Try("no noise", {"noise": 0.0}, over=True),
        sc.Try("groups nearly of one column", {"within": 0.95}, over=True),
    ),
}


@np.errstate(all="ignore")
def picks(trace: Trace) -> sc.Scene:
    """Which group is next? The one whose span holds most of what is left."""
    count, known = trace.count, trace.known
    good = np.asarray(trace.good[:count])
    colors = tuple("stable" if known and each else "second" for each in good)
    total = int(good.sum())
    found = (f" of {total} good ones are found",) if known else (" % of the test is unexplained",)
    number = sc.Number(field="hits", digits=0, says="good ones found")
    error = sc.Number(field="error", digits=1, says="unexplained, per cent")
    return sc.Scene(
        title="Group by group", time="step", clock="pick", rows=_fields(trace),
        alt="Bars of the groups' scores, and the residual as an arrow that shortens with each "
            "group that is taken; a group taken by hand is held against the rule's",
        fixed={"place": np.arange(count), **_floor(trace)},
        knobs={"whiten": sc.Turn(), "noise": sc.Turn(), "within": sc.Turn()},
        controls=("whiten", "noise", "within") if known else ("whiten",),
        sentence=(
            sc.Number(time=True, digits=0, width=2), " groups are taken; ",
            number if known else error, *found, ".",
        ),
        pace=sc.Pace(rate=1.1),
        beats=(
            sc.Beat("The group that holds most of the targets comes first.", [("step", "<", 0.5)]),
            sc.Beat("All groups taken are fitted anew, and what is left is scored again. Click a "
                    "group: would it leave less?"),
        ),
        predict=_foretold(known, total),
        tries=TRIES[known],
        views=(_groups(trace, colors), _planes(colors), _parts(trace, colors), _left(trace)),
        layout=sc.Layout(
            wide=sc.Plan(columns=(1, 1), rows=(1.45, 1), aspect=0.52, least=560, most=780,
                         areas=("groups planes", "parts left")),
            narrow=sc.Plan(columns=(1,), rows=(1.2, 1.2, 1, 1), height=1160,
                           areas=("groups", "planes", "parts", "left")),
        ),
    )  # fmt: skip
