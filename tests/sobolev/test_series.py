"""What a run of the Sobolev room records, against networks layer by layer and their differences."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import assert_close
from jax.flatten_util import ravel_pytree
from oracles import dense

from curvkit import sobolev
from curvkit.sobolev import Settings

pytestmark = pytest.mark.slow
# Three readings of a smooth network, with noise on the slopes.
SMALL = dict(
    function="booth", steps=2, width=6, activation="tanh", learning_rate=0.05, points=5,
    slope_noise=0.5, slope_weight=0.7,
)  # fmt: skip


@pytest.fixture(scope="module")
def seen():
    """The trace, and both networks of all pairs at each reading: (reading, method)."""
    settings = Settings.read(SMALL)
    state, params = sobolev.stream.begin(settings, jax.random.key(0)), []
    data = jax.tree.map(lambda each: np.asarray(each, float), state.data)
    for _ in range(3):
        wide = jax.tree.map(lambda each: np.asarray(each, float), state.params)
        params.append(wide)
        state = sobolev.stream.advanced(settings, state, 1).state
    return sobolev.run(settings), params, data


def network(layers, pair):
    """The network of one pair as a function of points (…, 2)."""

    def of(x):
        for layer in layers[:-1]:
            x = np.tanh(x @ layer.weight[pair] + layer.bias[pair])
        return (x @ layers[-1].weight[pair] + layers[-1].bias[pair])[..., 0]

    return of


def slopes(of, x, h=1e-5):
    return np.stack([(of(x + h * e) - of(x - h * e)) / (2 * h) for e in np.eye(2)], -1)


def booth(u):
    """The function in scaled units: inputs in [-1, 1]², of variance one on the grid."""
    plain = lambda x: (x[..., 0] + 2 * x[..., 1] - 7) ** 2 + (2 * x[..., 0] + x[..., 1] - 5) ** 2
    values = plain(10 * grid())
    return (plain(10 * u) - values.mean()) / values.std()


def grid():
    line = np.linspace(-1, 1, 40)
    return np.stack(np.meshgrid(line, line), 2)


def test_both_networks_are_drawn_as_they_are_at_each_reading(seen):
    trace, params, _ = seen
    assert trace.step.tolist() == [0, 1, 2]
    assert_close(trace.axis, np.linspace(-1, 1, 40)[::3], atol=1e-6)
    places = np.array([[(x, y) for x in trace.axis] for y in trace.axis], float)
    points = trace.points.astype(float)
    for at in range(3):
        for method in (0, 1):
            of = network(params[at][method], 0)
            assert_close(trace.surface[at, method], of(places), atol=1e-5)
            assert_close(trace.at_points[at, method], of(points), atol=1e-5)
            assert_close(trace.slopes_at_points[at, method], slopes(of, points), atol=1e-4)


def test_errors_are_mean_squares_on_the_points_and_on_the_grid(seen):
    trace, params, data = seen
    places, truth = grid(), booth(grid())
    assert_close(trace.truth, truth[::3, ::3], atol=1e-4)
    true_slopes = slopes(booth, places)
    square = np.mean(np.sum(true_slopes**2, -1))
    for at, method, pair in ((0, 0, 0), (2, 0, 3), (2, 1, 0), (1, 1, 9)):
        of = network(params[at][method], pair)
        apart = np.mean((of(data.inputs[pair]) - data.values[pair]) ** 2)
        assert_close(trace.trained_error[at, method, pair], apart, rtol=1e-3)
        value = np.mean((of(places) - truth) ** 2)
        assert_close(trace.value_error[at, method, pair], value, rtol=1e-3)
        slope = np.mean(np.sum((slopes(of, places) - true_slopes) ** 2, -1)) / square
        assert_close(trace.slope_error[at, method, pair], slope, rtol=1e-3)


def test_the_sharpness_is_the_largest_eigenvalue_of_the_dense_hessian_of_what_is_trained(seen):
    trace, params, data = seen
    inputs, values, steep = (each[0] for each in data)
    for at, method, weight in ((0, 0, 0.0), (0, 1, 0.7), (2, 1, 0.7)):
        first = jax.tree.map(lambda each: each[0], params[at][method])
        flat, unravel = ravel_pytree(first)

        def value(flat, x, unravel=unravel):
            for layer in unravel(flat)[:-1]:
                x = jnp.tanh(x @ layer.weight + layer.bias)
            last = unravel(flat)[-1]
            return (x @ last.weight + last.bias)[0]

        def loss(flat, weight=weight, value=value):
            both = jax.vmap(jax.value_and_grad(value, 1), (None, 0))(flat, inputs)
            apart = jnp.sum((both[1] - steep) ** 2, 1)
            return jnp.mean((both[0] - values) ** 2 + weight * apart)

        # So many products of Lanczos come from below, and near it.
        top = dense.largest(np.asarray(jax.jit(jax.hessian(loss))(flat)))[0]
        assert_close(trace.sharpness[at, method], top, rtol=2e-3)


def test_a_step_is_adam_s_on_values_and_on_weighted_slopes(seen):
    trace, params, data = seen
    for method, weight in ((0, 0.0), (1, 0.7)):

        def loss(layers, weight=weight):
            of = network(layers, 0)
            apart = np.mean((of(data.inputs[0]) - data.values[0]) ** 2)
            steep = np.sum((slopes(of, data.inputs[0]) - data.slopes[0]) ** 2, -1)
            return apart + weight * np.mean(steep)

        # The first step of Adam goes by the rate against the sign of each derivative.
        layers, after = params[0][method], params[1][method]
        for at in range(3):
            for index in np.ndindex(layers[at].weight.shape[1:]):
                moved = [layer._replace(weight=layer.weight.copy()) for layer in layers]
                moved[at].weight[(0, *index)] += 1e-5
                slope = (loss(moved) - loss(layers)) / 1e-5
                step = (after[at].weight - layers[at].weight)[(0, *index)]
                if abs(slope) > 1e-3:
                    assert_close(step, -0.05 * np.sign(slope), rtol=1e-3)
