"""The pendulum: its physics, its two models, and the boxes of its states."""

import jax
import numpy as np
import pytest
from helpers import float64
from scipy.integrate import solve_ivp

from curvkit.verification import _certify as certify
from curvkit.verification import _pendulum as pendulum


@pytest.fixture(scope="module")
def states():
    """Angles and speeds of states at random, (1000,) each, in float64."""
    return pendulum.drawn(3, 1000)


def grown(model, x):
    with float64():
        return np.asarray(certify.values(model, pendulum.falling().fit(3, 3), x))


@pytest.fixture(scope="module")
def nominal(states):
    with float64():
        x = np.asarray(pendulum.features(*states))
    return [grown(model, x) for model in pendulum.models()]


def test_a_step_is_that_of_an_adaptive_solver():
    def speed(_, at):
        return [at[1], -pendulum.GRAVITY * np.sin(at[0]) - pendulum.DAMPING * at[1]]

    for start in ([2.0, -3.0], [0.1, 5.0]):
        with float64():
            found = np.asarray(pendulum.after(*map(jax.numpy.asarray, start)))
        true = solve_ivp(speed, [0, pendulum.DT], start, rtol=1e-12, atol=1e-12).y[:, -1]
        # Fourth order in steps of 2.5 ms.
        np.testing.assert_allclose(found, true, rtol=0, atol=1e-9)


def test_the_true_pendulum_never_gains_energy(states):
    with float64():
        before = pendulum.energy(pendulum.features(*states))
        later = pendulum.energy(pendulum.features(*pendulum.after(*map(jax.numpy.asarray, states))))
        # At speed zero it neither gains nor loses: Runge and Kutta's error alone.
        assert np.all(np.asarray(later - before) < 1e-8)


def test_the_specification_is_the_difference_of_two_energies(states):
    random = np.random.default_rng(0)
    x, y = random.normal(size=(2, 20, 3))
    spec = pendulum.falling(0.25).fit(3, 3)
    with float64():
        found = np.array([float(spec(*each)) for each in zip(x, y, strict=True)])
        true = np.asarray(pendulum.energy(y) - pendulum.energy(x)) - 0.25
    np.testing.assert_allclose(found, true, rtol=0, atol=1e-12)


def test_both_models_fit_alike_and_only_one_keeps_to_physics(states, nominal):
    with float64():
        x = np.asarray(pendulum.features(*states))
        y = np.asarray(pendulum.features(*pendulum.after(*map(jax.numpy.asarray, states))))
        found = [jax.vmap(lambda x, m=m: pendulum.outputs(m, x))(x) for m in pendulum.models()]
        errors = [float(np.mean((each - y) ** 2)) for each in found]
    assert max(errors) < 1e-4 and errors[1] < 2 * errors[0]
    # Other seeds: 14 to 16 % of states, and 0.0 to 0.1 %.
    assert np.mean(nominal[0] > 0) > 0.1 and np.mean(nominal[1] > 0) < 0.005


def test_the_models_are_the_same_wherever_they_are_asked_for():
    first = pendulum.models()
    with float64():
        assert pendulum.models(0, 32) is first and pendulum.model("A") is first[0]


@pytest.mark.full
def test_models_are_trained_in_float32_in_a_block_of_float64_too(monkeypatch):
    monkeypatch.setattr(pendulum, "RECIPE", pendulum.RECIPE._replace(steps=1))
    with float64():
        weight = pendulum.models(0, 5)[0][0].weight
    assert np.array_equal(weight, np.float32(weight))


def test_every_angle_of_an_arc_is_in_its_box():
    random = np.random.default_rng(0)
    ends = np.sort(random.uniform(-np.pi, np.pi, (300, 2)), axis=1)
    ends[:3] = [[-np.pi, np.pi], [-1.6, -1.5], [-0.1, 0.1]]
    with float64():
        low, high = (np.asarray(e) for e in pendulum.arc(*map(jax.numpy.asarray, ends.T)))
        theta = ends[:, :1] + np.linspace(0, 1, 101) * (ends[:, 1:] - ends[:, :1])
    for at, values in enumerate((np.sin(theta), -np.cos(theta))):
        assert np.all(low[:, at] <= values.min(1)) and np.all(high[:, at] >= values.max(1))
        # And no larger than needed: what a hundred points miss, and some ulps.
        assert np.all(high[:, at] - values.max(1) < 1e-3)


def test_a_true_roll_out_s_features_stay_on_the_circle_only_if_they_are_put_there():
    model = pendulum.models()[0]
    start = np.array([1.0]), np.array([0.0])
    with float64():
        on = pendulum.roll_out(model, *start, 50)[1]
        off = pendulum.roll_out(model, *start, 50, renormalise=False)[1]
    size = lambda states: np.linalg.norm(states[..., :2], axis=-1)
    assert np.allclose(size(on), 1, atol=1e-12) and not np.allclose(size(off), 1, atol=1e-4)


def test_a_width_that_is_none_is_refused():
    with pytest.raises(ValueError, match="width must be a whole number from 1 to 256"):
        pendulum.models(width=0)
