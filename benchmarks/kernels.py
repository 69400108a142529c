"""Shaping, side by side with the official package: milliseconds per solve, in one run.

Both solve the same conditions from scratch, in double precision, one after the other. The official
package is asked through its NumPy core where it is installed (pip install --no-deps dks autograd);
without it the table has curvkit's column alone and says so.
"""

import argparse
import importlib.util
import statistics
import time
from collections.abc import Callable

from rich.console import Console
from rich.table import Table

from curvkit.kernels import networks, shape

ACTIVATIONS = ("softplus", "tanh", "sigmoid", "gelu", "swish", "leaky_relu")
DEPTHS = (20, 50, 100, 300)
# The official search takes up to a minute where it rejects what it finds; it is asked once each.
REPEATS = 7
out = Console(width=118)


def milliseconds(solve: Callable[[], object], repeats: int) -> float:
    """The median over `repeats` calls."""
    taken = []
    for _ in range(repeats):
        started = time.perf_counter()
        solve()
        taken.append(1e3 * (time.perf_counter() - started))
    return statistics.median(taken)


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
    return lambda: activation_transform._get_activations_params((name,), **given)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--method", choices=("dks", "tat"), help="only one of the two")
    chosen = parser.parse_args().method
    table = Table(title="Milliseconds per solve, warm; the official package once, curvkit's median")
    for column in ("activation", "method", "depth", "curvkit", "worst residual", "official", "×"):
        table.add_column(column, justify="left" if column in ("activation", "method") else "right")
    slowest = 0.0
    for name in ACTIVATIONS:
        for method in (chosen,) if chosen else ("dks", "tat"):
            for depth in DEPTHS:
                network = networks.feed_forward(depth)
                made = shape(name, network, method)
                ours = milliseconds(lambda: shape(name, network, method), REPEATS)  # noqa: B023
                slowest = max(slowest, ours)
                theirs, ratio = "not installed", "–"
                solve = official(name, method, depth)
                if solve is not None:
                    taken = milliseconds(solve, 1)
                    theirs, ratio = f"{taken:.0f}", f"{taken / ours:.0f}"
                worst = max(map(abs, made.residuals.values()))
                row = (f"{ours:.1f}", f"{worst:.0e}", theirs, ratio)
                table.add_row(name, method, str(depth), *row)
    out.print(table)
    out.print(f"The slowest of curvkit's solves took {slowest:.1f} ms.")


if __name__ == "__main__":
    main()
