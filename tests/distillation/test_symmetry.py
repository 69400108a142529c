"""The survey finds what is proved, and refuses no processes."""

import jax
import pytest

from curvkit.distillation import survey
from curvkit.distillation._variants import VARIANTS


def test_the_survey_finds_gradients_where_they_are_proved_and_nowhere_else():
    found = survey(6)
    assert {row.variant for row in found.rows} == {*VARIANTS}
    for row in found.rows:
        if row.proved is not None:
            assert row.most < 1e-12 if row.proved else row.least > 1e-2, row
    assert found._repr_markdown_().count("\n") == len(VARIANTS) + 3
    assert not jax.config.jax_enable_x64


@pytest.mark.parametrize("processes", [0, -1, 1.5, True])
def test_no_processes_are_refused(processes):
    with pytest.raises(ValueError, match="processes must be a whole number of at least 1"):
        survey(processes)
