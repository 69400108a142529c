"""On a host that is not ours, such as Colab: what a notebook's first cell does before all else.

Nothing that is installed there is replaced, least of all jax, whose GPU part would be left
behind. What is missing is asked of pip alone, without its dependencies; where there is no network,
it is said what is missing.
"""

import importlib.util
import os
import subprocess
import sys
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
    "psygnal": "psygnal",
    "optax": "optax",
    "absl": "absl-py",
    "jaxtyping": "jaxtyping",
    "wadler_lindig": "wadler-lindig",
    "tqdm": "tqdm",
    "platformdirs": "platformdirs",
    "flint": "python-flint",
}
# Where these are old, a host is too old: another version would not go with what else is there.
FLOORS = {"jax": (0, 7), "plotly": (5, 24), "ipywidgets": (7, 7)}
NEVER_INSTALLED = ("jax", "numpy", "scipy", "scikit-learn")
SECONDS = 120


def start(*, install: bool = True) -> list[str]:
    """Makes a host ready: environment, missing packages, Colab's widgets; says what is amiss.

    Args:
        install: whether to ask pip for what is missing.

    Returns:
        A sentence for each thing that is amiss, as printed.
    """
    if "jax" not in sys.modules:
        os.environ.update(environment())
    if "google.colab" in sys.modules:
        from google.colab import output

        output.enable_custom_widget_manager()
    said = [*_old(), *_missing(install)]
    for sentence in said:
        print(sentence)
    return said


def _old() -> list[str]:
    said = []
    for name, floor in FLOORS.items():
        try:
            found = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue  # said as missing
        if tuple(int(each) for each in found.split(".")[:2]) < floor:
            wanted = ".".join(map(str, floor))
            said.append(f"{name} is {found} here, and curvkit needs {wanted} or newer.")
    return said


def _missing(install: bool) -> list[str]:
    absent = [name for at, name in NEEDED.items() if importlib.util.find_spec(at) is None]
    wanted = [name for name in absent if name not in NEVER_INSTALLED]
    if install and wanted:
        _pip(wanted)
        importlib.invalidate_caches()
        absent = [name for at, name in NEEDED.items() if importlib.util.find_spec(at) is None]
    return [f"{name} is missing here; what needs it will fail." for name in absent]


def _pip(names: list[str]) -> bool:
    """Asks pip for packages, without what they depend on; whether it could."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--retries", "0"]
    command += ["--timeout", "15", "--disable-pip-version-check", *names]
    try:
        return not subprocess.run(command, capture_output=True, timeout=SECONDS).returncode
    except (OSError, subprocess.TimeoutExpired):
        return False
