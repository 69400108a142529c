"""Each notebook by `curvkit report`, from an empty and from a filled cache of compiled programs.

On the processor, and on the accelerator where there is one. Seconds are the wall's; beside them
the kernel's own processor seconds, which a busy machine does not lengthen, and its largest
resident memory.
"""

import argparse
import io
import os
import tempfile
from pathlib import Path

import jax
from curvature import machine, out, table
from rich.console import Console

from curvkit.environment import CACHE
from curvkit.pages import index
from curvkit.report import notebooks
from curvkit.report.run import make


def measured(paths: list[Path], platforms: str, quick: bool) -> list[dict]:
    """What the report says of each notebook, from an empty cache and then from that one."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {CACHE: f"{folder}/cache", "JAX_PLATFORMS": platforms}
        found = []
        for name in ("cold", "warm"):
            place = Path(folder) / name
            failed = make(paths, out=place, quick=quick, console=Console(file=io.StringIO()))
            if failed:
                raise RuntimeError(failed[0])
            found.append(index.earlier(place))
        return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="with quick settings")
    parser.add_argument("notebook", nargs="*", help="which; all if none is given")
    given = parser.parse_args()
    paths = notebooks.choose(given.notebook)
    out.print(", ".join(f"{name} {value}" for name, value in machine().items()))
    platforms = ["cpu"] + ([] if jax.default_backend() == "cpu" else ["cuda,cpu"])
    for each in platforms:
        cold, warm = measured(paths, each, given.quick)
        rows = [
            (name, f"{cold[name]['seconds']:.1f}", f"{cold[name]['cpu_seconds']:.1f}",
             f"{warm[name]['seconds']:.1f}", f"{warm[name]['cpu_seconds']:.1f}",
             f"{cold[name]['peak_mb']:.0f}")
            for name in cold
        ]  # fmt: skip
        sums = [sum(float(row[at]) for row in rows) for at in range(1, 5)]
        rows.append(("all", *(f"{value:.1f}" for value in sums), ""))
        columns = ("notebook", "cold s", "cold CPU s", "warm s", "warm CPU s", "peak MB")
        profile = "quick" if given.quick else "full"
        title = f"Notebooks on {next(iter(cold.values()))['device']}, {profile} settings"
        table(title, "one run each", columns, rows)


if __name__ == "__main__":
    main()
