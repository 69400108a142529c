"""What a link is read as makes of a gradient exactly what optax's transformation makes of it."""

import jax.numpy as jnp
import optax
import pytest
from helpers import assert_close
from oracles.edges import FAST, filled, place

from curvkit.curvature._links import EFFECTS, trust_ratio
from curvkit.curvature._optimizers import transformed

WEIGHT = jnp.array([[1.0, -2.0, 0.5], [0.3, 4.0, -1.0]])
GRADIENT = jnp.array([[0.2, 1.0, -0.4], [-2.0, 0.1, 0.7]])
MOMENTUM = jnp.array([[-1.0, 0.4, 0.3], [0.6, -0.2, 1.5]])

PRIMITIVES = {
    "adam": optax.scale_by_adam(0.8, 0.95, 1e-2, 1e-3),
    "nadam": optax.scale_by_adam(0.8, nesterov=True),
    "yogi": optax.scale_by_yogi(0.8),
    "belief": optax.scale_by_belief(0.8, eps=1e-2),
    "amsgrad": optax.scale_by_amsgrad(0.8),
    "adamax": optax.scale_by_adamax(0.8),
    "rms": optax.scale_by_rms(0.8, 0.1),
    "rms with a count": optax.scale_by_rms(0.8, 0.1, eps_in_sqrt=False, bias_correction=True),
    "centred rms": optax.scale_by_stddev(0.8, 0.1),
    "rss": optax.scale_by_rss(),
    "factored": optax.scale_by_factored_rms(min_dim_size_to_factor=2),
    "unfactored": optax.scale_by_factored_rms(),
    "trace": optax.trace(0.8),
    "nesterov": optax.trace(0.8, nesterov=True),
    "ema": optax.ema(0.8),
    "plain ema": optax.ema(0.8, debias=False),
    "size of the weights": optax.scale_by_param_block_rms(),
    "length of the weights": optax.scale_by_param_block_norm(),
    "nothing": optax.scale_by_sign(),
}


@pytest.mark.parametrize("name", PRIMITIVES)
def test_a_link_makes_of_a_gradient_what_optax_makes_of_it(name):
    method = PRIMITIVES[name]
    before = filled(method.init(WEIGHT))
    if name == "centred rms":
        before = before._replace(mu=0.1 * MOMENTUM)
    else:
        kept = {field: MOMENTUM for field in FAST if field in before._fields}
        before = before._replace(**kept)
    expected, after = method.update(GRADIENT, before, WEIGHT)
    (link,) = transformed(method, after, place(WEIGHT))
    if name != "centred rms":
        link.leaves[0].update({field: MOMENTUM for field in FAST if field in link.leaves[0]})
    made = EFFECTS[link.kind](link, 0, WEIGHT).of(GRADIENT)
    # Of a sign it is what the sign is taken of.
    assert_close(jnp.sign(made) if link.kind == "sign" else made, expected, rtol=2e-5)


@pytest.mark.parametrize("name", ["lion", "muon"])
def test_the_momentum_of_lion_and_muon_is_what_the_step_follows(name):
    if name == "muon" and not hasattr(optax.contrib, "muon"):
        pytest.skip("this optax has no muon")
    method = optax.scale_by_lion(0.7, 0.9) if name == "lion" else optax.contrib.muon(1.0, beta=0.7)
    cover = place(WEIGHT)
    links = transformed(method, filled(method.init(WEIGHT)), cover)
    link = next(each for each in links if each.kind == name)
    link.leaves[0]["mu"] = MOMENTUM
    made = EFFECTS[name](link, 0, WEIGHT).of(GRADIENT)
    share = 0.7 if name == "lion" else 0.49
    assert_close(made, share * MOMENTUM + (1 - share) * GRADIENT, rtol=2e-3)


def test_a_trust_ratio_is_optaxs():
    method = optax.scale_by_trust_ratio(0.1, 0.5, 0.01)
    (link,) = transformed(method, method.init(WEIGHT), place(WEIGHT))
    for signal in (GRADIENT, 0 * GRADIENT):
        expected = method.update(signal, method.init(WEIGHT), WEIGHT)[0]
        assert_close(trust_ratio(link, signal, WEIGHT) * signal, expected, rtol=1e-5)
