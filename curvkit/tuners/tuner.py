"""What all tuners share: a direction from any optax base, and a learning rate found for it.

| symbol | name | shape | source |
| --- | --- | --- | --- |
| w | `params` | pytree | |
| g | `grads` | like `params` | |
| u | `direction`, minus what the base returns | like `params` | arXiv 2407.06183, section 2 |
| η | `learning_rate` | scalar | |
| f | `value_fn`, the loss of `params` | scalar | |

optax's convention: the base returns a scaled gradient, the tuner supplies −η. A tuner is made of
`init(params)` and `propose(...)`; everything that is the same for all of them stands here.
"""

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from curvkit.core import say, tree


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


class Seen(NamedTuple):
    """What a tuner sees of a step: gradient, direction u, parameters, step before, and f."""

    grads: Any
    direction: Any
    params: Any
    last: jax.Array
    value_fn: Callable[[Any], jax.Array] | None
    value: jax.Array | None
    base: Any


def tuner(
    base: optax.GradientTransformation,
    init: Callable[[Any], Any],
    propose: Callable[[Seen, Any], tuple[jax.Array, Any]],
    *,
    needs: str = "",
) -> optax.GradientTransformationExtraArgs:
    """A tuner of `base` from `propose(seen, inner) -> (learning rate, inner)`.

    Args:
        base: any optax direction, returning a scaled gradient.
        init: what the tuner remembers at first, of the parameters.
        propose: finds η.
        needs: the name of the tuner where it needs `value_fn` and `params`, else "".
    """
    if not (hasattr(base, "init") and hasattr(base, "update")):
        advice = "pass optax.identity() for gradient descent"
        raise ValueError(say.refusal("base", "an optax gradient transformation", base, advice))
    base = optax.with_extra_args_support(base)

    def begin(params):
        return TunerState(base.init(params), jnp.zeros((), jnp.float32), init(params))

    def update(grads, state, params=None, *, value_fn=None, **extra):
        scaled, base_state = base.update(grads, state.base, params, value_fn=value_fn, **extra)
        direction = jax.tree.map(jnp.negative, scaled)
        if needs:
            _require(needs, params, value_fn)
        closed = value_fn and bound(value_fn, extra)
        if needs:
            tree.require_scalar(closed, params)
        seen = Seen(
            grads, direction, params, state.learning_rate, closed, extra.get("value"), base_state
        )
        rate, inner = propose(seen, state.inner)
        rate = jnp.asarray(rate, jnp.float32)
        updates = jax.tree.map(lambda u: (rate * u).astype(u.dtype), direction)
        return updates, TunerState(base_state, rate, inner)

    return optax.GradientTransformationExtraArgs(begin, update)


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


def bound(value_fn: Callable[..., jax.Array], extra: dict[str, Any]) -> Callable:
    """`value_fn` as a function of the parameters alone, closed over those of `extra` it takes."""
    parameters = inspect.signature(value_fn).parameters.values()
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


def inner_product(one: Any, other: Any) -> jax.Array:
    """The inner product of two pytrees of the same structure, summed in fp32 or better.

    >>> float(inner_product({"a": jnp.ones(2)}, {"a": jnp.array([1.0, 2.0])}))
    3.0
    """
    wide = lambda x: x.astype(jnp.promote_types(x.dtype, jnp.float32))
    leaves = jax.tree.map(lambda a, b: jnp.vdot(wide(a), wide(b)), one, other)
    return sum(jax.tree.leaves(leaves), jnp.zeros((), jnp.float32))


def moved(params: Any, rate: jax.Array, direction: Any) -> Any:
    """`params + rate · direction`, in the dtypes of `params`."""
    return jax.tree.map(lambda w, u: (w + rate * u).astype(w.dtype), params, direction)


def require_within(name: str, value: Any, low: float, high: float, expected: str) -> None:
    """Raises ValueError unless low < value < high; what is being traced is not looked at."""
    if tree.traced(value):
        return
    number = float(value) if jnp.ndim(value) == 0 else float("nan")
    if not low < number < high:
        raise ValueError(say.refusal(name, expected, value))
