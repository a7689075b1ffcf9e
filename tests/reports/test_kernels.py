"""Forked kernels: they look like ordinary ones, give the same bytes, share nothing, and leave nothing behind."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from queue import Empty
from typing import ClassVar

import nbformat
import papermill
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from svcq_lib.errors import ParameterError
from svcq_lib.reports import kernels
from svcq_lib.reports.execute import Job, make
from svcq_lib.reports.kernels import Kernels, watched
from svcq_lib.reports.parameters import parameters_of, validate
from svcq_lib.reports.provisioner import ReportKernelClient

linux = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")
pytestmark = linux


@pytest.fixture(scope="module")
def forked():
    """Settings of a fork server that all tests here may use; do not kill it."""
    with kernels.server(fork=True) as settings:
        yield settings


@pytest.fixture
def execute(tmp_path):
    """A function that executes cells in a kernel of the given settings and returns the executed notebook."""

    def execute_(settings, *sources, **options):
        path = written(tmp_path / "cells.ipynb", *sources)
        with watched(settings) as (arguments, _):
            return papermill.execute_notebook(
                path, tmp_path / "done.ipynb", cwd=tmp_path, **arguments, **options
            )

    return execute_


def written(path, *sources):
    """Write a notebook with code cells and return its path."""
    cells = [new_code_cell(source) for source in sources]
    kernelspec = {"name": "python3", "language": "python", "display_name": "Python 3"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernelspec}), path)
    return path


def said(notebook):
    """Return what the last cell printed, as data."""
    return json.loads(notebook.cells[-1].outputs[0].text)


LOOK = """
import gc, json, locale, logging, os, signal, stat, sys, threading, warnings
before = sorted(name for name in ("matplotlib.pyplot", "matplotlib_inline.backend_inline") if name in sys.modules)
import matplotlib, numpy, pandas, polars, svcq_lib.evidence.threads, svcq_lib.sources.tally
svcq_lib.sources.tally.contract()
print(json.dumps({
    "pyplot": before,
    "rcParams": {name: repr(value) for name, value in dict.items(matplotlib.rcParams)},
    "argv": sys.argv[1::2], "cwd": os.getcwd(), "path": sys.path,
    "env": {name: value for name, value in os.environ.items() if name not in ("JPY_PARENT_PID", "_RJEM_MALLOC_CONF")},
    "parent": os.environ["JPY_PARENT_PID"] == str(os.getppid()),
    "signals": [repr(signal.getsignal(one)) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE)],
    "leads": os.getpgrp() == os.getpid() == os.getsid(0), "umask": [os.umask(18), os.umask(18)],
    "stdin": stat.S_ISFIFO(os.fstat(0).st_mode), "streams": [type(sys.stdout).__name__, sys.stdout.encoding],
    "files": len(os.listdir("/proc/self/fd")) < 60,
    "threads": sorted(type(one).__name__ for one in threading.enumerate()),
    "gc": [gc.isenabled(), *gc.get_threshold()],
    "filters": [one[0] for one in warnings.filters if not any(one[1::2]) and one[2] in (Warning, UserWarning)],
    "loggers": [repr(one) for one in logging.getLogger().handlers], "locale": locale.getlocale(),
    "numpy": numpy.get_printoptions(), "pandas": pandas.get_option("display.max_rows"),
    "polars": polars.thread_pool_size(), "main": sys.modules["__main__"].__name__, "limit": sys.getrecursionlimit(),
    "names": sorted(name for name in globals() if not name.startswith("_")),
}, default=str))
"""


def test_a_forked_kernel_looks_like_an_ordinary_one(forked, execute):
    ours, ordinary = said(execute(forked, LOOK)), said(execute(Kernels(), LOOK))
    assert ours == ordinary
    assert ours["parent"]
    assert ours["env"]["MPLBACKEND"]


FIGURES = (
    "import matplotlib.pyplot as plt, numpy as np, pandas as pd\nplt.get_backend()",
    "ax = plt.subplots()[1]\nax.plot([1, 3, 2])\nax.set_title('差距 $x^2$')",
    "print(pd.DataFrame({'a': [1.5, None]}).style.format(precision=1).set_uuid('x').to_html())",
    "import seaborn\nseaborn.boxplot(x=list('aabb'), y=[1, 2, 4, 8])\nprint(ax.figure.dpi)",
    "import warnings\nwarnings.warn('said once')\nimport svcq_lib as sq\nsq.SvcqError('x')",
)


def test_figures_and_other_outputs_are_those_of_an_ordinary_kernel(forked, execute, monkeypatch):
    monkeypatch.delenv("MPLBACKEND")  # set for tests; without it kernels draw in the notebook
    ours, ordinary = execute(forked, *FIGURES), execute(Kernels(), *FIGURES)
    assert "image/png" in str(ordinary.cells[1].outputs)
    assert [cell.outputs for cell in ours.cells[:-1]] == [cell.outputs for cell in ordinary.cells[:-1]]
    assert [output.output_type for output in ours.cells[-1].outputs] == ["stream", "execute_result"]


@pytest.mark.slow
@pytest.mark.parametrize("topic", ["drivers", "scores"])
def test_a_report_of_a_forked_kernel_has_the_same_bytes(forked, small_demo, tmp_path, topic):
    own = {name: one.default for name, one in parameters_of(topic).items()}
    given = {
        **{name: own[name] for name in own if name not in ("study", "lang", "save_to")},
        "where": {"region": "north"},
    }
    given |= {"n_boot": 20} if "n_boot" in own else {}
    for name, settings in (("forked", forked), ("ordinary", Kernels())):
        job = Job(topic, "zh", small_demo, validate(topic, given), ("html",), tmp_path / name, "k")
        outcome = make(job, settings)
        assert outcome.status == "done", outcome.error
        assert outcome.peak_mb > 50
    made = sorted(
        path.relative_to(tmp_path / "forked") for path in (tmp_path / "forked").rglob("*") if path.is_file()
    )
    assert len(made) >= 6
    for path in made:
        assert (tmp_path / "forked" / path).read_bytes() == (tmp_path / "ordinary" / path).read_bytes(), path


def test_one_report_leaves_nothing_to_the_next(forked, execute):
    change = """
import matplotlib, numpy, os, pandas, svcq_lib.formats
matplotlib.rcParams["font.size"] = 33
pandas.set_option("display.max_rows", 7)
svcq_lib.formats.count = None
os.environ["LEFT"] = os.umask(0o777).__str__()
numpy.set_printoptions(precision=1)
"""
    look = """
import json, matplotlib, numpy, os, pandas, random, svcq_lib.formats
print(json.dumps([matplotlib.rcParams["font.size"], pandas.get_option("display.max_rows"), svcq_lib.formats.count(1000),
                  "LEFT" in os.environ, numpy.get_printoptions()["precision"], numpy.random.random(), random.random()]))
"""
    execute(forked, change)
    first, second = said(execute(forked, look)), said(execute(forked, look))
    assert first[:5] == [10.0, 60, "1,000", False, 8]
    assert first[5] != second[5], "numpy's legacy generator must be seeded anew"
    assert first[6] != second[6]


def test_what_starts_threads_and_processes_works_in_a_forked_kernel(forked, execute):
    cells = """
import concurrent.futures, multiprocessing, subprocess, sys, numpy as np, pandas as pd, polars as pl
frame = pl.DataFrame({"a": [1, 2, 2], "b": [1.0, 2.0, 3.0]})
frame.write_parquet("a.parquet")
found = pl.scan_parquet("a.parquet").group_by("a").agg(pl.col("b").sum()).sort("a").collect(engine="streaming")
read = pd.read_parquet("a.parquet")["b"].sum()
print(found["b"].to_list(), read, float(np.linalg.inv(np.eye(300)).sum()))
""", """
print(subprocess.run([sys.executable, "-c", "print(7)"], capture_output=True, text=True).stdout)
with concurrent.futures.ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
    print(pool.submit(abs, -3).result())
"""  # fmt: skip
    first, second = execute(forked, *cells).cells
    assert first.outputs[0].text == "[1.0, 5.0] 6.0 300.0\n"
    assert "".join(output.text for output in second.outputs) == "7\n\n3\n"


def test_the_server_has_no_thread_of_its_own_and_keeps_no_zombie(forked, execute):
    parent = int(said(execute(forked, "import os\nprint(os.getppid())")))
    server = psutil.Process(parent)
    names = {path.read_text().strip() for path in Path(f"/proc/{parent}/task").glob("*/comm")}
    # polars starts a thread that sleeps until there are spilled files to remove and holds no lock meanwhile; jemalloc
    # takes its own through a fork
    assert names - {"polars-ooc-clea", "jemalloc_bg_thd"} == {server.name()[:15]}
    deadline = time.monotonic() + 5
    while server.children() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert server.children() == []


def test_a_forked_kernel_can_be_interrupted(forked, execute):
    notebook = execute(
        forked,
        "import time\ntry:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    print('stopped')",
        "print('next')",
        execution_timeout=1,
        interrupt_on_timeout=True,
    )
    assert "stopped" in str(notebook.cells[0].outputs)
    assert notebook.cells[1].outputs[0].text == "next\n"


BATCH = """
import sys, time, papermill
from svcq_lib.reports import kernels
if __name__ == "__main__":
    with kernels.server(fork=True) as settings, kernels.watched(settings) as (arguments, _):
        papermill.execute_notebook(sys.argv[1], None, cwd=sys.argv[2], **arguments)
"""


def test_server_and_kernels_end_with_the_process_that_asked_for_them(tmp_path):
    """Also if that is killed: a server and a kernel in an endless loop would run for ever."""
    source = (
        "import os, time\nopen('ids', 'w').write(f'{os.getpid()} {os.getppid()} ')\nwhile True:\n    pass"
    )
    written(tmp_path / "endless.ipynb", source)
    (tmp_path / "batch.py").write_text(BATCH, encoding="utf-8")
    batch = subprocess.Popen([sys.executable, tmp_path / "batch.py", tmp_path / "endless.ipynb", tmp_path])
    try:
        _wait_for(lambda: (tmp_path / "ids").is_file() and (tmp_path / "ids").read_text().endswith(" "), 300)
    finally:
        batch.send_signal(signal.SIGKILL)
        batch.wait()
    kernel, server = map(int, (tmp_path / "ids").read_text().split())
    _wait_for(lambda: not _runs(kernel) and not _runs(server), 10)


def _runs(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def _wait_for(happened, seconds):
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_without_a_server_kernels_are_ordinary_ones(execute, tmp_path):
    notebook = execute(Kernels(server=str(tmp_path / "gone")), "import os\nprint(os.getppid())")
    assert said(notebook) == os.getpid()


def test_a_server_that_cannot_start_is_done_without(execute, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "module://no_such_backend")
    monkeypatch.setattr(kernels.sys, "executable", shutil.which("false"))
    with kernels.server(fork=True) as settings:
        monkeypatch.undo()
        assert said(execute(settings, "import os\nprint(os.getppid())")) == os.getpid()


def test_who_may_fork(monkeypatch):
    assert kernels.choose() is True
    assert kernels.choose(False) is False
    monkeypatch.setattr(kernels.sys, "platform", "darwin")
    assert kernels.choose() is False
    with pytest.raises(ParameterError, match="Linux only"):
        kernels.choose(True)
    with kernels.server(timeout=5, memory=900) as settings:
        assert settings == Kernels("", 5, 900)


@pytest.mark.parametrize("wrong", [{"timeout": 0}, {"memory": -1}, {"timeout": float("nan")}])
def test_a_limit_that_is_not_positive_is_refused(wrong):
    with pytest.raises(ParameterError, match="positive number"), kernels.server(fork=False, **wrong):
        pass


class Quiet(ReportKernelClient):
    """A client whose kernel says what a test lets it say."""

    said: ClassVar[list] = []
    alive = True
    shell_channel = iopub_channel = property(lambda self: self)

    async def get_msg(self, timeout):
        if not self.said:
            raise Empty
        return self.said.pop(0)

    async def is_alive(self):
        return self.alive

    def kernel_info(self):
        return "asked"


def test_a_kernel_is_ready_when_it_answers_and_its_outputs_arrive(monkeypatch):
    monkeypatch.setattr(Quiet, "said", ["reply", "busy", "idle"])
    asyncio.run(Quiet().wait_for_ready(timeout=1))
    assert Quiet.said == ["idle"]  # a stray message is left to whoever picks its own


@pytest.mark.parametrize(("alive", "why"), [(False, "died before"), (True, "didn't respond in 0.01 seconds")])
def test_a_kernel_that_does_not_answer_is_not_waited_for(monkeypatch, alive, why):
    monkeypatch.setattr(Quiet, "alive", alive)
    with pytest.raises(RuntimeError, match=why):
        asyncio.run(Quiet().wait_for_ready(timeout=0.01))
