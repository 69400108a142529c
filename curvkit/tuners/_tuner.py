"""What all tuners share: a direction from any optax base, and a learning rate found for it.

| symbol | name | shape | source |
| --- | --- | --- | --- |
| w | `params` | pytree | |
| g | `grads` | like `params` | |
| u | `direction` times `size`, minus what the base returns | like `params` | arXiv 2407.06183 |
| m | `size`, the largest entry of u | scalar | |
| η | `learning_rate` | scalar | |
| f | `value_fn`, the loss of `params` | scalar | |

optax's convention: the base returns a scaled gradient, the tuner supplies −η. A tuner is made of
`init(params)` and `propose(...)`; everything that is the same for all of them stands here. What a
tuner sees of a step is a list of the leaves that move, and the direction over its largest entry:
so neither the unit of the loss nor a counter among the parameters is its business.
"""

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from curvkit.core import messages, programs, tree
from curvkit.tuners import _leaves as leaves
from curvkit.tuners._bases import require_direction, require_no_rate
from curvkit.tuners._line import looked_at


class TunerState(NamedTuple):
    """The state of every tuner.

    Attributes:
        base: the state of the base.
        learning_rate: η of the last step, fp32 scalar; 0 before the first.
        inner: what the tuner itself remembers.
    """

    base: Any
    learning_rate: jax.Array
    inner: Any


class StepView(NamedTuple):
    """What a tuner sees of a step, in lists of the leaves that move.

    Attributes:
        grads, params: lists of arrays.
        direction: u over its largest entry, in the dtypes of `params`.
        size: the largest entry of u, fp32; nan where a gradient is no number.
        last: η of the step before.
        value_fn: f of such a list.
        value: f here, if it was given.
        base: the state of the base after its update.
        whole: the parameters as they were given.
        which: for each leaf whether it moves.
        backward: whether f has a rule for the backward pass only.
    """

    grads: list[Any]
    direction: list[Any]
    size: jax.Array
    params: list[Any]
    last: jax.Array
    value_fn: Callable[[Any], jax.Array] | None
    value: jax.Array | None
    base: Any
    whole: Any
    which: list[Any]
    backward: bool


def tuner(
    base: optax.GradientTransformation,
    init: Callable[[list[Any], Any], Any],
    propose: Callable[[StepView, Any], tuple[Any, ...]],
    *,
    needs: str = "",
) -> optax.GradientTransformationExtraArgs:
    """A tuner of `base` from `propose(seen, inner) -> (learning rate, inner[, back, anchor])`.

    A rate that is not finite leaves the last one and `inner` as they were; a direction that is not
    finite also moves nothing and leaves the state of the base: no step that is no number is seen
    by a later one. What is no floating-point array, such as a counter, does not move. Where `back`
    is true the update leads to `anchor`, of parameters seen before, and the base stays as it was.

    Args:
        base: any optax direction, returning a scaled gradient.
        init: what the tuner remembers at first, of the list of the leaves that move, and of
            parameters with zeros in place of the others.
        propose: finds η.
        needs: the name of the tuner where it needs `value_fn` and `params`, else "".

    Raises:
        ValueError: here or from `init`, if the base has a learning rate of its own; from `update`
            for what it lacks.
    """
    require_direction(base)
    seen_to_be_one = require_no_rate(base)
    base = optax.with_extra_args_support(base)

    def begin(params):
        which = leaves.moving(params)
        if not seen_to_be_one:
            require_no_rate(base, leaves.floats(params, which))
        floats = leaves.floats(params, which)
        inner = leaves.strong(init(leaves.part(params, which), floats))
        first = leaves.strong(base.init(floats))
        return TunerState(first, jnp.zeros((), jnp.float32), inner)

    def update(updates, state, params=None, *, value_fn=None, **extra):
        if needs:
            _require(needs, params, value_fn)
        which = leaves.moving(updates if params is None else params)
        shown = None if params is None else leaves.floats(params, which)
        scaled, base_state = base.update(
            leaves.floats(updates, which), state.base, shown, value_fn=value_fn, **extra
        )
        seen = _seen(needs, which, updates, scaled, params, state, base_state, value_fn, extra)
        rate, inner, *to = propose(seen, state.inner)
        like = updates if params is None else params
        return _stepped(seen, rate, inner, to, scaled, like, state)

    return optax.GradientTransformationExtraArgs(begin, update)


def _stepped(seen, rate, inner, to, scaled, like, state):
    """Minus the rate times what the base returned, or the way back; and the state after it."""
    rate = leaves.strong(rate).astype(jnp.float32)
    known, straight = jnp.isfinite(rate), jnp.isfinite(seen.size)
    rate = jnp.where(known, rate, state.learning_rate)
    step = lambda u: jnp.where(straight, leaves.times(-rate, u), jnp.zeros_like(u))
    own = [step(u) for u in leaves.part(scaled, seen.which)]
    if to:
        back, anchor = to[0], leaves.part(to[1], seen.which)
        own = leaves.returned(back, anchor, seen.params, own)
        straight = straight & ~back
    base_state = leaves.select(straight, seen.base, state.base, cast=False)
    after = TunerState(base_state, rate, leaves.strong(inner))
    if all(seen.which):
        return jax.tree.unflatten(jax.tree.structure(scaled), own), after
    return leaves.whole(own, seen.which, jax.tree.map(jnp.zeros_like, like)), after


def _seen(needs, which, grads, scaled, params, state, base_state, value_fn, extra):
    """What a tuner is shown of this step."""
    own, up = leaves.part(grads, which), leaves.part(scaled, which)
    size = leaves.largest(up)
    here = up if params is None else leaves.part(params, which)
    down = leaves.unit([-each for each in up], size, here)
    closed, backward = None, False
    if needs:
        of = programs.own(bound(value_fn, extra), "value_fn")
        closed = lambda part: of(leaves.whole(part, which, params))
        backward = _looked_at(closed, here, params)
    value = extra.get("value")
    return StepView(
        own,
        down,
        size,
        here,
        state.learning_rate,
        closed,
        value,
        base_state,
        params,
        which,
        backward,
    )


def _looked_at(closed, here, params) -> bool:
    """Whether the loss has a rule for the backward pass only; a sentence where it cannot be had."""
    try:
        return looked_at(closed, here)
    except Exception as error:
        hidden = lambda each: isinstance(each, optax.MaskedNode)
        if any(hidden(each) for each in jax.tree.leaves(params, is_leaf=hidden)):
            raise ValueError(
                "value_fn was given only the parameters that a mask shows, and cannot take them; "
                "pass value_fn=lambda part: loss(tuners.unmasked(part, params))."
            ) from error
        if type(params).__module__.startswith("flax.nnx"):
            raise ValueError(
                "value_fn was given an nnx State and not a model, and cannot take it; pass "
                "value_fn=lambda state: loss(nnx.merge(graphdef, state)), with the graphdef of "
                "nnx.split(model, nnx.Param, ...)."
            ) from error
        raise


def _require(name, params, value_fn):
    if value_fn is None:
        raise ValueError(
            f"{name} needs the loss itself: call update(grads, state, params, value_fn=loss), "
            "with the loss's further arguments by name."
        )
    if params is None:
        raise ValueError(
            f"{name} needs the parameters: call update(grads, state, params, value_fn=loss)."
        )


def bound(value_fn: Callable[..., jax.Array], extra: dict[str, Any]) -> Callable[..., Any]:
    """`value_fn` as a function of the parameters alone, closed over those of `extra` it takes."""
    try:
        parameters = list(inspect.signature(value_fn).parameters.values())
    except (TypeError, ValueError):  # it has no signature
        parameters = []
    takes_all = any(each.kind is each.VAR_KEYWORD for each in parameters)
    names = {each.name for each in parameters}
    reserved = set() if not takes_all else {"value", "grad"} - names
    own = {k: v for k, v in extra.items() if (takes_all or k in names) and k not in reserved}
    return lambda params: value_fn(params, **own)


def unmasked(part: Any, whole: Any) -> Any:
    """`part`, the masked parameters that `optax.masked` shows a tuner, filled up from `whole`.

    A loss wants all parameters: pass `value_fn=lambda part: loss(unmasked(part, params))`.

    >>> unmasked({"w": 2.0, "b": optax.MaskedNode()}, {"w": 1.0, "b": 3.0})
    {'b': 3.0, 'w': 2.0}
    """
    hidden = lambda each: isinstance(each, optax.MaskedNode)
    return jax.tree.map(lambda p, w: w if hidden(p) else p, part, whole, is_leaf=hidden)


def require_within(name: str, value: Any, low: float, high: float, expected: str) -> None:
    """Raises ValueError unless low < value < high; what is being traced is not looked at."""
    messages.real(name, value, expected, above=low, below=high)


def require_count(name: str, value: Any, low: int) -> None:
    """Raises ValueError unless `value` is a whole number, such as 100 or 1e2, of at least `low`."""
    expected = f"a whole number of at least {low}"
    number = messages.real(name, value, expected, least=low)
    if not tree.traced(number) and number != int(number):
        raise ValueError(messages.refusal(name, expected, value))
