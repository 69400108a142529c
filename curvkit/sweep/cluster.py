"""Where the runs are made: dask workers of this machine, or those of a scheduler that is named.

Whoever can talk to a scheduler of dask can have anything run by it, and a client believes what its
scheduler sends. The processes of this machine therefore know each other by a certificate that is
made for the one sweep and is nowhere on the disk; other programs are refused.
"""

import contextlib
import logging
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

from curvkit.core import files
from curvkit.environment import environment
from curvkit.sweep import guard, work
from curvkit.sweep.store import MISSING, require

# One run at a time on a worker, and no run waiting there: who dies takes nobody else along.
CONFIG = {
    "distributed.scheduler.worker-saturation": 1.0,
    "distributed.scheduler.allowed-failures": 3,
    "distributed.comm.timeouts.connect": "10s",
    # A worker that died is started again, which takes long where others are busy, and is not given
    # up meanwhile: there would be none.
    "distributed.deploy.lost-worker-timeout": "1h",
}
SECONDS_TO_ANSWER = 10
OPEN = (
    "{scheduler} asks nobody who he is and encrypts nothing: whoever reaches that port, or listens "
    "on the way, can run programs as you here and there; a scheduler at tls:// does not let him."
)
CERTIFICATES = (
    "{scheduler} wants certificates: name them by --tls-ca-file, --tls-cert and --tls-key, or in "
    "dask's configuration, distributed.comm.tls."
)


def installed(own: bool = False) -> Any:
    """dask.distributed; and what its `own` cluster needs beside it, which makes certificates.

    Raises:
        ValueError: with one sentence, where it or pyarrow is not installed.
    """
    require()
    try:
        import distributed

        if own:
            import cryptography  # noqa: F401, which distributed imports later
    except ImportError:
        raise ValueError(MISSING) from None
    return distributed


def secure(scheduler: str | None, given: Mapping[str, Any]) -> Any:
    """What a client is to show to a scheduler, and to know it by; None where nothing is asked.

    Args:
        scheduler: its address.
        given: files by name, `tls_ca_file`, `tls_cert` and `tls_key`; what is None is as dask's
            configuration has it.

    Raises:
        ValueError: with one sentence, if they do not belong to the address, or cannot be read.
    """
    named = {name: str(path) for name, path in given.items() if path is not None}
    encrypted = str(scheduler).startswith(("tls://", "wss://"))
    if named and not encrypted:
        flag = f"--{min(named).replace('_', '-')}"
        raise ValueError(f"{flag} is for a scheduler at tls://, but --scheduler is {scheduler}.")
    if not encrypted:
        return None
    for name, path in named.items():
        with files.reading(path):  # or it is said which one is not there
            named[name] = str(Path(path).resolve())
    names = {"tls_cert": "tls_client_cert", "tls_key": "tls_client_key"}
    distributed = installed()
    security = distributed.Security(
        require_encryption=True, **{names.get(name, name): path for name, path in named.items()}
    )
    if not (security.tls_ca_file and security.tls_client_cert):
        raise ValueError(CERTIFICATES.format(scheduler=scheduler))
    try:
        security.get_connection_args("client")
    except (OSError, ValueError) as error:
        raise ValueError(
            f"The certificates for {scheduler} cannot be used: {work.said(error)}."
        ) from None
    return security


@contextlib.contextmanager
def connected(scheduler: str | None, workers: int, security: Any = None) -> Iterator[Any]:
    """A client of the scheduler, or of a cluster of so many workers for as long as the block.

    Raises:
        ValueError: with one sentence, if nothing answers there, or its workers have no curvkit
            of this version; or if no workers can be started here.
    """
    distributed = installed(own=scheduler is None)
    from dask import config

    with config.set(CONFIG), _silenced(), contextlib.ExitStack() as stack:
        if scheduler is None:
            guard.check()
            cluster = stack.enter_context(_owned(lambda: _local(distributed, workers)))
            yield stack.enter_context(_owned(lambda: distributed.Client(cluster)))
            return
        wanted = dict(timeout=SECONDS_TO_ANSWER, security=security)
        try:
            client = stack.enter_context(distributed.Client(scheduler, **wanted))
        except (OSError, ValueError, TypeError) as error:
            raise ValueError(
                f"No dask scheduler answers at {scheduler}: {work.said(error)}."
            ) from None
        _same_version(client, scheduler)
        client.register_plugin(_preparing(distributed))
        yield client


def _local(distributed: Any, workers: int) -> Any:
    """A cluster of this machine, which lets in nobody but those it was started with."""
    try:
        return distributed.LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, host="127.0.0.1",
            security=True, dashboard_address="127.0.0.1:0", worker_dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL, env=environment(),
            preload=["curvkit.sweep.worker_preload"],
        )  # fmt: skip
    except RuntimeError as error:
        raise ValueError(
            f"No workers can be started here: {work.said(error).rstrip('.')}; a script has to "
            f"{guard.TODO}."
        ) from error


@contextlib.contextmanager
def _owned(make: Callable[[], Any]) -> Iterator[Any]:
    """What `make` starts, for as long as the block; a Ctrl-C waits while it starts or closes."""
    ended = contextlib.ExitStack()
    try:
        with held():
            resource = ended.enter_context(make())
        yield resource
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
        versions = set(client.run(work.version).values())
    except Exception as error:  # whatever kept a worker from importing it
        raise ValueError(
            f"The workers of {scheduler} cannot import curvkit: {work.said(error)}."
        ) from None
    differing = versions - {work.version()}
    if differing:
        raise ValueError(
            f"The workers of {scheduler} have curvkit {', '.join(sorted(differing))}, and here is "
            f"{work.version()}; install the same."
        )
