"""The pictures of the verification room; each takes any trace and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from curvkit.core.messages import number
from curvkit.draw import theme
from curvkit.verification.trace import (
    OPEN,
    PROVED,
    VIOLATED,
    WILD,
    Ladder,
    Rollouts,
    Samples,
    Shares,
    Trace,
)

if TYPE_CHECKING:
    import plotly.graph_objects as go

# Verdicts as they are drawn: what it is called, and its role.
VERDICTS = {PROVED: ("proved", "curvature"), VIOLATED: ("counterexample found", "sharpness"),
            OPEN: ("not known", "plain")}  # fmt: skip
PIXELS = 128


def _name(trace: Trace) -> str:
    limit = number(trace.settings["tolerance"])
    grows = "must not grow" if limit == "0" else f"may grow by {limit} J"
    return f"model {trace.settings['model']}, energy {grows}"


def _finish(figure: go.Figure, trace: Trace) -> go.Figure:
    if trace.readings and not trace.alive.all():
        theme.remark(figure, "not finite from here on")
    return figure


def _painted(trace: Trace) -> np.ndarray:
    """The verdict at each place of the square, nan where nothing is known: newer cells on top."""
    picture = np.full((PIXELS, PIXELS), np.nan, np.float32)
    cells, verdicts = trace.cells[trace.alive], trace.verdict[trace.alive]
    flat, codes = cells.reshape(-1, 4).astype(float), verdicts.ravel()
    good = (codes >= 0) & np.all(np.abs(np.nan_to_num(flat, nan=9)) <= 1, axis=1)
    flat, codes = (np.clip(flat[good], -1, 1) + 1) * PIXELS / 2, codes[good]
    corner = np.floor(flat[:, ::2]).astype(int)
    sides = np.maximum(np.ceil(flat[:, 1::2]).astype(int) - corner, 1)
    # A cell within another is the smaller one; all cells of one size are painted at once.
    sizes, which = np.unique(sides, axis=0, return_inverse=True)
    for group in np.argsort(-sizes.prod(1)):
        here = which.ravel() == group
        columns = corner[here, 0, None, None] + np.arange(sizes[group, 0])
        rows = corner[here, 1, None, None] + np.arange(sizes[group, 1])[:, None]
        picture[np.minimum(rows, PIXELS - 1), np.minimum(columns, PIXELS - 1)] = codes[
            here, None, None
        ]
    # A byte a place, where all are known: fifty pictures make an animation.
    return picture if np.isnan(picture).any() else picture.astype(np.int8)


def region(trace: Trace) -> go.Figure:
    """The states of the pendulum: where it is proved that energy falls, where it does not."""
    import plotly.graph_objects as go

    figure = theme.figure(f"Where energy falls: {_name(trace)}", height=560)
    paper, steps = theme.PAPER[theme.mode()], [OPEN, PROVED, VIOLATED]
    shades = []
    for at, code in enumerate(steps):
        colour = theme.color(VERDICTS[code][1]) if code != OPEN else theme.GRID[theme.mode()]
        shades += [[at / 3, colour], [(at + 1) / 3, colour]]
    fastest = float(trace.fastest)
    middles = (np.arange(PIXELS) + 0.5) / PIXELS * 2 - 1
    x, y = (np.round(middles * each, 4) for each in (np.pi, fastest))
    # Each verdict is a whole number, and the middle of a third of the scale.
    hover = "angle %{x:.2f}, speed %{y:.2f}<extra></extra>"
    figure.add_trace(
        go.Heatmap(x=x, y=y, z=_painted(trace), zmin=-0.5, zmax=2.5, colorscale=shades,
                   showscale=False, showlegend=False, name="verdict", hovertemplate=hover)
    )  # fmt: skip
    for code in (PROVED, VIOLATED, OPEN):
        name, role = VERDICTS[code]
        colour = theme.color(role) if code != OPEN else theme.GRID[theme.mode()]
        marker = dict(size=14, symbol="square", color=colour,
                      line=dict(width=1, color=theme.INK[theme.mode()]))  # fmt: skip
        figure.add_trace(theme.curve(role, name, [None], [None], mode="markers", marker=marker))
    marker = dict(size=15, symbol="star", line=dict(width=1.5, color=paper))
    worst = _worst(trace)
    figure.add_trace(theme.curve("alignment", "most growth found", worst[:1] * np.pi,
                                 worst[1:] * fastest, mode="markers", marker=marker))  # fmt: skip
    if (np.abs(np.nan_to_num(trace.box, nan=9.0)) < 9).all():
        left, right, low, high = trace.box * np.array([np.pi, np.pi, fastest, fastest])
        name = f"a box: growth at most {number(trace.box_bound)} J"
        figure.add_trace(theme.curve("threshold", name, [left, right, right, left, left],
                                     [low, low, high, high, low]))  # fmt: skip
    figure.update_xaxes(title_text="angle θ (rad; 0 hangs down)", range=[-np.pi, np.pi])
    figure.update_yaxes(title_text="angular speed ω (rad/s)", range=[-fastest, fastest])
    figure.update_layout(hovermode="closest")
    return _finish(figure, trace)


def _worst(trace: Trace) -> np.ndarray:
    """The middle of the cell in which the most growth was found, (2,), or nothing."""
    used = trace.verdict[trace.alive] >= 0
    cells, growth = trace.cells[trace.alive][used], trace.cell_attack[trace.alive][used]
    good = np.isfinite(growth) & (np.abs(np.nan_to_num(cells, nan=9)) <= 1).all(1)
    if not good.any():
        return np.zeros(0)
    at = int(np.argmax(np.where(good, growth, -np.inf)))
    return cells[at].astype(float).reshape(2, 2).mean(1)


def _kept(trace: Trace, name: str) -> np.ndarray:
    values = getattr(trace, name).astype(float)
    return np.where(trace.alive & (np.abs(values) < WILD), values, np.nan)


def closing(trace: Trace) -> go.Figure:
    """The bound from above and the attack from below, as more and more cells are bounded."""
    figure = theme.figure(f"Bound and attack close in: {_name(trace)}", height=470)
    above, below = _kept(trace, "upper_bound"), _kept(trace, "attack")
    figure.add_trace(theme.curve("loss", "no growth is above", trace.bounded, above))
    figure.add_trace(theme.curve("sharpness", "growth that was found", trace.bounded, below,
                                 fill="tonexty",
                                 fillcolor=theme.faint(theme.color("plain"))))  # fmt: skip
    ends = [0, float(trace.bounded[-1]) if trace.readings else 1.0]
    limit = float(trace.settings["tolerance"])
    figure.add_trace(theme.curve("threshold", "growth that is allowed", ends, [limit] * 2))
    figure.update_xaxes(title_text="cells bounded")
    figure.update_yaxes(title_text="growth of energy ΔE (J)")
    return _finish(figure, trace)


def shares(trace: Trace) -> go.Figure:
    """How much of the square is proved, violated and not known."""
    figure = theme.figure(f"How much is known: {_name(trace)}", height=470)
    proved, violated = (100 * _kept(trace, name) for name in ("proved", "violated"))
    rows = {PROVED: proved, VIOLATED: violated, OPEN: 100 - proved - violated}
    for code, values in rows.items():
        name, role = VERDICTS[code]
        figure.add_trace(theme.curve(role, name, trace.bounded, np.clip(values, 0, 100),
                                     stackgroup="all",
                                     fillcolor=theme.faint(theme.color(role), 0.5)))  # fmt: skip
    figure.update_xaxes(title_text="cells bounded")
    figure.update_yaxes(title_text="share of the states (%)", range=[0, 100])
    return _finish(figure, trace)


def bars(shares: Shares) -> go.Figure:
    """Of each model and radius: what is proved, what an attack breaks, and the gap between."""
    models = list(shares.header["models"])
    figure = theme.figure(shares.header["kept"], 1, cols=len(models), shared_yaxes=True, height=450,
                          horizontal_spacing=0.03)  # fmt: skip
    figure.update_layout(barmode="stack", bargap=0.25, hovermode="closest")
    labels = [f"{each:g}" for each in shares.radius]
    for at in range(len(models)):
        verified, adversarial = shares.verified[at], shares.adversarial[at]
        parts = [("proved", "curvature", verified),
                 ("not known", "plain", adversarial - verified),
                 ("counterexample found", "sharpness", 1 - adversarial)]  # fmt: skip
        for name, role, values in parts:
            shade = 0.35 if role == "plain" else 0.85
            hover = f"{name}: %{{y:.1f}} %<extra></extra>"
            figure.add_trace(
                theme.bars(role, name, labels, 100 * values, opacity=shade, showlegend=at == 0,
                           hovertemplate=hover),
                row=1, col=at + 1,
            )  # fmt: skip
        level = [100 * float(shares.nominal[at])] * len(labels)
        figure.add_trace(theme.curve("threshold", "kept by the points themselves", labels, level,
                                     showlegend=at == 0), row=1, col=at + 1)  # fmt: skip
        figure.update_xaxes(title_text=f"{models[at]}: radius δ", type="category",
                            row=1, col=at + 1)  # fmt: skip
    figure.update_yaxes(range=[0, 101])
    figure.update_yaxes(title_text="share of the points (%)", row=1, col=1)
    figure.update_yaxes(showticklabels=True, row=1, col=1)
    for at in range(1, len(models)):
        figure.update_yaxes(showticklabels=False, row=1, col=at + 1)
    return figure


def rollouts(rollouts: Rollouts, run: int = 0) -> go.Figure:
    """The energy of all runs over time, and where one of them goes in the plane of its states."""
    models = list(rollouts.header["models"])
    figure = theme.figure("Followed for a long time: does it come to rest?", 1, cols=2, height=480,
                          horizontal_spacing=0.12, shared_xaxes=False)  # fmt: skip
    figure.update_layout(hovermode="closest")
    for at, role in zip(range(len(models)), ("threshold", "sharpness", "curvature"), strict=False):
        lines = np.maximum(rollouts.energy[at], 1e-9)
        gap = np.full((len(lines), 1), np.nan)
        x = np.tile(np.append(rollouts.time, np.nan), len(lines))
        y = np.concatenate([lines, gap], 1).ravel()
        style = dict(line=dict(width=1.2, dash="solid"), opacity=0.7)
        figure.add_trace(theme.curve(role, models[at], x, y, **style), row=1, col=1)
        late = slice(len(rollouts.time) // 2, None)
        angle, speed = rollouts.angle[at, run, late], rollouts.speed[at, run, late]
        figure.add_trace(theme.curve(role, models[at], angle, speed, showlegend=False, **style),
                         row=1, col=2)  # fmt: skip
    figure.update_xaxes(title_text="time t (s)", row=1, col=1)
    figure.update_yaxes(title_text="energy above rest E (J)", type="log", range=[-7, 1.3], nticks=6,
                        exponentformat="power", row=1, col=1)  # fmt: skip
    figure.update_xaxes(title_text="angle θ (rad), second half of one run", row=1, col=2)
    figure.update_yaxes(title_text="angular speed ω (rad/s)", row=1, col=2)
    return figure


def ladder(ladder: Ladder) -> go.Figure:
    """How far bounds on one box are above the attack, from loose to tight; none may be below."""
    figure = theme.figure(f"Who bounds it best? {ladder.header['box']}", height=420)
    names, attack = list(ladder.header["rungs"])[:-1], float(ladder.value[-1])
    values = ladder.value[:-1]
    wrong, proved = values < attack, values <= 0
    least, most = -5.2, float(np.log10(max(values.max() - attack, 1e-6))) + 0.3
    # What a solver calls its optimum is no certificate.
    solver = np.array([name == "semidefinite" for name in names])
    kinds = (("curvature", "energy falls, proved", proved & ~wrong & ~solver),
             ("second", "by a solver, no certificate", ~wrong & solver),
             ("loss", "not proved", ~proved & ~wrong & ~solver),
             ("sharpness", "below the attack: an error", wrong))  # fmt: skip
    for role, name, chosen in kinds:
        at = np.flatnonzero(chosen)
        text = [f"{number(values[k])} J in {number(ladder.seconds[k], 2)} s" for k in at]
        gap = np.maximum(values[at] - attack, 1e-7)
        # Above its mark and towards the middle, so that no words leave the panel if it is narrow.
        place = np.digitize((np.log10(gap) - least) / (most - least), [0.25, 0.75])
        sides = [("top right", "top center", "top left")[each] for each in place]
        figure.add_trace(theme.curve(role, name, gap, [names[k] for k in at], mode="markers+text",
                                     text=text, textposition=sides,
                                     marker=dict(size=13), showlegend=bool(len(at))))  # fmt: skip
    figure.update_xaxes(title_text=f"bound on ΔE less the attack's {number(attack)} J (J)",
                        type="log", nticks=7, range=[least, most])  # fmt: skip
    figure.update_yaxes(title_text="bound", categoryorder="array", categoryarray=names[::-1],
                        range=[-0.6, len(names) - 0.4])  # fmt: skip
    figure.update_layout(hovermode="closest", margin_l=200)
    return figure


def histogram(samples: Samples) -> go.Figure:
    """What sampling sees of a box beside attack and bound, and the margins of bounds."""
    figure = theme.figure("Sampling is no proof, and neither is single precision", 1, cols=2,
                          shared_xaxes=False, height=450, horizontal_spacing=0.12)  # fmt: skip
    counts, edges_of = np.histogram(samples.growth, 40)
    middle = (edges_of[:-1] + edges_of[1:]) / 2
    figure.add_trace(theme.bars("loss", "samples", middle, counts, opacity=0.6), row=1, col=1)
    for role, name, value in (("sharpness", "attack", samples.attack),
                              ("curvature", "bound", samples.bound)):  # fmt: skip
        figure.add_trace(theme.curve(role, name, [float(value)] * 2, [0, counts.max()]),
                         row=1, col=1)  # fmt: skip
    # Margins are as small as 1e-11: in units that can be read.
    unit, word = (1e-6, "µJ") if samples.header["single"] else (1e-9, "nJ")
    counts, edges = np.histogram(samples.margin / unit, 40)
    middle = (edges[:-1] + edges[1:]) / 2
    bad = middle < 0
    for name, role, chosen in (("bound above the value", "curvature", ~bad),
                               ("bound below: wrong", "sharpness", bad)):  # fmt: skip
        figure.add_trace(theme.bars(role, name, middle[chosen], counts[chosen]), row=1, col=2)
    precision = "single" if samples.header["single"] else "double"
    figure.update_layout(bargap=0.02, hovermode="closest", barmode="overlay")
    ends = np.array([edges_of[0], max(float(samples.bound), edges_of[-1])])
    figure.update_xaxes(title_text="growth of energy in the box ΔE (J)", row=1, col=1,
                        range=list(ends + np.array([-0.05, 0.05]) * np.ptp(ends)))  # fmt: skip
    figure.update_xaxes(title_text=f"bound less value ({word}), {precision} precision",
                        row=1, col=2)  # fmt: skip
    figure.update_yaxes(title_text="samples", row=1, col=1)
    figure.update_yaxes(title_text="boxes of no width", row=1, col=2)
    return figure


def _percent(share):
    """A share in per cent, which is said to be none or all only where it is."""
    if share in (0, 100):
        return f"{share:g}"
    if share < 0.05:
        return "under 0.1"
    return "over 99.9" if share >= 99.95 else f"{share:.1f}"


def words(trace: Trace) -> str:
    """What the run shows, in a few short sentences, with its own numbers."""
    if not trace.readings:
        return "No cell has been bounded yet."
    if not trace.alive[-1]:
        return "A bound is not finite, which proves nothing."
    merits = trace.merits()
    limit = number(trace.settings["tolerance"])
    proved, violated, unknown = (
        _percent(merits[f"{e}_share"]) for e in ("proved", "violated", "open")
    )
    return (
        f"For **{proved} %** of all states it is proved that model {trace.settings['model']} lets "
        f"energy grow by at most {limit} J in a step; cells with **{violated} %** hold a "
        f"counterexample; {unknown} % are not known. "
        f"Of no state is the growth above **{number(merits['highest_bound'])}** J; "
        f"{number(merits['best_attack'])} J was found."
    )
