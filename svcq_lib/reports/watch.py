"""Limits of time and memory of a kernel that runs."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import Any

from svcq_lib.errors import ReportError

MB = 2**20
_LOOK = 0.2  # seconds between looks at a kernel


class Watch:
    """Looks at a kernel's time and memory, and ends it at once when a limit is passed.

    Parameters
    ----------
    timeout : float, optional
        Seconds from now.
    memory : float, optional
        Megabytes.

    Attributes
    ----------
    peak_mb : float
        Most memory that the kernel, and what it had started, held at a time.
    broken : str
        Which limit was passed, and what to do; empty if none was.
    """

    def __init__(self, timeout: float | None = None, memory: float | None = None) -> None:
        self.timeout = timeout
        self.memory = memory
        self.peak_mb = 0.0
        self.broken = ""
        self.begun = time.monotonic()
        self.process: Any = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def follow(self, process: Any) -> None:
        """Begin to watch a process (a ``subprocess.Popen``, or what stands for one)."""
        self.process = process
        self._thread.start()

    def stop(self) -> None:
        """Watch no longer."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def check_time(self) -> None:
        """Raise if the report has had its time.

        Raises
        ------
        ReportError
            With the limit and what to do.
        """
        limit = self.timeout
        if not self.broken and limit is not None and time.monotonic() - self.begun > limit:
            self.broken = (
                f"it was not finished after {limit:g} seconds, the limit of a report. "
                "If it needs longer, set a higher limit with --timeout."
            )
        if self.broken:
            raise ReportError(self.broken)

    def _look(self) -> None:
        import psutil  # type: ignore[import-untyped]

        with contextlib.suppress(psutil.NoSuchProcess):
            kernel = psutil.Process(self.process.pid)
            while not self._over.wait(_LOOK):
                family = [kernel, *kernel.children(recursive=True)]
                try:
                    self._check_memory(sum(map(_resident, family)) / MB)
                    self.check_time()
                except ReportError:
                    for process in family:
                        with contextlib.suppress(psutil.NoSuchProcess):
                            process.kill()
                    return

    def _check_memory(self, held: float) -> None:
        self.peak_mb = max(self.peak_mb, round(held, 1))
        limit = self.memory
        if limit is not None and held > limit:
            self.broken = (
                f"it held {held:,.0f} MB of memory, more than the {limit:,.0f} MB that a report may take. "
                "If it needs more, set a higher limit with --memory."
            )
            raise ReportError(self.broken)


def _resident(process: Any) -> int:
    import psutil

    try:
        return int(process.memory_info().rss)
    except psutil.Error:  # it has ended meanwhile
        return 0
