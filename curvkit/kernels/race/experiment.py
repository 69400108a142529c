"""The race: plain, DKS and TAT trained side by side on digits, in one compiled program."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from curvkit import data
from curvkit.core import tree
from curvkit.kernels import _networks as networks
from curvkit.kernels import _runners as runners
from curvkit.kernels import _solution as solution
from curvkit.kernels._activations import ACTIVATIONS
from curvkit.kernels.race import _network as network
from curvkit.kernels.race.settings import Settings
from curvkit.kernels.race.trace import METHODS

EVERY, RUNNERS, CLASSES = 5, len(METHODS), runners.CLASSES


class State(NamedTuple):
    """What the next step needs: each runner's numbers, weights and Adam's moments."""

    numbers: jax.Array
    params: network.Params
    adam: Any
    key: jax.Array
    step: jax.Array
    ended: jax.Array


def digits():
    """Inputs of mean square 1 and labels: those trained on, and the others to be tested on."""
    return runners.split(*data.digits(1797))


def linear_accuracy() -> float:
    """The test accuracy of logistic regression on the race's own digits, from 0 to 1."""
    return network.linear_accuracy(*digits())


def solve(activation: str, depth: int, zeta: Any, tau: Any) -> jax.Array:
    """The four numbers of the three runners; where a target is out of reach, for less of it."""
    base, network = ACTIVATIONS[activation], networks.feed_forward(depth)
    rows = [jnp.array([1.0, 0, 1, 0], jnp.float32)]
    with tree.float64():
        for method, goal in (("dks", zeta), ("tat", tau)):
            goal = jnp.asarray(goal, jnp.float64)
            ((shapes, _),) = solution.attained(base, method, (network,), goal)
            rows.append(shapes.numbers[0, :4].astype(jnp.float32))
        return jnp.stack(rows)


def begin(settings: Settings, key: jax.Array) -> State:
    """Three networks with the same weights; the seed is folded into `key`."""
    start, key = jax.random.split(runners.quick_key(key, settings.seed))
    numbers = solve(settings.activation, settings.depth, settings.zeta, settings.tau)
    with tree.float32():  # older JAX has float64 on around all of it, see `core.x64`
        inputs = digits()[0][0].shape[1]
        sizes = (inputs, settings.width, CLASSES)
        params = network.init(start, sizes, settings.depth, settings.orthogonal)
        params = jax.tree.map(lambda each: jnp.broadcast_to(each, (RUNNERS, *each.shape)), params)
        adam = jax.vmap(optax.scale_by_adam().init)(params)
        return State(numbers, params, adam, key, jnp.zeros((), int), jnp.zeros((), bool))


def reading(settings: Settings, state: State) -> tuple[State, dict[str, jax.Array]]:
    """One row of the trace, then `EVERY` training steps, or what is left of them."""
    (inputs, labels), tested = digits()
    function = ACTIVATIONS[settings.activation].function

    def loss(params, numbers, inputs, labels):
        outputs = network.predict(params, inputs, function, numbers)
        return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(outputs, labels))

    def measured(params, numbers):
        outer = network.hidden(params, tested[0], function, numbers)
        right = jnp.argmax(outer @ params.last, axis=1) == tested[1]
        return (
            loss(params, numbers, inputs[:256], labels[:256]),
            jnp.mean(right.astype(jnp.float32)),
            network.mean_cosine(outer),
        )

    def take(step, carry):
        params, adam = carry
        batch = runners.batch(state.key, step, (inputs, labels))

        def one(params, adam, numbers):
            gradient = jax.grad(loss)(params, numbers, *batch)
            direction, adam = optax.scale_by_adam().update(gradient, adam)
            move = lambda value, along: value - settings.learning_rate * along
            return jax.tree.map(move, params, direction), adam

        return jax.vmap(one)(params, adam, state.numbers)

    values, accuracy, spread = jax.vmap(measured)(state.params, state.numbers)
    row = {"step": state.step, "loss": values, "accuracy": accuracy, "spread": spread}
    (params, adam), step, ended = runners.further(
        state.step, settings.steps, EVERY, take, (state.params, state.adam), values
    )
    return State(state.numbers, params, adam, state.key, step, ended), row


def finished(settings: Settings, state: State) -> jax.Array:
    """Whether no further reading is made."""
    return state.ended


def last(settings: Settings, state: State) -> dict[str, jax.Array]:
    """The fields of the trace that are no rows."""
    return {
        "parameters": state.numbers,
        "classes": jnp.asarray(CLASSES, jnp.float32),
    }


def length(settings: Settings) -> int:
    """The most readings of a run."""
    return -(-settings.steps // EVERY) + 1
