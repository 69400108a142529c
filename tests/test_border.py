"""Every public reader of curvature, and watching, in every situation that other people's code has.

The loss is a quadratic of known curvature, so that the right value of each cell is known. A reader
without a call here, and a cell without a test, fail by themselves.
"""

import contextlib
import inspect
import os
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import assert_close

import curvkit
from curvkit import curvature
from curvkit.core import tree
from curvkit.curvature import EigenPairs

KEY = jax.random.key(0)
BENDS = np.arange(1.0, 7.0)
PARAMS = {"w": jnp.ones(4), "v": jnp.ones(2)}
# Of the pytree the leaf `v` comes first.
DATA = (jnp.asarray(BENDS, jnp.float32),)


def flat(params):
    return jnp.concatenate([jnp.ravel(params[name]) for name in ("v", "w")])


def model(params, bends):
    """Outputs whose squares are the loss: the Gauss-Newton matrix is the Hessian."""
    return jnp.sqrt(bends).astype(flat(params).dtype) * flat(params)


def criterion(outputs, bends):
    return 0.5 * jnp.sum(outputs**2)


def loss(params, bends):
    return criterion(model(params, bends), bends)


class Case:
    """A model, its parameters and a batch as somebody has them, and the unit of the loss."""

    def __init__(
        self,
        params=PARAMS,
        args=DATA,
        model=model,
        criterion=criterion,
        unit=1.0,
        rtol=1e-4,
        within=contextlib.nullcontext,
        right=None,
        **options,
    ):
        self.params, self.args, self.model, self.judged = params, args, model, criterion
        self.unit, self.rtol, self.within, self.options = unit, rtol, within, options
        self.right = right or {}

    def criterion(self, outputs, *args):
        return self.unit * self.judged(outputs, *args)

    def loss(self, params, *args):
        return self.criterion(self.model(params, *args), *args)

    def like(self, number=1.0):
        """A vector like the parameters."""
        return jax.tree.map(lambda each: jnp.full(jnp.shape(each), number), self.params)


def trained(pytree):
    """The numbers of `v` and `w` in a pytree like the parameters."""
    return flat(pytree["params"] if "params" in pytree else pytree)


def watched(case, jitted=False):
    watcher = curvkit.watch(case.loss, learning_rate=0.1, every=1, budget=None)
    batch = case.args[0] if case.args else ()
    if not jitted:
        watcher.observe(case.params, None, 0, batch)
        return watcher.trace.sharpness
    seen = watcher.begin(case.params)
    step = jax.jit(lambda seen, p, b: watcher.pure_observe(seen, p, None, 0, b)[1]["eigenvalues"])
    return step(seen, case.params, batch)


# name: (what is read, what is right in units of the loss)
READERS = {
    "hvp": (lambda c: trained(curvature.hvp(c.loss, c.params, c.like(), *c.args)), BENDS),
    "sharpness": (
        lambda c: curvature.sharpness(c.loss, c.params, *c.args, key=KEY, **c.options), 6.0),
    "top_eigenpairs": (
        lambda c: curvature.top_eigenpairs(
            c.loss, c.params, *c.args, k=2, key=KEY, start=EigenPairs.blank(c.params, 2),
            tolerance=1e-5).values, [6.0, 5.0]),
    "block_sharpness": (
        lambda c: jnp.stack(list(curvature.block_sharpness(
            c.loss, c.params, *c.args, key=KEY, tolerance=1e-5)[0].values())), [2.0, 6.0]),
    "hessian_trace": (
        lambda c: curvature.hessian_trace(c.loss, c.params, *c.args, key=KEY, samples=2)[0], 21.0),
    "spectral_density": (
        lambda c: curvature.spectral_density(
            c.loss, c.params, *c.args, key=KEY, samples=2, order=6).moment(1), 3.5),
    "gauss_newton_product": (
        lambda c: trained(curvature.gauss_newton_product(
            c.model, c.criterion, c.params, c.like(), *c.args)), BENDS),
    "gauss_newton_eigenvalues": (
        lambda c: curvature.gauss_newton_eigenvalues(
            c.model, c.criterion, c.params, *c.args, k=2, key=KEY), [6.0, 5.0]),
    "over_batches": (
        lambda c: curvature.sharpness(
            curvature.over_batches(lambda p, b: c.loss(p, *b[0]), [(c.args,), (c.args,)])
            if c.args else curvature.over_batches(lambda p, b: c.loss(p), [jnp.ones(2)]),
            c.params, key=KEY), 6.0),
    "watch": (watched, [6.0]),
    "pure_observe": (lambda c: watched(c, jitted=True), [6.0]),
}  # fmt: skip
# What reads no loss: numbers, shapes, drawings and the contract of a room.
NO_READERS = {
    "EigenPairs", "Operator", "Settings", "SpectralDensity", "Task", "Trace", "batch", "critical",
    "explore", "figures", "of_operator", "room", "run", "scenes", "stability_threshold", "stage",
    "stream", "task", "tell",
}  # fmt: skip


@jax.custom_vjp
def ruled(x):
    return x**2


ruled.defvjp(lambda x: (ruled(x), x), lambda x, g: (2 * x * g,))


def cast(dtype):
    return jax.tree.map(lambda each: each.astype(dtype), PARAMS)


def bent_model(params, bends):
    made = model(params, bends)
    return made + 0 * ruled(made)


def strictly(params, bends):
    return jnp.sqrt(bends) * flat(params)


def normed(params, bends):
    return model(params["params"], bends * params["batch_stats"]["mean"] / 2)


STATISTICS = {"params": PARAMS, "batch_stats": {"mean": jnp.full(6, 2.0)}}
BYTES = (np.arange(1, 7, dtype=np.uint8),)
SITUATIONS = {
    "plain": Case(),
    "bfloat16": Case(cast(jnp.bfloat16), rtol=1e-2),
    "float16": Case(cast(jnp.float16), rtol=1e-2),
    "arrays of NumPy": Case({"w": np.ones(4, np.float32), "v": np.ones(2)}, (BENDS,)),
    "numbers of NumPy": Case(num_hvps=np.int64(6), tolerance=np.array([1e-5])),
    "images of bytes": Case(args=BYTES, model=lambda p, x: model(p, x / 1.0)),
    "a leaf of whole numbers": Case({**PARAMS, "step": jnp.array(3)}),
    "statistics": Case(STATISTICS, model=normed, right={"block_sharpness": [6.0], "hvp": BENDS}),
    "closed over": Case(
        args=(), model=lambda p: model(p, *DATA), criterion=lambda out: criterion(out, None)
    ),
    "a rule for the backward pass": Case(criterion=lambda out, x: 0.5 * jnp.sum(ruled(out))),
    "a model with such a rule": Case(model=bent_model),
    "double precision": Case(args=(BENDS,), within=tree.float64),
    "strict promotion": Case(model=strictly, within=lambda: jax.numpy_dtype_promotion("strict")),
    "checkpointed": Case(model=jax.checkpoint(model)),
    "jitted": Case(model=jax.jit(model)),
    "unit 1e-30": Case(unit=1e-30),
    "unit 1e-20": Case(unit=1e-20),
    "unit 1e20": Case(unit=1e20),
    "unit 1e25": Case(unit=1e25),
}


def test_each_public_function_that_reads_a_loss_has_a_row_here():
    assert set(curvature.__all__) <= set(READERS) | NO_READERS
    takes_loss = {
        name for name in set(curvature.__all__) - NO_READERS
        if inspect.isfunction(getattr(curvature, name))
        and {"loss", "model"} & set(inspect.signature(getattr(curvature, name)).parameters)
    }  # fmt: skip
    assert takes_loss <= set(READERS)


@pytest.mark.grid(times=2)
@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("reader", READERS)
def test_what_is_read_is_right(reader, situation):
    case, (read, right) = SITUATIONS[situation], READERS[reader]
    if situation == "statistics":
        # Whose collections they are is known where Flax is loaded.
        pytest.importorskip("flax.linen")
    with case.within():
        if situation == "double precision":
            # Made there: elsewhere it would have been rounded.
            case.params = jax.tree.map(lambda e: jnp.ones(e.shape, jnp.float64), PARAMS)
        found = np.asarray(read(case), np.float64)
    assert_close(found / case.unit, case.right.get(reader, right), rtol=case.rtol)


@pytest.mark.grid
@pytest.mark.parametrize("model", [model, bent_model], ids=["plain", "a rule"])
@pytest.mark.parametrize("reader", [name for name in READERS if name != "watch"])
def test_within_a_program_it_is_read_as_outside(reader, model):
    read, right = READERS[reader]
    made = jax.jit(lambda p, x: jnp.asarray(read(Case(p, (x,), model))))
    assert_close(np.asarray(made(PARAMS, DATA[0])), right, rtol=1e-4)


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(["--quick"], marks=pytest.mark.slow),
        # Devices that are threads wait for each other by spinning: this takes minutes.
        pytest.param([], marks=pytest.mark.full),
    ],
    ids=["explicit and sharded", "all layouts"],
)
def test_on_meshes_of_four_devices_it_is_read_as_on_one(options):
    flags = os.environ.get("XLA_FLAGS", "") + " --xla_force_host_platform_device_count=4"
    environment = {**os.environ, "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"}
    program = str(Path(__file__).with_name("on_meshes.py"))
    done = subprocess.run(
        [sys.executable, program, *options], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]


@pytest.mark.parametrize(
    "names",
    [["np.tanh", "math.tanh"], pytest.param([], marks=pytest.mark.full)],
    ids=["two", "all"],
)
def test_functions_of_other_libraries_are_refused_and_the_process_lives(names):
    program = str(Path(__file__).with_name("no_jax.py"))
    done = subprocess.run(
        [sys.executable, program, *names],
        env={**os.environ, "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-300:]


@pytest.mark.parametrize("reader", READERS)
def test_parameters_without_a_number_are_refused(reader):
    read, _ = READERS[reader]
    none = Case({"w": jnp.ones((0, 3)), "v": jnp.ones(0)}, args=(), model=lambda p: flat(p),
                criterion=lambda out: jnp.sum(out**2))  # fmt: skip
    with pytest.raises(ValueError, match="at least one number to train"):
        read(none)


def test_a_loss_of_numpy_that_jax_can_trace_is_read():
    # `np.sum` calls the array's own method: the loss is linear, and has no curvature.
    assert curvature.sharpness(np.sum, jnp.ones(3), key=KEY) == 0
