"""The cache of what was scanned: an unchanged partition is not scanned again, and nothing depends on the cache."""

from __future__ import annotations

import os
import subprocess
import sys

import polars as pl
import pytest

from svcq_lib.evidence import cache as scanning
from svcq_lib.evidence.collect import collect
from svcq_lib.sources import cache, contracts
from svcq_lib.sources.open import open_study

from .test_collect import NEEDS, TOML, assert_same, rows

WAVES = '[study]\nname = "Test"\n[tables.responses]\nwaves = [{ path = "one.csv" }, { path = "two.csv" }]\n'


@pytest.fixture
def scans(monkeypatch):
    """How often a partition was scanned."""
    seen = []
    real = scanning.part_of
    monkeypatch.setattr(scanning, "part_of", lambda *some, **more: seen.append(1) or real(*some, **more))
    return seen


def in_waves(tmp_path, frame, *, ids: bool = True):
    frame.head(150).to_csv(tmp_path / "one.csv", index=False)
    frame.tail(250).to_csv(tmp_path / "two.csv", index=False)
    toml = TOML if ids else TOML.replace('id = "id"\n', "")
    (tmp_path / "study.toml").write_text(WAVES + toml, encoding="utf-8")
    return open_study(tmp_path)


def test_an_unchanged_table_is_scanned_once(make_study, scans):
    study = make_study(rows(), TOML)
    one, other = collect(study, NEEDS), collect(study, NEEDS)
    assert len(scans) == 1
    assert_same(other, one, rel=0)
    collect(study.during("2026-Q1"), NEEDS)
    assert len(scans) == 2


@pytest.mark.parametrize("ids", [True, False])
def test_waves_equal_one_table_and_a_changed_wave_is_scanned_alone(tmp_path, make_study, scans, ids):
    frame = rows()
    toml = TOML if ids else TOML.replace('id = "id"\n', "")
    study = in_waves(tmp_path, frame, ids=ids)
    whole = collect(make_study(frame, toml), NEEDS)
    found = collect(study, NEEDS)
    assert_same(
        found, type(found)(**{**vars(whole), "notes": found.notes, "fingerprints": found.fingerprints})
    )
    assert len(scans) == 3
    frame.loc[399, "o"] = 3.0
    in_waves(tmp_path, frame, ids=ids)
    changed = collect(study, NEEDS)
    assert len(scans) == 4
    other = collect(make_study(frame, toml), NEEDS)
    assert_same(
        changed, type(found)(**{**vars(other), "notes": changed.notes, "fingerprints": changed.fingerprints})
    )


@pytest.mark.parametrize("ids", [True, False])
def test_a_file_that_can_be_read_in_slices_equals_one_that_cannot(tmp_path, make_study, monkeypatch, ids):
    frame, toml = rows(), TOML if ids else TOML.replace('id = "id"\n', "")
    plain = make_study(frame, toml)
    expected = collect(plain, NEEDS)
    frame.to_parquet(tmp_path / "answers.parquet", index=False)
    head = '[study]\nname = "Test"\n[tables.responses]\npath = "answers.parquet"\n'
    (tmp_path / "study.toml").write_text(head + toml, encoding="utf-8")
    monkeypatch.setattr(scanning, "BATCH_ROWS", 150)
    sliced = open_study(tmp_path)
    counted = [
        [
            one.select(pl.len()).collect().item()
            for one in scanning.partitions(study, contracts.check(study))[0].frames
        ]
        for study in (plain, sliced)
    ]
    assert counted == [[400], [150, 150, 100]]
    found = collect(sliced, NEEDS)
    kept = {"notes": found.notes, "fingerprints": found.fingerprints}
    assert_same(found, type(found)(**{**vars(expected), **kept}))


@pytest.mark.parametrize("damage", [lambda data: data[:100], lambda data: data[:-1] + b"x", lambda _: b""])
def test_a_corrupt_entry_is_made_again_with_a_warning(make_study, scans, damage):
    study = make_study(rows(), TOML)
    expected = collect(study, NEEDS)
    (entry,) = (study.root / cache.NAME).glob("part-*")
    entry.write_bytes(damage(entry.read_bytes()))
    with pytest.warns(UserWarning, match="is corrupt"):
        assert_same(collect(study, NEEDS), expected, rel=0)
    assert len(scans) == 2
    collect(study, NEEDS)
    assert len(scans) == 2


def test_without_a_folder_everything_is_computed(make_study, scans, monkeypatch):
    monkeypatch.setattr(cache, "folder", lambda _: None)
    study = make_study(rows(), TOML)
    assert_same(collect(study, NEEDS), collect(study, NEEDS), rel=0)
    assert len(scans) == 2


def test_a_folder_that_cannot_be_written_is_replaced_by_the_users(tmp_path, monkeypatch):
    (tmp_path / cache.NAME).write_text("a file where the folder would be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    cache.save(tmp_path, "x", b"abc")
    assert cache.folder(tmp_path).is_relative_to(tmp_path / "home")
    assert cache.load(tmp_path, "x", bytes) == b"abc"


def kept(tmp_path, *names):
    return [name for name in names if cache.load(tmp_path, name, bytes) is not None]


def test_the_oldest_entries_make_room(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "LIMIT_BYTES", 200)  # two entries of 92 bytes beside the newest
    for number, name in enumerate(("part-a", "part-b", "part-c")):
        cache.save(tmp_path, name, bytes(60))
        os.utime(cache.folder(tmp_path) / name, (number, number))
    cache.load(tmp_path, "part-a", bytes)  # used last
    cache.save(tmp_path, "part-d", bytes(60))
    assert kept(tmp_path, "part-a", "part-b", "part-c", "part-d") == ["part-a", "part-c", "part-d"]


def test_a_large_entry_pushes_out_no_entry_of_another_kind(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "LIMIT_BYTES", 200)
    cache.save(tmp_path, "check-a", bytes(60))
    cache.save(tmp_path, "part-a", bytes(60))
    cache.save(tmp_path, "store-a", bytes(500))
    assert kept(tmp_path, "check-a", "part-a", "store-a") == ["check-a", "part-a", "store-a"]
    cache.save(tmp_path, "part-b", bytes(60))  # nor is the large one pushed out by what is made from it
    assert kept(tmp_path, "check-a", "part-a", "part-b", "store-a") == [
        "check-a", "part-a", "part-b", "store-a"
    ]  # fmt: skip
    cache.save(tmp_path, "store-b", bytes(500))
    assert kept(tmp_path, "check-a", "store-a", "store-b") == ["check-a", "store-b"]


BUSY = """
import sys, warnings
from pathlib import Path
from svcq_lib.sources import cache, contracts

warnings.simplefilter("error")  # a corrupt entry is told by a warning
cache.LIMIT_BYTES = 300_000  # entries push each other out
root, own, found = Path(sys.argv[1]), int(sys.argv[2]), 0

def whole(data):
    assert len(data) == 100_000 and len(set(data)) == 1
    return data

print("ready", flush=True)
sys.stdin.readline()
for turn in range(200):
    cache.save(root, f"entry-{turn % 5}", bytes([own]) * 100_000)
    found += cache.load(root, f"entry-{(turn + own) % 5}", whole) is not None
print(found)
"""


def test_processes_that_read_and_write_at_once_see_whole_entries_only(tmp_path):
    command = [sys.executable, "-c", BUSY, tmp_path]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    busy = [subprocess.Popen([*command, str(own)], **pipes) for own in range(4)]
    assert [one.stdout.readline() for one in busy] == ["ready\n"] * 4
    for one in busy:
        one.stdin.write("go\n")
        one.stdin.flush()
    said = [one.communicate(timeout=60) for one in busy]
    assert [one.returncode for one in busy] == [0] * 4, said
    assert all(int(out) > 0 for out, _ in said)
    left = {path.name for path in (tmp_path / cache.NAME).iterdir()} - {".gitignore"}
    assert left
    assert not [name for name in left if name.startswith(".")]
    assert all(cache.load(tmp_path, name, len) == 100_000 for name in left)


def test_other_code_reads_no_old_entry(monkeypatch):
    before = cache.key_of("x")
    monkeypatch.setattr(cache, "code_version", lambda: "other")
    assert cache.key_of("x") != before
