"""Sharpness by curvkit beside a reference, for a model of each framework: a table in Markdown.

The models are those of docs/frameworks.md, whose blocks are run as they stand. The references are
made without curvkit: the largest eigenvalue of a dense Hessian by LAPACK, or scipy's eigsh on
products of PyTorch's own. What is not installed is left out; PyTorch is no dependency of curvkit:

    pip install torch torch2jax
    python benchmarks/frameworks.py
"""

import argparse
import datetime
import platform
import sys
import warnings
from importlib import metadata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from oracles import frameworks_page  # noqa: E402

PACKAGES = {"haiku": "dm-haiku"}
COLUMNS = ("framework", "curvkit", "reference", "relative error", "the reference is")


def rows(log) -> list[tuple[str, ...]]:
    found = []
    for title, (reference, kind) in frameworks_page.REFERENCES.items():
        block = frameworks_page.blocks()[title]
        if block.missing():
            log(f"{title} is left out: {', '.join(block.missing())} is not installed")
            continue
        names, _ = block.run()
        value, true = frameworks_page.value(names), reference(names)
        cells = f"{value:.6f}", f"{true:.6f}", f"{abs(value / true - 1):.0e}", kind
        found.append((named(title, block.needs), *cells))
    return found


def named(title: str, needs: tuple[str, ...]) -> str:
    """A title with the versions of what its block imports, curvkit and jax aside."""
    told = [
        f"{PACKAGES.get(name, name)} {metadata.version(PACKAGES.get(name, name))}"
        for name in needs
        if name not in sys.stdlib_module_names | {"curvkit", "jax", "numpy", "optax"}
    ]
    through = {"PyTorch": "PyTorch through torch2jax", "PyTorch (2)": "PyTorch by `of_operator`",
               "Anything else": "a sparse matrix by `of_operator`"}  # fmt: skip
    return f"{through.get(title, title)} ({', '.join(told)})"


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--quick", action="store_true", help="the same; for the sake of make bench")
    asked.parse_args()
    # Other people's packages warn of one another.
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    made = rows(lambda text: print(text, file=sys.stderr))
    print(f"jax {metadata.version('jax')}, Python {platform.python_version()}, ", end="")
    print(f"{platform.machine()}, {datetime.date.today().isoformat()}, float32\n")
    for cells in (COLUMNS, ("---",) * len(COLUMNS), *made):
        print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
