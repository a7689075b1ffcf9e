"""The data contract: planted faults are all found at once, counted, located and given a remedy."""

from __future__ import annotations

import csv
import datetime as dt
import re

import numpy as np
import polars as pl
import pytest

from svcq_lib.errors import DataError
from svcq_lib.sources import connect, contracts, tally
from svcq_lib.sources.contracts import check
from svcq_lib.sources.open import open_study

STUDY = """
[study]
name = "Bank"
[tables.responses]
path = "responses.csv"
[tables.complaints]
path = "complaints.csv"
{complaints}
[responses]
id = "id"
date = "date"
period = "month"
weight = "weight"
[responses.segments.branch]
column = "branch"
levels = {{ B1 = "One", B2 = "Two" }}
[instrument]
scale = [1, 7]
missing = [99]
expectation = "E{{n}}"
perception = "P{{n}}"
[[instrument.dimensions]]
name = "people"
items = [1, 2, 3]
importance_points = "points_people"
[[instrument.dimensions]]
name = "place"
items = [4, 5, 6]
importance_points = "points_place"
[outcomes.csat]
kind = "csat"
scale = [1, 5]
column = "csat"
"""
N = 240


def rows() -> list[dict[str, str]]:
    """A sound response table: 240 rows, two branches, six months."""
    rng = np.random.default_rng(7)
    start = dt.date(2026, 1, 1)
    found = []
    for i in range(N):
        one = {
            "id": f"R{i:03d}",
            "date": str(start + dt.timedelta(days=i % 180)),
            "weight": "1.0",
            "branch": f"B{i % 2 + 1}",
        }
        one |= {f"{mark}{n}": str(rng.integers(1, 8)) for mark in "EP" for n in range(1, 7)}
        one |= {"points_people": "60", "points_place": "40" if i else "40.0", "csat": str(rng.integers(1, 6))}
        if i % 3 == 0:
            one |= {"points_people": "30", "points_place": "70"}
        found.append(one)
    return found


def write(folder, table, *, headers=None, complaints="", encoding="utf-8", options=""):
    folder.mkdir(exist_ok=True)
    names = list(table[0])
    with (folder / "responses.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(headers or names)
        writer.writerows([one[name] for name in names] for one in table)
    text = complaints or "no,opened\n1,2026-01-05\n2,2026-02-01\n"
    (folder / "complaints.csv").write_bytes(text.encode(encoding))
    (folder / "study.toml").write_text(STUDY.format(complaints=options))
    return folder


def listing(folder):
    return {one.name: (one.stat().st_size, one.stat().st_mtime_ns) for one in folder.iterdir()}


def codes(report):
    return {one.code for one in report.problems}


def test_a_sound_study_has_no_problem(tmp_path):
    report = check(write(tmp_path / "s", rows()))
    assert report.problems == ()
    assert report.ok
    report.raise_for_errors()
    assert [(one.table, one.rows, one.columns) for one in report.tables] == [
        ("responses", N, 19),
        ("complaints", 2, 2),
    ]
    assert len(report.fingerprint("responses")) == 64


def planted(folder):
    table = rows()
    for i in (3, 5):
        table[i]["P1"] = "8"
    table[7]["date"] = "soon"
    table[9]["id"] = "R008"
    table[11]["weight"] = "0"
    for i in (13, 14, 15):
        table[i]["P2"] = "seven"
    for one in table:
        one["E4"] = "5"
        if one["date"].startswith("2026-03"):
            one["date"] = "2026-04-01"
    table[17]["branch"] = "B3"
    table[19] |= {"points_people": "60", "points_place": "60"}
    table[21] |= {f"P{n}": "4" for n in range(1, 7)}
    headers = ["csat_score" if name == "csat" else name for name in table[0]]
    headers[headers.index("E6")] = "E5"
    return write(
        folder, table, headers=headers, complaints="no,note\n1,网点\n2,上海\n", encoding="gb18030",
        options='encoding = "utf-8"',
    )  # fmt: skip


PLANTED = {
    # code: (severity, column, rows, an example)
    "off_scale": ("error", "P1", 2, (4, "8")),
    "date_unreadable": ("error", "date", 1, (8, "soon")),
    "repeated_id": ("error", "id", 1, (10, "R008")),
    "unreadable": ("error", "", 0, None),
    "weight_not_positive": ("error", "weight", 1, (12, "0")),
    "not_a_number": ("error", "P2", 3, (14, "seven")),
    "repeated_header": ("error", "E5", 0, None),
    "constant": ("warning", "E4", N, None),
    "unknown_level": ("warning", "branch", 1, (18, "B3")),
    "period_hole": ("warning", "date", 0, None),
    "points_sum": ("warning", "points_people + points_place", 1, (20, "60 + 60")),
    "straight_line": ("warning", "", 1, (22, "")),
}


def test_every_planted_fault_is_in_one_report_and_nothing_is_written(tmp_path):
    folder = planted(tmp_path / "s")
    before = listing(folder)
    report = check(folder)
    assert listing(folder) == before
    found = {one.code: one for one in report.problems if one.code != "missing_column"}
    assert set(PLANTED) | {"small_base"} == set(found)
    for code, (severity, column, n, example) in PLANTED.items():
        one = found[code]
        assert (one.severity, one.column, one.rows) == (severity, column, n), code
        assert one.table == ("complaints" if code == "unreadable" else "responses")
        assert one.message
        assert one.remedy
        if example:
            assert (one.examples[0].row_number, one.examples[0].text) == example
    missing = {one.column: one for one in report.problems if one.code == "missing_column"}
    assert set(missing) == {"csat", "E6"}
    assert "Did you mean 'csat_score'?" in missing["csat"].remedy
    assert "2026-03" in found["period_hole"].message
    assert 'encoding = "gb18030"' in found["unreadable"].remedy


def test_the_report_as_text_note_and_error(tmp_path):
    report = check(planted(tmp_path / "s"))
    with pytest.raises(DataError) as error:
        report.raise_for_errors()
    assert all(one.column in str(error.value) for one in report.errors)
    text = report.to_text()
    assert re.search(
        r"error · responses · P1 · outside the scale 1–7 · rows 2 of 240 · row 4: 8; row 6: 8 · list codes",
        text,
    )
    assert len(text.splitlines()) == 1 + len(report.problems)
    notes = {one.code: one.facts for one in report.notes()}
    assert notes["data_constant"]["column"] == "E4"
    assert notes["data_period_hole"]["periods"] == "2026-03"
    assert notes["data_small_base"]["flag"] == 30


def test_a_study_that_is_open_is_checked_whatever_its_filters(tmp_path):
    study = open_study(write(tmp_path / "s", rows()))
    assert check(study.where(branch="B9").during("2026-02")) == check(study)


def test_missing_answers_are_no_faults_and_weights_are(tmp_path):
    table = rows()
    table[0]["P1"], table[1]["P1"], table[2]["P1"] = "99", "99.0", " "
    table[3]["weight"], table[4]["weight"], table[5]["id"], table[6]["date"] = "", "heavy", "", ""
    found = {one.code: one.rows for one in check(write(tmp_path / "s", table)).problems}
    assert found == {"weight_missing": 1, "weight_not_a_number": 1, "missing_id": 1, "date_missing": 1}


def test_empty_columns(tmp_path):
    table = [one | {"branch": "", "csat": "", "P3": ""} for one in rows()]
    found = {one.code: (one.severity, one.column) for one in check(write(tmp_path / "s", table)).problems}
    assert found == {
        "empty_segment": ("warning", "branch"),
        "empty_outcome": ("error", "csat"),
        "empty_answers": ("warning", "P3"),
    }


def test_two_scales_in_one_column(tmp_path):
    table = rows()
    for i, answer in enumerate(["6", "7", "8", "9", "10"]):
        table[i]["csat"] = answer
    report = check(write(tmp_path / "s", table))
    (mixed,) = report.warnings
    assert mixed.code == "mixed_scale"
    assert "1–5, a few in 6–10" in mixed.message
    assert [one.code for one in report.errors] == ["off_scale"]


def test_a_date_format_is_suggested(tmp_path):
    table = [one | {"date": "/".join(reversed(one["date"].split("-")))} for one in rows()]
    (one,) = check(write(tmp_path / "s", table)).errors
    assert (one.code, one.rows) == ("date_unreadable", N)
    assert "'%d/%m/%Y'" in one.remedy


def response_only(folder, text, more=""):
    folder.mkdir(exist_ok=True)
    (folder / "responses.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    (folder / "study.toml").write_text(
        '[study]\nname = "s"\n[tables.responses]\npath = "responses.csv"\n'
        f'[responses]\n{more}\n[outcomes.q]\nkind = "csat"\nscale = [1, 5]\ncolumn = "q"\n'
    )
    return check(folder)


def test_lines(tmp_path):
    ragged = response_only(tmp_path / "a", "id,q\n1,2\n2,3,4\n3\n4,5\n")
    (one,) = ragged.errors
    assert (one.code, one.rows, [e.row_number for e in one.examples]) == ("ragged_rows", 2, [2, 3])
    assert codes(response_only(tmp_path / "b", b"id,q\n1,2\n2\x00,3\n3,1\n")) == {"null_bytes"}
    assert "broken_quotes" in codes(response_only(tmp_path / "c", 'id,q\n1"x,2\n2,3\n'))
    assert codes(response_only(tmp_path / "d", "id,q\n")) == {"no_rows"}
    assert codes(response_only(tmp_path / "e", 'id,q\n1,2\n"a\nb",3\n')) == set()
    assert "empty_row" in codes(response_only(tmp_path / "f", "id,q\n1,2\n\n2,3\n"))
    semicolons = response_only(tmp_path / "g", "id;q\n1;2\n")
    assert "is the delimiter ';'?" in semicolons.errors[0].remedy


def test_a_missing_file_is_a_problem_and_the_other_table_is_checked(tmp_path):
    folder = write(tmp_path / "s", rows(), complaints="no,opened\n1,2026-01-05\n2,later\n3,2026-01-06\n")
    (folder / "responses.csv").unlink()
    report = check(folder)
    assert [(one.code, one.table) for one in report.problems] == [
        ("unreadable", "responses"),
        ("date_unreadable", "complaints"),
    ]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ('strata = "s"\nfpc = { north = 100, south = 100 }', None),
        ('strata = "s"\nfpc = { north = 100, west = 100 }', "fpc_unknown"),
        ('strata = "s"\nfpc = { north = 1, south = 100 }', "fpc_too_small"),
        ('strata = "s"\ncluster = "c"\nfpc = { north = 2, south = 2 }', None),
        ('cluster = "c"\nfpc = 2', "fpc_too_small"),
        ("fpc = 4", None),
        ("fpc = 3", "fpc_too_small"),
        ('cluster = "gap"', "design_missing"),
    ],
)
def test_design(tmp_path, more, code):
    text = "id,q,s,c,gap\n1,2,north,c1,x\n2,3,north,c1,x\n3,4,south,c2,\n4,5,south,c3,y\n"
    assert codes(response_only(tmp_path / "s", text, more)) == ({code} if code else set())


def test_many_bad_rows_make_a_small_report(tmp_path):
    n = 200_000
    frame = pl.DataFrame({"id": np.arange(n) // 2, "q": np.full(n, "bad"), "w": np.full(n, -1)})
    frame.write_csv(tmp_path / "responses.csv")
    (tmp_path / "study.toml").write_text(
        '[study]\nname = "s"\n[tables.responses]\npath = "responses.csv"\n[responses]\nid = "id"\nweight = "w"\n'
        '[outcomes.q]\nkind = "csat"\nscale = [1, 5]\ncolumn = "q"\n'
    )
    report = check(tmp_path)
    rows_of = {one.code: one.rows for one in report.problems}
    assert rows_of == {"not_a_number": n, "empty_outcome": n, "repeated_id": n // 2, "weight_not_positive": n}
    assert len(report.to_text()) < 1500
    assert all(len(one.examples) <= 5 for one in report.problems)


@pytest.mark.parametrize("at_once", [1, 7, 1_000])
def test_ids_are_counted_in_parts_where_there_are_many(tmp_path, monkeypatch, at_once):
    monkeypatch.setattr(tally, "DISTINCT_ROWS", at_once)
    ids = [f"R{i % 90:03}" if i % 10 else "" for i in range(100)]  # 81 ids, 9 of them twice; 10 rows without
    rows = [f"{one},{i % 5 + 1}" for i, one in enumerate(ids)]
    report = response_only(tmp_path / "s", "\n".join(["id,q", *rows, ""]), 'id = "id"')
    found = {one.code: one.rows for one in report.problems}
    assert found == {"missing_id": 10, "repeated_id": 9}


def test_parquet_is_checked_by_the_same_rules(tmp_path):
    pl.DataFrame({"id": [1, 2, 2, None], "q": [1.0, 5.0, 6.0, float("nan")]}).write_parquet(
        tmp_path / "responses.parquet"
    )
    (tmp_path / "study.toml").write_text(
        '[study]\nname = "s"\n[tables.responses]\npath = "responses.parquet"\n[responses]\nid = "id"\n'
        '[outcomes.q]\nkind = "csat"\nscale = [1, 5]\ncolumn = "q"\n'
    )
    found = {one.code: (one.rows, [str(e) for e in one.examples]) for one in check(tmp_path).problems}
    assert found == {
        "missing_id": (1, ["row 4"]), "repeated_id": (1, ["row 3: 2"]), "off_scale": (1, ["row 3: 6"]),
    }  # fmt: skip


def test_unchanged_files_are_checked_once(tmp_path, monkeypatch):
    folder = write(tmp_path / "s", rows())
    first = check(folder)
    monkeypatch.setattr(contracts, "_check_table", lambda *_: pytest.fail("checked again"))
    assert check(folder) is first


def test_real_lounge_reviews_mix_two_scales(real_data, tmp_path):
    # 67 overall ratings lie at 6–10, the others at 1–5: stated with the data
    (tmp_path / "study.toml").write_text(
        f'[study]\nname = "s"\n[tables.responses]\npath = "{real_data / "en_voc" / "skytrax_lounge.csv"}"\n'
        '[responses]\n[outcomes.overall]\nkind = "csat"\nscale = [1, 10]\ncolumn = "overall_rating"\n'
    )
    report = check(tmp_path)
    (mixed,) = [one for one in report.warnings if one.code == "mixed_scale"]
    assert mixed.rows == 67


def test_a_table_on_a_server_is_checked_again_if_its_fingerprint_is_another(tmp_path, monkeypatch):
    study, tables = open_study(write(tmp_path, rows())), []
    whole = contracts._check_table
    monkeypatch.setattr(connect, "state_of", lambda *_: None)  # there is no file to look at
    monkeypatch.setattr(
        contracts, "_check_table", lambda study, name: tables.append(name) or whole(study, name)
    )

    def elsewhere():
        contracts._checked.cache_clear()
        contracts._states.cache_clear()
        return check(study, keep=True)

    first = check(study, keep=True)
    done = len(tables)
    assert elsewhere() == first
    assert len(tables) == done
    write(tmp_path, [{**one, "P1": "1"} for one in rows()])
    assert elsewhere() != first
    assert len(tables) == 2 * done
    # rows that arrive between fingerprint and check: what was found is not that of the fingerprint
    monkeypatch.setattr(connect, "fingerprint", lambda *_, **__: str(len(tables)))
    for times in (3, 4):
        elsewhere()
        assert len(tables) == times * done


def test_a_sound_report_is_kept_for_other_processes_where_asked_for(tmp_path, monkeypatch):
    path = write(tmp_path, rows())
    study, tables = open_study(path), []
    whole = contracts._check_table
    monkeypatch.setattr(
        contracts, "_check_table", lambda study, name: tables.append(name) or whole(study, name)
    )
    first = check(study, keep=True)
    assert (tmp_path / ".svcq-cache").is_dir()
    done = len(tables)
    contracts._checked.cache_clear()  # as in another process
    assert check(study, keep=True) == first
    assert len(tables) == done
    contracts._checked.cache_clear()
    kept = next((tmp_path / ".svcq-cache").glob("check-*"))
    kept.write_bytes(kept.read_bytes()[:-5])
    with pytest.warns(UserWarning, match="corrupt"):
        assert check(study, keep=True) == first
    assert len(tables) == 2 * done
    changed = rows()
    changed[0]["P1"] = "8"
    write(tmp_path, changed)
    assert not check(study, keep=True).ok
    assert len(list((tmp_path / ".svcq-cache").glob("check-*"))) == 1  # faults are looked for again each time
