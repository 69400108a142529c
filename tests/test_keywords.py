"""Every keyword of a public function changes something, or a sentence says why none is looked for.

The functions are found by looking, and their examples in each room's `turns.py`: a keyword without
one fails.
"""

import importlib

import jax.numpy as jnp
import pytest
import turning
from rooms import ROOMS

HOMES = [*ROOMS, "watching"]
FUNCTIONS = {
    home: found
    for home in HOMES
    if (found := turning.functions(importlib.import_module(f"curvkit.{home}")))
}
TABLES = {home: turning.table(home) for home in FUNCTIONS}


@pytest.mark.parametrize("home", FUNCTIONS)
def test_every_keyword_of_a_public_function_has_an_example(home):
    has = TABLES[home]
    path = f"tests/{home.replace('.', '/')}/turns.py"
    assert has is not None, f"{path} is not there, with TURNS of {', '.join(FUNCTIONS[home])}"
    given = {f"{name}.{each}" for name, turn in has.TURNS.items() for each in turn.others}
    left, wanted = getattr(has, "LEFT", {}), set()
    for name, keywords in FUNCTIONS[home].items():
        wanted |= {f"{name}.{each}" for each in keywords}
    assert not wanted - given - left.keys(), f"{path} lacks {sorted(wanted - given - left.keys())}"
    # Of `**options` that go on to another function there are more.
    assert not left.keys() - wanted and not left.keys() & given, f"{path} leaves out what it has"
    assert all(len(reason.split()) > 3 for reason in left.values()), f"{path} gives no reason"


CASES = [
    pytest.param(home, name, marks=[pytest.mark.full] * turn.full, id=f"{home}-{name}")
    for home, has in TABLES.items()
    if has is not None
    for name, turn in has.TURNS.items()
]


@pytest.mark.parametrize("home, name", CASES)
def test_each_keyword_changes_what_comes_out(home, name):
    turn = TABLES[home].TURNS[name]
    for each in turn.needs:
        pytest.importorskip(each)
    still = turning.unmoved(turn)
    assert not still, f"{home}.{name} returns the same whatever {', '.join(still)} is"


def test_a_keyword_that_is_ignored_is_found():
    idle = turning.Turn(lambda used=1.0, idle=1.0: 2 * jnp.asarray(used), dict(used=2.0, idle=2.0))
    assert turning.unmoved(idle) == ["idle"] == turning.unmoved(idle._replace(traced=True))
    assert turning.keywords(idle.call) == ["used", "idle"]
