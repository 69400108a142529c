"""Scenes: what the stage plays, declared as typed data with a checker.

A scene has views, a view has marks, a mark reads channels of fields. `curvkit.show.stage` plays
it in a notebook, `curvkit.pages.stages` puts it into a page.

>>> import numpy as np
>>> loss = Line(x="step", y="loss")
>>> view = View(id="loss", title="The loss", x=Axis(domain=(0, 2)), y=Axis(domain=(0, 4)),
...             marks=(loss,))
>>> plan = Plan(columns=(1,), rows=(1,), areas=("loss",))
>>> scene = Scene(title="A loss", alt="A falling curve", time="step",
...               rows={"step": np.arange(3.0), "loss": np.array([4.0, 2.0, 1.0])},
...               views=(view,), layout=Layout(wide=plan, narrow=plan))
>>> scene.count
3
"""

from curvkit.draw.scene.arrays import Drawing, fields, interpolated, namespace, quantile, resampled
from curvkit.draw.scene.channels import (
    Field,
    KnobValue,
    Last,
    Number,
    Ramp,
    Roles,
    Span,
    Words,
)
from curvkit.draw.scene.marks import Area, Dots, Drag, Ground, Jumps, Line
from curvkit.draw.scene.scenes import (
    Answer,
    Beat,
    Lost,
    Moment,
    Pace,
    Prediction,
    Recorded,
    Scene,
    Try,
    Turn,
    Wave,
)
from curvkit.draw.scene.shapes import Arrow, Bars, Heat, Rect, Rule, Shape, Surface, Swing, Text
from curvkit.draw.scene.views import (
    Axis,
    Camera,
    Choose,
    Cursor,
    Drop,
    Layout,
    Paint,
    Pick,
    Plan,
    View,
)

__all__ = [
    "Answer", "Area", "Arrow", "Axis", "Bars", "Beat", "Camera", "Choose", "Cursor", "Dots",
    "Drag", "Drawing", "Drop", "Field", "Ground", "Heat", "Jumps", "KnobValue", "Last", "Layout",
    "Line", "Lost", "Moment", "Number", "Pace", "Paint", "Pick", "Plan", "Prediction", "Ramp",
    "Recorded", "Rect", "Roles", "Rule", "Scene", "Shape", "Span", "Surface", "Swing", "Text",
    "Try", "Turn", "View", "Wave", "Words", "fields", "interpolated", "namespace", "quantile",
    "resampled",
]  # fmt: skip
