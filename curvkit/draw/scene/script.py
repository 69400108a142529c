"""The stage's program: its files joined into one module, with no build step."""

import functools
import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "show" / "stage"
WORKER = FOLDER.parents[1] / "browser" / "worker.js"
IMPORT = re.compile(r'^import (?:\{[^}]*\} from )?"\./(\w+)\.js";\n', re.MULTILINE)
DOORS = (
    "Stage", "Store", "inflate", "mount", "mountPacked", "mountTrains", "storedSource", "unpack",
    "workerModel",
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


def worker() -> str:
    """The text of the worker that trains in a page, without its comments."""
    text = WORKER.read_text(encoding="utf-8")
    return re.sub(r"^\s*//.*\n", "", text, flags=re.MULTILINE)


@functools.cache
def joined(exports: bool = True) -> str:
    """One ES module of all files, without their comments.

    Args:
        exports: whether it exports its doors, as a module of its own does.
    """
    parts = []
    for text in files().values():
        text = IMPORT.sub("", text)
        text = re.sub(r"^export default .*\n", "", text, flags=re.MULTILINE)
        text = re.sub(r"^export ", "", text, flags=re.MULTILINE)
        parts.append(re.sub(r"^\s*//.*\n", "", text, flags=re.MULTILINE))
    end = f"export {{ {', '.join(DOORS)} }};\nexport default stageDoor;\n" if exports else ""
    return "\n".join(parts) + end
