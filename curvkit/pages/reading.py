"""A notebook as it lies on a disk, whoever wrote it, made into one that can be run and drawn.

Notebooks come from many programs and hands. What decides nothing, such as metadata of a wrong kind,
is put right here without a word; what makes it no notebook that can be run is told in a sentence.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

PARAMETERS, EARLIER, INJECTED = "parameters", "parameters-before", "injected-parameters"
PYTHON = re.compile(r"(?i)^(i|x|xeus-?|micro)?python[\d.]*$")
# The names of kernels of other languages; that of one's own environment may be any name.
ELSEWHERE = re.compile(
    r"(?i)(r|ir|irkernel|xr|x?julia|bash|zsh|sh|i?ruby|javascript|jslab|i?js|deno|i?typescript|tslab|"
    r"xcpp|xeus-cling|i?scala|almond|toree|apache_toree_scala|spylon|i?java|rapaio|ganymede|kotlin|"
    r"rust|evcxr|gophernotes|gonb|x?octave|matlab|jupyter_matlab|sas|stata|nbstata|i?haskell|i?perl|"
    r"raku|[ix]?lua|x?sql|xsqlite|maxima|sage|sagemath|gap|coq|lean|elixir|erlang|fortran|clojure|"
    r"iclojure|powershell|wolframlanguage|sos|\.net-\w+|calysto_\w+|conda-env-.*-r)"
    r"([-_.]?v?\d[\w.]*|[-_]kernel)?"
)
# Metadata of cells whose kind nbformat prescribes.
OF_A_KIND = dict(collapsed=bool, deletable=bool, editable=bool, scrolled=bool, format=str, name=str)
OF_AN_EARLIER_RUN = ("papermill", "curvkit_cell", "execution", "widgets")
IDENTITY = re.compile(r"^[a-zA-Z0-9_-]{1,64}$")


def read(path: Path) -> NotebookNode:
    """Reads a notebook of any version.

    Args:
        path: of an `.ipynb` file.

    Returns:
        A notebook of nbformat 4.5 that nbformat holds valid, without outputs; what an earlier run
        left in its metadata is gone, and its parameters are those that running it would set.

    Raises:
        ValueError: with what is wrong with it, in one sentence.
    """
    try:
        raw = json.loads(path.read_bytes())
    except OSError as error:
        raise ValueError(f"it cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise ValueError("it is no notebook: it is not the JSON of one.") from error
    return clean(raw)


def clean(raw: Any) -> NotebookNode:
    """The notebook that `raw`, the JSON of a file, holds; as `read` returns it.

    >>> cell = {"cell_type": "code", "source": ["x = 1"], "metadata": {"tags": 3}}
    >>> clean({"cells": [cell]}).cells
    [{'id': 'cell-1', 'cell_type': 'code', 'metadata': {}, 'source': 'x = 1',
      'execution_count': None, 'outputs': []}]
    """
    if not isinstance(raw, Mapping):
        raise ValueError("it is no notebook: its JSON is not that of one.")
    if not isinstance(raw.get("cells"), list):
        raw = _upgraded(raw)
    metadata = _metadata(raw.get("metadata"))
    foreign = language(metadata)
    if foreign:
        raise ValueError(
            f"it is written in {foreign}, and a report runs notebooks in Python only; run it "
            "by papermill or nbconvert with the kernel that it is for."
        )
    cells = [_cell(each, number) for number, each in enumerate(raw["cells"], 1) if each]
    _identify(cells)
    _keep_what_was_injected(cells)
    read: Any = nbformat.from_dict(
        {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    )
    return read


def language(metadata: Mapping[str, Any]) -> str | None:
    """The language of a notebook that is not Python, as its metadata tell; else None.

    >>> language({"kernelspec": {"name": "ir", "display_name": "R"}})
    'R'
    >>> language({"kernelspec": {"name": "my-env"}, "language_info": {"name": "python"}})
    """
    spec, info = (_dict(metadata.get(name)) for name in ("kernelspec", "language_info"))
    names = {key: str(spec.get(key) or "").strip() for key in ("language", "name", "display_name")}
    stated, name = names["language"], names["name"]
    if not stated and PYTHON.match(name):
        return None
    stated = stated or _of_kernel(name, names["display_name"]) or str(info.get("name") or "")
    return None if not stated or PYTHON.match(stated) else stated


def _of_kernel(name: str, display_name: str) -> str:
    """The language of a kernel: as it is installed here, or as its name is known."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        return KernelSpecManager().get_kernel_spec(name).language if name else ""
    except (NoSuchKernel, OSError, ValueError, TypeError, KeyError):
        return (display_name or name) if ELSEWHERE.fullmatch(name) else ""


def _upgraded(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """A notebook of nbformat 1 to 3 as one of 4."""
    sheets: Any = raw.get("worksheets")
    old = isinstance(sheets, list) and all(
        isinstance(each, Mapping) and isinstance(each.get("cells"), list) for each in sheets
    )
    if not old:
        raise ValueError("it is no notebook: it has no list of cells.")
    major, minor = (raw.get(key) for key in ("nbformat", "nbformat_minor"))
    major, minor = major if major in (2, 3) else 3, minor if isinstance(minor, int) else 0
    sheets = [
        {**each, "cells": [cell for cell in map(_old_cell, each["cells"]) if cell]}
        for each in sheets
    ]
    raw = {**raw, "metadata": _dict(raw.get("metadata")), "worksheets": sheets}
    raw |= {"nbformat": major, "nbformat_minor": minor}
    try:
        return nbformat.convert(nbformat.versions[major].to_notebook_json(raw, minor=minor), 4)
    except Exception as error:  # its errors have no common base
        raise ValueError(
            f"it is of nbformat {major}, and cannot be brought to 4: {type(error).__name__}."
        ) from error


def _old_cell(cell: Any) -> dict[str, Any] | None:
    """A cell of nbformat 2 or 3 with nothing in it that its conversion could stumble over."""
    if not isinstance(cell, Mapping):
        return None
    kind = cell.get("cell_type") if isinstance(cell.get("cell_type"), str) else "raw"
    text = _text(cell.get("input" if kind == "code" else "source"))
    common = {"cell_type": kind, "metadata": _dict(cell.get("metadata"))}
    if kind == "code":
        return {**common, "input": text, "outputs": [], "language": "python", "collapsed": False}
    level = cell.get("level")
    return {**common, "source": text, "level": level if level in range(1, 7) else 1}


def _metadata(given: Any) -> dict[str, Any]:
    """The metadata of a notebook, without what is of a wrong kind or of an earlier run."""
    metadata = {k: v for k, v in _dict(given).items() if k not in OF_AN_EARLIER_RUN}
    for name in ("curvkit", "kernelspec", "language_info"):
        if not isinstance(metadata.get(name, {}), Mapping):
            del metadata[name]
    if "kernelspec" in metadata:
        name = str(metadata["kernelspec"].get("name") or "python3")
        label = str(metadata["kernelspec"].get("display_name") or name)
        metadata["kernelspec"] = {**metadata["kernelspec"], "name": name, "display_name": label}
    if not isinstance(metadata.get("language_info", {}).get("name", ""), str):
        del metadata["language_info"]
    if "language_info" in metadata:
        metadata["language_info"] = {"name": "python", **metadata["language_info"]}
    for name, kind in dict(title=str, authors=list, orig_nbformat=int).items():
        if not isinstance(metadata.get(name, kind()), kind):
            del metadata[name]
    if "curvkit" in metadata:
        own = {k: v for k, v in metadata["curvkit"].items() if k not in ("report", "kernel")}
        wrong = [k for k in ("quick", "gallery") if not isinstance(own.get(k, {}), Mapping)]
        metadata["curvkit"] = {key: value for key, value in own.items() if key not in wrong}
    return metadata


def _cell(raw: Any, number: int) -> dict[str, Any]:
    if not isinstance(raw, Mapping):
        raise ValueError(f"it is no notebook: the entry {number} of its cells is no cell.")
    kind = raw.get("cell_type")
    kind = kind if kind in ("code", "markdown", "raw") else "raw"
    own_id = raw.get("id")
    cell = {
        "id": own_id if isinstance(own_id, str) and IDENTITY.match(own_id) else f"cell-{number}",
        "cell_type": kind,
        "metadata": _of_cell(_dict(raw.get("metadata"))),
        "source": _text(raw.get("source")),
    }
    if kind == "code":
        return {**cell, "execution_count": None, "outputs": []}
    attachments = {
        str(file): {str(mime): _text(data) for mime, data in bundle.items()}
        for file, bundle in _dict(raw.get("attachments")).items()
        if isinstance(bundle, Mapping) and bundle
    }
    return {**cell, "attachments": attachments} if attachments else cell


def _of_cell(given: Mapping[str, Any]) -> dict[str, Any]:
    meta = {k: v for k, v in given.items() if k not in (*OF_AN_EARLIER_RUN, "tags", "jupyter")}
    meta = {k: v for k, v in meta.items() if isinstance(v, OF_A_KIND.get(k, object)) and v != ""}
    hidden = {k: v for k, v in _dict(given.get("jupyter")).items() if isinstance(v, bool)}
    meta |= {"jupyter": hidden} if hidden else {}
    tags = given.get("tags")
    tags = [tags] if isinstance(tags, str) else tags if isinstance(tags, list) else []
    names = [str(each) for each in tags if isinstance(each, str | int | float)]
    names = [each for each in dict.fromkeys(names) if each and "," not in each]
    return {**meta, "tags": names} if names else meta


def _identify(cells: list[dict[str, Any]]) -> None:
    """Gives every cell an identity of its own, and the same one each time."""
    taken: set[str] = set()
    for cell in cells:
        base, at = cell["id"], 1
        while cell["id"] in taken:
            at += 1
            cell["id"] = f"{base[:55]}-{at}"
        taken.add(cell["id"])


def _keep_what_was_injected(cells: list[dict[str, Any]]) -> None:
    """Makes the last cell that sets parameters the one after which others are set.

    Papermill, which ran such a notebook before, would put its new cell in place of the one that it
    left, or before a second cell of parameters, and so lose or overwrite what is set.
    """
    setting = {PARAMETERS, INJECTED}
    sets = [
        at for at, cell in enumerate(cells)
        if cell["cell_type"] == "code" and setting & {*cell["metadata"].get("tags", ())}
    ]  # fmt: skip
    for at, cell in enumerate(cells):
        if "tags" in cell["metadata"]:
            tags = [each for each in cell["metadata"]["tags"] if each not in setting]
            own = [PARAMETERS if at == sets[-1] else EARLIER] if at in sets else []
            cell["metadata"]["tags"] = tags + own


def _dict(value: Any) -> dict[str, Any]:
    return {str(key): each for key, each in value.items()} if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    """Text, or its lines, as text that can be written; what is none is told as it is written."""
    if isinstance(value, list):
        value = "".join(each for each in value if isinstance(each, str))
    text = "" if value is None else value if isinstance(value, str) else json.dumps(value)
    # Half a character, of which JSON knows, but no file.
    return text.encode("utf-8", "replace").decode()
