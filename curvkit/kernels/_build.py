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

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from curvkit.core import messages
from curvkit.kernels import _apply as applying
from curvkit.kernels import _parts as parts
from curvkit.kernels._activations import activation
from curvkit.kernels._initializers import Initializer, delta_orthogonal
from curvkit.kernels._initializers import orthogonal as orthogonal_weights


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
        features, planned = jnp.shape(inputs)[-1], []
        space = len(jnp.shape(inputs)) - 2
        sizes = [self.width] * (len(self.parts) - 1) + [self.outputs]
        for each, size in zip(self.parts, sizes, strict=True):
            slots, features = _Planner(size, space)(each, features)
            planned.append(slots)
        return _filled(planned, key, self.initializer)

    def apply(
        self, params: list[Any], inputs: jax.Array, rules: applying.Rules = applying.PLAIN
    ) -> jax.Array:
        """The outputs, (examples, …, outputs), each layer by its rule."""
        for each, own in zip(self.parts, params, strict=True):
            inputs = applying.run(each, own, inputs, self.function, rules)
        return inputs

    def stages(self, params: list[Any], inputs: jax.Array) -> list[jax.Array]:
        """What comes out of each part in turn, of a repeated one each time: as `check` compares."""
        outputs: list[jax.Array] = []
        for each, own in zip(self.parts, params, strict=True):
            again = parts.unrolled([each])
            for at, once in enumerate(again):
                mine = jax.tree.map(lambda leaf, at=at: leaf[at], own) if len(again) > 1 else own
                inputs = applying.run(once, mine, inputs, self.function, applying.PLAIN)
                outputs.append(inputs)
        return outputs

    def flax(self, key: jax.Array, inputs: Any) -> Any:
        """The network as a module of Flax NNX, its weights as `nnx.Param`.

        Raises:
            ImportError: if Flax is not installed, with what to install.
        """
        from curvkit.kernels import _modules

        nnx = _modules.needed("flax.nnx", "Flax NNX", "flax")
        return _modules.flax(nnx, self, self.init(key, inputs))

    def equinox(self, key: jax.Array, inputs: Any) -> Any:
        """The network as a module of Equinox, to be called on a batch.

        Raises:
            ImportError: if Equinox is not installed, with what to install.
        """
        from curvkit.kernels import _modules

        equinox = _modules.needed("equinox", "Equinox", "equinox")
        return _modules.equinox(equinox, self, self.init(key, inputs))


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

    >>> model = build(parts.Chain((parts.Nonlinear(),), 3), "tanh", width=8, outputs=2)
    >>> x = jnp.ones((4, 5))
    >>> model.apply(model.init(jax.random.key(0), x), x).shape
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


class _Slot(NamedTuple):
    """An array that is to be made: `times` of that shape, for a layer or for a normalisation."""

    shape: tuple[int, ...]
    times: tuple[int, ...]
    layer: Any


class _Planner:
    """The parameters of a part as slots: nested as it is, of a repeated chain stacked."""

    def __init__(self, outputs: int, space: int, times: tuple[int, ...] = ()):
        self.outputs, self.space, self.times = outputs, space, times

    def __call__(self, network: Any, features: int) -> tuple[Any, int]:
        if isinstance(network, parts.Chain) and network.times > 1:
            again = _Planner(self.outputs, self.space, (*self.times, network.times))
            planned, after = again(parts.Chain(network.parts), features)
            if after != features:
                expected = f"of {features} features, as it is repeated"
                raise ValueError(messages.refusal("what a chain makes", expected, after))
            return planned, features
        if isinstance(network, parts.Sum | parts.Concatenation):
            return self._branches(network, features)
        if isinstance(network, parts.Chain):
            planned = []
            for each in network.parts:
                slots, features = self(each, features)
                planned.append(slots)
            return planned, features
        if isinstance(network, parts.Nonlinear | parts.Affine):
            layer = network if isinstance(network, parts.Affine) else parts.Affine()
            window = (layer.window,) * self.space if layer.window > 1 else ()
            return _Slot((*window, features, self.outputs), self.times, layer), self.outputs
        if isinstance(network, parts.LayerNorm | parts.BatchNorm):
            return _Slot((features,), self.times, None), features
        return {}, features

    def _branches(self, network: Any, features: int) -> tuple[Any, int]:
        planned = [self(branch, features) for branch in network.branches]
        sizes = [after for _, after in planned]
        summed = isinstance(network, parts.Sum)
        if summed and len({*sizes}) > 1:
            advice = f"begin the shortcut with Affine(), which makes {self.outputs} features"
            raise ValueError(
                messages.refusal("branches", "of as many features each", sizes, advice)
            )
        return [slots for slots, _ in planned], sizes[0] if summed else sum(sizes)


def _filled(planned: Any, key: jax.Array, initializer: Initializer | None) -> Any:
    """Slots with their arrays in them: weights of one shape are drawn together."""
    slots, structure = jax.tree.flatten(planned, is_leaf=lambda each: isinstance(each, _Slot))
    counts = [math.prod(slot.times) for slot in slots]
    drawn, rest = {}, key
    for shape in dict.fromkeys(slot.shape for slot in slots if slot.layer is not None):
        chosen = initializer or (delta_orthogonal() if len(shape) > 2 else orthogonal_weights())
        total = sum(n for n, slot in zip(counts, slots, strict=True) if slot.shape == shape)
        rest, own = jax.random.split(rest)
        one = lambda each, chosen=chosen, shape=shape: chosen(each, shape)
        weights = jax.vmap(one)(jax.random.split(own, total))
        # One decomposition after another: several at once may wait for each other for ever.
        rest = jax.random.fold_in(rest, (0 * weights.ravel()[0]).astype(jnp.uint32))
        drawn[shape] = weights
    filled = []
    for number, (slot, count) in enumerate(zip(slots, counts, strict=True)):
        if slot.layer is None:
            each = (*slot.times, *slot.shape)
            filled.append({"scale": jnp.ones(each), "shift": jnp.zeros(each)})
            continue
        mine, drawn[slot.shape] = jnp.split(drawn[slot.shape], [count])
        weight = slot.layer.gain * mine.reshape(*slot.times, *slot.shape)
        filled.append({"weight": weight, "bias": _biases(slot, jax.random.fold_in(rest, number))})
    return jax.tree.unflatten(structure, filled)


def _biases(slot: _Slot, key: jax.Array) -> jax.Array:
    shape, bias = (*slot.times, slot.shape[-1]), slot.layer.bias
    drawn = isinstance(bias, jax.Array) or bias
    return bias * jax.random.normal(key, shape) if drawn else jnp.zeros(shape)
