"""A step of Sobolev training beside PyTorch: values alone, whole Jacobians, one random direction.

A network of two hidden layers of tanh learns from a teacher of the same shape; each contender takes
steps of gradient descent on the same weights, inputs, values and Jacobians, in its own process. Per
number of inputs: what a step costs in milliseconds (the fastest of some repeats of some steps,
after the first call, which compiles; PyTorch on one thread or all, whichever is faster) and the
loss at the first weights, on which all have to agree but for the random directions. PyTorch takes
Jacobians in three ways: naively, point by point and output by output; output by output over all
points at once; and by `torch.func`. It is no dependency of curvkit; where it is not there, its rows
are left out:

    pip install torch
    python benchmarks/sobolev.py
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

POINTS, WIDTH, OUTPUTS, INPUTS, WEIGHT, RATE = 64, 128, 10, (2, 16, 256), 1.0, 1e-3
# Seconds that a timed block of steps takes at least.
BLOCK = 0.3
OURS = ("curvkit values", "curvkit stochastic", "curvkit exact")
THEIRS = ("torch values", "torch stochastic", "torch.func exact", "torch loop over outputs",
          "torch loop over points and outputs")  # fmt: skip


def made(place: Path, inputs: int, outputs: int) -> None:
    """Writes first weights, inputs, and the teacher's values and Jacobians at them."""
    draws = np.random.default_rng(0)

    def weights():
        sizes = (inputs, WIDTH, WIDTH, outputs)
        pairs = zip(sizes[:-1], sizes[1:], strict=True)
        return [draws.normal(size=pair) / pair[0] ** 0.5 for pair in pairs]

    student, teacher = weights(), weights()
    x = draws.normal(size=(POINTS, inputs))
    one = np.tanh(x @ teacher[0])
    two = np.tanh(one @ teacher[1])
    bend = [1 - each**2 for each in (one, two)]
    chain = np.einsum("di,ni,ij,nj,jc->ncd", teacher[0], bend[0], teacher[1], bend[1], teacher[2],
                      optimize=True)  # fmt: skip
    arrays = {"x": x, "y": two @ teacher[2], "slopes": chain}
    arrays |= {f"weight{at}": each for at, each in enumerate(student)}
    np.savez(place, **{name: each.astype(np.float32) for name, each in arrays.items()})


def curvkit_steps(kept, how):
    """What takes some steps, and the loss at the first weights."""
    import jax
    import jax.numpy as jnp

    from curvkit import sobolev

    x, y, slopes = (jnp.asarray(kept[name]) for name in ("x", "y", "slopes"))
    first = [jnp.asarray(kept[f"weight{at}"]) for at in range(3)]

    def loss(weights, key):
        model = lambda x: jnp.tanh(jnp.tanh(x @ weights[0]) @ weights[1]) @ weights[2]
        some = sobolev.draw(key, x, y) if how == "stochastic" else None
        weight = 0 if how == "values" else WEIGHT
        return sobolev.loss(model, x, y, slopes, weights=weight, projections=some)

    def step(_, carry):
        weights, key = carry
        key, used = jax.random.split(key)
        found = jax.grad(loss)(weights, used)
        return jax.tree.map(lambda w, g: w - RATE * g, weights, found), key

    start = first, jax.random.key(0)
    run = jax.jit(lambda start, count: jax.lax.fori_loop(0, count, step, start))
    return lambda count: jax.block_until_ready(run(start, count)), float(jax.jit(loss)(*start))


def torch_steps(kept, how):
    """The same in PyTorch."""
    import torch

    torch.manual_seed(0)
    x, y, slopes = (torch.tensor(kept[name]) for name in ("x", "y", "slopes"))
    first = [torch.tensor(kept[f"weight{at}"]) for at in range(3)]
    forward = lambda w, x: torch.tanh(torch.tanh(x @ w[0]) @ w[1]) @ w[2]

    def loss(weights):
        at = x.clone().requires_grad_(how != "values")
        made = forward(weights, at)
        total = torch.sum((made - y) ** 2) / y.numel()
        if how == "values":
            return total
        return total + WEIGHT * TERMS[how](made, at, slopes, lambda x: forward(weights, x))

    def steps(count):
        weights = [each.clone().requires_grad_(True) for each in first]
        for _ in range(count):
            for each in weights:
                each.grad = None
            loss(weights).backward()
            with torch.no_grad():
                for each in weights:
                    each -= RATE * each.grad

    return steps, float(loss([each.clone().requires_grad_(True) for each in first]))


def _stochastic(made, at, slopes, model):
    import torch

    along = torch.nn.functional.normalize(torch.randn_like(made), dim=1)
    (found,) = torch.autograd.grad(made, at, along, create_graph=True)
    return torch.sum((found - torch.einsum("nc,ncd->nd", along, slopes)) ** 2) / len(at)


def _func(made, at, slopes, model):
    import torch

    found = torch.func.vmap(torch.func.jacrev(model))(at)
    return torch.sum((found - slopes) ** 2) / made.numel()


def _loop(made, at, slopes, model):
    import torch

    total = 0.0
    for output in range(made.shape[1]):
        (found,) = torch.autograd.grad(made[:, output].sum(), at, create_graph=True)
        total = total + torch.sum((found - slopes[:, output]) ** 2)
    return total / made.numel()


def _double_loop(made, at, slopes, model):
    import torch

    total = 0.0
    for point in range(len(at)):
        one = at[point]
        for output, value in enumerate(model(one)):
            (found,) = torch.autograd.grad(value, one, create_graph=True, retain_graph=True)
            total = total + torch.sum((found - slopes[point, output]) ** 2)
    return total / made.numel()


TERMS = {"stochastic": _stochastic, "func": _func, "outputs": _loop, "points": _double_loop}
HOW = dict(zip(OURS, ("values", "stochastic", "exact"), strict=True))
HOW |= dict(zip(THEIRS, ("values", "stochastic", "func", "outputs", "points"), strict=True))


def measured(who: str, place: str, repeats: int) -> dict:
    """Milliseconds of a step, and the loss at the first weights."""
    with np.load(place, allow_pickle=False) as held:
        kept = {name: held[name] for name in held.files}
    steps, value = (torch_steps if who in THEIRS else curvkit_steps)(kept, HOW[who])
    taken = []
    for _ in threads(who):
        steps(1)
        count = max(3, int(3 * BLOCK / elapsed(steps, 3)))
        taken += [elapsed(steps, count) / count for _ in range(repeats)]
    return {"ms": 1e3 * min(taken), "loss": value}


def threads(who: str):
    """PyTorch is measured on one thread and on all: on a busy machine either may be the faster."""
    if who in THEIRS:
        import torch

        torch.set_num_threads(1)
        yield 1
        torch.set_num_threads(os.cpu_count() or 1)
    yield os.cpu_count()


def elapsed(steps, count: int) -> float:
    begun = time.perf_counter()
    steps(count)
    return time.perf_counter() - begun


def apart(*arguments) -> dict:
    command = [sys.executable, __file__, "--apart", *map(str, arguments)]
    ran = subprocess.run(command, capture_output=True, text=True)
    if ran.returncode:
        return {"error": ran.stderr.strip().splitlines()[-1]}
    return json.loads(ran.stdout)


def rows_of(place: Path, repeats: int, who: tuple[str, ...], log) -> list[tuple[str, ...]]:
    found = {}
    for each in who:
        log(each)
        found[each] = apart(each, place, repeats)
    rows = []
    for name, each in found.items():
        if "error" in each:
            rows.append((name, each["error"][:60], "", "", ""))
            continue
        ratios = [
            f"{each['ms'] / found[base]['ms']:.2f}" if "ms" in found[base] else "–"
            for base in (OURS[0], OURS[2])
        ]
        rows.append((name, f"{each['ms']:.3g}", *ratios, f"{each['loss']:.6g}"))
    return rows


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--quick", action="store_true", help="fewer repeats")
    asked.add_argument("--outputs", type=int, default=OUTPUTS, help="of the network")
    asked.add_argument("--apart", nargs=3, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.apart:
        who, place, repeats = given.apart
        print(json.dumps(measured(who, place, int(repeats))))
        return
    from curvature import machine, out, progress, table

    about = machine()
    there = importlib.util.find_spec("torch") is not None
    if not there:
        out.print("PyTorch is not measured: pip install torch, then again.")
    out.print(" · ".join(f"{name} {value}" for name, value in about.items()))
    columns = ("who", "ms a step", "× values", "× exact", "loss at first")
    for inputs in INPUTS:
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / "problem.npz"
            made(place, inputs, given.outputs)
            who = OURS + (THEIRS if there else ())
            rows = rows_of(place, 3 if given.quick else 7, who, progress.log)
        shape = f"{POINTS} points, {WIDTH} units twice, {given.outputs} outputs"
        told = f"{shape}; both ratios are to curvkit's own, on values alone and exact"
        table(f"{inputs} inputs", told, columns, rows)


if __name__ == "__main__":
    main()
