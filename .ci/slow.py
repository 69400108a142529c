"""Notes which tests take long, by a run of pytest with `--durations=0`: `make slow` makes both.

A test is left out of `make test-fast` where one of its cases took more than a sixth of a second,
made ready and cleared up included, or where it is marked `slow` by hand. Times differ between
machines, so the list says nothing about speed: it only says what waits for `make test`.
"""

import argparse
import collections
import re
from pathlib import Path

LIST = Path(__file__).resolve().parent.parent / "tests" / "slow.txt"
LINE = re.compile(r"([\d.]+)s (?:call|setup|teardown)\s+(\S.*)")


def slow(log: str, seconds: float) -> list[str]:
    """Names of the test functions of which a case took longer, without their parameters."""
    took = collections.Counter()
    for line in log.splitlines():
        if timed := LINE.fullmatch(line.strip()):
            took[timed[2]] += float(timed[1])
    return sorted({name.partition("[")[0] for name, spent in took.items() if spent > seconds})


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("log", type=Path, help="what pytest printed")
    asked.add_argument("--seconds", type=float, default=0.15, help="what counts as long")
    asked.add_argument("--add", action="store_true", help="beside those that are noted already")
    given = asked.parse_args()
    names = slow(given.log.read_text(encoding="utf-8"), given.seconds)
    if given.add:
        names = sorted({*names, *LIST.read_text(encoding="utf-8").splitlines()})
    LIST.write_text("\n".join(names) + "\n", encoding="utf-8")
    print(f"{LIST.name} names {len(names)} tests.")


if __name__ == "__main__":
    main()
