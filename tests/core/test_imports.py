"""What takes seconds to import, and is not used, is not imported."""

import subprocess
import sys

import pytest

TOLD = """
import sys
{first}
print("rfc3987_syntax.syntax_helpers" in sys.modules, "jsonschema" in sys.modules)
{then}
"""


def told(first: str, then: str = "") -> str:
    text = TOLD.format(first=first, then=then)
    ran = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    return ran.stdout.strip()


@pytest.mark.parametrize(
    "first",
    ["import curvkit.show.canvas", "from curvkit.report import make", "import curvkit.sweep.run"],
)
def test_what_draws_and_what_runs_notebooks_makes_no_parsers_of_addresses(first):
    assert told(first) == "False True"


def test_who_wants_the_parsers_still_gets_them():
    pytest.importorskip("rfc3987_syntax")
    then = "import rfc3987_syntax; print(rfc3987_syntax.is_valid_syntax('iri', 'http://a.b/c'))"
    assert told("import curvkit.show.canvas", then) == "False True\nTrue"


def test_where_it_was_imported_before_it_stays_as_it_is():
    first = "import jsonschema; made = jsonschema; import curvkit.show; assert jsonschema is made"
    assert told(first).endswith("True")
