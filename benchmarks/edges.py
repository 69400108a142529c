"""The edge that an optimizer tells, side by side with where it is: on a quadratic, and in training.

On a dense quadratic of a few weights the edge is found by bisection with the optax transformation
itself (that of the tests: what moves slowly is held). On the digits a small network is trained on
all of its data at once, at a rate at which it reaches the edge, and watched.
"""

import argparse
import statistics
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
from curvature import machine, out, progress, table

import curvkit
from curvkit import data
from curvkit.curvature import _edges as edges
from curvkit.curvature import _norms as norms
from curvkit.curvature._optimizers import transformed

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from oracles.edges import SMALL, bisected, dense, drifts, filled, place, told  # noqa: E402

contrib, decayed = optax.contrib, optax.add_decayed_weights(0.01)
SIZES = (64, 32, 32, 10)
STEPS, EVERY = 3000, 15
# Each by its rate: how it is made, and the rate at which the network is trained.
METHODS: dict[str, tuple[Callable, float]] = {
    "sgd": (optax.sgd, 0.1),
    "sgd, momentum 0.9": (lambda rate: optax.sgd(rate, momentum=0.9), 0.19),
    "sgd, Nesterov 0.9": (lambda rate: optax.sgd(rate, momentum=0.9, nesterov=True), 0.08),
    "sgd, L2 0.01": (lambda rate: optax.chain(decayed, optax.sgd(rate)), 0.1),
    "adam": (optax.adam, 2e-3),
    "adamw, decay 0.1": (lambda rate: optax.adamw(rate, weight_decay=0.1), 2e-3),
    "nadam": (optax.nadam, 1e-3),
    "amsgrad": (optax.amsgrad, 0.15),
    "rmsprop": (lambda rate: optax.rmsprop(rate, decay=0.99), 1e-3),
    "adagrad": (optax.adagrad, 0.03),
    "lamb": (optax.lamb, 3e-3),
    "adafactor": (optax.adafactor, 0.01),
    "schedule-free sgd": (lambda rate: contrib.schedule_free_sgd(rate, b1=0.9), 0.9),
    "schedule-free adamw": (contrib.schedule_free_adamw, 2e-3),
    "sign descent": (optax.sign_sgd, 1e-4),
    "lion": (lambda rate: optax.lion(rate, weight_decay=0.0), 1e-4),
    "muon": (contrib.muon, 1e-3),
}  # fmt: skip
# Whose first steps, far above the edge, would throw the network out of where it learns.
WARMED = {
    "sgd, momentum 0.9": lambda rate: optax.sgd(
        optax.linear_schedule(0.0, rate, 500), momentum=0.9
    ),
    "schedule-free sgd": lambda rate: contrib.schedule_free_sgd(rate, 500, b1=0.9),
}
NORMED = ("sign descent", "lion", "muon")


def quadratic(name: str, factory: Callable) -> tuple[float, float]:
    """ηλ at the edge, by bisection and as told; of P⁻¹H where there is a P."""
    if name in NORMED:
        return normed(factory)
    matrix, params = dense(7), {"w": SMALL * jnp.arange(1.0, 8.0)}
    if name in ("adafactor", "lamb"):
        params = {"w": SMALL * jnp.ones(7)}
    factory = optax.inject_hyperparams(factory) if name == "lamb" else factory
    method = factory(learning_rate=0.01) if name == "lamb" else factory(0.01)
    state = filled(method.init(params))
    sums = dict(weight_sum=jnp.asarray(0.02), max_lr=jnp.asarray(0.01))
    state = state._replace(**sums) if "schedule" in name else state
    after = method.update(params, state, params)[1]
    after = after._replace(**sums) if "schedule" in name else after
    found, scale = told(method, after, params, matrix)
    held = {}
    if name == "lamb":
        # The trust ratio is held at what it is at the tiny gradient that was told with.
        inner = state.inner_state[0]._replace(mu=after.inner_state[0].mu)
        ratio = _ratio(inner, {"w": 1e-3 * params["w"]}, params)
        rescaled = lambda state, w, g: state._replace(
            hyperparams={"learning_rate": 0.01 * ratio / _ratio(state.inner_state[0], g, w)}
            | {k: v for k, v in state.hyperparams.items() if k != "learning_rate"}
        )
        held = {"adjust": rescaled}
    seen = bisected(method, state, params, matrix, scale, **held)
    return float(found.critical) * seen / scale, float(found.critical)


def _ratio(adam, gradient, params):
    step = optax.scale_by_adam(eps=1e-6).update(gradient, adam)[0]["w"]
    return jnp.linalg.norm(params["w"]) / jnp.linalg.norm(step)


def normed(factory: Callable) -> tuple[float, float]:
    """The same in a norm; scaled by the dual norm its steps scale with the weights."""
    method, matrix = optax.inject_hyperparams(lambda rate: factory(rate))(0.1), dense(6)
    shape = (3, 2)
    product = lambda d: [(matrix @ d[0].ravel()).reshape(shape)]
    state = method.init(jnp.ones(shape))
    first = edges.edge(transformed(method, state, place(jnp.ones(shape))), 1)
    starts = [[jax.random.normal(jax.random.key(seed), shape)] for seed in range(40)]
    value, step, _ = norms.sharpest(product, first.norm, [1.0], starts, 40 * 30)

    def adjust(state, weights, gradient):
        read = transformed(method, state, place(weights))
        signal, radii = edges.steepest(read, edges.edge(read, 1), [weights], [gradient], None)
        size = norms.dual(first.norm, signal, radii)
        return state._replace(hyperparams=state.hyperparams | {"rate": 0.1 * size})

    # Muon's iteration goes a share of the way that the polar factor would.
    links = transformed(method, filled(state), place(step[0]))
    along = edges.steepest(links, first, step, product(step), None)
    scale = float(first.critical) / 0.1 / float(value * along.radii[0] ** 2)
    seen = bisected(method, filled(state), step[0], matrix, scale, adjust, by=drifts)
    return float(first.critical) * seen / scale, float(first.critical)


def trained(method: optax.GradientTransformation, steps: int) -> tuple[float, float, float]:
    """ηλ over its critical value, the median of the last third and its quartiles, on the digits."""
    batch = data.digits(200)
    keys = jax.random.split(jax.random.key(0), len(SIZES))
    pairs = zip(keys, SIZES[:-1], SIZES[1:], strict=False)
    params = [jax.random.normal(key, (a, b)) / a**0.5 for key, a, b in pairs]

    def loss(params, batch):
        hidden = batch.inputs
        for weight in params[:-1]:
            hidden = jnp.tanh(hidden @ weight)
        return 0.5 * jnp.mean(jnp.sum((hidden @ params[-1] - batch.targets) ** 2, axis=1))

    def one(carry, _):
        params, state = carry
        updates, state = method.update(jax.grad(loss)(params, batch), state, params)
        return (optax.apply_updates(params, updates), state), None

    some = jax.jit(lambda carry: jax.lax.scan(one, carry, None, length=EVERY)[0])
    watcher = curvkit.watch(loss, optimizer=method, every=1, budget=None, num_hvps=18)
    carry = (params, method.init(params))
    for turn in range(steps // EVERY):
        carry = some(carry)
        watcher.observe(*carry, turn, batch)
    trace = watcher.trace.head(watcher.trace.finite)
    shares = (trace.scaled_sharpness / trace.critical)[2 * trace.readings // 3 :]
    return tuple(float(each) for each in np.quantile(shares, (0.5, 0.25, 0.75)))


def main():
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--quick", action="store_true", help="a third of the steps")
    asked.add_argument("--only", nargs="*", default=list(METHODS), help="some of the optimizers")
    given = asked.parse_args()
    warnings.simplefilter("ignore")
    out.print(" · ".join(f"{name} {value}" for name, value in machine().items()))
    rows = []
    for name in given.only:
        factory, rate = METHODS[name]
        progress.log(name)
        seen, edge = quadratic(name, factory)
        middle, low, high = trained(
            WARMED.get(name, factory)(rate), STEPS // (3 if given.quick else 1)
        )
        rows.append((name, f"{seen:.3f}", f"{edge:.3f}", f"{rate:g}",
                     f"{middle:.2f} ({low:.2f}–{high:.2f})"))  # fmt: skip
    columns = ("optimizer", "ηλ at the edge, bisected", "told", "rate", "ηλ / edge on the digits")
    told = "digits: 200 examples, 64-32-32-10 tanh, full batch; median and quartiles, last third"
    table("The edge of each optimizer", told, columns, rows)
    ratios = [float(row[1]) / float(row[2]) for row in rows]
    out.print(f"bisected / told: {min(ratios):.4f} to {max(ratios):.4f}, "
              f"median {statistics.median(ratios):.4f}")  # fmt: skip


if __name__ == "__main__":
    main()
