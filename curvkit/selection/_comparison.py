"""The four simulations by all methods, beside what fifty other runs gave.

| symbol | name | shape |
| --- | --- | --- |
| F₁ | `Comparison.columns_f1`, `.groups_f1` | (methods, runs) |
| E[(xᵀ(β̂ − β*) + b)²] | `Comparison.model_error` | (methods, runs) |
"""

from typing import NamedTuple

import numpy as np

from curvkit.core import messages
from curvkit.selection._methods import METHODS, f1, known, tuned
from curvkit.selection._simulations import FRESH, SIMULATIONS

# What another program's fifty runs gave on average: F₁ of groups, F₁ of columns, model error.
# Group Lasso was not whitened there. An entry that was not recorded is nan.
NOTED_RUNS = 50
_NAN = float("nan")
NOTED: dict[str, dict[str, tuple[float, float, float]]] = {
    "E1": {
        "Group-OMP": (0.583, _NAN, 0.656), "OMP": (0.524, _NAN, 0.957),
        "Group Lasso": (0.494, _NAN, 0.617), "Lasso": (0.496, _NAN, 0.709),
        "least squares": (_NAN, _NAN, 4.0),
    },
    "E2": {
        "Group-OMP": (0.931, _NAN, 0.535), "OMP": (0.707, _NAN, 1.514),
        "Group Lasso": (0.406, _NAN, 1.062), "Lasso": (0.330, _NAN, 1.310),
        "least squares": (_NAN, _NAN, 7.3),
    },
    "E3": {
        "Group-OMP": (0.798, 0.932, 9.6), "OMP": (0.712, 0.310, 10.9),
        "Group Lasso": (0.489, 0.783, 6.3), "Lasso": (0.483, 0.556, 8.8),
    },
    "E4": {
        "Group-OMP": (0.791, _NAN, 49.0), "OMP": (0.779, _NAN, 70.5),
        "Group Lasso": (0.799, _NAN, 49.0), "Lasso": (0.753, _NAN, 64.3),
    },
}  # fmt: skip


class Comparison(NamedTuple):
    """Scores of every method on every run of one simulation."""

    simulation: str
    methods: tuple[str, ...]
    groups_f1: np.ndarray
    columns_f1: np.ndarray
    model_error: np.ndarray

    def mean(self, method: str) -> tuple[float, float, float]:
        """Means over the runs: F₁ of groups, F₁ of columns, model error."""
        at = self.methods.index(method)
        groups, columns, error = (float(each[at].mean()) for each in self[2:])
        return groups, columns, error

    def error(self, method: str) -> tuple[float, float, float]:
        """Standard errors of these means."""
        at, runs = self.methods.index(method), self.groups_f1.shape[1]
        spread = (float(each[at].std(ddof=1) / np.sqrt(runs)) for each in self[2:])
        groups, columns, error = spread
        return groups, columns, error

    def deviations(self, method: str) -> np.ndarray:
        """How many standard errors of the difference each mean is from the noted one, (3,)."""
        noted = np.array(NOTED[self.simulation].get(method, (_NAN,) * 3))
        spread = np.array(self.error(method)) * np.sqrt(1 + self.groups_f1.shape[1] / NOTED_RUNS)
        return (np.array(self.mean(method)) - noted) / spread

    def words(self) -> str:
        """The best methods in a sentence, with their numbers."""
        groups, errors = self.groups_f1.mean(1), self.model_error.mean(1)
        at = self.methods.index("Group-OMP")
        text = f"**{self.simulation}** ({SIMULATIONS[self.simulation].about}): Group-OMP has an F₁"
        text += f" of groups of **{groups[at]:.2f}** and a model error of **{errors[at]:.2f}**."
        best = self.methods[int(np.argmax(groups))], self.methods[int(np.argmin(errors))]
        text += f" The highest F₁ is that of {best[0]} ({groups.max():.2f}), the least model error"
        return f"{text} that of {best[1]} ({errors.min():.2f})."

    def _repr_markdown_(self) -> str:
        head = "| | F₁ of groups | F₁ of columns | model error |\n| --- | --- | --- | --- |"
        lines = [self.words(), "", head]
        for method in self.methods:
            noted = NOTED[self.simulation].get(method, (_NAN,) * 3)
            cells = [
                f"{mean:.2f} ± {error:.2f}" + (f" · *{other:.2f}*" if other == other else "")
                for mean, error, other in zip(
                    self.mean(method), self.error(method), noted, strict=True
                )
            ]
            lines.append(f"| {method} | {' | '.join(cells)} |")
        runs = self.groups_f1.shape[1]
        lines += ["", f"Means of {messages.counted(runs, 'run')} ± their standard errors; in "
                  f"italics those of {NOTED_RUNS} other runs by another program."]  # fmt: skip
        return "\n".join(lines)


def compare(
    simulation: str = "E2", *, runs: int = 50, seed: int = 0, chosen: tuple[str, ...] | None = None
) -> Comparison:
    """A simulation by all methods, each tuned on the same held-out rows.

    Args:
        simulation: E1, E2, E3 or E4.
        runs: how many data sets are drawn.
        seed: which.
        chosen: the methods; all that can be had if None.

    Raises:
        ValueError: if the simulation or a method is unknown, or a number is out of range.

    >>> compare("E2", runs=2, chosen=("least squares",)).model_error.shape
    (1, 2)
    """
    if simulation not in SIMULATIONS:
        raise ValueError(messages.unknown("simulation", simulation, SIMULATIONS))
    runs, seed = messages.whole("runs", runs), messages.whole("seed", seed, 0)
    chosen = known(chosen)
    model, rng = SIMULATIONS[simulation], np.random.default_rng(seed)
    data = [(model.draw(rng, model.rows), model.draw(rng, model.held_out)) for _ in range(runs)]
    columns = np.stack([first.columns for first, _ in data])
    targets = np.stack([first.targets for first, _ in data])
    fresh = model.design(rng, FRESH)
    scores = np.zeros((3, len(chosen), runs))
    for at, method in enumerate(chosen):
        paths = METHODS[method](columns, targets)
        for run, (path, (_, held_out)) in enumerate(zip(paths, data, strict=True)):
            scores[:, at, run] = _judged(*tuned(path, *held_out), model.truth, fresh)
    return Comparison(simulation, chosen, *scores)


def _judged(estimate, intercept, truth, fresh):
    """F₁ of groups and of columns, and the model error."""
    error = np.einsum("njm,jm->n", fresh, estimate - truth) + intercept
    masks = estimate != 0, truth != 0
    groups = f1(*(np.any(each, axis=1) for each in masks))
    return groups, f1(*masks), float(np.mean(error**2))
