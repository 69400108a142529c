"""Shaped networks beside the standard ones, and K-FAC beside Adam: tables of `kernels.md`.

    .venv/bin/python benchmarks/contest.py          # three seeds, some minutes
    .venv/bin/python benchmarks/contest.py --quick  # one seed, a fifth of the steps, printed only

What is measured is written between the marks `<!-- contest -->` in `benchmarks/kernels.md`; beside
it stands what an independent run came to (one seed, other code), where there is one.
"""

import argparse
import re
from pathlib import Path

import numpy as np
from curvature import machine, progress

from curvkit import data
from curvkit.core.messages import number
from curvkit.kernels import contest

HERE = Path(__file__).parent / "kernels.md"
PLAIN = dict(shaping="none")
DEEP = dict(task="autoencoder", network="chain", blocks=14)
# name: knobs, and the test accuracy that was found independently after 150 steps.
DIGITS = {
    "residual, BatchNorm, ReLU": (dict(network="batch_norm", activation="relu"), ".981"),
    "residual, LayerNorm, ReLU": (dict(network="layer_norm", activation="relu"), ".986"),
    "residual, plain sums, ReLU (He)": (
        dict(network="plain_sums", activation="relu"), "diverges at all rates"),
    "residual, rescaled, plain softplus": (PLAIN, "chance"),
    "residual, rescaled, DKS softplus": ({}, ".972"),
    "residual, rescaled, DKS sigmoid": (dict(activation="sigmoid"), ".96"),
    "no shortcuts, ReLU (He)": (dict(network="chain", activation="relu", **PLAIN), ".40"),
    "no shortcuts, plain sigmoid": (dict(network="chain", activation="sigmoid", **PLAIN), "chance"),
    "no shortcuts, SELU": (dict(network="chain", activation="selu", **PLAIN), ".97"),
    "no shortcuts, DKS softplus": (dict(network="chain"), ".96 to .986"),
    "no shortcuts, DKS sigmoid": (dict(network="chain", activation="sigmoid"), ".93 to .983"),
    "no shortcuts, DKS softplus, by K-FAC": (dict(network="chain", optimizer="kfac"), "–"),
    "no shortcuts, DKS sigmoid, by K-FAC": (
        dict(network="chain", activation="sigmoid", optimizer="kfac"), "–"),
}  # fmt: skip
IMAGES = {
    "residual, BatchNorm, ReLU": dict(network="batch_norm", activation="relu"),
    "residual, plain sums, ReLU (He)": dict(network="plain_sums", activation="relu"),
    "residual, rescaled, plain softplus": PLAIN,
    "residual, rescaled, DKS softplus": {},
    "residual, rescaled, DKS sigmoid": dict(activation="sigmoid"),
    "no shortcuts, DKS softplus": dict(network="chain"),
    "no shortcuts, DKS softplus, by K-FAC": dict(network="chain", optimizer="kfac"),
}
# name: knobs, steps, after which the loss is told, and what was found independently.
BACK = {
    "K-FAC, DKS": (dict(optimizer="kfac"), (50, 100, 150), "5.4, 3.6, 2.9"),
    "Adam, DKS": (dict(optimizer="adam"), (50, 100, 300), "6.7, 5.2, 3.6"),
    "SGD with momentum, DKS": ({}, (50, 100, 300), "12, –, 6.2"),
    "K-FAC, plain": (dict(optimizer="kfac", **PLAIN), (50, 100, 150), "explodes"),
    "Adam, plain": (dict(optimizer="adam", **PLAIN), (50, 100, 300), "–, –, 13"),
}


def spread(values, digits=3):
    """The median of the seeds, with the lowest and the highest."""
    known = np.sort([each for each in values if np.isfinite(each)])
    if len(known) < len(values):
        return f"diverges at all rates ({len(values) - len(known)} of {len(values)} seeds)"
    ends = (number(each, digits) for each in (known[0], known[-1]))
    return f"{number(np.median(known), digits)} ({' to '.join(ends)})"


def told(name, values):
    """The values of one name at some steps, of the best rate of each seed."""
    return [spread([getattr(run, name)[at, run.best] for run in values[0]]) for at in values[1]]


def runs(seeds, steps, **knobs):
    """Runs of these knobs and the readings at those steps."""
    made = [contest.run(seed=seed, steps=steps[-1], **knobs) for seed in range(seeds)]
    ends = min(len(run.step) for run in made) - 1
    return made, [min(int(np.searchsorted(made[0].step, each)), ends) for each in steps]


def named(table, seeds, shorter, **further):
    """Test accuracies after 50, 100 and 150 steps."""
    rows = []
    for name, given in table.items():
        knobs, theirs = given if isinstance(given, tuple) else (given, None)
        progress.log(name)
        found = runs(seeds, [each // shorter for each in (50, 100, 150)], **knobs, **further)
        diverged = [int(run.diverged.sum()) for run in found[0]]
        lost = ", ".join(map(str, diverged))
        cells = ["–"] * 3 if min(diverged) == 4 else told("accuracy", found)
        rows.append((name, *cells, lost, *([] if theirs is None else [theirs])))
    heads = ["", "after 50 steps", "100", "150", "rates diverged, by seed"]
    return heads + (["independently, 150"] if len(rows[0]) > 5 else []), rows


def given_back(seeds, shorter):
    """Training losses of the autoencoder."""
    rows = []
    for name, (knobs, steps, theirs) in BACK.items():
        progress.log(name)
        found = runs(seeds, [each // shorter for each in steps], **knobs, **DEEP)
        kept = spread([100 * run.merits()["accuracy"] for run in found[0]])
        at = ", ".join(str(each // shorter) for each in steps)
        rows.append((name, at, *told("loss", found), kept, theirs))
    heads = ("", "steps", "loss", "later", "at the end", "test variance kept, %", "independently")
    return heads, rows


def linear(seeds):
    """The loss of the best linear map through eight units, and of the mean digit."""
    from curvkit.kernels.contest import _tasks as tasks

    pixels = np.asarray(data.digits(1797).inputs[: tasks.COUNTS["digits"][0]], float)
    squares = np.linalg.svd(pixels - pixels.mean(0), compute_uv=False) ** 2 / (2 * len(pixels))
    return number(squares[tasks.CODE :].sum()), number(squares.sum())


def markdown(heads, rows):
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(map(str, each))} |" for each in lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one seed, shorter; printed only")
    quick = parser.parse_args().quick
    seeds, shorter = (1, 5) if quick else (3, 1)
    back, (best, mean) = markdown(*given_back(seeds, shorter)), linear(seeds)
    digits = markdown(*named(DIGITS, seeds, shorter))
    images = markdown(*named(IMAGES, seeds, shorter, task="images", blocks=8))
    where = " · ".join(f"{name} {value}" for name, value in machine().items())
    text = (
        f"{where}; {seeds} seeds: the median (the lowest to the highest), at the rate of the "
        "four that has the lowest loss at the end.\n\n"
        "An autoencoder of 30 layers without shortcuts or normalisation, eight units in the "
        f"middle; half the squared error of a digit. The best linear map through eight units has "
        f"{best} on all training digits, the mean digit {mean}.\n\n{back}\n\n"
        "Digits, 51 layers, by gradient descent with momentum unless it says K-FAC; test accuracy."
        f"\n\n{digits}\n\n"
        "Digits as pictures of 4 by 4 locations, 17 convolutions of Delta weights and 16 channels, "
        f"inputs normalised per location; test accuracy.\n\n{images}"
    )
    print(text)
    if quick:
        return
    marked = re.compile("(<!-- contest -->).*(<!-- /contest -->)", re.DOTALL)
    page = HERE.read_text(encoding="utf-8")
    HERE.write_text(marked.sub(lambda m: f"{m[1]}\n{text}\n{m[2]}", page), encoding="utf-8")


if __name__ == "__main__":
    main()
