"""Names that have moved are still there, with a warning at the line that uses the old one."""

import importlib

import pytest

from curvkit._moved import MOVED


@pytest.mark.parametrize("old", MOVED)
def test_an_old_module_is_the_new_one_and_says_so_where_it_is_imported(old, monkeypatch):
    package, _, name = old.rpartition(".")
    monkeypatch.delitem(importlib.sys.modules, old, raising=False)
    monkeypatch.delattr(importlib.import_module(package), name, raising=False)
    with pytest.warns(DeprecationWarning, match=f"^{old} has moved") as warned:
        exec_free = importlib.import_module(old)
    assert warned[0].filename == __file__ or "importlib" in warned[0].filename
    home = importlib.import_module(MOVED[old])
    public = [each for each in vars(home) if not each.startswith("_")]
    assert public and all(getattr(exec_free, each) is getattr(home, each) for each in public)
