"""Loaded by the workers of this machine: Ctrl-C is for the command, which then ends them."""

import signal
from typing import Any


def dask_setup(worker: Any) -> None:
    """Leaves an interrupt from the terminal to the process that started the worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # While this process was starting the key was kept back, and it must reach a notebook's kernel.
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
