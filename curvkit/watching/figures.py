"""The pictures of a watched training run; each takes any trace and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from curvkit.core.messages import counted, number
from curvkit.draw import theme
from curvkit.watching.trace import Trace

if TYPE_CHECKING:
    import plotly.graph_objects as go

# Rules whose Hessian is preconditioned, in traces that do not tell it.
SHAPED = ("rmsprop", "adam", "nadam")


NORMED = {"sign": "The sharpness is the generalised one in the rule's own norm, a lower bound."}
NORMED["spectral"] = (
    NORMED["sign"]
    + " Muon's iteration ends short of the polar factor: its edge is known to a quarter."
)


def _rule(trace: Trace) -> str:
    rule = trace.settings["rule"]
    return "" if rule in (None, "read") else rule.replace("_", " ")


def _title(what: str, trace: Trace) -> str:
    return f"{what}, {_rule(trace)}" if _rule(trace) else what


def _name(trace: Trace) -> str:
    settings = trace.settings
    if settings.get("norm"):
        return "sharpness S/‖c‖*"
    shaped = settings.get("shaped", settings["rule"] in SHAPED)
    return "sharpness λ(P⁻¹H)" if shaped else "sharpness λ"


def _judged(trace: Trace) -> bool:
    """Whether there is a threshold to compare with."""
    return bool(np.isfinite(trace.critical).any())


def _finish(figure: go.Figure, trace: Trace) -> go.Figure:
    rows = len(list(figure.select_yaxes()))
    figure.update_xaxes(title_text="training steps", row=rows, col=1)
    if trace.finite < trace.readings:
        theme.remark(figure, f"not finite from step {int(trace.step[trace.finite])} on")
    elif not trace.readings:
        theme.remark(figure, "nothing was read yet")
    return figure


def edge(trace: Trace) -> go.Figure:
    """Loss above, sharpness below with the threshold of the rule."""
    head = trace.head(trace.finite)
    figure = theme.figure(_title("Loss and sharpness", trace), 2, shares=[0.42, 0.58])
    figure.add_trace(theme.curve("loss", "loss", head.step, head.loss), row=1, col=1)
    for rank in range(1, head.eigenvalues.shape[1]):
        name = f"eigenvalue {rank + 1}"
        figure.add_trace(theme.curve("second", name, head.step, head.eigenvalues[:, rank]), 2, 1)
    figure.add_trace(theme.curve("sharpness", _name(trace), head.step, head.sharpness), 2, 1)
    if _judged(head):
        at = head.threshold
        figure.add_trace(theme.curve("threshold", "threshold", head.step, at), row=2, col=1)
    figure.update_yaxes(title_text="loss L", type="log", nticks=3, row=1, col=1)
    figure.update_yaxes(title_text=_name(trace), rangemode="tozero", row=2, col=1)
    return _finish(figure, trace)


def scaled(trace: Trace) -> go.Figure:
    """Learning rate times sharpness against its critical value, and the learning rate."""
    head = trace.head(trace.finite)
    figure = theme.figure(_title("How far from the edge", trace), 2, shares=[0.65, 0.35])
    figure.add_trace(theme.curve("sharpness", "ηλ", head.step, head.scaled_sharpness), 1, 1)
    if _judged(head):
        critical = theme.curve("threshold", "critical", head.step, head.critical)
        figure.add_trace(critical, row=1, col=1)
    figure.add_trace(theme.curve("learning_rate", "rate η", head.step, head.learning_rate), 2, 1)
    figure.update_yaxes(title_text="ηλ", rangemode="tozero", row=1, col=1)
    figure.update_yaxes(title_text="rate η", rangemode="tozero", row=2, col=1)
    return _finish(figure, trace)


def alignment(trace: Trace) -> go.Figure:
    """How much of the gradient lies along the top eigenvector, and how long the gradient is."""
    head = trace.head(trace.finite)
    figure = theme.figure(_title("Where the gradient points", trace), 2)
    figure.add_trace(theme.curve("alignment", "alignment", head.step, head.alignment), row=1, col=1)
    figure.add_trace(theme.curve("gradient", "gradient", head.step, head.gradient_norm), 2, 1)
    figure.update_yaxes(title_text="alignment cos²", range=[0, 1.03], row=1, col=1)
    figure.update_yaxes(title_text="gradient ‖g‖", type="log", nticks=4, row=2, col=1)
    return _finish(figure, trace)


def layers(trace: Trace) -> go.Figure:
    """The sharpness of each layer's block, one curve a layer."""
    head = trace.head(trace.finite)
    figure = theme.figure("Sharpness by layer", height=430)
    for at, name in enumerate(trace.layer_names):
        line = theme.apart(at)
        figure.add_trace(theme.curve("plain", name, head.step, head.layers[:, at], line=line))
    if not trace.layer_names:
        theme.remark(figure, "not recorded: watch with per_layer=True")
    figure.update_yaxes(title_text="sharpness λ<sub>b</sub>", rangemode="tozero")
    return _finish(figure, trace)


def batches(trace: Trace) -> go.Figure:
    """ηλ of what was read on above, η times the sharpness of small batches of it below."""
    head = trace.head(trace.finite)
    size = trace.settings.get("batch_size")
    figure = theme.figure(_title("Sharpness of batches", trace), 2)
    figure.add_trace(
        theme.curve("sharpness", "all data, ηλ", head.step, head.scaled_sharpness), 1, 1
    )
    if _judged(head):
        critical = theme.curve("threshold", "critical", head.step, head.critical)
        figure.add_trace(critical, row=1, col=1)
    if not size:
        theme.remark(figure, "not recorded: watch with batch_size=")
    scaled = head.learning_rate * head.batch_sharpness
    name = f"batches of {size}" if size else "batches"
    figure.add_trace(theme.curve("curvature", name, head.step, scaled), row=2, col=1)
    if trace.settings["rule"] == "gd":  # of other rules it is not known where it settles
        level = theme.curve("threshold", "2", head.step, head.critical, showlegend=False)
        figure.add_trace(level, row=2, col=1)
    figure.update_yaxes(title_text="ηλ", rangemode="tozero", row=1, col=1)
    figure.update_yaxes(title_text="η E gᵀHg/gᵀg", rangemode="tozero", row=2, col=1)
    return _finish(figure, trace)


FIGURES = {
    "edge": edge, "scaled": scaled, "alignment": alignment, "layers": layers, "batches": batches,
}  # fmt: skip


def words(trace: Trace) -> str:
    """What was recorded, in a sentence or two with its own numbers."""
    head = trace.head(trace.finite)
    if not head.readings:
        return "Nothing was read yet."
    first, last = float(head.sharpness[0]), float(head.sharpness[-1])
    of = f" of {_rule(trace)}" if _rule(trace) else ""
    text = (
        f"In {counted(int(head.step[-1]), 'step')}{of} the sharpness went from {number(first)} to "
        f"**{number(last)}**, the loss from {number(head.loss[0])} to {number(head.loss[-1])}."
        f"{_where(head)}"
    )
    if size := trace.settings.get("batch_size"):
        scaled = (head.learning_rate * head.batch_sharpness)[head.readings // 2 :]
        if np.isfinite(scaled).any():
            level = number(float(np.nanmedian(scaled)))
            text += f" Of batches of {size}, along their own gradients, η times it was **{level}**."
    if norm := trace.settings.get("norm"):
        text += f" {NORMED[norm]}"
    if assumed := trace.settings.get("assumed"):
        text += f" Assumed, as the optimizer's state does not tell: {', '.join(assumed)}."
    if trace.finite < trace.readings:
        text += f" From step {int(trace.step[trace.finite])} on the loss was not finite."
    return text


def _where(trace: Trace) -> str:
    """How far from the edge it was in the last half, in a sentence, where that is known."""
    late = slice(trace.readings // 2, None)
    shares = trace.scaled_sharpness[late] / trace.critical[late]
    if not np.isfinite(shares).any():
        return ""
    share = float(np.nanmedian(shares))
    where = "above" if share > 1.05 else "at" if share > 0.95 else f"at {share:.0%} of"
    return f" In the last half ηλ was {where} its critical value, {float(trace.critical[-1]):.4g}."
