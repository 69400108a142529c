"""What flows beside a run cost, in training steps: processor time with them over without.

    .venv/bin/python benchmarks/flows.py [room, curvature or tuners]

The same run of a room each time, of the tuners' CDAT alone, taken in turns: with no flow, with
gradient flow, with the central flow; read every 11 steps. Of the time with flows
the time without is taken off, and what is left is divided by that of as many plain steps of
gradient descent, in a loop of their own.
"""

import statistics
import sys
import time
from functools import partial

import jax
import jax.numpy as jnp
from curvature import machine, out, progress, table

from curvkit import curvature, tuners
from curvkit.curvature.experiment import problem

# name: of which room, and what is turned.
RUNS = {
    "n=200, 32-32, before its edge": (curvature, dict(learning_rate=0.05)),
    "n=200, 32-32, at its edge": (curvature, dict(learning_rate=0.15)),
    "n=500, 64-64, at its edge": (curvature, dict(learning_rate=0.15, examples=500, width=64)),
    "CDAT, n=200, 32-32, σ = 2": (tuners, dict(rival="none", initialization="torch")),
}
KINDS, STEPS, REPEATS = ("none", "gradient", "central"), 1507, 5


def plain(knobs):
    """The processor seconds of a training step, alone in a loop."""
    shared = {name: each for name, each in knobs.items() if name != "rival"}
    settings = curvature.Settings(**shared)
    start, loss = problem(settings)
    rate, gradient = settings.learning_rate, jax.grad(loss)
    step = lambda _, w: w - rate * gradient(w)
    many = jax.jit(lambda w: jax.lax.fori_loop(0, STEPS, step, w))
    first = jax.block_until_ready(many(start(jax.random.key(0))))
    return lambda: jnp.sum(many(first)).block_until_ready()


def taken(call):
    begun = time.process_time()
    call()
    return time.process_time() - begun


def beyond(found, kind):
    """What a flow takes beyond the run without one, in the time of the plain steps."""
    return statistics.median((each[kind] - each["none"]) / each["plain"] for each in found)


def main():
    out.print(" · ".join(f"{name} {value}" for name, value in machine().items()))
    rows = []
    for name, (room, knobs) in RUNS.items():
        if not all(each in room.__name__ for each in sys.argv[1:]):
            continue
        progress.log(name)
        runs = {kind: partial(room.run, knobs, flow=kind, steps=STEPS) for kind in KINDS}
        calls = {"plain": plain(knobs), **runs}
        for call in calls.values():
            call()
        found = [{kind: taken(call) for kind, call in calls.items()} for _ in range(REPEATS)]
        step = statistics.median(each["plain"] for each in found) / STEPS * 1e6
        cells = [f"{beyond(found, kind):.1f}" for kind in KINDS[1:]]
        rows.append((name, f"{step:.0f}", *cells))
    heads = ("run", "µs a training step", "gradient flow, steps", "central flow, steps")
    table("The price of a flow, in training steps for each of the run's", "", heads, rows)


if __name__ == "__main__":
    main()
