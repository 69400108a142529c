"""Parameters in three parts, as `curvkit.core.parts` has them."""

from curvkit.core.parts import FIXED, HELD, NUMBER, TreeShape, layers, split

__all__ = ["FIXED", "HELD", "NUMBER", "TreeShape", "layers", "split"]
