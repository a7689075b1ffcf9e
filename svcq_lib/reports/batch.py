"""Making many reports: each after the one it compares itself with, lost workers replaced, stopped cleanly."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from typing import Any

from svcq_lib.reports import executors
from svcq_lib.reports.execute import Job, Outcome, failed
from svcq_lib.reports.executors import Place
from svcq_lib.reports.plan import Planned

LOST = "the process that made the report was killed, and again when it was made alone; it may have run out of memory"
Decide = Callable[[Planned], Job | None]
Settle = Callable[[Outcome], bool]


def carry_out(planned: Sequence[Planned], place: Place, decide: Decide, settle: Settle) -> None:
    """Make the reports of a plan that are due.

    Parameters
    ----------
    planned : sequence of Planned
        The plan.
    place : Place
        Where reports are made.
    decide : callable
        Gives the job of a report when it is its turn, or None if the report is up to date.
    settle : callable
        Takes note of an outcome; tells whether to go on. What was begun is finished in any case.

    Raises
    ------
    KeyboardInterrupt
        If the run is stopped: no worker is left, nothing is half-written.
    """
    try:
        _Batch(planned, place, decide, settle).run()
    except BaseException:
        executors.end_children(place.others)
        raise


class _Batch:
    """The state of a batch: what waits, what runs, what was lost with its worker."""

    def __init__(self, planned: Sequence[Planned], place: Place, decide: Decide, settle: Settle) -> None:
        self.place, self.decide, self.settle = place, decide, settle
        self.waiting = deque(planned)
        self.open = {one.job.name for one in planned}
        self.running: dict[Future[Any], Job] = {}
        self.lost: deque[Job] = deque()
        self.tried: set[str] = set()
        self.executor: Executor | None = None
        self.work: Callable[[Job], Any]

    def run(self) -> None:
        """Make reports until none waits."""
        try:
            while self.waiting or self.running or self.lost:
                self._fill()
                finished, _ = wait(self.running, return_when=FIRST_COMPLETED)
                for future in finished:
                    self._take(future, self.running.pop(future))
        except BaseException:
            for future in self.running:
                future.cancel()
            self._close(wait=False)
            raise
        self._close()

    def _fill(self) -> None:
        """Give every free worker something to do."""
        if self.lost:  # whose fault it was that a worker died shows when each has one to itself
            if not self.running:
                self._submit(self.lost.popleft())
            return
        for one in list(self.waiting):
            if len(self.running) >= self.place.jobs:
                return
            if one.before in self.open:
                continue
            self.waiting.remove(one)
            job = self.decide(one)
            if job is None:
                self.open.discard(one.job.name)
            else:
                self._submit(job)

    def _submit(self, job: Job) -> None:
        if self.executor is None:
            self.executor, self.work = self.place.open()
        try:
            self.running[self.executor.submit(self.work, job)] = job
        except self.place.lost:  # it broke since the last job came back
            self.lost.append(job)
            self._renew()

    def _take(self, future: Future[Any], job: Job) -> None:
        """Take note of a finished job, or put one aside whose worker is gone."""
        try:
            outcome = self.place.receive(job, future.result())
        except self.place.lost:
            self._renew()
            if job.name not in self.tried:
                self.tried.add(job.name)
                self.lost.append(job)
                return
            outcome = failed(job, LOST)
        except Exception as error:
            outcome = failed(job, f"{type(error).__name__}: {error}")
        self.open.discard(job.name)
        if not self.settle(outcome):
            self.waiting.clear()

    def _renew(self) -> None:
        """Let go of a broken executor once the last of its jobs has come back: the next job opens another."""
        if not self.running:
            self._close(wait=False)

    def _close(self, *, wait: bool = True) -> None:
        if self.executor is not None:
            self.executor.shutdown(wait=wait)
            self.executor = None


@contextlib.contextmanager
def stoppable() -> Iterator[threading.Event]:
    """Let SIGTERM stop a run as Ctrl-C does.

    Yields
    ------
    Event
        Set once a signal has come: a library that is interrupted may report an error of its own instead. In a thread
        that is not the main one signals are left as they are.
    """
    stopped = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stopped
        return

    def interrupt(*_: object) -> None:
        stopped.set()
        raise KeyboardInterrupt

    before = {one: signal.signal(one, interrupt) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
