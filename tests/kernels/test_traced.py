"""Shapes of traced targets: those of NumPy's solver, through jit, vmap and grad."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from curvkit.core.batch import UNOPTIMISED
from curvkit.core.tree import float64
from curvkit.kernels import _networks as networks
from curvkit.kernels import residual, shape


def numbers(made):
    four = made.alpha, made.beta, made.gamma, made.delta
    slope = () if made.negative_slope is None else (made.negative_slope,)
    return jnp.stack([jnp.asarray(each) for each in (*four, *slope)])


CASES = [
    ("leaky_relu", "tat", "eta", 0.6),
    ("tanh", "dks", "zeta", 1.6),
]
MORE = [
    ("leaky_relu", "dks", "zeta", 1.7),
    ("relu", "dks", "zeta", 1.4),
    ("tanh", "tat", "tau", 0.4),
    ("elu", "dks", "zeta", 1.4),
    ("softplus", "tat", "tau", 0.4),
    (jax.nn.mish, "dks", "zeta", 1.4),
]


@pytest.mark.parametrize(
    "given, method, name, goal",
    [*CASES, *(pytest.param(*each, marks=pytest.mark.slow) for each in MORE)],
)
def test_a_shape_of_a_traced_target_is_the_plain_one_and_so_is_its_derivative(
    given, method, name, goal
):
    of = lambda goal: numbers(shape(given, residual(9, 2, weight=0.8), method, **{name: goal}))
    step = 1e-4 * (1 + goal)
    with float64():
        # Through the program once: value and derivative.
        value, slope = jax.jvp(of, (goal,), (1.0,))
        central = (of(goal + step) - of(goal - step)) / (2 * step)
        np.testing.assert_allclose(value, of(goal), rtol=1e-9, atol=1e-9)
    # Central differences leave the third derivative over six times the step's square.
    np.testing.assert_allclose(slope, central, rtol=1e-5, atol=1e-6 * np.abs(central).max())


def test_a_batch_of_targets_has_the_shapes_of_single_ones_and_nan_where_there_is_none():
    goals = [1.1, 1.9, 2.6, 1.0]
    quickly = functools.partial(jax.jit, compiler_options=UNOPTIMISED)
    batch = quickly(jax.vmap(lambda zeta: shape("tanh", depth=4, zeta=zeta)))(jnp.array(goals))
    for at, goal in enumerate(goals[:3]):
        single = shape("tanh", depth=4, zeta=goal)
        # In single precision here; the condition of the slope is a number of order one.
        np.testing.assert_allclose(numbers(batch)[:, at], numbers(single), rtol=1e-6)
        assert batch.conditions[3].achieved[at] == pytest.approx(goal, rel=1e-6)
    assert np.isnan(numbers(batch)[:, 3]).all()
    bentid = quickly(lambda zeta: shape("bentid", depth=3, zeta=zeta).alpha)
    with pytest.raises(ValueError, match="can be attained"):
        shape("bentid", depth=3, zeta=1.6)
    assert np.isnan(bentid(1.6)) and bentid(1.3) == pytest.approx(
        shape("bentid", depth=3, zeta=1.3).alpha, rel=1e-6
    )


def test_a_shape_is_what_a_compiled_function_takes_and_returns():
    made = jax.jit(shape, static_argnames=("given", "method", "depth"))(
        "leaky_relu", depth=20, method="tat", eta=0.8
    )
    single = shape("leaky_relu", depth=20, method="tat", eta=0.8)
    assert networks.layers(made.network) == 20 and made.base.family == "leaky_relu"
    np.testing.assert_allclose(numbers(made), numbers(single), rtol=1e-6)
    x = jnp.linspace(-2, 2, 7)
    np.testing.assert_allclose(jax.jit(lambda phi, x: phi(x))(made, x), single(x), rtol=1e-6)


@pytest.mark.parametrize("name", ["softplus", "leaky_relu"])
def test_a_shape_keeps_its_structure_whatever_is_put_in_place_of_its_numbers(name):
    # As Equinox does with the parts of a model, of which an activation may be one.
    made = shape(name, residual(3, 2, weight=0.8))
    none = lambda leaf: leaf is None
    masked = jax.tree.map(lambda _: False, made, is_leaf=none)
    assert jax.tree.structure(masked) == jax.tree.structure(made, is_leaf=none)
    again = jax.tree.map(lambda leaf: leaf, made)
    assert again.network == made.network and again(0.3) == made(0.3)


@pytest.mark.parametrize("name", [pytest.param("weight", marks=pytest.mark.slow), "depth"])
def test_a_shape_is_differentiated_in_the_numbers_of_its_network(name):
    made = {
        "weight": lambda weight: shape("leaky_relu", residual(9, 2, weight=weight), "tat", eta=0.6),
        "depth": lambda depth: shape("leaky_relu", depth=depth),
    }[name]
    at, step = {"weight": (0.7, 1e-4), "depth": (20.0, 1)}[name]
    of = lambda value: made(value).negative_slope
    if name == "weight":
        central = (of(at + step) - of(at - step)) / (2 * step)
    else:
        # Of whole depths only: (1 − s)² / (1 + s²) = π (1 − 1/ψ) with ψ = ζ^(1/depth).
        psi = lambda depth: np.pi * (1 - 1.5 ** (-1 / depth))
        closed = lambda depth: (1 - psi(depth)) / (1 + np.sqrt(psi(depth) * (2 - psi(depth))))
        assert closed(20) == pytest.approx(of(20), rel=1e-9)
        central = (closed(at + 1e-4) - closed(at - 1e-4)) / 2e-4
    assert float(jax.grad(of)(at)) == pytest.approx(central, rel=1e-5)


@pytest.mark.slow
def test_second_derivatives_are_those_of_the_implicit_function():
    of = lambda zeta: shape("tanh", depth=10, zeta=zeta).alpha
    with float64():
        bent = jax.jit(jax.grad(jax.grad(of)))(1.5)
        central = (of(1.501) - 2 * of(1.5) + of(1.499)) / 1e-6
    assert float(bent) == pytest.approx(central, rel=1e-4)


def test_a_depth_that_is_traced_as_a_real_number_is_refused_where_maps_are_composed():
    slope = lambda depth: shape("leaky_relu", depth=depth, method="tat").negative_slope
    with pytest.raises(ValueError, match="give the depth as an integer"):
        jax.grad(slope)(20.0)
    compiled = functools.partial(jax.jit, compiler_options=UNOPTIMISED)(slope)
    assert compiled(20) == pytest.approx(slope(20), rel=1e-6)
