"""Runs per second of the ten-point study, beside a plain loop over seeds.

All in one run: the same network, data, initial law, optimiser and steps; Adam, two sigmoid units.
curvkit trains all seeds side by side in one compiled program. The loops train one seed after the
other: in JAX with one compiled step that a Python loop calls, in JAX with each whole run compiled,
and in PyTorch where it is installed. The loops are timed on few seeds, and told per run. The
study takes half as many steps again as the loops, for its second look at every run.
"""

import argparse
import json
import os
import platform
import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from rich.console import Console
from rich.table import Table

from curvkit.core import knob
from curvkit.minima import Settings, certify, counterexamples, stream
from curvkit.minima import _training as training
from curvkit.minima._problems import problem

try:
    import torch
except ModuleNotFoundError:
    torch = None

out = Console(width=110)
RATE = 0.05


def timed(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def study(seeds: int, steps: int) -> float:
    """Seconds of curvkit's own stream, both looks at every run included, compiled before."""
    settings = knob.read(Settings, runs=seeds, steps=steps)
    stream.run(knob.read(Settings, runs=20, steps=1))
    return timed(lambda: stream.run(settings))


def side_by_side(seeds: int, steps: int) -> float:
    """Seconds of the training alone, all seeds in one call."""
    data, widths = _data(), jnp.full((seeds,), 2)
    how = (data, "sigmoid", "adam", RATE, widths)

    @jax.jit
    def train(key, steps):
        drawn = training.draw(key, "normal_with_biases", 2, widths, 2)
        return training.losses(
            training.descend(training.start(drawn), steps, *how).runs, data, "sigmoid"
        )

    jax.block_until_ready(train(jax.random.key(0), 1))
    return timed(lambda: jax.block_until_ready(train(jax.random.key(1), steps)))


def jax_step_loop(seeds: int, steps: int) -> float:
    """Seconds of a loop over seeds and steps in Python, the step compiled once."""
    data, widths = _data(), jnp.full((1,), 2)
    how = (data, "sigmoid", "adam", RATE, widths)
    step = jax.jit(lambda at: training.descend(at, 1, *how))
    draw = jax.jit(lambda key: training.draw(key, "normal_with_biases", 2, widths, 2))

    def loop(number, length):
        for seed in range(number):
            at = training.start(draw(jax.random.key(seed)))
            for _ in range(length):
                at = step(at)
            jax.block_until_ready(at)

    loop(1, 2)
    return timed(lambda: loop(seeds, steps))


def jax_run_loop(seeds: int, steps: int) -> float:
    """Seconds of a loop over seeds in Python, each whole run one compiled call."""
    data, widths = _data(), jnp.full((1,), 2)
    how = (data, "sigmoid", "adam", RATE, widths)

    @jax.jit
    def train(key, steps):
        drawn = training.draw(key, "normal_with_biases", 2, widths, 2)
        return training.descend(training.start(drawn), steps, *how).runs

    jax.block_until_ready(train(jax.random.key(0), 1))

    def loop():
        for seed in range(seeds):
            jax.block_until_ready(train(jax.random.key(seed), steps))

    return timed(loop)


def torch_loop(seeds: int, steps: int) -> float:
    """Seconds of a loop over seeds and steps in PyTorch, at its fastest: one thread, fused Adam."""
    torch.set_num_threads(1)
    given = problem("ten_points")
    x, y = torch.tensor(given.inputs), torch.tensor(given.targets)
    criterion = torch.nn.BCEWithLogitsLoss()

    def loop(number, length):
        for seed in range(number):
            torch.manual_seed(seed)
            layers = torch.nn.Linear(2, 2), torch.nn.Sigmoid(), torch.nn.Linear(2, 1)
            network = torch.nn.Sequential(*layers)
            for each in network.parameters():
                torch.nn.init.normal_(each)
            optimizer = torch.optim.Adam(network.parameters(), RATE, fused=True)
            for _ in range(length):
                optimizer.zero_grad()
                criterion(network(x)[:, 0], y).backward()
                optimizer.step()

    loop(1, 2)
    return timed(lambda: loop(seeds, steps))


def _data():
    given = problem("ten_points")
    return training.LabelledPoints(
        jnp.asarray(given.inputs), jnp.asarray(given.targets), given.loss
    )


def rows(seeds: int, steps: int, few: int, repeats: int) -> list[dict]:
    """Seconds per run of every way, the median of `repeats` turns."""
    ways = {
        "curvkit, the study (two looks, recorded)": (study, seeds),
        "curvkit, training alone": (side_by_side, seeds),
        "JAX, loop over seeds, whole run compiled": (jax_run_loop, few),
        "JAX, loop over seeds and steps, step compiled": (jax_step_loop, few),
    }
    if torch:
        ways["PyTorch, loop over seeds and steps"] = (torch_loop, few)
    taken = {name: [] for name in ways}
    for _ in range(repeats):
        for name, (way, number) in ways.items():
            taken[name].append(way(number, steps) / number)
    return [
        {"way": name, "timed on": ways[name][1], "seconds per run": float(np.median(each))}
        for name, each in taken.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, help="runs that curvkit makes at once")
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--few", type=int, default=2, help="runs that the loops are timed on")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", help="also write the numbers to this file")
    given = parser.parse_args()
    found = rows(given.seeds, given.steps, given.few, given.repeats)
    base = found[0]["seconds per run"]
    table = Table(title=f"{given.steps} steps of Adam per run, {given.seeds} seeds at once")
    for name in ("way", "runs per second", "s for all seeds", "× the study"):
        table.add_column(name, justify="left" if name == "way" else "right")
    for row in found:
        each = row["seconds per run"]
        table.add_row(row["way"], f"{1 / each:.3g}", f"{each * given.seeds:.3g}",
                      f"{each / base:.3g}")  # fmt: skip
    out.print(table)
    aim = "The aim, 50 times a plain loop over seeds and steps at 1000 seeds"
    plain = [row for row in found if row["way"].endswith("loop over seeds and steps, step compiled")
             or row["way"].startswith("PyTorch")]  # fmt: skip
    met = all(row["seconds per run"] > 50 * base for row in plain)
    out.print(f"{aim}, is {'met' if met else 'missed'}.")
    if not torch:
        out.print("PyTorch is not installed, so its loop was not timed; `pip install torch`.")
    proof = {each.name: timed(lambda e=each: certify(e)) for each in counterexamples()}
    told = ", ".join(f"{name} {1e3 * each:.1f}" for name, each in proof.items())
    out.print(f"Milliseconds of a certificate: {told}.")
    device = jax.devices()[0].device_kind
    machine = {"cores": os.cpu_count(), "device": device, "jax": jax.__version__}
    machine |= {"python": platform.python_version(), "load": os.getloadavg()[0]}
    out.print(machine)
    if given.json:
        with open(given.json, "w", encoding="utf-8") as file:
            json.dump({"machine": machine, "rows": found, "certificates": proof}, file, indent=1)


if __name__ == "__main__":
    main()
