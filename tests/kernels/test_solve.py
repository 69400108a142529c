"""The solver: residuals against adaptive quadrature, and roots that are roots."""

import numpy as np
import pytest
from oracles import kernel_maps as oracle

from curvkit.kernels import _solve as solve
from curvkit.kernels._activations import ACTIVATIONS


@pytest.mark.parametrize("name", ["softplus", "tanh", "elu"])
@pytest.mark.parametrize("tat", [False, True])
def test_a_root_satisfies_the_conditions_of_adaptive_quadrature(name, tat):
    base = ACTIVATIONS[name]
    found = solve.roots(base, 0.02, tat)
    assert found
    for root in found:
        parts = [
            lambda z, k=k, r=root: float(
                r.gamma * (base.jet(np.array(r.alpha * z + r.beta))[0] + r.delta)
                if k == 0
                else r.gamma * r.alpha**k * base.jet(np.array(r.alpha * z + r.beta))[k]
            )
            for k in range(3)
        ]
        cuts = tuple((place - root.beta) / root.alpha for place in base.breaks)
        at = oracle.conditions(*parts, cuts=cuts)
        assert at["Q(1)"] == pytest.approx(1, abs=1e-9)
        assert at["Q′(1)"] == pytest.approx(1, abs=1e-9)
        assert at["C′(1)"] == pytest.approx(1 if tat else 1.02, abs=1e-9)
        if tat:
            assert at["C″(1)"] == pytest.approx(0.02, abs=1e-9)


def test_the_roots_come_by_the_size_of_beta_and_no_two_are_one_function():
    found = solve.roots(ACTIVATIONS["gelu"], 0.01, False)
    assert len(found) == 3
    assert [abs(each.beta) for each in found] == sorted(abs(each.beta) for each in found)
    x = np.linspace(-3, 3, 31)
    outputs = [
        r.gamma * (ACTIVATIONS["gelu"].jet(r.alpha * x + r.beta)[0] + r.delta) for r in found
    ]
    for i, one in enumerate(outputs):
        for other in outputs[:i]:
            for same in (other, -other, other[::-1], -other[::-1]):
                assert np.abs(one - same).max() > 1e-3


def test_small_roots_go_to_the_place_where_the_shape_is_universal():
    # φ″² = −2 φ′ φ‴ there: tanh(β) = 1/2, and for softplus β = ln 3/2.
    assert np.tanh(solve.roots(ACTIVATIONS["tanh"], 1e-5, False)[0].beta) == pytest.approx(
        0.5, abs=1e-3
    )
    softplus = solve.roots(ACTIVATIONS["softplus"], 1e-5, False)[0]
    assert softplus.beta == pytest.approx(np.log(1.5), abs=1e-3)


@pytest.mark.parametrize("tat", [False, True])
def test_what_is_found_does_not_depend_on_what_was_asked_before(tat):
    base, targets = ACTIVATIONS["swish"], (0.0052, 0.0071, 0.0104)
    solve.rung.cache_clear()
    upwards = [solve.roots(base, each, tat) for each in targets]
    solve.rung.cache_clear()
    assert [solve.roots(base, each, tat) for each in targets[::-1]] == upwards[::-1]


def test_the_ladder_finds_what_a_search_at_the_target_itself_finds():
    for name, target in (("gelu", 0.0057), ("elu", 0.03), ("softplus", 0.2)):
        with np.errstate(all="ignore"):
            wide, _ = solve._searched(ACTIVATIONS[name], target, False)
        found = solve.roots(ACTIVATIONS[name], target, False)
        assert len(found) >= len(wide)
        for each in wide:
            apart = [np.abs(np.subtract(each[:4], other[:4])).max() for other in found]
            assert min(apart) < 1e-7 * max(map(abs, each))


def test_roots_come_and_go_in_pairs_and_the_ladder_sees_it():
    # At larger targets gelu has three; below 0.0014 two more, far out where it is nearly straight.
    assert [len(solve.roots(ACTIVATIONS["gelu"], t, False)) for t in (0.003, 0.001)] == [3, 5]
