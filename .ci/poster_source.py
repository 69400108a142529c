"""What a poster is drawn from, as far as it can be told without a run."""

import re
from typing import Any

import jax
import numpy as np

# The file of the stage's program that has its colours. What draws with them is left out: it is
# written anew more often than pictures change, and each poster is near 200 kB in the history.
PALETTE = "color"
COMMENT = re.compile(r"^\s*//.*\n|\s+//\s.*$", re.MULTILINE)


def blank(stream: Any, settings: Any) -> Any:
    """A trace of one reading of numbers that say nothing; nothing is run or compiled for it."""
    from curvkit.core import knob
    from curvkit.core.trace import header

    key = jax.random.key(0)
    state = jax.eval_shape(stream.begun, settings, key)
    shared = stream.shared(settings)
    row = jax.eval_shape(stream.reading, shared, state)[1]
    last = jax.eval_shape(stream.final, shared, state)
    shapes = {
        **{name: ((1, *each.shape), each.dtype) for name, each in row.items()},
        **{name: (each.shape, each.dtype) for name, each in last.items()},
    }
    told = header(stream.name, knob.as_dict(settings), key)
    return stream.trace(header=told, **{name: _counted(*each) for name, each in shapes.items()})


def blank_loop(rate: float) -> Any:
    """The same of a watched loop of gradient descent."""
    from curvkit.core.trace import header
    from curvkit.watching.trace import Trace

    shapes = {name: tuple(1 for _ in each.dims) for name, each in Trace.__series__.items()}
    told = {name: _counted(shape, np.dtype(np.float32)) for name, shape in shapes.items()}
    told |= {"critical": np.array([2.0]), "learning_rate": np.array([rate])}
    told |= {name: np.zeros(1, int) for name in ("step", "products")}
    return Trace(header=header("watching", {}, jax.random.key(0)), **told)


def _counted(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    numbers = 1 + np.arange(np.prod(shape, dtype=int)).reshape(shape)
    return (numbers * (dtype.kind == "f")).astype(dtype)


def palette() -> str:
    """The colours that the stage draws in, as its program has them, without comments."""
    from curvkit.draw.scene import script

    return COMMENT.sub("", script.files()[PALETTE])
