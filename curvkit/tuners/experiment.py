"""The tuners room's run: each contender trained from the same seeds, curvature along the way."""

import functools
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from curvkit import data
from curvkit.core import devices, knob
from curvkit.core.flows import FLOWS
from curvkit.curvature import _rules as rules
from curvkit.curvature._tasks import Task, task
from curvkit.curvature._thresholds import critical
from curvkit.tuners import _flowing as flowing
from curvkit.tuners import _free as free
from curvkit.tuners import _reading as readings
from curvkit.tuners import _sweeps as sweeps
from curvkit.tuners._choices import choose
from curvkit.tuners._names import contenders
from curvkit.tuners._rivals import constant
from curvkit.tuners._tuned import Tuned
from curvkit.tuners.settings import Settings

SMOOTHING = 0.1
CONTEXT = 32  # Characters in a piece of the transformer's text.


class Runner(NamedTuple):
    """One contender, with a leading axis of seeds: flat parameters, the tuners' states."""

    params: jax.Array
    tuned: Any
    before: Any
    key: jax.Array
    diverged_at: jax.Array


class State(NamedTuple):
    """What the next step needs: a `Runner` for each contender, what is watched, and the step."""

    runners: tuple[Runner, ...]
    watch: readings.CurvatureState
    step: jax.Array
    flows: flowing.Flowing | None = None


def kinds(settings: Settings) -> tuple[str, ...]:
    """Which flows go beside the runs: those of steps along the gradient of all data are known."""
    return FLOWS[settings.flow] if settings.base == "gd" and not settings.batch else ()


def problem(settings: Settings) -> Task:
    """The network on its examples: how it starts, its loss on some of them, how many they are."""
    name = settings.task if settings.data == "digits" else "mlp"
    inputs, targets = examples_of(name, settings)
    # Softmax over a single output would be constant: a polynomial is always fitted by squares.
    loss = settings.loss if targets.shape[-1] > 1 else "mse"
    if loss == "cross_entropy" and name != "transformer":
        targets = (1 - SMOOTHING) * targets + SMOOTHING / targets.shape[1]
    names = ("width", "depth", "activation", "initialization")
    shape = {each: getattr(settings, each) for each in names}
    return task(name, inputs, targets, loss=loss, **shape)


def examples_of(name: str, settings: Settings) -> data.Data:
    """The digits, the characters or the polynomial that a task is about."""
    if settings.data == "chebyshev":
        return data.chebyshev()
    if name == "transformer":
        return data.characters(max(settings.examples, CONTEXT), CONTEXT)
    return data.digits(settings.examples)


def methods(settings: Settings, name: str):
    """The tuner of that name on the chosen base, and the constant rate before the handover."""
    own = free.base_of(name, settings.base)
    base = rules.direction(own, settings.momentum, settings.second_moment_decay)
    numbers = {each: getattr(settings, each) for each in (
        "sigma", "ema", "max_learning_rate", "learning_rate", "warm_up_steps", "steps", "slope",
        "hypergradient_rate",
    )}  # fmt: skip
    shape = functools.partial(diagonal, settings, settings.base)
    plain = settings.base not in ("rmsprop", "adam")
    edge = critical(settings.base, momentum=settings.momentum)
    numbers = SimpleNamespace(**numbers, diagonal=None if plain else shape, critical=edge)
    return choose(name, base, numbers), constant(base, settings.learning_rate)


def diagonal(settings: Settings, base: str, base_state: Any, params: jax.Array) -> jax.Array:
    """The diagonal of a base's preconditioner."""
    return rules.preconditioner(
        base, base_state, params, settings.momentum, settings.second_moment_decay
    )


def judged_by(settings: Settings, name: str, tuned: Any, params: jax.Array) -> jax.Array:
    """The diagonal of P, by which a contender's edge is at the critical value of the base."""
    own = diagonal(settings, free.base_of(name, settings.base), tuned.base, params)
    edge = critical(settings.base, momentum=settings.momentum)
    return free.own_diagonal(name, tuned, own, edge) if name in free.FREE else own


def begin(settings: Settings, key: jax.Array) -> State:
    """The state before the first reading; the seeds are folded into `key`."""
    draw = problem(settings).start

    def start(number):
        run_key = jax.random.fold_in(key, settings.seed + number)
        start_key, run_key = jax.random.split(run_key)
        return draw(start_key), run_key

    def one(name, params, run_key):
        tuned, before = (each.init(params) for each in methods(settings, name))
        return Runner(params, tuned, before, run_key, jnp.full((), -1))

    # Random numbers take longest to compile: they are drawn once, for all contenders.
    starts = devices.spread(jax.vmap(start)(jnp.arange(settings.seeds)))
    names = contenders(settings.tuner, settings.rival)
    runners = tuple(jax.vmap(functools.partial(one, name))(*starts) for name in names)
    watch = readings.blank(starts[0][0])
    many = lambda each: jnp.broadcast_to(each, (len(names), settings.seeds, *each.shape))
    begun = jnp.broadcast_to(starts[0], (len(names), *starts[0].shape))
    flows = flowing.begun(kinds(settings), begun, key)
    return State(runners, jax.tree.map(many, watch), jnp.zeros((), int), flows)


def seen_loss(settings: Settings, key: jax.Array, step: jax.Array):
    """The loss of what a step sees: all examples, or a batch drawn for it."""
    _, whole, count = problem(settings)
    if not settings.batch:
        return whole
    drawn = jax.random.fold_in(key, step)
    rows = jax.random.choice(drawn, count, (min(settings.batch, count),), replace=False)
    return lambda params: whole(params, rows)


def take(settings: Settings, name: str, runner: Runner, step: jax.Array):
    """One training step: the runner after it, the learning rate, the direction and the loss."""
    method, fixed = methods(settings, name)
    loss = seen_loss(settings, runner.key, step)
    value, grads = jax.value_and_grad(loss)(runner.params)
    late = step >= settings.handover

    def tune(runner):
        updates, tuned = method.update(
            grads, runner.tuned, runner.params, value_fn=loss, value=value
        )
        return updates, tuned, tuned.learning_rate, runner.before

    def hold(runner):
        before: Any
        updates, before = fixed.update(grads, runner.before, runner.params)
        # The tuner's base goes along, so that it takes over a direction and not a standing start.
        held = runner.tuned._replace(base=before.base)
        return updates, held, before.learning_rate, before

    updates, tuned, rate, before = jax.lax.cond(late, tune, hold, runner)
    lost = ~jnp.isfinite(value) & (runner.diverged_at < 0)
    diverged_at = jnp.where(lost, step, runner.diverged_at)
    stepped = runner._replace(
        params=runner.params + updates, tuned=tuned, before=before, diverged_at=diverged_at
    )
    return stepped, rate, updates / jnp.where(rate > 0, rate, 1.0), value


def advance(settings: Settings, name: str, runner: Runner, step: jax.Array, count: jax.Array, last):
    """So many steps: the runner after them, what the first of them is, and the sums over them."""

    def one(number, carry):
        runner, first, sums = carry
        stepped, rate, direction, value = take(settings, name, runner, number)
        weights = judged_by(settings, name, stepped.tuned, runner.params)
        own = readings.First(rate, direction, weights)
        # Recorded inside the loop: a separate first step would compile every tuner a second time.
        first = jax.tree.map(lambda new, old: jnp.where(number == step, new, old), own, first)
        if sums is not None:
            sums = flowing.stepped(sums, runner.params, stepped.params, value, rate)
        return stepped, first, sums

    params = runner.params
    first = readings.First(jnp.zeros(()), jnp.zeros_like(params), jnp.ones_like(params))
    sums = None if last is None else flowing.nothing(params, last)
    return jax.lax.fori_loop(step, step + count, one, (runner, first, sums))


def reading(settings: Settings, state: State) -> tuple[State, dict[str, jax.Array]]:
    """One row of the trace, then `settings.every` training steps, or what is left of them."""
    further = jnp.maximum(jnp.minimum(settings.every, settings.steps - state.step), 1)
    names, loss = contenders(settings.tuner, settings.rival), problem(settings).loss
    known = [name not in free.FREE for name in names]
    row = flowing.row(kinds(settings), state.flows, loss, known=known, seeds=settings.seeds)
    runners, firsts, sums = [], [], []
    for at, (name, runner) in enumerate(zip(names, state.runners, strict=True)):

        def one(runner, last, name=name):
            return advance(settings, name, runner, state.step, further, last)

        stepped, first, total = jax.vmap(one)(runner, state.flows and state.flows.last[at])
        runners.append(stepped)
        firsts.append(first)
        sums.append(total)
    # Only the tuners differ: what is measured is one program for all of them.
    stacked = lambda each: jax.tree.map(lambda *one: jnp.stack(one), *each)
    weighed = free.shaped(settings.base, names)

    def measure(params, key, watch, first):
        seen = seen_loss(settings, key, state.step)
        key = jax.random.fold_in(key, state.step)
        return readings.measure(loss, seen, params, key, watch, first, weighed)

    params, keys = stacked([(each.params, each.key) for each in state.runners])
    watch, measured = jax.vmap(jax.vmap(measure))(params, keys, state.watch, stacked(firsts))
    row |= measured | {name: measured[name][:, 0] for name in ("across", "along")}
    flows = state.flows and flowing.went(
        kinds(settings), state.flows, loss, stacked(sums),
        count=further, begins=state.step >= settings.flow_from,
    )  # fmt: skip
    return State(tuple(runners), watch, state.step + further, flows), row | {"step": state.step}


def finished(settings: Settings, state: State) -> jax.Array:
    """Whether all steps are taken, or every run has diverged."""
    diverged = jnp.stack([jnp.all(each.diverged_at >= 0) for each in state.runners])
    return (state.step > settings.steps) | jnp.all(diverged)


def last(settings: Settings, state: State) -> dict[str, jax.Array]:
    """The fields of the trace that are no rows."""
    return {
        "critical": jnp.asarray(critical(settings.base, momentum=settings.momentum), float),
        "diverged_at": jnp.stack([each.diverged_at for each in state.runners]),
    }


def tune(
    *,
    rates: Sequence[float] = (),
    sigmas: Sequence[float] = sweeps.SIGMAS,
    emas: Sequence[float] = (),
    rivals: Sequence[str] = (),
    batches: Sequence[int] = (0,),
    **knobs: Any,
) -> Tuned:
    """Trains with many constant rates, with CDAT and with Armijo's search, from the same starts.

    Args:
        rates: the constant rates, each above 0; some usual ones of the base if there are none.
        sigmas, emas: of CDAT, above 0; how much of its averages is kept, below 1, the knob if none.
        rivals: of `schedule_free`, told with the best of the rates, and `prodigy`.
        batches: how many examples a step sees, each at least 0; 0 is all of them.
        knobs: of the room, but for `tuner`, `rival`, `every`, `handover` and `batch`.

    Raises:
        ValueError: with one sentence, where a number, a rival or a knob is refused.
    """
    settings = Settings.read(knobs)
    tried = sweeps.tried(settings, rates, sigmas, emas, rivals)
    sizes, there = sweeps.sizes(batches), problem(settings)
    steps = max(settings.steps, sweeps.READINGS)
    starts, keys = sweeps.begun(there.start, settings.seed, settings.seeds)
    constants, levels = sweeps.beside(there, tried, starts, keys, batches=sizes, steps=steps)
    first, tested = np.asarray(jax.vmap(there.loss)(starts)), np.asarray(tried.rates, float)
    return Tuned(knob.as_dict(settings), tuple(sizes), tested, first, constants, levels)
