"""The curvature room's run: full-batch training, its sharpness taken inside the program."""

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from curvkit import data
from curvkit.core.flows import FLOWS
from curvkit.curvature import _batches as batches
from curvkit.curvature import _beside as besides
from curvkit.curvature import _generalised as generalised
from curvkit.curvature import _network as network
from curvkit.curvature import _rules as rules
from curvkit.curvature._eigenpairs import EigenPairs, same_side, top_eigenpairs
from curvkit.curvature._tasks import Task, shapes, task
from curvkit.curvature._thresholds import critical
from curvkit.curvature.settings import Settings

# A cold reading stops at 20 products; warm ones stop by themselves after four or so.
MOST_PRODUCTS = 20
# Of the transformer, how many characters stand in a piece of text.
CONTEXT = 32
# What is folded into a run's key for its batches: steps and readings have keys of their own.
BATCHES = 1 << 20
TOLERANCES = {1: (1e-4,), 2: (1e-3, 1e-2)}
# Products to climb in a norm from four places: what climbs longer was not seen to end higher.
CLIMB = 12


class State(NamedTuple):
    """What the next step needs: flat parameters (P,), the rule's state, and the last eigenpairs."""

    params: jax.Array
    rule: Any
    pairs: EigenPairs
    raw_pairs: EigenPairs
    key: jax.Array
    step: jax.Array
    diverged_at: jax.Array
    ended: jax.Array
    beside: besides.Beside | None = None


def kinds(settings: Settings) -> tuple[str, ...]:
    """Which flows go beside the run: those of gradient descent on all data alone are known."""
    return FLOWS[settings.flow] if settings.rule == "gd" and not batch(settings) else ()


def batch(settings: Settings) -> int:
    """How many examples a step sees, 0 where it sees all; a quadratic has none."""
    return 0 if settings.data == "quadratic" else settings.batch


def trained(settings: Settings) -> tuple[Task, generalised.Matrices]:
    """The network on its examples, and the matrices in its flat parameters."""
    if settings.data == "quadratic":
        loss = network.quadratic(jnp.logspace(0, -2, 10) * 20.0)
        start = lambda key: settings.weight_scale * jnp.ones(10)
        return Task(start, lambda params, rows=None: loss(params), 1), generalised.Matrices([(10,)])
    name = settings.task if settings.data == "digits" else "mlp"
    examples = (
        data.chebyshev() if settings.data == "chebyshev"
        else data.characters(max(settings.examples, CONTEXT), CONTEXT) if name == "transformer"
        else data.digits(settings.examples)
    )  # fmt: skip
    shape = {each: getattr(settings, each) for each in ("width", "depth", "activation")}
    problem = task(
        name, *examples, loss=settings.loss, initialization=settings.initialization,
        scale=settings.weight_scale, **shape,
    )  # fmt: skip
    return problem, generalised.Matrices(shapes(name, *examples, **shape))


def problem(settings: Settings):
    """`start(key)`, the flat parameters to begin with, and `loss(params)` on all examples."""
    start, loss, _ = trained(settings)[0]
    # Of the parameters alone: what else a loss takes, readers of curvature would hand on.
    return start, lambda params: loss(params)


def seen(settings: Settings, key: jax.Array, step: jax.Array):
    """The loss of what a step sees: all examples, or a batch drawn for it."""
    of, _ = trained(settings)
    if not batch(settings):
        return lambda params: of.loss(params)
    rows = batches.rows(jax.random.fold_in(key, BATCHES), step, of.examples, batch(settings))
    return lambda params: of.loss(params, rows)


def ruled(settings: Settings):
    """The rule as optax's own transformation of flat parameters."""
    parts = trained(settings)[1]
    return rules.direction(settings.rule, settings.momentum, settings.second_moment_decay, parts)


def begin(settings: Settings, key: jax.Array) -> State:
    """The state before the first reading; the seed is folded into `key`."""
    key = jax.random.fold_in(key, settings.seed)
    start_key, key = jax.random.split(key)
    params = problem(settings)[0](start_key)
    pairs, raw = EigenPairs.blank(params, settings.eigenvalues), EigenPairs.blank(params)
    never = jnp.full((), -1)
    beside = besides.init(kinds(settings), params, key)
    begun = jnp.zeros((), int), never, jnp.zeros((), bool), beside
    return State(params, ruled(settings).init(params), pairs, raw, key, *begun)


def reading(settings: Settings, state: State) -> tuple[State, dict[str, jax.Array]]:
    """One row of the trace, then `settings.every` training steps, or what is left of them."""
    _, loss = problem(settings)
    rule, flowing = ruled(settings), kinds(settings)

    def take(step, carry):
        params, rule_state, diverged_at, total = carry
        value, gradient = jax.value_and_grad(seen(settings, state.key, step))(params)
        total = jax.tree.map(jnp.add, total, besides.Mean(params, value) if flowing else None)
        direction: Any
        direction, rule_state = rule.update(gradient, rule_state, params)
        lost = ~jnp.isfinite(value) & (diverged_at < 0)
        params = params - settings.learning_rate * direction
        return params, rule_state, jnp.where(lost, step, diverged_at), total

    # The gradient of the reading is that of the first step after it: it is not taken twice.
    value, gradient = jax.value_and_grad(loss)(state.params)
    followed = gradient
    if batch(settings):
        followed = jax.grad(seen(settings, state.key, state.step))(state.params)
    direction: Any
    direction, rule_state = rule.update(followed, state.rule, state.params)
    diagonal = rules.preconditioner(
        settings.rule, rule_state, state.params, settings.momentum, settings.second_moment_decay
    )
    pairs, raw, row = measure(settings, state, loss, (gradient, followed), diagonal, rule_state)
    row |= {"step": state.step, "loss": value}
    row |= besides.row(flowing, state.beside, loss)
    row |= _valley(settings, state.params, loss, pairs.vectors[0] / jnp.sqrt(diagonal), row)

    further = jnp.minimum(settings.every, settings.steps - state.step)
    params = jnp.where(further > 0, state.params - settings.learning_rate * direction, state.params)
    diverged_at = jnp.where(jnp.isfinite(value), -1, state.step)
    total = besides.Mean(0.5 * state.params, value) if flowing else None
    params, rule_state, diverged_at, total = jax.lax.fori_loop(
        state.step + 1, state.step + further, take, (params, rule_state, diverged_at, total)
    )
    beside = _gone_on(settings, state, loss, total, params, further)
    step, ended = state.step + jnp.maximum(further, 0), (further <= 0) | (diverged_at >= 0)
    return State(params, rule_state, pairs, raw, state.key, step, diverged_at, ended, beside), row


def _gone_on(settings: Settings, state: State, loss, total, params, further):
    """What is beside the run after the steps of a reading, which ended at `params`."""
    if state.beside is None:
        return None
    total = total._replace(params=total.params + 0.5 * params)
    rate = settings.learning_rate
    return besides.went(
        kinds(settings), state.beside, loss, total, count=further, time=rate * further,
        edge=2 / rate, begins=state.step >= settings.flow_from,
    )  # fmt: skip


# Half of the stretch that is sampled, at least; wider where the iterate is thrown.
LEAST_HALF = 0.2
WIDER = 2.2


def _valley(settings: Settings, params, loss, top, row) -> dict[str, jax.Array]:
    """The loss along the top direction, from its own floor, and where the iterate is in it.

    In the measure of the preconditioner, in which one step of gradient descent takes x to about
    (1 − ηλ) x.
    """
    lam = row["preconditioned_sharpness"]
    guess = row["top_gradient"] / jnp.where(lam > 0, lam, jnp.nan)
    edge = _critical(settings) / settings.learning_rate
    points = settings.valley_points
    if points < 3:
        none = jnp.zeros(())
        valley = {"valley": jnp.zeros((points,)), "valley_start": none, "valley_end": none}
        return valley | {"distance": guess, "edge": jnp.asarray(edge, float)}
    guess = jnp.nan_to_num(guess)
    half = jnp.maximum(LEAST_HALF, WIDER * jnp.abs(guess))
    along = -guess + half * jnp.linspace(-1.0, 1.0, points)
    values = jax.vmap(lambda s: loss(params + s * top))(along)
    # The vertex of the parabola through the lowest sample and its neighbours.
    at = jnp.clip(jnp.argmin(values), 1, points - 2)
    left, low, right = values[at - 1], values[at], values[at + 1]
    bend = jnp.maximum(left - 2 * low + right, 1e-12)
    shift = jnp.clip(0.5 * (left - right) / bend, -1.0, 1.0)
    floor_at = along[at] + shift * (along[1] - along[0])
    floor = low - 0.125 * (left - right) ** 2 / bend
    return {
        "valley": values - floor, "valley_start": along[0] - floor_at,
        "valley_end": along[-1] - floor_at, "distance": -floor_at,
        "edge": jnp.asarray(edge, float),
    }  # fmt: skip


def _critical(settings: Settings) -> Any:
    decay = settings.second_moment_decay
    return critical(settings.rule, momentum=settings.momentum, second_moment_decay=decay)


def measure(settings, state, loss, gradients, diagonal, rule_state):
    """The eigenpairs and what the trace holds of them, at `state.params`.

    `gradients` are those of all data and of what the step sees; `rule_state` is the rule's then.
    """
    key = jax.random.fold_in(state.key, state.step)
    gradient, followed = gradients
    shaped = settings.rule in ("rmsprop", "adam")
    look = functools.partial(top_eigenpairs, loss, state.params, key=key, num_hvps=MOST_PRODUCTS)
    k = settings.eigenvalues
    if settings.rule in generalised.NORMS:
        raw = look(start=state.raw_pairs, tolerance=TOLERANCES[1])
        pairs, row = _in_a_norm(settings, state, loss, gradients, rule_state, raw)
    else:
        pairs = look(
            k, start=state.pairs, tolerance=TOLERANCES[k],
            preconditioner=diagonal if shaped else None,
        )  # fmt: skip
        raw = look(start=state.raw_pairs, tolerance=TOLERANCES[1]) if shaped else pairs
        pairs = same_side(pairs, state.pairs)
        row = _along(loss, state.params, gradient, diagonal, pairs.vectors[0])
        row["products"] = pairs.num_hvps + (raw.num_hvps if shaped else 0) + 1
        row["residual"] = pairs.residuals[0]
    row |= {
        "sharpness": raw.values[0],
        "preconditioned_sharpness": pairs.values[0],
        "second_eigenvalue": pairs.values[1] if k > 1 else jnp.full((), jnp.nan),
        "scaled_sharpness": settings.learning_rate * pairs.values[0],
        "batch_sharpness": row["directional_curvature"],
    }
    if batch(settings):
        row["batch_sharpness"] = _of_batches(settings, state, diagonal)
    raw = raw._replace(values=raw.values[:1], vectors=raw.vectors[:1], residuals=raw.residuals[:1])
    return pairs, raw, row


def _along(loss, params, gradient, diagonal, top):
    """What a row tells of the gradient, in the measure of the preconditioner."""
    scaled = gradient / jnp.sqrt(diagonal)
    along = scaled / jnp.sqrt(diagonal)
    curved = jax.jvp(jax.grad(loss), (params,), (along,))[1]
    length = scaled @ scaled
    top = top @ scaled
    return {
        "alignment": top**2 / length,
        "directional_curvature": along @ curved / length,
        "top_gradient": top,
    }


def _in_a_norm(settings, state, loss, gradients, rule_state, raw):
    """The sharpest step as a pair, and what a row tells of it, for a rule that steps in a norm."""
    gradient, followed = gradients
    parts = trained(settings)[1]
    signal = generalised.signal(
        settings.rule, state.rule, rule_state, followed, settings.momentum,
        settings.second_moment_decay, parts,
    )  # fmt: skip
    noise = jax.random.normal(jax.random.fold_in(state.key, state.step), state.params.shape)
    # Of the reading before, along the top eigenvector, and anew: what was found is not lost again.
    starts = [state.pairs.vectors[0], raw.vectors[0], noise]
    sharpest = generalised.sharpest(
        loss, state.params, settings.rule, gradient, signal, starts, parts, CLIMB
    )
    none = jnp.full((), jnp.nan)
    vectors = state.pairs.vectors.at[0].set(sharpest.step)
    values = jnp.full(state.pairs.values.shape, jnp.nan).at[0].set(sharpest.sharpness)
    pairs = same_side(state.pairs._replace(values=values, vectors=vectors), state.pairs)
    turned = jnp.sign(pairs.vectors[0] @ sharpest.step)
    return pairs, {
        "alignment": sharpest.alignment, "directional_curvature": sharpest.along,
        "top_gradient": turned * sharpest.top_gradient, "residual": none,
        "products": sharpest.products + raw.num_hvps,
    }  # fmt: skip


def _of_batches(settings, state, diagonal):
    """The batch sharpness at `state.params`, in the measure of the preconditioner or norm."""
    of, parts = trained(settings)
    key = jax.random.fold_in(jax.random.fold_in(state.key, BATCHES + 1), state.step)
    drawn = batches.drawn(key, of.examples, batch(settings))
    if settings.rule in generalised.NORMS:
        steep = functools.partial(generalised.steepest, settings.rule, parts)
        return batches.sharpness(of.loss, state.params, drawn, steep)
    return batches.sharpness(of.loss, state.params, drawn, lambda g: g / diagonal)


def finished(settings: Settings, state: State) -> jax.Array:
    """Whether no further reading is made."""
    return state.ended


def last(settings: Settings, state: State) -> dict[str, jax.Array]:
    """The fields of the trace that are no rows."""
    return {"critical": jnp.asarray(_critical(settings), float), "diverged_at": state.diverged_at}
