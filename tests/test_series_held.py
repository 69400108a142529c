"""Every series of a trace is held by a test that is named.

The names stand beside the tests of each room, in `held.py`: `HOLDS` has by file and test the series
that the test looks at, against an oracle or as a formula of others, and it runs with `make test`.
"""

import ast
import importlib
from pathlib import Path

import pytest
from rooms import ROOMS

HERE = Path(__file__).parent


def tables(source: str) -> dict[str, object]:
    """The values of the names that a file of plain values gives, none of it run."""
    return {
        each.targets[0].id: ast.literal_eval(each.value)
        for each in ast.parse(source).body
        if isinstance(each, ast.Assign)
    }


def wrong(held: dict, series: set[str], folder: Path) -> list[str]:
    """What is the matter with a room's tables, in sentences."""
    places = [
        (name, file, test)
        for file, tests in held.get("HOLDS", {}).items()
        for test, names in tests.items()
        for name in names
    ]
    holds = {name for name, *_ in places}
    told = [f"no test holds {name}" for name in sorted(series - holds)]
    told += [f"there is no series {name}" for name in sorted(holds - series)]
    told += [f"{each} is read by nobody" for each in sorted(held.keys() - {"HOLDS"})]
    for name, file, test in places:
        path = folder / file
        source = path.read_text(encoding="utf-8") if path.is_file() else ""
        found = [
            each
            for each in ast.parse(source).body
            if isinstance(each, ast.FunctionDef) and each.name == test
        ]
        if not found:
            told.append(f"there is no {test} in {file}, which is to hold {name}")
        elif any(ast.unparse(each) == "pytest.mark.full" for each in found[0].decorator_list):
            told.append(f"{test}, which holds {name}, is left out by `make test`")
        elif name not in source:
            told.append(f"{file}, which is to hold {name}, does not know of it")
    return told


@pytest.mark.parametrize("name", [*ROOMS, "watching"])
def test_each_series_of_a_room_s_trace_is_held(name):
    folder, home = HERE.joinpath(*name.split(".")), importlib.import_module(f"curvkit.{name}.trace")
    path, series = folder / "held.py", set(home.Trace.__series__)
    told = f"{path.relative_to(HERE.parent)} is not there, with HOLDS of {', '.join(series)}"
    assert path.is_file(), told
    told = wrong(tables(path.read_text(encoding="utf-8")), series, folder)
    assert not told, f"{path.relative_to(HERE.parent)}: {'; '.join(told)}"


SOURCE = """
import pytest

def test_one(): trace.one

@pytest.mark.full
def test_two(): trace.two
"""


ONE, TWO = ({"test_it.py": {f"test_{each}": [each]}} for each in ("one", "two"))


@pytest.mark.parametrize(
    "held, series, said",
    [
        ({"HOLDS": ONE}, {"one"}, None),
        ({"HOLDS": ONE}, {"one", "two"}, "no test holds two"),
        ({}, {"one"}, "no test holds one"),
        ({"HOLDS": ONE}, set(), "there is no series one"),
        ({"HOLDS": ONE, "OPEN": ["two"]}, {"one"}, "OPEN is read by nobody"),
        ({"HOLDS": {"test_it.py": {"test_none": ["one"]}}}, {"one"}, "there is no test_none"),
        ({"HOLDS": {"test_it.py": {"test_one": ["three"]}}}, {"three"}, "does not know of it"),
        ({"HOLDS": TWO}, {"two"}, "left out by `make test`"),
    ],
)
def test_a_table_that_is_wrong_is_found(held, series, said, tmp_path):
    (tmp_path / "test_it.py").write_text(SOURCE, encoding="utf-8")
    told = "; ".join(wrong(held, series, tmp_path))
    assert told == "" if said is None else said in told
