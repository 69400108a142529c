"""The Sobolev loss against differences, its projections against it, and what it refuses."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from helpers import assert_close, float64, same_bits
from oracles import slopes

from curvkit import sobolev
from curvkit.sobolev import Contracted, Projections

KEY = jax.random.key(0)
POINTS, INPUTS, OUTPUTS = 4, 3, 2


def network(params, x):
    return jnp.tanh(x @ params["w"] + params["b"]) @ params["v"]


def problem():
    """A small network, points, and random values and derivatives to fit, in double precision."""
    draws = np.random.default_rng(0)
    params = {"w": draws.normal(size=(3, 5)), "b": draws.normal(size=5)}
    params = {k: jnp.asarray(v) for k, v in (params | {"v": draws.normal(size=(5, 2))}).items()}
    shapes = [(INPUTS,), (OUTPUTS,), (OUTPUTS, INPUTS), (OUTPUTS, INPUTS, INPUTS)]
    return params, [jnp.asarray(draws.normal(size=(POINTS, *shape))) for shape in shapes]


@functools.cache
def compiled():
    """The loss of the network as one program of parameters, data, weights and directions."""

    @jax.jit
    def both(params, data, weights, directions):
        model = functools.partial(network, params)
        exact = sobolev.loss(model, *data, weights=weights)
        return exact, sobolev.loss(model, *data, weights=weights, projections=directions)

    return both


def test_the_exact_loss_is_that_of_a_loop_over_differences():
    with float64():
        params, data = problem()
        weights = (0.7, 0.3)
        got, _ = compiled()(params, data, weights, sobolev.draw(KEY, *data[:2]))
        arrays = [np.asarray(each) for each in data]
        plain = {name: np.asarray(each) for name, each in params.items()}
        model = lambda x: np.tanh(x @ plain["w"] + plain["b"]) @ plain["v"]
        expected = slopes.sobolev(model, arrays[0], arrays[1], arrays[2:], weights)
        # Second differences at a step of 1e-4 are right to about 1e-7.
        assert_close(got, expected, rtol=1e-6)


def test_a_penalty_is_what_derivatives_add_to_the_loss():
    x = jnp.array([0.5, -1.0])
    given = jnp.sin, x, x, jnp.ones(2)
    apart = sobolev.loss(*given, weights=3.0) - sobolev.penalty(*given, weights=3.0)
    assert_close(apart, sobolev.loss(jnp.sin, x, x), atol=1e-6)
    with pytest.raises(ValueError, match="y must be shaped"):
        sobolev.penalty(jnp.sin, x, x[:1], jnp.ones(2))


@pytest.mark.slow
@pytest.mark.parametrize("projected", [False, True])
def test_the_gradient_of_the_loss_is_that_of_differences(projected):
    with float64():
        params, data = problem()
        directions = sobolev.draw(KEY, *data[:2], 2)
        value = jax.jit(lambda params: compiled()(params, data, (0.7, 0.3), directions)[projected])
        gradient = jax.jit(jax.grad(value))(params)
        draws = np.random.default_rng(1)
        for _ in range(3):
            along = jax.tree.map(lambda each: draws.normal(size=each.shape), params)
            moved = lambda h: value(jax.tree.map(lambda w, u: w + h * u, params, along))  # noqa: B023
            slope = (moved(1e-5) - moved(-1e-5)) / 2e-5
            dots = jax.tree.map(lambda g, u: jnp.sum(g * u), gradient, along)
            assert_close(slope, sum(jax.tree.leaves(dots)), rtol=1e-7)


@pytest.mark.slow
def test_projections_on_average_give_the_exact_loss():
    with float64():
        params, data = problem()
        for weights in ((1.0, 0.0), (0.0, 1.0)):
            many = jax.vmap(
                lambda key: compiled()(params, data, weights, sobolev.draw(key, *data[:2]))  # noqa: B023
            )
            exact, found = many(jax.random.split(KEY, 4000))
            spread = float(jnp.std(found))
            assert spread > 0.02 * float(exact[0])  # one draw is not the exact loss
            # Four standard errors: a right estimator fails once in 16 000 keys, and this is one.
            assert_close(jnp.mean(found), exact[0], atol=4 * spread / 4000**0.5)


def test_all_basis_vectors_give_the_exact_loss_to_rounding():
    with float64():
        params, data = problem()
        outputs = jnp.broadcast_to(jnp.eye(OUTPUTS)[:, None], (OUTPUTS, POINTS, OUTPUTS))
        inputs = jnp.ones((OUTPUTS, POINTS, INPUTS))
        pair = compiled()(params, data, (1.0, 0.0), Projections(outputs, inputs))
        assert_close(pair[1], pair[0], rtol=1e-12)
        # Of second order: every pair of a basis vector of the outputs and one of the inputs.
        outputs, inputs = jnp.repeat(jnp.eye(OUTPUTS), INPUTS, 0), jnp.tile(jnp.eye(INPUTS), (2, 1))
        every = Projections(*(jnp.repeat(each[:, None], POINTS, 1) for each in (outputs, inputs)))
        pair = compiled()(params, data, (0.0, 1.0), every)
        assert_close(pair[1], pair[0], rtol=1e-12)


def test_directions_are_unit_vectors_of_the_right_second_moment():
    made = sobolev.draw(KEY, jnp.zeros((1, 3)), jnp.zeros(1), 20000)
    assert_close(jnp.abs(made.outputs), np.ones((20000, 1)), atol=1e-6)
    assert_close(jnp.linalg.norm(made.inputs, axis=2), np.ones((20000, 1)), atol=1e-6)
    moment = jnp.mean(made.inputs[:, 0, :, None] * made.inputs[:, 0, None], 0)
    # The standard error of a product of two coordinates is below 0.3/√20000 = 0.0022.
    assert_close(moment, np.eye(3) / 3, atol=0.009)


def trained(loss, params, *weight):
    """The parameters after thirty steps of Adam on a loss of them, and of a weight."""
    adam = optax.adam(1e-2)

    @jax.jit
    def run(params, *weight):
        def step(carry, _):
            params, state = carry
            updates, state = adam.update(jax.grad(loss)(params, *weight), state)
            return (optax.apply_updates(params, updates), state), None

        return jax.lax.scan(step, (params, adam.init(params)), None, 30)[0][0]

    return run(params, *weight)


@pytest.mark.slow
def test_training_with_a_weight_of_zero_is_plain_training_bit_for_bit():
    params, (x, y, slope, _) = problem()
    plain = trained(lambda p: jnp.sum((jax.vmap(lambda x: network(p, x))(x) - y) ** 2) / 8, params)

    def weighted(params, weight):
        return sobolev.loss(functools.partial(network, params), x, y, slope, weights=weight)

    weights = {"a number": 0, "an array": jnp.zeros(()), "one": 1.0}
    others = {
        what: trained(lambda p, weight=weight: weighted(p, weight), params)
        for what, weight in weights.items()
    }
    same = {
        what: all(same_bits(plain[name], each[name]) for name in plain)
        for what, each in others.items()
    }
    assert same == {"a number": True, "an array": True, "one": False}
    traced = trained(weighted, params, jnp.float32(0))
    for name, expected in plain.items():
        # Thirty steps of one hundredth, each rounded otherwise.
        assert_close(traced[name], expected, atol=1e-5)


@pytest.mark.slow
def test_a_teacher_gives_its_own_derivatives_and_is_fitted_exactly_by_itself():
    with float64():
        params, (x, *_) = problem()
        teacher = functools.partial(network, params)
        y, jacobian, hessian = sobolev.taught(teacher, x, 2)
        for i in range(POINTS):
            assert_close(jacobian[i], slopes.first(teacher, x[i]), atol=1e-8)
            assert_close(hessian[i], slopes.second(teacher, x[i]), atol=1e-5)
        assert float(sobolev.loss(teacher, x, y, jacobian, hessian)) == 0


@pytest.mark.slow
def test_contracted_targets_give_the_loss_of_whole_ones():
    with float64():
        params, (x, y, *_) = problem()
        directions = sobolev.draw(KEY, x, y, 2)
        model = functools.partial(network, params)
        teacher = lambda x: jnp.sin(model(x))
        whole = sobolev.taught(teacher, x, 2)
        along = sobolev.taught(teacher, x, 2, directions)
        assert isinstance(along[1], Contracted) and along[1].values.shape == (2, POINTS, INPUTS)
        losses = [sobolev.loss(model, x, *each, projections=directions) for each in (whole, along)]
        assert_close(losses[1], losses[0], rtol=1e-12)
        # Differentiation is linear: distilling is bringing the difference to zero.
        zeros = [jnp.zeros_like(each) for each in whole]
        apart = sobolev.loss(lambda x: model(x) - teacher(x), x, *zeros, projections=directions)
        assert_close(apart, losses[0], rtol=1e-12)


@pytest.mark.slow
def test_inputs_and_outputs_may_be_numbers_or_images():
    x = jnp.array([0.5, -1.0])
    got = sobolev.loss(jnp.sin, x, x, jnp.ones(2), jnp.zeros(2), weights=(2.0, 3.0))
    assert_close(
        got,
        np.mean((np.sin(x) - x) ** 2 + 2 * (np.cos(x) - 1) ** 2 + 3 * np.sin(x) ** 2),
        rtol=1e-6,
    )
    images = jnp.ones((2, 3, 4))
    blur = lambda image: image[:, :2] ** 2
    derivatives = sobolev.taught(blur, images)
    assert derivatives[1].shape == (2, 3, 2, 3, 4)
    assert float(sobolev.loss(blur, images, *derivatives)) == 0


@pytest.mark.slow
def test_models_of_flax_and_equinox_are_callables_like_others():
    nnx = pytest.importorskip("flax.linen")
    equinox = pytest.importorskip("equinox")
    x, y, slope = jnp.ones((2, 3)), jnp.zeros((2, 1)), jnp.zeros((2, 1, 3))
    dense = nnx.Dense(1)
    params = dense.init(KEY, x)
    kernel = params["params"]["kernel"]
    expected = float(jnp.sum(kernel) ** 2 + jnp.sum(kernel**2))
    got = sobolev.loss(lambda x: dense.apply(params, x), x, y, slope)
    assert_close(got, expected, rtol=1e-5)
    linear = equinox.nn.Linear(3, 1, use_bias=False, key=KEY)
    expected = float(jnp.sum(linear.weight) ** 2 + jnp.sum(linear.weight**2))
    assert_close(sobolev.loss(linear, x, y, slope), expected, rtol=1e-5)


X, Y, D1, D2 = (np.zeros((4, *shape)) for shape in ((3,), (2,), (2, 3), (2, 3, 3)))
LINE = lambda x: x[:2]


@pytest.mark.parametrize(
    "arguments, options, said",
    [
        ((X, Y[:3], D1), {}, "y must be shaped as the model's outputs, (4, 2), but (3, 2)"),
        ((X, Y[:, 0], D1), {}, "y must be shaped"),
        ((X, Y, D2), {}, "derivatives[0] must be the target's first derivative, of shape (4, 2, 3"),
        ((X, Y, D2), {}, "that is the shape of a second derivative"),
        ((X, Y, D1, D1), {}, "that is the shape of a first derivative"),
        ((X, Y, D1[:2]), {}, "derivatives[0] must be"),
        ((X, Y, D1, D2, D2), {}, "at most the first two"),
        ((X, Y, D1), dict(weights=(1.0, 2.0)), "weights must be"),
        ((X, Y, D1), dict(weights=-1.0), "weights must be"),
        ((X, Y, D1), dict(weights=float("nan")), "weights must be"),
        ((X[:0], Y[:0], D1[:0]), {}, "x must be at least one input"),
        ((X, Y, D1), dict(projections=Projections(Y, X)), "projections.outputs must be of shape"),
        ((X, Y, Contracted(X[None])), {}, "give loss the projections that taught was given"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_in_one_sentence(arguments, options, said):
    with pytest.raises(ValueError) as refused:
        sobolev.loss(LINE, *arguments, **options)
    sentence = str(refused.value)
    assert said in sentence and sentence.endswith(".") and "\n" not in sentence


def test_counts_and_orders_that_do_not_exist_are_refused():
    with pytest.raises(ValueError, match="count must be a whole number of at least 1"):
        sobolev.draw(KEY, X, Y, 0)
    with pytest.raises(ValueError, match="order must be 0, 1 or 2"):
        sobolev.taught(LINE, X, 3)


def test_a_derivative_that_is_not_finite_is_reported_and_is_not_a_loss():
    x = jnp.array([1.0, 0.0])
    root = lambda x: jnp.sqrt(jnp.abs(x))
    y = root(x)
    slope = jax.vmap(jax.grad(root))(x)
    with pytest.raises(ValueError, match=r"derivatives\[0\] must be finite at every point, but is"):
        sobolev.loss(jnp.sin, x, y, slope)
    with pytest.raises(ValueError, match=r"the model's first derivative .* at 1 of 2, .* x\[1\]"):
        sobolev.loss(root, x, y, jnp.zeros(2))
    with pytest.raises(ValueError, match=r"teacher must be differentiable .* 1 of 2, the first"):
        sobolev.taught(root, x)
    assert jnp.isnan(sobolev.loss(lambda x: x * jnp.nan, x, y, jnp.zeros(2)))  # diverged is data
