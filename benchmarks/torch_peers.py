"""curvkit beside curvlinops and PyHessian: the same weights and data, each in its own process.

A network is trained for some steps, and its weights are handed to PyTorch as they are. Each
contender reads the largest eigenvalue of the Hessian, its trace and the largest eigenvalue of the
Gauss-Newton matrix at its own tolerance of 1e-3 (or with as many products as the others). Seconds
are medians over repeats, after a first call that compiles; memory is the peak of the process less
that of one that only imports. PyTorch is no dependency of curvkit:

    pip install torch curvlinops-for-pytorch pyhessian
    python benchmarks/torch_peers.py
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

# name: (examples, hidden layers, steps trained, learning rate)
MODELS = {
    "n=500, 64-64-64-10": (500, (64, 64), 400, 0.5),
    "n=1797, 64-400-400-10": (1797, (400, 400), 200, 0.5),
    "n=100, 64-2000-1500-1500-10": (100, (2000, 1500, 1500), 20, 0.02),
}
TOLERANCE, SAMPLES, MOST = 1e-3, 30, 20
WHAT = ("sharpness", "trace", "gauss_newton")
WHO = ("curvkit", "curvlinops", "pyhessian")


# The problem, for both frameworks


def made(place: Path, examples: int, hidden: tuple[int, ...], steps: int, rate: float) -> None:
    """Trains the network, and writes weights, those of a step before, data and true eigenvalue."""
    import jax
    import jax.numpy as jnp

    from curvkit import data
    from curvkit.core.tree import float64
    from curvkit.curvature import _network as network
    from curvkit.curvature import top_eigenpairs

    inputs, targets = data.digits(examples)
    params = network.mlp(jax.random.key(0), [64, *hidden, 10], "torch")
    loss = loss_of(inputs, targets)
    step = jax.jit(
        lambda params: jax.tree.map(lambda p, g: p - rate * g, params, jax.grad(loss)(params))
    )
    for _ in range(steps):
        before, params = params, step(params)
    if not jnp.isfinite(loss(params)):
        raise RuntimeError(f"training diverged at rate {rate:g}")
    arrays = dict(inputs=inputs, targets=targets)
    for name, each in (("before", before), ("weights", params)):
        arrays |= {f"{name}{at}": leaf for at, leaf in enumerate(jax.tree.leaves(each))}
    key = jax.random.key(1)
    if sum(each.size for each in jax.tree.leaves(params)) > 1e6:  # double precision takes too long
        arrays["truth"] = top_eigenpairs(loss, params, 1, key=key, num_hvps=30).values
    else:
        with float64():
            wide = lambda tree: jax.tree.map(lambda p: jnp.asarray(p, jnp.float64), tree)
            exact = loss_of(*(np.asarray(each, np.float64) for each in (inputs, targets)))
            pairs = top_eigenpairs(exact, wide(params), 1, key=key, num_hvps=60, tolerance=1e-9)
            arrays["truth"] = pairs.values
    np.savez(place, **{name: np.asarray(each) for name, each in arrays.items()})


def loss_of(inputs, targets):
    """The mean squared error as PyTorch's `MSELoss` has it: over examples and outputs."""
    import jax.numpy as jnp

    model, criterion = parts(inputs, targets)
    return lambda params: criterion(model(params)).astype(jnp.result_type(float))


def parts(inputs, targets):
    import jax.numpy as jnp

    from curvkit.curvature import _network as network

    model = lambda params: network.predict(params, inputs, "tanh")
    return model, lambda outputs: jnp.mean((outputs - targets) ** 2)


def layers(kept, name):
    leaves = [kept[f"{name}{at}"] for at in range(sum(each.startswith(name) for each in kept))]
    return list(zip(leaves[::2], leaves[1::2], strict=True))


# Each contender: what returns the value and the number of products, by what is asked


def curvkit(kept):
    import jax
    import jax.numpy as jnp

    from curvkit.curvature import gauss_newton_eigenvalues, hessian_trace, top_eigenpairs
    from curvkit.curvature._network import Layer

    data = [jnp.asarray(kept[name]) for name in ("inputs", "targets")]
    params, before = (
        [Layer(jnp.asarray(w), jnp.asarray(b)) for w, b in layers(kept, name)]
        for name in ("weights", "before")
    )
    loss, key = loss_of(*data), jax.random.key(0)
    options = dict(num_hvps=MOST, tolerance=TOLERANCE)
    cold = jax.jit(lambda params: top_eigenpairs(loss, params, 1, key=key, **options))
    warm = jax.jit(lambda params, at: top_eigenpairs(loss, params, 1, key=key, start=at, **options))
    earlier = []

    def warmly():
        earlier or earlier.append(cold(before))
        return warm(params, earlier[0])

    told = lambda pairs: (float(pairs.values[0]), int(pairs.num_hvps))
    estimate = jax.jit(lambda params: hessian_trace(loss, params, key=key, samples=SAMPLES)[0])
    bent = jax.jit(
        lambda params: gauss_newton_eigenvalues(*parts(*data), params, key=key, num_products=MOST)
    )
    return {
        "sharpness": lambda: told(cold(params)),
        "sharpness warm": lambda: told(warmly()),
        "trace": lambda: (float(estimate(params)), SAMPLES),
        "gauss_newton": lambda: (float(bent(params)[0]), MOST),
    }


def torch_problem(kept):
    import torch

    torch.manual_seed(0)
    held = layers(kept, "weights")
    modules = []
    for weight, bias in held:
        linear = torch.nn.Linear(*weight.shape)
        with torch.no_grad():
            linear.weight.copy_(torch.tensor(weight.T.copy()))
            linear.bias.copy_(torch.tensor(bias))
        modules += [linear, torch.nn.Tanh()]
    inputs, targets = (torch.tensor(np.asarray(kept[name])) for name in ("inputs", "targets"))
    return torch.nn.Sequential(*modules[:-1]), torch.nn.MSELoss(), (inputs, targets)


def curvlinops(kept):
    from curvlinops import GGNLinearOperator, HessianLinearOperator, hutchinson_trace
    from scipy.sparse.linalg import LinearOperator, eigsh

    model, criterion, data = torch_problem(kept)
    arguments = model, criterion, list(model.parameters()), [data]

    def largest(kind):
        operator, products = kind(*arguments).to_scipy(), 0

        def product(vector):
            nonlocal products
            products += 1
            return operator @ vector

        counted = LinearOperator(operator.shape, matvec=product, dtype=operator.dtype)
        start = np.random.default_rng(0).standard_normal(operator.shape[0])
        value = eigsh(counted, 1, which="LA", tol=TOLERANCE, v0=start.astype(operator.dtype))
        return float(value[0][0]), products

    trace = lambda: float(hutchinson_trace(HessianLinearOperator(*arguments), SAMPLES))
    return {
        "sharpness": lambda: largest(HessianLinearOperator),
        "trace": lambda: (trace(), SAMPLES),
        "gauss_newton": lambda: largest(GGNLinearOperator),
    }


def pyhessian(kept):
    import warnings

    import pyhessian as package

    warnings.filterwarnings("ignore")
    model, criterion, data = torch_problem(kept)
    # The package's class hides its module of the same name.
    module = sys.modules["pyhessian.hessian"]
    plain = module.hessian_vector_product

    def largest():
        products = 0

        def product(*arguments):
            nonlocal products
            products += 1
            return plain(*arguments)

        module.hessian_vector_product = product
        try:
            found = package.hessian(model, criterion, data=data, cuda=False)
            return float(found.eigenvalues(maxIter=100, tol=TOLERANCE)[0][0]), products
        finally:
            module.hessian_vector_product = plain
            model.zero_grad()

    def trace():
        hessian = package.hessian(model, criterion, data=data, cuda=False)
        # A tolerance below zero: as many samples as the others, and no fewer.
        found = hessian.trace(maxIter=SAMPLES, tol=-1.0)
        model.zero_grad()
        return float(np.mean(found)), SAMPLES

    return {"sharpness": largest, "trace": trace}


# A process of its own for each


def measured(who: str, what: str, place: str, repeats: int) -> dict:
    with np.load(place, allow_pickle=False) as held:
        kept = {name: held[name] for name in held.files}
    acts = globals()[who](kept)
    imported = peak()
    if what not in acts:
        return {}
    begun = time.perf_counter()
    acts[what]()
    first, seconds = time.perf_counter() - begun, []
    for _ in range(repeats):
        begun = time.perf_counter()
        value, products = acts[what]()
        seconds.append(time.perf_counter() - begun)
    told = dict(value=value, products=products, first=first, seconds=statistics.median(seconds))
    return told | dict(peak_mb=peak() - imported)


def peak() -> float:
    """The peak memory of this process in MB."""
    status = Path("/proc/self/status").read_text().splitlines()
    return int(next(each for each in status if each.startswith("VmHWM")).split()[1]) / 1024


def apart(*arguments) -> dict:
    command = [sys.executable, __file__, "--apart", *map(str, arguments)]
    ran = subprocess.run(command, capture_output=True, text=True)
    if ran.returncode:
        return {"error": ran.stderr.strip().splitlines()[-1]}
    return json.loads(ran.stdout)


def rows_of(place: Path, repeats: int, log) -> list[tuple[str, ...]]:
    with np.load(place, allow_pickle=False) as held:
        truth = float(held["truth"][0]) if "truth" in held.files else None
    rows = []
    for what in ("sharpness", "sharpness warm", "trace", "gauss_newton"):
        found = {}
        for who in WHO:
            log(f"{what}, {who}")
            found[who] = apart(who, what, place, repeats)
        ours = found["curvkit"]
        for who, each in found.items():
            if not each:
                continue
            if "error" in each:
                rows.append((what, who, each["error"][:60], *[""] * 5))
                continue
            missed = truth and "sharpness" in what and abs(each["value"] / truth - 1)
            rows.append((
                what, who, f"{each['value']:.5g}", f"{missed:.1e}" if missed else "",
                f"{each['products']}", f"{each['seconds']:.3g}",
                f"{each['seconds'] / ours['seconds']:.1f}", f"{each['peak_mb']:.0f}",
            ))  # fmt: skip
    return rows


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--quick", action="store_true", help="fewer repeats, no large network")
    asked.add_argument("--apart", nargs=4, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.apart:
        who, what, place, repeats = given.apart
        print(json.dumps(measured(who, what, place, int(repeats))))
        return
    from curvature import machine, out, progress, table

    try:
        import torch
    except ImportError:
        sys.exit("Not measured: pip install torch curvlinops-for-pytorch pyhessian, then again.")
    about = machine() | {"torch": torch.__version__}
    out.print(" · ".join(f"{name} {value}" for name, value in about.items()))
    columns = ("what", "who", "value", "error", "products", "seconds", "× curvkit", "peak MB")
    for name, model in list(MODELS.items())[: 2 if given.quick else None]:
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / "problem.npz"
            progress.log(f"{name}: training")
            made(place, *model)
            rows = rows_of(place, 3 if given.quick else 7, progress.log)
        told = f"tolerance {TOLERANCE:g}; a trace from {SAMPLES} samples; Gauss-Newton from {MOST} "
        table(name, told + "products by curvkit; memory beyond that of importing", columns, rows)


if __name__ == "__main__":
    main()
