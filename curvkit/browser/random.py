"""Rules of random numbers: JAX's own, bit for bit, since its functions of keys are traced."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.extend.random
import numpy as np

from curvkit.browser.values import ElementType, Index, Value, linear, shape_and_kind
from curvkit.browser.walk import Untranslatable, Walk, results, rule

# By a part of the name of the type of their keys.
MAKERS = {
    "fry": jax.extend.random.threefry_prng_impl,
    "unsafe_rbg": jax.extend.random.unsafe_rbg_prng_impl,
    "rbg": jax.extend.random.rbg_prng_impl,
}


def _made_by(equation: Any) -> Any:
    """What makes numbers of the keys of an equation."""
    impl = equation.params.get("impl")
    name = str(impl if impl is not None else equation.invars[0].aval.dtype)
    for mark, implementation in MAKERS.items():
        if mark in name:
            return implementation
    raise Untranslatable(f"random numbers of {name} have no rule, those of threefry have one")


def _traced(
    walk: Walk, function: Callable[..., Any], given: Sequence[Value], shapes: Sequence[Any]
) -> list[Value]:
    return walk.closed(jax.make_jaxpr(function)(*shapes), given)


def _words(atom: Any) -> jax.ShapeDtypeStruct:
    """The words of keys, or numbers as they are."""
    shape, kind = shape_and_kind(atom.aval)
    return jax.ShapeDtypeStruct(shape, kind.numpy)


def _over_keys(function: Callable[..., Any], count: int) -> Callable[..., Any]:
    for _ in range(count):
        function = jax.vmap(function)
    return function


@rule("random_bits")
def _bits(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    implementation, params = _made_by(equation), equation.params
    of_one = lambda key: implementation.random_bits(key, params["bit_width"], params["shape"])
    keys = equation.invars[0]
    return _traced(walk, _over_keys(of_one, keys.aval.ndim), given, [_words(keys)])


@rule("random_split")
def _split(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    implementation, keys = _made_by(equation), equation.invars[0]
    of_one = lambda key: implementation.split(key, equation.params["shape"])
    return _traced(walk, _over_keys(of_one, keys.aval.ndim), given, [_words(keys)])


@rule("random_fold_in")
def _fold(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    function, (keys, data) = _made_by(equation).fold_in, equation.invars
    ranks = keys.aval.ndim, data.aval.ndim
    for at in range(max(*ranks)):
        axes = tuple(0 if rank > at else None for rank in ranks)
        function = jax.vmap(function, in_axes=axes)
    return _traced(walk, function, given, [_words(keys), _words(data)])


@rule("random_seed")
def _seed(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    implementation, seeds = _made_by(equation), equation.invars[0]
    return _traced(walk, _over_keys(implementation.seed, seeds.aval.ndim), given, [_words(seeds)])


@rule("rng_bit_generator")
def _generated(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    """The generator that XLA has on a processor: Philox, by four words of a key."""
    write, key = walk.writer, walk.writer.stored(given[0])
    (_, kind), (shape, bits_kind) = results(equation)
    if key.shape != (4,) or (kind, bits_kind) != ("U", "U"):
        raise Untranslatable("bits of several keys, or of another width than 32, have no rule")
    following, bits = write.new((4,), kind), write.new(shape, bits_kind)
    write.line(f"philox({key.pointer},{following.pointer},{bits.size},{bits.pointer});")
    return [following, bits]


@rule("iota_2x32_shape")
def _counts(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    shape, unsigned = results(equation)[0][0], ElementType("U")
    high = Value(shape, unsigned, lambda index: "0u", lambda k: "0u")
    low = Value(
        shape, unsigned, lambda index: f"((unsigned)({linear(shape, index)}))",
        lambda k: f"((unsigned){k})",
    )  # fmt: skip
    return [high, low]


@rule("threefry2x32")
def _threefry(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    write, ((shape, kind), _) = walk.writer, results(equation)
    first, second = write.new(shape, kind), write.new(shape, kind)
    for each in given:
        if each.cost and each.size < np.prod(shape):
            write.stored(each)

    def at(value: Value, index: Index) -> str:
        ours = index[len(index) - len(value.shape) :]
        return value.at([i if n != 1 else "0" for i, n in zip(ours, value.shape, strict=True)])

    def one(index: Index) -> None:
        words = ",".join(at(each, index) for each in given)
        write.line(f"threefry({words},&{first.at(index)},&{second.at(index)});")

    if shape:
        write.loops(shape, one)
    else:
        one([])
    return [first, second]
