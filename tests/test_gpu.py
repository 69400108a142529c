"""The notebooks on an accelerator: they compute there, and claim what they claim on a processor.

`make test-gpu` runs these; where there is no accelerator they are skipped.
"""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import jax
import notebook_runner
import pytest

from curvkit.report import in_kernel

NOTEBOOKS = sorted((Path(__file__).resolve().parent.parent / "notebooks").glob("*.ipynb"))


@pytest.mark.gpu
@pytest.mark.full
@pytest.mark.skipif("jax.default_backend() == 'cpu'", reason="there is no accelerator here")
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_holds_its_claims_on_the_accelerator(notebook, tmp_path):
    done = notebook_runner.executed(notebook, tmp_path, quick=False)
    assert done.facts.backend == jax.default_backend()
    # Arrays really were there: a megabyte is less than any room's, more than an idle device has.
    assert done.facts.device_peak_mb > 1
    notebook_runner.hold(notebook.stem, done)


def test_a_kernel_on_an_accelerator_tells_of_its_devices_and_their_memory(monkeypatch):
    card = SimpleNamespace(
        device_kind="NVIDIA H100", memory_stats=lambda: {"peak_bytes_in_use": 3_500_000}
    )
    there = SimpleNamespace(devices=lambda: [card] * 2, default_backend=lambda: "gpu")
    monkeypatch.setitem(sys.modules, "jax", there)
    told = json.loads(in_kernel.facts())
    assert (told["backend"], told["device"]) == ("gpu", "2 × NVIDIA H100")
    assert told["device_peak_mb"] == 3.5
