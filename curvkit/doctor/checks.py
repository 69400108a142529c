"""What is looked at: each check is a function that returns a finding, and never raises."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import webbrowser
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from curvkit._rooms import names
from curvkit.environment import CACHE, cache_folder, environment
from curvkit.host import machine
from curvkit.pages import pdf

OK, NOTE, WRONG = "ok", "note", "wrong"
SHOWN = ("jax", "plotly", "ipywidgets", "anywidget", "jupyterlab", "papermill")
WIDGETS = {
    "@jupyter-widgets/jupyterlab-manager": "jupyterlab_widgets",
    "anywidget": "anywidget",
}
BARE = re.compile(r"python(\d(\.\d+)?)?")
# The line of a traceback that says what was raised.
RAISED = re.compile(r"[\w.]*(Error|Exception|Interrupt|Exit)(: .*)?")
INSTALL = "make setup in a checkout; else pip install --upgrade curvkit"
PLATFORMS = "JAX_PLATFORMS"
# What compiled programs and a whole report take, with room to spare.
GIGABYTES_OF_DISK = 1.0
# Browsers that draw no figures.
OF_TEXT = ("www-browser", "links", "elinks", "lynx", "w3m")
# What a reader waits for: the imports, and the first piece of a first figure.
PROBE = """
import json, sys, time
begun = time.perf_counter()
import jax
from curvkit.host.rooms import load
missed = []
jax.monitoring.register_event_listener(lambda event, **_: missed.append(event))
room = load(sys.argv[1])
imported = time.perf_counter()
next(iter(room.stream.chunks(room.Settings())))
ended = time.perf_counter()
device = jax.devices()[0].device_kind
compiled = missed.count("/jax/compilation_cache/cache_misses")
print(json.dumps(dict(imports=imported - begun, first=ended - imported, compiled=compiled,
                      device=device, backend=jax.default_backend(), devices=jax.device_count())))
"""


@dataclass(frozen=True)
class Check:
    """What was looked at, how it is, in a sentence, and what to do about it if anything."""

    name: str
    state: str
    message: str
    advice: str = ""


def versions() -> Check:
    """Whether all that curvkit asks for is installed, in a version that will do."""
    from packaging.requirements import Requirement

    wrong = []
    for text in metadata.requires("curvkit") or []:
        asked = Requirement(text)
        if asked.marker and not asked.marker.evaluate({"extra": ""}):
            continue
        try:
            version = metadata.version(asked.name)
        except metadata.PackageNotFoundError:
            wrong.append(f"{asked.name} is missing")
            continue
        if not asked.specifier.contains(version, prereleases=True):
            wrong.append(f"{asked.name} is {version}, not {asked.specifier}")
    if wrong:
        return Check("versions", WRONG, "; ".join(wrong), INSTALL)
    python = ".".join(map(str, sys.version_info[:3]))
    installed = [f"curvkit {metadata.version('curvkit')}", f"Python {python}"]
    return Check(
        "versions",
        OK,
        ", ".join([*installed, *(f"{each} {metadata.version(each)}" for each in SHOWN)]),
    )


def probed(cache: Path, room: str = "") -> dict[str, Any]:
    """What a fresh process says of its imports and first figure, with this cache of programs.

    Args:
        cache: the folder of compiled programs.
        room: whose run is begun; the first one if empty.

    Raises:
        RuntimeError: with the line that says why, if it fails.
    """
    # Else the last line is a note of JAX on what it left out.
    env = {**environment(), CACHE: str(cache), "JAX_TRACEBACK_FILTERING": "off"}
    command = [sys.executable, "-c", PROBE, room or names()[0]]
    try:
        process = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)
    except subprocess.TimeoutExpired:
        raise RuntimeError("it took longer than 300 s") from None
    if process.returncode:
        raise RuntimeError(_why(process.stderr))
    return json.loads(process.stdout.splitlines()[-1])


def _why(printed: str) -> str:
    """Of what a process printed as it failed, the line that says why; the last one if none does."""
    lines = printed.strip().splitlines() or ["it said nothing"]
    return next(filter(RAISED.fullmatch, reversed(lines)), lines[-1])


def compiling() -> list[Check]:
    """On what is computed, and how long a first figure takes with an empty and a full cache."""
    with tempfile.TemporaryDirectory(prefix="curvkit-doctor-") as folder:
        try:
            cold, warm = (probed(Path(folder)) for _ in range(2))
        except RuntimeError as error:
            return [_without_backend(error)]
    detail = f"{cold['backend']}, {cold['devices']} × {cold['device']}"
    unused = cold["backend"] == "cpu" and driver()
    how = 'install curvkit\'s GPU part: pip install "curvkit[cuda]"' if unused else ""
    backend = Check("backend", NOTE if unused else OK, detail + ", a GPU idle" * unused, how)
    waits = [each["imports"] + each["first"] for each in (cold, warm)]
    detail = (
        f"{waits[0]:.1f} s the first time, {waits[1]:.1f} s the next; of that compiling "
        f"{cold['first']:.1f} s and {warm['first']:.1f} s"
    )
    slow = waits[1] > 30
    how = "close what else runs, or let pupils start the kernel before you talk" if slow else ""
    return [backend, Check("first figure", NOTE if slow else OK, detail, how)]


def _without_backend(error: RuntimeError) -> Check:
    """What is said where jax does not compute: a choice that was made for it, or what is there."""
    chosen = os.environ.get(PLATFORMS)
    if not chosen:
        return Check("backend", WRONG, f"jax does not compute: {error}", INSTALL)
    detail = f"jax does not compute with {PLATFORMS}={chosen}: {error}"
    return Check("backend", WRONG, detail, f"unset {PLATFORMS}, and jax takes what there is")


def driver() -> bool:
    """Whether an NVIDIA driver answers."""
    program = shutil.which("nvidia-smi")
    try:
        return (
            bool(program)
            and subprocess.run([program], capture_output=True, timeout=20).returncode == 0
        )
    except (OSError, subprocess.TimeoutExpired):
        return False


def cache() -> Check:
    """Where compiled programs are kept, and whether that can be written to."""
    folder = Path(environment()[CACHE])
    size = sum(each.stat().st_size for each in folder.glob("*") if each.is_file()) / 1e6
    if not os.access(_there(folder), os.W_OK):
        how = f"make it writable, or set {CACHE} to a folder that is"
        return Check("cache", WRONG, f"{folder} cannot be written to", how)
    own = "" if folder == cache_folder() else f", as {CACHE} says"
    filled = "empty: open a notebook once before class" if not size else f"{size:.0f} MB"
    return Check("cache", OK if size else NOTE, f"{filled} in {folder}{own}")


def _there(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next(each for each in (folder, *folder.parents) if each.exists())


def disk() -> Check:
    """Whether there is room for compiled programs, and for reports where one is now."""
    places = {"the cache": _there(Path(environment()[CACHE])), "reports here": Path.cwd()}
    free = {what: shutil.disk_usage(place).free / 1e9 for what, place in places.items()}
    detail = ", ".join(f"{each:.1f} GB free for {what}" for what, each in free.items())
    if min(free.values()) >= GIGABYTES_OF_DISK:
        return Check("disk", OK, detail)
    how = f"make room: cache and reports may take up to {GIGABYTES_OF_DISK:g} GB"
    return Check("disk", NOTE, detail, how)


def memory() -> Check:
    """How many notebooks there is memory for, and how many of them the cores serve at once."""
    free = machine.free_gigabytes()
    if free is None:
        return Check("memory", NOTE, "not known on this system")
    cores, each = machine.cores(), machine.GIGABYTES_A_NOTEBOOK
    number = int(free // each)
    detail = f"{free:.1f} GB free, room for {number} open notebook{'s' * (number != 1)}"
    detail += f" at {each:g} GB each"
    if number > cores:
        detail += f"; at full speed {cores} at a time, one for each core"
    if free < machine.GIGABYTES_A_NOTEBOOK:
        return Check("memory", WRONG, detail, "shut kernels down, or close other programs")
    return Check("memory", OK, detail)


def widgets() -> Check:
    """Whether JupyterLab has the browser's half of the widgets."""
    from jupyter_core.paths import jupyter_path

    places = [Path(each) for each in jupyter_path("labextensions")]
    absent = {
        package
        for name, package in WIDGETS.items()
        if not any((at / name).is_dir() for at in places)
    }
    if absent:
        how = f"pip install --force-reinstall {' '.join(sorted(absent))}, then start anew"
        detail = f"JupyterLab has no browser part of {', '.join(sorted(absent))}"
        return Check("widgets", WRONG, detail, how)
    if int(metadata.version("ipywidgets").partition(".")[0]) < 8:
        detail = (
            "ipywidgets 7 shows nothing in JupyterLab 4; hosted notebooks have a part of their own"
        )
        return Check("widgets", NOTE, detail, 'pip install "ipywidgets>=8", to use JupyterLab here')
    return Check("widgets", OK, "JupyterLab has the browser parts of ipywidgets and anywidget")


def kernel() -> Check:
    """Whether the kernel that JupyterLab starts by default is this Python."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        command = KernelSpecManager().get_kernel_spec("python3").argv
    except NoSuchKernel:
        command = [""]
    # A bare name is taken by Jupyter for the Python that it runs in itself.
    program = sys.executable if BARE.fullmatch(command[0]) else shutil.which(command[0])
    if program and os.path.samefile(program, sys.executable):
        return Check("kernel", OK, "python3 is this Python")
    detail = f"the kernel python3 is {command[0] or 'not there'}, and not {sys.executable}"
    return Check("kernel", WRONG, detail, f"{sys.executable} -m ipykernel install --sys-prefix")


def opening() -> Check:
    """Whether JupyterLab finds a browser to open."""
    try:
        browser = getattr(webbrowser.get(), "name", "the system's own")
    except webbrowser.Error:
        browser = ""
    if not browser or Path(browser).name in OF_TEXT:
        detail = "none here for JupyterLab to open; curvkit lab prints an address"
        return Check("browser", NOTE, detail, "open that address in a browser, its token with it")
    return Check("browser", OK, f"JupyterLab opens a window by {browser}")


def printing() -> Check:
    """Whether reports can be printed as PDF, which nothing else needs."""
    try:
        return Check("PDF", OK, f"printed by {pdf.browser()}")
    except ValueError:
        return Check("PDF", NOTE, "no Chromium or Chrome, so --format pdf is refused")
