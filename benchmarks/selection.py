"""GroupOMP beside abess, scikit-learn's OMP, celer and skglm on one large problem, in one run.

2000 rows, 1000 groups of 10 columns, 20 of them good. GroupOMP and abess give the whole path of 1
to 20 groups; OMP its path to 200 single columns. Group Lasso's penalty is not known beforehand: for
celer and skglm one penalty is timed, the largest of a falling series at which all good groups are
taken (its search is not counted); `--path` times their path of 20 penalties down to it as well.
Each row says what was found: good groups taken, and others. skglm and numba compile before they are
timed. Times are medians of `--repeats`, taken in turns.
"""

import argparse
import json
import os
import platform
import time
import warnings

import numpy as np
from rich.console import Console
from rich.table import Table
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import OrthogonalMatchingPursuit

from curvkit.selection import GroupOMP

try:
    from abess.linear import LinearRegression as Abess
    from celer import GroupLasso as CelerGroupLasso
    from skglm import GroupLasso as SkglmGroupLasso
except ModuleNotFoundError as error:
    raise SystemExit(
        f"{error.name} is not installed; `pip install 'curvkit[bench]'` brings it."
    ) from None

out = Console(width=110)


class Problem:
    """X (n, J·m), y, and which groups are good."""

    def __init__(self, rows: int, groups: int, size: int, good: int, seed: int):
        rng = np.random.default_rng(seed)
        self.groups, self.size = groups, size
        self.X = rng.standard_normal((rows, groups * size))
        self.good = set(rng.choice(groups, good, replace=False).tolist())
        beta = np.zeros((groups, size))
        beta[sorted(self.good)] = rng.standard_normal((good, size))
        self.y = self.X @ beta.ravel() + rng.standard_normal(rows)
        self.labels = np.repeat(np.arange(groups), size)

    def found(self, coefficients) -> tuple[int, int]:
        """Good groups taken, and others."""
        touched = np.any(np.reshape(coefficients, (self.groups, self.size)) != 0, axis=1)
        taken = set(np.flatnonzero(touched).tolist())
        return len(taken & self.good), len(taken - self.good)

    def largest_penalty(self) -> float:
        """The penalty at which Group Lasso takes its first group."""
        slopes = (self.X - self.X.mean(0)).T @ (self.y - self.y.mean())
        return np.linalg.norm(slopes.reshape(self.groups, -1), axis=1).max() / len(self.y)


def methods(given: Problem, penalty: float, path: bool) -> dict:
    """Ways to fit, by name; each returns coefficients."""
    X, y, k = given.X, given.y, len(given.good)
    coefficients = lambda model: model.fit(X, y).coef_
    omp = OrthogonalMatchingPursuit(n_nonzero_coefs=k * given.size)
    ways = {
        "GroupOMP, path": lambda: coefficients(GroupOMP(given.labels, n_groups=k)),
        "abess, path 1 to k": lambda: coefficients(
            Abess(support_size=range(1, k + 1), group=given.labels)
        ),
        "abess, k groups alone": lambda: coefficients(Abess(support_size=k, group=given.labels)),
        "scikit-learn OMP, path": lambda: coefficients(omp),
    }
    lasso = {"celer": CelerGroupLasso, "skglm": SkglmGroupLasso}
    falling = penalty * np.geomspace(given.largest_penalty() / penalty, 1, 20)
    for name, kind in lasso.items():
        ways[f"{name} Group Lasso, one penalty"] = lambda kind=kind: coefficients(
            kind(groups=given.size, alpha=penalty)
        )
        if path:
            ways[f"{name} Group Lasso, 20 penalties"] = lambda kind=kind: _along(
                kind, given, falling
            )
    return ways


def _along(kind, given, falling):
    """Penalty after penalty, each from the last one's solution."""
    model = kind(groups=given.size, warm_start=True)
    for penalty in falling:
        model.set_params(alpha=float(penalty)).fit(given.X, given.y)
    return model.coef_


def penalty_that_finds_all(given: Problem) -> float:
    """The largest of a falling series at which Group Lasso takes all good groups."""
    penalty = given.largest_penalty()
    for _ in range(30):
        penalty *= 0.8
        model = SkglmGroupLasso(groups=given.size, alpha=penalty).fit(given.X, given.y)
        if given.found(model.coef_)[0] == len(given.good):
            return penalty
    raise SystemExit("No penalty was found at which Group Lasso takes all good groups.")


def rows(given: Problem, ways: dict, repeats: int) -> list[dict]:
    taken, found = {name: [] for name in ways}, {}
    for _ in range(repeats):
        for name, way in ways.items():
            started = time.perf_counter()
            coefficients = way()
            taken[name].append(time.perf_counter() - started)
            found[name] = given.found(coefficients)
    return [
        {"method": name, "seconds": float(np.median(each)), "fastest": min(each),
         "good": found[name][0], "others": found[name][1]}
        for name, each in taken.items()
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--groups", type=int, default=1000)
    parser.add_argument("--size", type=int, default=10)
    parser.add_argument("--good", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--path", action="store_true", help="also the rivals' paths: minutes")
    parser.add_argument("--json", help="also write the numbers to this file")
    given = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    problem = Problem(given.rows, given.groups, given.size, given.good, given.seed)
    penalty = penalty_that_finds_all(problem)
    # What numba compiles is compiled by now; one small fit each for what the others set up.
    small = Problem(60, 6, 2, 2, given.seed)
    for way in methods(small, small.largest_penalty() / 2, False).values():
        way()
    found = rows(problem, methods(problem, penalty, given.path), given.repeats)
    base = found[0]["seconds"]
    share = penalty / problem.largest_penalty()
    title = f"n = {given.rows}, {given.groups} groups of {given.size}, {given.good} good; "
    table = Table(title=f"{title}Group Lasso at {share:.2f} of its largest penalty")
    for name in ("method", "seconds", "× GroupOMP", "fastest", "good found", "others taken"):
        table.add_column(name, justify="left" if name == "method" else "right")
    for row in found:
        table.add_row(row["method"], f"{row['seconds']:.3g}", f"{row['seconds'] / base:.3g}",
                      f"{row['fastest']:.3g}", str(row["good"]), str(row["others"]))  # fmt: skip
    out.print(table)
    first = all(row["seconds"] > base for row in found[1:])
    twice = all(row["seconds"] > 2 * base for row in found if row["method"].startswith("abess"))
    out.print(f"The aim, faster than all, is {'met' if first else 'missed'}; at least twice as")
    out.print(f"fast as abess is {'met' if twice else 'missed'}.")
    machine = {"cores": os.cpu_count(), "python": platform.python_version()}
    machine |= {"numpy": np.__version__, "load": os.getloadavg()[0]}
    out.print(machine)
    if given.json:
        with open(given.json, "w", encoding="utf-8") as file:
            json.dump({"machine": machine, "rows": found}, file, indent=1)


if __name__ == "__main__":
    main()
