"""Tuned constants beside methods that find their own rate: tables of `tuners.md`, by one command.

    .venv/bin/python benchmarks/constants.py               # five seeds, minutes to an hour
    .venv/bin/python benchmarks/constants.py --quick       # two seeds, short, printed only
    .venv/bin/python benchmarks/constants.py --only tasks  # or constants, batches, warm-up

Each table is written between marks of its name in `benchmarks/tuners.md`; beside it stands what an
independent run came to (other code), where there is one.
"""

import argparse
import re
from pathlib import Path

import numpy as np
from curvature import machine, progress

from curvkit import tuners
from curvkit.core.messages import number
from curvkit.tuners._tuned import CALLED

HERE = Path(__file__).parent / "tuners.md"
# name: knobs, and what was found independently: best constant, CDAT σ = 1, 1.9, 2, Armijo.
RUNS = {
    "gradient descent, LeCun's start": (
        dict(base="gd"), ("7.3e-3 (.15)", "1.1e-2", "9.8e-3", "5.7e-3", "1.0e-2")),
    "gradient descent, PyTorch's start": (
        dict(base="gd", initialization="torch"),
        ("3.4e-3 (.4)", "1.5e-2", "1.2e-2", "4.9e-3", "1.2e-2")),
    "heavy ball, PyTorch's start": (
        dict(base="heavy_ball", initialization="torch"),
        ("1.2e-4 (.3)", "2.4e-4", "3.6e-5", "1.2e-4", "6.1e-5")),
    "RMSProp, PyTorch's start": (
        dict(base="rmsprop", initialization="torch"),
        ("1.5e-3 (4e-3)", "1.4e-2", "3.4e-3", "1.2e-3", "3.2e-3")),
    "Adam, PyTorch's start": (
        dict(base="adam", initialization="torch"),
        ("4.7e-5 (3e-3)", "5.3e-5", "4.1e-6", "2.9e-6", "6.5e-6")),
}  # fmt: skip
METHODS = (
    "CDAT σ = 1", "CDAT σ = 1.9", "CDAT σ = 2", "Armijo", "CDAT σ = 2, average 0.9",
    "schedule-free", "Prodigy",
)  # fmt: skip
# Other networks, smaller than those of the independent run, and the rates that are tried with them.
TASKS = {
    "residual": dict(task="residual", loss="mse", activation="relu", width=16, examples=64),
    "transformer": dict(
        task="transformer", loss="cross_entropy", activation="relu", width=16, examples=512
    ),
}
LENGTHS = {"residual": 600, "transformer": 400}
RATES = {
    "gd": (0.1, 0.3, 0.5, 1.0, 2.0, 4.0),
    "heavy_ball": (0.02, 0.05, 0.1, 0.2, 0.5, 1.0),
    "rmsprop": (5e-4, 1e-3, 2e-3, 4e-3, 8e-3, 1.6e-2),
    "adam": (1e-3, 3e-3, 1e-2, 2e-2, 4e-2, 8e-2),
}
# The independent run's transformer of width 32 and one start: the columns of METHODS.
ELSEWHERE = {
    ("transformer", "gd"): (".052 (1)", ".90", "3.3", ".126", "1.75", ".150", "", ""),
    ("transformer", "adam"): (".0362 (3e-2)", ".040", "3400", "151", "1.8", ".0362", "", ""),
}
BATCHES = (8, 32, 128, 0)
BY_BATCH = tuple(f"CDAT σ = {sigma:g}" for sigma in (1, 1.5, 2))
# Of each start the best constant of gradient descent, as the first table finds it.
BEST = {"lecun": 0.15, "torch": 0.4}
# Of Armijo over the best constant, by size of batches, on 500 digits and two layers of 64.
THEIRS = {
    8: "4 times worse", 32: "1.6 times better", 128: "1.2 times better", 0: "2.5 times worse",
}  # fmt: skip
# There, late losses: the best constant, then CDAT with σ = 1, 1.5, 2, without and with averages.
THERE = {
    8: (".0352", ".040", ".031", ".054", ".042", ".035", ".047", ".142"),
    32: (".0155", ".038", ".020", ".0156", ".041", ".022", ".017", ".0095"),
    128: (".0148", ".041", ".034", ".0149", ".044", ".035", ".017", ".0120"),
    0: (".0141", ".037", ".039", ".019", ".040", ".039", ".021", ".0353"),
}


def spread(values):
    """The median with the lowest and the highest; how many diverged."""
    known = values[np.isfinite(values)]
    lost = f", {len(values) - len(known)} diverge" if len(known) < len(values) else ""
    if not known.size:
        return "all diverge"
    return f"{number(np.median(known))} ({number(known.min())} to {number(known.max())}{lost})"


RIVALS = dict(sigmas=(1.0, 1.9, 2.0), emas=(0.0, 0.9), rivals=("schedule_free", "prodigy"))


def best_of(found):
    """The best constant with its rate; whether it is at an end of those that were tried."""
    best = found.best()
    if best < 0:
        return "all diverge"
    at = ", the largest tried" if best == len(found.rates) - 1 else ""
    return f"{spread(found.constants[0, best])}, at {number(found.rates[best])}{at}"


def by_base(seeds, steps):
    heads = ("", "best constant, its rate", *METHODS)
    rows = []
    for name, (knobs, theirs) in RUNS.items():
        progress.log(name)
        found = tuners.tune(seeds=seeds, steps=steps, **RIVALS, **knobs)
        rows.append((name, best_of(found), *(spread(found.levels[each][0]) for each in METHODS)))
        rest = [""] * (len(METHODS) + 1 - len(theirs))
        rows.append((f"· independently, {name.split(',')[0]}", *theirs, *rest))
    return heads, rows


def by_task(seeds, quick):
    heads = ("", "best constant, its rate", *METHODS)
    rows = []
    for task, knobs in TASKS.items():
        for base, rates in RATES.items():
            progress.log(f"{task}, {base}")
            found = tuners.tune(
                seeds=seeds, steps=40 if quick else LENGTHS[task], rates=rates, base=base,
                initialization="torch", **RIVALS, **knobs,
            )  # fmt: skip
            levels = (spread(found.levels[each][0]) for each in METHODS)
            rows.append((f"{task}, {CALLED[base]}", best_of(found), *levels))
            print(rows[-1], flush=True)
            if (task, base) in ELSEWHERE:
                rows.append(("· independently, width 32", *ELSEWHERE[task, base]))
    return heads, rows


def by_batch(seeds, steps):
    averages = tuple(f"{each}, average 0.9" for each in BY_BATCH)
    names, rows = (*BY_BATCH, *averages, "Armijo"), []
    for size in BATCHES:
        progress.log(f"batches of {size or 'all'}")
        found = tuners.tune(
            seeds=seeds, steps=steps, batches=(size,), examples=500, width=64,
            initialization="torch", max_learning_rate=2.0, rates=(0.1, 0.2, 0.3, 0.4, 0.5),
            sigmas=(1.0, 1.5, 2.0), emas=(0.0, 0.9),
        )  # fmt: skip
        gain = np.median(found.gain("Armijo"))
        told = f"{number(gain)} times better" if gain > 1 else f"{number(1 / gain)} times worse"
        levels = (spread(found.levels[each][0]) for each in names)
        rows.append((str(size or "all"), best_of(found), *levels, told))
        print(rows[-1], flush=True)
        rows.append(("· independently", *THERE[size], THEIRS[size]))
    return ("batch", "best constant, its rate", *names, "Armijo over the constant"), rows


def warm_ups(seeds, steps):
    """CDAT, the warm-up read off its rate, and constants, from the same starts."""
    heads = ("start", "CDAT σ = 2", "read off it", "that warm-up", "best constant",
             "the peak as a constant")  # fmt: skip
    rows = []
    for start, constant in BEST.items():
        progress.log(f"warm-up, {start}")
        common = dict(initialization=start, seeds=seeds, steps=steps)
        found = tuners.run(common, learning_rate=constant, rival="constant")
        read = found.as_warm_up()
        given = dict(common, learning_rate=read.peak, warm_up_steps=read.steps)
        planned = tuners.run(given, tuner="warm_up", rival="constant")
        told = f"{read.steps} steps to {read.peak:.3f}"
        rows.append((
            start, spread(found.best(0)), told, spread(planned.best(0)),
            f"{spread(found.best(1))}, at {constant}", spread(planned.best(1)),
        ))  # fmt: skip
    return heads, rows


def markdown(heads, rows):
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(map(str, each))} |" for each in lines)


def tables(quick):
    """The tables by name: what stands above each, and how it is made."""
    seeds, steps, batched = (2, 200, 60) if quick else (5, 2002, 1500)
    told = f"Late losses, medians of {seeds} seeds (lowest to highest)"
    best = "The best constant is that with the lowest median of those that no seed diverges with."
    others = " and ".join(f"{steps} for the {task}" for task, steps in LENGTHS.items())
    return {
        "constants": (
            f"{told}, 200 digits, 64-32-32-10, tanh, squared error, all examples at each step, "
            f"{steps} steps. {best} Schedule-free is run with the same rates, of which the best is "
            "told, and looked at where its average is; Prodigy follows Adam's direction.",
            lambda: by_base(seeds, steps),
        ),
        "tasks": (
            f"{told}, PyTorch's start, all examples at each step. Cut to what two cores do in some "
            "minutes: the residual network has 4 channels, two blocks, 64 digits, squared error; "
            "the transformer two blocks of width 16, 16 pieces of 32 characters, cross-entropy; "
            f"steps: {others}.",
            lambda: by_task(seeds, quick),
        ),
        "batches": (
            f"{told} of the mean loss on all examples near the end; 500 digits, 64-64-64-10, tanh, "
            f"gradient descent, {batched} steps.",
            lambda: by_batch(seeds, batched),
        ),
        "warm-up": (
            f"Least losses of the last 50 of {steps} steps, medians of {seeds} seeds (lowest to "
            "highest), gradient descent, the network of the first table. The peak is the late "
            "median of CDAT's rate, of all seeds together; the warm-up ends where its running "
            "median is at nine tenths of that. The best constants are those of that table.",
            lambda: warm_ups(seeds, steps),
        ),
    }


def main():
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--quick", action="store_true", help="two seeds, short, printed only")
    asked.add_argument("--only", nargs="*", help="some of: constants, tasks, batches, warm-up")
    given = asked.parse_args()
    machined = " · ".join(f"{name} {value}" for name, value in machine().items())
    for name, (text, make) in tables(given.quick).items():
        if given.only and name not in given.only:
            continue
        body = "\n\n".join(
            (f"Run by `benchmarks/constants.py`: {machined}.", text, markdown(*make()))
        )
        print(body, flush=True)
        if not given.quick:
            write(name, body)


def write(name, body):
    """Puts a table where its marks are, as soon as it is there."""
    marks = (f"<!-- {name} -->", f"<!-- /{name} -->")
    whole = HERE.read_text(encoding="utf-8")
    if marks[0] not in whole:
        whole += f"\n## Against constants that were tuned: {name}\n{marks[0]}\n{marks[1]}\n"
    pattern = f"{marks[0]}.*?{marks[1]}"
    body = f"{marks[0]}\n{body}\n{marks[1]}"
    HERE.write_text(re.sub(pattern, lambda _: body, whole, flags=re.DOTALL), encoding="utf-8")


if __name__ == "__main__":
    main()
