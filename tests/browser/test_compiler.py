"""What is compiled is known by its text and by its compiler, and compiled once."""

import importlib.metadata
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from curvkit.browser import compiler


@pytest.fixture
def calls(monkeypatch):
    """A compiler that writes what it was given, and how often it was called."""
    seen = []

    def compile_it(command, **options):
        source, output = Path(command[-1]), Path(command[-2])
        seen.append(source.read_text(encoding="utf-8"))
        if "nonsense" in seen[-1]:
            return SimpleNamespace(returncode=1, stderr="line 1: no such thing")
        output.write_bytes(b"wasm of " + seen[-1].encode())
        return SimpleNamespace(returncode=0, stderr="")

    monkeypatch.setattr(compiler, "available", lambda: True)
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.1")
    monkeypatch.setattr(subprocess, "run", compile_it)
    return seen


def test_the_same_text_is_compiled_once_and_another_text_or_compiler_anew(
    calls, tmp_path, monkeypatch
):
    compiled = lambda text: compiler.compiled(text, tmp_path)
    assert compiled("one") == compiled("one") == b"wasm of one"
    assert compiled("two") == b"wasm of two" and calls == ["one", "two"]
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.2")
    assert compiled("one") == b"wasm of one" and calls == ["one", "two", "one"]
    monkeypatch.setattr(compiler, "FLAGS", (*compiler.FLAGS, "-O3"))
    compiled("one")
    assert calls == ["one", "two", "one", "one"] and len(list(tmp_path.iterdir())) == 4


def test_what_a_compiler_refuses_is_kept_nowhere(calls, tmp_path):
    for _ in range(2):
        with pytest.raises(RuntimeError, match="could not be compiled: line 1: no such thing"):
            compiler.compiled("nonsense", tmp_path)
    assert len(calls) == 2 and not list(tmp_path.iterdir())


def test_numbers_are_computed_as_they_are_written():
    assert not [each for each in compiler.FLAGS if "fast" in each or "finite-math" in each]
