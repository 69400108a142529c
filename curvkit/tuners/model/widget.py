"""The model beside the network that its two numbers were measured on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from curvkit.draw import theme
from curvkit.tuners.model.figures import plane
from curvkit.tuners.model.trace import Trace

if TYPE_CHECKING:
    import plotly.graph_objects as go


def beside(model: Trace, network: Any) -> go.Figure:
    """The plane of the model, with the path of the network that it is of.

    Args:
        model: of `run` with the knobs that `network.as_model()` gives.
        network: a trace of the room curvature with a central flow beside it, every step read.

    Returns:
        The figure, in units in which η and the resting displacement are 1.
    """
    figure = plane(model)
    rise, fall = network.balance()
    at = int((network.step >= network.crossing()).argmax())
    square, scaled = network.distance[at:] ** 2 * fall / rise, network.scaled_sharpness[at:]
    path = theme.curve("sharpness", "the network", square, scaled, mode="lines+markers",
                       line=dict(width=1), marker=dict(size=3))  # fmt: skip
    figure.add_trace(path)
    wide = 1.08 * max(float(square.max()), float((model.offset**2).max()))
    figure.update_xaxes(range=[-0.03 * wide, wide], title_text="squared displacement x² b/a")
    figure.update_yaxes(title_text="sharpness ηλ")
    figure.update_layout(title_text="The model and the network, displacement and sharpness")
    return figure
