"""The pictures of the contest; each takes any trace and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from curvkit.core.messages import counted, number
from curvkit.draw import theme
from curvkit.kernels.contest.trace import GIVEN_BACK, LEARNED, Trace

if TYPE_CHECKING:
    import plotly.graph_objects as go

NETWORKS = {
    "rescaled": "residual, rescaled",
    "chain": "no shortcuts",
    "batch_norm": "residual, BatchNorm",
    "layer_norm": "residual, LayerNorm",
    "plain_sums": "residual, plain sums",
}
WEIGHTS = {
    "lecun": "LeCun's weights",
    "he": "He's weights",
    "dirac": "Dirac's weights",
    "mirrored": "mirrored weights",
}
MIXED = ("dial", "lecun", "he")
NORMS = {
    "layer_before": "LayerNorm before φ",
    "layer_after": "LayerNorm after φ",
    "batch": "BatchNorm",
}
SHORTCUTS = {
    "growing": "growing shortcuts",
    "plain": "plain shortcuts",
    "zeroed": "branches zero at first",
}
NAMES = {"relu": "ReLU", "selu": "SELU", "gelu": "GELU", "elu": "ELU"}
OPTIMIZERS = {"sgd": "SGD with momentum", "adam": "Adam", "kfac": "K-FAC"}
DATA = {"digits": "", "mnist": "MNIST, ", "cifar10": "CIFAR-10, "}
TASKS = {"digits": "", "images": "convolutions, ", "autoencoder": "autoencoder, "}
# An autoencoder is of two networks, each with one more nonlinear layer than its blocks have.
MORE = {"digits": 1, "images": 1, "autoencoder": 2}


def _about(trace: Trace) -> str:
    run = trace.settings
    name = NAMES.get(run["activation"], run["activation"])
    shaped = run["shaping"] == "dks" and run["network"] in ("rescaled", "chain")
    how = f"DKS {name}" if shaped else f"plain {name}"
    if run["shaping"] == "dial" and run["network"] in ("rescaled", "chain"):
        how = f"{name} at gain {number(run['gain'])} and bias {number(run['bias'])}"
    network = NETWORKS.get(run["network"], "")
    if run["network"] == "dial":
        network, how = name, _dialled(run)
    layers = 2 * max(run["blocks"], MORE[run["task"]]) + MORE[run["task"]]
    about = f"{DATA[run['data']]}{TASKS[run['task']]}{network}"
    return f"{about}, {how}, {counted(layers, 'layer')}, {OPTIMIZERS[run['optimizer']]}"


def _dialled(run: Mapping[str, Any]) -> str:
    """What the dial stands at."""
    dial = f"gain {number(run['gain'])}, bias {number(run['bias'])}"
    phrases = [WEIGHTS.get(run["weights"], dial)]
    if run["norm"] in NORMS and run["weights"] in MIXED:
        phrases.append(NORMS[run["norm"]])
    if run["shortcut"] == "rescaled":
        phrases.append(f"shortcuts w = {number(run['weight'])}")
    elif run["shortcut"] in SHORTCUTS:
        phrases.append(SHORTCUTS[run["shortcut"]])
    return ", ".join(phrases)


def prediction(trace: Trace) -> go.Figure:
    """What the maps foretell, the network's C map, above, and what came of it below."""
    said = trace.obstacle() or "it learns"
    if not np.isfinite(trace.foretold):
        said = "nothing is known"
    figure = theme.figure(f"Foretold: {said} ({_about(trace)})", 2, height=620)
    ends = np.linspace(-1, 1, len(trace.map_cosine))
    same = theme.curve("plain", "no layer", [-1, 1], [-1, 1], line=dict(dash="dot", width=1))
    figure.add_trace(same, row=1, col=1)
    figure.add_trace(theme.curve("sharpness", "C map", ends, trace.map_cosine), row=1, col=1)
    share = theme.curve("loss", "at the best rate", trace.step, trace.accuracy[:, trace.best])
    figure.add_trace(share, row=2, col=1)
    least = GIVEN_BACK if trace.settings["task"] == "autoencoder" else LEARNED
    over = [0, trace.settings["steps"]]
    figure.add_trace(theme.curve("threshold", "learned", over, [least] * 2), row=2, col=1)
    # Other axes than the usual ones of two panels: cosines have nothing to do with steps.
    figure.update_xaxes(matches=None, showticklabels=True)
    figure.update_xaxes(title_text="cosine of two inputs c", range=[-1, 1], row=1, col=1)
    foretold: dict[str, Any] = dict(
        title_text="foretold C(c)", range=[-1.05, 1.05], domain=[0.6, 1]
    )
    figure.update_yaxes(**foretold, row=1, col=1)
    figure.update_xaxes(title_text="training steps", range=over, row=2, col=1)
    named = "variance kept" if trace.settings["task"] == "autoencoder" else "test accuracy"
    figure.update_yaxes(title_text=named, range=[0, 1.03], domain=[0, 0.4], row=2, col=1)
    return figure


def _verdict(trace: Trace) -> list[str]:
    """What was foretold, and whether it came true."""
    if not np.isfinite(trace.foretold):
        return []
    slope = number(10.0 ** np.clip(float(trace.map_log_slope), -300, 300))
    said = (
        f"that it would not learn, as {trace.obstacle()}" if trace.obstacle() else "that it learns"
    )
    sentence = (
        f"Its maps foretold {said} (orthogonal inputs at a cosine of "
        f"{trace.orthogonal():.2f}, slope {slope})"
    )
    if not np.isfinite(trace.learned):
        return [f"{sentence}; so few steps say nothing of it yet."]
    true = trace.foretold == trace.learned
    return [f"{sentence}, and that **{'came true' if true else 'did not come true'}**."]


def contest(trace: Trace) -> go.Figure:
    """Test accuracy, or the variance that is kept, above and training loss below, at each rate."""
    given_back = trace.settings["task"] == "autoencoder"
    figure = theme.figure(f"Four rates: {_about(trace)}", 2)
    finite = trace.head(trace.finite)
    for row, name in ((1, "accuracy"), (2, "loss")):
        for at, rate in enumerate(trace.rate):
            both = np.isfinite(finite.loss[:, at]) & np.isfinite(finite.accuracy[:, at])
            # A rate is drawn until it diverges.
            alive = np.logical_and.accumulate(both)
            values = np.where(alive, getattr(finite, name)[:, at], np.nan)
            label = f"η = {number(rate, 2)}"
            curve = theme.curve("loss", label, finite.step, values, line=theme.apart(at))
            figure.add_trace(curve.update(showlegend=row == 1), row=row, col=1)
    ends, chance = [0, trace.settings["steps"]], 0.0 if given_back else 1 / float(trace.classes)
    label = "the mean digit" if given_back else "chance"
    line = theme.curve("threshold", label, ends, [chance] * 2, showlegend=False)
    figure.add_trace(line, row=1, col=1)
    share, loss = "test accuracy", "loss L in nats"
    if given_back:
        share, loss = "test variance kept", "half squared error L"
    figure.update_yaxes(title_text=share, range=[-0.1 if given_back else 0, 1.03], row=1, col=1)
    figure.update_yaxes(title_text=loss, type="log", nticks=4, row=2, col=1)
    figure.update_xaxes(range=ends)
    figure.update_xaxes(title_text="training steps", row=2, col=1)
    return figure


def words(trace: Trace) -> str:
    """How far the network came, in words, with its own numbers."""
    if not len(trace.loss) or not trace.finite:
        return "Nothing was read, or nothing of it is finite."
    merits, lost = trace.merits(), int(trace.diverged.sum())
    about = f"{_about(trace)}: after {counted(int(trace.step[trace.finite - 1]), 'step')}"
    if lost == len(trace.rate):
        return " ".join([f"{about} **all of {counted(lost, 'rate')} diverged**.", *_verdict(trace)])
    share = f"**{number(100 * merits['accuracy'])} %**"
    does = f"names {share} of the test digits"
    if trace.settings["task"] == "autoencoder":
        does = f"gives back {share} of the test pixels' variance"
    sentences = [
        f"{about} it {does} at the best rate, {number(trace.rate[trace.best])}, with a training "
        f"loss of {number(merits['loss'])}."
    ]
    if lost:
        sentences.append(f"{lost} of {counted(len(trace.rate), 'rate')} diverged.")
    return " ".join(sentences + _verdict(trace))
