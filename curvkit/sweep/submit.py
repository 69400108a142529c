"""Hands jobs to dask and keeps what comes back, each as it ends."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from curvkit.host.stop import Stop
from curvkit.sweep import work
from curvkit.sweep.store import Store

SECONDS_TO_FETCH = 60


class Job(NamedTuple):
    """A call for a worker that returns outcomes, and the runs it is to make, by name."""

    call: Callable[..., Any]
    arguments: tuple[Any, ...]
    runs: dict[str, dict[str, Any]]


class Stopped(OSError):
    """A sweep that cannot go on: why in one sentence; what has ended so far is kept."""


class Drive:
    """A sweep on its way.

    Args:
        client: of dask.
        store: where results go.
        schema: of the table.
        room: the room's name.
        alone: makes the job of a single run.
        heard: called with the rows of each batch that is in the table.
        stop: says whether Ctrl-C was pressed, whatever became of its exception.
    """

    def __init__(
        self,
        client,
        store: Store,
        schema,
        room: str,
        alone: Callable[..., Any],
        heard: Callable[..., Any],
        stop: Stop,
    ):
        self.client, self.store, self.schema = client, store, schema
        self.room, self.alone, self.heard, self.stop = room, alone, heard, stop

    def run(self, jobs: Sequence[Job]) -> None:
        """Runs all jobs to their end.

        A batch whose worker dies again and again is made run by run, each with nothing beside it,
        so that only the run that kills workers fails.

        Raises:
            Stopped: if the scheduler goes away or nothing more can be written.
            KeyboardInterrupt: if the key was pressed.
        """
        blamed = self._together(jobs)
        for name, settings in blamed.items():
            # Nothing else is under way now: whose worker dies is to blame itself.
            failed = self._together([self.alone(name, settings)])
            if failed:
                row = work.failure(self.room, name, settings, self._error)
                self._keep([work.Outcome(row, None)])

    def _together(self, jobs: Sequence[Job]) -> dict[str, dict[str, Any]]:
        """Runs jobs side by side; returns the runs of those that brought nothing back."""
        from distributed import as_completed

        waiting = {self._submit(job): job for job in jobs}
        ended, blamed = as_completed(waiting, loop=self.client.loop), {}
        try:
            for future in ended:
                self.stop.check()
                job, brought = waiting.pop(future), self._brought(future)
                if brought is not None:
                    self._keep(brought)
                elif future.status == "error":
                    self._error = work.said(future.exception())
                    blamed |= job.runs
                else:
                    again = self._again(future, job)
                    waiting[again] = job
                    ended.add(again)
                    continue
                future.release()
        finally:
            if waiting and self.client.status == "running":
                self.client.cancel(list(waiting), force=True)
        return blamed

    def _submit(self, job: Job) -> Any:
        return self.client.submit(job.call, *job.arguments, pure=False)

    def _brought(self, future: Any) -> list[work.Outcome] | None:
        """What a job brought back; None if it failed, or died with the worker that had it."""
        from concurrent.futures import CancelledError

        if future.status != "finished":
            return None
        try:
            return future.result(timeout=SECONDS_TO_FETCH)
        except (CancelledError, TimeoutError, OSError):
            return None
        except Exception:
            if future.status == "finished":
                raise
            return None

    def _again(self, future: Any, job: Job) -> Any:
        """The future to wait for once more: dask itself makes again what died with a worker."""
        if self.client.status != "running":
            raise self._lost()
        return self._submit(job) if future.status == "cancelled" else future

    def _lost(self) -> Stopped:
        return Stopped(
            f"The scheduler went away; what had ended is in {self.store.folder}, and once it is "
            "back --resume goes on."
        )

    def _keep(self, outcomes: list[work.Outcome]) -> None:
        try:
            self.store.add(outcomes, self.schema)
        except OSError as error:
            raise Stopped(
                f"Nothing more can be written to {self.store.folder}: "
                f"{error.strerror or error}; what had ended is there, and --resume goes on."
            ) from error
        self.heard([outcome.row for outcome in outcomes])
