"""The pictures of the race; each takes any trace and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curvkit.core.messages import counted, number
from curvkit.draw import theme
from curvkit.kernels.race.trace import METHODS, Trace

if TYPE_CHECKING:
    import plotly.graph_objects as go

ROLES = {"plain": "loss", "dks": "sharpness", "tat": "curvature"}
NAMES = {"plain": "plain", "dks": "DKS", "tat": "TAT"}


def _title(trace: Trace) -> str:
    weights = "orthogonal" if trace.settings["orthogonal"] else "Gaussian"
    run = trace.settings
    layers = counted(run["depth"], "layer")
    return f"{run['activation']}, {layers} of {run['width']}, {weights} weights"


def _add(figure: go.Figure, trace: Trace, name: str, row: int, legend: bool) -> None:
    finite = trace.head(trace.finite)
    for at, method in enumerate(METHODS):
        curve = theme.curve(ROLES[method], NAMES[method], finite.step, getattr(finite, name)[:, at])
        figure.add_trace(curve.update(showlegend=legend), row=row, col=1)


def _finish(figure: go.Figure, trace: Trace) -> go.Figure:
    figure.update_xaxes(title_text="training steps", row=2, col=1)
    figure.update_xaxes(range=[0, trace.settings["steps"]])
    if trace.finite < trace.readings:
        theme.remark(figure, f"diverged at step {int(trace.step[trace.finite])}")
    return figure


def race(trace: Trace) -> go.Figure:
    """Test accuracy above, training loss below, of plain, DKS and TAT."""
    figure = theme.figure(f"The race: {_title(trace)}", 2)
    _add(figure, trace, "accuracy", 1, True)
    chance = [1 / float(trace.classes)] * 2
    ends = [0, trace.settings["steps"]]
    figure.add_trace(theme.curve("threshold", "chance", ends, chance), row=1, col=1)
    _add(figure, trace, "loss", 2, False)
    figure.update_yaxes(title_text="test accuracy", range=[0, 1.03], row=1, col=1)
    figure.update_yaxes(title_text="loss L in nats", type="log", nticks=4, row=2, col=1)
    return _finish(figure, trace)


def spread(trace: Trace) -> go.Figure:
    """How alike the last hidden layer makes different digits, and the accuracy that follows."""
    figure = theme.figure(f"What the last layer tells apart: {_title(trace)}", 2)
    _add(figure, trace, "spread", 1, True)
    _add(figure, trace, "accuracy", 2, False)
    figure.update_yaxes(title_text="mean cosine", range=[-0.1, 1.03], row=1, col=1)
    figure.update_yaxes(title_text="test accuracy", range=[0, 1.03], row=2, col=1)
    return _finish(figure, trace)


def words(trace: Trace) -> str:
    """What the race shows, in words, with its own numbers."""
    if not trace.finite:
        return "Nothing was read, or nothing of it is finite."
    finite = trace.head(trace.finite)
    sentences = [f"After {counted(int(finite.step[-1]), 'step')} ({_title(trace)}):"]
    lines = []
    for at, method in enumerate(METHODS):
        share, alike = 100 * float(finite.accuracy[-1, at]), finite.spread[0, at]
        lines.append(
            f"{NAMES[method]} names **{number(share)} %** of the test digits (different digits "
            f"started at a mean cosine of {number(alike)} in the last hidden layer)"
        )
    sentences.append("; ".join(lines) + ".")
    best = {NAMES[name]: number(100 * value) for name, value in trace.best().items()}
    sentences.append(f"At best: {', '.join(f'{name} {value} %' for name, value in best.items())}.")
    if trace.finite < trace.readings:
        sentences.append(f"From step {int(trace.step[trace.finite])} on, not all is finite.")
    return " ".join(sentences)
