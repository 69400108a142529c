"""Which notebooks there are, and which of them a person means."""

from collections.abc import Sequence
from pathlib import Path

import curvkit
from curvkit.core import files, messages

# Of an installed package the notebooks are copied here, in the working directory, to be changed.
COPIES = "curvkit-notebooks"


def folder() -> Path:
    """The folder of notebooks: of a checkout, in the working directory, or of an installed package.

    Raises:
        FileNotFoundError: with one sentence, if none of them holds a notebook.
    """
    for place in (_checkout(), Path.cwd() / "notebooks", installed()):
        if place is not None and any(place.glob("*.ipynb")):
            return place
    raise FileNotFoundError(
        "There is no folder notebooks/ with notebooks in it; run this in a checkout of curvkit, "
        "or give the path of a notebook."
    )


def installed() -> Path:
    """Where an installed package has the notebooks; in a checkout there is nothing."""
    return Path(curvkit.__file__).resolve().parent / "notebooks"


def _checkout() -> Path | None:
    # Beside an installed package lie other people's.
    root = installed().parent.parent
    return root / "notebooks" if (root / "pyproject.toml").is_file() else None


def to_work_on(notebook: Path) -> tuple[Path, bool]:
    """A notebook where it may be changed: one of an installed package is copied, with all others.

    Their pictures come along.

    Returns:
        Its path, and whether copies of notebooks were made. What lies there already stays as it is.
    """
    if notebook.parent != installed():
        return notebook, False
    there, copied = files.folder(Path.cwd() / COPIES), False
    for pattern in ("*.ipynb", "pictures/*"):
        for each in sorted(installed().glob(pattern)):
            place = there / each.relative_to(installed())
            files.folder(place.parent)
            if files.existing(place) is None:
                files.write(place, each.read_bytes())
                copied |= place.parent == there
    return there / notebook.name, copied


def choose(wanted: Sequence[str] = ()) -> list[Path]:
    """The notebooks that `wanted` names, in order, each once; all of the folder if it names none.

    Args:
        wanted: paths, stems, or parts of a stem that no other notebook has: `01`, `curvature`.

    Raises:
        FileNotFoundError: if there is no folder of notebooks, or no file at a path given.
        ValueError: if a name is unknown or fits several, or two notebooks share a stem.
    """
    chosen = [_find(each) for each in wanted] if wanted else sorted(folder().glob("*.ipynb"))
    chosen = list(dict.fromkeys(chosen))
    stems = [path.stem for path in chosen]
    for stem in stems:
        if stems.count(stem) > 1:
            raise ValueError(f"Two notebooks are named {stem!r}; report them into two folders.")
    return chosen


def _find(wanted: str) -> Path:
    path = Path(wanted)
    if "://" in wanted:
        raise ValueError(
            f"{wanted} is on the network, which is papermill's part: "
            f"papermill --engine curvkit {wanted} OUT.ipynb, or copy it here first."
        )
    if path.suffix == ".ipynb":
        if not path.is_file():
            raise FileNotFoundError(f"There is no notebook at {wanted!r}.")
        return path.resolve()
    known = {
        path.stem: path
        for place in (installed(), folder())
        for path in sorted(place.glob("*.ipynb"))
    }
    if wanted in known:
        return known[wanted]
    fitting = [stem for stem in known if wanted in stem]
    if not fitting:
        raise ValueError(messages.unknown("notebook", wanted, known))
    if len(fitting) > 1:
        raise ValueError(f"{wanted!r} fits several notebooks: {', '.join(fitting)}.")
    return known[fitting[0]]


def stems(names: Sequence[str]) -> list[str]:
    """What the files of notebooks are called: as they are, but none like the page of the index.

    >>> stems(["a", "index"])
    ['a', 'index_notebook']
    """
    unique = []
    for original in names:
        name = original
        while name.lower() == "index" or (name != original and name in (*names, *unique)):
            name = f"{name}_notebook"
        unique.append(name)
    return unique
