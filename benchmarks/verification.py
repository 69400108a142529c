"""Bounds on the pendulum's boxes: this house's engine beside auto_LiRPA, Clarabel and HiGHS.

One run, one machine, the same boxes of model B (3-32-32-3). Each row says how far the bounds are
above branch and bound's on average ("gap", J), and the milliseconds a box takes: of batches of
`--boxes` where a method has batches, of `--few` boxes one after another where it has none. What is
compiled is compiled before it is timed; times are medians of `--repeats`. HiGHS solves the linear
program of the triangles for E(y) with a secant, and E(x) by its tangent at the middle; Clarabel the
quadratic program and the semidefinite one over unstable neurons. auto_LiRPA runs where `--lirpa`
names a Python that has it, see `_lirpa.py`; its optimisation too makes 30 steps, on 50 boxes at
once.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import _handlers
import numpy as np
from rich.console import Console
from rich.table import Table

from curvkit.core.tree import float64
from curvkit.verification import _certify as certify
from curvkit.verification import _pendulum as pendulum
from curvkit.verification import crown, interval, verify
from curvkit.verification._semidefinite import semidefinite

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

try:
    import cvxpy  # noqa: F401
    from oracles import convex_programs, linear_bounds
except ModuleNotFoundError as error:
    raise SystemExit(
        f"{error.name} is not installed; `pip install 'curvkit[verify]'` brings it."
    ) from None

out = Console(width=110)
SPEC = pendulum.falling().fit(3, 3)
SCALE = 0.5 * pendulum.FASTEST**2


def boxes(count: int, radius: float, seed: int):
    x = pendulum.places(*pendulum.drawn(seed, count))
    return x - radius, x + radius


def batched(model, low, high, **options):
    """Bounds of all boxes at once, as a function without arguments."""
    run = certify.program(warm=True, **options)

    def ask():
        with float64():
            return np.asarray(run(model, SPEC, low, high).upper)

    return ask


def each(bound, low, high):
    """Bounds of one box after another."""
    return lambda: np.array([bound(*ends) for ends in zip(low, high, strict=True)])


def quadratic(model):
    def bound(low, high):
        ends = [each[2] for each in crown(model, (low, high))]
        return convex_programs.energy_growth(model, low, high, pendulum.GRAVITY, SCALE, ends)

    return bound


def linear(model):
    """HiGHS: the secant of o'² and the tangent of o² make the property linear in x and y."""
    from curvkit.verification._networks import AffineLayer, CheckedNetwork

    def bound(low, high):
        ends = [each[2] for each in crown(model, (low, high))]
        middle = (low[2] + high[2]) / 2
        # h and o beside the outputs: two more neurons a layer, shifted so that they are active.
        layers = _carried(model, low, CheckedNetwork, AffineLayer)
        row = np.array(
            [0, pendulum.GRAVITY, SCALE * sum(ends), -pendulum.GRAVITY, -2 * SCALE * middle]
        )
        found = linear_bounds.entering(layers, low, high, "adaptive")
        value = linear_bounds.program(layers, low, high, row, found)
        shift = row[3] * low[1] + row[4] * low[2]
        return value + shift - SCALE * ends[0] * ends[1] + SCALE * middle**2

    return bound


def _carried(model, low, network, affine):
    """The model with h - low and o - low carried through its ReLUs to two further outputs."""
    first, *rest = [layer for layer in model if not isinstance(layer, str)]
    carry, start = np.eye(3)[1:], -low[1:]
    layers = [affine(np.vstack([first.weight, carry]), np.concatenate([first.bias, start]))]
    for layer in rest:
        weight = np.zeros((len(layer.weight) + 2, layer.weight.shape[1] + 2))
        weight[:-2, :-2], weight[-2:, -2:] = layer.weight, np.eye(2)
        layers += ["relu", affine(weight, np.concatenate([layer.bias, np.zeros(2)]))]
    return network(layers)


def lirpa(model, low, high, given) -> dict | None:
    """What auto_LiRPA finds for the same weights and boxes in a process of its own, or None."""
    affine = [layer for layer in model if not isinstance(layer, str)]
    told = dict(low=low, high=high, layers=len(affine), gravity=pendulum.GRAVITY, scale=SCALE,
                steps=30, repeats=given.repeats)  # fmt: skip
    for at, layer in enumerate(affine):
        told |= {f"weight{at}": layer.weight, f"bias{at}": layer.bias}
    with tempfile.TemporaryDirectory() as folder:
        asked, answer = Path(folder) / "asked.npz", Path(folder) / "answer.json"
        np.savez(asked, **told)
        program = Path(__file__).resolve().parent / "_lirpa.py"
        made = subprocess.run([given.lirpa, program, asked, answer], capture_output=True, text=True)
        if made.returncode:
            why = made.stderr.strip().splitlines()[-1]
            out.print(f"auto_LiRPA is left out, it did not run with {given.lirpa}: {why}")
            return None
        found = json.loads(answer.read_text())
    for name, bound in (("intervals", interval), ("CROWN", crown)):
        some = zip(low[: given.few], high[: given.few], strict=True)
        ours = [bound(model, ends).upper for ends in some]
        apart = np.abs(np.array(ours) - np.array(found["outputs"][name])[: given.few]).max()
        out.print(f"{name} of the outputs here and there differ by at most {apart:.1e}.")
    return found["growth"]


def ways(model, low, high, few) -> dict:
    """By name: how to bound, and how many of the boxes it is asked for."""
    some = low[:few], high[:few]
    q, all_ = pendulum.falling_matrix(), len(low)
    lifted = lambda low, high: semidefinite(model, (low, high), q).value
    found = {
        "intervals": (batched(model, low, high, method="interval"), all_),
        "CROWN, squares apart": (batched(model, low, high, last=3), all_),
        "CROWN, products": (batched(model, low, high), all_),
        "optimised, 30 steps": (batched(model, low, high, steps=30), all_),
        "inner layers too": (batched(model, low, high, steps=30, inner=True), all_),
        "HiGHS, linear program": (each(linear(model), *some), few),
        "Clarabel, quadratic program": (each(quadratic(model), *some), few),
        "Clarabel, semidefinite": (each(lifted, *some), few),
    }
    return found


def truth(model, low, high):
    """Branch and bound to 1e-5 J, and what that takes a box."""
    began = time.perf_counter()
    ask = lambda *box: verify(model, box, SPEC, method="split", gap=1e-5, budget=60)
    found = [ask(*ends).upper_bound for ends in zip(low, high, strict=True)]
    return np.array(found), (time.perf_counter() - began) / len(low)


def rows(given) -> list[dict]:
    model, found = pendulum.model("B"), []
    low, high = boxes(given.boxes, given.radius, given.seed)
    verify(model, (low[0], high[0]), SPEC, method="split")  # compiled before it is timed
    true, seconds = truth(model, low[: given.few], high[: given.few])
    for name, (ask, count) in ways(model, low, high, given.few).items():
        value, taken = ask(), []
        for _ in range(given.repeats):
            began = time.perf_counter()
            ask()
            taken.append((time.perf_counter() - began) / count)
        gap = float(np.mean(value[: given.few] - true))
        found.append({"method": name, "gap": gap, "ms": 1e3 * float(np.median(taken)),
                      "per_second": 1 / float(np.median(taken))})  # fmt: skip
    for name, other in (lirpa(model, low, high, given) or {}).items():
        gap = float(np.mean(other["value"][: given.few] - true))
        each = other["seconds"]
        found.append({"method": f"auto_LiRPA, {name}", "gap": gap, "ms": 1e3 * each,
                      "per_second": 1 / each})  # fmt: skip
    found.append({"method": "branch and bound", "gap": 0.0, "ms": 1e3 * seconds,
                  "per_second": 1 / seconds})  # fmt: skip
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--boxes", type=int, default=1000)
    parser.add_argument("--few", type=int, default=8)
    parser.add_argument("--radius", type=float, default=0.05)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--lirpa", default=sys.executable, help="a Python that has auto_LiRPA")
    parser.add_argument("--json", help="also write the numbers to this file")
    parser.add_argument("--handlers", action="store_true", help="only what follows a knob's turn")
    given = parser.parse_args()
    if given.handlers:
        table = Table(title="From a knob's turn to the picture, compiled (ms)")
        for name in ("figure", "first picture", "last of the run"):
            table.add_column(name, justify="left" if name == "figure" else "right")
        for row in _handlers.measured(given.repeats):
            table.add_row(row["figure"], f"{row['first']:.0f}", f"{row['last']:.0f}")
        return out.print(table)
    found = rows(given)
    base = next(row["ms"] for row in found if row["method"] == "optimised, 30 steps")
    table = Table(title=f"Model B, boxes of radius {given.radius}; float64")
    for name in ("method", "gap (J)", "ms a box", "boxes a second", "× optimised"):
        table.add_column(name, justify="left" if name == "method" else "right")
    for row in found:
        table.add_row(row["method"], f"{row['gap']:.4f}", f"{row['ms']:.3g}",
                      f"{row['per_second']:.3g}", f"{row['ms'] / base:.3g}")  # fmt: skip
    out.print(table)
    if given.json:
        Path(given.json).write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
