"""Imports that would take seconds for something that nobody here uses."""

import importlib
import sys
from contextlib import suppress
from typing import Any

# Makes 38 parsers of addresses when imported, 2 to 3 s, for a check that notebooks have no need of.
SLOW = "rfc3987_syntax"


def import_jsonschema() -> None:
    """Imports jsonschema, which nbformat and plotly's widgets need, without its check of IRIs.

    Where it is imported already, or is not there, nothing happens.
    """
    if "jsonschema" in sys.modules or SLOW in sys.modules:
        return
    modules: dict[str, Any] = sys.modules
    modules[SLOW] = None  # "not found", to any import of it
    try:
        with suppress(ImportError):
            importlib.import_module("jsonschema")
    finally:
        del sys.modules[SLOW]
