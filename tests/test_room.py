"""The face: what a person finds by Tab, by `help`, and by giving knobs in any of three ways."""

import importlib
import inspect
import json
import subprocess
import sys
from types import ModuleType, SimpleNamespace

import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Float, Int
from rooms import ROOMS, each_room, room

import curvkit
from curvkit.core.knob import BaseSettings, knob
from curvkit.core.trace import Record, series
from curvkit.room import RESERVED, Room

TOLD = dict(sentence="A knob of the test.", source="Nobody 2000")
MADE = {"run", "explore", "tell", "batch", "stream", "room", "figures", "Settings", "Trace"}


class Settings(BaseSettings):
    """A number that is halved."""

    start: float = knob(default=1.0, low=0.0, high=9.0, **TOLD)
    steps: int = knob(default=4, low=1, high=99, **TOLD)
    every: int = knob(default=1, low=1, high=9, **TOLD)


class Trace(Record):
    """The halves."""

    step: Int[np.ndarray, " reading"] = series("Steps taken.")
    value: Float[np.ndarray, " reading"] = series("The number.")

    def merits(self):
        """The last number."""
        return {"last_value": float(self.value[-1]) if self.readings else float("nan")}


def halving(settings=Settings, **changed):
    """A room that halves a number, but for what is given."""
    parts = dict(
        begin=lambda settings, key: (jnp.asarray(settings.start), jnp.zeros((), int)),
        reading=lambda settings, state: (
            (state[0] / 2, state[1] + settings.every), {"step": state[1], "value": state[0]}
        ),
        finished=lambda settings, state: state[1] > settings.steps,
        figures={"curve": lambda trace: None, "other": lambda trace: None},
        words=lambda trace: f"It ends at {trace.value[-1]}.",
    )  # fmt: skip
    return Room("curvkit.halving", settings, Trace, **(parts | changed))


HALVING = halving()


@pytest.mark.parametrize(
    "given, knobs",
    [
        ((), dict(start=3.0)),
        ((), dict(settings={"start": 3.0})),
        ((Settings(start=3.0),), {}),
        ((Settings(start=9.0),), dict(start=3)),
        (({"start": "9"},), dict(start="3")),
    ],
)
def test_knobs_are_given_by_name_as_settings_or_as_a_mapping(given, knobs):
    trace = HALVING.run(*given, **knobs)
    assert trace.settings == {"start": 3.0, "steps": 4, "every": 1}
    assert trace.value.tolist() == [3, 1.5, 0.75, 0.375, 0.1875]
    assert HALVING.batch([HALVING.read(*given, **knobs), {"start": 1}])[0].value[1] == 1.5
    assert HALVING.tell(trace)._repr_markdown_()[0] == "It ends at 0.1875."


def test_what_is_wrong_is_refused_in_one_sentence():
    for wrong in (dict(start=-1), dict(stat=1), dict(settings={"start": "far"})):
        with pytest.raises(ValueError, match=r"^[^\n]*[.?]$"):
            HALVING.run(**wrong)
    with pytest.raises(TypeError, match="settings must be halving.Settings or a mapping, but 0.2"):
        HALVING.run(0.2)
    with pytest.raises(TypeError, match="knobs are given by name, such as seed=1"):
        HALVING.run(None, None, False, 1.0, (), (), 3.0)
    with pytest.raises(ValueError, match="no figure 'curv'; did you mean 'curve'"):
        HALVING.explore("curv")


def test_a_figure_of_another_room_is_refused_with_the_rooms_that_have_it():
    said = "no figure 'race' in tuners.model, but in distillation.grid, kernels.race, tuners; "
    with pytest.raises(ValueError, match=f"{said}tuners.model has alignment, balance, plane.$"):
        room("tuners.model").package.room.explore("race")
    with pytest.raises(ValueError, match="no scene 'balls' in tuners.model, but in tuners; "):
        room("tuners.model").package.room.stage("balls")


def with_knob(name):
    made = knob(default=1.0, low=0.0, high=2.0, **TOLD)
    body = {name: made, "__annotations__": {name: float}}
    return type("Settings", (Settings,), body)


@pytest.mark.parametrize(
    "changed, said",
    [
        (dict(figure="curv"), "halving, figure: .*'curv'; did you mean 'curve'"),
        (dict(front=("start", "stps")), "halving, front: .*'stps'; did you mean 'steps'"),
        (dict(begin_only=("sta",)), "halving, begin_only: .*'sta'"),
        (dict(figures={}), "halving: there is no figure"),
        *((dict(settings=with_knob(n)), f"cannot be called {n}") for n in sorted(RESERVED)),
    ],
)
def test_a_room_whose_parts_contradict_one_another_is_not_made(changed, said):
    with pytest.raises(ValueError, match=said):
        halving(**changed)


def test_a_room_without_steps_says_how_many_readings_it_makes():
    body = {
        "count": knob(default=3, low=1, high=9, static=True, **TOLD),
        "__annotations__": {"count": int},
    }
    counted = type("Settings", (BaseSettings,), body)
    parts = dict(
        begin=lambda settings, key: (jnp.ones(()), jnp.zeros((), int)),
        finished=lambda settings, state: state[1] >= settings.count,
        reading=lambda settings, state: (
            (state[0], state[1] + 1), {"step": state[1], "value": state[0]}
        ),
    )  # fmt: skip
    with pytest.raises(ValueError, match="there is no knob `steps`, so `length` must be given"):
        halving(counted, **parts)
    made = halving(counted, length=lambda settings: settings.count, **parts)
    assert made.run(count=5).readings == made.stream.length(made.read(count=5)) == 5


@pytest.mark.parametrize(
    "turned, readings", [({}, 5), (dict(every=2), 3), (dict(every=3), 2), (dict(steps=1), 2)]
)
def test_the_number_of_readings_follows_from_steps_and_every(turned, readings):
    assert HALVING.stream.length(HALVING.read(**turned)) >= readings
    assert HALVING.run(**turned).readings == readings


@each_room
def test_run_and_explore_list_every_knob_with_its_sentence_and_its_range(name):
    there = room(name)
    for function in (there.package.run, there.package.explore):
        listed = inspect.signature(function).parameters
        for knob_name, each in there.knobs.items():
            assert listed[knob_name].default == each.default
            assert f"{knob_name}: {each.sentence.rstrip('.')}" in function.__doc__
            assert each.expected in function.__doc__
    assert all(each in there.package.explore.__doc__ for each in there.drawings)


@each_room
def test_a_room_shows_its_public_names_and_nothing_beside_them(name):
    package = room(name).package
    assert dir(package) == sorted(package.__all__) and set(package.__all__) >= MADE
    inner = {each.rpartition(".")[2] for each in ROOMS if each.rpartition(".")[0] == name}
    modules = {n for n in dir(package) if isinstance(getattr(package, n), ModuleType)}
    theory = {"figures", *inner} - modules
    assert not theory, f"{name} does not show {theory}"


def test_the_house_shows_every_room_and_the_tools():
    outer = {name for name in ROOMS if "." not in name}
    assert set(curvkit.__all__) == outer | {"claims", "data", "report", "rooms", "sweep", "watch"}
    assert dir(curvkit) == curvkit.__all__
    for name in curvkit.__all__:
        assert getattr(curvkit, name).__doc__
    assert callable(curvkit.watch) and callable(curvkit.rooms)


# In a process of its own: a shell leaves traces in the one that it is in.
TAB = """
import json, sys
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_cell("import curvkit; from curvkit import curvature, selection, tuners")
shell.Completer.use_jedi = sys.argv[1] == "True"
found = {}
for text in sys.argv[2:]:
    with provisionalcompleter():
        texts = [each.text for each in shell.Completer.completions(text, len(text))]
    names = {each.rstrip("=").rpartition(".")[2] for each in texts}
    found[text] = sorted(each for each in names if not each.startswith("_"))
print(json.dumps(found))
"""


@pytest.mark.parametrize("jedi", [True, False])
def test_tab_lists_rooms_functions_and_knobs(jedi):
    texts = ["curvkit.", "selection.", "curvature.", "curvature.explore(", "curvature.run(",
             "tuners.Settings("]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", TAB, str(jedi), *texts], capture_output=True, text=True, check=True
    )
    found = {text: set(names) for text, names in json.loads(done.stdout).items()}
    assert found["curvkit."] == {*curvkit.__all__}
    assert found["selection."] == {*curvkit.selection.__all__}
    assert found["curvature."] == {*curvkit.curvature.__all__}
    knobs = {*room("curvature").knobs}
    assert found["curvature.explore("] >= knobs and found["curvature.run("] >= knobs
    assert found["tuners.Settings("] >= {*room("tuners").knobs}


HEAVY = ("plotly", "ipywidgets", "sklearn.feature_selection", "papermill", "dask", "IPython")


# One process for all rooms: as nothing heavy is there before a room, it is the room that brings it.
IMPORTS = f"""
import importlib, sys
for name in {["curvkit", *(f"curvkit.{name}" for name in ROOMS)]}:
    importlib.import_module(name)
    heavy = [each for each in {HEAVY} if each in sys.modules]
    if heavy:
        sys.exit(f"{{name}} brings {{heavy}}")
"""


def test_an_import_brings_nothing_that_draws():
    done = subprocess.run([sys.executable, "-c", IMPORTS], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_command_line_does_not_wait_for_jax():
    text = "import sys, curvkit, curvkit.__main__; print('jax' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_lazy_name_that_nothing_imports_is_refused_by_name(monkeypatch):
    from curvkit.core.lazy import lazily

    source = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from math import tau\n"
    module = SimpleNamespace(
        __all__=["tau", "nowhere"], __loader__=SimpleNamespace(get_source=lambda _: source)
    )
    monkeypatch.setitem(sys.modules, "made_up", module)
    with pytest.raises(ImportError, match="made_up.__all__ has 'nowhere', which nothing imports"):
        lazily("made_up")
    module.__all__ = ["tau"]
    get, listed = lazily("made_up")
    assert get("tau") == importlib.import_module("math").tau and listed() == ["tau"]
    with pytest.raises(AttributeError, match="has no attribute 'e'"):
        get("e")
