"""The scene of the kernels room: ten inputs that run together or stay apart, layer by layer."""

import numpy as np

from curvkit.draw import scene as sc
from curvkit.kernels.trace import Trace

# Ten inputs around a circle: the angle between neighbours at the beginning.
INPUTS, APART = 10, 2 * np.pi / 10
SIDES = {
    "plain": ("Plain: all become one", "unstable"),
    "shaped": ("Shaped: they stay apart", "stable"),
}


def _at(trace: Trace, name: str, cosine: float) -> np.ndarray:
    """What a cosine has become at each reading, by the map that was recorded."""
    values = np.asarray(getattr(trace, name), float)
    return np.array([np.interp(cosine, trace.cosine, each) for each in values]).reshape(-1)


@np.errstate(all="ignore")  # a run that is lost is no trouble
def _fields(trace: Trace) -> dict[str, np.ndarray]:
    """Where the inputs stand: the gap between neighbours is the angle that the C map gives."""
    fields: dict[str, np.ndarray] = {"layer": trace.step}
    places = np.arange(INPUTS) - (INPUTS - 1) / 2
    for name in SIDES:
        near = _at(trace, f"{name}_c", float(np.cos(APART)))
        with np.errstate(invalid="ignore"):
            gap = np.arccos(np.clip(near, -1, 1))
        turned = gap[:, None] * places
        fields |= {f"{name}_x": np.sin(turned), f"{name}_y": np.cos(turned), f"{name}_near": near,
                   f"{name}_far": _at(trace, f"{name}_c", 0.0),
                   f"{name}_map": np.asarray(getattr(trace, f"{name}_c"), float)}  # fmt: skip
    return fields | {"ends": np.nan_to_num(fields["plain_near"], nan=1.0)}


def _circle(name: str) -> sc.View:
    title, color = SIDES[name]
    x, y = f"{name}_x", f"{name}_y"
    return sc.View(
        id=name, title=title, frameless=True, square=True, bleed=6, over=6,
        pad={"l": 18, "r": 18, "t": 34, "b": 12},
        x=sc.Axis(domain=(-1.22, 1.22)), y=sc.Axis(domain=(-1.22, 1.22)),
        marks=(
            sc.Shape(x="ring_x", y="ring_y", color="faint", width=1.25),
            sc.Line(x=x, y=y, per="item", when=sc.Last(6), color=color, width=2.5, alpha=0.4,
                    fade=True, smooth=True),
            sc.Dots(x=x, y=y, size=9, color=color, rim="paper"),
            sc.Text(text="{value}", value=f"{name}_near", digits=2, x=0, y=0, dy=2, align="center",
                    size=28, weight=600, color=color, halo=True),
            sc.Text(text="cosine of neighbours", x=0, y=0, dy=21, align="center", size=11.5,
                    color="muted", halo=True),
        ),
    )  # fmt: skip


def _bend() -> sc.View:
    return sc.View(
        id="map", title="The map of cosines", beats=True, pad={"t": 104},
        x=sc.Axis(label="cosine that goes in", domain=(-1, 1), at=(-1, 0, 1)),
        y=sc.Axis(label="cosine that comes out", domain=(-1.05, 1.15), at=(-1, 0, 1)),
        marks=(
            sc.Line(x="cosine", y="cosine", color="faint", width=1.25, dash=(3, 4)),
            sc.Line(x="cosine", y="plain_map", color="unstable", width=2.5),
            sc.Line(x="cosine", y="shaped_map", color="stable", width=2.5),
        ),
    )  # fmt: skip


def _alike(depth: float) -> sc.View:
    return sc.View(
        id="alike", title="Neighbours, layer by layer",
        x=sc.Axis(label="layer", domain=(0, depth), ticks=5),
        y=sc.Axis(label="cosine", domain=(-0.15, 1.05), at=(0, 0.5, 1)),
        pick=sc.Pick(clock="layer"),
        cursor=sc.Cursor(x="layer", y="shaped_near", line=True, says=(
            "layer ", sc.Number(field="layer", digits=0), ": ",
            sc.Number(field="plain_near", digits=2), " plain, ",
            sc.Number(field="shaped_near", digits=2), " shaped")),
        marks=(
            *(sc.Line(x="layer", y=f"{name}_near", color=color, width=2.5, smooth=True)
              for name, (_, color) in SIDES.items()),
            *(sc.Line(x="layer", y=f"{name}_far", color=color, width=1.25, dash=(4, 4))
              for name, (_, color) in SIDES.items()),
            *(sc.Dots(x="layer", y=f"{name}_near", size=4.5, color=color)
              for name, (_, color) in SIDES.items()),
        ),
    )  # fmt: skip


# Neighbours begin with a cosine of 0.81; at 0.98 the angle between them is 11 degrees.
FORETOLD = sc.Prediction(
    ask="Ten inputs around a circle. Where will the plain network put them?",
    choices=(
        sc.Answer("all nearly in one place", [("ends", ">", 0.98)]),
        sc.Answer("closer together", [("ends", ">", 0.82), ("ends", "<", 0.98)]),
        sc.Answer("as far apart as before, or farther", [("ends", "<", 0.82)]),
    ),
)


TRIES = (
    sc.Try("5 layers", {"depth": 5}, over=True),
    sc.Try("200 layers", {"depth": 200}, over=True),
    sc.Try("tanh", {"activation": "tanh"}, over=True),
)


@np.errstate(all="ignore")
def circle(trace: Trace) -> sc.Scene:
    """Ten inputs on two circles, and the C map that moves them."""
    depth = float(max(trace.settings["depth"], 1))
    turn = np.linspace(0, 2 * np.pi, 181)
    target = {"zeta": "slope", "tau": "curvature", "eta": "C(0)"}[trace.target]
    name = trace.settings["activation"].replace("_", " ")
    return sc.Scene(
        title="What a deep network forgets", time="layer", clock="layer", rows=_fields(trace),
        alt="Ten inputs on two circles: they run together in a plain network and stay apart in a "
            "shaped one",
        fixed={"ring_x": np.sin(turn), "ring_y": np.cos(turn),
               "cosine": np.asarray(trace.cosine, float)},
        knobs={trace.target: sc.Turn(), "depth": sc.Turn(), "activation": sc.Turn()},
        controls=("activation", trace.target, "depth"),
        sentence=(
            "After ", sc.Number(time=True, digits=0, width=3), " layers neighbours have a cosine "
            "of ", sc.Number(field="plain_near", digits=2, says="plain"), f" in a plain {name} "
            "network, of ", sc.Number(field="shaped_near", digits=2, says="shaped"),
            f" in the same network shaped to a {target} of {float(trace.goal):.3g}.",
        ),
        pace=sc.Pace(rate=9, moments=(
            sc.Moment(field="layer", above=-1, first=True, lasts=8, rate=2.5),)),
        beats=(
            sc.Beat("Ten inputs around a circle; the gap of two neighbours is the angle between "
                    "them.", [("layer", "<", 0.5)]),
            sc.Beat("Each plain layer pulls them together…", [("plain_near", "<", 0.98)]),
            sc.Beat("…until the network sees one and the same input.",
                    [("layer", "<", 0.6 * depth)]),
            sc.Beat("Four numbers in the activation keep them apart, at any depth."),
        ),
        predict=FORETOLD, tries=TRIES,
        views=(_circle("plain"), _circle("shaped"), _bend(), _alike(depth)),
        layout=sc.Layout(
            wide=sc.Plan(columns=(1, 1, 1.05), rows=(1.25, 1), aspect=0.4, least=420, most=640,
                         areas=("plain shaped map", "plain shaped alike")),
            narrow=sc.Plan(columns=(1, 1), rows=(1, 1.35, 1), height=820,
                           areas=("plain shaped", "map map", "alike alike")),
        ),
    )  # fmt: skip
