"""Commands measured from their start to their end: seconds, processor seconds and memory, all they started included."""

from __future__ import annotations

import resource
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

_LOOK = 1.0  # seconds between looks at the memory
_LATE = 1.0  # seconds that a look may come late because the machine is busy


def taken(
    command: Sequence[Any], folder: Path, env: Mapping[str, str] | None = None
) -> tuple[dict[str, float], str]:
    """Run a command; return what it took, and what it said.

    Seconds, processor seconds, peak memory, and for how many of the seconds the machine stood still: a virtual machine
    may be stopped for a while, and what was measured then is to be measured again.
    """
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    process = subprocess.Popen(
        list(map(str, command)),
        cwd=folder,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    seen = {"peak_mb": 0.0, "stalled": 0.0}
    threading.Thread(target=_follow, args=(process, seen), daemon=True).start()
    said, complained = process.communicate()
    if process.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{(said + complained)[-2000:]}")
    seconds, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": seconds, "cpu": processor, **seen}, said


def _follow(process: subprocess.Popen[str], seen: dict[str, float]) -> None:
    """Note the proportional share (PSS) of a process and of all below it while it runs, and standstills."""
    root = psutil.Process(process.pid)
    while process.poll() is None:
        held = 0
        for one in (root, *root.children(recursive=True)):
            try:
                held += one.memory_full_info().pss
            except psutil.Error:  # it has ended meanwhile
                continue
        seen["peak_mb"] = max(seen["peak_mb"], held / 2**20)
        begun = time.perf_counter()
        time.sleep(_LOOK)
        late = time.perf_counter() - begun - _LOOK
        seen["stalled"] += late if late > _LATE else 0.0
