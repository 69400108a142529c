"""Write environment.yml and binder/environment.yml from pyproject.toml and requirements.lock."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = "3.12"  # stated, since Binder's own default moves
HEAD = "# Made by `make lock` from pyproject.toml and requirements.lock; do not edit.\n"


@dataclass(frozen=True)
class Pin:
    """One package of the lock."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]
    needed_by: tuple[str, ...]

    def __str__(self) -> str:
        """Return the pin as pip reads it."""
        return f"{self.name}=={self.version}" + (f" ; {self.marker}" if self.marker else "")


def plain_name(requirement: str) -> str:
    """Return the normal form of the name with which a requirement begins."""
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", requirement).group(0)).lower()


def read_lock(text: str) -> dict[str, Pin]:
    """Return the pins by name. A lock of this kind has one version of each package."""
    pins = {}
    for block in re.split(r"\n(?=[\w])", text):
        head = re.match(r"([\w.-]+)(?:\[[^]]*\])?==([^\s;]+)(?: ; (.*?))?\s*(?:\\|$)", block)
        if not head:
            continue
        name, version, marker = head.groups()
        hashes = tuple(re.findall(r"--hash=(sha256:[0-9a-f]{64})", block))
        comments = block[block.find("# via") :] if "# via" in block else ""
        parents = tuple(re.findall(r"#\s+(?:via\s+)?([\w.-]+)", comments))
        parents = tuple(plain_name(parent) for parent in parents if parent != "via")
        pins[plain_name(name)] = Pin(plain_name(name), version, marker or "", hashes, parents)
    return pins


def runtime_names(pyproject: dict) -> list[str]:
    """Return the names of the runtime dependencies, and of what the notebooks need beyond them."""
    project = pyproject["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["models"]
    return [plain_name(text) for text in wanted]


def runtime_pins(pyproject: dict, pins: dict[str, Pin]) -> list[Pin]:
    """Return the pins of the runtime dependencies and of all they need, in order of name."""
    chosen = set(runtime_names(pyproject))
    grown = True
    while grown:
        more = {pin.name for pin in pins.values() if chosen.intersection(pin.needed_by)} - chosen
        chosen |= more
        grown = bool(more)
    return [pins[name] for name in sorted(chosen)]


def render(pins: list[Pin], also: tuple[str, ...] = ()) -> str:
    """Return a conda environment with these pins, and further lines for pip."""
    lines = [
        "name: curvkit",
        "channels:",
        "  - conda-forge",
        "dependencies:",
        f"  - python={PYTHON}",
        "  - pip",
        "  - pip:",
        *(f'      - "{pin}"' for pin in pins),
        *(f'      - "{line}"' for line in also),
    ]
    return HEAD + "\n".join(lines) + "\n"


def derived(root: Path = ROOT) -> dict[str, str]:
    """Return the text of every derived file by its path."""
    pyproject = tomllib.loads((root / "pyproject.toml").read_text())
    pins = runtime_pins(pyproject, read_lock((root / "requirements.lock").read_text()))
    return {
        "environment.yml": render(pins, also=("-e .",)),
        # Without curvkit itself, so that Binder keeps the built layer while only the code changes.
        "binder/environment.yml": render(pins),
    }


def main() -> None:
    """Write the derived files."""
    for path, text in derived().items():
        (ROOT / path).write_text(text)
        print(f"curvkit: wrote {path}")


if __name__ == "__main__":
    main()
