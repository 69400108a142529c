"""A notebook that brings curvkit along: one file that runs where curvkit is not installed.

Its first cell holds curvkit as a wheel, and wheels of the small packages that a host may lack. They
are unpacked into a folder of their own: curvkit before what the host has, the others after it, so
that nothing of the host is replaced or shadowed. Its pictures become attachments of their cells.
"""

import base64
import json
import textwrap
from importlib import metadata
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell
from packaging.requirements import Requirement

from curvkit.core import files
from curvkit.report import pictures, wheel

# What comes along beside curvkit, where it is pure Python; with what that asks for, but for these.
CARRIED = ("optax", "jaxtyping", "anywidget", "platformdirs", "tqdm")
OF_THE_HOST = {"jax", "jaxlib", "numpy", "scipy", "scikit-learn", "plotly", "ipywidgets"}
MARK = "curvkit-comes-along"
CELL = '''
#@title Brings curvkit along: run this cell first
# Made by `curvkit bundle`. It replaces nothing that is installed here.
import base64, io, os, sys, tempfile, zipfile

def unpacked(*wheels):
    place = tempfile.mkdtemp(prefix="curvkit-")
    for each in wheels:
        zipfile.ZipFile(io.BytesIO(base64.b64decode(each))).extractall(place)
    return place

if "curvkit" not in sys.modules:
    sys.path.insert(0, unpacked("""
{own}"""))
    sys.path.append(unpacked({others}))
from curvkit import hosted
hosted.start({needs!r})
'''


def bundle(path: Path, out: Path) -> list[str]:
    """Writes the notebook at `path` to `out` with a first cell that brings curvkit along.

    Returns:
        The file names of the wheels in it.

    Raises:
        ValueError: with one sentence, if it is no notebook, or `out` is the notebook itself or a
            file that is no bundle.
    """
    if files.same(path, out):
        raise ValueError(f"{out} is the notebook itself; name another file by --out.")
    files.ready(out, is_one, "a bundle of curvkit")
    try:
        node = nbformat.read(path, as_version=4)
    except ValueError as error:
        raise ValueError(f"{path} is no notebook: it is not the JSON of one.") from error
    node = pictures.carried(node, path.parent)
    wheels = _wheels()
    own, *others = wheels.values()
    written = ", ".join(f'"""\n{_text(each)}"""' for each in others)
    needs = node.metadata.get("curvkit", {}).get("needs")
    source = CELL.strip("\n").format(own=_text(own), others=written, needs=needs)
    cell = new_code_cell(source)
    cell.metadata = {"tags": ["hosted"], "cellView": "form", "jupyter": {"source_hidden": True}}
    cell["id"] = MARK
    titled = bool(node.cells) and node.cells[0].cell_type == "markdown"
    node.cells.insert(int(titled), cell)
    files.write(out, nbformat.writes(node))
    return list(wheels)


def is_one(path: Path) -> bool:
    """Whether a file is a bundle, by its first cells."""
    try:
        with files.reading(path) as file:
            cells = json.loads(file.read().decode())["cells"][:2]
        return any(each.get("id") == MARK for each in cells)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False


def _wheels() -> dict[str, bytes]:
    """Curvkit's wheel first, then those of what it needs, as far as they can be carried."""
    wheels = dict([wheel.built("curvkit")])
    for name in _asked(CARRIED):
        try:
            wheels |= dict([wheel.built(name)])
        except ValueError:
            continue  # its first cell asks pip for it, or says that it is missing
    return wheels


def _asked(names: tuple[str, ...]) -> list[str]:
    """Packages and all that they ask for, but for what a host has to have."""
    packages, open_ = [], list(names)
    while open_:
        name = open_.pop(0)
        if name in packages or name in OF_THE_HOST:
            continue
        try:
            asked = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue
        packages.append(name)
        requirements = map(Requirement, asked)
        open_ += [
            each.name.lower()
            for each in requirements
            if not each.marker or each.marker.evaluate({"extra": ""})
        ]
    return packages


def _text(data: bytes) -> str:
    return "\n".join(textwrap.wrap(base64.b64encode(data).decode(), 4096))
