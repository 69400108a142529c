"""Tables of claims: each lies beside a notebook that measures all it is about, and can fail."""

import ast
import math

import jupytext
import notebook_runner
import numpy as np
import pytest
from rules import HOUSE

from curvkit import claims
from curvkit.claims import Claim, Claims, Measured

NOTEBOOKS = HOUSE.parent / "notebooks"
TABLES = [path.stem for path in sorted((NOTEBOOKS / "claims").glob("*.toml"))]
ROWS = [pytest.param(stem, at, id=f"{stem}-{at}")
        for stem in TABLES for at in range(len(claims.of(stem).rows))]  # fmt: skip
each_table = pytest.mark.parametrize("stem", TABLES)
each_row = pytest.mark.parametrize("stem, at", ROWS)
ROW = dict(
    claim="It falls.", cell="Below", measured="the fall", paper="none", verdict="not",
    ours="by {fall}", reproduced={"fall": [2, math.inf]}, in_part={"fall": [1, 2]},
)  # fmt: skip
ONE = {"paper": "a paper", "asks": {"steps": [10, math.inf]}, "row": [ROW]}


def cells(stem):
    return jupytext.read(NOTEBOOKS / f"{stem}.py").cells


def noted(stem):
    """The names of the numbers that the notebook's cells note."""
    names = set()
    for cell in cells(stem):
        tree = ast.parse(cell.source) if cell.cell_type == "code" else ast.Module([], [])
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "note":
                names |= {each.arg for each in node.keywords if each.arg}
    return names


def test_there_are_tables():
    assert TABLES


@each_table
def test_a_table_lies_beside_a_notebook_that_shows_it_and_notes_all_its_numbers(stem):
    source = "\n".join(cell.source for cell in cells(stem) if cell.cell_type == "code")
    assert f'claims.of("{stem}")' in source
    assert claims.of(stem).names <= noted(stem)


@each_row
def test_a_row_names_a_heading_of_its_notebook(stem, at):
    headings = [line.lstrip("# ") for cell in cells(stem) if cell.cell_type == "markdown"
                for line in cell.source.splitlines() if line.startswith("## ")]  # fmt: skip
    assert claims.of(stem).rows[at].cell in headings


def inside(ends):
    low, high = ends
    return low + 1 if math.isinf(high) else (low + high) / 2


@each_row
def test_a_row_comes_to_its_verdict_by_numbers_alone_and_can_fail(stem, at):
    row = claims.of(stem).rows[at]
    given = {name: Measured(1.0) for name in row.names}
    told = {}
    for verdict, ends in ((claims.REPRODUCED, row.reproduced), (claims.IN_PART, row.in_part)):
        numbers = given | {name: Measured(inside(each)) for name, each in ends.items()}
        told |= {verdict: row.judged(numbers)} if ends else {}
        for name, each in ends.items():
            beyond = each[1] + 1 if math.isfinite(each[1]) else each[0] - 1
            assert row.judged(numbers | {name: Measured(beyond)}) != verdict
    assert told and all(each in (verdict, claims.REPRODUCED) for verdict, each in told.items())
    nothing = {name: Measured(math.nan) for name in row.names}
    assert row.judged(nothing) == claims.NOT and row.judged({}) == claims.UNKNOWN
    assert row.verdict in (*told, claims.NOT)


def test_numbers_that_were_noted_stand_in_the_table_with_the_verdict_on_them():
    table = Claims("nn", ONE)
    assert table.verdicts() == ["not measured"] and "asks for steps from 10" in table.markdown()
    for fall, verdict in ((3, "reproduced"), ([1.0, 1.5, 9.0], "in part"), (math.nan, "not")):
        table.note(fall=fall, steps=10)
        assert table.verdicts() == [verdict] and f"**{verdict}**" in table.markdown()
    table.note(fall=[1.0, 1.5, 9.0])
    assert "by 1.50 (1.00 to 9.00)" in table.markdown()
    assert table.facts()[0]["numbers"] == {"fall": [1.0, 1.5, 9.0]}
    table.note(steps=9)
    assert table.verdicts() == ["not measured"]


def test_a_number_that_no_row_is_about_is_refused_and_so_is_a_table_that_is_not_there():
    table = Claims("nn", ONE)
    with pytest.raises(ValueError, match="fall, steps"):
        table.note(fell=1)
    with pytest.raises(ValueError, match="empty array"):
        table.note(fall=[])
    with pytest.raises(ValueError, match="02_tuners"):
        claims.of("02_tuner")
    with pytest.raises(ValueError, match="in part, not, reproduced"):
        Claims("nn", ONE | {"row": [ROW | {"verdict": "yes"}]})
    with pytest.raises(ValueError, match="{name:%}"):
        f"{Measured(1.0):.2f}"


def test_a_median_does_not_hide_what_is_no_number():
    assert Measured([1.0, np.inf, np.inf]).median == Measured([1.0, np.inf]).median == np.inf
    assert math.isnan(Measured([1.0, 1.0, np.nan]).median)
    assert (
        Claim("", "", "", "", "{a}", "not", {"a": [0, 1]}).judged({"a": Measured(np.nan)}) == "not"
    )


def test_the_table_of_a_run_is_held_against_the_verdicts_written_down():
    rows = claims.of(TABLES[0]).rows
    shown = [{"claim": row.claim, "verdict": row.verdict, "told": ""} for row in rows]
    output = {"metadata": {"text/markdown": {"curvkit": {"claims": shown}}}}
    notebook_runner.holds_its_claims(TABLES[0], notebook_runner.Executed([output], [], {}))
    shown[0]["verdict"] = "not measured"
    with pytest.raises(AssertionError, match="not measured"):
        notebook_runner.holds_its_claims(TABLES[0], notebook_runner.Executed([output], [], {}))
