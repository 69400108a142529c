"""What runs within the kernel of a report: streams of bounded length, and what it computed on."""

import json
import re
import sys
from pathlib import Path
from typing import Any

from ipykernel.iostream import OutStream

# Of what a cell prints on one stream, no more is kept: a page is to be opened by a browser.
MOST_CHARACTERS = 1_000_000
CUT = (
    f"\n… what else this cell prints is left out: it is more than {MOST_CHARACTERS:,} characters.\n"
)


class Bounded(OutStream):
    """A stream of the kernel that takes so many characters a cell, and passes over the rest.

    It stands in the kernel, so that a cell that prints a gigabyte neither fills a queue nor takes
    the time to send it.
    """

    _cell, _taken = None, 0

    def write(self, string: str) -> int | None:
        """Writes what there is room for; returns the length of `string` as if all were written."""
        cell = (self.parent_header or {}).get("msg_id")
        if cell != self._cell:
            self._cell, self._taken = cell, 0
        room = MOST_CHARACTERS - self._taken
        if room >= 0 and isinstance(string, str):
            # Half a character cannot be sent, and takes what was printed before it along.
            string = string if string.isascii() else string.encode("utf-8", "replace").decode()
            self._taken += len(string)
            if len(string) > room:
                self._taken = MOST_CHARACTERS + 1
                super().write(string[:room] + CUT)
                return len(string)
            return super().write(string)
        return len(string)


def facts() -> str:
    """What the kernel computed on and what it took, as JSON."""
    usage: dict[str, Any] = {"backend": "jax was not used", **_taken()}
    jax = sys.modules.get("jax")
    if jax is not None:
        devices = jax.devices()
        usage["backend"] = jax.default_backend()
        usage["device"] = f"{len(devices)} × {devices[0].device_kind}"
        # None on a CPU, whose arrays are in the memory of the process.
        stats = devices[0].memory_stats() or {}
        usage["device_peak_mb"] = stats.get("peak_bytes_in_use", 0) / 1e6
    return json.dumps(usage)


def _taken() -> dict[str, float]:
    try:
        import resource
    except ImportError:  # not on Windows
        return {}
    used = resource.getrusage(resource.RUSAGE_SELF)
    unit = 1 if sys.platform == "darwin" else 1024
    most = used.ru_maxrss * unit
    status = Path("/proc/self/status")
    if status.exists():
        # On Linux ru_maxrss starts at the peak of the parent process; VmHWM is this one's own.
        own = re.search(r"VmHWM:\s*(\d+) kB", status.read_text())
        most = 1024 * int(own[1]) if own else most
    return {
        "peak_mb": round(most / 1e6),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 1),
    }
