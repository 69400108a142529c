"""What the maps room shows: collapse before, the limit after, and what is out of reach."""

import threading

import numpy as np
import pytest

from curvkit.core.knob import read
from curvkit.kernels import Settings, dks_limit, figures, run, shape


def _run(**values):
    return run(read(Settings, values))


def test_a_plain_network_collapses_and_a_shaped_one_goes_to_its_limit():
    trace = _run()
    assert trace.at("plain_c", -1.0) > 0.9999
    np.testing.assert_allclose(trace.shaped_c[-1], dks_limit(trace.cosine, 1.5), atol=0.005)
    assert trace.shaped_q[-1] == pytest.approx([0.5, 1.0, 2.0], abs=0.5)


def test_runs_in_two_threads_do_not_wait_for_each_other_for_ever():
    # As in a notebook, whose cells run while its panel does.
    ended = []
    work = lambda depth: ended.append(_run(depth=depth).readings)
    threads = [threading.Thread(target=work, args=(20 + at,), daemon=True) for at in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(15)
    assert sorted(ended) == [21, 22, 23, 24, 25, 26]


def test_the_trace_has_the_parameters_of_shape_to_single_precision():
    trace, made = _run(depth=20), shape("softplus", depth=20)
    expected = (made.alpha, made.beta, made.gamma, made.delta, 0.0)
    np.testing.assert_allclose(trace.parameters, expected, rtol=1e-6)
    assert np.abs(trace.missed).max() < 1e-8


def test_sampled_orthogonal_networks_lie_near_the_theory():
    trace = _run()
    columns = [int(np.argmin(np.abs(trace.cosine - c))) for c in trace.pair]
    assert np.abs(trace.sampled[-1] - trace.shaped_c[-1, columns]).mean() < 0.1


@pytest.mark.slow
def test_out_of_reach_is_cut_to_what_is_attained_and_said():
    trace = _run(activation="leaky_relu", method="tat", depth=5)
    assert float(trace.goal) == pytest.approx(0.736, abs=1e-3)
    assert "out of reach" in figures.words(trace)
    assert any("out of reach" in each.text for each in figures.depth(trace).layout.annotations)


@pytest.mark.slow
def test_a_shaped_leaky_relu_network_has_zero_at_zero_under_dks_and_eta_under_tat():
    assert _run(activation="leaky_relu").at("shaped_c", 0.0) == pytest.approx(0, abs=1e-5)
    trace = _run(activation="leaky_relu", method="tat")
    assert trace.at("shaped_c", 0.0) == pytest.approx(0.9, abs=1e-4)


def test_the_condition_number_is_that_of_the_matrix_of_ten_orthogonal_inputs():
    trace = _run(activation="leaky_relu", method="tat", depth=20)
    ratio = trace.at("shaped_ntk", 0.0)
    values = np.linalg.eigvalsh(np.full((10, 10), ratio) + (1 - ratio) * np.eye(10))
    assert trace.shaped_kappa[-1] == pytest.approx(values[-1] / values[0], rel=1e-4)
    assert trace.plain_kappa[-1] > trace.shaped_kappa[-1]


@pytest.mark.slow
def test_all_roots_are_offered_and_each_keeps_the_network_s_slope():
    trace = _run(activation="gelu")
    found = np.append(True, trace.roots[1:, 1] != trace.roots[0, 1])
    assert found.sum() == 3
    np.testing.assert_array_equal(trace.roots[0], trace.parameters)
    steep = (trace.root_c[found, -1] - trace.root_c[found, -2]) / (1 - trace.cosine[-2])
    assert steep == pytest.approx(1.5, abs=0.05)
    assert sum("β" in (each.name or "") for each in figures.roots(trace).data) == 6


@pytest.mark.parametrize(
    "activation, method", [("softplus", "dks"), pytest.param("gelu", "tat", marks=pytest.mark.slow)]
)
def test_the_shaped_map_is_drawn_within_its_bounds(activation, method):
    trace = _run(activation=activation, method=method, depth=60)
    assert (trace.lower <= trace.shaped_c[-1] + 2e-4).all()
    assert (trace.shaped_c[-1] <= trace.upper + 2e-4).all()


def test_the_title_of_an_architecture_says_how_many_layers_it_has():
    title = figures.architecture(_run(blocks=6, weight=0.9)).layout.title.text
    assert "13 layers" in title and "6 blocks" in title and "w = 0.9" in title
