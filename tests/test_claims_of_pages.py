"""What notebooks claim holds of runs as pages make them: each is executed on such programs."""

import notebook_runner
import page_runs
import pytest
from test_notebooks import NOTEBOOKS

# What is run there is a model of one's own, which no page has.
OWN = {"09_your_own_model"}


@pytest.mark.full
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_a_notebook_claims_holds_of_the_runs_of_its_pages(notebook, tmp_path, monkeypatch):
    for name, value in page_runs.environment(tmp_path / "ipython").items():
        monkeypatch.setenv(name, value)
    done = notebook_runner.executed(notebook, tmp_path, quick=False)
    assert page_runs.noted(tmp_path / "ipython") or notebook.stem in OWN, "no run was a page's"
    notebook_runner.hold(notebook.stem, done)
