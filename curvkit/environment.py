"""How a program of ours is started: JAX shares the GPU, and what it compiles is kept.

Everything here is read by JAX when it is imported, so it is set before. What the user has set
already is left as it is.
"""

import hashlib
import os
import platform
import re
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

from platformdirs import user_cache_path

CACHE = "JAX_COMPILATION_CACHE_DIR"


def cache_folder() -> Path:
    """The folder in which compiled programs are kept, in the user's cache.

    One for each kind of processor: a home folder may be shared by machines, and a program that
    was compiled on one of them may not run on another.
    """
    try:
        known = Path("/proc/cpuinfo").read_text().partition("\n\n")[0].splitlines()
        features = [line for line in known if line.startswith(("model name", "flags", "Features"))]
    except OSError:
        features = [platform.processor()]
    processor = "\n".join([platform.machine(), *features])
    return user_cache_path("curvkit") / f"jax-{hashlib.sha256(processor.encode()).hexdigest()[:12]}"


def environment(given: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for a program of ours: `given` (that of this program) and what it lacks."""
    given = os.environ if given is None else given
    ours = {
        # Or the first notebook takes the whole GPU.
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
        # Or a recent GPU rounds what it multiplies to ten bits, and shows other numbers than a CPU.
        "JAX_DEFAULT_MATMUL_PRECISION": "highest",
        # The second start of a notebook finds its programs compiled.
        CACHE: str(cache_folder()),
        # By default only what took a second is kept; a notebook has many that take less.
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0.1",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "0",
    }
    return {**ours, **given}


def brisk(given: Mapping[str, str] | None = None) -> dict[str, str]:
    """`environment(given)` for runs so short that compiling takes most of their time.

    XLA's newer emitters of fused loops compile half as long again as the older ones, which jaxlib
    had before 0.11; where the user has set `XLA_FLAGS`, they stay as they are.
    """
    older = tuple(map(int, re.findall(r"\d+", metadata.version("jaxlib"))[:2])) < (0, 11)
    flags = {"XLA_FLAGS": "--xla_cpu_use_fusion_emitters=false"} if older else {}
    return {**flags, **environment(given)}
