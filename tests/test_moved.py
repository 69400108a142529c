"""Names that have moved are still there, with a warning at the line that uses the old one."""

import importlib

import optax
import pytest

from curvkit._moved import MOVED, RENAMED


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


@pytest.mark.parametrize(
    ("place", "old", "new"),
    [(place, *pair) for place, names in RENAMED.items() for pair in names.items()],
)
def test_an_old_name_is_the_new_thing_and_says_so_where_it_is_used(place, old, new):
    home = importlib.import_module(place)
    with pytest.warns(DeprecationWarning, match=f"^{place}.{old} is called {new} now") as warned:
        assert getattr(home, old) is getattr(home, new)
    assert warned[0].filename == __file__
    assert old not in vars(home) and old not in getattr(home, "__all__", ())


def test_an_old_name_can_still_be_imported():
    with pytest.warns(DeprecationWarning, match="AffineLayer"):
        from curvkit.verification import Affine
    with pytest.warns(DeprecationWarning, match="SeedComparison"):
        from curvkit.minima import Comparison
    assert (Affine.__name__, Comparison.__name__) == ("AffineLayer", "SeedComparison")


def test_an_old_module_has_the_old_names(monkeypatch):
    for old in ("curvkit.show.told", "curvkit.verification.networks"):
        monkeypatch.delitem(importlib.sys.modules, old, raising=False)
    with pytest.warns(DeprecationWarning, match="has moved"):
        told = importlib.import_module("curvkit.show.told")
        networks = importlib.import_module("curvkit.verification.networks")
    summary = importlib.import_module("curvkit.show.summary")
    assert told.told is summary.markdown and networks.Affine.__name__ == "AffineLayer"


def test_what_a_check_says_is_still_there_by_its_old_name():
    from curvkit.kernels import Checked
    from curvkit.kernels._check import Compared

    outcome = Checked((Compared(0, "Affine", 0.0, 0.0, 0.0, 0.0),))
    with pytest.warns(DeprecationWarning, match="^Checked.told is called description") as warned:
        assert outcome.told == outcome.description
    assert warned[0].filename == __file__
    with pytest.raises(AttributeError, match="'Checked' object has no attribute 'nowhere'"):
        outcome.nowhere  # noqa: B018
