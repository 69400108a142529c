"""Programs get the part of C's library that they call, with the numbers of the whole."""

import re
import subprocess
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from wasm import Machine

from curvkit.browser import compiler, mathlib
from curvkit.browser.module import HERE

VERSION = f"{mathlib.VERSION}1"
ARGUMENTS = np.concatenate([-np.logspace(-9, 3, 40), [0.0], np.logspace(-9, 3, 40), [np.inf]])


def declared():
    """The type, name and number of arguments of each function of C that `runtime.c` names."""
    text = (HERE / "runtime.c").read_text(encoding="utf-8")
    for kind, names in re.findall(r"^(double|float) (\w+\([^;{]*\));$", text, re.M):
        for name, takes in re.findall(r"(\w+)\(([^)]*)\)", names):
            yield kind, name, takes.count(",") + 1


def calling():
    """A program that calls each of them."""
    lines = []
    for kind, name, count in declared():
        given = [f"a{at}" for at in range(count)]
        takes = ",".join(f"{kind} {each}" for each in given)
        lines.append(f"{kind} {name}({','.join([kind] * count)});")
        lines.append(f'__attribute__((export_name("c_{name}"))) {kind} c_{name}({takes})')
        lines.append(f"{{return {name}({','.join(given)});}}")
    return "\n".join(lines)


def results(module):
    """The numbers that each function has for all arguments, and pairs of them, as bytes."""
    machine = Machine(module)
    for kind, name, count in declared():
        pairs = zip(*(np.roll(ARGUMENTS, shift) for shift in range(count)), strict=True)
        values = [machine.call(f"c_{name}", *map(float, each)) for each in pairs]
        yield name, np.array(values, {"double": np.float64, "float": np.float32}[kind]).tobytes()


@pytest.fixture
def calls(monkeypatch):
    """The arguments that the compiler was called with; each of its calls is real."""
    seen, run = [], subprocess.run
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: seen.append(a[0]) or run(*a, **k))
    return seen


def test_all_that_programs_may_call_is_in_the_part(calls, tmp_path):
    assert len(list(declared())) > 45
    compiler.compiled(calling(), tmp_path)
    built, ran = calls
    assert "build-lib" in built and "-nostdlib" in ran
    compiler.compiled(calling() + "\n", tmp_path)
    assert len(calls) == 3  # it was built once


@pytest.mark.full
def test_the_part_has_the_numbers_of_the_whole_to_the_last_bit(tmp_path, monkeypatch):
    ours = dict(results(compiler.compiled(calling(), tmp_path / "part")))
    monkeypatch.setattr(mathlib, "archive", lambda *given: None)
    theirs = dict(results(compiler.compiled(calling(), tmp_path / "whole")))
    assert len(ours) > 45 and ours == theirs


def test_a_program_that_calls_more_takes_the_whole(tmp_path, monkeypatch):
    seen = []

    def answered(command, **options):
        seen.append(command)
        lacking = "-nostdlib" in command
        if not lacking:
            Path(command[-2]).write_bytes(b"whole")
        return SimpleNamespace(returncode=int(lacking), stderr="undefined symbol: tgamma")

    monkeypatch.setattr(mathlib, "archive", lambda *given: tmp_path / "math.a")
    monkeypatch.setattr(subprocess, "run", answered)
    assert compiler.compiled("tgamma", tmp_path) == b"whole"
    assert ["-nostdlib" in each for each in seen] == [True, False]


@pytest.mark.parametrize("gone", ["c.zig", "libc/musl/src/math/pow.c"])
def test_another_version_or_one_without_the_sources_has_no_part(gone, tmp_path, monkeypatch):
    assert mathlib.archive("0.16.0", compiler.FLAGS, tmp_path) is None
    root = tmp_path / "lib"
    for name in ("c.zig", *(f"libc/{each}" for each in mathlib.SOURCES)):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    monkeypatch.setattr(mathlib, "library", lambda: root)
    ran = SimpleNamespace(returncode=1)
    monkeypatch.setattr(subprocess, "run", lambda *given, **options: seen.append(given) or ran)
    seen = []
    assert mathlib.archive(VERSION, compiler.FLAGS, tmp_path) is None and len(seen) == 1
    (root / gone).unlink()
    assert mathlib.archive(VERSION, compiler.FLAGS, tmp_path) is None and len(seen) == 1
