"""Removing old reports, and nothing else."""

from svcq_lib.reports import manifest, schedule, schedule_state, site
from svcq_lib.reports.publish import digest
from svcq_lib.reports.schedule_result import Result

from .scheduling import PLAN, moment


def test_old_reports_are_removed_and_nothing_else(planned, runs, monkeypatch, tmp_path):
    monkeypatch.setattr(
        site, "write_index", lambda out, whole, study: (out / "index.html").write_text(str(whole))
    )
    plan = planned("", "keep = 2\n" + PLAN)
    assert schedule.run_due(plan, now=moment("2026-03-03T06:00")).removed == ()
    mine = plan.folder / "scores_2026-01_en" / "notes.txt"
    mine.write_text("mine", encoding="utf-8")
    outside = tmp_path / "outside.html"
    outside.write_text("keep me", encoding="utf-8")
    entry = manifest.read(plan.folder)["reports"]["scores_2026-01_en"]
    link = plan.folder / "link.html"
    link.symlink_to(outside)
    extra = [
        {"path": path, "bytes": 7, "sha256": digest(outside)} for path in ("../outside.html", "link.html")
    ]
    manifest.add_report(plan.folder, {**entry, "outputs": [*entry["outputs"], *extra]})
    result = schedule.run_due(plan, now=moment("2026-04-03T06:00"))
    assert result.removed == ("2026-01",)
    assert outside.read_text(encoding="utf-8") == "keep me"
    assert mine.is_file()
    assert sorted(path.name for path in plan.folder.glob("scores_*.html")) == [
        "scores_2026-02_en.html", "scores_2026-03_en.html",
    ]  # fmt: skip
    assert "scores_2026-01_en" not in manifest.read(plan.folder)["reports"]
    assert "scores_2026-01_en" not in (plan.folder / "index.html").read_text(encoding="utf-8")
    assert schedule.run_due(plan, now=moment("2026-04-04T06:00")) == Result()


def test_reports_of_an_earlier_plan_of_another_length_are_left_alone(planned, runs, monkeypatch):
    monkeypatch.setattr(site, "write_index", lambda *_: None)
    quarterly = PLAN.replace('"month"', '"quarter"').replace("2026-01", "2026-Q1")
    schedule.run_due(planned("", quarterly), now=moment("2026-04-03T06:00"))
    plan = planned("", "keep = 1\n" + PLAN)
    assert schedule.run_due(plan, now=moment("2026-04-03T06:00")).removed == ("2026-01", "2026-02")
    assert sorted(path.name for path in plan.folder.glob("scores_*.html")) == [
        "scores_2026-03_en.html", "scores_2026-Q1_en.html",
    ]  # fmt: skip


def test_a_report_that_was_edited_is_kept(planned, runs, monkeypatch):
    monkeypatch.setattr(site, "write_index", lambda *_: None)
    plan = planned("", "keep = 1\n" + PLAN)
    schedule.run_due(plan, now=moment("2026-02-03T06:00"))
    (plan.folder / "scores_2026-01_en.html").write_text("with my remarks", encoding="utf-8")
    assert schedule.run_due(plan, now=moment("2026-03-03T06:00")).removed == ("2026-01",)
    assert (plan.folder / "scores_2026-01_en.html").is_file()
    assert "is not as it was written" in (schedule_state.folder_of(plan) / schedule_state.LOG).read_text()
