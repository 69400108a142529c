"""What notebooks claim holds of runs as pages make them: each is executed on such programs."""

import notebook_runner
import page_runs
import pytest
from test_notebooks import NOTEBOOKS


@pytest.mark.full
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_a_notebook_claims_holds_of_the_runs_of_its_pages(notebook, tmp_path, monkeypatch):
    for name, value in page_runs.environment(tmp_path / "ipython").items():
        monkeypatch.setenv(name, value)
    done = notebook_runner.executed(notebook, tmp_path, quick=False)
    runs = page_runs.noted(tmp_path / "ipython")
    print(notebook.stem, *runs, sep="\n  ")
    notebook_runner.hold(notebook.stem, done)
