"""Lazy names: what a package imports under `if TYPE_CHECKING:` is imported when first used.

Type checkers, editors and documentation generators read the imports as they stand; `lazily` reads
the same lines from the source at run time, so the list of names is written once.
"""

import ast
import importlib
import sys
from collections.abc import Callable
from typing import Any

from curvkit import _moved


def lazily(package: str) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The `__getattr__` and the `__dir__` of a package whose lazy imports stand under
    `if TYPE_CHECKING:` in its `__init__.py`.

    Args:
        package: the package's `__name__`; its `__all__` must stand above the call.

    Raises:
        ImportError: naming the name, where `__all__` has one that is neither there nor imported.
    """
    module = sys.modules[package]
    loader: Any = module.__loader__
    homes = _homes(loader.get_source(package))
    absent = [name for name in module.__all__ if name not in homes and not hasattr(module, name)]
    if absent:
        raise ImportError(f"{package}.__all__ has {absent[0]!r}, which nothing imports.")

    def get(name: str) -> Any:
        if name not in homes:
            return _moved.attribute(package, name)
        home, original = homes[name]
        if home == package:
            return importlib.import_module(f"{home}.{original}")
        value = getattr(importlib.import_module(home), original)
        setattr(module, name, value)
        return value

    return get, lambda: sorted(module.__all__)


def _homes(source: str) -> dict[str, tuple[str, str]]:
    """For each name imported under `if TYPE_CHECKING:`, its module and its name there."""
    blocks = [
        node.body
        for node in ast.parse(source).body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    return {
        each.asname or each.name: (str(node.module), each.name)
        for node in sum(blocks, [])
        if isinstance(node, ast.ImportFrom)
        for each in node.names
    }
