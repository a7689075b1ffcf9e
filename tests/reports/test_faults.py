"""What is left when something breaks while a report is made."""

import contextlib
import os
import subprocess
import sys
import time

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from svcq_lib.errors import ReportError
from svcq_lib.reports import executors, kernels, manifest, resources
from svcq_lib.reports.execute import Job, Outcome, make
from svcq_lib.reports.kernels import Kernels
from svcq_lib.reports.publish import publish
from svcq_lib.reports.run import run
from svcq_lib.sources.cache import unfinished

posix = pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")
TRY = "import os, signal, time\nopen('tries', 'a').write(f'{os.getpid()} {os.getppid()}\\n')\n"
HOG = "held = []\nwhile True:\n    held.append(b'x' * 2**24)\n    time.sleep(0.01)"
FEW = 'if len(open("tries").readlines()) < 2:\n    '


@pytest.fixture(
    params=[
        "ordinary",
        pytest.param("forked", marks=pytest.mark.skipif(sys.platform != "linux", reason="Linux only")),
    ]
)
def kind(request):
    """Faults are the same whichever way a kernel is started."""
    return request.param


def write_notebook(folder, cell):
    """Write the notebook of a report named odd, of one cell."""
    folder.mkdir(exist_ok=True)
    kernelspec = {"name": "python3", "language": "python", "display_name": "Python 3"}
    cells = [new_code_cell("", metadata={"tags": ["parameters"]}), new_code_cell(TRY + cell, id="trouble")]
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernelspec}), folder / "odd.ipynb")


@pytest.fixture
def attempt(tmp_path, monkeypatch):
    """A function that makes a report of one cell; returns the outcome and the kernels that tried."""
    monkeypatch.setattr(resources, "notebooks_dir", lambda: tmp_path / "notebooks")

    def attempt_(cell, settings=None, out=None):
        write_notebook(tmp_path / "notebooks", cell)
        job = Job("odd", "en", tmp_path / "study.toml", {}, (), out or tmp_path / "out", "k")
        outcome = make(job, settings)
        return outcome, [int(line.split()[0]) for line in (tmp_path / "tries").read_text().splitlines()]

    return attempt_


@pytest.fixture(scope="module")
def server():
    """A fork server for the tests of this file; the settings without one where kernels cannot be forked."""
    with kernels.server() as found:
        yield found


@pytest.fixture
def settings(kind, server):
    """A function that gives settings with limits."""
    return lambda **limits: Kernels(server.server if kind == "forked" else "", **limits)


def files(folder):
    return sorted(path.name for path in folder.rglob("*"))


@posix
def test_a_killed_kernel_is_tried_once_more_and_then_given_up(attempt, settings, tmp_path):
    outcome, tried = attempt("os.kill(os.getpid(), signal.SIGKILL)", settings())
    assert outcome.status == "failed"
    assert "the kernel was killed (SIGKILL)" in outcome.error
    assert len(tried) == 2
    assert files(tmp_path / "out") == ["odd_en.html"]
    assert "SIGKILL" in (tmp_path / "out" / "odd_en.html").read_text(encoding="utf-8")


@posix
def test_a_kernel_killed_once_costs_no_report(attempt, settings, tmp_path):
    outcome, tried = attempt(FEW + "os.kill(os.getpid(), signal.SIGKILL)", settings())
    assert outcome.status == "done", outcome.error
    assert len(tried) == 2
    assert files(tmp_path / "out") == ["odd_en.ipynb"]


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("1 / 0", "cell 'trouble' failed: ZeroDivisionError"),
        ("os._exit(3)", "ended its own kernel (exit code 3)"),
    ],
)
def test_a_notebook_at_fault_is_not_tried_again(attempt, settings, tmp_path, cell, said):
    outcome, tried = attempt(cell, settings())
    assert outcome.status == "failed"
    assert said in outcome.error
    assert len(tried) == 1
    assert files(tmp_path / "out") == ["odd_en.html"]


def test_an_endless_loop_is_ended_at_its_limit(attempt, settings, tmp_path):
    begun = time.monotonic()
    cell = "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'while True: pass'])\nwhile True:\n    pass"
    outcome, tried = attempt(cell, settings(timeout=8))
    assert outcome.status == "failed"
    assert "not finished after 8 seconds" in outcome.error
    assert "--timeout" in outcome.error
    assert time.monotonic() - begun < 20
    assert len(tried) == 1
    assert not runs(tried[0])
    assert not [one for one in psutil.process_iter() if "while True: pass" in (runs(one) or [])]
    assert files(tmp_path / "out") == ["odd_en.html"]


def runs(process):
    """Whether a process, by its object or id, still runs; one that has ended may wait to be reaped."""
    try:
        process = psutil.Process(process) if isinstance(process, int) else process
        return process.status() != psutil.STATUS_ZOMBIE and process.cmdline()
    except psutil.Error:
        return []


def test_a_memory_hog_is_ended_at_its_limit(attempt, settings, tmp_path):
    outcome, tried = attempt(HOG, settings(memory=700))
    assert outcome.status == "failed"
    assert "more than the 700 MB" in outcome.error
    assert "--memory" in outcome.error
    assert len(tried) == 1
    assert files(tmp_path / "out") == ["odd_en.html"]


@pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")
def test_a_killed_server_costs_no_report(attempt, tmp_path):
    """Its kernel is lost with it; the report is made by an ordinary one, and so are those that follow."""
    with kernels.server(fork=True) as found:
        outcome, tried = attempt(FEW + "os.kill(os.getppid(), signal.SIGKILL); time.sleep(60)", found)
        assert outcome.status == "done", outcome.error
        assert len(tried) == 2
        assert not runs(tried[0])
        outcome, tried = attempt("", found)
        assert outcome.status == "done", outcome.error
        assert len(tried) == 3


FULL = """
import resource, sys
from pathlib import Path
from svcq_lib.reports import execute, resources
if __name__ == "__main__":
    out, notebooks, limit = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    resources.notebooks_dir = lambda: notebooks
    job = execute.Job("odd", "en", notebooks / "study.toml", {}, (), out, "k")
    try:
        print(execute.make(job).error)
    except OSError as error:
        print("refused:", error)
"""


@pytest.fixture
def small_disk(tmp_path):
    """A folder, and whether it is a disk of its own: for who may not mount one, a limit on files stands for it."""
    out = tmp_path / "small"
    out.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", out]
    mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    yield out, mounted
    if mounted:
        subprocess.run(["umount", out], check=True)


@posix
@pytest.mark.parametrize("room", [200_000, 0])
def test_a_full_disk_leaves_nothing_half_written(attempt, small_disk, tmp_path, room):
    """An earlier report stays whole, or gives way to the page with the reason if there is room for that."""
    out, mounted = small_disk
    outcome, _ = attempt("print('whole')", out=out)
    assert outcome.status == "done", outcome.error
    before = (out / "odd_en.ipynb").read_bytes()
    write_notebook(tmp_path / "notebooks", "print('x' * 400_000)")
    if mounted:
        (out / "filler").write_bytes(bytes(psutil.disk_usage(str(out)).free - room))
    (tmp_path / "full.py").write_text(FULL, encoding="utf-8")
    limit = "0" if mounted else str(room or 1)
    command = [sys.executable, tmp_path / "full.py", out, tmp_path / "notebooks", limit]
    told = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path).stdout
    assert "No space left" in told if mounted else "File too large" in told
    assert told.startswith("refused: ") == (room == 0)
    left = {path.name: path for path in out.iterdir() if path.name != "filler"}
    if room:
        assert sorted(left) == ["odd_en.html"]
        assert left["odd_en.html"].read_bytes().endswith(b"</html>\n")
    else:
        assert sorted(left) == ["odd_en.ipynb"]
        assert left["odd_en.ipynb"].read_bytes() == before


@contextlib.contextmanager
def nothing_more_can_be_written(out, mounted):
    """Fill a disk, or forbid this process to let a file grow."""
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    if mounted:
        (out / "filler").write_bytes(bytes(psutil.disk_usage(str(out)).free))
    else:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    (out / "filler").unlink(missing_ok=True)


@posix
def test_a_disk_that_fills_up_during_a_run_costs_no_finished_report(small_disk, unit_study, monkeypatch):
    """The run ends with the reason; once there is room, the next one makes what is missing and nothing else."""
    study = unit_study([(branch, "web", 1) for branch in "ABCD" for _ in range(4)])
    out, mounted = small_disk
    made, full, filled = [], contextlib.ExitStack(), []

    def make(job, kernel):
        if len(made) == 2 and not filled:
            filled.append(full.enter_context(nothing_more_can_be_written(out, mounted)))
        partial = unfinished(out, job.name)
        partial.mkdir()
        (partial / f"{job.name}.html").write_text("whole" * 2000, encoding="utf-8")
        outputs = publish(out, job.name, partial)
        made.append(job.name)
        return Outcome(job.name, "gaps", "en", "done", job.key, job.inputs, outputs=outputs)

    monkeypatch.setattr(executors, "make", make)
    monkeypatch.setattr(kernels, "choose", lambda fork: False)
    monkeypatch.setattr(manifest, "code_fingerprint", lambda: "code")
    with full, pytest.raises(ReportError, match=r"No space left|File too large"):
        run(study, ["gaps"], by=["branch"], out=out)
    kept = {name for name, one in manifest.read(out)["reports"].items() if one["status"] == "done"}
    assert kept == set(made) == {"gaps_branch-A_en", "gaps_branch-B_en"}
    summary = run(study, ["gaps"], by=["branch"], out=out)
    assert set(summary.skipped) == kept
    assert made == [f"gaps_branch-{branch}_en" for branch in "ABCD"]
    assert {path.read_text(encoding="utf-8") for path in out.glob("gaps*.html")} == {"whole" * 2000}
    assert not list(out.glob(".*.partial"))
