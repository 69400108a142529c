"""The notebooks as the doctor sees them: whether each is there, can be read, and can begin."""

from collections.abc import Iterator
from pathlib import Path

import curvkit
from curvkit._rooms import names
from curvkit.doctor.checks import NOTE, OK, WRONG, Check
from curvkit.pages import parameters
from curvkit.report import notebooks

CHECKOUT = Path(curvkit.__file__).resolve().parent.parent


def each_notebook() -> Iterator[Check]:
    """Whether each notebook is there, can be read, and its room takes what it starts with."""
    try:
        paths = notebooks.choose()
    except (OSError, ValueError) as error:
        lost = list(_lost(CHECKOUT / "notebooks"))
        yield from lost or [Check("notebooks", NOTE, str(error))]
        return
    rooms = set()
    for path in paths:
        finding, room = _looked_at(path)
        rooms.add(room)
        yield finding
    yield from _lost(paths[0].parent)
    yield from _without(rooms, paths[0].parent)


def _looked_at(path: Path) -> tuple[Check, str | None]:
    """What is found, and the room that the notebook is about."""
    room = None
    try:
        import nbformat

        node = nbformat.read(path, as_version=4)
        room = node.metadata.get("curvkit", {}).get("room")
        declared = parameters.declared(node).items()
        values = {name: str(each) for name, each in declared if type(each) in parameters.KINDS}
        parameters.check({path.stem: node}, values)
    except Exception as error:  # whatever it is, the other notebooks are to be looked at
        detail = f"{type(error).__name__}: {error}".splitlines()[0]
        return Check(path.stem, WRONG, detail, _mended(path)), room
    return Check(path.stem, OK, f"reads, and {room or 'no room'} takes its parameters"), room


def _lost(folder: Path) -> Iterator[Check]:
    """The notebooks of which only the script is there."""
    for script in sorted(folder.glob("*.py")):
        path = script.with_suffix(".ipynb")
        if not path.exists():
            detail = f"{path.name} is not there, its script {script.name} is"
            yield Check(path.stem, WRONG, detail, _mended(path))


def _without(rooms: set[str | None], folder: Path) -> Iterator[Check]:
    """The rooms that no notebook of the series is about."""
    if not any(folder.glob("*.py")):  # a folder of somebody's own
        return
    known = {str(each).partition(".")[0] for each in rooms}
    known |= {each.stem.partition("_")[2] for each in folder.iterdir()}
    for room in names():
        if "." not in room and room not in known:
            detail = f"no notebook is about the room {room}"
            yield Check("notebooks", WRONG, detail, _fetched(folder.name))


def _mended(path: Path) -> str:
    """How a notebook that is lost or torn is had again."""
    script = path.with_suffix(".py")
    if script.is_file() and (path.parent.parent / "Makefile").is_file():
        return f"make notebooks, which writes {path.name} from {script.name} again"
    return _fetched(f"{path.parent.name}/{path.name}")


def _fetched(what: str) -> str:
    return f"git checkout {what}, or a copy from where it came from"
