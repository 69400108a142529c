"""The scene of other ways of shaping: the edge of chaos to walk on, and what a walk does to angles.

A dot in the plane of gains and biases is the network: it is dragged, and two knobs turn at once.
"""

import numpy as np

from curvkit.draw import scene as sc
from curvkit.kernels.ways.trace import Trace

# The cosines that are followed, and the plane's own ends.
FOLLOWED = (0.0, 0.5, 0.875)
GAINS, BIASES = (0.5, 3.0), (0.0, 1.0)
# As many powers of ten to either side of the edge as the colours go.
POWERS = (-0.7, 0.7)
NAMES = {"relu": "ReLU", "selu": "SELU", "elu": "ELU", "looks_linear": "looks-linear"}


def _fields(trace: Trace) -> dict[str, np.ndarray]:
    """The C map, layer by layer, with what it makes of some cosines."""
    xp = sc.namespace(trace.c)
    c = xp.asarray(trace.c, float)
    # The grid of cosines is even, from −1 to 1, and has them.
    places = np.rint((np.asarray(FOLLOWED) + 1) / 2 * (trace.c.shape[1] - 1)).astype(int)
    ends = c[:, places]
    return {
        "layer": xp.asarray(trace.step, float), "map": c, "followed": ends,
        "orthogonal": ends[:, 0], "near": ends[:, 2], "slope": xp.asarray(trace.log_slope, float),
        "gone": trace.step / xp.maximum(xp.asarray(trace.settings["depth"], float), 1),
        "apart": xp.nan_to_num(ends[:, 2] - ends[:, 0], nan=0.0, posinf=0.0, neginf=0.0),
        "last": xp.nan_to_num(ends[:, 0], nan=0.0, posinf=0.0, neginf=0.0),
    }  # fmt: skip


def _fixed(trace: Trace) -> dict[str, np.ndarray]:
    """The slope χ over the plane, where it is 1, and the diagonal of the map."""
    xp = sc.namespace(trace.chi)
    chi = xp.asarray(trace.chi, float)
    height = xp.clip(xp.log10(xp.clip(xp.nan_to_num(chi, nan=1.0), 1e-3, 1e3)), *POWERS)
    return {
        "height": height, "edge_gain": xp.asarray(trace.edge, float),
        "edge_bias": xp.asarray(trace.plane_bias, float),
        "cosine": xp.asarray(trace.cosine, float),
        "depth": xp.reshape(xp.maximum(xp.asarray(trace.settings["depth"], float), 1), (1,)),
    }  # fmt: skip


def _plane() -> sc.View:
    gain, bias = sc.KnobValue("gain"), sc.KnobValue("bias")
    return sc.View(
        id="plane", title="Order, chaos, and the edge",
        drop=sc.Drop(say="put the network there", x=gain, y=bias),
        x=sc.Axis(label="gain of the weights", domain=GAINS),
        y=sc.Axis(label="deviation of the biases", domain=BIASES),
        marks=(
            sc.Heat(grid="height", ramp="twoSided", domain=POWERS, alpha=0.75),
            sc.Shape(x="edge_gain", y="edge_bias", color="ink", width=2.5, closed=False),
            sc.Text(text="order: angles are lost", x=0.58, y=0.93, color="ink", size=12.5,
                    weight=600, halo=True),
            sc.Text(text="chaos", x=2.92, y=0.06, align="right", color="ink", size=12.5, weight=600,
                    halo=True),
            sc.Dots(x=gain, y=bias, size=9, color="ink", rim="paper", drag=sc.Drag(
                x=gain, y=bias, label="the network's gain and bias")),
        ),
    )  # fmt: skip


def _map() -> sc.View:
    return sc.View(
        id="map", title="The map of cosines", beats=True, pad={"t": 104},
        x=sc.Axis(label="cosine that goes in", domain=(-1, 1), at=(-1, 0, 1)),
        y=sc.Axis(label="cosine that comes out", domain=(-1.05, 1.1), at=(-1, 0, 1)),
        marks=(
            sc.Line(x="cosine", y="cosine", color="faint", width=1.25, dash=(3, 4)),
            sc.Line(x="cosine", y="map", color="ink", width=3),
        ),
    )  # fmt: skip


def _layers() -> sc.View:
    return sc.View(
        id="layers", title="Inputs at cosines 0, 0.5 and 0.875",
        x=sc.Axis(label="layer", ticks=5, fit=sc.Camera(of=("depth",), least=(0, 1), room=1)),
        y=sc.Axis(label="cosine", domain=(-0.15, 1.1), at=(0, 0.5, 1)),
        pick=sc.Pick(clock="layer"),
        cursor=sc.Cursor(x="layer", y="orthogonal", line=True, says=(
            "layer ", sc.Number(field="layer", digits=0), ": ",
            sc.Number(field="orthogonal", digits=2), " and ",
            sc.Number(field="near", digits=2))),
        marks=(
            sc.Line(x="layer", y="followed", per="item", color="second", width=2.5, smooth=True),
            sc.Dots(x="layer", y="followed", size=4.5, color="second"),
        ),
    )  # fmt: skip


# Cosines of 0 and 0.875 at the end: whether they can be told apart, and where they have come to.
FORETOLD = sc.Prediction(
    ask="Orthogonal inputs and near ones go in. What will the network make of the difference?",
    choices=(
        sc.Answer("all become alike", [("apart", "<", 0.2), ("last", ">", 0.6)]),
        sc.Answer("all become unlike", [("apart", "<", 0.2), ("last", "<", 0.6)]),
        sc.Answer("it stays to be seen", [("apart", ">", 0.2)]),
    ),
)

TRIES = (
    sc.Try("on the edge", {"gain": 1.32, "bias": 0.22}, over=True),
    sc.Try("in order", {"gain": 1.0, "bias": 0.5}, over=True),
    sc.Try("far in chaos", {"gain": 2.8, "bias": 0.1}, over=True),
)


@sc.fields(_fields, _fixed)
def edge(trace: Trace) -> sc.Scene:
    """The plane of gains and biases with its edge, and the map of the network that lies there."""
    name = trace.settings["activation"]
    shown = NAMES.get(name, name)
    return sc.Scene(
        title="The edge of chaos", time="layer", clock="layer", rows=_fields(trace),
        alt="A plane of gains and biases, one side ordered and one chaotic, with the edge of chaos "
            "between them and a dot that is the network; beside it the map of cosines, and cosines "
            "layer by layer",
        fixed=_fixed(trace),
        knobs={"gain": sc.Turn(low=GAINS[0], high=GAINS[1], follows=True),
               "bias": sc.Turn(low=BIASES[0], high=BIASES[1], follows=True),
               "depth": sc.Turn(), "activation": sc.Turn()},
        controls=("activation", "gain", "bias"),
        sentence=(
            "After ", sc.Number(time=True, digits=0, width=3), f" layers of {shown} orthogonal "
            "inputs are at a cosine of ", sc.Number(field="orthogonal", digits=2, says="cosine"),
            ", and the slope at 1 is ten to the ",
            sc.Number(field="slope", digits=1, says="power"), ".",
        ),
        pace=sc.Tempo(rate=6),
        beats=(
            sc.Beat("The dot is a network: its weights' gain and its biases.",
                    [("layer", "<", 0.5)]),
            sc.Beat("Layer after layer the same map is applied…", [("gone", "<", 0.6)]),
            sc.Beat("…until angles are gone, on either side. On the edge they go slowest."),
        ),
        predict=FORETOLD, tries=TRIES,
        views=(_plane(), _map(), _layers()),
        layout=sc.Layout(
            wide=sc.Arrangement(columns=(1.25, 1), rows=(1.35, 1), aspect=0.46, least=500, most=680,
                                areas=("plane map", "plane layers")),
            narrow=sc.Arrangement(columns=(1,), rows=(1.15, 1.2, 0.8), height=1000,
                                  areas=("plane", "map", "layers")),
        ),
    )  # fmt: skip
