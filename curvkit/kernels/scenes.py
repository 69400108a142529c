"""The scene of the kernels room: ten digits that run together or stay apart, layer by layer."""

import numpy as np

from curvkit.draw import scene as sc
from curvkit.draw.scene.pictures import digits
from curvkit.kernels.trace import Trace

# Ten inputs on a circle: the angle between neighbours at the beginning, with room to grow. Pictures
# of digits stand for them; how alike they are is chosen, and not that of the pictures.
INPUTS, APART = 10, 2 * np.pi / 14
# The cosines that are followed: of neighbours, and of orthogonal inputs.
INS = np.array([np.cos(APART), 0.0])
SIDES = {
    "plain": ("Plain network", "unstable"),
    "shaped": ("Shaped network", "stable"),
}


# Where the target's handle stands in the map of cosines: at which cosine, at which height, and
# where its line begins. ζ is the slope at 1, and above its handle goes the curve; TAT lifts the
# cosine of orthogonal inputs.
HANDLES = {
    "zeta": (0.6, sc.KnobValue("zeta", times=-0.4, plus=1), (1, 1), "the slope *ζ* at 1"),
    "tau": (0, sc.KnobValue("tau", times=0.5), (0, 0), "the curvature *τ* at 1"),
    "eta": (0, sc.KnobValue("eta"), (0, 0), "where orthogonal inputs go, *η*"),
}


def _fields(trace: Trace) -> dict[str, np.ndarray]:
    """Where the inputs stand: the gap between neighbours is the angle that the C map gives."""
    xp = sc.namespace(trace.plain_c)
    fields: dict[str, np.ndarray] = {"layer": trace.step}
    fields["gone"] = trace.step / xp.maximum(trace.settings["depth"], 1)
    places = np.arange(INPUTS) - (INPUTS - 1) / 2
    for name in SIDES:
        cosines = xp.asarray(getattr(trace, f"{name}_c"), float)
        near, far = sc.interpolated(INS, trace.cosine, cosines).T
        # An arc cosine would lose the small angles of neighbours that are nearly one.
        apart = sc.interpolated(INS[:1], trace.cosine, 1 - cosines)
        turned = 2 * xp.arcsin(xp.sqrt(xp.clip(apart / 2, 0, 1))) * places
        fields |= {f"{name}_x": xp.sin(turned), f"{name}_y": xp.cos(turned), f"{name}_near": near,
                   f"{name}_far": far, f"{name}_map": cosines}  # fmt: skip
    return fields | {"ends": xp.nan_to_num(fields["plain_near"], nan=1.0)}


def _fixed(trace: Trace) -> dict[str, np.ndarray]:
    """The circle, the digits on it, and what the whole network is asked for."""
    xp, turn = sc.namespace(trace.goal), np.linspace(0, 2 * np.pi, 181)
    return {
        "ring_x": np.sin(turn), "ring_y": np.cos(turn), "digits": digits(),
        "cosine": xp.asarray(trace.cosine, float), "goal": xp.reshape(trace.goal, (1,)),
        "depth": xp.reshape(xp.maximum(xp.asarray(trace.settings["depth"], float), 1), (1,)),
    }  # fmt: skip


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
            sc.Dots(x=x, y=y, color=color, image="digits", share=0.068, ring=2.5),
            sc.Text(text="{value}", value=f"{name}_near", digits=2, x=0, y=0, dy=2, align="center",
                    size=28, weight=600, color=color, halo=True),
            sc.Text(text="cosine of neighbours", x=0, y=0, dy=21, align="center", size=11.5,
                    color="muted", halo=True, wide=True),
        ),
    )  # fmt: skip


def _bend(target: str) -> sc.View:
    at, height, (x, y), label = HANDLES[target]
    symbol = label.split("*")[1]
    return sc.View(
        id="map", title="The map of cosines", beats=True, pad={"t": 104},
        x=sc.Axis(label="cosine that goes in", domain=(-1, 1), at=(-1, 0, 1)),
        y=sc.Axis(label="cosine that comes out", domain=(-1.05, 1.15), at=(-1, 0, 1)),
        marks=(
            sc.Line(x="cosine", y="cosine", color="faint", width=1.25, dash=(3, 4)),
            sc.Line(x="cosine", y="plain_map", color="unstable", width=2.5),
            sc.Line(x="cosine", y="shaped_map", color="stable", width=2.5),
            sc.Line(x=sc.Span((x, at), 2), y=sc.Span((y, height), 2), width=1.5, dash=(5, 4)),
            sc.Dots(x=at, y=height, size=8, rim="paper", drag=sc.Drag(
                y=height, says=f"*{symbol}* = {{knob}}", label=label,
                below=target == "zeta" or None)),
        ),
    )  # fmt: skip


def _alike() -> sc.View:
    return sc.View(
        id="alike", title="Neighbours, layer by layer",
        x=sc.Axis(label="layer", ticks=5, fit=sc.Camera(of=("depth",), least=(0, 1), room=1)),
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


@sc.fields(_fields, _fixed)
def circle(trace: Trace) -> sc.Scene:
    """Ten inputs on two circles, and the C map that moves them."""
    target = {"zeta": "slope", "tau": "curvature", "eta": "C(0)"}[trace.target]
    name = trace.settings["activation"].replace("_", " ")
    return sc.Scene(
        title="What a deep network forgets", time="layer", clock="layer", rows=_fields(trace),
        alt="Ten digits on two circles: they run together in a plain network and stay apart in a "
            "shaped one; beside them the map of cosines",
        fixed=_fixed(trace),
        knobs={trace.target: sc.Turn(follows=True), "depth": sc.Turn(), "activation": sc.Turn()},
        controls=("activation", trace.target, "depth"),
        sentence=(
            "After ", sc.Number(time=True, digits=0, width=3), " layers neighbours have a cosine "
            "of ", sc.Number(field="plain_near", digits=2, says="plain"), f" in a plain {name} "
            "network, of ", sc.Number(field="shaped_near", digits=2, says="shaped"),
            f" in the same network shaped to a {target} of ",
            sc.Number(knob=trace.target, digits=2, width=4), ".",
        ),
        pace=sc.Tempo(rate=9, moments=(
            sc.Moment(field="layer", above=-1, first=True, lasts=8, rate=2.5),)),
        beats=(
            sc.Beat("Ten digits on a circle; the gap of two neighbours is the angle between "
                    "them.", [("layer", "<", 0.5)]),
            sc.Beat("Each plain layer pulls them together…", [("plain_near", "<", 0.98)]),
            sc.Beat("…until the network sees one and the same input.",
                    [("gone", "<", 0.6)]),
            sc.Beat("Four numbers in the activation keep them apart, at any depth."),
        ),
        predict=FORETOLD, tries=TRIES,
        views=(_circle("plain"), _circle("shaped"), _bend(trace.target), _alike()),
        layout=sc.Layout(
            wide=sc.Arrangement(columns=(1, 1, 1.05), rows=(1.7, 1), aspect=0.46, least=500,
                                most=680, areas=("plain shaped map", "plain shaped alike")),
            narrow=sc.Arrangement(columns=(1, 1), rows=(1, 1.35, 1), height=820,
                                  areas=("plain shaped", "map map", "alike alike")),
        ),
    )  # fmt: skip
