"""Watching anyone's training: sharpness and its threshold along a loop that stays one's own.

    watcher = curvkit.watch(loss_fn, optimizer=method)   # the optax transformation
    watcher.observe(params, opt_state, step, batch)      # after each training step
    watcher.figure()

It works with any pytree of parameters (Flax, Equinox, plain JAX) and any optax state, starts each
reading from the vectors of the one before, and keeps its cost within a share of the training time.
"""

from curvkit.watching import figures
from curvkit.watching._watch import watch
from curvkit.watching._watcher import Watch
from curvkit.watching.trace import Trace

__all__ = ["Trace", "Watch", "figures", "watch"]
__dir__ = lambda: __all__
