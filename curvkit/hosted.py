"""On a host that is not ours, such as Colab: what a notebook's first cell does before all else.

Nothing that is installed there is replaced, least of all jax, whose GPU part would be left
behind. What is missing is asked of pip alone, without its dependencies; where there is no network,
it is said what is missing.
"""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Collection, Mapping
from importlib import metadata

from curvkit.environment import environment

# By the name that is imported, what a notebook needs of packages that a host may lack.
NEEDED = {
    "jax": "jax",
    "numpy": "numpy",
    "scipy": "scipy",
    "sklearn": "scikit-learn",
    "plotly": "plotly",
    "ipywidgets": "ipywidgets",
    "anywidget": "anywidget",
    "optax": "optax",
    "jaxtyping": "jaxtyping",
    "tqdm": "tqdm",
    "platformdirs": "platformdirs",
    "flint": "python-flint",
}
# What only some notebooks need; each says in its metadata which, at `curvkit: {needs: [...]}`.
SOME = frozenset({"scikit-learn", "python-flint"})
# Where these are old, a host is too old: another version would not go with what else is there.
FLOORS = {"jax": (0, 7), "plotly": (5, 24), "ipywidgets": (7, 7)}
NEVER_INSTALLED = ("jax", "jaxlib", "numpy", "scipy", "scikit-learn")
# Those that a host may lack with all that they ask for.
SMALL = ("optax", "jaxtyping", "anywidget")
SECONDS, ROUNDS = 120, 3


def start(needs: Collection[str] | None = None, *, install: bool = True) -> None:
    """Makes a host ready: environment, missing packages, Colab's widgets; prints what is amiss.

    Args:
        needs: of `SOME` packages those that the notebook needs; all of them if None.
        install: whether to ask pip for what is missing.
    """
    if "jax" not in sys.modules:
        os.environ.update(environment())
    if "google.colab" in sys.modules:
        from google.colab import output

        output.enable_custom_widget_manager()
    left_out = set() if needs is None else SOME - set(needs)
    needed = {at: name for at, name in NEEDED.items() if name not in left_out}
    for sentence in [*_old(), *_missing(needed, install)]:
        print(sentence)


def _old() -> list[str]:
    sentences = []
    for name, floor in FLOORS.items():
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue  # said as missing
        if tuple(int(each) for each in version.split(".")[:2]) < floor:
            wanted = ".".join(map(str, floor))
            sentences.append(f"{name} is {version} here, and curvkit needs {wanted} or newer.")
    return sentences


def _missing(needed: Mapping[str, str], install: bool) -> list[str]:
    absent = _absent(needed)
    # What was fetched asks for other packages in turn.
    for _ in range(ROUNDS if install else 0):
        wanted = [name for name in absent if name not in NEVER_INSTALLED]
        if not wanted or not _pip(wanted):
            break
        importlib.invalidate_caches()
        absent = _absent(needed)
    return [f"{name} is missing here; what needs it will fail." for name in absent]


def _absent(needed: Mapping[str, str]) -> list[str]:
    """The packages that are not there: those needed, and those that the small ones ask for."""
    from packaging.requirements import Requirement

    absent = [name for at, name in needed.items() if importlib.util.find_spec(at) is None]
    for name in SMALL:
        if name in absent:
            continue
        for asked in map(Requirement, metadata.requires(name) or []):
            wanted = not asked.marker or asked.marker.evaluate({"extra": ""})
            if wanted and not _there(asked.name) and asked.name not in absent:
                absent.append(asked.name)
    return absent


def _there(name: str) -> bool:
    try:
        return bool(metadata.version(name))
    except metadata.PackageNotFoundError:
        return False


def _pip(names: list[str]) -> bool:
    """Asks pip for packages, without what they depend on; whether it could."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--retries", "0"]
    command += ["--timeout", "15", "--disable-pip-version-check", *names]
    try:
        return not subprocess.run(command, capture_output=True, timeout=SECONDS).returncode
    except (OSError, subprocess.TimeoutExpired):
        return False
