"""Kernels of a batch: forked from a server where that is safe, ordinary ones elsewhere, watched in either case."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from svcq_lib.errors import ParameterError, ReportError
from svcq_lib.reports.watch import Watch

_PATIENCE = 120  # seconds that a kernel may take to start: machines that make reports are busy


class KernelLostError(ReportError):
    """A kernel did not start, or was ended from outside: worth another try."""


@dataclass(frozen=True)
class Kernels:
    """How kernels are started and what they may use; workers receive it.

    Attributes
    ----------
    server : str
        Path of the socket of the fork server; empty for ordinary kernels.
    timeout : float, optional
        Seconds that a report may take.
    memory : float, optional
        Megabytes that a report's kernel, and what it starts, may take.
    """

    server: str = ""
    timeout: float | None = None
    memory: float | None = None


def choose(fork: bool | None = None) -> bool:
    """Return whether kernels are forked from a server.

    Parameters
    ----------
    fork : bool, optional
        True or False decides; by default they are on Linux. Libraries of macOS do not survive a fork,
        and Windows has none.

    Returns
    -------
    bool
        Whether they are.

    Raises
    ------
    ParameterError
        If forked kernels are asked for where they cannot be had.
    """
    possible = sys.platform == "linux" and hasattr(os, "pidfd_open")
    if fork and not possible:
        raise ParameterError(
            "kernels can be forked on Linux only. Leave out fork=True: ordinary ones do the same."
        )
    return possible if fork is None else fork


@contextlib.contextmanager
def server(
    *, fork: bool | None = None, timeout: float | None = None, memory: float | None = None
) -> Iterator[Kernels]:
    """Keep a fork server while reports are made.

    It imports while the first report is being prepared; if it fails, kernels are ordinary ones.

    Parameters
    ----------
    fork : bool, optional
        Whether kernels are forked; see ``choose``.
    timeout : float, optional
        Seconds that a report may take.
    memory : float, optional
        Megabytes that a report's kernel, and what it starts, may take.

    Yields
    ------
    Kernels
        For ``execute.make``, in this process or others.

    Raises
    ------
    ParameterError
        If a limit is not positive, or forked kernels are asked for where they cannot be had.
    """
    for name, limit in (("timeout", timeout), ("memory", memory)):
        if limit is not None and not limit > 0:
            raise ParameterError(
                f"{name} is {limit}. Set it to a positive number, or leave it out for no limit."
            )
    if not choose(fork):
        yield Kernels("", timeout, memory)
        return
    with tempfile.TemporaryDirectory(prefix="svcq-") as folder:
        process = _started(Path(folder))
        try:
            yield Kernels(f"{folder}/server", timeout, memory)
        finally:
            process.kill()
            process.wait()


def _started(folder: Path) -> subprocess.Popen[bytes]:
    """Start the server; it listens before it has imported anything, so that nobody comes too early."""
    from svcq_lib.reports.forkserver import ENVIRONMENT

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.fspath(folder / "server"))
        listener.listen(128)
        return subprocess.Popen(
            [sys.executable, "-m", "svcq_lib.reports.forkserver", str(listener.fileno()), str(os.getpid())],
            env={**ENVIRONMENT, **os.environ},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            pass_fds=[listener.fileno()],
            start_new_session=True,  # Ctrl-C in a terminal is for the run, which ends the server in its own time
        )


@contextlib.contextmanager
def watched(kernels: Kernels) -> Iterator[tuple[dict[str, Any], Watch]]:
    """Give papermill what it needs to start a kernel, and watch that kernel.

    Parameters
    ----------
    kernels : Kernels
        How kernels are started, and their limits.

    Yields
    ------
    arguments : dict
        Keyword arguments of ``papermill.execute_notebook``.
    watch : Watch
        What is known of the kernel.

    Raises
    ------
    KernelLostError
        If the kernel did not start, or was ended from outside.
    ReportError
        If it ended itself, or a limit was passed.
    """
    import zmq

    watch = Watch(kernels.timeout, kernels.memory)
    with _one_thread(), _settings() as config:
        try:
            yield _arguments(kernels, config, watch), watch
        except (RuntimeError, ConnectionError, zmq.ZMQError) as error:
            watch.stop()
            raise _explained(error, watch) from error
        finally:
            watch.stop()


def _arguments(kernels: Kernels, config: Any, watch: Watch) -> dict[str, Any]:
    from svcq_lib.reports.provisioner import ReportKernelManager

    own = {"server": kernels.server, "started": staticmethod(watch.follow)}
    return {
        "kernel_name": "python3",
        "kernel_manager_class": type("Manager", (ReportKernelManager,), own),
        "config": config,
        "start_timeout": _PATIENCE,
        "shutdown_kernel": "immediate",
        "request_save_on_cell_execute": False,
        "progress_bar": False,
        "log_output": False,
    }


def _explained(error: Exception, watch: Watch) -> ReportError:
    """Say why a kernel is gone."""
    if watch.broken:
        return ReportError(watch.broken)
    code = watch.process.poll() if watch.process else None
    if code is None:
        return KernelLostError(f"the kernel did not answer: {error}")
    if code >= 0:
        return ReportError(
            f"the notebook ended its own kernel (exit code {code}). Let its last cell end instead."
        )
    with contextlib.suppress(ValueError):
        code = signal.Signals(-code).name
    return KernelLostError(
        f"the kernel was killed ({code}); the machine may have run out of memory. "
        "Make fewer reports at a time with --jobs, or give it more memory."
    )


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Let a kernel that starts now do its linear algebra in one thread, unless the user has said otherwise.

    Matrices here are small: reports side by side with a pool of threads each take several times as long.
    """
    added = [name for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS") if name not in os.environ]
    os.environ.update(dict.fromkeys(added, "1"))
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


@contextlib.contextmanager
def _settings() -> Iterator[Any]:
    """Give settings of the kernel: where sockets can be files, no port that another process may take."""
    from traitlets.config import Config

    if os.name != "posix":
        yield Config()
        return
    with tempfile.TemporaryDirectory(prefix="svcq-") as sockets:
        yield Config({"KernelManager": {"transport": "ipc", "ip": f"{sockets}/kernel"}})
