"""The network that a description describes: weights, and what is computed with them.

| symbol | name | shape |
| --- | --- | --- |
| x | `inputs` | (examples, …, features) |
| W | `weight`, orthogonal times gain | (in, out), or (window, …, in, out) |
| b | `bias` | (out,) |

The order is that of the description, which is the one its maps are of: φ first and a fresh affine
layer last in each branch (`_parts.ordered`), an affine layer before all of it, and the last of all
of so many outputs. Parameters are nested as the network is; a chain that is repeated has them
stacked, and runs as one loop.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from curvkit.core import messages
from curvkit.kernels import _parts as parts
from curvkit.kernels._activations import activation
from curvkit.kernels._initializers import Initializer, delta_orthogonal
from curvkit.kernels._initializers import orthogonal as orthogonal_weights

TINY = 1e-6
INSTALL = 'A model of {} needs the package {}: pip install "{}".'


@dataclass(frozen=True)
class Built:
    """A network to be trained: `init` makes its parameters, `apply` computes with them.

    Attributes:
        network: the description as it is built, each branch ending in a fresh affine layer.
        function: the activation, elementwise; a `Shaped` is one.
        width: features of all layers but the last.
        parts: what is applied one after another, the first and the last affine layer included.
    """

    network: parts.Network
    function: Callable[..., Any]
    width: int
    outputs: int
    parts: tuple[parts.Network, ...]
    initializer: Initializer | None = None

    def init(self, key: jax.Array, inputs: Any) -> list[Any]:
        """Parameters for `inputs` of shape (examples, …, features), of which only that counts.

        Raises:
            ValueError: if features do not fit, as of branches that are added.
        """
        features, found = jnp.shape(inputs)[-1], []
        space = len(jnp.shape(inputs)) - 2
        for number, (each, last) in enumerate(self._sized()):
            make = _Maker(last, space, self.initializer)
            made, features = make(each, features, jax.random.fold_in(key, number))
            found.append(made)
        return found

    def apply(self, params: list[Any], inputs: jax.Array) -> jax.Array:
        """The outputs, (examples, …, outputs)."""
        for each, own in zip(self.parts, params, strict=True):
            inputs = _run(each, own, inputs, self.function)
        return inputs

    def stages(self, params: list[Any], inputs: jax.Array) -> list[jax.Array]:
        """What comes out of each part in turn, of a repeated one each time: as `check` compares."""
        found: list[jax.Array] = []
        for each, own in zip(self.parts, params, strict=True):
            repeated = isinstance(each, parts.Chain) and each.times > 1
            for at in range(each.times if repeated else 1):
                once = parts.Chain(each.parts) if repeated else each
                mine = jax.tree.map(lambda leaf, at=at: leaf[at], own) if repeated else own
                inputs = _run(once, mine, inputs, self.function)
                found.append(inputs)
        return found

    def flax(self, key: jax.Array, inputs: Any) -> Any:
        """The network as a module of Flax NNX, its weights as `nnx.Param`.

        Raises:
            ImportError: if Flax is not installed, with what to install.
        """
        from curvkit.kernels import _modules

        return _modules.flax(_needed("flax.nnx", "Flax NNX", "flax"), self, self.init(key, inputs))

    def equinox(self, key: jax.Array, inputs: Any) -> Any:
        """The network as a module of Equinox, to be called on a batch.

        Raises:
            ImportError: if Equinox is not installed, with what to install.
        """
        from curvkit.kernels import _modules

        equinox = _needed("equinox", "Equinox", "equinox")
        return _modules.equinox(equinox, self, self.init(key, inputs))

    def _sized(self) -> list[tuple[parts.Network, int]]:
        """Each part with the features of the affine layers in it."""
        sizes = [self.width] * (len(self.parts) - 1) + [self.outputs]
        return list(zip(self.parts, sizes, strict=True))


def build(
    network: parts.Network,
    given: Any = None,
    *,
    width: int,
    outputs: int | None = None,
    initializer: Initializer | None = None,
) -> Built:
    """A network of a description, in plain JAX; `Built.flax` and `Built.equinox` for frameworks.

    Args:
        network: the architecture, or a `Shaped`, whose architecture and activation are taken.
        given: the activation, as `shape` takes it, or a shape.
        width: features of each layer.
        outputs: features of the last affine layer; `width` if None.
        initializer: `init(key, shape)` of (in, out) weights, multiplied by each layer's gain;
            orthogonal if None, and Delta for convolutions.

    Raises:
        ValueError: if an argument is out of range, or no activation is given.

    >>> made = build(parts.Chain((parts.Nonlinear(),), 3), "tanh", width=8, outputs=2)
    >>> x = jnp.ones((4, 5))
    >>> made.apply(made.init(jax.random.key(0), x), x).shape
    (4, 2)
    """
    from curvkit.kernels._shaping import Shaped

    if isinstance(network, Shaped):
        given, network = (network if given is None else given), network.network
    if given is None:
        raise ValueError("build needs an activation: a name, a function or what shape returns.")
    width = messages.whole("width", width)
    outputs = width if outputs is None else messages.whole("outputs", outputs)
    function = given if isinstance(given, Shaped) else activation(given).function
    if not isinstance(network, parts.Part):
        expected = "made of Nonlinear, Chain and Sum"
        raise ValueError(messages.refusal("network", expected, network))
    network = parts.ordered(network)
    begin, end = _split(network)
    first = () if _begins(network) else (parts.Affine(),)
    along = (*first, *begin, *end)
    return Built(network, function, width, outputs, along, initializer)


def _begins(network: Any) -> bool:
    """Whether an affine layer comes first."""
    if isinstance(network, parts.Chain) and network.parts:
        return _begins(network.parts[0])
    return isinstance(network, parts.Affine)


def _split(network: Any) -> tuple[list[Any], list[Any]]:
    """What comes before the last affine layer, and that layer, which has the outputs."""
    if isinstance(network, parts.Nonlinear):
        return [parts.Elementwise()], [parts.Affine()]
    if isinstance(network, parts.Affine):
        return [], [network]
    if isinstance(network, parts.Chain) and network.parts:
        *before, last = network.parts
        if network.times > 1:
            again = [parts.Chain(network.parts, network.times - 1)]
            begin, end = _split(parts.Chain(network.parts))
            return again + begin, end
        begin, end = _split(last)
        return before + begin, end
    return [network], [parts.Affine()]


class _Maker:
    """Makes the parameters of a part: nested as it is, of a repeated chain stacked."""

    def __init__(self, outputs: int, space: int, initializer: Initializer | None):
        self.outputs, self.space, self.initializer = outputs, space, initializer

    def __call__(self, network: Any, features: int, key: jax.Array) -> tuple[Any, int]:
        if isinstance(network, parts.Chain) and network.times > 1:
            keys = jax.random.split(key, network.times)
            once = parts.Chain(network.parts)
            after = self(once, features, key)[1]
            if after != features:
                told = f"of {features} features, as it is repeated"
                raise ValueError(messages.refusal("what a chain makes", told, after))
            return jax.vmap(lambda each: self(once, features, each)[0])(keys), features
        if isinstance(network, parts.Sum | parts.Concatenation):
            return self._branches(network, features, key)
        if isinstance(network, parts.Chain):
            made = []
            for each, own in zip(network.parts, _keys(key, len(network.parts)), strict=True):
                params, features = self(each, features, own)
                made.append(params)
            return made, features
        if isinstance(network, parts.Nonlinear | parts.Affine):
            layer = network if isinstance(network, parts.Affine) else parts.Affine()
            return self._affine(layer, features, key), self.outputs
        if isinstance(network, parts.LayerNorm | parts.BatchNorm):
            return {"scale": jnp.ones(features), "shift": jnp.zeros(features)}, features
        return {}, features

    def _branches(self, network: Any, features: int, key: jax.Array) -> tuple[Any, int]:
        keys = _keys(key, len(network.branches))
        made = [self(*each) for each in zip(network.branches, [features] * len(keys), keys,
                                           strict=True)]  # fmt: skip
        sizes = [after for _, after in made]
        if isinstance(network, parts.Sum) and len({*sizes}) > 1:
            advice = f"begin the shortcut with Affine(), which makes {self.outputs} features"
            raise ValueError(
                messages.refusal("branches", "of as many features each", sizes, advice)
            )
        summed = isinstance(network, parts.Sum)
        return [params for params, _ in made], sizes[0] if summed else sum(sizes)

    def _affine(self, layer: parts.Affine, features: int, key: jax.Array) -> dict[str, jax.Array]:
        for_weight, for_bias = jax.random.split(key)
        shape, chosen = (features, self.outputs), self.initializer
        if layer.window > 1:
            shape = (*(layer.window,) * self.space, *shape)
            chosen = chosen or delta_orthogonal()
        weight = layer.gain * (chosen or orthogonal_weights())(for_weight, shape)
        bias = layer.bias * jax.random.normal(for_bias, (self.outputs,))
        return {"weight": weight, "bias": bias}


def _keys(key: jax.Array, count: int) -> Any:
    return jax.random.split(key, max(count, 1))[:count]


def _run(network: Any, params: Any, x: jax.Array, function: Callable[..., Any]) -> jax.Array:
    """What a part makes of its inputs."""
    if isinstance(network, parts.Chain):
        if network.times > 1:
            once = parts.Chain(network.parts)
            step = lambda x, own: (_run(once, own, x, function), None)
            return jax.lax.scan(step, x, params)[0]
        for each, own in zip(network.parts, params, strict=True):
            x = _run(each, own, x, function)
        return x
    if isinstance(network, parts.Sum | parts.Concatenation):
        found = [_run(*each, x, function) for each in zip(network.branches, params, strict=True)]
        if isinstance(network, parts.Concatenation):
            return jnp.concatenate(found, axis=-1)
        return sum(jnp.asarray(w) * y for w, y in zip(network.weights, found, strict=True))
    if isinstance(network, parts.Nonlinear | parts.Affine):
        plain = isinstance(network, parts.Nonlinear)
        x, layer = (function(x), parts.Affine()) if plain else (x, network)
        return affine(layer, params["weight"], x) + params["bias"]
    if isinstance(network, parts.MeanPool):
        return jnp.mean(x, axis=tuple(range(1, x.ndim - 1)))
    if isinstance(network, parts.Elementwise):
        return function(x)
    axes = (-1,) if isinstance(network, parts.LayerNorm) else tuple(range(x.ndim - 1))
    x = x - jnp.mean(x, axis=axes, keepdims=True)
    x = x / jnp.sqrt(jnp.mean(x**2, axis=axes, keepdims=True) + TINY)
    return params["scale"] * x + params["shift"]


def affine(layer: parts.Affine, weight: jax.Array, x: jax.Array) -> jax.Array:
    """The weights of an affine layer applied to inputs (examples, …, features), zero beyond them.

    >>> affine(parts.Affine(), jnp.eye(2), jnp.ones((1, 2))).shape
    (1, 2)
    """
    space = x.ndim - 2
    if layer.window > 1:
        letters = "".join("XYZ"[:space])
        numbers = (f"N{letters}C", f"{letters}IO", f"N{letters}C")
        edge = [(layer.window // 2,) * 2] * space
        strides = (layer.stride,) * space
        return jax.lax.conv_general_dilated(x, weight, strides, edge, dimension_numbers=numbers)
    if layer.stride > 1:
        x = x[(slice(None), *(slice(None, None, layer.stride),) * space)]
    return x @ weight


def _needed(module: str, name: str, package: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(INSTALL.format(name, package, package)) from error
