"""Writes a new room, its notebook, its claims and its test from templates; edits no file."""

import keyword
import re
from importlib import resources
from pathlib import Path
from string import Template

from curvkit._rooms import names
from curvkit.core import files, messages

# Template: where it goes below the root of the repository.
PLACES = {
    "init.txt": "curvkit/$name/__init__.py",
    "settings.txt": "curvkit/$name/settings.py",
    "theory.txt": "curvkit/$name/_theory.py",
    "trace.txt": "curvkit/$name/trace.py",
    "experiment.txt": "curvkit/$name/experiment.py",
    "figures.txt": "curvkit/$name/figures.py",
    "test.txt": "tests/$name/test_theory.py",
    "held.txt": "tests/$name/held.py",
    "notebook.txt": "notebooks/${number}_$name.py",
    "claims.txt": "notebooks/claims/${number}_$name.py",
}


def write(name: str, root: Path) -> list[Path]:
    """Writes the files of a room and returns their paths.

    Args:
        name: of the room, as Python names a package.
        root: the repository, in which `curvkit` and `notebooks` lie.

    Raises:
        ValueError: with one sentence, before anything is written, if `name` is no name of a
            package, or one of the files or the folder of the room is there already.
        OSError: if a file cannot be written.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        raise ValueError(messages.refusal("The name", "in lower case, such as sam", name))
    for part in ("curvkit/__init__.py", "notebooks", "tests"):
        if not (root / part).exists():
            advice = "a room is written into a clone of curvkit's repository"
            raise ValueError(f"{root.resolve()} has no {part}; {advice}.")
    stems = sorted(path.stem for path in (root / "notebooks").glob("[0-9][0-9]_*.py"))
    before = stems[-1] if stems else "00_start_here"
    title, number = name.replace("_", " ").capitalize(), f"{int(before[:2]) + 1:02}"
    words = dict(name=name, title=title, number=number, before=before)
    templates = resources.files("curvkit.new") / "templates"
    texts = {
        root / Template(place).substitute(words): _sorted(
            Template((templates / each).read_text(encoding="utf-8")).substitute(words)
        )
        for each, place in PLACES.items()
    }
    home = root / "curvkit" / name
    taken = [path for path in (home, home.with_suffix(".py"), *texts) if path.exists()]
    if taken or name in names():
        there = taken[0].relative_to(root) if taken else f"the room {name}"
        raise ValueError(f"{there} is there already; choose another name.")
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write(path, text)
    return list(texts)


def _sorted(text: str) -> str:
    """Imports of the kit in their order, which depends on the name of the room.

    >>> _sorted("from curvkit.sam import a\\nfrom curvkit.core import b\\n")
    'from curvkit.core import b\\nfrom curvkit.sam import a\\n'
    """
    inorder = lambda match: "".join(sorted(match[0].splitlines(True), key=lambda e: e.split()[1]))
    return re.sub(r"(?:^from curvkit\S* import [^(\n]+\n)+", inorder, text, flags=re.MULTILINE)
