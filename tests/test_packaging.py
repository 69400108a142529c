"""What is installed follows from pyproject.toml, and its absence is said in one sentence."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from scripts import script

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONDA_FILES = ("environment.yml", "binder/environment.yml")

# What a hosted notebook service comes with; an install there must not replace them.
HOSTED = {"jax": "0.7.2", "plotly": "5.24.1", "ipywidgets": "7.7.1", "anywidget": "0.9.21"}


derive = script("derive")
PINS = derive.read_lock((ROOT / "requirements.lock").read_text())
RUNTIME = [Requirement(text) for text in PYPROJECT["project"]["dependencies"]]
EXTRAS = PYPROJECT["project"]["optional-dependencies"]


@pytest.fixture
def setup(tmp_path, monkeypatch):
    """Return the set-up script, at work in an empty folder."""
    module = script("setup")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    return module


def is_one_sentence(text):
    return text.endswith(".") and "\n" not in text and "Traceback" not in text


def plain_environment(**changes):
    """Return the environment without what a surrounding make leaves there."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS", "PYTHON"))}
    return {**kept, **changes}


# One source of dependencies


@pytest.mark.parametrize("requirement", RUNTIME, ids=lambda requirement: requirement.name)
def test_every_runtime_dependency_is_pinned_and_hashed(requirement):
    pin = PINS[derive.plain_name(requirement.name)]
    assert pin.version in requirement.specifier
    assert pin.hashes
    assert not pin.marker, f"{pin.name} is pinned only where {pin.marker}"


@pytest.mark.parametrize("extra", sorted(set(EXTRAS) - {"cuda"}))
def test_every_extra_but_cuda_is_pinned(extra):
    for requirement in map(Requirement, EXTRAS[extra]):
        assert PINS[derive.plain_name(requirement.name)].version in requirement.specifier


def test_no_accelerator_package_is_in_the_lock():
    assert not [name for name in PINS if name.startswith(("nvidia-", "jax-cuda"))]


def test_every_pin_has_a_hash_and_every_line_of_the_lock_is_understood():
    lock = (ROOT / "requirements.lock").read_text()
    assert not [pin.name for pin in PINS.values() if not pin.hashes]
    assert len(PINS) == len(re.findall(r"(?m)^[^\s#]", lock))
    assert sum(len(pin.hashes) for pin in PINS.values()) == lock.count("--hash=")


def test_every_pin_is_asked_for_by_curvkit_or_by_another_pin():
    for pin in PINS.values():
        assert pin.needed_by, pin.name
        assert set(pin.needed_by) <= set(PINS) | {"curvkit"}, pin.name


@pytest.mark.parametrize("name", HOSTED)
def test_the_floors_leave_a_hosted_notebook_its_versions(name):
    (requirement,) = [r for r in RUNTIME if r.name == name]
    assert HOSTED[name] in requirement.specifier


@pytest.mark.parametrize("path", CONDA_FILES)
def test_the_conda_files_follow_from_the_lock(path):
    committed = (ROOT / path).read_text()
    assert committed == derive.derived()[path], f"{path} is out of date: run make lock"


@pytest.mark.parametrize("path", CONDA_FILES)
def test_the_conda_files_state_python_and_pin_what_runs(path):
    conda = yaml.safe_load((ROOT / path).read_text())
    python, _, pip = conda["dependencies"]
    assert re.fullmatch(r"python=3\.1[1-9]", python)
    pinned = {Requirement(line).name for line in pip["pip"] if line != "-e ."}
    assert {derive.plain_name(requirement.name) for requirement in RUNTIME} <= pinned
    assert not pinned & {"pytest", "ruff", "playwright", "dask"}


def test_only_the_conda_file_for_people_installs_curvkit_itself():
    people, binder = (yaml.safe_load((ROOT / p).read_text())["dependencies"] for p in CONDA_FILES)
    assert people[-1]["pip"][-1] == "-e ."
    assert "-e ." not in binder[-1]["pip"]


def test_binder_builds_nothing_but_curvkit_itself():
    text = (ROOT / "binder/postBuild").read_text()
    commands = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert commands[:2] == ["set -euo pipefail", "pip install --no-deps -e ."]
    kernel = " ".join(commands[2:])
    assert kernel.startswith("python -m ipykernel install --sys-prefix")
    assert "--env XLA_PYTHON_CLIENT_PREALLOCATE false" in kernel
    assert "--env JAX_DEFAULT_MATMUL_PRECISION highest" in kernel
    assert kernel.endswith('--env JAX_COMPILATION_CACHE_DIR "$HOME/.cache/curvkit/jax"')


@pytest.mark.parametrize("path", ["binder/postBuild", ".ci/run"])
def test_what_others_start_is_executable(path):
    assert os.access(ROOT / path, os.X_OK)


def test_ci_runs_make_test_and_stops_at_the_first_error():
    text = (ROOT / ".ci/run").read_text()
    assert text.startswith("#!/usr/bin/env bash\n")
    assert "set -euo pipefail" in text
    assert text.rstrip().endswith("make test")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    pytest.importorskip("hatchling", reason="hatchling is not installed: run make setup")
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (made,) = folder.glob("*.whl")
    return zipfile.ZipFile(made)


def test_the_wheel_holds_every_file_of_the_package_the_notebooks_and_the_readme(wheel):
    packed = set(wheel.namelist())
    files = {p.relative_to(ROOT).as_posix() for p in (ROOT / "curvkit").rglob("*") if p.is_file()}
    assert {path for path in files if "__pycache__" not in path} <= packed
    notebooks = [
        f"curvkit/{p.relative_to(ROOT).as_posix()}" for p in ROOT.glob("notebooks/*.ipynb")
    ]
    assert len(notebooks) >= 10 and set(notebooks) <= packed
    (metadata,) = (name for name in packed if name.endswith(".dist-info/METADATA"))
    assert (ROOT / "README.md").read_text() in wheel.read(metadata).decode()


@pytest.mark.slow
def test_an_installed_wheel_finds_its_notebooks_and_copies_them_to_be_changed(wheel, tmp_path):
    wheel.extractall(tmp_path / "site")
    (tmp_path / "site/notebooks").mkdir()  # of another package
    (tmp_path / "site/notebooks/theirs.ipynb").write_text("{}")
    (tmp_path / "work").mkdir()
    program = (
        "import curvkit; from curvkit.report import notebooks as n; "
        "assert 'site' in curvkit.__file__; "
        "print(len(n.choose()), n.choose(['01'])[0].parent.name); "
        "print(*n.to_work_on(n.choose(['00_start_here'])[0])); "
        "print(n.to_work_on(n.choose(['00_start_here'])[0])[1])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path / "work", capture_output=True, text=True,
        env=plain_environment(PYTHONPATH=str(tmp_path / "site")), check=True,
    )  # fmt: skip
    there = tmp_path / "work/curvkit-notebooks"
    first, second, third = done.stdout.splitlines()
    assert first == f"{len(list(ROOT.glob('notebooks/*.ipynb')))} notebooks" and third == "False"
    assert second == f"{(there / '00_start_here.ipynb').resolve()} True"
    originals = {p.name: p.read_bytes() for p in ROOT.glob("notebooks/*.ipynb")}
    assert {p.name: p.read_bytes() for p in there.glob("*.*")} == originals
    pictures = {p.name: p.read_bytes() for p in ROOT.glob("notebooks/pictures/*")}
    assert {p.name: p.read_bytes() for p in there.glob("pictures/*")} == pictures


# No index, no machine


@pytest.mark.parametrize("path", ["requirements.lock", "binder/postBuild", *CONDA_FILES])
def test_what_pins_names_no_address_and_no_index(path):
    text = (ROOT / path).read_text()
    assert "://" not in text
    assert not re.search(r"--(extra-)?index|--find-links|--trusted-host|(?m:^-[if] )", text)


def test_no_file_of_the_project_names_an_index_or_a_folder_of_one_machine():
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no git checkout, so its files are not known")
    address = r"/sim" + r"ple\b/?|--(extra-)?index-" + r"url[ =]\S+:|file:" + r"///"
    folder = r"(?<![\w.~-])/(root|work|home/(?!jovyan)\w+|Users/\w+|tmp/\w+)/"
    wrong = re.compile(rf"https?://[^\s\"']*{address}|{folder}")
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.is_file() and path.stat().st_size < 2_000_000:
            found = wrong.search(path.read_text(errors="ignore"))
            assert not found, f"{name} names {found.group(0)}"


# One sentence for what is missing


@pytest.mark.parametrize("version", [(3, 6, 1), (3, 9, 18), (3, 10, 13)])
def test_an_old_python_is_told_which_one_is_needed(setup, version):
    with pytest.raises(setup.Problem) as caught:
        setup.check_python(version)
    assert "Python 3.11 or newer" in str(caught.value)
    assert f"this one is 3.{version[1]}:" in str(caught.value)
    assert is_one_sentence(str(caught.value))


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 13, 2), (4, 0, 0)])
def test_a_new_enough_python_is_accepted(setup, version):
    setup.check_python(version)


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_python_without_ensurepip_is_told_what_to_install(setup, module):
    with pytest.raises(setup.Problem) as caught:
        setup.check_venv(find_spec=lambda name: None if name == module else name)
    assert f"lacks the module {module}" in str(caught.value)
    assert "-venv)" in str(caught.value)
    assert is_one_sentence(str(caught.value))


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("error: Failed to fetch\n  Caused by: dns error: no address", "needs the network"),
        ("NewConnectionError(...)\nERROR: No matching distribution found", "needs the network"),
        ("error: Hash mismatch for `jax==0.7`", "requirements.lock names"),
        ("THESE PACKAGES DO NOT MATCH THE HASHES FROM THE FILE", "requirements.lock names"),
        ("Caused by: invalid peer certificate: UnknownIssuer", "SSL_CERT_FILE"),
        ("No space left on device (os error 28)", "disk is full"),
        ("first\nsomething else", "(something else): see .venv-setup.log"),
        ("", "(no output)"),
    ],
)
def test_a_failing_installer_is_put_into_one_sentence(setup, tmp_path, printed, said):
    failing = [sys.executable, "-c", f"print({printed!r}); raise SystemExit(2)"]
    with pytest.raises(setup.Problem) as caught:
        setup.run("Installing the packages", *failing)
    assert said in str(caught.value)
    assert is_one_sentence(str(caught.value))
    assert (tmp_path / ".venv-setup.log").read_text() == printed + "\n"


def test_an_interrupted_set_up_leaves_no_stamp_and_the_next_one_starts_afresh(setup, monkeypatch):
    env = setup.ROOT / ".venv"
    shutil.copy(ROOT / "pyproject.toml", setup.ROOT)
    monkeypatch.setattr(setup, "uv_on_path", lambda env: "uv")
    asked = []

    def stops_at_sync(doing, *command):
        asked.append(command[1])
        env.mkdir(exist_ok=True)
        if "sync" in command:
            (env / "half-made").touch()
            raise KeyboardInterrupt

    monkeypatch.setattr(setup, "run", stops_at_sync)
    monkeypatch.setattr(setup, "check_python", lambda version: None)
    assert setup.main([]) == 130
    assert (env / "half-made").is_file()
    assert not (env / setup.STAMP).exists()
    assert setup.main([]) == 130
    assert asked == ["venv", "pip", "venv", "pip"]


def test_the_stamp_changes_with_python_and_with_what_is_pinned(setup, tmp_path, monkeypatch):
    for name in ("pyproject.toml", "requirements.lock"):
        (tmp_path / name).write_text("one")
    monkeypatch.setattr(setup, "LOCK", tmp_path / "requirements.lock")
    stamps = {setup.wanted_stamp((3, 11)), setup.wanted_stamp((3, 12))}
    for name in ("pyproject.toml", "requirements.lock"):
        (tmp_path / name).write_text("two")
        stamps.add(setup.wanted_stamp((3, 11)))
    assert len(stamps) == 4


def test_the_installer_is_fetched_by_its_hashes(setup):
    lines = setup.stanza((ROOT / "requirements.lock").read_text(), "uv").splitlines()
    assert lines[0].startswith(f"uv=={PINS['uv'].version} ")
    assert len(lines) == 1 + len(PINS["uv"].hashes)
    with pytest.raises(setup.Problem, match="does not pin nothing"):
        setup.stanza("jax==1 \\\n", "nothing")


def test_the_kernel_does_not_take_the_whole_gpu_and_the_cache_is_left_alone(setup, tmp_path):
    cached = tmp_path / "cached.json"
    cached.write_text('{"argv": ["python", "-m", "ipykernel_launcher"]}')
    folder = tmp_path / ".venv/share/jupyter/kernels/python3"
    folder.mkdir(parents=True)
    os.link(cached, folder / "kernel.json")
    setup.keep_gpu_shared(tmp_path / ".venv")
    kernel = yaml.safe_load((folder / "kernel.json").read_text())
    assert kernel["env"] == {
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
        "JAX_DEFAULT_MATMUL_PRECISION": "highest",
    }
    assert kernel["argv"][0] == str(tmp_path / ".venv/bin/python")
    assert "env" not in cached.read_text()


# Which Python is chosen


@pytest.fixture
def pythons(tmp_path):
    """Return a function that runs setup.sh where PATH holds only the given launchers."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/setup.sh", tmp_path / ".ci")
    (tmp_path / ".ci/setup.py").write_text("import os\nprint(os.environ['CHOSEN'])\n")
    (tmp_path / "bin").mkdir()
    os.symlink(shutil.which("dirname"), tmp_path / "bin/dirname")

    def choose(**launchers):
        for name, line in launchers.items():
            path = tmp_path / "bin" / name.replace("_", ".")
            path.write_text(f"#!/bin/sh\nCHOSEN={path.name} {line}\n")
            path.chmod(0o755)
        command = [shutil.which("sh"), str(tmp_path / ".ci/setup.sh")]
        environment = plain_environment(PATH=str(tmp_path / "bin"))
        return subprocess.run(command, env=environment, capture_output=True, text=True)

    return choose


def test_a_launcher_that_fails_is_passed_over(pythons):
    works = f'exec "{sys.executable}" "$@"'
    done = pythons(python3_13="exit 127", python3_12=works, python3=works)
    assert (done.returncode, done.stdout) == (0, "python3.12\n"), done.stderr


def test_a_python_without_ensurepip_is_passed_over_when_another_has_it(pythons):
    lacks = f"""case "$2" in *ensurepip*) exit 1;; esac; exec "{sys.executable}" "$@" """
    works = f'exec "{sys.executable}" "$@"'
    assert pythons(python3_13=lacks, python3_11=works).stdout == "python3.11\n"


def test_no_python_at_all_is_one_sentence(pythons):
    done = pythons(python3="exit 127")
    assert done.returncode == 1
    assert "Python 3.11 or newer" in done.stderr
    assert is_one_sentence(done.stderr.strip())


# The front door


def test_make_help_lists_every_target():
    if not shutil.which("make"):
        pytest.skip("make is not installed")
    command = ["make", "--no-print-directory", "help"]
    done = subprocess.run(
        command, cwd=ROOT, env=plain_environment(), check=True, capture_output=True, text=True
    )
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"(?m)^([a-z][\w-]*):", makefile))
    assert targets == set(re.findall(r"(?m)^ *make ([\w-]+) ", done.stdout))
    assert targets == set(re.search(r"(?m)^\.PHONY: (.*)$", makefile).group(1).split())
    assert {"lab", "report", "test", "test-floors", "bench", "lock", "clean"} <= targets
