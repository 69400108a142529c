"""Names that have moved are still there, with a warning at the line that uses the old one."""

import importlib

import optax
import pytest

from curvkit._moved import MOVED


@pytest.mark.parametrize("old", MOVED)
def test_an_old_module_is_the_new_one_and_says_so_where_it_is_imported(old, monkeypatch):
    package, _, name = old.rpartition(".")
    monkeypatch.delitem(importlib.sys.modules, old, raising=False)
    monkeypatch.delitem(vars(importlib.import_module(package)), name, raising=False)
    with pytest.warns(DeprecationWarning, match=f"^{old} has moved") as warned:
        alias = importlib.import_module(old)
    assert warned[0].filename == __file__ or "importlib" in warned[0].filename
    home = importlib.import_module(MOVED[old])
    public = [each for each in vars(home) if not each.startswith("_")]
    assert public and all(getattr(alias, each) is getattr(home, each) for each in public)


@pytest.mark.parametrize("name", ["tuners.rivals", "sobolev.comparison", "selection.greedy"])
def test_an_old_module_is_still_an_attribute_of_its_room(name, monkeypatch):
    room, _, old = f"curvkit.{name}".rpartition(".")
    package = importlib.import_module(room)
    monkeypatch.delitem(importlib.sys.modules, f"{room}.{old}", raising=False)
    monkeypatch.delitem(vars(package), old, raising=False)
    with pytest.warns(DeprecationWarning, match=f"^curvkit.{name} has moved"):
        found = getattr(package, old)
    assert found.__doc__ == importlib.import_module(MOVED[f"{room}.{old}"]).__doc__
    with pytest.raises(AttributeError, match=f"module '{room}' has no attribute 'nowhere'"):
        package.nowhere  # noqa: B018


def test_a_function_whose_module_had_its_name_can_still_be_called(monkeypatch):
    package = importlib.import_module("curvkit.tuners")
    function = package.cdat
    monkeypatch.delitem(importlib.sys.modules, "curvkit.tuners.cdat", raising=False)
    monkeypatch.setattr(package, "cdat", function)  # to be put back after the import below
    with pytest.warns(DeprecationWarning):
        importlib.import_module("curvkit.tuners.cdat")
    assert package.cdat is not function
    assert package.cdat(optax.identity()).init({"w": 1.0}) is not None
