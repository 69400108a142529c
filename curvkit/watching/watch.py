"""`curvkit.watch`: what a person types to have a training run watched."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from curvkit.core import say
from curvkit.curvature.thresholds import CRITICAL
from curvkit.watching.pace import Pace
from curvkit.watching.watcher import Watch


def watch(
    loss_fn: Callable[..., jax.Array],
    *,
    rule: str = "gd",
    learning_rate: float | Callable | None = None,
    every: int = 11,
    k: int = 1,
    per_layer: bool = False,
    budget: float | None = 0.2,
    momentum: float = 0.9,
    second_moment_decay: float = 0.999,
    epsilon: float = 1e-8,
    trained: Any = None,
    num_hvps: int = 12,
    log: Callable[[int, dict[str, float]], None] | None = None,
    key: jax.Array | None = None,
) -> Watch:
    """Watches sharpness along a training loop: `observe` it after each step, then look at `figure`.

    Args:
        loss_fn: `loss_fn(params, batch)`, a real scalar, or `loss_fn(params)`; compiled by jax.jit.
        rule: the optimizer, for its threshold: gd, heavy_ball, nesterov, ema_momentum, adam, nadam
            or rmsprop.
        learning_rate: a number above 0 or a schedule; None to read it from the optimizer's state,
            where `optax.inject_hyperparams` puts it.
        every: a reading at each so many steps, from 1; an odd number sees both sides of a bounce.
        k: how many eigenvalues, from 1.
        per_layer: whether to read the sharpness of each layer too, which costs one search for each.
        budget: seconds of reading for each second of training, at most; where a reading would cost
            more, it is left out. None reads always. Compiling is not counted.
        momentum: β or Adam's β1, in [0, 1), where the state does not tell.
        second_moment_decay: β2 of Adam and RMSProp.
        epsilon: their ε.
        trained: which leaves are trained: a pytree of booleans, a prefix of params, or a function
            that makes one; by default all floating-point arrays.
        num_hvps: the most Hessian-vector products of a reading, for each layer again.
        log: called as `log(step, numbers)` with a dict of plain floats, at each reading.
        key: a JAX random key, `jax.random.key(0)` if None.

    Raises:
        ValueError: with one sentence, if an argument is out of range.

    >>> import jax.numpy as jnp
    >>> loss = lambda w: 0.5 * jnp.sum(jnp.array([1.0, 3.0]) * w**2)
    >>> watcher = watch(loss, learning_rate=0.1, every=1, budget=None)
    >>> w = jnp.ones(2)
    >>> for step in range(3):
    ...     _ = watcher.observe(w, step=step)
    ...     w = w - 0.1 * jax.grad(loss)(w)
    >>> watcher.trace.sharpness.round(3), watcher.trace.threshold.round(3)
    (array([3., 3., 3.], dtype=float32), array([20., 20., 20.], dtype=float32))
    """
    if rule not in CRITICAL:
        raise ValueError(say.unknown("rule", rule, CRITICAL))
    if not callable(loss_fn):
        raise ValueError(say.refusal("loss_fn", "a function of params and a batch", loss_fn))
    _whole(every=every, k=k, num_hvps=num_hvps)
    if isinstance(learning_rate, int | float) and not 0 < learning_rate < np.inf:
        raise ValueError(say.refusal("learning_rate", "above 0", learning_rate))
    if budget is not None and not budget > 0:
        advice = "or None, to read always"
        raise ValueError(say.refusal("budget", "a share above 0, such as 0.2", budget, advice))
    options = dict(rule=rule, learning_rate=learning_rate, k=k, per_layer=per_layer)
    options |= dict(momentum=momentum, second_moment_decay=second_moment_decay, epsilon=epsilon)
    return Watch(
        loss_fn, trained=trained, log=log, key=jax.random.key(0) if key is None else key,
        pace=Pace(every, budget), num_hvps=num_hvps, **options,
    )  # fmt: skip


def _whole(**named: int) -> None:
    for name, value in named.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ValueError(say.refusal(name, "a whole number of at least 1", value))
