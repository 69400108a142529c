"""Tuners, side by side: the price of CDAT's second derivative, and the race to a target loss.

All in one run, on one machine: the same networks, data and seeds for everybody. Times are medians
over repeats, taken in turns; a ratio is the median of the ratios of neighbours.
"""

import argparse
import statistics
import time
from functools import partial

import _safety
import jax
import jax.numpy as jnp
import optax
from _tables import ON_GRADIENT_DESCENT, WINDOW, columns, line, on_other_bases
from curvature import machine, out, progress, table
from jax.experimental import jet
from jax.flatten_util import ravel_pytree

from curvkit import data, tuners
from curvkit.curvature import _network as network

# name: (examples, sizes of the hidden layers)
MODELS = {
    "n=200, 32-32": (200, (32, 32)),
    "n=500, 64-64-64": (500, (64, 64, 64)),
    "n=1797, 200-200": (1797, (200, 200)),
}
STEPS = 200


def problem(examples, hidden):
    """The flat parameters of a tanh network on digits, and its loss."""
    inputs, targets = (jnp.asarray(each) for each in data.digits(examples))
    layers = network.mlp(jax.random.key(0), [64, *hidden, 10], "torch")
    params, unravel = ravel_pytree(layers)
    outputs = lambda flat: network.predict(unravel(flat), inputs, "tanh")
    return params, lambda flat: network.mean_squared_error(outputs(flat), targets)


def routes(loss):
    """Ways to uᵀHu, all exact."""

    def taylor(w, u):
        series = jet.jet(loss, (w,), ((u, jnp.zeros_like(u)),))[1]
        return series[1]

    return {
        "nested jvp of the loss": lambda w, u: tuners.curvature_along(loss, w, u),
        "jvp of the gradient": lambda w, u: u @ jax.jvp(jax.grad(loss), (w,), (u,))[1],
        "gradient of the slope": lambda w, u: u @ jax.grad(lambda v: jax.grad(loss)(v) @ u)(w),
        "Taylor mode (jet)": taylor,
    }


def seconds(call, *arguments) -> float:
    begun = time.perf_counter()
    jax.block_until_ready(call(*arguments))
    return time.perf_counter() - begun


def in_turns(calls: dict, repeats: int) -> dict[str, list[float]]:
    """The seconds of each call, taken in turns, the first round (compiling) left out."""
    rounds = [{name: call() for name, call in calls.items()} for _ in range(repeats + 1)][1:]
    return {name: [each[name] for each in rounds] for name in calls}


def many(function, count=STEPS):
    """`function(w, u)` so many times in one program, each a little elsewhere."""

    def body(at, total):
        w, u, result = total
        return w, u, result + function(w + 1e-6 * at, u)

    return jax.jit(lambda w, u: jax.lax.fori_loop(0, count, body, (w, u, jnp.zeros(())))[2])


def price_of_routes(repeats):
    for name, (examples, hidden) in MODELS.items():
        params, loss = problem(examples, hidden)
        u = -jax.grad(loss)(params)
        ways = routes(loss)
        expected = float(ways["jvp of the gradient"](params, u))
        found, rows = {}, []
        gradient = jax.grad(loss)
        programs = {"one gradient": many(lambda w, u, of=gradient: jnp.sum(of(w)) * 0)}
        for way, function in ways.items():
            try:
                found[way] = float(function(params, u))
                programs[way] = many(function)
            except (NotImplementedError, KeyError, TypeError) as error:
                rows.append((way, f"does not run here: {type(error).__name__}", "", ""))
        calls = {way: partial(seconds, program, params, u) for way, program in programs.items()}
        taken = in_turns(calls, repeats)
        base = taken["one gradient"]
        for way, each in taken.items():
            ratio = statistics.median(a / b for a, b in zip(each, base, strict=True))
            apart = f"{abs(found[way] / expected - 1):.0e}" if way in found else ""
            rows.append(
                (way, f"{statistics.median(each) / STEPS * 1e6:.0f}", f"{ratio:.2f}", apart)
            )
        columns = ("way to uᵀHu", "µs", "× gradient", "relative difference")
        table(f"{name}: the second derivative along a line", "", columns, rows)


def training(method, loss, params):
    """So many steps of a tuner, or of a plain optax transformation, in one program."""
    method = optax.with_extra_args_support(method)

    def one(carry, _):
        params, state = carry
        value, grads = jax.value_and_grad(loss)(params)
        updates, state = method.update(grads, state, params, value_fn=loss, value=value)
        return (optax.apply_updates(params, updates), state), value

    run = lambda params: jax.lax.scan(one, (params, method.init(params)), None, STEPS)[1]
    return jax.jit(run)


def price_of_cdat(repeats):
    rows = []
    bases = {"gd": optax.identity(), "adam": optax.scale_by_adam()}
    for name, (examples, hidden) in MODELS.items():
        params, loss = problem(examples, hidden)
        for base_name, base in bases.items():
            rate = 0.05 if base_name == "gd" else 1e-3
            programs = {
                "base": training(optax.chain(base, optax.scale(-rate)), loss, params),
                "cdat": training(tuners.cdat(base, max_learning_rate=rate), loss, params),
            }
            calls = {key: partial(seconds, program, params) for key, program in programs.items()}
            taken = in_turns(calls, repeats)
            ratio = statistics.median(
                a / b for a, b in zip(taken["cdat"], taken["base"], strict=True)
            )
            micro = [f"{statistics.median(taken[key]) / STEPS * 1e6:.0f}" for key in programs]
            # A loop's body is counted once, so that these are the operations of one step.
            counted = [each.lower(params).compile().cost_analysis() for each in programs.values()]
            flops = [each["flops"] for each in counted]
            rows.append((name, base_name, *micro, f"{ratio:.2f}", f"{flops[1] / flops[0]:.2f}"))
    columns = ("model", "base", "µs a step, base", "µs a step, CDAT", "ratio", "ratio of flops")
    table("The price of CDAT over its base", "", columns, rows)


def race(title, contenders, steps, seeds, marks, target):
    """A table of everybody: losses on the way and at the end, medians over seeds."""
    rows = []
    for label, turned in contenders:
        progress.log(label)
        rows.append(line(label, turned, steps, seeds, marks, target))
    told = f"{seeds} seeds, {steps} steps; least loss of {WINDOW} steps; s: seconds to the target, "
    told += "all seeds at once, with a reading every 11 steps; λ, η·λ and alignment²: second half."
    table(title, told, columns(marks, target), rows)


def safety(quick):
    """The tables of the guard: what it keeps from exploding, and what it costs."""
    for title, told in (
        ("CDAT where it may explode", _safety.explosions),
        ("CDAT on the room's own runs", _safety.prices),
    ):
        heads, rows = told(quick, progress.log)
        table(title, "", heads, rows)


def main():
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--quick", action="store_true", help="one seed, fewer steps and repeats")
    asked.add_argument("--no-race", action="store_true", help="only the price of a step")
    asked.add_argument("--safety", action="store_true", help="only where CDAT explodes")
    given = asked.parse_args()
    out.print(" · ".join(f"{name} {value}" for name, value in machine().items()))
    if given.safety:
        safety(given.quick)
        return
    repeats = 5 if given.quick else 15
    price_of_routes(repeats)
    price_of_cdat(repeats)
    if given.no_race:
        return
    steps, seeds = (1001, 1) if given.quick else (4004, 5)
    marks = [mark for mark in (250, 1000) if mark < steps]
    contenders = ON_GRADIENT_DESCENT.items()
    race("Tuners on gradient descent", contenders, steps, seeds, marks, 1e-2)
    steps = 501 if given.quick else 3003
    marks = [mark for mark in (500,) if mark < steps]
    race("CDAT on other bases", on_other_bases(), steps, seeds, marks, 1e-3)


if __name__ == "__main__":
    main()
