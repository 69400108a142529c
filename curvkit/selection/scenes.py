"""The scene of the selection room: scores rise and fall as groups are taken."""

from typing import Any

import numpy as np

from curvkit.core.messages import counted
from curvkit.draw import scene as sc
from curvkit.selection.trace import Trace

MOST_NAMES = 16
# The colours of what the rule takes next, and of what a hand takes.
NEXT, HAND = "d", "hand"
GOOD = sc.Roles("good", ("second", "stable"))
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


def _fixed(trace: Trace) -> dict[str, np.ndarray]:
    """Where the groups stand, which are good, by which rule they are scored, and the span of what
    is taken, as a plane on which the residual stands.
    """
    xp, count = sc.namespace(trace.residual_norm), trace.count
    size = xp.nan_to_num(xp.asarray(trace.residual_norm[:1], float).sum(), posinf=1, neginf=1)
    corner = np.array([[-0.83, -0.13], [0.77, -0.13], [0.83, 0.13], [-0.77, 0.13]]) * size
    good = trace.good[:count] > 0 if trace.known else np.zeros(count)
    return {"place": np.arange(count), "good": xp.asarray(good, float),
            "whitened": xp.asarray(trace.settings["whiten"], float),
            "floor_x": corner[:, 0], "floor_y": corner[:, 1],
            "floor_left": xp.reshape(corner[0, 0], (1,)),
            "floor_low": xp.reshape(corner[0, 1], (1,))}  # fmt: skip


def _scores(trace: Trace) -> np.ndarray:
    xp = sc.namespace(trace.scores)
    chosen = xp.where(trace.settings["whiten"], trace.scores, trace.raw_scores)
    return xp.asarray(chosen[:, : trace.count], float)


def _lead(trace: Trace) -> np.ndarray:
    """By how much the whitened rule is ahead of the raw one, (reading,): in good groups found, or
    in per cent of the test explained.
    """
    xp = sc.namespace(trace.scores)
    if trace.known:
        ahead = xp.asarray(trace.hits, float) - trace.other_hits
    else:
        ahead = 100 * (xp.asarray(trace.other_test_error, float) - trace.test_error)
    sign = xp.where(trace.settings["whiten"], 1, -1)
    return sign * xp.clip(xp.nan_to_num(ahead), -1e6, 1e6)


def _foretold(known: bool, total: int) -> sc.Prediction:
    near = 0.5
    result = f"found more of the {counted(total, 'good group')} after {counted(total, 'pick')}"
    return sc.Prediction(
        ask=f"Which rule will have {result if known else 'explained more of the test in the end'}?",
        choices=(
            sc.Answer("the whitened one, by ‖*Qᵀr*‖", [("lead", ">", near)]),
            sc.Answer("the raw one, by ‖*Xᵀr*‖", [("lead", "<", -near)]),
            sc.Answer("neither, they tie" if known else "neither, within half a per cent",
                      [("lead", ">", -near), ("lead", "<", near)]),
        ),
        until=total if known and total else None,
    )  # fmt: skip


def _fields(trace: Trace) -> dict[str, np.ndarray]:
    """The scores of all groups before each pick, and the one that is picked."""
    xp, scores = sc.namespace(trace.scores), _scores(trace)
    best = xp.clip(trace.best, 0, max(trace.count - 1, 0))
    return {
        "step": trace.step, "score": scores, "best": best, "top": _of(scores, best),
        "residual": trace.residual_norm, "hits": trace.hits,
        "error": 100 * xp.asarray(trace.test_error, float),
        "part": xp.asarray(trace.lengths[:, : trace.count], float), "next": trace.step + 1,
        "lead": _lead(trace), **_tried(trace, best),
    }  # fmt: skip


def _of(values: np.ndarray, best: np.ndarray) -> np.ndarray:
    """Of each reading the values (reading, group, …) of one group, (reading, …)."""
    xp = sc.namespace(values, best)
    at = xp.reshape(best, (-1, *[1] * (values.ndim - 1)))
    return xp.take_along_axis(values, at, 1)[:, 0]


def _tried(trace: Trace, best: np.ndarray) -> dict[str, np.ndarray]:
    """What each group would leave, were it taken next, and how that compares with the rule's."""
    xp = sc.namespace(trace.left_after)
    left = xp.asarray(trace.left_after[:, : trace.count], float)
    foot, plane = _planes_at(xp.asarray(trace.residual_norm, float)[:, None], left)
    taken, same = trace.lengths[:, : trace.count] > 0, np.arange(trace.count) == best[:, None]
    rule, zero = _of(left, best), lambda where: xp.where(where, 0.0, xp.nan)
    less = xp.where(taken | same, xp.nan, rule[:, None] - left)
    of_rule = {"rule_x": foot[..., 0], "rule_y": foot[..., 1],
               "rule_plane_x": plane[..., 0], "rule_plane_y": plane[..., 1]}  # fmt: skip
    return {
        "left_after": left, "rule_left": rule, "foot_x": foot[..., 0], "foot_y": foot[..., 1],
        "plane_x": plane[..., 0], "plane_y": plane[..., 1],
        **{name: _of(values, best) for name, values in of_rule.items()},
        "less": xp.where(less > 0, less, xp.nan), "more": xp.where(less <= 0, -less, xp.nan),
        "same": zero(same & ~taken), "gone": zero(taken),
    }  # fmt: skip


def _planes_at(length: np.ndarray, left: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where the upright residual falls onto each group's plane, and the corners of the planes.

    A plane is what a group has beyond the span of those taken, which lies flat. It is inclined by
    the angle whose cosine is what would be left over what is left now.
    """
    xp = sc.namespace(left)
    whole = xp.maximum(length, 1e-30)
    flat = xp.clip(left / whole, 0, 1)
    # What is taken away by itself: of a group that takes little, 1 − flat² would lose it.
    rise = xp.sqrt(xp.clip((whole - left) / whole, 0, 1) * (1 + flat))
    way, length = xp.stack([flat, rise], -1), length[..., None]
    far, deep = length * (rise[..., None] + 0.14) * way, length * DEPTH
    corners = xp.stack([0 * far - deep, 0 * far + deep, far + deep, far - deep], -2)
    return length * rise[..., None] * way, corners


def _groups(trace: Trace) -> sc.View:
    count = trace.count
    named = count <= MOST_NAMES and not trace.known
    names = tuple(trace.names) if named else None
    score = sc.Words("whitened", ("score ‖*Xᵀr*‖", "score ‖*Qᵀr*‖"))
    return sc.View(
        id="groups", title="How much of what is left lies in each group", beats=True,
        pad={"t": 104},
        choose=sc.Choose(x="place", label="a group to take by hand", names=names, says=(
            "group {name} by hand would leave ", sc.Number(field="left_after", chosen="groups"),
            ", the rule leaves ", sc.Number(field="rule_left"))),
        x=sc.Axis(label="group", domain=(-0.7, count - 0.3), hide=named),
        y=sc.Axis(label=score, fit=sc.Camera(
            of=("top", "score"), least=(0, 1e-6), last=0, ahead=1, room=1.35, items=True)),
        marks=(
            sc.Bars(x="place", y="score", color=GOOD, names=names, width=0.75),
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


def _planes() -> sc.View:
    """The residual upright on the span of what is taken, and the planes of two groups."""
    across = sc.Camera(of=("residual",), least=(-1.12e-6, 1.12e-6), both=True, room=1.12)
    below = sc.Field("residual", times=-0.3)
    up = sc.Camera(of=(below, "residual"), least=(-0.336e-6, 1.12e-6), room=1.12)
    style: Any = dict(y="floor_low", align="center", weight=600, size=13, halo=True, whole=True)
    return sc.View(
        id="planes", title="What is left, and a group’s plane", frameless=True, square=True,
        bleed=10, pad={"l": 12, "r": 12, "t": 40, "b": 8}, x=sc.Axis(fit=across), y=sc.Axis(fit=up),
        marks=(
            sc.Shape(x="floor_x", y="floor_y", color="muted", alpha=0.12, width=1),
            # Below its rim, where no arrow or plane comes.
            sc.Text(text="all that is taken", x="floor_left", y="floor_low", dy=12, color="muted",
                    size=11.5),
            sc.Dots(x="foot_x", y="foot_y", size=2.6, color=GOOD, alpha=0.75),
            *_plane(1, NEXT, "rule_x", "rule_y", "rule_left"),
            *_plane(-1, HAND, _hand("foot_x", -1), _hand("foot_y"), _hand("left_after")),
            sc.Dots(x=0, y="residual", when="past", size=3, color="faint"),
            sc.Arrow(x=0, y=0, u=0, v="residual", color="ink", width=3.5, head=13),
            # Beside the places where it ended before, above the dashed line.
            sc.Text(text="‖*r*‖ = {value}", value="residual", digits=2, x=0, y="residual", dx=8,
                    dy=-6, weight=600, size=13, halo=True),
            *(sc.Text(text=words, value=_hand(name), digits=2, x=_hand(name, 0), dy=26, color=color,
                      **style)
              for name, color, words in VERDICTS),
        ),
    )  # fmt: skip


def _parts(trace: Trace) -> sc.View:
    return sc.View(
        id="parts", title="What each group adds to the fit",
        x=sc.Axis(label="groups taken", domain=(0, float(max(trace.settings["picks"], 1)))),
        y=sc.Axis(label="‖*Xβ*‖", fit=sc.Camera(of=("part",), least=(0, 1), items=True)),
        pick=sc.Pick(clock="step"),
        marks=(sc.Line(x="step", y="part", per="item", color=GOOD, width=1.75),),
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


@sc.fields(_fields, _fixed)
def picks(trace: Trace) -> sc.Scene:
    """Which group is next? The one whose span holds most of what is left."""
    count, known = trace.count, trace.known
    total = int(trace.good[:count].sum())
    ending = (f" of {total} good ones are found",) if known else (" % of the test is unexplained",)
    number = sc.Number(field="hits", digits=0, says="good ones found")
    error = sc.Number(field="error", digits=1, says="unexplained, per cent")
    return sc.Scene(
        title="Group by group", time="step", clock="pick", rows=_fields(trace),
        alt="Bars of the groups' scores, and the residual as an arrow that shortens with each "
            "group that is taken; a group taken by hand is held against the rule's",
        fixed=_fixed(trace),
        knobs={"whiten": sc.Turn(), "noise": sc.Turn(follows=True),
               "within": sc.Turn(follows=True)},
        controls=("whiten", "noise", "within") if known else ("whiten",),
        sentence=(
            sc.Number(time=True, digits=0, width=2), " groups are taken; ",
            number if known else error, *ending,
            *((", at a noise of ", sc.Number(knob="noise", digits=2, width=4)) if known else ()),
            ".",
        ),
        pace=sc.Tempo(rate=1.1),
        beats=(
            sc.Beat("The group that holds most of the targets comes first.", [("step", "<", 0.5)]),
            sc.Beat("All groups taken are fitted anew, and what is left is scored again. Click a "
                    "group: would it leave less?"),
        ),
        predict=_foretold(known, total),
        tries=TRIES[known],
        views=(_groups(trace), _planes(), _parts(trace), _left(trace)),
        layout=sc.Layout(
            wide=sc.Arrangement(columns=(1, 1), rows=(1.45, 1), aspect=0.52, least=560, most=780,
                                areas=("groups planes", "parts left")),
            narrow=sc.Arrangement(columns=(1,), rows=(1.2, 1.2, 1, 1), height=1160,
                                  areas=("groups", "planes", "parts", "left")),
        ),
    )  # fmt: skip
