"""Which processes are below one, and where they listen: read from /proc, where there is one."""

import os
from pathlib import Path


def children(pid):
    """All processes below one, by their entries in /proc."""
    found, above = set(), {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            above[int(entry.parent.name)] = int(entry.read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError):
            continue
    while more := {each for each, parent in above.items() if parent in found | {pid}} - found:
        found |= more
    return found


def listening(pids):
    """The addresses at which processes listen, as /proc writes them."""
    inodes = set()
    for pid in pids:
        for each in Path(f"/proc/{pid}/fd").glob("*"):
            try:
                inodes.add(os.readlink(each))
            except OSError:
                continue
    rows = [
        line.split() for kind in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{kind}").read_text().splitlines()[1:]
    ]  # fmt: skip
    return {
        row[1].split(":")[0] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in inodes
    }
