"""What is measured: products and seconds to an error, along a run, and the price of recording."""

import contextlib
import functools
import time
from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from _peers import TARGET, Method, methods, random_start, stops_itself
from scipy.sparse.linalg import LinearOperator, eigsh

from curvkit.core.knob import read
from curvkit.curvature import Settings, experiment, hvp, top_eigenpairs

RATE, STRIDE, MARKS, TARGETS = 0.1, 11, (0, 200, 1000, 3000), (1e-2, 1e-3, 1e-4)


@dataclass(frozen=True)
class Problem:
    """A network's loss, with parameters along a run: `params[i]` after `steps[i]` steps."""

    loss: Callable[[jax.Array], jax.Array]
    steps: np.ndarray
    params: np.ndarray
    values: np.ndarray
    vectors: np.ndarray

    def dense(self, last: int) -> list[int]:
        """Where the readings every `STRIDE` steps up to `last` are, without the first."""
        chosen = (self.steps % STRIDE == 0) & (self.steps > 0) & (self.steps <= last)
        return np.flatnonzero(chosen).tolist()


@contextlib.contextmanager
def double():
    switch = jax.enable_x64 if hasattr(jax, "enable_x64") else jax.experimental.enable_x64
    with switch(True):
        yield


def problem(chosen: dict, dense: int) -> Problem:
    """Parameters every `STRIDE` steps up to `dense`, and at the marks with those a stride before.

    Steps are whole numbers of strides but for the marks.
    """
    settings = read(Settings, learning_rate=RATE, **chosen)
    start, loss = experiment.problem(settings)
    first = start(jax.random.key(0))
    before = {mark - STRIDE for mark in MARKS if mark}
    steps = np.array(sorted({*range(0, dense + 1, STRIDE), *MARKS, *before}))
    advance = jax.jit(
        lambda params, count: jax.lax.fori_loop(
            0, count, lambda _, p: p - RATE * jax.grad(loss)(p), params
        )
    )
    params = [first]
    for count in np.diff(steps):
        params.append(advance(params[-1], int(count)))
    params = np.asarray(params)
    values, vectors = truth(loss, params)
    return Problem(loss, steps, params, values, vectors)


def truth(loss, params):
    """The largest eigenvalues and their vectors in double precision."""
    with double():
        product = jax.jit(functools.partial(hvp, loss))
        values, vectors, start = [], [], None
        noise = np.random.default_rng(0).normal(size=params.shape[1]) / params.shape[1]
        for each in params.astype(np.float64):
            matvec = lambda v, each=each: np.asarray(product(each, v.ravel()))
            operator = LinearOperator((each.size,) * 2, matvec=matvec, dtype=np.float64)
            value, vector = eigsh(operator, 1, which="LA", tol=1e-12, v0=start)
            # Noise in the start, so that a rising eigenvalue is never missed.
            start = vector[:, 0] + noise
            values.append(value[0])
            vectors.append(vector[:, 0].astype(np.float32))
    return np.array(values), np.array(vectors)


def fewest(method: Method, given: Problem, at: int, start, targets, seed=0):
    """For each target the first setting that meets it, with its outcome, and the last tried."""
    found = {}
    for setting in method.settings:
        value, vector, products = method(setting, given.params[at], start, seed)
        error = abs(value / given.values[at] - 1)
        for target in targets:
            if error < target and target not in found:
                found[target] = (setting, products, vector, error)
        if len(found) == len(targets):
            break
    return found | {None: (setting, products, vector, error)}


def at_marks(family: list[Method], given: Problem, repeats: int, seeds: int) -> list[dict]:
    """Fewest products to each target at the marks, and seconds to `TARGET`, taken in turns.

    Cold products are the median over `seeds` starts; the first of them is timed.
    """
    rows, timed = [], []
    for method in (each for each in family if not stops_itself(each)):
        row = {"method": method.name, "warm": method.warm, "products": {}, "seconds": []}
        for mark in MARKS:
            at = int(np.searchsorted(given.steps, mark))
            if method.warm and not mark:
                continue
            start = given.vectors[np.searchsorted(given.steps, mark - STRIDE)] if mark else None
            tries = range(1 if method.warm else seeds)
            found = [fewest(method, given, at, start, TARGETS, seed) for seed in tries]
            row["products"][mark] = [
                _median_or_none([each[target][1] if target in each else None for each in found])
                for target in TARGETS
            ]
            if TARGET in found[0]:
                call = functools.partial(method, found[0][TARGET][0], given.params[at], start)
                timed.append((row["seconds"], call))
        rows.append(row)
    for _ in range(repeats):
        for seconds, call in timed:
            seconds.append((call, elapsed(call)))
    for row in rows:
        row["seconds"] = _sum_of_medians(row["seconds"])
    return rows


def follow(method: Method, given: Problem, dense: int, setting, stop: float = np.inf) -> dict:
    """The run with one setting, up to an error of `stop`: products and errors at each reading."""
    start, products, errors, starts = given.vectors[0], [], [], {}
    for at in given.dense(dense):
        starts[at] = start
        value, start, made = method(setting, given.params[at], start, at)
        products.append(made)
        errors.append(abs(value / given.values[at] - 1))
        if errors[-1] >= stop:
            break
    return _summary(method, setting, products, errors) | {"starts": starts}


def calibrated(method: Method, given: Problem, dense: int) -> dict:
    """The run with the first setting that keeps every error below `TARGET`, or else the last."""
    for setting in method.settings[:-1]:
        row = follow(method, given, dense, setting, TARGET)
        if row["worst"] < TARGET:
            return row
    return follow(method, given, dense, method.settings[-1])


def best_case(method: Method, given: Problem, dense: int) -> dict:
    """The run if somebody knew at each reading how few products meet `TARGET`."""
    start, products, errors = given.vectors[0], [], []
    for at in given.dense(dense):
        found = fewest(method, given, at, start, (TARGET,), at)
        _, made, start, error = found.get(TARGET, found[None])
        products.append(made)
        errors.append(error)
    return _summary(method, "per reading", products, errors)


def _summary(method, setting, products, errors):
    return {
        "method": method.name, "warm": method.warm, "setting": setting,
        "products": float(np.median(products)), "most": float(np.max(products)),
        "error": float(np.median(errors)), "worst": float(np.max(errors)),
        "missed": float(np.mean(np.array(errors) >= TARGET)),
    }  # fmt: skip


def time_rows(rows: list[dict], family: list[Method], given: Problem, readings: int):
    """Adds the median seconds of one reading to each row; methods take turns at each reading."""
    by_name = {(each.name, each.warm): each for each in family}
    starts = [row.pop("starts") for row in rows]
    times = [[] for _ in rows]
    chosen = list(starts[0])
    for at in chosen[:: max(1, len(chosen) // readings)]:
        for row, start, taken in zip(rows, starts, times, strict=True):
            method = by_name[row["method"], row["warm"]]
            arguments = row["setting"], given.params[at], start[at], at
            taken.append(elapsed(functools.partial(method, *arguments)))
    for row, taken in zip(rows, times, strict=True):
        row["seconds"] = float(np.median(taken))


def elapsed(call) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def _median_or_none(values):
    return None if None in values else float(np.median(values))


def _sum_of_medians(pairs):
    times = {}
    for call, seconds in pairs:
        times.setdefault(id(call), []).append(seconds)
    return float(sum(np.median(each) for each in times.values()))


def counted() -> list[dict]:
    """What each method says it made, and how often a small loss was in fact evaluated for it."""
    evaluations = 0

    def count():
        nonlocal evaluations
        evaluations += 1

    settings = read(Settings, examples=20, width=4)
    start, plain = experiment.problem(settings)
    params = start(jax.random.key(0))

    def loss(params):
        jax.debug.callback(count)
        return plain(params)

    rows = []
    for method in (each for each in methods(loss) if not each.warm):
        setting = method.settings[min(5, len(method.settings) - 1)]
        evaluations = 0
        *_, said = method(setting, params, None)
        jax.effects_barrier()
        rows.append({"method": method.name, "said": said, "evaluated": evaluations})
    return rows


def price(chosen: dict, repeats: int, steps: int) -> list[dict]:
    """Seconds of a run with and without readings, in turns: plain, recorded, plain, recorded."""
    variants = {"plain run": plain_run(chosen, steps)}
    variants["sharpness in a loop of one's own"] = own_loop(chosen, steps)
    for number in (1, 2):
        settings = read(Settings, learning_rate=RATE, steps=steps, eigenvalues=number, **chosen)
        variants[f"trace, eigenvalues={number}"] = one_piece(settings)
    variants["trace, eigenvalues=2, streamed"] = lambda: experiment.run(settings).products
    products = {name: jax.block_until_ready(call()) for name, call in variants.items()}
    times = {name: [] for name in variants}
    for _ in range(repeats):
        for name, call in variants.items():
            times[name].append(elapsed(lambda: jax.block_until_ready(call())))  # noqa: B023
    base = np.array(times["plain run"])
    return [
        {
            "run": name,
            "seconds": float(np.median(taken)),
            "ratio": float(np.median(np.array(taken) / base)),
            "fastest": float(np.min(taken) / np.min(base)),
            "products": float(np.mean(products[name])) if name != "plain run" else 0.0,
        }
        for name, taken in times.items()
    ]


def start_of(chosen):
    settings = read(Settings, learning_rate=RATE, **chosen)
    start, loss = experiment.problem(settings)
    return start(jax.random.key(0)), loss


def plain_run(chosen, steps):
    params, loss = start_of(chosen)
    step = lambda rate: lambda _, p: p - rate * jax.grad(loss)(p)
    train = jax.jit(lambda params, rate: jax.lax.fori_loop(0, steps, step(rate), params))
    return lambda: train(params, RATE)


def own_loop(chosen, steps):
    """What a user of the library writes: a scan with `top_eigenpairs`, warm, in it."""
    params, loss = start_of(chosen)

    @jax.jit
    def train(params, rate):
        def reading(carry, index):
            params, start = carry
            key = jax.random.fold_in(jax.random.key(0), index)
            options = dict(num_hvps=20, tolerance=experiment.TOLERANCES[1])
            pairs = top_eigenpairs(loss, params, key=key, start=start, **options)
            step = lambda _, p: p - rate * jax.grad(loss)(p)
            following = jax.lax.fori_loop(
                0, jnp.minimum(STRIDE, steps - index * STRIDE), step, params
            )
            return (following, pairs.vectors[0]), (pairs.values[0], pairs.num_hvps)

        start = random_start(params.size, 0)
        return jax.lax.scan(reading, (params, start), jnp.arange(-(-steps // STRIDE)))[1]

    return lambda: train(params, RATE)[1]


def one_piece(settings):
    """The room's own compiled program, called once for the whole run."""
    key = jax.random.key(0)
    state = experiment.stream.begin(settings, key)
    count = experiment.stream.length(settings)

    def call():
        chunk = experiment.stream.advance(settings, state, count)
        return jax.block_until_ready(chunk.rows["products"])[: int(chunk.count)]

    return call
