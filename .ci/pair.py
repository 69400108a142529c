"""Writes each notebook's .ipynb from its .py, with no outputs and with ids that stay the same."""

import os
import tempfile
from pathlib import Path

import jupytext
import links
import nbformat

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"


def paired(script: Path, address: str | None = None) -> str:
    """The text of the .ipynb that belongs to a percent-format script.

    Args:
        script: the percent-format file.
        address: of the public repository; that of pyproject.toml if None.
    """
    notebook = jupytext.read(script)
    notebook.metadata.pop("jupytext", None)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = (
            f"cell-{number:02d}"  # jupytext draws them at random, and each write would differ
        )
    address = links.address() if address is None else address
    needs = notebook.metadata.get("curvkit", {}).get("needs")
    extra = links.cells(address, f"notebooks/{script.with_suffix('.ipynb').name}", needs)
    notebook.cells[1:1] = extra  # below the title
    return nbformat.writes(notebook, version=4, indent=1).rstrip() + "\n"


def main() -> None:
    """Writes all pairs, each whole or not at all."""
    for script in sorted(NOTEBOOKS.glob("*.py")):
        target = script.with_suffix(".ipynb")
        text = paired(script)
        if target.exists() and target.read_text(encoding="utf-8") == text:
            continue
        with tempfile.NamedTemporaryFile(
            "w", dir=NOTEBOOKS, prefix=".pair-", delete=False, encoding="utf-8"
        ) as file:
            file.write(text)
        os.chmod(file.name, 0o644)
        os.replace(file.name, target)
        print(f"wrote notebooks/{target.name}")


if __name__ == "__main__":
    main()
