"""The memory a reading of a large model takes, counted in parameters: bytes, and hidden copies."""

import math
from importlib.metadata import version

import jax
import jax.numpy as jnp
import pytest

from curvkit.curvature import _davidson as davidson
from curvkit.watching import _measure as measure

SIZES = ((64, 1000), (1000, 1000), (1000, 10))
COUNT = sum(math.prod(shape) for shape in SIZES)
X = jnp.ones((8, 64))


def loss(weights):
    hidden = X
    for weight in weights:
        hidden = jnp.tanh(hidden @ weight)
    return jnp.mean(hidden**2)


def taking(per_layer):
    """A reading of a model of more than a million parameters, and what it takes."""
    weights = [jnp.ones(shape) for shape in SIZES]
    blocks = {str(at): [at] for at in range(3)} if per_layer else {}

    def read(weights, seen):
        key = jax.random.key(0)
        return measure.reading(loss, weights, None, key, seen, k=1, blocks=blocks, num_hvps=12)

    return read, (weights, measure.begin(weights, 1, per_layer))


# Older compilers find less room for what is not needed any more.
OLD = tuple(map(int, version("jaxlib").split(".")[:2])) < (0, 10)


@pytest.mark.parametrize(
    "per_layer, most", [(False, 13.5), (True, 27 if OLD else 19.5)], ids=["whole", "layers"]
)
def test_a_large_model_is_read_in_a_small_multiple_of_its_size(per_layer, most):
    read, given = taking(per_layer)
    assert COUNT > davidson.LARGE
    made = jax.jit(read, donate_argnums=1).lower(*given).compile().memory_analysis()
    # Four vectors and their images are eight; what a product and what follows it need is the rest.
    assert 8 < made.temp_size_in_bytes / (4 * COUNT) < most
    # What is handed on lies where what was handed over lay; the row is all that is new.
    assert made.output_size_in_bytes - made.alias_size_in_bytes < 1000


@pytest.mark.parametrize("per_layer", [False, True], ids=["whole", "layers"])
def test_no_product_of_two_matrices_is_as_long_as_the_parameters(per_layer):
    """Such a product copies both of them, which no count of the compiler tells."""
    read, given = taking(per_layer)
    long = 0
    for shapes in products(jax.make_jaxpr(read)(*given).jaxpr):
        if COUNT in shapes[0] + shapes[1]:
            long += 1
            assert min(len(shape) for shape in shapes) == 1, shapes
    assert long


def products(jaxpr):
    """The shapes of both operands of every product in a program and what is within."""
    for each in jaxpr.eqns:
        if each.primitive.name == "dot_general":
            yield tuple(operand.aval.shape for operand in each.invars)
        for inner in jax.tree.leaves(each.params, is_leaf=lambda x: hasattr(x, "eqns")):
            inner = getattr(inner, "jaxpr", inner)
            if hasattr(inner, "eqns"):
                yield from products(inner)
