"""A copy of the demonstration study with planted faults: one check reports all of them and writes nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from svcq_lib.cli import app
from svcq_lib.sources.contracts import check


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory, repo_root: Path) -> Path:
    folder = tmp_path_factory.mktemp("broken") / "demo"
    shutil.copytree(repo_root / "data" / "demo", folder)
    table = pd.read_csv(folder / "responses.csv", dtype=str, keep_default_na=False)
    table.loc[[10, 20, 30], "P1"] = "9"
    table.loc[[11, 21], "date"] = "2025-13-45"
    table.loc[[41, 42], "response_id"] = table.loc[40, "response_id"]
    table.loc[50, "weight"], table.loc[51, "weight"] = "0", ""
    table.loc[[60, 61, 62, 63], "P2"] = "very good"
    table["P3"] = "4"
    table.loc[[70, 71], "branch"] = "B99"
    table.loc[[80], "pts_tangibles"] = "90"
    table.loc[[90], "ces"] = "8"
    table = table[~table["date"].str.match(r"2025-0[789]")]
    table = table.rename(columns={"E5": "E_5"})
    header = [*table.columns, "csat"]
    table.assign(again="1").to_csv(folder / "responses.csv", index=False, header=header, encoding="utf-8")
    complaints = (folder / "complaints.csv").read_text(encoding="utf-8").splitlines()
    complaints[1] = complaints[1].rsplit(",", 1)[0] + ",客户投诉处理缓慢"
    (folder / "complaints.csv").write_bytes("\n".join(complaints).encode("gbk"))
    study = (folder / "study.toml").read_text(encoding="utf-8")
    study = study.replace('path = "complaints.csv"', 'path = "complaints.csv"\nencoding = "utf-8"')
    (folder / "study.toml").write_text(study, encoding="utf-8")
    return folder


PLANTED = [
    ("off_scale", "responses", "P1", 3),
    ("off_scale", "responses", "ces", 1),
    ("date_unreadable", "responses", "date", 2),
    ("repeated_id", "responses", "response_id", 2),
    ("weight_not_positive", "responses", "weight", 1),
    ("weight_missing", "responses", "weight", 1),
    ("not_a_number", "responses", "P2", 4),
    ("constant", "responses", "P3", None),
    ("unknown_level", "responses", "branch", 2),
    ("points_sum", "responses", None, 1),
    ("period_hole", "responses", "date", None),
    ("missing_column", "responses", "E5", None),
    ("repeated_header", "responses", "csat", None),
    ("unreadable", "complaints", "", None),
]


def test_every_planted_fault_is_reported_at_once(broken: Path) -> None:
    problems = {(one.code, one.table, one.column): one for one in check(broken / "study.toml").problems}
    by_code = {(one.code, one.table): one for one in problems.values()}
    for code, table, column, rows in PLANTED:
        found = by_code.get((code, table)) if column is None else problems.get((code, table, column))
        assert found is not None, (code, table, column, sorted(problems))
        assert found.remedy
        if rows is not None:
            assert found.rows == rows, (code, column)
            assert 0 < len(found.examples) <= 5


def test_command_line_says_it_all_and_writes_nothing(broken: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in broken.rglob("*")}
    result = CliRunner().invoke(app, ["check", str(broken)])
    assert result.exit_code == 2
    for text in ("P1", "P2", "P3", "E5", "csat", "complaints", "rows 3 of", "row 11: 9"):
        assert text in result.output
    assert {path: path.stat().st_mtime_ns for path in broken.rglob("*")} == before
