"""Several devices: runs that lie side by side along a leading axis are shared out among them.

Computation follows its data: where the settings of a batch, or the first parameters of several
seeds, lie on several devices, the compiled program runs on all of them. On one device nothing
changes.
"""

from typing import Any

import jax
import jax.core
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec


def sharding(runs: int) -> NamedSharding | None:
    """How so many runs are shared out, or None where there is one device or one run.

    As many devices are used as divide the runs without a rest.

    >>> sharding(1) is None
    True
    """
    devices = jax.devices()
    used = max(each for each in range(1, len(devices) + 1) if runs % each == 0)
    if used < 2:
        return None
    return NamedSharding(Mesh(np.array(devices[:used]), ("runs",)), PartitionSpec("runs"))


def spread(tree: Any) -> Any:
    """A pytree whose leaves have a leading axis of runs, shared out among the devices.

    Within a compiled program it says how its values lie; outside it puts them there.
    """
    leaves = jax.tree.leaves(tree)
    where = sharding(len(leaves[0])) if leaves else None
    if where is None:
        return tree
    if any(isinstance(each, jax.core.Tracer) for each in leaves):
        return jax.lax.with_sharding_constraint(tree, where)
    return jax.device_put(tree, where)
