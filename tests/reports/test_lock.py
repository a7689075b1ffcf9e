import os
import subprocess
import sys
import time

import pytest

from svcq_lib.errors import ReportError
from svcq_lib.reports.lock import NAME, locked

HOLDER = """
import sys, time
from pathlib import Path
from svcq_lib.reports.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_run_is_told_who_holds_the_folder(tmp_path):
    told = rf"process {os.getpid()} on .*, since 20.*--out"
    with locked(tmp_path), pytest.raises(ReportError, match=told), locked(tmp_path):
        pass


def test_a_folder_is_free_again_after_a_run_and_after_an_error(tmp_path):
    for _ in range(2):
        with pytest.raises(ValueError, match="trouble"), locked(tmp_path):
            raise ValueError("trouble")


def test_two_folders_do_not_meet(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    with locked(tmp_path / "a"), locked(tmp_path / "b"):
        assert (tmp_path / "a" / NAME).is_file()


def test_the_lock_of_a_killed_run_blocks_nobody(tmp_path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(ReportError, match=f"process {holder.pid}"), locked(tmp_path):
            pass
    finally:
        holder.kill()
        holder.communicate()
    assert (tmp_path / NAME).is_file()
    started = time.monotonic()
    with locked(tmp_path):
        assert time.monotonic() - started < 1


def test_a_lock_that_says_nothing_still_holds(tmp_path):
    with locked(tmp_path):
        (tmp_path / NAME).write_text("", encoding="utf-8")
        with pytest.raises(ReportError, match="just begun"), locked(tmp_path):
            pass
