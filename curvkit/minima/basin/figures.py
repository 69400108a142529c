"""The pictures of the basin room; each takes any trace and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from curvkit.core.messages import counted, number
from curvkit.draw import theme
from curvkit.minima.basin._names import STEPS
from curvkit.minima.basin.trace import FATES, WILD, Trace

if TYPE_CHECKING:
    import plotly.graph_objects as go

ROLES = ("second", "sharpness", "curvature", "plain")
# The smallest step of a way that is drawn, as a share of the plane: two pixels.
FINEST = 0.003


def _name(trace: Trace) -> str:
    return trace.settings["example"].replace("_", " ")


def _finish(figure: go.Figure, trace: Trace) -> go.Figure:
    figure.update_layout(hovermode="closest")
    lost = int(np.sum(trace.fate() == 3))
    if lost:
        theme.remark(figure, f"{lost} of {counted(trace.loss.shape[1], 'run')} diverged")
    return figure


def _range(axis: np.ndarray) -> list[float]:
    return [1.06 * float(axis[0]), 1.06 * float(axis[-1])]


def _middle(trace: Trace) -> str:
    """What is known of the place in the middle of the plane."""
    return "proved minimum" if int(trace.proved) else "not proved a bad minimum"


def _landmarks(figure: go.Figure, trace: Trace) -> None:
    for role, name, symbol, at in (
        ("threshold", f"{_middle(trace)}, loss {number(trace.level, 6)}", "star", 0.0),
        (
            "alignment",
            f"better point, loss {number(trace.better_loss)}",
            "diamond",
            trace.better_along,
        ),
    ):
        marker = dict(size=16, symbol=symbol, line=dict(width=1.5, color="white"))
        options = dict(mode="markers", marker=marker)
        figure.add_trace(theme.curve(role, name, [float(at)], [0.0], **options))
    for update, axis, title in (
        (figure.update_xaxes, trace.axis_along, "distance towards the better point"),
        (figure.update_yaxes, trace.axis_across, "distance along the third direction"),
    ):
        update(title_text=title, range=_range(axis))


def _tracks(trace: Trace, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The ways of the chosen starts, one after the other, with a gap between two.

    What cannot be seen is left out, steps shorter than two pixels and what is outside of the
    plane: of an animation each picture stores all ways anew.
    """
    ways = np.stack([trace.along, trace.across])[:, :, chosen].astype(np.float32)
    ends = [_range(each) for each in (trace.axis_along, trace.axis_across)]
    hidden = ~trace.alive[:, chosen] | _beyond(ways, ends)
    ways[:, hidden] = np.nan
    gap = np.full((2, 1, ways.shape[2]), np.nan, np.float32)
    seen = _moved(ways, FINEST * (ends[0][1] - ends[0][0]))
    # Of what is hidden one reading stays, as a gap.
    seen[1:] |= hidden[1:] & ~hidden[:-1]
    seen = np.concatenate([seen, np.ones_like(gap[0], bool)])
    x, y = (each.T[seen.T] for each in np.concatenate([ways, gap], axis=1))
    return x, y


def _beyond(ways: np.ndarray, ends: list[list[float]]) -> np.ndarray:
    """Which readings are outside of the plane, and so are the one before and the one after."""
    out = np.zeros(ways.shape[1:], bool)
    for values, (low, high) in zip(ways, ends, strict=True):
        out |= (values < low) | (values > high)
    before = np.concatenate([out[:1], out[:-1]])
    after = np.concatenate([out[1:], out[-1:]])
    return out & before & after


def _moved(ways: np.ndarray, least: float) -> np.ndarray:
    """Which readings are to be drawn: the first, the last, and what is `least` from one drawn."""
    seen = np.zeros(ways.shape[1:], bool)
    if not len(seen):
        return seen
    seen[[0, -1]] = True
    drawn = ways[:, 0].copy()
    for at in range(1, ways.shape[1]):
        came = np.isnan(drawn[0]) & ~np.isnan(ways[0, at])
        far = came | (np.max(np.abs(ways[:, at] - drawn), axis=0) >= least)
        drawn[:, far], seen[at] = ways[:, at, far], seen[at] | far
    return seen


def plane(trace: Trace) -> go.Figure:
    """The loss over the plane, and the runs that fall through it, coloured by where they stand."""
    import plotly.graph_objects as go

    figure = theme.figure(f"The plane through minimum and better point, {_name(trace)}", height=540)
    # While it is played, up to three rows of names are above it.
    figure.update_layout(margin_t=112)
    heights = np.log10(np.clip(np.nan_to_num(trace.surface.astype(float), nan=1e9), 1e-6, 1e9))
    ink = theme.INK[theme.mode()]
    shades = [[0, theme.GRID[theme.mode()]], [1, theme.PAPER[theme.mode()]]]
    figure.add_trace(
        go.Contour(x=trace.axis_along, y=trace.axis_across, z=heights, colorscale=shades,
                   showscale=False, ncontours=22, line=dict(width=0.6, color=ink), name="loss",
                   opacity=0.9, showlegend=False, hoverinfo="skip")
    )  # fmt: skip
    fate = trace.fate()
    for at, name in enumerate(FATES[:3]):
        x, y = _tracks(trace, fate == at)
        figure.add_trace(theme.curve(ROLES[at], f"{name} (way)", x, y, showlegend=False,
                                     line=dict(width=1.3, dash="solid"), opacity=0.75))  # fmt: skip
    for at, name in enumerate(FATES[:3]):
        now = [
            np.where(trace.alive, values, np.nan)[-1:, fate == at].ravel()
            for values in (trace.along, trace.across)
        ]
        figure.add_trace(theme.curve(ROLES[at], name, *now, mode="markers", marker=dict(size=8)))
    way = [np.where(np.abs(each) < WILD, each, np.nan)
           for each in (trace.dropped_along, trace.dropped_across)]  # fmt: skip
    if np.isfinite(way).any():
        figure.add_trace(theme.curve("threshold", "one more, dropped", *way,
                                     line=dict(width=3, dash="solid")))  # fmt: skip
    _landmarks(figure, trace)
    return _finish(figure, trace)


def basin_map(trace: Trace) -> go.Figure:
    """Each start in the plane, coloured by where its run stands."""
    figure = theme.figure(f"Where descent ends from each start, {_name(trace)}", height=540)
    fate, first = trace.fate(), trace.head(1)
    for at, name in enumerate(FATES):
        x, y = (values[:, fate == at].ravel() for values in (first.along, first.across))
        keep = (np.abs(x) < WILD) & (np.abs(y) < WILD)
        marker = dict(size=22, symbol="square", opacity=0.85)
        figure.add_trace(theme.curve(ROLES[at], name, x[keep], y[keep], mode="markers",
                                     marker=marker))  # fmt: skip
    _landmarks(figure, trace)
    return _finish(figure, trace)


def losses(trace: Trace) -> go.Figure:
    """The loss of every run along its way, with the level of the minimum."""
    figure = theme.figure(f"Into the minimum, or past it, {_name(trace)}", height=470)
    fate = trace.fate()
    finite = np.where(trace.alive & (trace.loss > 0), trace.loss, np.nan).astype(float)
    for at, name in enumerate(FATES):
        chosen = finite[:, fate == at]
        gap = np.full((1, chosen.shape[1]), np.nan)
        y = np.concatenate([chosen, gap]).T.ravel()
        x = np.tile(np.append(trace.step, 0), chosen.shape[1])
        figure.add_trace(theme.curve(ROLES[at], name, x, y, line=dict(width=1.2, dash="solid"),
                                     opacity=0.6))  # fmt: skip
    level, ends = float(trace.level), [0, trace.settings["steps"]]
    name = f"{_middle(trace)}, loss {number(level, 6)}"
    figure.add_trace(theme.curve("threshold", name, ends, [level] * 2))
    figure.update_xaxes(title_text="training steps", range=ends)
    figure.update_yaxes(title_text="loss L", type="log", nticks=4)
    return _finish(figure, trace)


def certificate(trace: Trace) -> go.Figure:
    """The certificate: the Hessian's eigenvalue balls, the two losses, and the verdict in words."""
    verdict = "proved" if int(trace.proved) else "not proved"
    figure = theme.figure(f"The certificate of {_name(trace)}: {verdict}", height=470)
    shape = len(trace.eigenvalues)
    level, better = number(trace.level, 6), number(trace.better_loss, 4)
    if shape:
        bars = dict(type="data", array=trace.eigenvalue_radii, thickness=2, width=8)
        options = dict(mode="markers", marker=dict(size=11), error_y=bars)
        figure.add_trace(
            theme.curve("sharpness", "eigenvalues of the Hessian, as balls",
                        np.arange(1, shape + 1), trace.eigenvalues, **options)
        )  # fmt: skip
        text = f"exactly one critical point in a box of radius {number(trace.box_radius)};<br>"
        text += "all eigenvalues above zero: a strict local minimum,<br>"
        figure.update_yaxes(title_text="eigenvalue λ", type="log", nticks=5)
        figure.update_xaxes(title_text="number of the eigenvalue", dtick=1)
    else:
        figure.add_trace(theme.curve("loss", "losses", ["minimum", "better point"],
                                     [float(trace.level), float(trace.better_loss)],
                                     mode="markers", marker=dict(size=14)))  # fmt: skip
        text = "slopes exactly zero in the activation pattern, kinks checked:<br>"
        text += "a local minimum, flat along the scalings of its units,<br>"
        figure.update_yaxes(title_text="loss L", rangemode="tozero")
        figure.update_xaxes(title_text="point", type="category")
    if not int(trace.proved):
        text = f"what could not be shown: {STEPS[int(trace.failed) - 1]};<br>"
    theme.remark(figure, text + f"loss {level}; the better point has {better}")
    return figure


def words(trace: Trace) -> str:
    """What the run shows, in a few short sentences, with its own numbers."""
    if not trace.readings:
        return "No step has been taken yet."
    counts = np.bincount(trace.fate(), minlength=len(FATES))
    verdict = "is **proved**" if int(trace.proved) else "is **not proved**"
    if int(trace.failed):
        verdict += f": {STEPS[int(trace.failed) - 1]} could not be shown"
    sentences = [f"The bad minimum with loss {number(trace.level, 6)} {verdict}."]
    sentences.append(
        f"After {counted(int(trace.step[-1]), 'step')}, of "
        f"{counted(counts.sum(), 'start')} in the plane **{counts[1]}** "
        f"ended at its level, **{counts[2]}** below it, and {counts[0]} still above."
    )
    if counts[3]:
        sentences.append(f"**{counts[3]}** diverged.")
    away = trace.off_plane[-1][trace.alive[-1]]
    away = away[np.abs(away) < WILD]
    if len(away):
        sentences.append(f"They left the plane by {number(np.median(away))}, in the median.")
    return " ".join(sentences)
