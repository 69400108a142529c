"""The run of SAM and of gradient descent side by side, with the sharpness of both."""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from curvkit import data
from curvkit.curvature import _network as network
from curvkit.curvature._eigenpairs import EigenPairs, same_side, top_eigenpairs
from curvkit.sam._sharpness_aware import (
    sam_bounce,
    sam_edge,
    sam_gradient,
    sam_perturbation,
)
from curvkit.sam.settings import Settings

# Warm readings stop by themselves after four products or so, a cold one at 20.
MOST_PRODUCTS, TOLERANCE = 20, (1e-3,)
# Of the quadratic: the sharpness, which is below the edge of gradient descent at the default rate.
SHARPEST, WEIGHTS = 15.0, 10


class State(NamedTuple):
    """What the next step needs; but for key and step with a leading axis of the two methods."""

    params: jax.Array
    pairs: EigenPairs
    diverged_at: jax.Array
    key: jax.Array
    step: jax.Array


def problem(settings: Settings):
    """`start(key)`, the flat parameters (P,) to begin with, and `loss(params)`."""
    if settings.data == "quadratic":
        eigenvalues = SHARPEST * jnp.logspace(0, -2, WEIGHTS)
        return lambda key: jax.random.normal(key, (WEIGHTS,)), network.quadratic(eigenvalues)
    inputs, targets = data.digits(settings.examples)
    sizes = [inputs.shape[1], *[settings.width] * settings.depth, targets.shape[1]]
    layers = network.unflattened(sizes)

    def loss(params):
        outputs = network.predict(layers(params), inputs, "tanh")
        return network.mean_squared_error(outputs, targets)

    return lambda key: ravel_pytree(network.mlp(key, sizes, "torch"))[0], loss


def radii(settings: Settings) -> jax.Array:
    """How far uphill each of the two takes its gradient: gradient descent is SAM with ρ = 0."""
    return jnp.stack([jnp.asarray(settings.rho, float), jnp.zeros(())])


def begin(settings: Settings, key: jax.Array) -> State:
    """Both start from the same weights; the seed is folded into `key`."""
    start_key, key = jax.random.split(jax.random.fold_in(key, settings.seed))
    params = problem(settings)[0](start_key)
    both = lambda each: jnp.stack([each] * 2)
    pairs = jax.tree.map(both, EigenPairs.blank(params))
    return State(both(params), pairs, jnp.full((2,), -1), key, jnp.zeros((), int))


def measure(settings: Settings, key: jax.Array, radius, params, before: EigenPairs):
    """The top eigenpair at `params`, and what the trace holds of one method there."""
    _, loss = problem(settings)
    options = dict(num_hvps=MOST_PRODUCTS, tolerance=TOLERANCE)
    pairs = top_eigenpairs(loss, params, key=key, start=before, **options)
    pairs = same_side(pairs, before)
    value, gradient = jax.value_and_grad(loss)(params)
    norm, top = jnp.linalg.norm(gradient), pairs.vectors[0] @ gradient
    row = {
        "loss": value,
        "worst_loss": loss(params + sam_perturbation(gradient, settings.rho)),
        "sharpness": pairs.values[0],
        "edge": sam_edge(norm, settings.learning_rate, radius),
        "gradient_norm": norm,
        "alignment": (top / norm) ** 2,
        "offset": top / pairs.values[0],
    }
    return pairs, row


def train(settings: Settings, begun: jax.Array, count: jax.Array, radius, params, diverged_at):
    """So many steps of one method from step `begun` on: its parameters, and where it diverged."""
    _, loss = problem(settings)

    def take(step, carry):
        params, diverged_at = carry
        lost = ~jnp.isfinite(loss(params)) & (diverged_at < 0)
        params = params - settings.learning_rate * sam_gradient(loss, params, radius)
        return params, jnp.where(lost, step, diverged_at)

    return jax.lax.fori_loop(begun, begun + count, take, (params, diverged_at))


def reading(settings: Settings, state: State) -> tuple[State, dict[str, jax.Array]]:
    """One row of the trace, then `settings.every` steps of both, or what is left of them."""
    key, radius = jax.random.fold_in(state.key, state.step), radii(settings)
    measured = jax.vmap(functools.partial(measure, settings, key))
    pairs, row = measured(radius, state.params, state.pairs)
    # After the reading at the last step one more is counted, by which the run is over.
    further = jnp.maximum(jnp.minimum(settings.every, settings.steps - state.step), 1)
    trained = jax.vmap(functools.partial(train, settings, state.step, further))
    params, diverged_at = trained(radius, state.params, state.diverged_at)
    bounce = sam_bounce(pairs.values[0, 0], settings.learning_rate, settings.rho)
    row |= {"step": state.step, "bounce": bounce}
    return State(params, pairs, diverged_at, state.key, state.step + further), row


def finished(settings: Settings, state: State) -> jax.Array:
    """Whether the reading at the last step was made, or both have diverged."""
    return (state.step > settings.steps) | jnp.all(state.diverged_at >= 0)


def last(settings: Settings, state: State) -> dict[str, jax.Array]:
    """The field of the trace that is no row."""
    return {"diverged_at": state.diverged_at}
