"""What workers do in the drills: rows that come slowly, and runs that kill their worker."""

import os
import signal
import time
from pathlib import Path

from curvkit.sweep.work import Outcome


def batch(runs: dict, seconds: float = 0.0) -> list[Outcome]:
    """A row for each run; `kill` is how often the run kills its worker, counted in a file."""
    rows = []
    for name, told in runs.items():
        time.sleep(seconds)
        tally = Path(told["tally"])
        deaths = len(tally.read_text()) if tally.exists() else 0
        if deaths < told["kill"]:
            tally.write_text("x" * (deaths + 1))
            os.kill(os.getpid(), signal.SIGKILL)
        rows.append(Outcome({"run": name, "room": "tuners.model", "status": "ok"}))
    return rows


def computes() -> tuple[str | None, bool]:
    """How a worker multiplies, and whether it keeps what it compiles."""
    import jax

    return jax.config.jax_default_matmul_precision, bool(jax.config.jax_compilation_cache_dir)
