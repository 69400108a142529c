"""`curvkit.watch`: what a person types to have a training run watched."""

import math
from collections.abc import Callable
from typing import Any

import jax

from curvkit.core import messages
from curvkit.curvature._states import RULES
from curvkit.watching._optimizer import READ
from curvkit.watching._pace import Pace
from curvkit.watching._watcher import Watch


def watch(
    loss_fn: Callable[..., jax.Array],
    *,
    optimizer: Any = None,
    rule: str | None = READ,
    learning_rate: float | Callable[..., Any] | None = None,
    every: int = 11,
    k: int = 1,
    per_layer: bool = False,
    budget: float | None = 0.2,
    momentum: float | None = None,
    second_moment_decay: float | None = None,
    epsilon: float | None = None,
    preconditioner: Callable[[Any], Any] | None = None,
    critical: float | None = None,
    trained: Any = None,
    num_hvps: int = 12,
    batch_size: int | None = None,
    log: Callable[[int, dict[str, float]], None] | None = None,
    key: jax.Array | None = None,
) -> Watch:
    """Watches sharpness along a training loop: `observe` it after each step, then look at `figure`.

    Where the edge is, the optimizer tells: give `optimizer=`, and rule, rate (schedules too), β, ε,
    decay, preconditioner and groups are read from it and its state at each reading. Known are
    optax's sgd, adam, adamw, nadam, amsgrad, adamax, adabelief, yogi, rmsprop, adagrad, adafactor,
    lamb, lars, sign_sgd, signum, lion, muon, schedule-free and curvkit's tuners, in chains, masks,
    groups, `inject_hyperparams`, `MultiSteps` and `apply_if_finite`; what bounds a gradient
    (clipping) is read as if it did not bite. Without it the state tells what it can, and what it
    cannot is asked for. Nothing is read before the first update has gone into the second moments.

    For sign descent, Lion and Muon the sharpness is a lower bound of the generalised one in their
    norm, over the dual norm of what they take the sign or the polar factor of (arXiv 2603.05002).

    Args:
        loss_fn: `loss_fn(params, batch)`, a real scalar, or `loss_fn(params)`; compiled by jax.jit.
        optimizer: the optax transformation that makes the updates.
        rule: instead, its name: gd, heavy_ball, nesterov, ema_momentum, adam, adamw, nadam,
            amsgrad, rmsprop, adagrad, sign_descent or lion; None for the sharpness without a
            threshold. "read" has it told by `optimizer` or by the state alone; without either it is
            gradient descent.
        learning_rate: a number above 0 or a schedule; None to read it from the optimizer.
        every: a reading at each so many steps, from 1; an odd number sees both sides of a bounce.
        k: how many eigenvalues, from 1.
        per_layer: whether to read the sharpness of each layer too, which costs one search for each.
        budget: seconds of reading for each second of training, at most; where a reading would cost
            more, it is left out. None reads always. Compiling is not counted.
        momentum: β or Adam's β1, in [0, 1), for a rule by name whose state does not tell it; 0.9,
            and told as assumed, if None.
        second_moment_decay: β2 of Adam and RMSProp, likewise; optax's own if None.
        epsilon: their ε, likewise; at least 0.
        preconditioner: the diagonal of P as a function of the optimizer's state, shaped like the
            trained arrays; instead of the rule's.
        critical: what ηλ is at the edge, above 0; instead of the rule's. With a `preconditioner`
            beside it nothing is read from the optimizer but, where that can be, its rate.
        trained: which leaves are trained: a pytree of booleans, a prefix of params, a function that
            makes one, or a leaf's name; by default all floating-point arrays.
        num_hvps: the most Hessian-vector products of a reading, for each layer again.
        batch_size: with it `observe` is given all data, of which a reading draws 16 batches of so
            many examples, and records the mean of the curvature of each along its own gradient: the
            batch sharpness of arXiv 2412.20553, beside the sharpness of all data.
        log: called as `log(step, numbers)` with a dict of plain floats, at each reading.
        key: a JAX random key, `jax.random.key(0)` if None.

    Raises:
        ValueError: with one sentence, if an argument is out of range.

    >>> import jax.numpy as jnp, optax
    >>> loss = lambda w: 0.5 * jnp.sum(jnp.array([1.0, 3.0]) * w**2)
    >>> method = optax.sgd(0.1, momentum=0.9)
    >>> watcher = watch(loss, optimizer=method, every=1, budget=None)
    >>> w = jnp.ones(2)
    >>> state = method.init(w)
    >>> for step in range(3):
    ...     updates, state = method.update(jax.grad(loss)(w), state, w)
    ...     w = optax.apply_updates(w, updates)
    ...     _ = watcher.observe(w, state, step)
    >>> watcher.trace.sharpness.round(3), watcher.trace.threshold.round(3)
    (array([3., 3., 3.], dtype=float32), array([38., 38., 38.], dtype=float32))
    """
    if rule not in (None, READ, *RULES):
        raise ValueError(messages.unknown("rule", rule, RULES))
    if not callable(loss_fn):
        raise ValueError(messages.refusal("loss_fn", "a function of params and a batch", loss_fn))
    whole = _whole(dict(every=every, k=k, num_hvps=num_hvps), batch_size)
    _require_numbers(learning_rate, momentum, second_moment_decay, epsilon, critical, budget)
    _require_optimizer(optimizer, rule, preconditioner)
    per_layer = messages.switch("per_layer", per_layer)
    options = dict(
        optimizer=optimizer, rule=rule, learning_rate=learning_rate, k=whole["k"],
        per_layer=per_layer, momentum=momentum, second_moment_decay=second_moment_decay,
        epsilon=epsilon, preconditioner=preconditioner, critical=critical,
        batch_size=whole["batch_size"],
    )  # fmt: skip
    return Watch(
        loss_fn, trained=trained, log=log, key=jax.random.key(0) if key is None else key,
        pace=Pace(whole["every"], budget), num_hvps=whole["num_hvps"], **options,
    )  # fmt: skip


def _whole(given: dict[str, Any], batch_size: Any) -> dict[str, Any]:
    """The whole numbers among the arguments, of which one may be None."""
    read: dict[str, Any] = {name: messages.whole(name, each) for name, each in given.items()}
    size: Any = None if batch_size is None else messages.whole("batch_size", batch_size)
    return read | {"batch_size": size}


def _require_numbers(learning_rate, momentum, second_moment_decay, epsilon, critical, budget):
    """Raises ValueError where a number is none, or out of its range."""
    fraction: dict[str, Any] = dict(least=0, below=1)
    above: dict[str, Any] = dict(above=0)
    rate = None if callable(learning_rate) else learning_rate
    ranges: tuple[tuple[str, Any, str, dict[str, Any]], ...] = (
        ("learning_rate", rate, "above 0", above),
        ("momentum", momentum, "at least 0 and below 1", fraction),
        ("second_moment_decay", second_moment_decay, "at least 0 and below 1", fraction),
        ("epsilon", epsilon, "at least 0", {"least": 0}),
        ("critical", critical, "above 0", above),
    )
    for name, value, expected, range_ in ranges:
        if value is not None:
            messages.real(name, value, expected, **range_)
    if budget is not None:
        share, advice = "a share above 0, such as 0.2", "or None, to read always"
        messages.real("budget", budget, share, above=0, most=math.inf, advice=advice)


def _require_optimizer(optimizer, rule, preconditioner):
    if optimizer is not None and not (hasattr(optimizer, "init") and hasattr(optimizer, "update")):
        expected, advice = "an optax transformation", "its state goes to observe"
        raise ValueError(messages.refusal("optimizer", expected, optimizer, advice))
    if optimizer is not None and rule not in (None, READ):
        advice = "the optimizer tells its rule"
        raise ValueError(messages.refusal("rule", "left out beside optimizer=", rule, advice))
    if preconditioner is not None and not callable(preconditioner):
        expected = "a function of the optimizer's state"
        raise ValueError(messages.refusal("preconditioner", expected, preconditioner))
