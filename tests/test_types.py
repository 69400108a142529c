"""What a type checker sees of curvkit is so, and the parts of its check can fail."""

import importlib
import importlib.util
import inspect
import json
import re
import subprocess
import sys

import pytest
from rooms import ROOMS
from scripts import ROOT, script

typecheck = script("typecheck")
needs_the_checker = pytest.mark.skipif(
    importlib.util.find_spec("basedpyright") is None,
    reason="basedpyright is not installed: it comes with the extra dev",
)
# A program as a user writes it: the checker must find an error in each marked line, and no other.
CLIENT = """
from typing import assert_type

import numpy as np

import curvkit
from curvkit import curvature, minima, selection, verification

# The face: every room and tool by attribute.
curvkit.curvature.sharpness
curvkit.watch
curvkit.tuners

# Knobs by name, a Settings, a mapping, a Settings with a knob turned.
trace = curvature.run(learning_rate=0.2, steps=500)
assert_type(trace, curvature.Trace)
curvature.run(curvature.Settings(learning_rate=0.2), progress=True)
curvature.run({"learning_rate": 0.2}, seconds=0.5)
curvature.run(curvature.Settings(), learning_rate=0.2)
curvature.run()
curvature.explore("edge", learning_rate=0.2)
curvature.explore(figure="edge", learning_rate=0.2)
curvature.batch([curvature.Settings(seed=1), {"seed": 2}])
curvature.tell(trace)

# Settings are a dataclass; traces hold NumPy arrays.
settings = curvature.Settings.read({"learning_rate": 0.2}, steps=20)
assert_type(settings, curvature.Settings)
assert_type(settings.learning_rate, float)
values: np.ndarray = trace.sharpness
trace.save("trace.npz")
assert_type(curvature.Trace.load("trace.npz"), curvature.Trace)

# Theory and tools as their examples use them.
model = selection.GroupOMP(["a", "a", "b", "b"], n_groups=1).fit(np.eye(4), np.ones(4))
fitted: np.ndarray = model.coef_
proved: bool = minima.certify(minima.counterexamples()[0]).proved
spec = verification.LinearSpec([1.0], -1.5)
status: str = verification.verify([([[1.0]], [0.0])], ([-1.0], [1.0]), spec).status

# Mistakes.
curvature.run(learning_rat=0.2)  # error
curvature.run(learning_rate="fast")  # error
curvature.run(0.2)  # error
curvature.explore("edge", learning_rat=0.2)  # error
curvature.explore("no such figure")  # error
curvature.Settings(learning_rat=0.2)  # error
curvature.Settings(0.2)  # error
settings.learning_rate = 0.3  # error
trace.sharpnes  # error
curvature.tell(settings)  # error
curvature.no_such_name  # error
selection.GroupOMP(n_groups="two")  # error
verification.verify([], ([-1.0], [1.0]), "spec")  # error
"""


@needs_the_checker
@pytest.mark.slow
def test_a_checker_finds_each_mistake_in_a_program_and_no_other(tmp_path):
    config = dict(
        extraPaths=[str(ROOT)], typeCheckingMode="standard", pythonVersion="3.11",
        reportMissingModuleSource=False,
    )  # fmt: skip
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(config))
    program = tmp_path / "client.py"
    program.write_text(CLIENT)
    told = typecheck.found("--pythonpath", sys.executable, "-p", str(tmp_path), root=tmp_path)
    seen = {each["range"]["start"]["line"] for each in told if each["severity"] == "error"}
    planted = {at for at, line in enumerate(CLIENT.split("\n")) if line.endswith("# error")}
    lines = CLIENT.split("\n")
    assert not [lines[at] for at in seen - planted], "said to be wrong, and is not"
    assert not [lines[at] for at in planted - seen], "wrong, and not said to be"


# The public functions of rooms


def public(room):
    """The functions and methods behind the `__all__` of a room, by name."""
    package = importlib.import_module(f"curvkit.{room}")
    for name in package.__all__:
        thing = getattr(package, name)
        if inspect.isclass(thing) or inspect.ismodule(thing):
            for inner, each in vars(thing).items():
                each = getattr(each, "__func__", each)
                own = getattr(each, "__module__", "").startswith("curvkit.")
                written = own and "create_fn" not in getattr(each, "__qualname__", "")
                shown = not inner.startswith("_") or inner in ("__init__", "__call__")
                if shown and written and inspect.isfunction(each):
                    yield f"{name}.{inner}", each
        elif inspect.isfunction(inspect.unwrap(thing)):
            yield name, inspect.unwrap(thing)


def untyped(function):
    """The parameters of a function that have no type, and `return` if what it returns has none."""
    signature = inspect.signature(function)
    found = [
        name
        for name, each in signature.parameters.items()
        if each.annotation is each.empty and name not in ("self", "cls")
    ]
    returns = signature.return_annotation is signature.empty and function.__name__ != "__init__"
    return found + ["return"] * returns


@pytest.mark.parametrize("room", ROOMS)
def test_every_public_function_of_a_room_says_what_it_takes_and_returns(room):
    lacking = {name: found for name, each in public(room) if (found := untyped(each))}
    assert not lacking


def test_a_function_without_types_is_seen():
    def function(typed: int, bare, *more, **named: str):
        pass

    assert untyped(function) == ["bare", "more", "return"]


# What is noted only shrinks


def told(file, severity="error", rule="reportArgumentType"):
    """One thing that a checker says."""
    start = dict(line=6, character=0)
    return dict(
        file=str(ROOT / "curvkit" / file), severity=severity, message="It is wrong.\nVery.",
        rule=rule, range=dict(start=start, end=start),
    )  # fmt: skip


def test_errors_count_by_folder_and_untyped_parameters_where_all_have_a_type():
    bare = dict(severity="information", rule="reportMissingParameterType")
    said = [told("report/run.py"), told("report/run.py", **bare), told("core/knob.py", **bare)]
    said += [told("data.py"), told("core/say.py", severity="warning")]
    counted = {name: len(each) for name, each in typecheck.errors(said).items()}
    assert counted == {"report": 1, "core": 1, "data.py": 1}


def test_more_than_noted_is_more_and_fewer_is_fewer():
    assert typecheck.compared({"core": 1}, {}) == (["core"], [])
    assert typecheck.compared({}, {"core": 1}) == ([], ["core"])
    assert typecheck.compared({"core": 2, "show": 1}, {"core": 2, "show": 1}) == ([], [])


def test_an_error_is_written_as_compilers_write_it():
    wanted = "curvkit/core/knob.py:7: It is wrong. (reportArgumentType)"
    assert typecheck.line(told("core/knob.py")) == wanted


@pytest.fixture
def checked(monkeypatch, tmp_path):
    """Runs the script with what the checker is to say and what is noted; what it notes then."""
    noted, kept = tmp_path / "types.json", tmp_path / "kept"

    def run(said, counts, *arguments):
        noted.write_text(json.dumps(counts))
        monkeypatch.setattr(typecheck, "NOTED", noted)
        monkeypatch.setattr(typecheck, "KEPT", kept)
        monkeypatch.setattr(typecheck, "found", lambda: said)
        typecheck.main(list(arguments))
        return json.loads(noted.read_text())

    return run


def test_a_new_error_fails_and_is_printed(checked, capsys):
    with pytest.raises(SystemExit, match="mend what is new"):
        checked([told("report/run.py")], {}, "--again")
    out = capsys.readouterr().out
    assert "curvkit/report/run.py:7: It is wrong." in out
    assert "report has 1 errors and 0 are noted" in out


def test_a_new_error_cannot_be_written_down(checked):
    with pytest.raises(SystemExit, match="only shrinks"):
        checked([told("report/run.py")], {}, "--write")


def test_fewer_errors_fail_until_they_are_written_down(checked):
    with pytest.raises(SystemExit, match=re.escape("make types ARGS=--write")):
        checked([], {"report": 1}, "--again")
    assert checked([], {"report": 1}, "--write") == {}


def test_all_well_is_one_line_and_is_kept_until_something_changes(checked, capsys):
    checked([], {})
    checked([told("report/run.py")], {})
    lines = capsys.readouterr().out.strip().split("\n")
    assert len(lines) == 2 and all(each.startswith("types: all is well") for each in lines)
    with pytest.raises(SystemExit):
        checked([told("report/run.py")], {"show": 1})


# Public functions get and give what they say, while their examples run

# Only exceptions count: whether an example prints what it says is seen elsewhere.
CHECKED = """
import doctest, importlib, sys

from beartype import BeartypeConf, beartype
from jaxtyping import install_import_hook

checked = beartype(conf=BeartypeConf(is_pep484_tower=True))  # a whole number may stand for a real
sys.modules["checked"] = sys.modules["__main__"]
with install_import_hook(sys.argv[1:], "checked.checked"):
    modules = [importlib.import_module(each) for each in sys.argv[1:]]
anything = type("Anything", (doctest.OutputChecker,), {"check_output": lambda *given: True})
runner = doctest.DocTestRunner(checker=anything())
for module in modules:
    for test in doctest.DocTestFinder().find(module):
        runner.run(test)
print(runner.summarize(verbose=False))
sys.exit(runner.failures > 0)
"""


def theory(room):
    """The modules of a room's theory, by name."""
    files = sorted((ROOT / "curvkit" / room).glob("_[!_]*.py"))
    return [f"curvkit.{room}.{each.stem}" for each in files]


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("beartype") is None,
    reason="beartype is not installed: it comes with the extra dev",
)
@pytest.mark.parametrize(
    "room",
    [
        pytest.param(each, marks=[] if each == "sam" else pytest.mark.full)
        for each in ROOMS
        if "." not in each
    ],
)
def test_what_a_room_says_of_types_and_shapes_is_so_while_its_examples_run(room):
    command = [sys.executable, "-c", CHECKED, *theory(room)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
