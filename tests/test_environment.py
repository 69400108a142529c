"""What a program of ours is started with."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from curvkit import environment

PROGRAM = """
import jax
seen = []
jax.monitoring.register_event_listener(lambda event, **_: seen.append(event))
jax.jit(lambda x: jax.lax.fori_loop(0, 3, lambda _, x: x @ jax.numpy.linalg.eigh(x)[1], x))(
    jax.numpy.eye(5)
)
print(seen.count("/jax/compilation_cache/cache_hits"))
"""


def test_what_the_user_has_set_stays():
    made = environment.environment({"XLA_PYTHON_CLIENT_PREALLOCATE": "true", "HOME": "there"})
    assert made["XLA_PYTHON_CLIENT_PREALLOCATE"] == "true" and made["HOME"] == "there"
    assert made[environment.CACHE] == str(environment.cache_folder())


def test_by_default_the_gpu_is_shared():
    assert environment.environment({})["XLA_PYTHON_CLIENT_PREALLOCATE"] == "false"


@pytest.mark.parametrize("version, flag", [("0.10.2", "--xla_cpu_use_fusion_emitters=false"),
                                           ("0.11.0", None), ("1.0", None)])  # fmt: skip
def test_short_runs_compile_by_the_older_emitters_where_there_are_such(monkeypatch, version, flag):
    monkeypatch.setattr(environment.metadata, "version", lambda name: version)
    assert environment.brisk({}).get("XLA_FLAGS") == flag
    assert environment.brisk({"XLA_FLAGS": "mine"})["XLA_FLAGS"] == "mine"
    assert environment.environment({}).items() <= environment.brisk({}).items()


def test_another_processor_has_another_cache(monkeypatch):
    here = environment.cache_folder()
    assert environment.cache_folder() == here
    monkeypatch.setattr(environment.platform, "machine", lambda: "another")
    assert environment.cache_folder() != here
    assert environment.cache_folder().parent == here.parent


@pytest.mark.slow
def test_a_second_start_finds_its_programs_compiled(tmp_path):
    given = {**os.environ, environment.CACHE: str(tmp_path)}
    given["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
    made = environment.environment(given)
    hits = [
        int(subprocess.run(
            [sys.executable, "-c", PROGRAM], env=made, check=True, capture_output=True, text=True
        ).stdout)
        for _ in range(2)
    ]  # fmt: skip
    assert hits[0] == 0 < hits[1]


TESTS = sorted(Path(__file__).parent.rglob("*.py"))


def _set_when_read(source):
    """The lines outside functions and `if __name__` that change the environment."""
    for node in ast.parse(source).body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.If):
            line = ast.unparse(node)
            if re.match(r"os\.(environ\b.*\] = |environ\.(setdefault|update|pop)|putenv)", line):
                yield line


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_no_module_of_tests_changes_the_environment_when_it_is_read(path):
    """All are read for their examples, and what any test starts afterwards would have it, too."""
    assert list(_set_when_read(path.read_text(encoding="utf-8"))) == []


def test_a_module_that_changes_the_environment_is_seen():
    source = "import os\nos.environ['A'] = '1'\nos.environ.setdefault('B', '2')\n"
    inside = "def one():\n    os.environ['C'] = '3'\n"
    assert len(list(_set_when_read(source + inside))) == 2
