"""Where the runs are made: dask workers of this machine, or those of a scheduler that is named."""

import contextlib
import logging
import signal
import threading
from collections.abc import Callable, Iterator
from multiprocessing import resource_tracker
from typing import Any

from curvkit.environment import environment
from curvkit.sweep import work
from curvkit.sweep.store import MISSING, require

# One run at a time on a worker, and no run waiting there: who dies takes nobody else along.
CONFIG = {
    "distributed.scheduler.worker-saturation": 1.0,
    "distributed.scheduler.allowed-failures": 3,
    "distributed.comm.timeouts.connect": "10s",
}
SECONDS_TO_ANSWER = 10


def installed() -> Any:
    """dask.distributed.

    Raises:
        ValueError: with one sentence, where it or pyarrow is not installed.
    """
    require()
    try:
        import distributed
    except ImportError:
        raise ValueError(MISSING) from None
    return distributed


@contextlib.contextmanager
def connected(scheduler: str | None, workers: int) -> Iterator[Any]:
    """A client of the scheduler, or of a cluster of so many workers for as long as the block.

    Raises:
        ValueError: with one sentence, if nothing answers there, or its workers have no curvkit
            of this version.
    """
    distributed = installed()
    import dask

    with dask.config.set(CONFIG), _silenced(), contextlib.ExitStack() as stack:
        if scheduler is None:
            make = lambda: distributed.LocalCluster(
                n_workers=workers, threads_per_worker=1, processes=True, host="127.0.0.1",
                dashboard_address="127.0.0.1:0", worker_dashboard_address="127.0.0.1:0",
                silence_logs=logging.CRITICAL, preload=["curvkit.sweep.quiet"], env=environment(),
            )  # fmt: skip
            cluster = stack.enter_context(_owned(make))
            yield stack.enter_context(_owned(lambda: distributed.Client(cluster)))
            return
        try:
            client = stack.enter_context(distributed.Client(scheduler, timeout=SECONDS_TO_ANSWER))
        except (OSError, ValueError, TypeError) as error:
            raise ValueError(
                f"No dask scheduler answers at {scheduler}: {work.said(error)}."
            ) from None
        _same_version(client, scheduler)
        client.register_plugin(_preparing(distributed))
        yield client


@contextlib.contextmanager
def _owned(make: Callable[[], Any]) -> Iterator[Any]:
    """What `make` starts, for as long as the block; a Ctrl-C waits while it starts or closes."""
    ended = contextlib.ExitStack()
    try:
        with held():
            made = ended.enter_context(make())
        yield made
    finally:
        with held():
            ended.close()


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Keeps Ctrl-C back until the end of the block, which dask would tear into tracebacks."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pressed: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: pressed.append(number))
    # A process that is started here is deaf to the key, too, until `quiet` makes it so for good.
    posix = hasattr(signal, "pthread_sigmask")
    if posix:
        # This helper of multiprocessing lets the key through again where it is started, once.
        resource_tracker.ensure_running()
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        if posix:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        signal.signal(signal.SIGINT, before)
        if pressed:
            signal.raise_signal(signal.SIGINT)


@contextlib.contextmanager
def _silenced() -> Iterator[None]:
    """Keeps dask's own log off the terminal, where all that matters is said in a sentence."""
    names = [name for name in logging.root.manager.loggerDict if name.startswith("distributed")]
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


def _preparing(distributed: Any) -> Any:
    """What every worker of a scheduler does before its first run, also one that comes later."""

    class Preparing(distributed.WorkerPlugin):
        """Sets what the workers of this machine have from their environment."""

        name = "curvkit"

        def setup(self, worker: Any) -> None:
            """Called by dask on the worker."""
            work.prepare()

    return Preparing()


def _same_version(client: Any, scheduler: str) -> None:
    try:
        found = set(client.run(work.version).values())
    except Exception as error:  # whatever kept a worker from importing it
        raise ValueError(
            f"The workers of {scheduler} cannot import curvkit: {work.said(error)}."
        ) from None
    other = found - {work.version()}
    if other:
        raise ValueError(
            f"The workers of {scheduler} have curvkit {', '.join(sorted(other))}, and here is "
            f"{work.version()}; install the same."
        )
