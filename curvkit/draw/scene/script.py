"""The stage's program: its files joined into one module, with no build step."""

import functools
import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "show" / "stage"
BROWSER = FOLDER.parents[1] / "browser"
IMPORT = re.compile(r'^import (?:\{[^}]*\} from )?"\./(\w+)\.js";\n', re.MULTILINE)
# A page has the programs of rooms besides, and no room for what is only for readers of the code.
UNREAD = re.compile(r"^\s*//.*\n|^[ \t]+", re.MULTILINE)
DOORS = (
    "Stage", "Store", "inflate", "mount", "mountPacked", "mountPanel", "mountTrains",
    "storedSource", "unpack", "workerModel",
)  # fmt: skip


def files() -> dict[str, str]:
    """The text of each file by its name, those first that others import."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.js"))}
    ordered: dict[str, str] = {}

    def add(name: str) -> None:
        if name in ordered:
            return
        for other in IMPORT.findall(texts[name]):
            add(other)
        ordered[name] = texts[name]

    for name in texts:
        add(name)
    return ordered


def worker(name: str = "worker", between: str = "") -> str:
    """The text of a worker that trains in a page, without comments and indents.

    Args:
        name: of its file; `worker` is that of scenes.
        between: what it has besides, before its own text.
    """
    run, own = (
        UNREAD.sub("", (BROWSER / f"{each}.js").read_text("utf-8")) for each in ("run", name)
    )
    return f"{run}{between}{own}"


def part(name: str) -> str:
    """The text of one of its files, as it stands among the others in a page."""
    text = IMPORT.sub("", files()[name])
    text = re.sub(r"^export default .*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"^export ", "", text, flags=re.MULTILINE)
    return UNREAD.sub("", text)


@functools.cache
def joined(exports: bool = True) -> str:
    """One ES module of all files, without comments and indents.

    Args:
        exports: whether it exports its doors, as a module of its own does.
    """
    parts = [part(name) for name in files()]
    end = f"export {{ {', '.join(DOORS)} }};\nexport default stageDoor;\n" if exports else ""
    return "\n".join(parts) + end
