"""Where reports are made: in this process, in processes of their own, or on a cluster."""

from __future__ import annotations

import contextlib
import functools
import multiprocessing
import os
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError, Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

from svcq_lib.errors import ReportError, missing_extra
from svcq_lib.reports import kernels, lean
from svcq_lib.reports.execute import Job, Outcome, make
from svcq_lib.reports.publish import publish
from svcq_lib.sources.cache import unfinished

_ASIDE: float = 5.0  # seconds that a worker has to end by itself
_ANSWER: float = 10.0  # seconds that a scheduler has to answer


@dataclass(frozen=True)
class Place:
    """Where reports are made.

    Attributes
    ----------
    jobs : int
        How many at a time.
    open : callable
        Gives an executor and what its workers do with a job; another one is opened when a worker took the first
        with it.
    receive : callable
        What becomes of a worker's answer here: the outcome, its files in place.
    lost : tuple of exception types
        What an executor raises when a worker is gone.
    begin : callable
        Starts what takes a while to be ready, while the caller still has something else to do.
    others : frozenset of int
        Processes that were there before this place and are none of its business.
    """

    jobs: int
    open: Callable[[], tuple[Executor, Callable[[Job], Any]]]
    receive: Callable[[Job, Any], Outcome]
    lost: tuple[type[BaseException], ...] = (BrokenProcessPool,)
    begin: Callable[[], object] = lambda: None
    others: frozenset[int] = frozenset()


@contextlib.contextmanager
def place(
    address: str | None, jobs: int, *, timeout: float | None = None, memory: float | None = None
) -> Iterator[Place]:
    """Give the place where reports are made; nothing is started before it is told to begin or the first report.

    Parameters
    ----------
    address : str or None
        Address of a Dask scheduler, such as ``tcp://10.0.0.5:8786``; None is this machine.
    jobs : int
        How many are made at a time on this machine.
    timeout : float, optional
        Seconds that a report may take.
    memory : float, optional
        Megabytes that a report may use.

    Yields
    ------
    Place
        The place.

    Raises
    ------
    ParameterError
        If a limit is not positive.
    SvcqError
        If the package for clusters is missing.
    ReportError
        If nothing answers at the address.
    """
    others = children()
    with contextlib.ExitStack() as stack:
        plain = stack.enter_context(kernels.server(fork=False, timeout=timeout, memory=memory))
        if address is not None:
            yield replace(_cluster(address, stack, plain), others=others)
            return

        @functools.cache
        def begun() -> tuple[kernels.Kernels, str]:
            kernel = stack.enter_context(kernels.server(timeout=timeout, memory=memory))
            return kernel, stack.enter_context(tempfile.TemporaryDirectory(prefix="svcq-"))

        def opened() -> tuple[Executor, Callable[[Job], Any]]:
            kernel, folder = begun()
            return _Here() if jobs <= 1 else _pool(jobs, folder), functools.partial(make, kernel=kernel)

        yield Place(jobs, opened, _as_is, begin=begun, others=others)


def _as_is(job: Job, outcome: Outcome) -> Outcome:
    del job
    return outcome


class _Here(Executor):
    """Works at once, in the caller's own thread."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class _Pool(ProcessPoolExecutor):
    """Processes that are born deaf to Ctrl-C: a terminal sends it to all of them, and the run decides."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if os.name != "posix":
            return super().submit(fn, *args, **kwargs)
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # a new process inherits it
        try:
            return super().submit(fn, *args, **kwargs)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _pool(jobs: int, folder: str) -> Executor:
    # spawn: a forked copy of a process with threads (polars, BLAS) may hang
    context = multiprocessing.get_context("spawn")
    return _Pool(jobs, mp_context=context, initializer=_ready, initargs=(folder,))


def _ready(folder: str) -> None:
    """Make a worker leave nothing behind: its temporary files are the run's, and it ends when the run is killed."""
    lean.spare_grammars()
    tempfile.tempdir = folder
    signal.signal(signal.SIGINT, lambda *_: None)  # not SIG_IGN, which its kernels would inherit
    if os.name == "posix":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    threading.Thread(target=_follow, daemon=True).start()


def _follow() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        end_children(frozenset())
        os._exit(1)


def children() -> frozenset[int]:
    """Return the ids of the processes that this one has started, before it starts any for a run."""
    import psutil  # type: ignore[import-untyped]

    if os.name == "posix":
        resource_tracker.ensure_running()  # one for all of this process's pools; it ends with the process
    return frozenset(one.pid for one in psutil.Process().children())


def end_children(others: frozenset[int]) -> None:
    """End the processes that this one has started, and theirs.

    Parameters
    ----------
    others : frozenset of int
        Ids of children that were there before and are none of the run's business.
    """
    import psutil

    own = [one for one in psutil.Process().children() if one.pid not in others]
    below = [two for one in own for two in one.children(recursive=True)]
    for one in (*own, *below):
        _signalled(one.terminate)
    _, left = psutil.wait_procs([*own, *below], timeout=_ASIDE)
    for one in left:
        _signalled(one.kill)
    psutil.wait_procs(left, timeout=_ASIDE)


def _signalled(send: Callable[[], None]) -> None:
    import psutil

    try:
        send()
    except psutil.NoSuchProcess:  # it has ended by itself
        return


def _cluster(address: str, stack: contextlib.ExitStack, kernel: kernels.Kernels) -> Place:
    try:
        import distributed
        from distributed.scheduler import KilledWorker
    except ImportError:
        raise missing_extra("distributed", "dask", f"--executor {address}") from None
    try:
        client = stack.enter_context(distributed.Client(address, timeout=_ANSWER, set_as_default=False))
    except (OSError, ValueError) as error:
        raise ReportError(
            f"no Dask scheduler answers at {address} ({error}). Start one with `dask scheduler`, or correct --executor."
        ) from None
    places = sum(client.nthreads().values())
    if not places:
        raise ReportError(
            f"the Dask scheduler at {address} has no workers. Start some with `dask worker {address}`."
        )
    work = functools.partial(make_away, kernel=kernel)

    def opened() -> tuple[Executor, Callable[[Job], Any]]:
        if client.status != "running":  # what is submitted now would never come back
            raise ReportError(
                f"the Dask scheduler at {address} is gone. What came back from it is kept. Start it and run the same "
                "command again."
            )
        return client.get_executor(pure=False), work

    return Place(places, opened, receive, (KilledWorker, CancelledError))


def make_away(job: Job, kernel: kernels.Kernels) -> tuple[Outcome, Mapping[str, bytes]]:
    """Make a report on another machine.

    Parameters
    ----------
    job : Job
        What to make; this machine must see the study's folder under the same path.
    kernel : Kernels
        How its kernel is started and what it may use.

    Returns
    -------
    outcome : Outcome
        What became of it.
    files : Mapping of str to bytes
        Its finished files by path below the folder of the results.
    """
    with tempfile.TemporaryDirectory(prefix="svcq-") as folder:
        outcome = make(replace(job, out=Path(folder)), kernel)
        return outcome, {one["path"]: (Path(folder) / one["path"]).read_bytes() for one in outcome.outputs}


def receive(job: Job, answer: tuple[Outcome, Mapping[str, bytes]]) -> Outcome:
    """Publish what another machine has made.

    Parameters
    ----------
    job : Job
        What was made.
    answer : tuple
        From :func:`make_away`.

    Returns
    -------
    Outcome
        With its files in place.
    """
    outcome, files = answer
    partial = unfinished(job.out, job.name)
    for path, body in files.items():
        target = partial / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)
    outcome.outputs = publish(job.out, job.name, partial)
    return outcome
