"""The table of primitives: importing it makes every rule known."""

from curvkit.browser import control, elementwise, indexing, linear, moving, random, reducing
from curvkit.browser.walk import RULES as RULES

MODULES = (control, elementwise, indexing, linear, moving, random, reducing)
