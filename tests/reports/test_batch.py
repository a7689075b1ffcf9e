"""What a batch keeps, and what it loses, when things go wrong under its hands."""

import importlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import psutil
import pytest

from svcq_lib.errors import DataError, ReportError, SvcqError
from svcq_lib.reports import executors, kernels, keys, ledger, manifest, plan
from svcq_lib.reports import run as running
from svcq_lib.reports.run import run

linux = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")
BRANCHES = "ABCDEF"
ROWS = [(branch, "web", month) for branch in BRANCHES for month in (1, 2) for _ in range(4)]
STAND_IN = '''
"""Stands in for the making of a report: a page in a moment instead of a notebook in seconds."""
import os, signal, time
from pathlib import Path
from svcq_lib.reports import execute, executors
from svcq_lib.reports.publish import publish
from svcq_lib.sources.cache import unfinished

HERE = Path(__file__).parent

def note(text):
    with (HERE / "log").open("a") as file:
        file.write(f"{os.getpid()} {text}\\n")

def make(job, kernel=None):
    branch = job.parameters["where"].get("branch")
    note(f"begin {job.name}")
    partial = unfinished(job.out, job.name)
    (partial / job.name).mkdir(parents=True)
    page = partial / f"{job.name}.html"
    page.write_text("half")
    time.sleep(float((HERE / "seconds").read_text()))
    for times in (HERE / f"kill {branch}",):
        if times.exists() and (left := int(times.read_text())) > 0:
            times.write_text(str(left - 1))
            os.kill(os.getpid(), signal.SIGKILL)
    page.write_text("whole")
    (partial / job.name / "gaps.json").write_text("{}")
    outcome = execute._outcome(job, "done")
    outcome.title, outcome.outputs = "made", publish(job.out, job.name, partial)
    note(f"end {job.name}")
    return outcome

def away(job):
    executors.make = make
    return executors.make_away(job, None)
'''
DRIVER = """
import sys
sys.path.insert(0, {folder!r})
if __name__ == "__main__":
    import stand_in
    from svcq_lib import cli
    from svcq_lib.reports import executors, kernels, manifest
    executors.make, kernels.choose = stand_in.make, lambda fork: False
    manifest.code_fingerprint = lambda: "code"
    cli.main()
"""


class Bench:
    """A study, its reports, and a stand-in for their making that workers can import, too."""

    def __init__(self, folder, study):
        self.folder, self.study, self.out = folder, study, folder / "out"
        (folder / "stand_in.py").write_text(STAND_IN, encoding="utf-8")
        (folder / "driver.py").write_text(DRIVER.format(folder=os.fspath(folder)), encoding="utf-8")
        self.seconds(0)

    def seconds(self, each):
        (self.folder / "seconds").write_text(str(each))

    def kills(self, branch, times):
        (self.folder / f"kill {branch}").write_text(str(times))

    def start(self, *options):
        command = [
            sys.executable,
            "driver.py",
            "run",
            self.study,
            "gaps",
            "--by",
            "branch",
            "--out",
            self.out,
        ]
        return subprocess.Popen(
            [*map(str, command), *options], cwd=self.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True,
        )  # fmt: skip

    def run(self, **options):
        return run(self.study, ["gaps"], **{"by": ["branch"], "out": self.out, **options})

    def log(self, word):
        """Return the names of reports begun or ended, in the order of time."""
        path = self.folder / "log"
        lines = [line.split(maxsplit=2) for line in path.read_text().splitlines()] if path.exists() else []
        return [name for _, one, name in lines if one == word]

    def workers(self):
        return {int(line.split()[0]) for line in (self.folder / "log").read_text().splitlines()}

    def done(self):
        entries = manifest.read(self.out)["reports"]
        return {name for name, one in entries.items() if one["status"] == "done"}

    def until(self, condition, patience=120):
        end = time.monotonic() + patience
        while not condition():
            assert time.monotonic() < end, "it did not happen in time"
            time.sleep(0.02)


@pytest.fixture
def bench(tmp_path, unit_study, monkeypatch):
    monkeypatch.setattr(manifest, "code_fingerprint", lambda: "code")
    monkeypatch.setattr(kernels, "choose", lambda fork: False)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "stand_in", raising=False)
    bench = Bench(tmp_path, unit_study(ROWS))
    monkeypatch.setattr(executors, "make", importlib.import_module("stand_in").make)
    yield bench
    sys.modules.pop("stand_in", None)


NAMES = [f"gaps_branch-{branch}_en" for branch in BRANCHES]


def half_written(out):
    pages = [
        path.name for path in out.glob("*.html") if path.name != "index.html" and path.read_text() != "whole"
    ]
    return pages + [path.name for path in out.glob(".*.partial")]


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX")
def test_a_run_that_is_killed_is_resumed_and_nothing_is_made_twice(bench):
    bench.seconds(0.3)
    killed = bench.start("--jobs", "2")
    bench.until(lambda: len(bench.done()) >= 2)
    killed.kill()
    killed.communicate()
    bench.until(lambda: not [pid for pid in bench.workers() if psutil.pid_exists(pid)])
    kept = bench.done()
    assert 2 <= len(kept) < len(NAMES)
    ended = set(bench.log("end"))
    bench.seconds(0)
    summary = bench.run()
    assert set(summary.skipped) == kept
    assert bench.done() == set(NAMES)
    assert not half_written(bench.out)
    again = [name for name in NAMES if bench.log("end").count(name) > 1]
    assert set(again) <= ended - kept  # at most the one between its last file and its line
    assert len(again) <= 2


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")
@pytest.mark.parametrize(("sign", "jobs"), [(signal.SIGINT, 2), (signal.SIGTERM, 1)])
def test_a_run_that_is_stopped_ends_its_workers_and_says_how_to_go_on(bench, sign, jobs):
    bench.seconds(0.4)
    stopped = bench.start("--jobs", str(jobs))
    bench.until(lambda: bench.done())
    if sign == signal.SIGINT:
        os.killpg(stopped.pid, sign)  # as a terminal does
    else:
        stopped.send_signal(sign)
    _, err = stopped.communicate(timeout=120)
    assert stopped.returncode == 130, err
    assert "of 6 reports are finished and kept; run the same command again" in " ".join(err.split())
    assert "Traceback" not in err
    assert not [pid for pid in bench.workers() if psutil.pid_exists(pid)]
    assert not half_written(bench.out)
    assert (bench.out / "index.html").is_file()
    kept = bench.done()
    assert kept
    bench.seconds(0)
    assert set(bench.run().skipped) == kept
    assert bench.done() == set(NAMES)


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_library_that_makes_an_error_of_an_interrupt_does_not_hide_it(bench, monkeypatch, sign):
    def decide(*_):
        try:
            signal.raise_signal(sign)
        except KeyboardInterrupt as error:
            raise ValueError("cannot be serialized") from error

    before = signal.getsignal(sign)
    monkeypatch.setattr(keys, "key_of", decide)
    with pytest.raises(KeyboardInterrupt, match="0 of 6 reports are finished and kept"):
        bench.run()
    assert signal.getsignal(sign) is before
    assert not half_written(bench.out)


def test_two_runs_at_once_do_not_meet(bench):
    bench.seconds(0.4)
    first = bench.start("--jobs", "1")
    bench.until(lambda: bench.log("begin"))
    with pytest.raises(ReportError, match=f"another run works in .*process {first.pid}"):
        bench.run()
    first.communicate(timeout=120)
    assert first.returncode == 0
    assert bench.log("begin") == NAMES
    assert bench.run().outcomes == ()


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX")
def test_a_worker_that_dies_once_costs_nothing_and_one_that_dies_again_costs_its_report(bench):
    bench.kills("B", 1)
    bench.kills("D", 99)
    told = []
    summary = bench.run(jobs=2, progress=lambda name, outcome: told.append((name, outcome)))
    assert {one.name: one.status for one in summary.outcomes if one.status == "failed"} == {
        NAMES[3]: "failed"
    }
    assert "killed" in summary.failed[0].error
    assert "killed" in (bench.out / f"{NAMES[3]}.html").read_text(encoding="utf-8")
    assert bench.done() == set(NAMES) - {NAMES[3]}
    assert not list(bench.out.glob(".*.partial"))
    assert sorted(name for name, outcome in told if outcome) == NAMES
    assert sorted(name for name, outcome in told if not outcome) == NAMES
    bench.kills("D", 0)
    assert [one.name for one in bench.run().outcomes] == [NAMES[3]]


def changed(bench, branch, score=1):
    """Give the first customer of a branch another opinion."""
    table = bench.study.parent / "answers.csv"
    head, *rows = table.read_text(encoding="utf-8").splitlines()
    row = next(i for i, one in enumerate(rows) if f",{branch}," in one)
    rows[row] = ",".join([*rows[row].split(",")[:4], str(score), "7", "7", str(score)])
    temporary = table.with_suffix(".new")
    temporary.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    temporary.replace(table)


def stand_in_that(monkeypatch, act):
    """Do something in the middle of each report's making."""
    real = executors.make

    def make(job, kernel):
        act(job)
        return real(job, kernel)

    monkeypatch.setattr(executors, "make", make)


def test_input_that_is_replaced_during_the_run_is_noticed_and_its_reports_made_again(bench, monkeypatch):
    replaced = []

    def act(job):
        if job.name == NAMES[2] and not replaced:
            replaced.append(job.name)
            changed(bench, "E")

    stand_in_that(monkeypatch, act)
    summary = bench.run()
    assert bench.done() == set(NAMES)
    # what was made before the change and does not read the changed rows stays
    assert bench.log("end") == [*NAMES[:3], *NAMES[2:]]
    whole = manifest.read(bench.out)
    now = ledger.keys.files_of(running.open_study(bench.study))
    assert whole["study"]["fingerprints"] == now
    assert {json.dumps(one["inputs"]["files"]) for one in whole["reports"].values()} == {json.dumps(now)}
    assert [one.name for one in summary.outcomes] == NAMES
    assert bench.run().outcomes == ()


def test_input_that_never_rests_ends_the_run_with_a_reason(bench, monkeypatch):
    scores = iter([1, 2] * 50)
    stand_in_that(monkeypatch, lambda job: changed(bench, "A", next(scores)))
    with pytest.raises(ReportError, match="replaced 3 times"):
        bench.run()
    assert bench.done() == set()


def test_a_report_that_read_other_data_than_the_run_is_not_recorded(bench, monkeypatch):
    real = executors.make

    def make(job, kernel):
        outcome = real(job, kernel)
        if job.name == NAMES[0]:  # it was made while the file was another, which is back in its place now
            (job.out / f"{job.name}.ipynb").write_text(
                f"SHA-256 of the data: answers {'a' * 64}", encoding="utf-8"
            )
        return outcome

    monkeypatch.setattr(executors, "make", make)
    with pytest.raises(ReportError, match="replaced 3 times"):
        bench.run()
    assert NAMES[0] not in bench.done()


def test_a_file_that_is_gone_for_a_moment_counts_as_replaced(bench, monkeypatch):
    table = bench.study.parent / "answers.csv"
    body = table.read_bytes()

    def act(job):
        if job.name == NAMES[1] and table.exists():
            table.unlink()

    stand_in_that(monkeypatch, act)
    with pytest.raises(SvcqError, match="does not exist"):
        bench.run()
    assert bench.done() == {NAMES[0]}
    table.write_bytes(body)
    stand_in_that(monkeypatch, lambda job: None)
    monkeypatch.setattr(executors, "make", importlib.import_module("stand_in").make)
    assert bench.run().skipped == (NAMES[0],)


def test_a_period_without_answers_is_left_out_with_its_reason_and_the_others_are_made(bench):
    summary = bench.run(by=(), period="2025-01..2025-03", each="month")
    assert [one.name for one in summary.outcomes] == ["gaps_2025-01_en", "gaps_2025-02_en"]
    assert summary.left_out == {"2025-03": "no answers"}


def test_a_change_of_one_branch_makes_its_reports_again_and_those_that_show_it(bench):
    both = {"by": ["branch"], "out": bench.out}
    assert len(run(bench.study, ["scores", "gaps"], **both).outcomes) == 12
    changed(bench, "B")
    peers = [
        f"scores_branch-{branch}_en" for branch in BRANCHES
    ]  # a scorecard shows all other branches beside its own
    expected = {**dict.fromkeys(peers, "changed"), NAMES[1]: "changed"}
    assert dict(run(bench.study, ["scores", "gaps"], dry_run=True, **both).due) == expected
    assert {one.name for one in run(bench.study, ["scores", "gaps"], **both).outcomes} == set(expected)
    assert run(bench.study, ["scores", "gaps"], **both).outcomes == ()


def test_a_report_of_everything_reads_every_branch(bench):
    bench.run(by=())
    changed(bench, "C")
    assert dict(bench.run(by=()).due) == {"gaps_en": "changed"}


def test_a_second_run_reads_no_rows_and_writes_nothing(bench, monkeypatch):
    bench.run()
    changed(bench, "F")
    bench.run()  # the others' entries learn the new file
    before = {path: path.stat().st_mtime_ns for path in bench.out.rglob("*")}
    monkeypatch.setattr(running.contracts, "check", lambda study: pytest.fail("the data were checked again"))
    monkeypatch.setattr(ledger.keys, "key_of", lambda *_: pytest.fail("rows were read"))
    again = bench.run()
    assert (again.skipped, again.outcomes) == (tuple(NAMES), ())
    del before[bench.out / ".svcq.lock"]
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_a_dry_run_writes_nothing_and_says_why(bench):
    found = bench.run(dry_run=True)
    assert dict(found.due) == dict.fromkeys(NAMES, "new")
    assert not bench.out.exists()
    bench.run()
    (bench.out / f"{NAMES[0]}.html").unlink()
    found = bench.run(dry_run=True, formats=("html",), force=False)
    assert dict(found.due) == {NAMES[0]: "files"}
    assert found.skipped == tuple(NAMES[1:])
    assert set(bench.run(dry_run=True, force=True).due.values()) == {"forced"}
    assert len(bench.log("end")) == 6


def test_failures_stop_nothing_unless_asked_to(bench, monkeypatch):
    def act(job):
        if job.name == NAMES[1]:
            raise ValueError("no luck")

    stand_in_that(monkeypatch, act)
    summary = bench.run(keep_going=False)
    assert [(one.name, one.status) for one in summary.outcomes] == [(NAMES[0], "done"), (NAMES[1], "failed")]
    assert summary.failed[0].error == "ValueError: no luck"
    summary = bench.run()
    assert [one.status for one in summary.outcomes] == ["failed", "done", "done", "done", "done"]


FIGURE = {
    "code": "csat", "label": "CSAT", "kind": "score", "low": None, "high": None, "ci_level": 0.95, "n": 4.0, "good": 1,
    "target": 3.0, "lead": True,
}  # fmt: skip


@pytest.fixture
def comparing(bench, monkeypatch):
    """Reports that know the one before, and have one headline figure that a test sets; returns both."""
    known, real = plan.parameters_of, executors.make
    monkeypatch.setattr(
        plan, "parameters_of", lambda topic: {**known(topic), "previous": known(topic)["period"]}
    )
    estimates, seen = {}, {}

    def make(job, kernel):
        seen[job.name] = job.previous
        outcome = real(job, kernel)
        estimate = estimates.get(job.name, 4)
        status = "red" if estimate == 0 else "green"
        outcome.figures = [{**FIGURE, "estimate": estimate, "status": status}]
        outcome.period = job.parameters["period"]
        return outcome

    monkeypatch.setattr(executors, "make", make)
    return estimates, seen


def test_a_report_knows_the_one_before_and_is_made_again_when_that_one_changes(bench, comparing):
    estimates, seen = comparing
    span = {"by": (), "period": "2025-01..2025-02", "each": "month"}
    first, second = "gaps_2025-01_en", "gaps_2025-02_en"
    bench.run(**span)
    assert seen[first] is None
    expected = [{**FIGURE, "estimate": 4, "status": "green"}]
    assert seen[second] == {"period": "2025-01", "title": "made", "figures": expected, "data_notes": []}
    assert bench.run(**span).outcomes == ()
    (bench.out / f"{first}.html").unlink()
    assert dict(bench.run(**span, dry_run=True).due) == {first: "files", second: "previous"}
    assert [one.name for one in bench.run(**span).outcomes] == [first]  # it says what it said before
    (bench.out / f"{first}.html").unlink()
    estimates[first] = 3
    assert [one.name for one in bench.run(**span).outcomes] == [first, second]
    assert seen[second]["figures"][0]["estimate"] == 3


def test_the_report_before_may_lie_in_another_folder(bench, comparing, tmp_path):
    _, seen = comparing
    bench.run(by=(), period="2025-01", out=tmp_path / "january")
    bench.run(by=(), period="2025-02", previous=tmp_path / "january")
    assert seen["gaps_2025-02_en"]["period"] == "2025-01"
    assert not (bench.out / "gaps_2025-01_en.html").exists()


def test_red_figures_of_reports_that_are_up_to_date_count_too(bench, comparing):
    estimates, _ = comparing
    estimates["gaps_branch-C_en"] = 0
    for _ in range(2):
        assert bench.run().red == (("gaps_branch-C_en", "CSAT"),)
    assert bench.run(where={"branch": "B"}).red == ()


def servers():
    """Return the fork servers of this process."""
    children = psutil.Process().children()
    return {one for one in children if any("forkserver" in part for part in one.cmdline())}


@linux
def test_what_takes_a_while_is_begun_when_told_and_ends_with_the_place():
    before = servers()
    with executors.place(None, 2) as place:
        assert servers() == before
        place.begin()
        place.begin()
        (server,) = servers() - before
        assert server.pid not in place.others  # it is the run's own: a run that is stopped ends it
    assert not server.is_running()


@linux
def test_data_at_fault_leave_no_server_and_no_folder(bench, monkeypatch):
    monkeypatch.setattr(kernels, "choose", lambda fork: fork is None)
    before = servers()
    changed(bench, "B", "eleven")
    with pytest.raises(DataError, match=r"csat|nps"):
        bench.run()
    assert servers() == before
    assert not bench.out.exists()


def test_a_cluster_that_is_not_there_is_named(bench, monkeypatch):
    monkeypatch.setattr(executors, "_ANSWER", 1.0)
    with pytest.raises(ReportError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        bench.run(executor="tcp://127.0.0.1:9")
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SvcqError, match=r"svcq\[dask\]"):
        bench.run(executor="tcp://127.0.0.1:9")


@pytest.mark.service
def test_a_cluster_makes_the_same_files_and_a_killed_worker_costs_nothing(bench, monkeypatch, tmp_path):
    distributed = pytest.importorskip("distributed")
    away = importlib.import_module("stand_in").away
    real = executors._cluster

    def cluster(address, stack, kernel):
        found = real(address, stack, kernel)
        return replace(found, open=lambda: (found.open()[0], away))

    monkeypatch.setattr(executors, "_cluster", cluster)
    local = bench.run(out=tmp_path / "local")
    bench.kills("B", 1)
    with distributed.LocalCluster(
        2, threads_per_worker=1, processes=True, dashboard_address=None, local_directory=tmp_path
    ) as machines:
        summary = bench.run(executor=machines.scheduler_address)
    assert not summary.failed
    assert bench.done() == set(NAMES)
    ours, theirs = ({one.name: one.outputs for one in made.outcomes} for made in (local, summary))
    assert ours == theirs
    assert not half_written(bench.out)
    assert (bench.out / NAMES[1] / "gaps.json").read_text() == "{}"
