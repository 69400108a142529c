"""Compiles C text to WebAssembly, by the clang that the package ziglang brings along."""

import hashlib
import importlib.metadata
import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import platformdirs

from curvkit.browser import mathlib
from curvkit.host import files

FLAGS = (
    "-target", "wasm32-wasi", "-mexec-model=reactor", "-O2", "-msimd128", "-mnontrapping-fptoint",
    "-fno-strict-aliasing", "-fno-math-errno", "-fno-builtin-memset", "-w", "-Wl,--strip-all",
)  # fmt: skip
LACKING = (
    "Pages that train need the compiler ziglang; install it with: pip install 'curvkit[pages]'"
)


def available() -> bool:
    """Whether the compiler is installed."""
    return importlib.util.find_spec("ziglang") is not None


def cache() -> Path:
    """The folder of the programs that were compiled before."""
    return Path(platformdirs.user_cache_dir("curvkit")) / "pages"


def mark(text: str) -> str:
    """What a compiled program is known by: its text, the compiler, and how it is called."""
    version = importlib.metadata.version("ziglang")
    return hashlib.sha256("\0".join([text, version, *FLAGS]).encode()).hexdigest()


def compiled(text: str, folder: Path | None = None) -> bytes:
    """The module of C text, from the cache where it was compiled before.

    Args:
        folder: of the cache; that of this user if None.

    Raises:
        ModuleNotFoundError: with one sentence, where there is no compiler.
        RuntimeError: where it refuses the text.
    """
    if not available():
        raise ModuleNotFoundError(LACKING)
    folder = cache() if folder is None else folder
    cached = folder / f"{mark(text)}.wasm"
    if cached.is_file():
        return cached.read_bytes()
    library = mathlib.archive(importlib.metadata.version("ziglang"), FLAGS, folder)
    with tempfile.TemporaryDirectory() as home:
        source, output = Path(home, "program.c"), Path(home, "program.wasm")
        source.write_text(text, encoding="utf-8")
        ran = _call(source, output, [] if library is None else ["-nostdlib", str(library)])
        if ran.returncode and library is not None and "undefined symbol" in ran.stderr:
            ran = _call(source, output, [])
        if ran.returncode:
            raise RuntimeError(f"The program could not be compiled: {ran.stderr.strip()[:600]}")
        module = output.read_bytes()
    folder.mkdir(parents=True, exist_ok=True)
    files.write(cached, module)
    return module


def _call(source: Path, output: Path, library: list[str]) -> "subprocess.CompletedProcess[str]":
    """Calls the compiler; the whole of C's library is there, unless another is given."""
    command = [sys.executable, "-m", "ziglang", "cc", *FLAGS, *library]
    command += ["-o", str(output), str(source)]
    return subprocess.run(command, capture_output=True, text=True, env=dict(os.environ))
