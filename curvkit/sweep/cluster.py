"""Where the runs are made: dask workers of this machine, or those of a scheduler that is named."""

import contextlib
import logging
from collections.abc import Iterator
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
            cluster = distributed.LocalCluster(
                n_workers=workers, threads_per_worker=1, processes=True, host="127.0.0.1",
                dashboard_address="127.0.0.1:0", worker_dashboard_address="127.0.0.1:0",
                silence_logs=logging.CRITICAL, preload=["curvkit.sweep.quiet"], env=environment(),
            )  # fmt: skip
            stack.enter_context(cluster)
            yield stack.enter_context(distributed.Client(cluster))
            return
        try:
            client = stack.enter_context(distributed.Client(scheduler, timeout=SECONDS_TO_ANSWER))
        except (OSError, ValueError, TypeError) as error:
            raise ValueError(
                f"No dask scheduler answers at {scheduler}: {work.said(error)}."
            ) from None
        _same_version(client, scheduler)
        yield client


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
