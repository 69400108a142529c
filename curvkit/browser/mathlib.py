"""The functions of C's library that programs call, in one archive.

The compiler builds all of that library for its first program, which takes a processor some twenty
seconds; what programs call of it is a tenth. It is built here from the same sources in the same
way, so the numbers of a program are the same to the last bit.
"""

import hashlib
import importlib.util
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from curvkit.host import files

# Of which function is written in C and which in Zig is another matter in each version of the
# compiler: others than this one build the whole library.
VERSION = "0.17."
COMMON = (
    "__cos __cosdf __math_invalid __math_invalidf __math_oflow __math_oflowf __math_uflow "
    "__math_uflowf __math_xflow __math_xflowf __sin __sindf acosh asinf asinh asinhf atan2 atan2f "
    "atanh atanhf erf erff exp2f_data exp_data expm1 expm1f fma lgamma lgamma_r lgammaf lgammaf_r "
    "nextafter nextafterf pow pow_data powf powf_data scalbn signgam"
).split()
WASI = "__expo2 __expo2f sinh sinhf".split()
BOTTOM, TOP, MUSL = "wasi/libc-bottom-half", "wasi/libc-top-half", "musl"
SOURCES = (
    f"{BOTTOM}/crt/crt1-reactor.c",  # calls what a program does before its first function
    *(f"{TOP}/musl/src/math/{name}.c" for name in WASI),
    *(f"{MUSL}/src/math/{name}.c" for name in COMMON),
)
# As the compiler itself builds them.
FLAGS = (
    "-std=gnu17", "-O3", "-fno-trapping-math", "-mthread-model", "single", "-w",
    "-DBULK_MEMORY_THRESHOLD=32",
)  # fmt: skip
INCLUDED = (
    f"{BOTTOM}/cloudlibc/src", f"{TOP}/musl/src/include", f"{MUSL}/src/include",
    f"{TOP}/musl/src/internal", f"{MUSL}/src/internal", f"{TOP}/musl/arch/wasm32",
    f"{MUSL}/arch/generic", f"{TOP}/headers/private",
)  # fmt: skip


def archive(version: str, flags: Sequence[str], folder: Path) -> Path | None:
    """The archive, built where it is not there yet, which takes some four seconds.

    Args:
        version: of the compiler.
        flags: how programs are compiled; the processor's features among them are those of the
            archive.
        folder: where it lies.

    Returns:
        None where its sources are not where this version has them: then programs take the whole
        library.
    """
    root = library()
    if not version.startswith(VERSION) or root is None:
        return None
    sources = [root / "libc" / name for name in SOURCES]
    if not all(each.is_file() for each in (root / "c.zig", *sources)):
        return None
    features = "".join(f"+{flag[2:]}" for flag in flags if flag[:2] == "-m" and "=" not in flag)
    target = f"-mcpu=baseline{features.replace('-', '_')}"
    how = [version, target, *FLAGS, *INCLUDED, *SOURCES]
    name = hashlib.sha256("\0".join(how).encode()).hexdigest()
    built = folder / f"{name}.a"
    if built.is_file():
        return built
    with tempfile.TemporaryDirectory() as home:
        included = [part for each in INCLUDED for part in ("-I", str(root / "libc" / each))]
        command = [
            *(sys.executable, "-m", "ziglang", "build-lib", str(root / "c.zig"), "-fcompiler-rt"),
            *("-target", "wasm32-wasi", target, "-O", "ReleaseFast", "-fstrip", "-lc"),
            *("--name", "math", "-cflags", *FLAGS, *included, "--", *map(str, sources)),
        ]
        # Where two programs ask for it at once, the compiler lets one of them wait, if both ask in
        # the same words: so the archive goes where each of them is.
        ran = subprocess.run(command, capture_output=True, text=True, cwd=home)
        if ran.returncode:
            return None
        folder.mkdir(parents=True, exist_ok=True)
        files.write(built, Path(home, "libmath.a").read_bytes())
    return built


def library() -> Path | None:
    """Where the compiler has the sources of its library; None where it has none."""
    spec = importlib.util.find_spec("ziglang")
    places = spec.submodule_search_locations if spec else None
    return Path(places[0]) / "lib" if places else None
