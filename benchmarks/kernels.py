"""Shaping, side by side with the official package: milliseconds per solve, and the four numbers.

Both solve the same conditions in double precision, one after the other in one process. A warm
solve is compared: of each activation curvkit keeps the roots at a few round targets, found from
wide starts when they are first needed, and "first" is the solve that had to find them. The official
package searches anew each time. It comes with `pip install "curvkit[bench]"`; as a whole it cannot
be imported with today's JAX, but its NumPy core can, and that is what solves. Where both took the
same root, "apart" is the largest relative difference of α, β, γ and δ. It is allowed what the
official search leaves: it stops within 1e-8 of its target, and its quadrature does not see kinks.
The table ends with how many solves stayed within. `--quick` leaves out TAT, whose official solves
take seconds each.
"""

import argparse
import importlib.util
import statistics
import time
from collections.abc import Callable

from rich.console import Console
from rich.table import Table

from curvkit.kernels import _networks as networks
from curvkit.kernels import _solve as solve
from curvkit.kernels import shape

ACTIVATIONS = ("softplus", "tanh", "gelu", "swish", "elu", "leaky_relu")
DEPTHS = (20, 50, 100, 300)
REPEATS = 9
# Relative differences that the official stop leaves in smooth solves, and its quadrature at kinks.
ALLOWED = {"elu": 1e-5, "leaky_relu": 1e-6}
SMOOTH = 1e-6
NAMES = ("input_scale", "input_shift", "output_scale", "output_shift", "negative_slope")
out = Console(width=118)


def milliseconds(solve: Callable[[], object], repeats: int) -> tuple[float, object]:
    """The median over `repeats` calls, and what the last returned."""
    taken = []
    for _ in range(repeats):
        started = time.perf_counter()
        made = solve()
        taken.append(1e3 * (time.perf_counter() - started))
    return statistics.median(taken), made


def official(name: str, method: str, depth: int) -> Callable[[], object] | None:
    """The official package's solve of a feed-forward network, or None where it is not there."""
    if importlib.util.find_spec("dks") is None:
        return None
    from dks.base import activation_transform

    def maximal(x, layer):
        for _ in range(depth):
            x = layer(x)
        return x

    # Its defaults are ours: ζ = 1.5, η = 0.9, τ = 0.3.
    given = dict(method=method.upper(), subnet_max_func=maximal)
    return lambda: activation_transform._get_activations_params((name,), **given)[name]


def apart(made: object, theirs: dict[str, float]) -> float | None:
    """The largest relative difference of the parameters; None if they are of another root."""
    ours = made.alpha, made.beta, made.gamma, made.delta, made.negative_slope
    pairs = [(a, float(theirs[n])) for n, a in zip(NAMES, ours, strict=True) if n in theirs]
    worst = max(abs(a - b) / max(abs(a), 1e-2) for a, b in pairs)
    return None if worst > 1e-2 else worst


def compare(name: str, method: str, depth: int) -> tuple[list[str], float, float | None, bool]:
    """A row of the table, the ratio of times, and whether the parameters agree as they should."""
    network = networks.feed_forward(depth)
    solve.rung.cache_clear()
    first, _ = milliseconds(lambda: shape(name, network, method), 1)
    ours, made = milliseconds(lambda: shape(name, network, method), REPEATS)
    worst = max(map(abs, made.residuals.values()))
    row = [name, method, str(depth), f"{first:.0f}", f"{ours:.1f}", f"{worst:.0e}"]
    theirs = official(name, method, depth)
    if theirs is None:
        return [*row, "not there", "–", "–"], ours, None, True
    taken, found = milliseconds(theirs, 1)
    gap = apart(made, found)
    told = "other root" if gap is None else f"{gap:.0e}"
    agrees = gap is not None and gap <= ALLOWED.get(name, SMOOTH)
    return [*row, f"{taken:.0f}", f"{taken / ours:.0f}", told], ours, taken / ours, agrees


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--method", choices=("dks", "tat"), help="only one of the two")
    parser.add_argument(
        "--quick", action="store_true", help="only dks, whose official solves are faster"
    )
    chosen = parser.parse_args()
    methods = ("dks",) if chosen.quick else (chosen.method,) if chosen.method else ("dks", "tat")
    table = Table(title="Milliseconds per solve, warm: curvkit's median, the official package once")
    columns = (
        "activation",
        "method",
        "depth",
        "first",
        "curvkit",
        "residual",
        "official",
        "×",
        "apart",
    )
    for column in columns:
        table.add_column(column, justify="left" if column in columns[:2] else "right")
    slowest, ratios, agreed = 0.0, [], []
    for name in ACTIVATIONS:
        for method in methods:
            for depth in DEPTHS:
                row, ours, ratio, agrees = compare(name, method, depth)
                slowest = max(slowest, ours)
                ratios += [] if ratio is None else [ratio]
                agreed.append(agrees)
                table.add_row(*row)
    out.print(table)
    out.print(f"The slowest of curvkit's solves took {slowest:.1f} ms.")
    if not ratios:
        out.print('For the comparison install the official package: pip install "curvkit[bench]".')
        return
    out.print(
        f"The official package takes {statistics.median(ratios):.0f} times as long in the median, "
        f"{min(ratios):.0f} times at the least; {sum(agreed)} of {len(agreed)} solves agree."
    )


if __name__ == "__main__":
    main()
