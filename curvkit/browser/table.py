"""The table of primitives: importing it makes every rule known."""

from curvkit.browser import (  # noqa: F401
    control,
    elementwise,
    indexing,
    linear,
    moving,
    random,
    reducing,
)
from curvkit.browser.walk import RULES as RULES
