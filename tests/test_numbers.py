"""The gate for numbers: each numeric argument of each public function takes numbers of any kind in
its range, and refuses what is none, or out of it, in one sentence that names it.

The functions and their arguments are found by their annotations; one without a row here fails.
"""

import importlib
import inspect
import math
import types
import typing
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import curvkit
from curvkit import (
    curvature,
    data,
    distillation,
    kernels,
    minima,
    selection,
    sobolev,
    tuners,
    verification,
)
from curvkit.distillation import grid
from curvkit.selection import odds
from curvkit.tuners import model

KEY, W, X = jax.random.key(0), jnp.ones(3), np.eye(6)
HOMES = (
    "curvature", "data", "distillation", "distillation.grid", "kernels", "kernels.contest",
    "kernels.race", "kernels.ways", "minima", "minima.basin", "selection", "selection.odds",
    "sobolev", "tuners", "tuners.model", "verification", "verification.shapes", "watching",
)  # fmt: skip
# Records, and what is no function of numbers; `verify` and its kin stand in their own tests.
NO_ROWS = {
    "run", "explore", "stage", "verification.progress", "verification.SoftmaxSpec",
    "verification.DigitSumSpec", "verification.QuadraticSpec", "verification.box",
    "verification.explore_ladder", "tuners.play", "curvature.Operator",
    "verification.side_by_side", "watching.Watch",
}  # fmt: skip
BASE = optax.identity()
ROW = [(-1.0, 1.0, -2.0), (1.0, 1.0, 2.0)]
XOR = ([[0.0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0])
WALK = distillation.decision_process([[[0.5], [0.0]]], [[1.0, 2.0]], [1.0])
STATE = model.Balance(1.0, 2.0)
WORLD, EVEN = grid.world(jnp.zeros(9, int), 0.0, 0.5), jnp.full((9, 4), 0.25)
EXAMPLE = minima.counterexamples()[0]


def loss(w):
    return jnp.sum(w**2)


def fitted(kind, **given):
    return kind([0, 0, 1, 1, 2, 2], **given).fit(
        np.random.default_rng(0).normal(size=(30, 6)), np.arange(30.0)
    )


class Row(NamedTuple):
    """How a function is called, and beyond which ends a number is refused.

    `call` takes the argument by name. `outside` has for each argument what is out of its range;
    all that is no number at all is refused anyway. `cheap` is false where a right number would
    make it work for long: there only refusals are looked at.
    """

    call: Callable
    outside: dict[str, tuple]
    inside: dict[str, Any] = {}
    cheap: bool = True


WHOLE, ABOVE, LEAST = (0, -1), (0.0, -0.5, math.inf), (-0.5, math.inf)
SHARE, SEED, FINITE = (-0.1, 1.0, 1.5), (-1,), (math.inf, -math.inf)
tuned = lambda method, **fixed: lambda **given: method(BASE, **{**fixed, **given})
heavy = lambda call, **outside: Row(call, outside, cheap=False)
ROWS = {
    "curvature.sharpness": Row(
        lambda **g: curvature.sharpness(loss, W, key=KEY, **g),
        dict(num_hvps=WHOLE), dict(num_hvps=3)),
    "curvature.top_eigenpairs": Row(
        lambda **g: curvature.top_eigenpairs(loss, W, key=KEY, **g),
        dict(k=WHOLE, num_hvps=WHOLE, tolerance=(0.0, -1.0))),
    "curvature.block_sharpness": Row(
        lambda **g: curvature.block_sharpness(loss, W, key=KEY, **g),
        dict(num_hvps=WHOLE, tolerance=(-1.0,))),
    "curvature.gauss_newton_eigenvalues": Row(
        lambda **g: curvature.gauss_newton_eigenvalues(lambda w: w, loss, W, key=KEY, **g),
        dict(k=(*WHOLE, 4), num_products=WHOLE)),
    "curvature.hessian_trace": Row(
        lambda **g: curvature.hessian_trace(loss, W, key=KEY, **g), dict(samples=(1, *WHOLE))),
    "curvature.spectral_density": Row(
        lambda **g: curvature.spectral_density(loss, W, key=KEY, **{"order": 3, **g}),
        dict(samples=WHOLE, order=(*WHOLE, 4)), dict(order=2)),
    "curvature.critical": Row(
        lambda **g: curvature.critical("gd", **g), dict(momentum=SHARE, second_moment_decay=SHARE)),
    "curvature.stability_threshold": Row(
        lambda learning_rate=0.1, **g: curvature.stability_threshold("gd", learning_rate, **g),
        dict(learning_rate=ABOVE, momentum=SHARE, second_moment_decay=SHARE),
        dict(learning_rate=0.5)),
    "verification.verify": Row(
        lambda **g: verification.verify([(np.eye(2), np.zeros(2))], ([0, 0], [1, 1]),
                                        verification.LinearSpec([1.0, -1.0], 0.5), **g),
        dict(budget=(0.0, -1.0), boxes=WHOLE, gap=(-0.5,), seed=SEED), dict(gap=0.5)),
    "watching.watch": Row(
        lambda **g: curvkit.watch(loss, **g),
        dict(every=WHOLE, k=WHOLE, num_hvps=WHOLE, batch_size=WHOLE, learning_rate=ABOVE,
             momentum=SHARE, second_moment_decay=SHARE, epsilon=LEAST, critical=ABOVE,
             budget=(0.0, -1.0)),
        dict(learning_rate=0.5, momentum=0.5, second_moment_decay=0.5, epsilon=0.5, critical=0.5)),
    "curvature.of_operator": Row(
        lambda **g: curvature.of_operator(lambda v: v, **g), dict(shape=WHOLE), dict(shape=3)),
    "data.digits": Row(data.digits, dict(examples=(*WHOLE, 1798))),
    "data.mnist": heavy(data.mnist, examples=(*WHOLE, 70001)),
    "data.cifar10": heavy(data.cifar10, examples=(*WHOLE, 60001)),
    "data.characters": Row(
        data.characters, dict(examples=(*WHOLE, 31), context=(*WHOLE, 856)), dict(context=8)),
    "curvature.task": Row(
        lambda **g: curvature.task("mlp", X[:, :2], X[:, :2], **g),
        dict(width=WHOLE, depth=(-1,), scale=ABOVE), dict(width=3, depth=1)),
    "data.chebyshev": Row(data.chebyshev, dict(degree=(-1,), examples=WHOLE)),
    "distillation.balance": heavy(
        distillation.balance, rounds=WHOLE, noise=SHARE, learning_rate=ABOVE, seed=SEED),
    "distillation.best": Row(
        lambda **g: distillation.best(WALK, **g), dict(tolerance=ABOVE), dict(tolerance=0.5)),
    "distillation.noise_by_actions": heavy(
        distillation.noise_by_actions, episodes=(*WHOLE, 51), seed=SEED),
    "distillation.survey": heavy(distillation.survey, processes=WHOLE, seed=SEED),
    "distillation.grid.drawn": Row(
        lambda side=5: grid.drawn(KEY, side, 0.0, 0.0, 0.0), dict(side=(2, *WHOLE)), dict(side=5)),
    **{
        f"distillation.grid.{name}": Row(call, dict(length=WHOLE), dict(length=2))
        for name, call in {
            "best": lambda **g: grid.best(WORLD, **g),
            "gained": lambda **g: grid.gained(WORLD, EVEN, jnp.ones((9, 4)), **g),
            "play": lambda **g: grid.play(WORLD, EVEN, KEY, **g),
        }.items()
    },
    "kernels.feed_forward": Row(kernels.feed_forward, dict(depth=WHOLE), dict(depth=3)),
    "kernels.residual": Row(
        lambda **g: kernels.residual(**{"blocks": 2, "weight": 0.5, **g}),
        dict(blocks=WHOLE, layers_per_block=WHOLE, weight=SHARE), dict(blocks=3, weight=0.5)),
    "kernels.residual_block": Row(
        lambda **g: kernels.residual_block(kernels.Nonlinear(), **g),
        dict(weight=SHARE), dict(weight=0.5)),
    "kernels.resnet_v2": Row(
        lambda **g: kernels.resnet_v2((1, 1), **{"weight": 0.5, **g}),
        dict(layers_per_block=WHOLE, weight=SHARE), dict(weight=0.5)),
    "kernels.resnet_v1": Row(
        lambda **g: kernels.resnet_v1((1, 1), **{"weight": 0.5, **g}),
        dict(layers_per_block=WHOLE, weight=SHARE), dict(weight=0.5)),
    "kernels.Affine": Row(
        lambda **g: kernels.Affine(**g),
        dict(gain=LEAST, bias=LEAST, window=WHOLE, stride=WHOLE), dict(window=3)),
    "kernels.build": Row(
        lambda **g: kernels.build(kernels.Nonlinear(), "tanh", **{"width": 3, **g}),
        dict(width=WHOLE, outputs=WHOLE), dict(width=4)),
    "kernels.check": Row(
        lambda **g: kernels.check(
            lambda x: x, kernels.Nonlinear(), jnp.eye(3), "tanh", **g), dict(seed=(-1,)),
        dict(seed=1)),
    "kernels.network_maps": Row(
        lambda **g: kernels.network_maps(kernels.Nonlinear(), "tanh", **g), dict(q=(0.0, -1.0))),
    "kernels.contest.contender": Row(
        lambda **g: kernels.contest.contender("chain", **{"blocks": 2, "weight": 0.5, **g}),
        dict(blocks=WHOLE, gain=LEAST, bias=LEAST, window=(*WHOLE, 2)),
        dict(blocks=2, gain=2.0)),
    "kernels.kfac": Row(
        lambda **g: kernels.kfac(**{"learning_rate": 0.1, **g}),
        dict(learning_rate=LEAST, damping=ABOVE, momentum=SHARE, average=SHARE, clip=(0.0, -1.0),
             every=WHOLE), dict(learning_rate=0.1, damping=1.0)),
    "kernels.ways.plain": Row(kernels.ways.plain, dict(depth=WHOLE), dict(depth=4)),
    "kernels.ways.ways": Row(
        kernels.ways.ways, dict(depth=(*WHOLE, 3)), dict(depth=4)),
    "kernels.Chain": Row(lambda **g: kernels.Chain((), **g), dict(times=WHOLE)),
    "kernels.shape": Row(
        lambda **g: kernels.shape("leaky_relu", **{"depth": 30, **g}),
        dict(depth=WHOLE, zeta=(1.0, 0.5, math.inf), eta=(0.0, *SHARE), tau=ABOVE),
        dict(depth=30)),
    "kernels.orthogonal": Row(
        lambda **g: kernels.orthogonal(**g)(KEY, (2, 2)), dict(scale=LEAST)),
    "kernels.delta_orthogonal": Row(
        lambda **g: kernels.delta_orthogonal(**g)(KEY, (1, 2, 2)), dict(scale=LEAST)),
    "kernels.normalize_locations": Row(
        lambda **g: kernels.normalize_locations(jnp.ones((2, 3)), **g), dict(scale=FINITE)),
    "kernels.c_map": Row(lambda **g: kernels.c_map(np.tanh, 0.5, **g), dict(terms=WHOLE)),
    "kernels.hermite_weights": Row(
        lambda **g: kernels.hermite_weights(np.tanh, **g), dict(terms=WHOLE)),
    "kernels.network_c_map": Row(
        lambda **g: kernels.network_c_map(lambda c: c, 0.5, **g), dict(depth=(-1,)),
        dict(depth=2)),
    "kernels.ntk": Row(
        lambda **g: kernels.ntk(lambda c: c, lambda c: 1.0, 0.5, **g), dict(depth=(-1,)),
        dict(depth=2)),
    "kernels.condition_number": Row(
        lambda **g: kernels.condition_number(2.0, 1.0, **g), dict(inputs=(1, *WHOLE)),
        dict(inputs=3)),
    "kernels.dks_limit": Row(
        lambda **g: kernels.dks_limit(0.5, **g), dict(zeta=(0.5, math.inf)), dict(zeta=1.5)),
    "kernels.tat_limit": Row(
        lambda **g: kernels.tat_limit(0.5, **g), dict(tau=LEAST), dict(tau=0.5)),
    "minima.certify": heavy(lambda **g: minima.certify(EXAMPLE, **g), reach=LEAST),
    "minima.search": heavy(
        lambda **g: minima.search(*XOR, **g), width=(*WHOLE, 9), seeds=(*WHOLE, 10_001),
        steps=(*WHOLE, 100_001), learning_rate=(*ABOVE, 101.0), most=WHOLE, seed=SEED),
    "minima.compare": heavy(minima.compare, runs=WHOLE, steps=WHOLE, seed=SEED),
    "selection.GroupOMP": Row(
        lambda **g: fitted(selection.GroupOMP, **g), dict(n_groups=(*WHOLE, 4), tol=LEAST),
        dict(n_groups=2, tol=0.5)),
    "selection.GroupOMPCV": Row(
        lambda **g: fitted(selection.GroupOMPCV, **g), dict(max_groups=(*WHOLE, 4)),
        dict(max_groups=2)),
    "selection.compare": heavy(selection.compare, runs=WHOLE, seed=SEED),
    "selection.practise": heavy(selection.practise, runs=(1, *WHOLE), seed=SEED),
    "selection.recovery": Row(
        lambda **g: selection.recovery(X, [0, 0, 1, 1, 2, 2], 0, fit_intercept=False, **g),
        dict(sigma=LEAST, eta=(0.0, 0.5, -1.0)), dict(sigma=0.5, eta=0.25)),
    "selection.trap": Row(
        selection.trap, dict(rows=(19, *WHOLE), apart=ABOVE, seed=SEED), dict(rows=40)),
    "selection.group_omp": Row(
        lambda **g: selection.group_omp(jnp.eye(4).reshape(4, 2, 2), jnp.arange(4.0), **g),
        dict(most=WHOLE), dict(most=1)),
    "selection.odds.compare": heavy(odds.compare, trials=WHOLE, seed=SEED),
    "sobolev.distil": heavy(
        sobolev.distil, states=(*WHOLE, 10**6), weight=ABOVE, steps=WHOLE, seeds=WHOLE, seed=SEED),
    "sobolev.draw": Row(
        lambda **g: sobolev.draw(KEY, jnp.zeros((2, 2)), jnp.zeros((2, 1)), **g),
        dict(count=WHOLE)),
    "sobolev.fits": heavy(
        lambda **g: sobolev.fits(ROW, **g), weight=LEAST, steps=(-1,), seed=SEED),
    "sobolev.edit": heavy(lambda **g: sobolev.edit(ROW, **g), weight=LEAST),
    "sobolev.loss": Row(
        lambda **g: sobolev.loss(lambda x: x**2, jnp.ones((2, 1)), jnp.ones((2, 1)),
                                 jnp.ones((2, 1, 1)), **g), dict(weights=(-1.0,))),
    "sobolev.penalty": Row(
        lambda **g: sobolev.penalty(lambda x: x**2, jnp.ones((2, 1)), jnp.ones((2, 1)),
                                    jnp.ones((2, 1, 1)), **g), dict(weights=(-1.0,))),
    "sobolev.synthetic": heavy(
        lambda **g: sobolev.synthetic(np.ones((128, 2)), np.ones((128, 2)), **g),
        weight=LEAST, steps=WHOLE, seeds=WHOLE, seed=SEED),
    "sobolev.taught": Row(
        lambda **g: sobolev.taught(lambda x: x**2, jnp.ones((2, 1)), **g), dict(order=(-1, 3))),
    "tuners.cdat": Row(
        tuned(tuners.cdat),
        dict(sigma=ABOVE, ema=SHARE, eps=LEAST, max_learning_rate=ABOVE),
        dict(max_learning_rate=0.5)),
    "tuners.armijo": Row(
        tuned(tuners.armijo),
        dict(slope_rtol=(0.0, 1.0), decrease_factor=(0.0, 1.0, 1.5), increase_factor=(0.5,),
             max_learning_rate=ABOVE, max_backtracking_steps=WHOLE)),
    "tuners.exact": Row(
        tuned(tuners.exact), dict(max_learning_rate=ABOVE, evaluations=(2, *WHOLE))),
    "tuners.polyak": Row(
        tuned(tuners.polyak),
        dict(f_min=FINITE, max_learning_rate=(0.0, -1.0), eps=LEAST)),
    "tuners.constant": Row(
        tuned(tuners.constant), dict(learning_rate=ABOVE), dict(learning_rate=0.5)),
    "tuners.warm_up": Row(
        tuned(tuners.warm_up, peak=0.1, steps=3),
        dict(peak=ABOVE, steps=WHOLE, decay_steps=WHOLE), dict(peak=0.5, steps=3, decay_steps=3)),
    "tuners.hypergradient": Row(
        tuned(tuners.hypergradient, learning_rate=0.1, rate=0.1),
        dict(learning_rate=ABOVE, rate=LEAST), dict(learning_rate=0.5, rate=0.5)),
    "tuners.oracle": Row(
        tuned(tuners.oracle),
        dict(sigma=ABOVE, critical=ABOVE, max_learning_rate=ABOVE, seed=SEED),
        dict(max_learning_rate=0.5)),
    "tuners.model.alignment": Row(
        lambda **g: model.alignment(STATE, **g), dict(bulk_gradient=FINITE),
        dict(bulk_gradient=0.5)),
    "tuners.model.rate": Row(
        lambda **g: model.rate("cdat", STATE, **g),
        dict(learning_rate=ABOVE, sigma=ABOVE, bulk_gradient=FINITE, bulk_curvature=FINITE)),
    "tuners.model.settled_alignment": Row(
        model.settled_alignment, dict(sigma=ABOVE), dict(sigma=0.5)),
    "tuners.model.step": Row(
        lambda **g: model.step(STATE, 1.0, **{"sharpening": 0.5, "stabilizing": 0.5, **g}),
        dict(sharpening=LEAST, stabilizing=LEAST), dict(sharpening=0.5, stabilizing=0.5)),
    "tuners.model.turning_sharpness": Row(
        lambda **g: model.turning_sharpness(
            **{"sigma": 1.0, "sharpening": 1.0, "stabilizing": 1.0, "bulk_gradient": 1.0, **g}),
        dict(sigma=ABOVE, sharpening=ABOVE, stabilizing=ABOVE, bulk_gradient=FINITE),
        dict(sigma=0.5, sharpening=0.5, stabilizing=0.5, bulk_gradient=0.5)),
    "tuners.model.undershooting_sharpness": Row(
        lambda **g: model.undershooting_sharpness(
            **{"start": 1.0, "sigma": 1.0, "sharpening": 1.0, "steps": 3, **g}),
        dict(start=ABOVE, sigma=ABOVE, sharpening=ABOVE),
        dict(start=0.5, sigma=0.5, sharpening=0.5)),
    "verification.follow": heavy(
        verification.follow, seconds=(0.0, -1.0, 601.0), runs=WHOLE, seed=SEED),
    "verification.ladder": heavy(
        verification.ladder, theta=FINITE, omega=FINITE, radius=LEAST, seed=SEED),
    "verification.sample": heavy(
        verification.sample, theta=FINITE, omega=FINITE, radius=LEAST, count=WHOLE, seed=SEED),
    "verification.study": heavy(
        lambda **g: verification.study("energy", **g), points=WHOLE, seed=SEED, steps=(-1,),
        together=(0, 4)),
}  # fmt: skip


def kinds(annotation) -> set:
    """The plain kinds that an annotation allows; of what is within a tuple nothing is asked."""
    union = isinstance(annotation, types.UnionType)
    return set(typing.get_args(annotation) if union else (annotation,))


def public():
    """All public functions and estimators, by their names, with their numeric arguments."""
    for home in HOMES:
        module = importlib.import_module(f"curvkit.{home}")
        for name in getattr(module, "__all__", [each for each in vars(module) if each[0] != "_"]):
            thing = getattr(module, name)
            mine = getattr(thing, "__module__", "").startswith("curvkit") and callable(thing)
            record = inspect.isclass(thing) and (hasattr(thing, "_fields") or name in RECORDS)
            if not mine or record or f"{home}.{name}" in NO_ROWS or name in NO_ROWS:
                continue
            parameters = inspect.signature(thing).parameters.values()
            numeric = {
                each.name: each for each in parameters
                if {int, float} & kinds(each.annotation)
                or (type(each.default) in (int, float) and each.annotation is each.empty)
            }  # fmt: skip
            if numeric:
                yield f"{home}.{name}", numeric


RECORDS = {"Finding", "Settings", "Trace", "Shaped", "Certificate", "Example", "Ladder", "Samples",
           "Rollouts", "Shares", "Verdict", "Sum", "Built"}  # fmt: skip
PUBLIC = dict(public())


def test_every_public_function_with_a_number_has_a_row():
    assert set(PUBLIC) - set(ROWS) == set()
    for name, numeric in PUBLIC.items():
        assert set(numeric) - set(ROWS[name].outside) == set(), name


# These take arrays of numbers, too.
ELEMENTWISE = {name for name in ROWS if name.startswith("tuners.model")} - {
    "tuners.model.settled_alignment"
} | {"curvature.stability_threshold", "curvature.critical"}
ARGUMENTS = [(name, each) for name, row in ROWS.items() for each in row.outside]
NO_NUMBERS = ("1", "", b"1", True, np.True_, math.nan, 1j, np.array([1, 1, 1, 1, 1]), {1}, object(),
              np.float32("nan"), jnp.nan, np.datetime64("2020-01-01"), sum)  # fmt: skip


def is_whole(name, argument, row) -> bool:
    return all(isinstance(each, int) for each in row.outside[argument])


def refused(row, argument, value):
    with pytest.raises(ValueError) as found:
        row.call(**{argument: value})
    told = str(found.value)
    assert argument in told and "\n" not in told and told.endswith((".", "?")), told
    assert "must be" in told or "There is no" in told, told


@pytest.mark.parametrize("name, argument", ARGUMENTS)
def test_what_is_no_number_or_out_of_range_is_refused_in_a_sentence(name, argument):
    row, parameter = ROWS[name], PUBLIC.get(name, {}).get(argument)
    several = parameter is not None and "Sequence" in str(parameter.annotation)
    for value in NO_NUMBERS:
        if name in ELEMENTWISE and isinstance(value, np.ndarray):
            value = np.array([1.0, math.nan])
        if not (callable(value) and parameter is not None and "Callable" in str(parameter)):
            if not (several and isinstance(value, np.ndarray)):
                refused(row, argument, value)
    if not (parameter is not None and ("None" in str(parameter.annotation))):
        refused(row, argument, None)
    for value in row.outside[argument]:
        refused(row, argument, value)
        kinds = (np.int64, jnp.int32) if isinstance(value, int) else (np.float32, jnp.float32)
        for kind in kinds:
            refused(row, argument, kind(value))
    # A share of one is no count; a count of 1e3 may be, in an optimizer's schedule.
    if is_whole(name, argument, row):
        refused(row, argument, 1.5)
        refused(row, argument, np.float64(2.5))


def usual(name, argument):
    """A right value: the one in the row, or the default."""
    row = ROWS[name]
    if argument in row.inside:
        return row.inside[argument]
    return inspect.signature(_thing(name)).parameters[argument].default


def _thing(name):
    home, _, own = name.rpartition(".")
    return getattr(importlib.import_module(f"curvkit.{home}"), own)


@pytest.mark.parametrize("name, argument", [each for each in ARGUMENTS if ROWS[each[0]].cheap])
def test_a_number_of_any_kind_is_taken_in_range(name, argument):
    row, value = ROWS[name], usual(name, argument)
    if value is None:
        assert "None" in str(PUBLIC[name][argument].annotation)
        return
    if is_whole(name, argument, row):
        some = (int(value), np.int64(value), np.uint16(value), np.array(value), jnp.int32(value))
    else:
        some = (float(value), np.float64(value), np.float32(value), np.array(value),
                jnp.float32(value))  # fmt: skip
    for each in some:
        row.call(**{argument: each})
