"""The contest: one network trained at four rates, in one compiled program."""

import contextlib
import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from curvkit import data
from curvkit.core import tree
from curvkit.kernels import _blocks as blocks
from curvkit.kernels import _build as build
from curvkit.kernels import _kfac as kfac
from curvkit.kernels import _parts as parts
from curvkit.kernels import _runners as runners
from curvkit.kernels import _solution as solution
from curvkit.kernels._activations import ACTIVATIONS
from curvkit.kernels.contest import _foretold as foretold
from curvkit.kernels.contest import _networks as networks
from curvkit.kernels.contest import _tasks as tasks
from curvkit.kernels.contest import _weights as weights
from curvkit.kernels.contest.settings import Settings

EVERY, CLASSES = 10, runners.CLASSES
UNNORMALIZED = ("rescaled", "chain")
# The rates over that of the knob, and those of each method over these.
RATES, SCALES = np.array([1 / 9, 1 / 3, 1.0, 3.0]), {"sgd": 1.0, "adam": 1 / 30, "kfac": 10.0}
# Half a squared error is a sum over pixels, and as much steeper for gradient descent.
STEEP = {("autoencoder", "sgd"): 1 / 30}
FIRST = {"sgd": lambda: optax.trace(0.9), "adam": optax.scale_by_adam}


class State(NamedTuple):
    """What the next step needs: the four numbers, each runner's weights and moments.

    Data that are larger than digits are in it, too, for a program that holds them is slow to make.
    """

    numbers: jax.Array
    params: Any
    moments: Any
    key: jax.Array
    step: jax.Array
    ended: jax.Array
    large: Any = None


def fetched(name: str, most: int) -> data.Data:
    """The first so many pictures of the data of that name."""
    return getattr(data, name)(most)


def examples(settings: Settings) -> tuple[runners.Examples, runners.Examples]:
    """Inputs and targets: those trained on, and the others to be tested on.

    Raises:
        ConnectionError: with one sentence, if the data are not at hand and can't be fetched.
    """
    _, most = tasks.COUNTS[settings.data]
    pixels, labels = fetched(settings.data, most)
    return tasks.examples(pixels, labels, settings.task, settings.data)


def is_shaped(settings: Settings) -> bool:
    """Whether the activation is shaped; in the standard networks it never is."""
    return settings.shaping == "dks" and settings.network in UNNORMALIZED


def dial(settings: Settings) -> tuple[Any, Any]:
    """The gain and the bias of the affine layers."""
    if settings.network == "dial" and settings.weights != "dial":
        return weights.GAINS[settings.weights], 0.0
    if settings.network == "dial" or turned(settings):
        return settings.gain, settings.bias
    plain = settings.activation == "relu" and not is_shaped(settings)
    return networks.HE if plain else 1.0, 0.0


def turned(settings: Settings) -> bool:
    """Whether gain and bias of a plain network are turned."""
    return settings.shaping == "dial" and settings.network in UNNORMALIZED


def kind(settings: Settings) -> tuple[str, str]:
    """The normalisation and the shortcut, by the network's name or by the dial."""
    norm = settings.norm if settings.weights in weights.MIXED else "none"
    return networks.KINDS.get(settings.network, (norm, settings.shortcut))


def plans(settings: Settings, weight: Any) -> tuple[parts.Network, ...]:
    """The contender of the knobs; of an autoencoder what is before the few units, and after."""
    given = settings.network, settings.blocks, weight, *dial(settings)
    norm, shortcut = kind(settings)
    if settings.task == "autoencoder":
        return networks.halves(*given, norm=norm, shortcut=shortcut)
    window = 3 if settings.task == "images" else 1
    return (networks.contender(*given, window, norm, shortcut),)


def solve(settings: Settings) -> jax.Array:
    """α, β, γ and δ; of less than ζ where that is out of reach."""
    if not is_shaped(settings):
        return jnp.array([1.0, 0, 1, 0], jnp.float32)
    with tree.float64():
        goal, weight = solution.typed(settings.zeta), solution.typed(settings.weight)
        whole = parts.Chain(plans(settings, weight))
        base = ACTIVATIONS[settings.activation]
        ((shapes, _),) = solution.attained(base, "dks", (whole,), goal)
        return shapes.numbers[0, :4].astype(jnp.float32)


def activation(settings: Settings, numbers: jax.Array) -> Callable[[jax.Array], jax.Array]:
    """The nonlinearity with its four numbers."""
    function = ACTIVATIONS[settings.activation].function
    alpha, beta, gamma, delta = numbers
    return lambda x: gamma * (function(alpha * x + beta) + delta)


def shortcut_weight(settings: Settings) -> Any:
    """The weight of rescaled shortcuts, in single precision; 0 where there are none."""
    rescaled = kind(settings)[1] == "rescaled"
    return jnp.asarray(settings.weight, jnp.float32) if rescaled else 0.0


def model(settings: Settings, numbers: jax.Array) -> networks.Model:
    """The networks with their activation of four numbers."""
    base, shaped = ACTIVATIONS[settings.activation], activation(settings, numbers)
    width = max(settings.width // 4, 1) if settings.task == "images" else settings.width
    along = plans(settings, shortcut_weight(settings))
    ends = (
        (tasks.CODE, tasks.pixels_of(settings.data))
        if settings.task == "autoencoder"
        else (CLASSES,)
    )
    drawn = weights.initializer(settings.weights if settings.network == "dial" else "", width)
    built = (build.build(plan, base, width=width, outputs=end, initializer=drawn)
             for plan, end in zip(along, ends, strict=True))  # fmt: skip
    return networks.Model(tuple(dataclasses.replace(each, function=shaped) for each in built))


def method(settings: Settings, rate: Any) -> optax.GradientTransformationExtraArgs:
    """How a runner of that rate moves."""
    if settings.optimizer == "kfac":
        return kfac.kfac(rate, damping=settings.damping)
    return optax.chain(FIRST[settings.optimizer](), optax.scale(-rate))


def apart(settings: Settings) -> Any:
    """Which of a method's moments each runner has its own of: K-FAC's count is one for all."""
    own = kfac.State(count=None, factors=0, inverses=0, velocity=0)  # pyright: ignore
    return own if settings.optimizer == "kfac" else 0


def begin(settings: Settings, key: jax.Array) -> State:
    """The same weights for each rate; the seed is folded into `key`."""
    start, key = jax.random.split(runners.quick_key(key, settings.seed))
    numbers = solve(settings)
    with tree.float32():  # older JAX has float64 on around all of it, see `core.x64`
        known = examples(settings)
        params = model(settings, numbers).init(start, known[0][0][:1])
        params = jax.tree.map(
            lambda each: jnp.broadcast_to(each, (len(RATES), *each.shape)), params
        )
        make = jax.vmap(method(settings, 1.0).init, out_axes=apart(settings))
        moments = make(params)
        large = None if settings.data == "digits" else known
        return State(numbers, params, moments, key, jnp.zeros((), int), jnp.zeros((), bool), large)


def rates(settings: Settings) -> jax.Array:
    """The learning rate of each runner."""
    optimizer = settings.optimizer
    scale = SCALES[optimizer] * STEEP.get((settings.task, optimizer), 1.0)
    return settings.learning_rate * jnp.asarray(scale * RATES, jnp.float32)


class Judged(NamedTuple):
    """A network, what it is trained on, its loss, and what a reading says of its weights."""

    network: networks.Model
    trained: runners.Examples
    loss: Callable[[Any, Any, Any], jax.Array]
    measured: Callable[[Any], tuple[jax.Array, jax.Array]]


def judged(settings: Settings, state: State) -> Judged:
    """What a run's steps and readings take of it."""
    (inputs, targets), tested = state.large or examples(settings)
    task, network = settings.task, model(settings, state.numbers)
    # Of data that the program holds, at once: else its compiler works it out, for seconds.
    with contextlib.nullcontext() if state.large else jax.ensure_compile_time_eval():
        mean = jnp.mean(targets, axis=0)
    loss = lambda params, inputs, targets: tasks.loss(task, network.apply(params, inputs), targets)

    def measured(params):
        share = tasks.share(task, network.apply(params, tested[0]), tested[1], mean)
        return loss(params, inputs[:256], targets[:256]), share

    return Judged(network, (inputs, targets), loss, measured)


def opening(settings: Settings, state: State) -> dict[str, jax.Array]:
    """The first row of the trace: the runners begin with the same weights, of which one is read."""
    one = jax.tree.map(lambda each: each[0], state.params)
    read = judged(settings, state).measured(one)
    values, accuracy = (jnp.broadcast_to(each, (len(RATES),)) for each in read)
    return {"step": state.step, "loss": values, "accuracy": accuracy}


def reading(settings: Settings, state: State) -> tuple[State, dict[str, jax.Array]]:
    """One row of the trace, then `EVERY` training steps, or what is left of them."""
    task, (network, trained, loss, measured) = settings.task, judged(settings, state)

    def take(step, carry):
        number = tasks.BATCHES.get(task, runners.BATCH)
        batch = runners.batch(state.key, step, trained, number)
        drawn = jax.random.fold_in(jax.random.fold_in(state.key, step), 1)

        def one(params, moments, rate):
            gradient, given = jax.grad(loss)(params, *batch), {}
            if settings.optimizer == "kfac":
                likelihood = tasks.likelihood(task)
                given["factors"] = kfac.kronecker_factors(
                    network, params, batch[0], drawn, likelihood=likelihood
                )
            updates, moments = method(settings, rate).update(gradient, moments, params, **given)
            return jax.tree.map(jnp.add, params, updates), moments

        (params, moments), axes = carry, apart(settings)
        return jax.vmap(one, (0, axes, 0), (0, axes))(params, moments, rates(settings))

    values, accuracy = jax.vmap(measured)(state.params)
    row = {"step": state.step, "loss": values, "accuracy": accuracy}
    (params, moments), step, ended = runners.further(
        state.step, settings.steps, EVERY, take, (state.params, state.moments), values
    )
    return State(state.numbers, params, moments, state.key, step, ended, state.large), row


def finished(settings: Settings, state: State) -> jax.Array:
    """Whether no further reading is made."""
    return state.ended


def last(settings: Settings, state: State) -> dict[str, jax.Array]:
    """The fields of the trace that are no rows."""
    maps = expected(settings, state.numbers)._asdict()
    fields = {f"map_{name}": value for name, value in maps.items()}
    classes = jnp.asarray(CLASSES, jnp.float32)
    return {"rate": rates(settings), "classes": classes, **fields}


def expected(settings: Settings, numbers: jax.Array) -> foretold.Foretold:
    """What the maps say of the contender before it is trained."""
    function, weight = activation(settings, numbers), shortcut_weight(settings)
    norm, shortcut = kind(settings)
    ways = settings.weights if settings.network == "dial" else ""
    if ways == "dirac":
        block = lambda number: blocks.block(shortcut, parts.Chain(), weight, number)
        of = lambda whole: whole.weights if isinstance(whole, parts.Sum) else (0.0, 1.0)
        return foretold.of_dirac(function, lambda at: of(block(at)), settings.blocks)
    if ways == "mirrored":
        # Of two mirrored units only their difference is passed on.
        one = function
        function = lambda x: one(x) - one(-x)
    affine = parts.Affine(*dial(settings))
    block = lambda number: networks.block(norm, shortcut, weight, affine, number)
    more = 1 + (settings.task == "autoencoder")
    last = parts.Chain((networks.layer(norm, affine),), more)
    return foretold.of_blocks(function, block, last, settings.blocks)


def length(settings: Settings) -> int:
    """The most readings of a run."""
    return -(-settings.steps // EVERY) + 1
