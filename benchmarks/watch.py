"""Watching, side by side: what it adds to a training loop, to compiling, and what memory it takes.

The loop is the plain one of a person who does not hand it over: a compiled step, called from
Python. Times are medians over repeats taken in turns; memory is the peak of a process of its own.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import _safety
import jax
import jax.numpy as jnp
import optax
from curvature import machine, out, progress, table
from jax.flatten_util import ravel_pytree

import curvkit
from curvkit import data
from curvkit.curvature import _network as network

# name: (examples, hidden layers, steps), or (a model of `_safety`, None, steps)
MODELS = {
    "n=200, 32-32, 3.5e3 parameters": (200, (32, 32), 6000),
    "n=500, 64-64-64, 1.3e4": (500, (64, 64, 64), 3000),
    "n=1797, 400-400, 1.9e5": (1797, (400, 400), 300),
    "convolutions, two residual blocks": ("residual", None, 1500),
    "transformer, two layers": ("transformer", None, 300),
}
# 64-2000-2000-2000-10: ten million parameters, on as many examples as keep a step short.
LARGE = (100, (2000, 2000, 1450, 1450))
BUDGET = 0.2


def problem(examples, hidden):
    """Parameters, the loss of them and of a batch, and the batch: all the data."""
    if hidden is None:
        draw, flat, count = _safety.MODELS[examples]()
        loss = lambda params, rows: flat(ravel_pytree(params)[0], rows)
        return draw(jax.random.key(0)), loss, jnp.arange(count)
    inputs, targets = (jnp.asarray(each) for each in data.digits(examples))
    params = network.mlp(jax.random.key(0), [64, *hidden, 10], "torch")
    predict = lambda params, batch: network.predict(params, batch[0], "tanh")
    loss = lambda params, batch: network.mean_squared_error(predict(params, batch), batch[1])
    return params, loss, (inputs, targets)


def loop(examples, hidden, steps, watcher=None, rule="adam"):
    """Seconds of training, the compilation of the step left out."""
    params, loss, batch = problem(examples, hidden)
    method = optax.adam(1e-3) if rule == "adam" else optax.sgd(0.05)
    state = method.init(params)

    @jax.jit
    def step(params, state):
        updates, state = method.update(jax.grad(loss)(params, batch), state, params)
        return optax.apply_updates(params, updates), state

    jax.block_until_ready(step(params, state))
    begun = time.perf_counter()
    for number in range(steps):
        params, state = step(params, state)
        if watcher is not None:
            watcher.observe(params, state, number, batch)
    jax.block_until_ready(params)
    return time.perf_counter() - begun


def watched(examples, hidden, rule, **options):
    loss = problem(examples, hidden)[1]
    rate = 1e-3 if rule == "adam" else 0.05
    return curvkit.watch(loss, rule=rule, learning_rate=rate, **options)


def compiling():
    """What the first reading takes to trace and compile, in gradients."""
    rows = []
    for name, (examples, hidden, _) in MODELS.items():
        progress.log(f"compiling: {name}")
        params, loss, batch = problem(examples, hidden)
        began = time.process_time()
        gradient = jax.jit(jax.value_and_grad(loss)).lower(params, batch)
        gradient.compile()
        spent = [time.process_time() - began]
        for per_layer in (False, True):
            watcher = curvkit.watch(loss, learning_rate=0.1, per_layer=per_layer, budget=None)
            began = time.process_time()
            watcher.observe(params, step=0, batch=batch)
            spent.append(time.process_time() - began)
        rows.append((name, f"{spent[0]:.1f}", *(f"{each / spent[0]:.1f}" for each in spent[1:])))
    columns = ("model", "gradient, CPU s", "first reading ×", "with layers ×")
    told = "tracing, compiling and one reading, with no cache, in units of the gradient's"
    table("What compiling a reading takes", told, columns, rows)


def price(repeats):
    rows = []
    for name, (examples, hidden, steps) in MODELS.items():
        for rule in ("gd", "adam"):
            progress.log(f"{name}, {rule}")
            ratios, readings, shares, products = [], [], [], []
            for _ in range(repeats):
                plain = loop(examples, hidden, steps, rule=rule)
                watcher = watched(examples, hidden, rule, budget=BUDGET)
                spent = loop(examples, hidden, steps, watcher, rule) - watcher.pace.compiling
                ratios.append(spent / plain)
                readings.append(watcher.trace.readings)
                shares.append(watcher.pace.share)
                products += [float(each) for each in watcher.trace.products[1:]]
            middle = [statistics.median(each) for each in (ratios, shares, readings)]
            # Of the first reading, from cold, there is one in each run.
            later = f"{statistics.mean(products):.1f}" if products else "–"
            rows.append(
                (name, rule, f"{middle[0]:.2f}", f"{middle[1]:.2f}", f"{middle[2]:.0f}", later)
            )
    columns = ("model", "rule", "× plain loop", "own share", "readings", "products a later reading")
    told = f"a budget of {BUDGET:g} seconds for each second of training; compiling left out"
    table("What watching adds to a training loop", told, columns, rows)


def peak(kind: str) -> None:
    """Trains the large model for some steps, and prints the peak of this process in MB."""
    examples, hidden = LARGE
    watcher = None
    if kind == "nothing":
        jax.block_until_ready(jnp.ones(3) + 1)
        out.print(f"{most():.0f} 0")
        return
    if kind.startswith("watch"):
        options = dict(per_layer=kind.endswith("layers"))
        watcher = watched(examples, hidden, "gd", every=1, budget=None, **options)
    loop(examples, hidden, 3, watcher, "gd")
    size = sum(each.size for each in jax.tree.leaves(problem(examples, hidden)[0]))
    out.print(f"{most():.0f} {size}")


def most() -> float:
    """The peak memory of this process in MB, without what its parent had."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(each for each in status.read_text().splitlines() if each.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def memory():
    found, size = {}, 0
    for kind in ("nothing", "train", "watch", "watch layers"):
        progress.log(f"memory: {kind}")
        command = [sys.executable, __file__, "--peak", kind]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        taken, count = map(int, told.split()[-2:])
        found[kind], size = taken, max(size, count)
    unit = size * 4 / 2**20
    rows = [
        (kind, f"{taken}", f"{(taken - found['nothing']) / unit:.1f}")
        for kind, taken in found.items()
    ]
    told = f"{size / 1e6:.1f} million parameters, {unit:.0f} MB in single precision"
    table("Peak memory of a process", told, ("what runs", "MB", "× the parameters"), rows)


def main():
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--quick", action="store_true", help="fewer repeats")
    asked.add_argument("--no-price", action="store_true", help="only the memory")
    asked.add_argument("--peak", help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.peak:
        peak(given.peak)
        return
    out.print(" · ".join(f"{name} {value}" for name, value in machine().items()))
    compiling()
    if not given.no_price:
        price(1 if given.quick else 5)
    memory()


if __name__ == "__main__":
    main()
