"""The starter study file: it opens, passes the contract without errors, and says what it guessed."""

from __future__ import annotations

import pytest

from svcq_lib.errors import DataError, ParameterError
from svcq_lib.sources.contracts import check
from svcq_lib.sources.init import init_study
from svcq_lib.sources.open import open_study

SERVICE = (
    'case_id;visit date;weight;branch;E01;E02;E03;P01;P02;P03;effort;nps;renewed;pts_service;Notes "quoted"\n'
    + "".join(
        f"{i + 1000};{i % 28 + 1:02d}.{i % 12 + 1:02d}.2026;{0.8 + i % 5 * 0.1:.1f};{'北京' if i % 2 else '上海'};"
        f"{i % 7 + 1};{(i + 2) % 7 + 1};{99 if i % 9 == 0 else 6};{i % 6 + 1};{i % 5 + 2};{i % 3 + 1};"
        f"{i % 7 + 1};{i % 11};{i % 2};100;free text {i}\n"
        for i in range(60)
    )
)


def test_a_synthetic_file_is_recognised(tmp_path):
    data = tmp_path / "in" / "answers.csv"
    data.parent.mkdir()
    data.write_bytes(SERVICE.encode("gb18030"))
    before = data.stat()
    report = init_study(tmp_path / "in", data)
    assert (data.stat().st_mtime_ns, data.stat().st_size) == (before.st_mtime_ns, before.st_size)
    study = open_study(tmp_path / "in")
    has = study.responses
    assert (has.id, has.date, has.weight) == ("case_id", "visit date", "weight")
    spec = study.tables["responses"]
    assert (spec.path, spec.delimiter, spec.date_formats) == ("answers.csv", ";", ("%d.%m.%Y",))
    assert list(has.segments) == ["branch"]
    found = {key: one.column for key, one in study.columns().items()}
    assert found["expectation.q01"] == "E01"
    assert found["perception.q03"] == "P03"
    assert study.columns()["expectation.q03"].missing == ("99",)
    assert {name: one.kind for name, one in study.outcomes.items()} == {
        "effort": "ces",
        "nps": "nps",
        "renewed": "binary",
    }
    assert study.outcomes["effort"].high_is == "hard"
    assert check(study).ok
    assert "wrote" in report.to_text()
    assert any("high_is" in one for one in report.unsure)


def test_an_existing_file_is_kept(tmp_path):
    data = tmp_path / "a.csv"
    data.write_text("id,q\n1,2\n2,2\n")
    (tmp_path / "study.toml").write_text("mine")
    with pytest.raises(ParameterError, match="exists already"):
        init_study(tmp_path, data)
    assert (tmp_path / "study.toml").read_text() == "mine"
    init_study(tmp_path, data, overwrite=True)
    assert open_study(tmp_path).responses.id == "id"


def test_headers_cannot_break_the_file(tmp_path):
    data = tmp_path / "a.csv"
    data.write_text(
        '"q ""1""\n[x]","q = 2 # no",\'q3\'\n'
        + "".join(f"{i % 5 + 1},{i % 5 + 1},{i % 5 + 1}\n" for i in range(20))
    )
    init_study(tmp_path, data)
    study = open_study(tmp_path)
    assert [one.column for one in study.columns().values()] == ['q "1"\n[x]', "q = 2 # no", "'q3'"]
    assert check(study).ok


def test_unreadable_data_leave_nothing_behind(tmp_path):
    with pytest.raises(DataError, match="does not exist"):
        init_study(tmp_path / "new", tmp_path / "gone.csv")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("name", "items", "outcomes"),
    [
        ("sfo/2017_SFO_Customer_Survey.csv", {"q7art", "q9food"}, {"netpro": "nps", "q7all": "csat"}),
        ("acsi/acsi_2015_raw.csv", {"overallx", "overallq", "repur"}, {"satis": "csat"}),
        ("pls_ecsi/mobi.csv", {"cuex1", "imag5", "perq7"}, {}),
        (
            "airline/airline_passenger_satisfaction_test.csv",
            {"seat_comfort", "cleanliness"},
            {"satisfaction": "binary"},
        ),
        ("pls_ecsi/corp_rep_data.csv", set(), {}),
        ("en_voc/skytrax_lounge.csv", set(), {}),
    ],
)
def test_real_files_open_and_pass(real_data, tmp_path, name, items, outcomes):
    init_study(tmp_path, real_data / name)
    study = open_study(tmp_path)
    report = check(study)
    assert report.ok, report.to_text()
    assert items <= {one.name for one in study.instrument.items}
    assert outcomes.items() <= {name: one.kind for name, one in study.outcomes.items()}.items()


def test_the_demonstration_data_are_recognised(repo_root, tmp_path):
    demo = repo_root / "data" / "demo" / "responses.csv"
    if not demo.is_file():
        pytest.skip("the demonstration data are not made yet")
    init_study(tmp_path, demo)
    study = open_study(tmp_path)
    assert check(study).ok
    assert len(study.instrument.items) == 22
    assert study.instrument.has_gaps
    assert {"csat", "nps", "ces"} <= set(study.outcomes)
