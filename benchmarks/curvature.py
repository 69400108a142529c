"""Curvature, side by side with peers: products and seconds to an error, and the price of recording.

All in one run: the same networks, the same data, the same parameters along the same training run,
and one Hessian-vector product for everybody. The truth is scipy's eigsh in double precision.
"""

import argparse
import datetime
import json
import os
import platform
import time
from collections.abc import Sequence
from pathlib import Path

import jax
import numpy as np
import scipy
from _measure import (
    MARKS,
    STRIDE,
    TARGETS,
    Problem,
    at_marks,
    best_case,
    calibrated,
    counted,
    follow,
    price,
    problem,
    time_rows,
)
from _peers import TARGET, Method, methods, stops_itself
from rich.console import Console
from rich.table import Table

# Each with how many steps are followed densely; the price is that of twice as many.
MODELS = {
    "n=200, 64-32-32-10": ({}, 2000),
    "n=500, 64-64-64-10": ({"examples": 500, "width": 64}, 700),
}
out, progress = Console(width=118), Console(stderr=True, highlight=False, log_path=False)


def machine() -> dict:
    names = [
        line.split(":", 1)[1].strip()
        for line in (Path("/proc/cpuinfo").read_text().splitlines() if _linux() else [])
        if line.startswith("model name")
    ]
    return {
        "cpu": names[0] if names else platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "device": jax.devices()[0].device_kind,
        "python": platform.python_version(),
        "jax": jax.__version__,
        "scipy": scipy.__version__,
        "date": datetime.date.today().isoformat(),
    }


def _linux():
    return Path("/proc/cpuinfo").exists()


def table(title: str, caption: str, columns: Sequence[str], rows: Sequence[Sequence[str]]):
    drawn = Table(title=title, caption=caption, title_justify="left", caption_justify="left")
    for index, name in enumerate(columns):
        drawn.add_column(name, justify="right" if index else "left", no_wrap=not index)
    for row in rows:
        drawn.add_row(*row)
    out.print(drawn)
    out.print()


def named(row) -> str:
    return f"{row['method']} {'warm' if row['warm'] else 'cold'}"


def number(value: float | None) -> str:
    return "–" if value is None or not np.isfinite(value) else f"{value:g}"


def show_marks(model: str, rows: list[dict]):
    base = {row["warm"]: row["seconds"] for row in rows if row["method"].startswith("curvkit")}
    lines = []
    for row in rows:
        cells = [
            " ".join(number(row["products"].get(mark, [None] * 9)[i]) for mark in MARKS)
            for i in range(len(TARGETS))
        ]
        missed = any(each[1] is None for each in row["products"].values())
        taken = "–" if missed else f"{1e3 * row['seconds']:.2f}"
        ratio = "–" if missed else f"{row['seconds'] / base[row['warm']]:.1f}×"
        lines.append([named(row), *cells, taken, ratio])
    caption = (
        f"At steps {', '.join(map(str, MARKS))} of gradient descent: the smallest setting whose "
        f"error is below the target, in products (cold: the median over starts). Warm: from the "
        f"true vector {STRIDE} steps before; there is none at step 0. Milliseconds: to {TARGET:g} "
        "at all those steps together, compiled; × curvkit's, warm by warm and cold by cold."
    )
    columns = ["method", *(f"products to {target:g}" for target in TARGETS), "ms", "×"]
    table(f"{model}: the largest eigenvalue at four steps", caption, columns, lines)


def show_run(title: str, caption: str, rows: list[dict]):
    base = rows[0].get("seconds")
    lines = []
    for row in rows:
        line = [named(row), label(row)]
        line += [number(row["products"]), number(row["most"])]
        line += [f"{row['error']:.0e}", f"{row['worst']:.0e}", f"{row['missed']:.0%}"]
        if base:
            line += [f"{1e3 * row['seconds']:.2f}", f"{row['seconds'] / base:.1f}×"]
        lines.append(line)
    columns = ["method", "setting", "products", "most", "error", "worst", "missed"]
    table(title, caption, columns + (["ms", "×"] if base else []), lines)


def label(row) -> str:
    setting, name = row["setting"], row["method"]
    if isinstance(setting, str):
        return setting
    if name.endswith("rule"):
        return f"{setting[1]:g}, at most {setting[0]}"
    if name.endswith("ncv"):
        return f"ncv={setting[1]}"
    if name.endswith("tol"):
        return f"{setting[0]:g}"
    if setting is None:
        return "default"
    return f"{setting:g}"


def show_price(model: str, rows: list[dict], steps: int):
    lines = [
        [row["run"], f"{row['seconds']:.3f}", f"{row['ratio']:.2f}×", f"{row['fastest']:.2f}×"]
        + [f"{row['products']:.2f}"]
        for row in rows
    ]
    caption = (
        f"{steps} steps of gradient descent, read every {STRIDE}; all compiled before, run in "
        "turns. Seconds: the median; × plain: the median of the ratios of neighbours; fastest: "
        "the ratio of the two shortest times. Products per reading, those for directional "
        "curvature included."
    )
    columns = ["run", "seconds", "× plain", "fastest", "products"]
    table(f"{model}: the price of recording", caption, columns, lines)


def along(family: list[Method], given: Problem, dense: int, readings: int) -> dict[str, list[dict]]:
    """The three ways to follow a run: as usual, calibrated, and in the best case."""
    usual = []
    for method in family:
        for setting in USUAL.get((method.name, method.warm), ()):
            usual.append(follow(method, given, dense, setting))
            progress.log(f"  as usual: {named(usual[-1])}, {label(usual[-1])}")
    tuned = []
    for method in family:
        if not stops_itself(method) and method.name.startswith(("power", "jax lobpcg")):
            continue  # the rule of the same family is calibrated
        tuned.append(calibrated(method, given, dense))
        progress.log(f"  calibrated: {named(tuned[-1])}, {label(tuned[-1])}")
    time_rows(usual + tuned, family, given, readings)
    chosen = [method for method in family if method.warm and not stops_itself(method)]
    best = [best_case(method, given, dense) for method in chosen]
    return {"usual": usual, "calibrated": tuned, "best": best}


USUAL = {
    ("curvkit, tolerance", True): (1e-3,),
    ("curvkit k=2, tolerance", True): (1e-3,),
    ("curvkit, num_hvps", True): (3, 8),
    ("curvkit, num_hvps", False): (20,),
    ("power, PyHessian's rule", False): ((100, 1e-3),),
    ("scipy eigsh, tol", True): ((0, None), (TARGET, None)),
    ("scipy eigsh, tol", False): ((0, None), (TARGET, None)),
    ("jax lobpcg, tol·10n", True): (None, 1e-5),
    ("jax lobpcg, tol·10n", False): (None, 1e-5),
}

ALONG = (
    (
        "usual",
        "as they are used",
        "Settings as documented or published (lobpcg 1e-5: the central flows code; scipy tol=0: "
        "the edge-of-stability code). A power iteration stops early where the two largest "
        "eigenvalues are close, and its error is always low.",
    ),
    (
        "calibrated",
        f"calibrated to {TARGET:g}",
        "The loosest setting with which every error along the run is below the target; where "
        "none does, the strictest tried, with the share of readings missed. k=2: two pairs are "
        "followed, as the room does.",
    ),
    (
        "best",
        f"the fewest products to {TARGET:g}, reading by reading",
        "As if one knew at each reading how few products meet the target: what a method could do "
        "at best; where even the most tried do not, those count, and the reading is missed. Warm: "
        "from its own vector of the reading before.",
    ),
)


def measure(model: str, chosen: dict, dense: int, quick: bool) -> dict:
    dense = 400 if quick else dense
    progress.log(f"{model}: the run and its truth")
    given = problem(chosen, dense)
    family = methods(given.loss)
    progress.log(f"{model}: four steps")
    marks = at_marks(family, given, 3 if quick else 5, 1 if quick else 3)
    show_marks(model, marks)
    progress.log(f"{model}: along the run")
    run = along(family, given, dense, 20 if quick else 30)
    for name, title, caption in ALONG:
        where = f" Readings every {STRIDE} steps up to {dense}, the first left out."
        show_run(f"{model}: along the run, {title}", caption + where, run[name])
    progress.log(f"{model}: the price of recording")
    paid = price(chosen, 3 if quick else 5, 2 * dense)
    show_price(model, paid, 2 * dense)
    return {"marks": marks, "along": run, "price": paid}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the small network and a shorter run")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers there, too")
    return parser.parse_args()


def main():
    asked = arguments()
    started = time.perf_counter()
    result = {"machine": machine(), "counts": counted(), "models": {}}
    out.print(" · ".join(f"{name} {value}" for name, value in result["machine"].items()))
    progress.log("counting products")
    out.print()
    lines = [[row["method"], f"{row['said']}", f"{row['evaluated']}"] for row in result["counts"]]
    caption = (
        "Counted by a callback in a small loss, cold. A product evaluates the loss once; curvkit "
        "may look at it once more. lobpcg's three columns at a time share one evaluation: i "
        "iterations are 1 + 4i products in 2 + 2i evaluations, one of them to check shapes."
    )
    table("Products as counted here, and losses evaluated", caption, ["", "said", "seen"], lines)
    for model, (chosen, dense) in list(MODELS.items())[: 1 if asked.quick else None]:
        result["models"][model] = measure(model, chosen, dense, asked.quick)
    result["seconds"] = time.perf_counter() - started
    out.print(f"Measured in {result['seconds']:.0f} s.")
    if asked.json:
        asked.json.write_text(json.dumps(result, indent=1, default=float) + "\n")


if __name__ == "__main__":
    main()
