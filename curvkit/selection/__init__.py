"""Selection of groups: Group-OMP for scikit-learn, and when the greedy choice is right.

Reference: Lozano, Swirszcz, Abe 2009 (NeurIPS 2009).
"""

from curvkit.selection.estimator import GroupOMP
from curvkit.selection.validated import GroupOMPCV

__all__ = ["GroupOMP", "GroupOMPCV"]
