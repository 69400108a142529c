"""The doctor sees what is wrong, says it in a sentence, and says what to do."""

import shutil
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest
from scripts import notebook

from curvkit import __main__
from curvkit.doctor import checks, command, notebooks
from curvkit.doctor.checks import NOTE, OK, WRONG, Check
from curvkit.host import machine


def one_sentence(found):
    return "\n" not in found.message + found.advice


def test_what_is_installed_here_will_do():
    found = checks.versions()
    assert found.state == OK and f"jax {metadata.version('jax')}" in found.message


@pytest.mark.parametrize(
    ("installed", "said"),
    [("0.6.0", "jax is 0.6.0, not >=0.7"), (None, "jax is missing")],
)
def test_a_package_that_is_old_or_missing_is_named_with_what_to_do(monkeypatch, installed, said):
    kept = metadata.version

    def version(name):
        if name == "jax" and installed is None:
            raise metadata.PackageNotFoundError(name)
        return installed if name == "jax" else kept(name)

    monkeypatch.setattr(checks.metadata, "version", version)
    found = checks.versions()
    assert (found.state, found.message) == (WRONG, said)
    assert "make setup" in found.advice


def timed(first, backend="cpu"):
    return dict(imports=1.0, first=first, device="cpu", backend=backend, devices=2)


def test_backend_and_first_figures_are_told(monkeypatch):
    times = iter([timed(6.0), timed(2.0)])
    monkeypatch.setattr(checks, "probed", lambda cache: next(times))
    monkeypatch.setattr(checks, "driver", lambda: False)
    backend, first = checks.compiling()
    assert (backend.state, backend.message) == (OK, "cpu, 2 × cpu")
    assert first.message.startswith("7.0 s the first time, 3.0 s the next")


def test_a_gpu_that_is_not_used_and_a_machine_that_is_slow_are_noted(monkeypatch):
    monkeypatch.setattr(checks, "probed", lambda cache: timed(40.0))
    monkeypatch.setattr(checks, "driver", lambda: True)
    backend, first = checks.compiling()
    assert backend.state == first.state == NOTE
    assert "curvkit[cuda]" in backend.advice and first.advice


@pytest.mark.parametrize("code", [0, 9])
def test_a_driver_answers_or_does_not(monkeypatch, code):
    monkeypatch.setattr(checks.shutil, "which", lambda name: "nvidia-smi")
    monkeypatch.setattr(checks.subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=code))
    assert checks.driver() is (code == 0)


def test_a_jax_that_does_not_start_is_told_by_its_last_line(monkeypatch, tmp_path):
    monkeypatch.setattr(checks, "PROBE", "raise RuntimeError('no plugin for tpu')")
    (found,) = checks.compiling()
    assert found.state == WRONG and one_sentence(found)
    assert found.message.endswith("RuntimeError: no plugin for tpu")


def test_a_note_below_the_error_does_not_hide_it(monkeypatch):
    failing = "import sys\nprint('For simplicity, some frames are left out.', file=sys.stderr)\n"
    failing = f"{failing}sys.stderr.write('jaxlib.Error: no plugin\\n\\nA note: see above.\\n')\n"
    monkeypatch.setattr(checks, "PROBE", f"{failing}sys.exit(1)")
    (found,) = checks.compiling()
    assert found.message == "jax does not compute: jaxlib.Error: no plugin"


def test_a_platform_that_was_asked_for_and_is_not_there_is_to_be_unset(monkeypatch):
    monkeypatch.setenv("JAX_PLATFORMS", "abacus")
    (found,) = checks.compiling()
    assert found.state == WRONG and "with JAX_PLATFORMS=abacus: RuntimeError: " in found.message
    assert found.advice.startswith("unset JAX_PLATFORMS") and "make setup" not in found.advice


@pytest.mark.parametrize(("free", "state"), [(0.2, NOTE), (50.0, OK)])
def test_a_disk_that_is_nearly_full_is_noted(monkeypatch, free, state):
    told = SimpleNamespace(free=free * 1e9)
    monkeypatch.setattr(checks.shutil, "disk_usage", lambda place: told)
    found = checks.disk()
    assert found.state == state and f"{free} GB free for the cache" in found.message
    assert bool(found.advice) == (state == NOTE)


@pytest.mark.parametrize(
    ("name", "state"), [("firefox", OK), ("/usr/bin/w3m", NOTE), (None, NOTE), ("", NOTE)]
)
def test_a_browser_for_jupyterlab_is_found_or_its_lack_is_noted(monkeypatch, name, state):
    def get():
        if name is None:
            raise checks.webbrowser.Error
        return SimpleNamespace(name=name)

    monkeypatch.setattr(checks.webbrowser, "get", get)
    assert checks.opening().state == state


def test_an_empty_cache_is_noted_and_one_that_cannot_be_written_is_wrong(monkeypatch, tmp_path):
    monkeypatch.setenv(checks.CACHE, str(tmp_path / "none" / "yet"))
    found = checks.cache()
    assert found.state == NOTE and "open a notebook once before class" in found.message
    assert checks.CACHE in found.message
    monkeypatch.setattr(checks.os, "access", lambda *_: False)
    found = checks.cache()
    assert found.state == WRONG and checks.CACHE in found.advice


@pytest.mark.parametrize(("free", "state"), [(0.4, WRONG), (7.9, OK), (None, NOTE)])
def test_memory_is_told_in_notebooks(monkeypatch, free, state):
    monkeypatch.setattr(checks.machine, "free_gigabytes", lambda: free)
    monkeypatch.setattr(checks.machine, "cores", lambda: 2)
    found = checks.memory()
    assert found.state == state
    if free is not None:
        assert f"room for {int(free)} open notebooks at 1 GB each" in found.message
    assert ("at full speed 2 at a time" in found.message) == (free == 7.9)


def test_free_memory_is_that_of_the_container_if_it_has_less(monkeypatch):
    kept = Path.read_text
    told = {
        "/sys/fs/cgroup/memory.max": "2000000000\n",
        "/proc/meminfo": "MemAvailable: 9000000 kB",
    }
    monkeypatch.setattr(Path, "read_text", lambda self, *a: told.get(str(self)) or kept(self, *a))
    assert machine.free_gigabytes() == pytest.approx(2.0)
    assert machine.notebooks_at_once() == 1


@pytest.mark.parametrize(
    ("free", "cores", "said"), [(8.0, 4, 2), (8.0, 1, 1), (3.0, 2, 1), (None, 2, 1)]
)
def test_two_notebooks_run_at_once_where_there_is_room_for_them(monkeypatch, free, cores, said):
    monkeypatch.setattr(machine, "free_gigabytes", lambda: free)
    monkeypatch.setattr(machine, "cores", lambda: cores)
    assert machine.notebooks_at_once() == said


def test_widgets_of_before_jupyterlab_4_are_noted(monkeypatch):
    known = checks.metadata.version
    told = lambda number: lambda name: number if name == "ipywidgets" else known(name)
    monkeypatch.setattr(checks.metadata, "version", told("8.0.2"))
    assert checks.widgets().state == OK
    monkeypatch.setattr(checks.metadata, "version", told("7.7.1"))
    assert checks.widgets().state == NOTE and "shows nothing" in checks.widgets().message


def test_widgets_without_their_browser_part_are_wrong(monkeypatch, tmp_path):
    (tmp_path / "anywidget").mkdir()
    monkeypatch.setattr("jupyter_core.paths.jupyter_path", lambda *_: [str(tmp_path)])
    found = checks.widgets()
    assert found.state == WRONG and "no browser part of jupyterlab_widgets" in found.message


def test_a_kernel_of_another_python_is_wrong(monkeypatch, tmp_path):
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    other = shutil.which("sh")
    spec = SimpleNamespace(argv=[other])
    monkeypatch.setattr(KernelSpecManager, "get_kernel_spec", lambda self, name: spec)
    found = checks.kernel()
    assert found.state == WRONG and other in found.message and "ipykernel install" in found.advice

    spec.argv = ["python3.11"]
    assert checks.kernel().state == OK

    def absent(self, name):
        raise NoSuchKernel(name)

    monkeypatch.setattr(KernelSpecManager, "get_kernel_spec", absent)
    assert checks.kernel().state == WRONG


def test_a_missing_browser_is_noted_for_pdf_alone(monkeypatch):
    monkeypatch.setattr(checks.pdf.shutil, "which", lambda name: None)
    assert checks.printing().state == NOTE


@pytest.mark.parametrize(
    ("found", "status", "said"),
    [
        ([Check("a", OK, "fine [b]")], 0, "Ready for class."),
        ([Check("a", NOTE, "so so", "do")], 0, "Ready for class."),
        ([Check("a", OK, "fine"), Check("b", WRONG, "gone", "do")], 1, "Wrong: b."),
    ],
)
def test_the_status_says_whether_anything_is_wrong(monkeypatch, capsys, found, status, said):
    monkeypatch.setattr(command, "_look", lambda *_: found)
    with pytest.raises(SystemExit) as ended:
        __main__.main(["doctor"])
    told = capsys.readouterr().out
    assert ended.value.code == status and said in told
    assert all(each.message in told and (each.advice or "") in told for each in found)


@pytest.mark.slow
def test_the_whole_of_it_fits_on_a_screen_and_runs_the_notebooks(tmp_path, monkeypatch, capsys):
    paths = [
        notebook(tmp_path / "good.ipynb", "x = 1"),
        notebook(tmp_path / "bad.ipynb", "raise ValueError('no')"),
    ]
    monkeypatch.setattr(notebooks.notebooks, "choose", lambda *_: paths)
    with pytest.raises(SystemExit) as ended:
        __main__.main(["doctor", "--run", "--no-compile"])
    told = capsys.readouterr().out
    assert ended.value.code == 1 and len(told.splitlines()) <= 24
    assert "ran in" in told and "ValueError: no" in told and "Wrong: bad." in told


@pytest.mark.full
def test_a_second_start_finds_its_programs_compiled(tmp_path, monkeypatch):
    # On a fast machine each of these small programs takes less than what is worth keeping.
    monkeypatch.setenv("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    cold, warm = (checks.probed(tmp_path, "tuners.model") for _ in range(2))
    assert list(tmp_path.glob("*-cache"))
    assert {"imports", "first", "backend"} <= set(cold)
    # Not a time but what takes it: nothing new is compiled the second time.
    assert warm["compiled"] == 0 < cold["compiled"]
