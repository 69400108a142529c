"""The tables of the four simulations, within their error of what another program gave."""

import numpy as np
import pytest

from curvkit.selection._comparison import NOTED, compare

QUICK = ("Group-OMP", "OMP", "least squares")


def test_a_comparison_is_told_with_its_means_and_the_noted_ones():
    found = compare("E1", runs=4, chosen=QUICK)
    shown = found._repr_markdown_()
    for method in QUICK:
        assert f"{found.mean(method)[2]:.2f} ± {found.error(method)[2]:.2f}" in shown
    assert (
        "*0.58*" in shown and "*nan*" not in shown and f"**{found.mean(QUICK[0])[0]:.2f}**" in shown
    )


@pytest.mark.parametrize("simulation", ["E1", "E2"])
def test_greedy_methods_have_the_noted_scores(simulation):
    found = compare(simulation, runs=30, chosen=QUICK)
    for method in QUICK:
        beyond = found.deviations(method)
        # Nine means: beyond 3.5 standard errors once in 250 times.
        assert np.nanmax(np.abs(beyond)) < 3.5, (method, beyond)


@pytest.mark.full
@pytest.mark.parametrize("simulation", NOTED)
def test_the_tables_hold_within_their_error(simulation):
    found = compare(simulation, runs=50)
    beyond = np.array([found.deviations(method) for method in NOTED[simulation]])
    assert np.nanmax(np.abs(beyond)) < 3.5, dict(zip(NOTED[simulation], beyond, strict=True))


@pytest.mark.parametrize(
    "given, said", [(dict(simulation="E5"), "E5"), (dict(chosen=("ridge",)), "no method 'ridge'")]
)
def test_what_is_unknown_is_refused_with_what_is_known(given, said):
    with pytest.raises(ValueError, match=said):
        compare(**{"runs": 2, **given})
