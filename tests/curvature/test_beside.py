"""Flows beside a run: how well they follow its average, and where there are none."""

import functools

import jax
import numpy as np
import pytest
from helpers import assert_close

from curvkit import curvature
from curvkit.curvature import figures
from curvkit.curvature.experiment import problem

pytestmark = pytest.mark.slow

SMALL = dict(examples=60, width=12, depth=1, learning_rate=0.15, steps=550) | dict(
    flow="both", flow_from=55
)


@functools.cache
def run(**turned):
    return curvature.run({**SMALL, **turned})


@pytest.mark.parametrize("seed", [0, 1])
def test_the_central_flow_follows_the_average_and_gradient_flow_does_not(seed):
    trace = run(seed=seed)
    free, held = trace.astray("gradient"), trace.astray("central")
    assert trace.flow_sharpness[-1, 0] > 1.1 * trace.threshold
    assert abs(trace.flow_sharpness[-1, 1] / trace.threshold - 1) < 0.01
    # Measured: 0.06 for both seeds.
    assert held[-1] < 0.2 * free[-1]
    # The mean loss of the last half is that of the central flow, oscillation included.
    late = slice(trace.readings // 2, None)
    ours, told = trace.averaged_loss[late, 0].mean(), trace.flow_loss[late].mean(0)
    assert abs(told[1] / ours - 1) < 0.5 * abs(told[0] / ours - 1)


def test_before_the_edge_both_flows_and_the_average_are_together():
    trace = run(learning_rate=0.06)
    assert trace.sharpness.max() < 0.8 * trace.threshold
    # They leave the run by step 55, and are told from the reading after that on.
    assert np.isnan(trace.flow_loss[:6]).all() and np.isnan(trace.travelled[:6]).all()
    assert_close(trace.flow_loss[6:, 0], trace.flow_loss[6:, 1], rtol=1e-6)
    assert_close(trace.flow_sharpness[8:, 0], trace.sharpness[8:], rtol=0.02)
    assert np.max(trace.astray("gradient")[8:]) < 0.02
    assert not trace.flow_variance[6:].any() and np.isnan(trace.balance()[0])


def test_what_is_averaged_is_the_run_between_two_readings():
    turned = dict(SMALL, steps=30, every=5, flow_from=10)
    trace, settings = curvature.run(turned), curvature.Settings.read(turned)
    key = jax.random.split(jax.random.fold_in(jax.random.key(0), settings.seed))[0]
    start, loss = problem(settings)
    params, value, gradient = start(key), jax.jit(loss), jax.jit(jax.grad(loss))
    visited = [np.asarray(params)]
    for _ in range(30):
        visited.append(visited[-1] - 0.15 * np.asarray(gradient(visited[-1])))
    weights = np.r_[0.5, np.ones(4), 0.5] / 5
    means = [weights @ np.array(visited[at : at + 6]) for at in range(0, 30, 5)]
    gone = [np.linalg.norm(each - means[1]) for each in means]
    assert trace.step.tolist() == list(range(0, 31, 5))
    assert_close(trace.travelled[3:, 0], gone[2:], rtol=1e-3)
    losses = [np.mean([value(w) for w in visited[at : at + 5]]) for at in range(0, 30, 5)]
    assert_close(trace.averaged_loss[3:, 0], losses[2:], rtol=1e-4)
    assert np.isnan(trace.averaged_loss[:2]).all()


def test_the_model_of_a_run_is_in_units_of_its_rate_and_of_the_displacement_at_rest():
    trace = run()
    (rise, fall), knobs = trace.balance(), trace.as_model()
    assert rise > 0 and fall > 0
    assert_close(knobs["sharpening"], 0.15**2 * rise, rtol=1e-6)
    assert knobs["stabilizing"] == knobs["sharpening"] and knobs["first_sharpness"] > 1.97
    assert "cubic term" in figures.words(trace)
    plain = curvature.run(SMALL, steps=22, flow="none")
    with pytest.raises(ValueError, match="no central flow that came to its edge"):
        plain.as_model()


def test_flows_are_of_gradient_descent_alone_and_a_sentence_says_so():
    trace = curvature.run(dict(SMALL, rule="heavy_ball", steps=22))
    assert trace.flows == () and trace.flow_loss.shape == (3, 0)
    assert "Flows are of gradient descent on all data alone: none for heavy ball." in figures.words(
        trace
    )


def test_a_run_that_begins_beyond_its_edge_has_no_central_flow():
    trace = curvature.run(dict(SMALL, learning_rate=0.2, steps=44, flow_from=0))
    assert trace.sharpness[0] > 1.3 * trace.threshold
    assert np.isfinite(trace.flow_loss[1:, 0]).all() and np.isnan(trace.flow_loss[1:, 1]).all()
    assert "There is no central flow here" in figures.words(trace)


def steered(turns, **turned):
    """A run that is turned at readings, and the same cut and gone on with by hand."""
    settings = curvature.Settings.read({**SMALL, **turned})
    course = curvature.stream.course(settings)
    state, parts = curvature.stream.started(settings, jax.random.key(0)), []
    ends = [*(at for at, _ in turns), curvature.stream.length(settings)]
    for (at, knobs), end in zip([(0, {}), *turns], ends, strict=True):
        if knobs:
            course.turn(at, **knobs)
        course.advance(end - at)
        settings = curvature.Settings.read(vars(settings), **knobs)
        chunk = curvature.stream.advanced(settings, state, end - at)
        state = chunk.state
        parts.append({name: np.asarray(rows)[: end - at] for name, rows in chunk.rows.items()})
    return course.trace, {name: np.concatenate([each[name] for each in parts]) for name in parts[0]}


def test_a_run_with_flows_that_is_turned_is_the_one_cut_by_hand_and_its_flows_turn_as_well():
    trace, by_hand = steered([(20, {"learning_rate": 0.165}), (36, {"learning_rate": 0.14})])
    for name, rows in by_hand.items():
        np.testing.assert_array_equal(getattr(trace, name), rows, err_msg=name)
    edges, (free, held) = trace.edge, trace.flow_sharpness.T
    assert_close(edges[[19, 20, 36]], 2 / np.array([0.15, 0.165, 0.14]), rtol=1e-6)
    # Each row is of the stretch before it; where the edge is lifted nothing holds the flow.
    assert abs(held[20] / edges[19] - 1) < 0.01 and abs(held[36] / edges[35] - 1) < 0.01
    assert trace.flow_variance[36, 1] > 0 and not trace.flow_variance[37:, 1].any()
    assert np.all(np.diff(free[8:]) > 0) and np.all(np.diff(held[36:]) > 0)


def test_gradient_flow_beside_a_turned_run_has_gone_as_far_as_the_rates_of_its_steps_say():
    """At a third of the rate it takes three readings for one: the middles of both meet."""
    turned, _ = steered([(8, {"learning_rate": 0.05})], steps=220)
    plain = run(steps=220)
    assert_close(turned.flow_sharpness[[10, 13, 16], 0], plain.flow_sharpness[[9, 10, 11], 0],
                 rtol=1e-4)  # fmt: skip
    assert plain.flow_sharpness[10, 0] > 1.005 * plain.flow_sharpness[9, 0]


def test_the_scene_of_flows_says_where_there_is_none_and_why():
    draw, _ = curvature.room.scenes["flows"]
    plain = draw(curvature.run(SMALL, steps=22, flow="none"))
    assert plain.predict is None and not plain.rows["lost"].any() and not plain.rows["begun"].any()
    assert np.isnan(plain.rows["held"]).all() and np.isnan(plain.rows["free"]).all()
    # Of one that begins beyond its edge there is gradient flow, and a sentence on the other.
    beyond = draw(curvature.run(dict(SMALL, learning_rate=0.2, steps=44, flow_from=0))).rows
    assert beyond["lost"].tolist() == [0, 1, 1, 1, 1] and np.isfinite(beyond["free"][1:]).all()
    # Before the edge the two flows are one path; at it the jumps are as wide as the flow says.
    before, there = draw(run(learning_rate=0.06)).rows, draw(run()).rows
    assert before["begun"].any() and not before["parted"].any() and not before["ring"].any()
    assert there["parted"][-1] and there["share"][-1] > 1.05 and there["lost"].max() == 0
    late = slice(-20, None)
    assert 0.5 < np.sqrt((there["x"][late] ** 2).mean()) / there["spread"][late].mean() < 2


def test_flows_of_a_run_are_those_of_dense_matrices_at_its_readings():
    settings = curvature.Settings.read({**SMALL, "every": 1})
    state, loss = curvature.stream.started(settings, jax.random.key(0)), problem(settings)[1]
    earlier = curvature.stream.advanced(settings, state, 80).state
    later = curvature.stream.advanced(settings, earlier, 1).state
    rows, beside = curvature.stream.advanced(settings, later, 1).rows, later.beside
    row = {name: np.asarray(each)[0] for name, each in rows.items()}
    matrix = jax.jit(jax.hessian(loss))
    for at in (0, 1):
        flow = jax.tree.map(lambda each, at=at: np.asarray(each[at]), beside.flows)
        hessian = np.asarray(matrix(flow.params), float)
        values, vectors = np.linalg.eigh(hessian)
        assert_close(row["flow_sharpness"][at], values[-1], rtol=1e-4)
        spread = flow.vectors.T @ flow.variance @ flow.vectors
        raised = float(loss(flow.params)) + 0.5 * np.sum(hessian * spread)
        assert_close(row["flow_loss"][at], raised, rtol=1e-4)
        assert_close(row["flow_variance"][at], np.trace(spread), rtol=1e-4, atol=1e-12)
        away = np.linalg.norm(flow.params - np.asarray(beside.mean.params))
        assert_close(row["flow_distance"][at], away, rtol=1e-3)
    # These are of where the last step of the central flow began: a reading earlier.
    params = np.asarray(earlier.beside.flows.params[1])
    top = np.float32(np.linalg.eigh(np.asarray(matrix(params), float))[1][:, -1])
    curved = lambda w: top @ jax.jvp(jax.grad(loss), (w,), (top,))[1]
    bend = np.asarray(jax.jit(jax.grad(curved))(params))
    across = bend - (top @ bend) * top
    assert row["flow_variance"][1] > 0 and np.isnan(row["flow_rise"][0])
    # The slope of the loss is small there, and its vectors are good to a thousandth.
    assert_close(row["flow_rise"][1], -across @ np.asarray(jax.grad(loss)(params)), rtol=0.02)
    assert_close(row["flow_fall"][1], 0.5 * across @ across, rtol=0.01)
    assert_close(abs(row["flow_cubic"][1]), abs(top @ bend), rtol=0.01, atol=0.05)
