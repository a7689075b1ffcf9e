"""Reports made by a Dask cluster whose scheduler and workers are processes that can be killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from svcq_lib.errors import ReportError
from svcq_lib.reports import batch, executors
from svcq_lib.reports.execute import Job, Outcome
from svcq_lib.reports.plan import Planned

pytestmark = [
    pytest.mark.service,
    pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX"),
]


@pytest.fixture
def scheduler(tmp_path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The address and the process of a scheduler with one worker; a task that kills the worker is not repeated."""
    about = tmp_path / "scheduler.json"
    run = {"cwd": tmp_path, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    run["env"] = {**os.environ, "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}
    common = ["--scheduler-file", about, "--no-dashboard", "--host", "127.0.0.1"]
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", "0", *common]
    with subprocess.Popen(command, **run) as head:
        while not about.exists():
            assert head.poll() is None
            time.sleep(0.05)
        address = json.loads(about.read_text())["address"]
        more = ["--nthreads", "1", "--death-timeout", "20"]
        with subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_worker", *common, *more], **run
        ) as worker:
            from distributed import Client

            with Client(address, set_as_default=False) as client:
                client.wait_for_workers(1, timeout=60)
            yield address, head
            worker.terminate()
        head.kill()


def made(address: str, out: Path, act: Callable[[str], None], settled: Callable[[Outcome], None]) -> dict:
    """Make reports of units A, B and C; what came of each by unit."""
    out.mkdir()
    jobs = [Job("gaps", "en", out / "s", {"where": {"unit": one}}, (), out, "k") for one in "ABC"]
    outcomes: dict[str, Outcome] = {}

    def work(job: Job) -> tuple[Outcome, dict[str, bytes]]:
        act(job.parameters["where"]["unit"])
        return Outcome(job.name, job.topic, job.lang, "done", job.key), {f"{job.name}.html": b"whole"}

    def settle(outcome: Outcome) -> bool:
        outcomes[outcome.name.split("-")[1][0]] = outcome
        settled(outcome)
        return True

    with executors.place(address, 1) as place:
        cluster = replace(place, open=lambda: (place.open()[0], work))
        batch.carry_out([Planned(job, 5, "") for job in jobs], cluster, lambda one: one.job, settle)
    return outcomes


def test_a_report_that_kills_its_workers_is_the_only_one_lost(scheduler, tmp_path):
    def act(unit: str) -> None:
        if unit == "B":
            os.kill(os.getpid(), signal.SIGKILL)

    outcomes = made(scheduler[0], tmp_path / "out", act, lambda _: None)
    assert {unit: one.status for unit, one in outcomes.items()} == {"A": "done", "B": "failed", "C": "done"}
    assert "was killed" in outcomes["B"].error
    pages = {path.name: path.read_bytes() for path in (tmp_path / "out").glob("*.html")}
    assert [name for name, page in pages.items() if page != b"whole"] == ["gaps_unit-B_en.html"]
    assert len(pages) == 3


def test_a_scheduler_that_is_gone_ends_the_run_and_what_came_back_is_kept(scheduler, tmp_path):
    address, head = scheduler
    with pytest.raises(ReportError, match=r"the Dask scheduler at .* is gone.* run the same command again"):
        made(address, tmp_path / "out", lambda _: time.sleep(1), lambda _: head.kill())
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["gaps_unit-A_en.html"]
