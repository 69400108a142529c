"""Checks the types of curvkit by basedpyright; what types.json notes of a folder only shrinks.

Usage: typecheck.py            say what is wrong, or one line that all is well
       typecheck.py --write    write down that a folder has fewer errors than noted
       typecheck.py --again    ask the checker although nothing has changed since all was well
"""

import argparse
import collections
import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTED = ROOT / ".ci" / "types.json"
# The fingerprint of what was well at the last check.
KEPT = ROOT / ".ruff_cache" / "types"
# Where every parameter has a type, those of functions within functions too.
STRICT = ("core", "draw", "show")
UNTYPED = ("reportMissingParameterType", "reportUnknownParameterType")


def checker() -> list[str]:
    """The checker of this environment, wherever that is."""
    return [sys.executable, "-m", "basedpyright"]


def found(*arguments: str, root: Path = ROOT) -> list[dict]:
    """What the checker says of the files of pyproject.toml, or of those named."""
    command = [*checker(), "--outputjson", *arguments]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    try:
        return json.loads(done.stdout)["generalDiagnostics"]
    except (ValueError, KeyError):
        told = (done.stderr or done.stdout).strip().split("\n")[-1]
        sys.exit(f"types: the checker does not run ({told}); run make setup.")


def folder(file: str) -> str:
    """The folder of curvkit that a file is in, or the name of a file beside the folders."""
    return Path(file).resolve().relative_to(ROOT / "curvkit").parts[0]


def errors(told: list[dict]) -> dict[str, list[dict]]:
    """What counts, by folder: errors, and in strict folders a parameter without a type."""
    by_folder = collections.defaultdict(list)
    for each in told:
        where = folder(each["file"])
        untyped = where in STRICT and each.get("rule") in UNTYPED
        if each["severity"] == "error" or untyped:
            by_folder[where].append(each)
    return dict(by_folder)


def compared(counts: Mapping[str, int], noted: Mapping[str, int]) -> tuple[list[str], list[str]]:
    """The folders with more errors than noted, and those with fewer.

    >>> compared({"core": 1, "report": 2}, {"report": 3})
    (['core'], ['report'])
    """
    names = sorted(counts.keys() | noted.keys())
    more = [name for name in names if counts.get(name, 0) > noted.get(name, 0)]
    return more, [name for name in names if counts.get(name, 0) < noted.get(name, 0)]


def line(each: Mapping) -> str:
    """One error as compilers write it."""
    at = Path(each["file"]).resolve().relative_to(ROOT)
    first = each["message"].split("\n")[0]
    return f"{at}:{each['range']['start']['line'] + 1}: {first} ({each.get('rule', 'syntax')})"


def fingerprint() -> str:
    """Of all that the answer depends on: the files, the rules, what is installed and noted."""
    files = [*sorted((ROOT / "curvkit").rglob("*.py")), ROOT / "pyproject.toml", NOTED]
    files += [ROOT / "requirements.lock", Path(__file__)]
    every = b"".join(f"{each}\0".encode() + each.read_bytes() + b"\0" for each in files)
    return hashlib.sha256(every).hexdigest()


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Checks the types of curvkit.")
    parser.add_argument("--write", action="store_true", help="write down that there are fewer")
    parser.add_argument("--again", action="store_true", help="check although nothing has changed")
    chosen = parser.parse_args(arguments)
    # The checker takes a minute: where all was well and nothing has changed, it still is.
    known = KEPT.is_file() and KEPT.read_text() == fingerprint()
    if known and not (chosen.write or chosen.again):
        print("types: all is well, as at the last check.")
        return
    noted, began = json.loads(NOTED.read_text()), time.perf_counter()
    wrong = errors(found())
    counts = {name: len(each) for name, each in sorted(wrong.items())}
    more, fewer = compared(counts, noted)
    for name in more:
        print(*map(line, wrong[name]), sep="\n")
        print(f"types: {name} has {counts[name]} errors and {noted.get(name, 0)} are noted.")
    if more:
        sys.exit("types: mend what is new; what is noted only shrinks.")
    if chosen.write:
        NOTED.write_text(json.dumps(counts, indent=2) + "\n")
    elif fewer:
        sys.exit(f"types: {', '.join(fewer)}: fewer errors than noted; write it down by "
                 "make types ARGS=--write.")  # fmt: skip
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_text(fingerprint())
    spent = time.perf_counter() - began
    print(f"types: all is well but for {sum(counts.values())} noted errors ({spent:.0f} s).")


if __name__ == "__main__":
    main()
