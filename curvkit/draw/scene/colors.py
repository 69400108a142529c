"""Colours of a scene, as the checker sees them."""

import re
from typing import Any, get_args

from curvkit.core import messages
from curvkit.draw.scene.channels import Ramp, RampName, Role, Roles
from curvkit.draw.scene.checked import Fields

ROLES, RAMPS = get_args(Role), get_args(RampName)
HEX = re.compile(r"#[0-9a-fA-F]{6}")


def ramp(name: str) -> None:
    """Raises ValueError where there is no such ramp."""
    if name not in RAMPS:
        raise ValueError(messages.unknown("ramp", name, RAMPS))


def check(color: Any, fields: Fields) -> None:
    """Raises ValueError where there is no such colour, or no field that it is read from."""
    if isinstance(color, Ramp):
        fields.shape(color.field)
        ramp(color.ramp)
        if color.domain[0] == color.domain[1]:
            raise ValueError("the domain of a colour is empty")
        return
    if isinstance(color, Roles):
        fields.shape(color.field)
        color = color.roles
    for each in (color,) if isinstance(color, str) else color:
        if each not in ROLES and not HEX.fullmatch(str(each)):
            raise ValueError(messages.unknown("colour", each, ROLES))
