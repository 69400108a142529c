"""Scenes: what the stage plays, declared as typed data with a checker.

A scene has views, a view has marks, a mark reads channels of fields. `curvkit.show.stage` plays
it in a notebook, `curvkit.pages.stages` puts it into a page.

>>> import numpy as np
>>> loss = Line(x="step", y="loss")
>>> view = View(id="loss", title="The loss", x=Axis(domain=(0, 2)), y=Axis(domain=(0, 4)),
...             marks=(loss,))
>>> plan = Arrangement(columns=(1,), rows=(1,), areas=("loss",))
>>> scene = Scene(title="A loss", alt="A falling curve", time="step",
...               rows={"step": np.arange(3.0), "loss": np.array([4.0, 2.0, 1.0])},
...               views=(view,), layout=Layout(wide=plan, narrow=plan))
>>> scene.count
3
"""

import functools
from typing import TYPE_CHECKING

from curvkit import _moved
from curvkit.draw.scene.arrays import (
    SceneFunction,
    fields,
    interpolated,
    namespace,
    quantile,
    resampled,
)
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
    Prediction,
    Recorded,
    Scene,
    Tempo,
    Try,
    Turn,
    Wave,
)
from curvkit.draw.scene.shapes import Arrow, Bars, Heat, Rect, Rule, Shape, Surface, Swing, Text
from curvkit.draw.scene.views import (
    Arrangement,
    Axis,
    Camera,
    Choose,
    Cursor,
    Drop,
    Layout,
    Paint,
    Pick,
    View,
)

__all__ = [
    "Answer", "Area", "Arrangement", "Arrow", "Axis", "Bars", "Beat", "Camera", "Choose", "Cursor",
    "Dots", "Drag", "Drop", "Field", "Ground", "Heat", "Jumps", "KnobValue", "Last", "Layout",
    "Line", "Lost", "Moment", "Number", "Paint", "Pick", "Prediction", "Ramp", "Recorded", "Rect",
    "Roles", "Rule", "Scene", "SceneFunction", "Shape", "Span", "Surface", "Swing", "Tempo", "Text",
    "Try", "Turn", "View", "Wave", "Words", "fields", "interpolated", "namespace", "quantile",
    "resampled",
]  # fmt: skip

if not TYPE_CHECKING:  # old names
    __getattr__ = functools.partial(_moved.attribute, __name__)
