"""The Sobolev room's runs: pairs of networks, one on values alone, one on slopes as well."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from curvkit.core import messages
from curvkit.core.batch import UNOPTIMISED
from curvkit.curvature._eigenpairs import sharpness
from curvkit.sobolev import _functions as functions
from curvkit.sobolev._comparison import FunctionErrors, WeightComparison
from curvkit.sobolev._line import STEPS, example, fits
from curvkit.sobolev._loss import loss
from curvkit.sobolev._weight_sweep import Known, ends, first, fitted, known, size
from curvkit.sobolev.settings import Settings
from curvkit.sobolev.trace import METHODS, STROKE, Trace

__all__ = ["STEPS", "compare", "example", "fits"]

# About so many readings a run; surfaces are every third row of the test grid.
READINGS, COARSE, PRODUCTS, PAIRS = 30, 3, 15, 10


class State(NamedTuple):
    """What the next step needs: networks and moments by method, and the data of each pair."""

    params: tuple[Any, ...]
    adam: tuple[Any, ...]
    data: Known
    tested: Known
    key: jax.Array
    step: jax.Array
    ended: jax.Array


def begin(settings: Settings, key: jax.Array) -> State:
    """The state before the first reading; the seed is folded into `key`."""
    inputs, normal, noise, key = drawn(settings, key)
    data = jax.tree.map(
        lambda each: each.reshape(*inputs.shape[:2], *each.shape[1:]),
        known(settings.function, inputs.reshape(-1, 2)),
    )
    tested = known(settings.function, functions.grid())
    noise = noise * jnp.sqrt(jnp.mean(tested.slopes**2))
    data = data._replace(slopes=data.slopes + noise)
    params = jax.vmap(lambda flat: first(flat, settings.width))(normal)
    adam = jax.vmap(optax.scale_by_adam().init)(params)
    twice = lambda tree: (tree,) * len(METHODS)
    zero = jnp.zeros((), int)
    return State(twice(params), twice(adam), data, tested, key, zero, jnp.zeros((), bool))


def drawn(settings: Settings, key: jax.Array) -> tuple[jax.Array, ...]:
    """Points, the numbers of first weights and the noise, by pair, and a key; for any function."""
    key = jax.random.fold_in(key, settings.seed)
    places, starts, key = jax.random.split(key, 3)
    shape = (PAIRS, settings.points, 2)
    inputs = jax.random.uniform(places, shape, minval=-1, maxval=1)
    weights, further = size(settings.width), 2 * settings.points
    # All normal numbers in one draw.
    normal = jax.random.normal(starts, (PAIRS, weights + further))
    noise = settings.slope_noise * normal[:, weights:].reshape(shape)
    return inputs, normal[:, :weights], noise, key


def edit(
    settings: Settings, state: State, field: str, item: int, values: Mapping[str, float]
) -> State:
    """The state with one of the first pair's points edited by hand, for both of its networks.

    Args:
        field: "points", a point is moved and told the function's value and slope there; "tips",
            where the stroke that stands for its slope ends; or "values", what it is told instead of
            the function's value.
        item: number of the point.
        values: the new `x` or `y` or both, in scaled units; of a value `y`.

    Raises:
        ValueError: with one sentence, if there is no such field or point, or it is outside.
    """
    if field not in Trace.EDITED:
        raise ValueError(messages.unknown("field to edit", field, Trace.EDITED))
    item = messages.whole("the point", item, 0, most=settings.points - 1)
    if field == "values" and values.keys() != {"y"}:
        raise ValueError(messages.refusal("a value", "its y alone", values))
    inside: dict[str, Any] = dict(least=-1, most=1) if field == "points" else {}
    what = {"points": "a point's", "tips": "a stroke's"}.get(field, "a value's")
    new = {
        each: messages.real(f"{what} {each}", values[each], **inside)
        for each in "xy" if each in values
    }  # fmt: skip
    given = jnp.array([new.get(each, np.nan) for each in "xy"], state.data.inputs.dtype)
    return _edited(settings, state, field, item, given)


def edited(settings: Settings, state: State, field: str, item: Any, values: Any) -> State:
    """As `edit`, traced and unchecked: values (2,), of which one that is nan stays as it was."""
    data = state.data
    if field == "values":
        value = jnp.where(jnp.isnan(values[1]), data.values[0, item], values[1])
        return state._replace(data=data._replace(values=data.values.at[0, item].set(value)))
    point, slope = data.inputs[0, item], data.slopes[0, item]
    old = point if field == "points" else point + STROKE * slope
    new = jnp.where(jnp.isnan(values), old, values)
    if field == "points":
        truth = known(settings.function, new[None])
        data = Known(*(was.at[0, item].set(is_[0]) for was, is_ in zip(data, truth, strict=True)))
    else:
        data = data._replace(slopes=data.slopes.at[0, item].set((new - point) / STROKE))
    return state._replace(data=data)


_edited = jax.jit(edited, static_argnames="field", compiler_options=UNOPTIMISED)


def trained_on(settings: Settings, params: Any, data: Known, weight: Any) -> jax.Array:
    """The loss: squared errors of values, and `weight` times those of slopes."""
    return loss(fitted(params, settings.activation), *data, weights=weight)


def every(settings: Settings) -> Any:
    """How many steps there are from one reading to the next."""
    return jnp.maximum(1, settings.steps // READINGS)


def length(settings: Settings) -> int:
    """How many readings a run makes."""
    return -(-settings.steps // max(1, settings.steps // READINGS)) + 1


def reading(settings: Settings, state: State) -> tuple[State, dict[str, jax.Array]]:
    """One row of the trace, then some training steps."""
    # A plain number, so that training on values alone is just that.
    weights = (0, settings.slope_weight)

    def take(_, carry):
        def move(params, adam, data, weight):
            gradient = jax.grad(lambda params: trained_on(settings, params, data, weight))(params)
            direction, adam = optax.scale_by_adam().update(gradient, adam)
            along = lambda value, step: value - settings.learning_rate * step
            return jax.tree.map(along, params, direction), adam

        updated = [
            jax.vmap(lambda params, adam, data, weight=weight: move(params, adam, data, weight))(
                params, adam, state.data
            )
            for params, adam, weight in zip(*carry, weights, strict=True)
        ]
        return tuple(zip(*updated, strict=True))

    row = {"step": state.step} | measured(settings, state)
    further = jnp.clip(settings.steps - state.step, 0, every(settings))
    params, adam = jax.lax.fori_loop(0, further, take, (state.params, state.adam))
    ended = (further == 0) | ~jnp.isfinite(row["trained_error"]).all()
    step = state.step + further
    return state._replace(params=params, adam=adam, step=step, ended=ended), row


def opening(settings: Settings, state: State) -> dict[str, jax.Array]:
    """The first row of the trace: both networks of a pair begin with the same weights."""
    return {"step": state.step} | measured(settings, state, alike=True)


def measured(settings: Settings, state: State, alike: bool = False) -> dict[str, jax.Array]:
    """Errors of all networks, and what the networks of the first pair look like.

    Args:
        alike: whether both networks of a pair are the same, of which one is read then.
    """
    stacked = jax.tree.map(lambda *each: jnp.stack(each), *state.params)
    square = jnp.mean(jnp.sum(state.tested.slopes**2, 1))

    def errors(params, data):
        evaluate = jax.vmap(jax.value_and_grad(fitted(params, settings.activation)))
        (values, slopes), (seen, seen_slopes) = evaluate(state.tested.inputs), evaluate(data.inputs)
        apart = jnp.sum((slopes - state.tested.slopes) ** 2, 1)
        value_error = jnp.mean((values - state.tested.values) ** 2)
        trained_error = jnp.mean((seen - data.values) ** 2)
        return value_error, jnp.mean(apart) / square, trained_error, values, seen, seen_slopes

    over_pairs = jax.vmap(errors)
    distinct = jax.tree.map(lambda each: each[:1], stacked) if alike else stacked
    *three, surface, seen, slopes = (
        jnp.broadcast_to(each, (len(METHODS), *each.shape[1:]))
        for each in jax.vmap(over_pairs, (0, None))(distinct, state.data)
    )
    first = jax.tree.map(lambda each: each[:, 0], stacked)
    data = jax.tree.map(lambda each: each[0], state.data)

    # One after another: solves of LAPACK in a batch within a loop may wait for each other.
    def sharp(given):
        params, weight = given
        at = lambda params: trained_on(settings, params, data, weight)
        return sharpness(at, params, key=state.key, num_hvps=PRODUCTS)

    weights = jnp.stack([jnp.zeros(()), settings.slope_weight])
    side = functions.GRID
    return {
        **dict(zip(("value_error", "slope_error", "trained_error"), three, strict=True)),
        "sharpness": jax.lax.map(sharp, (first, weights)),
        "surface": surface[:, 0].reshape(-1, side, side)[:, ::COARSE, ::COARSE],
        "at_points": seen[:, 0],
        "slopes_at_points": slopes[:, 0],
    }


def last(settings: Settings, state: State) -> dict[str, jax.Array]:
    """What is no row: the function, and what the first pair is told of it."""
    side = functions.GRID
    return {
        "truth": state.tested.values.reshape(side, side)[::COARSE, ::COARSE],
        "axis": jnp.linspace(-1, 1, side)[::COARSE],
        "points": state.data.inputs[0],
        "targets": state.data.values[0],
        "slopes": state.data.slopes[0],
    }


def finished(settings: Settings, state: State) -> jax.Array:
    """Whether no further reading is made."""
    return state.ended


def compare(
    names: Sequence[str] = tuple(functions.FUNCTIONS),
    *,
    weights: Sequence[float] = (1.0,),
    **turned: Any,
) -> WeightComparison:
    """The test functions at several weights: what slopes gain or lose in ten pairs of networks.

    Args:
        names: of `FUNCTIONS`.
        weights: the weights λ, each as `Settings.slope_weight` takes it.
        turned: other settings, such as `points=100`.

    Raises:
        ValueError: with one sentence, if a name or a value is none that `Settings` takes.
    """
    names, weights = list(names), list(weights)
    read = lambda name, weight: Settings.read(function=name, slope_weight=weight, **turned)
    every_one = [read(name, weight) for name in names for weight in weights]
    if not every_one:
        return WeightComparison(())
    # All share one program, so their points and their noise are those of the default function.
    chosen = Settings.read(slope_weight=weights[0], **turned)
    inputs, normal, noise, _ = _drawn(chosen, jax.random.key(0))
    how = {each: getattr(chosen, each) for each in ("width", "activation", "learning_rate")}
    errors = ends(names, [0.0, *weights], inputs, normal, noise, steps=chosen.steps, **how)
    rows = []
    for name, values, slopes in zip(names, *errors, strict=True):
        for at, weight in enumerate(weights, 1):
            both = slopes[[0, at]]
            rows.append(FunctionErrors(name, chosen.points, weight, values[0], values[at], both))
    return WeightComparison(tuple(rows))


_drawn = jax.jit(drawn, compiler_options=UNOPTIMISED)
