"""The rooms' own solve, within their programs: NumPy's shapes, and nothing called out of JAX."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from curvkit import kernels
from curvkit.core import knob, tree
from curvkit.core.batch import UNOPTIMISED
from curvkit.kernels import Settings, race, shape
from curvkit.kernels import _architecture as architecture
from curvkit.kernels import _solution as solution
from curvkit.kernels.race import experiment as racing


def primitives(jaxpr):
    """The names of all primitives of a program, those of programs within included."""
    for equation in jaxpr.eqns:
        yield equation.primitive.name
        for each in jax.tree.leaves(list(equation.params.values()), is_leaf=_is_program):
            if _is_program(each):
                yield from primitives(getattr(each, "jaxpr", each))


def _is_program(each):
    return isinstance(each, jax.extend.core.Jaxpr | jax.extend.core.ClosedJaxpr)


def turned(room):
    """The defaults, and every other value of each static knob; of numbers the two ends."""
    declared = knob.knobs(room.Settings)
    yield {}
    for name, each in declared.items():
        if each.static:
            values = each.choices or (each.low, each.high)
            yield from ({name: value} for value in values if value != each.default)


STATIC = [(room, values) for room in (kernels, race) for values in turned(room)]


@pytest.mark.parametrize(
    "room, values", STATIC, ids=lambda each: each.__name__ if hasattr(each, "run") else str(each)
)
def test_no_program_of_the_rooms_calls_out_of_jax(room, values):
    settings, key = knob.read(room.Settings, values), jax.random.key(0)
    with tree.settled():
        begin = room.stream.begin.trace(settings, key)
        advance = room.stream.advance.trace(settings, begin.out_info, 1)
    found = {*primitives(begin.jaxpr.jaxpr), *primitives(advance.jaxpr.jaxpr)}
    assert {"while", "erf_inv"} <= found and not [name for name in found if "callback" in name]


def test_a_call_out_of_a_loop_within_a_loop_would_be_seen():
    out = lambda x: jax.pure_callback(np.sin, jax.ShapeDtypeStruct((), jnp.float32), x)
    once = lambda _, x: jax.lax.fori_loop(0, 2, lambda _, x: out(x), x)
    program = jax.make_jaxpr(jax.jit(lambda x: jax.lax.fori_loop(0, 3, once, x)))(1.0)
    assert "pure_callback" in set(primitives(program.jaxpr))


TARGETS = {"zeta": (1.02, 1.5, 5.0), "tau": (0.02, 0.3, 2.0), "eta": (0.3, 0.9, 0.99)}
KINDS = [("softplus", "dks"), ("leaky_relu", "tat")]
SLOW = [("softplus", "tat"), ("leaky_relu", "dks"), ("tanh", "dks"), ("tanh", "tat"),
        ("gelu", "dks"), ("gelu", "tat")]  # fmt: skip


@pytest.mark.parametrize(
    "name, method", [*KINDS, *(pytest.param(*each, marks=pytest.mark.full) for each in SLOW)]
)
def test_the_solution_is_numpy_s_at_the_ends_of_all_knobs(name, method):
    target = "zeta" if method == "dks" else "eta" if name == "leaky_relu" else "tau"
    declared = knob.knobs(Settings)
    ends = [declared[target].low, declared[target].default, declared[target].high]
    assert tuple(ends) == TARGETS[target]
    solve = jax.jit(solution.solve, compiler_options=UNOPTIMISED)
    plain = knob.read(Settings, dict(activation=name, method=method))
    for depth in (declared["depth"].low, 50, declared["depth"].high):
        for goal in ends:
            found, _ = solve(dataclasses.replace(plain, depth=depth, **{target: goal}))
            lowered = found.goal < np.float32(goal)
            attained = float(found.goal) if lowered else goal
            made = shape(name, depth=depth, method=method, **{target: attained})
            expected = made.alpha, made.beta, made.gamma, made.delta, made.negative_slope or 0.0
            # A goal that was lowered is known to 6e-8 only, and falls by 0.1 per slope at least.
            most, least = (2e-5, 6e-7) if lowered else (2e-7, 1e-9)
            np.testing.assert_allclose(found.parameters, expected, rtol=most, atol=least)
            assert np.abs(found.missed).max() <= 1e-8
            betas = [each.beta for each in (made, *made.others)][: solution.ROOTS]
            np.testing.assert_allclose(found.roots[: len(betas), 1], betas, rtol=most)
            assert found.goal <= np.float32(goal)


@pytest.mark.parametrize("wiring", architecture.WIRINGS)
def test_the_architecture_of_the_knobs_is_shaped_and_its_steepest_part_meets_the_target(wiring):
    values = dict(activation="leaky_relu", wiring=wiring, blocks=6, weight=0.9)
    settings = knob.read(Settings, values)
    _, built = jax.jit(solution.solve, compiler_options=UNOPTIMISED)(settings)
    assert float(built["built_parts"].max()) == pytest.approx(1.5, rel=1e-6)
    assert float(built["built_goal"]) == 1.5
    assert float(built["built_shaped"][-1]) == pytest.approx(1, abs=1e-6)


def test_the_race_s_runners_have_the_shapes_of_numpy():
    solve = jax.jit(racing.solve, static_argnums=(0, 1), compiler_options=UNOPTIMISED)
    for zeta, tau in ((1.02, 2.0), (1.5, 0.3), (5.0, 0.02)):
        plain, *shaped = np.asarray(solve("softplus", 50, zeta, tau))
        assert plain.tolist() == [1, 0, 1, 0]
        dks = shape("softplus", depth=50, zeta=zeta)
        tat = shape("softplus", depth=50, method="tat", tau=tau)
        for row, made in zip(shaped, (dks, tat), strict=True):
            expected = made.alpha, made.beta, made.gamma, made.delta
            np.testing.assert_allclose(row, expected, rtol=1e-6)
