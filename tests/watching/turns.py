"""Examples of `watch`, and other values of its keywords: what is recorded of three steps."""

import jax
import jax.numpy as jnp
import optax
from turning import Beside, Turn

import curvkit

SCALES = jnp.arange(1.0, 7.0) ** 2
PARAMS = {"a": jnp.ones(3), "b": jnp.ones(3)}


def loss(params):
    w = jnp.concatenate([params["a"], params["b"]])
    return 0.5 * jnp.sum(SCALES * w**2) + 0.1 * jnp.sum(w) ** 2


def watched(method=None, data=None, **given):
    """What a watcher records of a few steps with an optimizer that it may not know of."""
    on = () if data is None else (data,)
    method = optax.sgd(0.001, momentum=0.5) if method is None else method
    given = {"rule": "heavy_ball", "learning_rate": 0.001, "momentum": 0.5, **given}
    given = {"every": 1, "budget": None, **given}
    of = loss if data is None else lambda params, data: jnp.mean(data) * loss(params)
    watcher, params = curvkit.watch(of, **given), PARAMS
    state = method.init(params)
    for step in range(3):
        updates, state = method.update(jax.grad(loss)(params), state, params)
        params = optax.apply_updates(params, updates)
        watcher.observe(params, state, step, *on)
    found = watcher.trace.arrays()
    return {name: each for name, each in found.items() if name != "seconds"}


def logged(log=None, **given):
    """What `watched` returns, and the loss that is handed on at each reading if it is asked for."""
    told = []
    if log:
        given["log"] = lambda step, numbers: told.append((step, numbers["loss"]))
    return watched(**given), told


ADAM = dict(method=optax.scale_by_adam(), rule="adam")
HALF = optax.sgd(0.01, momentum=0.5)
READ = dict(rule="read", learning_rate=None, momentum=None, method=HALF, optimizer=HALF)
TURNS = {
    "watch": Turn(
        logged,
        dict(
            log=True,
            optimizer=Beside(optax.sgd(0.01, momentum=0.9), READ),
            rule="nesterov", learning_rate=0.01, every=2, k=2, per_layer=True, budget=1e-9,
            momentum=0.3, second_moment_decay=Beside(0.5, ADAM), epsilon=Beside(1.0, ADAM),
            preconditioner=lambda state: jax.tree.map(lambda each: 2 * each, PARAMS),
            batch_size=Beside(2, dict(data=jnp.arange(1.0, 5.0))),
            critical=1.0, trained={"a": True, "b": False}, num_hvps=1, key=jax.random.key(1),
        ),
        full=True,
    )
}  # fmt: skip
