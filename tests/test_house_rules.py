"""The house rules hold for every file of the house, and each rule can fail."""

import subprocess
import sys

import pytest
import rules
from rooms import home
from rules import HOUSE, floor_plan, keeps_to_the_floor_plan, knows_nothing_above, place

ROOMS = floor_plan()
IN_ROOMS = [path for room in ROOMS for path in sorted(home(room).glob("*.py"))]
THEORY = [path for path in IN_ROOMS if path.stem not in rules.STANDARD]
ELSEWHERE = sorted(set(HOUSE.rglob("*.py")) - set(IN_ROOMS))
EVERYWHERE = sorted(HOUSE.rglob("*.py"))


def each(paths):
    return pytest.mark.parametrize("path", paths, ids=lambda path: str(path.relative_to(HOUSE)))


# The rules hold


@each(IN_ROOMS)
def test_a_file_of_a_room_imports_what_the_floor_plan_gives_it(path):
    assert not keeps_to_the_floor_plan(path.read_text(), path.stem, place(path), ROOMS)


@each(ELSEWHERE)
def test_no_floor_names_a_room_and_core_no_screen_and_show_no_mathematics(path):
    floor = place(path) or HOUSE.name
    assert not knows_nothing_above(path.read_text(), floor, path.stem, ROOMS)


@each(EVERYWHERE)
def test_nothing_that_is_read_is_executed(path):
    assert not rules.never_executes_data(path.read_text(), path.name)


@each(EVERYWHERE)
def test_modules_and_functions_stay_short(path):
    assert not rules.stays_short(path.read_text(), path.name)


@each(EVERYWHERE)
def test_everything_public_says_what_it_does(path):
    assert not rules.says_what_it_does(path.read_text(), path.name)


@each(EVERYWHERE)
def test_a_name_says_what_a_thing_is(path):
    assert not rules.says_what_it_is(path.read_text(), path.relative_to(HOUSE).as_posix())


@each(EVERYWHERE)
def test_of_one_thing_there_is_no_plural(path):
    assert not rules.counts_in_words(path.read_text(), path.relative_to(HOUSE).as_posix())


def test_a_name_of_a_class_means_one_thing():
    sources = {path.relative_to(HOUSE).as_posix(): path.read_text() for path in EVERYWHERE}
    assert not rules.one_class_of_a_name(sources)


@each(THEORY)
def test_a_function_that_a_room_exports_shows_an_example(path):
    names = rules.exported((path.parent / "__init__.py").read_text())
    assert not rules.shows_an_example(path.read_text(), path.name, names)


@each(THEORY)
def test_a_theory_file_opens_with_one_table_of_symbols(path):
    assert not rules.maps_its_symbols(path.read_text(), path.name)


@each(THEORY)
def test_a_theory_file_has_a_test_of_its_name(path):
    tests = HOUSE.parent.joinpath("tests", *place(path).split("."))
    assert (tests / f"test_{path.name.lstrip('_')}").exists(), "write it, with an oracle"


def test_what_a_room_exports_is_there():
    code = "\n".join(f"from curvkit.{room} import *" for room in ROOMS)
    subprocess.run([sys.executable, "-c", code], check=True, cwd=HOUSE.parent, timeout=300)


def test_a_room_computes_where_nothing_can_be_drawn():
    # A name set to None in sys.modules cannot be imported: as if it were not installed.
    absent = dict.fromkeys(sorted(rules.SCREEN))
    code = f"import sys; sys.modules.update({absent})\n"
    code += "\n".join(f"import curvkit.{room}.experiment" for room in ROOMS)
    subprocess.run([sys.executable, "-c", code], check=True, cwd=HOUSE.parent, timeout=300)


# The rules can fail

PLAN = {
    "tuners.model": {"__init__", "settings", "trace", "experiment", "figures", "_balance"},
    "curvature": {"__init__", "settings", "_lanczos", "figures"},
    "selection": {"__init__", "settings", "_greedy"},
    "tuners": {
        "__init__",
        "settings",
        "trace",
        "experiment",
        "figures",
        "widget",
        "_cdat",
        "_names",
    },
}  # fmt: skip


@pytest.mark.parametrize(
    "file, line, seen",
    [
        ("settings", "import jax", "jax"),
        ("settings", "from curvkit.tuners.experiment import run", "own experiment"),
        ("settings", "from curvkit.curvature._eigenpairs import hvp", "lent theory"),
        ("trace", "from curvkit.draw import theme", "draw"),
        ("figures", "from curvkit.show import panel", "show"),
        ("trace", "from curvkit.tuners._cdat import cdat", "own theory"),
        ("_names", "from curvkit.tuners._cdat import cdat", "own theory"),
        ("_names", "import numpy", "numpy"),
        ("scenes", "from curvkit.show.stage import widget", "show"),
        ("scenes", "import jax.numpy as jnp", "jax"),
        ("experiment", "from curvkit.tuners import figures", "own figures"),
        ("experiment", "from .figures import edge", "own figures"),
        ("experiment", "def run():\n    import plotly.graph_objects as go", "plotly"),
        ("experiment", "from curvkit.curvature import Settings", "the room curvature"),
        ("experiment", "from curvkit.selection import run", "the room selection"),
        ("experiment", "from curvkit.selection._greedy import Path", "the room selection"),
        ("figures", "from curvkit.tuners.experiment import run", "own experiment"),
        ("figures", "import curvkit.tuners.experiment", "own experiment"),
        ("figures", "import jax.numpy as jnp", "jax"),
        ("_cdat", "from curvkit.tuners.settings import Settings", "own settings"),
        ("_cdat", "from curvkit.tuners.trace import Trace", "own trace"),
        ("_cdat", "from curvkit.core import knob", "core.knob"),
        ("_cdat", "from curvkit.curvature.figures import edge", "the room curvature"),
        ("_cdat", "import curvkit", "the whole house"),
        ("_cdat", "import pandas", "pandas"),
        ("__init__", "from curvkit.show.panel import panel", "show"),
        ("widget", "from curvkit.curvature._eigenpairs import hvp", "lent theory"),
    ],
)
def test_an_import_off_the_floor_plan_is_seen(file, line, seen):
    wrong = keeps_to_the_floor_plan(line, file, "tuners", PLAN)
    assert len(wrong) == 1 and wrong[0].endswith(seen)


@pytest.mark.parametrize(
    "file, line",
    [
        ("settings", "from curvkit.core.knob import knob\nfrom curvkit.tuners._cdat import RULES"),
        ("experiment", "from curvkit import data\nfrom curvkit.curvature._eigenpairs import hvp"),
        ("experiment", "from curvkit.curvature import _lanczos\nimport jax.numpy as jnp"),
        ("experiment", "from curvkit.selection import group_omp"),
        (
            "figures",
            "from curvkit.draw import theme\nimport plotly.graph_objects as go\nimport math",
        ),
        ("scenes", "from curvkit.draw import scene\nimport numpy as np"),
        ("trace", "from curvkit.tuners._names import NAMES\nimport numpy as np"),
        ("_cdat", "from curvkit.tuners._names import NAMES"),
        ("_cdat", "from curvkit.core import messages, tree\nimport optax"),
        ("widget", "from curvkit.show.panel import panel\nfrom curvkit.tuners import experiment"),
    ],
)
def test_an_import_on_the_floor_plan_is_let_through(file, line):
    assert not keeps_to_the_floor_plan(line, file, "tuners", PLAN)


@pytest.mark.parametrize(
    "room, file, line, seen",
    [
        ("tuners.model", "experiment", "from curvkit.tuners.experiment import run", "room tuners"),
        ("tuners.model", "balance", "from curvkit.tuners import Settings", "room tuners"),
        ("tuners.model", "figures", "from curvkit.tuners.model import experiment", "own experime"),
        ("tuners", "experiment", "from curvkit.tuners.model._balance import f", "tuners.model"),
    ],
)
def test_a_room_within_a_room_is_a_room_of_its_own(room, file, line, seen):
    (wrong,) = keeps_to_the_floor_plan(line, file, room, PLAN)
    assert seen in wrong


def test_a_room_within_a_room_stands_on_the_theory_of_the_outer_one():
    line = "from curvkit.tuners._cdat import cdat\nfrom curvkit.tuners.model import _balance"
    assert not keeps_to_the_floor_plan(line, "experiment", "tuners.model", PLAN)


@pytest.mark.parametrize(
    "floor, line",
    [
        ("core", "from curvkit.tuners._cdat import cdat"),
        ("core", "from curvkit import tuners"),
        ("core", "from curvkit.draw import theme"),
        ("core", "import plotly.graph_objects as go"),
        ("core", "def draw():\n    import ipywidgets"),
        ("draw", "import ipywidgets"),
        ("draw", "from curvkit.show.panel import panel"),
        ("show", "from curvkit.tuners.trace import Trace"),
        ("show", "import jax.numpy as jnp"),
        ("host", "from curvkit.pages import page"),
        ("pages", "from curvkit.report import run"),
        ("report", "from curvkit.sweep import run"),
        ("report", "from curvkit.tuners import run"),
        ("curvkit", "import curvkit.tuners"),
    ],
)
def test_a_floor_that_looks_up_is_seen(floor, line):
    assert knows_nothing_above(line, floor, "theme", PLAN)


@pytest.mark.parametrize(
    "floor, line",
    [
        ("show", "from curvkit.core import knob\nimport plotly\nimport ipywidgets\nimport numpy"),
        ("core", "import jax\nimport tqdm.auto\nfrom curvkit.core import knob"),
    ],
)
def test_a_floor_that_looks_down_is_let_through(floor, line):
    assert not knows_nothing_above(line, floor, "theme", PLAN)


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from pickle import loads",
        "eval('1')",
        "def f(text):\n    exec(text)",
        "np.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=trusted)",
    ],
)
def test_a_line_that_executes_data_is_seen(line):
    assert rules.never_executes_data(line, "trace.py")
    assert not rules.never_executes_data("np.load(path, allow_pickle=False)", "trace.py")


def test_a_module_of_301_lines_and_a_function_of_41_are_seen():
    long = "x = 1\n" * 301
    assert rules.stays_short(long, "a.py") and not rules.stays_short(long[6:], "a.py")
    told = '    """' + "Words.\n" * 50 + '    """\n'
    body = "    x = 1\n" * 40
    assert rules.stays_short(f"def f():\n{told}{body}", "a.py")
    assert not rules.stays_short(f"def f():\n{told}{body[10:]}", "a.py")


@pytest.mark.parametrize(
    "source",
    [
        "made = 1",
        "made: int = 1",
        "(a, *made) = 1, 2",
        "if (made := 1): pass",
        "[1 for made in x]",
        "for at, made in x: pass",
        "with x as made: pass",
        "try: pass\nexcept ValueError as made: pass",
        "match x:\n    case [1, *made]: pass",
        "match x:\n    case {1: 2, **made}: pass",
        "match x:\n    case 1 as made: pass",
        "def made(): pass",
        "async def made(): pass",
        "def f(made): pass",
        "def f(*, made=1): pass",
        "f = lambda *made: 1",
        "class A:\n    made: int",
        "class A:\n    def made(self): pass",
        "from a import b as made",
        "from a import made",
    ],
)
@pytest.mark.parametrize("word", sorted(rules.EMPTY))
def test_a_name_that_does_not_say_what_a_thing_is_is_seen(source, word):
    assert len(rules.says_what_it_is(source.replace("made", word), "a.py")) == 1
    assert not rules.says_what_it_is(source.replace("made", "figure"), "a.py")


def test_an_empty_name_is_let_through_where_it_was_saved_and_nowhere_else():
    (file, name), *_ = rules.EMPTY_BUT_SAVED
    assert not rules.says_what_it_is(f"{name}: int", file)
    assert rules.says_what_it_is(f"{name}: int", "tuners/_leaves.py")
    assert rules.says_what_it_is("made: int", file)
    for file, name in rules.EMPTY_BUT_SAVED:  # none longer than it is needed
        assert f" {name}:" in HOUSE.joinpath(file).read_text()


@pytest.mark.parametrize("words", ["{n} readings", "**{n}** good groups", "of {len(n)} runs lost"])
def test_a_plural_after_a_number_that_may_be_one_is_seen(words):
    source = f'f"{words}"'
    assert len(rules.counts_in_words(source, "a.py")) == 1
    many = source.replace("{n}", "{MOST}").replace("len(n)", "len(NAMES)")
    assert not rules.counts_in_words(many, "a.py")


def test_a_second_class_of_a_name_is_seen():
    source = "class Row: pass"
    assert rules.one_class_of_a_name({"a.py": source, "b.py": source}) == [
        "Row is a class in a.py and in b.py"
    ]
    assert rules.one_class_of_a_name({"a.py": f"{source}\ndef f():\n    {source}"})
    assert not rules.one_class_of_a_name({"a.py": source, "b.py": "class Rows: pass"})
    assert not rules.one_class_of_a_name({"a.py": "class State: pass", "b.py": "class State: pass"})


def test_a_missing_docstring_is_seen():
    assert (
        len(rules.says_what_it_does("def f():\n    return 1\n\n\nclass A:\n    x = 1", "a.py")) == 3
    )
    assert not rules.says_what_it_does('"""Words."""\n\n\ndef _f():\n    return 1', "a.py")


def test_a_missing_example_is_seen():
    source = 'def f():\n    """Words."""\n\n\ndef g():\n    """Words.\n\n    >>> 1\n    1\n    """'
    assert rules.shows_an_example(source, "a.py", {"f", "g"}) == ["a.py: f has no doctest"]
    assert rules.exported('__all__ = ["f", "g"]') == {"f", "g"}


@pytest.mark.parametrize("tables", [0, 2])
def test_a_missing_or_second_table_of_symbols_is_seen(tables):
    table = "| symbol | name |\n| --- | --- |\n"
    assert rules.maps_its_symbols(f'"""Words.\n\n{table * tables}"""', "a.py")
    assert not rules.maps_its_symbols(f'"""Words.\n\n{table}"""', "a.py")
