"""The steps by which repo2docker makes Binder's image, replayed in a clean environment."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
FIRST = "notebooks/00_start_here.ipynb"
# What repo2docker reads from `binder/`, of which it would take one before the other.
READ = {"environment.yml", "postBuild"}
KEPT = ("PATH", "LANG", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "PIP_INDEX_URL")


def test_binder_reads_two_files_and_the_first_notebook_is_where_its_link_leads():
    assert {path.name for path in (ROOT / "binder").iterdir()} == READ
    readme = (ROOT / "README.md").read_text()
    (place,) = set(re.findall(r"urlpath=lab/tree/([\w/.]+)", readme))
    assert place == FIRST and (ROOT / place).is_file()


def run(*command, cwd, env):
    done = subprocess.run(
        [str(each) for each in command], cwd=cwd, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{command}: {(done.stdout + done.stderr)[-3000:]}"
    return done.stdout


def copied(target):
    """The files of the checkout that git knows, as Binder clones them."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)
    return target


@pytest.mark.full
def test_binder_s_steps_make_an_environment_in_which_the_first_notebook_runs(tmp_path):
    uv = shutil.which("uv") or Path(sys.executable).with_name("uv")
    if not Path(uv).exists():
        pytest.skip("uv is not installed, so no environment is made")
    home, env = copied(tmp_path / "repo"), tmp_path / "env"
    told = yaml.safe_load((home / "binder" / "environment.yml").read_text())
    python, _, pip = told["dependencies"]
    wanted = tmp_path / "pins.txt"
    wanted.write_text("\n".join(pip["pip"]))
    # As on Binder: a home of its own, and no word of this machine's environment.
    plain = {name: os.environ[name] for name in KEPT if name in os.environ} | {
        "HOME": str(tmp_path)
    }
    here = f"{sys.version_info[0]}.{sys.version_info[1]}"
    for version in (python.removeprefix("python="), here):
        made = subprocess.run([uv, "venv", "--seed", "--python", version, env], capture_output=True)
        if made.returncode == 0:
            break
    fetched = subprocess.run(
        [uv, "pip", "install", "--python", env / "bin/python", "-r", wanted], capture_output=True,
        text=True,
    )  # fmt: skip
    if re.search("Failed to fetch|dns error|Connect", fetched.stderr):
        pytest.skip("no package index can be reached")
    assert fetched.returncode == 0, fetched.stderr[-2000:]
    plain["PATH"] = f"{env / 'bin'}{os.pathsep}{plain['PATH']}"
    run("bash", home / "binder" / "postBuild", cwd=home, env=plain)
    run("pip", "check", cwd=home, env=plain)
    kernel = json.loads((env / "share/jupyter/kernels/python3/kernel.json").read_text())
    assert kernel["env"]["XLA_PYTHON_CLIENT_PREALLOCATE"] == "false"
    assert kernel["env"]["JAX_COMPILATION_CACHE_DIR"] == f"{tmp_path}/.cache/curvkit/jax"
    assert not Path(kernel["env"]["JAX_COMPILATION_CACHE_DIR"]).exists(), "something was compiled"
    run("jupyter", "lab", "--version", cwd=home, env=plain)
    run("papermill", home / FIRST, tmp_path / "out.ipynb", cwd=home / "notebooks", env=plain)
    done = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    data = [out.data for cell in done.cells for out in cell.get("outputs", []) if "data" in out]
    assert any("application/vnd.plotly.v1+json" in each for each in data)
