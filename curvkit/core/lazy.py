"""Names that are imported when they are first used, so that theory needs no plotly."""

import importlib
from collections.abc import Callable
from typing import Any


def lazily(package: str, **names: str | None) -> Callable[[str], Any]:
    """A module's `__getattr__` that imports each name of `names` on first use.

    Args:
        package: the package's `__name__`.
        names: for each public name the submodule that holds it, or None where the name is itself
            a submodule.
    """

    def get(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        home = names[name]
        module = importlib.import_module(f"{package}.{home or name}")
        return getattr(module, name) if home else module

    return get
