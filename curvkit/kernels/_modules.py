"""A built network as a module of Flax NNX or of Equinox, whichever is installed.

| symbol | name | shape |
| --- | --- | --- |
| parameters | `params`, nested as the network is | as `Built.init` makes them |
"""

import functools
import importlib
from typing import Any

import jax

INSTALL = 'A model of {} needs the package {}: pip install "{}".'


def needed(module: str, name: str, package: str) -> Any:
    """A framework's module, which may not be installed.

    Raises:
        ImportError: if it is not, with what to install.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(INSTALL.format(name, package, package)) from error


def flax(nnx: Any, built: Any, params: Any) -> Any:
    """A module of Flax NNX, whose weights are `nnx.Param`."""
    return _flax_module(nnx)(built, params)


@functools.cache
def _flax_module(nnx: Any) -> Any:
    class FlaxNetwork(nnx.Module):
        """A network built of its description."""

        def __init__(self, built: Any, params: Any):
            leaves, self.structure = jax.tree.flatten(params)
            self.built = built
            for at, leaf in enumerate(leaves):
                setattr(self, f"weight_{at}", nnx.Param(leaf))

        def __call__(self, inputs: jax.Array) -> jax.Array:
            count = self.structure.num_leaves
            leaves = [getattr(self, f"weight_{at}")[...] for at in range(count)]
            return self.built.apply(jax.tree.unflatten(self.structure, leaves), inputs)

    return FlaxNetwork


def equinox(eqx: Any, built: Any, params: Any) -> Any:
    """A module of Equinox, whose arrays are its weights."""
    return _equinox_module(eqx)(params, built)


@functools.cache
def _equinox_module(eqx: Any) -> Any:
    class EquinoxNetwork(eqx.Module):
        """A network built of its description."""

        params: Any
        built: Any = eqx.field(static=True)

        def __call__(self, inputs: jax.Array) -> jax.Array:
            return self.built.apply(self.params, inputs)

    return EquinoxNetwork
