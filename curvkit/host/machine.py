"""What this machine, or the container that we are in, has to give."""

import os
from pathlib import Path

# A notebook takes up to 0.9 GB with its kernel (`benchmarks/notebooks.py`).
GIGABYTES_A_NOTEBOOK = 1.0
LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def cores() -> int:
    """How many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS, not on Windows
        return os.cpu_count() or 1


def free_gigabytes() -> float | None:
    """How much memory there is to be had, or None where that is not known."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        available = next(line for line in lines if line.startswith("MemAvailable"))
        free = int(available.split()[1]) * 1024
    except (OSError, StopIteration, ValueError):
        try:
            free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        except (AttributeError, ValueError, OSError):
            return None
    # A container, such as Binder's, may have less than its machine.
    for each in LIMITS:
        try:
            free = min(free, int(Path(each).read_text()))
        except (OSError, ValueError):
            continue
    return free / 1e9


def notebooks_at_once() -> int:
    """How many notebooks are run side by side where nobody says: two, if there is room for them."""
    free = free_gigabytes()
    room = 1 if free is None else int(free // (2 * GIGABYTES_A_NOTEBOOK))
    return max(1, min(2, cores(), room))
