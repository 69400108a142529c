"""Tuned constants beside methods that find their own rate: tables of `tuners.md`, by one command.

    .venv/bin/python benchmarks/constants.py          # five seeds, minutes to an hour
    .venv/bin/python benchmarks/constants.py --quick  # two seeds, short, printed only

What is measured is written between the marks `<!-- constants -->` in `benchmarks/tuners.md`; beside
it stands what an independent run came to (four seeds, other code), where there is one.
"""

import argparse
import re
from pathlib import Path

import numpy as np
from curvature import machine, progress

from curvkit import tuners
from curvkit.core.messages import number

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
METHODS = ("CDAT σ = 1", "CDAT σ = 1.9", "CDAT σ = 2", "Armijo")
BATCHES = (8, 32, 128, 0)
# Of each start the best constant of gradient descent, as the first table finds it.
BEST = {"lecun": 0.15, "torch": 0.4}
# Of Armijo over the best constant, by size of batches, on 500 digits and two layers of 64.
THEIRS = {8: "4 times worse", 32: "1.6 times better", 128: "1.2 times better", 0: "2.5 times worse"}


def spread(values):
    """The median with the lowest and the highest; how many diverged."""
    known = values[np.isfinite(values)]
    lost = f", {len(values) - len(known)} diverge" if len(known) < len(values) else ""
    if not known.size:
        return "all diverge"
    return f"{number(np.median(known))} ({number(known.min())} to {number(known.max())}{lost})"


def by_base(seeds, steps):
    heads = ("", "best constant, its rate", *METHODS)
    rows = []
    for name, (knobs, theirs) in RUNS.items():
        progress.log(name)
        found = tuners.tune(seeds=seeds, steps=steps, sigmas=(1.0, 1.9, 2.0), **knobs)
        best = found.best()
        cells = ["all diverge"]
        if best >= 0:
            cells = [f"{spread(found.constants[0, best])}, at {number(found.rates[best])}"]
        rows.append((name, *cells, *(spread(found.levels[each][0]) for each in METHODS)))
        rows.append((f"· independently, {name.split(',')[0]}", *theirs))
    return heads, rows


def by_batch(seeds, steps):
    rows = []
    for size in BATCHES:
        progress.log(f"batches of {size or 'all'}")
        found = tuners.tune(
            seeds=seeds, steps=steps, batches=(size,), examples=500, width=64, ema=0.0,
            initialization="torch", max_learning_rate=2.0, rates=(0.1, 0.2, 0.3, 0.4),
            sigmas=(1.0, 1.9, 2.0),
        )  # fmt: skip
        best, gain = found.best(), np.median(found.gain("Armijo"))
        told = f"{number(gain)} times better" if gain > 1 else f"{number(1 / gain)} times worse"
        constant = f"{spread(found.constants[0, best])}, at {number(found.rates[best])}"
        levels = (spread(found.levels[each][0]) for each in METHODS)
        rows.append((str(size or "all"), constant, *levels, told, THEIRS[size]))
    return ("batch", "best constant, its rate", *METHODS, "Armijo", "independently"), rows


def warm_ups(seeds, steps):
    """CDAT, the warm-up read off its rate, and constants, from the same starts."""
    heads = ("start", "CDAT σ = 2", "read off it", "that warm-up", "best constant",
             "the peak as a constant")  # fmt: skip
    rows = []
    for start, constant in BEST.items():
        progress.log(f"warm-up, {start}")
        common = dict(initialization=start, seeds=seeds, steps=steps)
        found = tuners.run(common, learning_rate=constant, rival="constant")
        read = found.warm_up()
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


def written(mark, title, section):
    """Puts a section between its marks in `tuners.md`, at the end where it is not there yet."""
    marks = (f"<!-- {mark} -->", f"<!-- /{mark} -->")
    whole = HERE.read_text(encoding="utf-8")
    if marks[0] not in whole:
        whole += f"\n## {title}\n{marks[0]}\n{marks[1]}\n"
    body = f"{marks[0]}\n{section}\n{marks[1]}"
    pattern = f"{marks[0]}.*?{marks[1]}"
    HERE.write_text(re.sub(pattern, lambda _: body, whole, flags=re.DOTALL), encoding="utf-8")


def main():
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--quick", action="store_true", help="two seeds, short, printed only")
    asked.add_argument("--no-batches", action="store_true", help="only the table by base")
    asked.add_argument("--warm-up", action="store_true", help="only the table of the warm-up")
    given = asked.parse_args()
    seeds, steps = (2, 200) if given.quick else (5, 2002)
    told = " · ".join(f"{name} {value}" for name, value in machine().items())
    rising = "\n\n".join([
        f"Run by `benchmarks/constants.py --warm-up`: {told}.",
        f"Least losses of the last 50 of {steps} steps, medians of {seeds} seeds (lowest to "
        "highest), gradient descent, the network of above. The peak is the late median of CDAT's "
        "rate, of all seeds together; the warm-up ends where its running median is at nine tenths "
        "of that. The best constants are those of the table above.",
        markdown(*warm_ups(seeds, steps)),
    ])  # fmt: skip
    print(rising)
    if not given.quick:
        written("warm-up", "A warm-up, read off CDAT and used", rising)
    if given.warm_up:
        return
    text = [
        f"Run by `benchmarks/constants.py`: {told}.",
        f"Late losses, medians of {seeds} seeds (lowest to highest), 200 digits, 64-32-32-10, "
        f"tanh, squared error, all examples at each step, {steps} steps. The best constant is that "
        "with the lowest median of those that no seed diverges with.",
        markdown(*by_base(seeds, steps)),
    ]
    if not given.no_batches:
        fewer = 2
        text += [
            f"By size of batches: 500 digits, 64-64-64-10, gradient descent, {fewer} seeds, the "
            "mean loss on all examples near the end.",
            markdown(*by_batch(fewer, 200 if given.quick else 1500)),
        ]
    section = "\n\n".join(text)
    print(section)
    if not given.quick:
        written("constants", "Against constants that were tuned", section)


if __name__ == "__main__":
    main()
