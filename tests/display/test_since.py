"""The section on what changed, from the record of the report before to blocks."""

from __future__ import annotations

import json

import pytest

import svcq_lib as sq
from svcq_lib import display
from svcq_lib.analyses.headlines import data_notes
from svcq_lib.analyses.since import Earlier, since_last
from svcq_lib.errors import ParameterError
from svcq_lib.reports.resources import topics


def record(result, lang="en", **more):
    figures = display.figures(result, lang=lang)
    return {
        "period": "2024-12",
        "title": "x",
        "figures": figures,
        "data_notes": data_notes(result.notes),
    } | more


def test_without_an_earlier_report_nothing_is_shown(small_results):
    assert tuple(sq.since_last(small_results["scores"], None)) == ()


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("topic", topics())
def test_a_report_against_itself_shows_no_change(small_results, tmp_path, topic, lang):
    result = small_results[topic]
    path = tmp_path / "before.json"
    path.write_text(json.dumps(record(result, lang)), encoding="utf-8")
    told, table = sq.since_last(result, path, lang=lang)
    assert told.model["changes"] == []
    assert told.model["markdown"].startswith("## ")
    assert told.model["type"] == "prose"
    assert table.model["type"] == "table"
    assert len(table.model["rows"]) == len(display.figures(result, lang=lang))
    assert json.dumps([told.model, table.model], allow_nan=False)


@pytest.mark.parametrize(("lang", "name"), [("en", "empty rows"), ("zh", "存在空行")])
def test_changes_ride_on_the_block_in_the_report_s_language(small_results, lang, name):
    result = small_results["scores"]
    before = record(result, lang)
    nps = next(one for one in before["figures"] if one["code"] == "nps")
    nps |= {"estimate": 80.0, "low": 75.0, "high": 85.0, "status": "green"}
    before["data_notes"] = [*before["data_notes"], "data_empty_row"]
    told, table = sq.since_last(result, before, lang=lang)
    found = {(one["code"], one["what"]): one for one in told.model["changes"]}
    assert set(found) == {("nps", "worse"), ("nps", "alert_new"), ("data_empty_row", "data")}
    assert found["nps", "worse"]["label"] == result.context.label("nps", lang)
    assert found["nps", "worse"]["before"] == 80.0
    assert found["data_empty_row", "data"]["label"] == name
    first = table.model["rows"][0]
    assert first[0]["text"] == result.context.label("nps", lang)
    assert {cell["tone"] for cell in first} >= {"bad"}


def test_two_reports_say_what_one_report_of_both_periods_says(small_demo):
    # from the intervals alone, the interval of a change is nearly that from the answers themselves
    study = sq.open_study(small_demo)
    one, two = (sq.scores(study.during(period)) for period in ("2025-Q3", "2025-Q4"))
    told, _ = since_blocks = tuple(sq.since_last(two, record(one, period="2025-Q3")))
    assert len(since_blocks) == 2
    assert "may share answers" not in told.model["markdown"]
    before = Earlier.model_validate(record(one, period="2025-Q3"))
    found = since_last(display.figures(two), before, period="2025-Q4").figures.set_index("code")
    direct = two.changes[two.changes["since"] == "previous"].set_index("outcome").loc[found.index]
    width = (direct["change_high"] - direct["change_low"]).to_numpy()
    assert found["difference"].to_numpy() == pytest.approx(direct["change"].to_numpy(), abs=1e-9)
    for own, other in (("low", "change_low"), ("high", "change_high")):
        assert (abs(found[own] - direct[other]) / width).max() < 0.04


def test_a_record_that_is_missing_or_none_is_refused(small_results, tmp_path):
    result = small_results["scores"]
    with pytest.raises(ParameterError, match=r"nowhere\.json.*cannot be read"):
        sq.since_last(result, tmp_path / "nowhere.json")
    (tmp_path / "odd.json").write_text(
        '{"period": "2025-01", "figures": [{"estimate": 1}]}', encoding="utf-8"
    )
    with pytest.raises(ParameterError, match=r"figures\.0\.code"):
        sq.since_last(result, tmp_path / "odd.json")
    (tmp_path / "none.json").write_text("not JSON", encoding="utf-8")
    with pytest.raises(ParameterError, match="no record of an earlier report"):
        sq.since_last(result, tmp_path / "none.json")
