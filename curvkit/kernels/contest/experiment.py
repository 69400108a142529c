"""The contest: one network trained at four rates, in one compiled program."""

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from curvkit import data
from curvkit.core import tree
from curvkit.kernels import _build as build
from curvkit.kernels import _runners as runners
from curvkit.kernels import _solution as solution
from curvkit.kernels._activations import ACTIVATIONS
from curvkit.kernels.contest import _networks as networks
from curvkit.kernels.contest.settings import Settings

EVERY, CLASSES = 10, runners.CLASSES
# The rates over that of the knob, and Adam's over those.
RATES, ADAM = np.array([1 / 9, 1 / 3, 1.0, 3.0]), 1 / 30
METHODS = {"sgd": lambda: optax.trace(0.9), "adam": optax.scale_by_adam}


class State(NamedTuple):
    """What the next step needs: the four numbers, each runner's weights and moments."""

    numbers: jax.Array
    params: Any
    moments: Any
    key: jax.Array
    step: jax.Array
    ended: jax.Array


def digits():
    """Inputs of mean square 1 and labels: those trained on, and the others to be tested on."""
    return runners.split(*data.digits(1797))


def is_shaped(settings: Settings) -> bool:
    """Whether the activation is shaped; in the standard networks it never is."""
    return settings.shaping == "dks" and settings.network in ("rescaled", "chain")


def network(settings: Settings, weight: Any) -> Any:
    """The contender of the knobs."""
    plain = settings.activation == "relu" and not is_shaped(settings)
    return networks.contender(
        settings.network, settings.blocks, weight, networks.HE if plain else 1.0
    )


def solve(settings: Settings) -> jax.Array:
    """α, β, γ and δ; of less than ζ where that is out of reach."""
    if not is_shaped(settings):
        return jnp.array([1.0, 0, 1, 0], jnp.float32)
    with tree.float64():
        goal, weight = solution.typed(settings.zeta), solution.typed(settings.weight)
        plan = network(settings, weight)
        base = ACTIVATIONS[settings.activation]
        ((made, _),) = solution.attained(base, "dks", (plan,), goal)
        return made.numbers[0, :4].astype(jnp.float32)


def built(settings: Settings, numbers: jax.Array) -> build.Built:
    """The network with its activation of four numbers."""
    weight = jnp.asarray(settings.weight, jnp.float32) if settings.network == "rescaled" else 0.0
    plan = network(settings, weight)
    base = ACTIVATIONS[settings.activation]
    made = build.build(plan, base, width=settings.width, outputs=CLASSES)
    alpha, beta, gamma, delta = numbers
    shaped = lambda x: gamma * (base.function(alpha * x + beta) + delta)
    return dataclasses.replace(made, function=shaped)


def begin(settings: Settings, key: jax.Array) -> State:
    """The same weights for each rate; the seed is folded into `key`."""
    start, key = jax.random.split(runners.quick_key(key, settings.seed))
    numbers = solve(settings)
    with tree.float32():  # older JAX has float64 on around all of it, see `core.x64`
        params = built(settings, numbers).init(start, digits()[0][0])
        params = jax.tree.map(
            lambda each: jnp.broadcast_to(each, (len(RATES), *each.shape)), params
        )
        moments = jax.vmap(METHODS[settings.optimizer]().init)(params)
        return State(numbers, params, moments, key, jnp.zeros((), int), jnp.zeros((), bool))


def rates(settings: Settings) -> jax.Array:
    """The learning rate of each runner."""
    scale = ADAM if settings.optimizer == "adam" else 1.0
    return settings.learning_rate * jnp.asarray(scale * RATES, jnp.float32)


def reading(settings: Settings, state: State) -> tuple[State, dict[str, jax.Array]]:
    """One row of the trace, then `EVERY` training steps, or what is left of them."""
    (inputs, labels), tested = digits()
    model, method = built(settings, state.numbers), METHODS[settings.optimizer]()

    def loss(params, inputs, labels):
        outputs = model.apply(params, inputs)
        return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(outputs, labels))

    def measured(params):
        right = jnp.argmax(model.apply(params, tested[0]), axis=1) == tested[1]
        return loss(params, inputs[:256], labels[:256]), jnp.mean(right.astype(jnp.float32))

    def take(step, carry):
        batch = runners.batch(state.key, step, (inputs, labels))

        def one(params, moments, rate):
            direction, moments = method.update(jax.grad(loss)(params, *batch), moments)
            move = lambda value, along: value - rate * along
            return jax.tree.map(move, params, direction), moments

        params, moments = carry
        return jax.vmap(one)(params, moments, rates(settings))

    values, accuracy = jax.vmap(measured)(state.params)
    row = {"step": state.step, "loss": values, "accuracy": accuracy}
    (params, moments), step, ended = runners.further(
        state.step, settings.steps, EVERY, take, (state.params, state.moments), values
    )
    return State(state.numbers, params, moments, state.key, step, ended), row


def finished(settings: Settings, state: State) -> jax.Array:
    """Whether no further reading is made."""
    return state.ended


def last(settings: Settings, state: State) -> dict[str, jax.Array]:
    """The fields of the trace that are no rows."""
    return {"rate": rates(settings), "classes": jnp.asarray(CLASSES, jnp.float32)}


def length(settings: Settings) -> int:
    """The most readings of a run."""
    return -(-settings.steps // EVERY) + 1
