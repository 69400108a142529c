"""An installed package as a wheel again, from its own files: no network, no build, no checkout."""

import base64
import csv
import hashlib
import io
import re
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import curvkit

COMPILED = (".so", ".pyd", ".dylib")
WHEEL = "Wheel-Version: 1.0\nGenerator: curvkit\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
LICENCE = re.compile(r"(?i)licen[cs]e|copying|notice|authors")
KEPT = ("METADATA", "entry_points.txt", "top_level.txt")


def built(name: str) -> tuple[str, bytes]:
    """The file name and the bytes of a pure wheel of an installed package.

    The same files give the same bytes. Compiled twins of Python modules are left out.

    Raises:
        ValueError: with one sentence, if it is not installed, or has compiled parts of which there
            is no Python.
    """
    try:
        there = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        raise ValueError(f"{name} is not installed, so it cannot be carried along.") from None
    plain = re.sub(r"[-_.]+", "_", there.metadata["Name"]).lower()
    home = f"{plain}-{there.version}.dist-info"
    files = dict(_own() if plain == "curvkit" else _of(there, name))
    files |= {f"{home}/{path}": data for path, data in _licences(there)}
    for each in KEPT:
        text = there.read_text(each)
        if text:
            files[f"{home}/{each}"] = text.encode()
    files[f"{home}/WHEEL"] = WHEEL.encode()
    files[f"{home}/RECORD"] = _record(files, f"{home}/RECORD")
    return f"{plain}-{there.version}-py3-none-any.whl", _zipped(files)


def _own() -> Iterator[tuple[str, bytes]]:
    """Curvkit's files as they lie here, also where it is installed as a checkout."""
    home = Path(curvkit.__file__).parent
    for path in sorted(home.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path.relative_to(home.parent).as_posix(), path.read_bytes()


def _of(there: metadata.Distribution, name: str) -> Iterator[tuple[str, bytes]]:
    listed = [each for each in there.files or [] if ".." not in each.parts]
    sources = {each.as_posix() for each in listed if each.suffix == ".py"}
    for each in listed:
        path = each.as_posix()
        if "__pycache__" in each.parts or each.parts[0].endswith(".dist-info"):
            continue
        if each.suffix in COMPILED:
            if "__mypyc" in path or f"{path.split('.')[0]}.py" in sources:
                continue
            raise ValueError(f"{name} has compiled parts, so it cannot be carried along.")
        yield path, Path(each.locate()).read_bytes()


def _licences(there: metadata.Distribution) -> Iterator[tuple[str, bytes]]:
    """The licences that go with a package, by their paths within its dist-info."""
    for each in there.files or []:
        if each.parts[0].endswith(".dist-info") and LICENCE.search(each.as_posix()):
            yield "/".join(each.parts[1:]), Path(each.locate()).read_bytes()


def _record(files: dict[str, bytes], own: str) -> bytes:
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\n")
    for path, data in sorted(files.items()):
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        rows.writerow([path, f"sha256={digest}", len(data)])
    rows.writerow([own, "", ""])
    return written.getvalue().encode()


def _zipped(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path, data in sorted(files.items()):
            entry = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, data)
    return packed.getvalue()
