"""What was run with what, so that the same thing is not run twice.

The record of a notebook is its executed copy: it is written last, after its pages, so that whoever
finds it finds a run that was finished. Its mark is a digest of all that a run depends on: the
notebook's cells, its parameters, the versions of what it uses, and curvkit's own source.
"""

import functools
import hashlib
import json
import os
import platform
import re
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import curvkit

if TYPE_CHECKING:
    from nbformat import NotebookNode

# What decides on what device a notebook computes, and how.
SWITCHES = ("JAX_PLATFORMS", "JAX_ENABLE_X64", "XLA_FLAGS", "CUDA_VISIBLE_DEVICES")
SHOWN = ("curvkit", "jax", "optax", "numpy", "plotly", "python")


@functools.cache
def versions() -> dict[str, str]:
    """The versions of Python, curvkit and all that it asks for, as far as they are installed."""
    asked = [each for each in metadata.requires("curvkit") or [] if "extra ==" not in each]
    names = {named[0].lower() for each in asked if (named := re.match(r"[\w.-]+", each))}
    named = {"python": platform.python_version(), "curvkit": curvkit.__version__}
    for name in sorted(names | {"jaxlib", "jax-cuda12-plugin"}):
        try:
            named[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return named


@functools.cache
def source() -> str:
    """A digest of curvkit's own source, which changes more often than its version."""
    home, digest = Path(__file__).parent.parent, hashlib.sha256()
    for path in sorted(home.rglob("*.py")):
        digest.update(f"{path.relative_to(home).as_posix()}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def mark(node: "NotebookNode", parameters: Mapping[str, Any]) -> str:
    """The digest of all that running `node` with `parameters` depends on.

    >>> from nbformat.v4 import new_code_cell, new_notebook
    >>> node = new_notebook(cells=[new_code_cell("x = 1")])
    >>> mark(node, {"steps": 3}) == mark(node, {"steps": 4})
    False
    """
    inputs = {
        "cells": [[cell.cell_type, cell.source, cell.get("attachments")] for cell in node.cells],
        "parameters": dict(parameters),
        "versions": versions(),
        "source": source(),
        "switches": {name: os.environ.get(name, "") for name in SWITCHES},
    }
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def finished(path: Path, wanted: str) -> "NotebookNode | None":
    """The executed notebook at `path` if it ended well and bears the mark; else None."""
    import nbformat  # sweeps, which ask for versions alone, do not wait for it

    try:
        node = nbformat.read(path, as_version=4)
        facts = node.metadata["curvkit"]["report"]
        valid = facts["mark"] == wanted and not facts["failure"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return node if valid else None
