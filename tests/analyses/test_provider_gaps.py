"""Gaps 1 to 4: hand-computed levels, the identity of the chain, simulated truth, faults of the tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from svcq_lib.analyses import provider_gaps
from svcq_lib.analyses.gaps import gaps
from svcq_lib.errors import DataError

TABLES = ("managers", "standards", "delivered", "promised")
TOML = """
{tables}
[responses]
segments = ["area"]
date = "day"
[instrument]
scale = [1, 7]
expectation = "E{{n}}"
perception = "P{{n}}"
[[instrument.dimensions]]
name = "staff"
items = [1, 2]
[[instrument.dimensions]]
name = "place"
items = [3]
[gap_tables]
managers = {{table = "managers", value = "value", rater = "who", segments = {{area = "area"}}}}
standards = {{table = "standards", value = "value"}}
delivered = {{table = "delivered", value = "value", rater = "who", date = "day"}}
promised = {{table = "promised", value = "value", rater = "who"}}
"""


def answers(n: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({f"{mark}{i}": rng.integers(1, 8, n) for mark in "EP" for i in (1, 2, 3)})
    return frame.assign(area=np.where(frame.index % 2, "a", "b"), day="2026-02-03")


def judged(values: dict[str, list[float]], **columns: object) -> pd.DataFrame:
    """One row per rater and item."""
    rows = [(f"r{i}", item, value) for item, given in values.items() for i, value in enumerate(given)]
    return pd.DataFrame(rows, columns=["who", "item", "value"]).assign(**columns)


def given() -> dict[str, pd.DataFrame]:
    five = {"q01": [6, 7, 5, 6, 7.0], "q02": [5, 6, 5, 4, 6.0], "q03": [4, 4, 5, 6, 5.0]}
    return {
        "managers": judged(five, area="a"),
        "standards": pd.DataFrame({"item": ["q01", "q02", "q03"], "value": [6.5, 5.5, 5.0]}),
        "delivered": judged(
            {name: [one - 1 for one in values] for name, values in five.items()}, day="2026-02-01"
        ),
        "promised": judged({name: values[:2] for name, values in five.items()}),
    }


@pytest.fixture
def make(make_study):
    def build(tables, frame=None, toml=TOML):
        declared = "\n".join(f'[tables.{name}]\npath = "{name}.csv"' for name in TABLES)
        study = make_study(answers() if frame is None else frame, toml.format(tables=declared))
        for name, table in tables.items():
            table.to_csv(study.root / f"{name}.csv", index=False)
        return study

    return build


def parts(found, term):
    return found.chain[found.chain["term"] == term].set_index("part")


# hand-computed


def test_levels_and_errors_by_hand(make):
    found = gaps(make(given()), n_boot=20)
    rows = found.levels.set_index(["term", "source"])
    means = [5.5, 6.5, 5, 5, 6.5]  # of the two items of staff, by manager
    assert rows.loc[("staff", "managers"), "estimate"] == pytest.approx(np.mean(means))
    assert rows.loc[("staff", "managers"), "std_error"] == pytest.approx(np.std(means, ddof=1) / np.sqrt(5))
    assert rows.loc[("q03", "managers"), "std_error"] == pytest.approx(
        np.std([4, 4, 5, 6, 5], ddof=1) / np.sqrt(5)
    )
    assert rows.loc[("staff", "managers"), ["df", "n"]].tolist() == [4, 5]
    assert rows.loc[("staff", "standards"), ["estimate", "std_error"]].tolist() == [6, 0]
    assert rows.loc[("staff", "promised"), "df"] == 1


def test_gaps_are_the_differences_of_the_model_and_add_up(make):
    found = gaps(make(given()), n_boot=20)
    for term in ("staff", "place", "q01"):
        level = found.levels[found.levels["term"] == term].set_index("source")["estimate"]
        chain = parts(found, term)["estimate"]
        assert chain["knowledge_gap"] == pytest.approx(level["managers"] - level["expectation"])
        assert chain["standards_gap"] == pytest.approx(level["standards"] - level["managers"])
        assert chain["delivery_gap"] == pytest.approx(level["delivered"] - level["standards"])
        assert chain["communication_gap"] == pytest.approx(level["delivered"] - level["promised"])
        assert chain["remainder"] == pytest.approx(level["perception"] - level["delivered"])
        assert chain[list(provider_gaps.ADDITIVE)].sum() == pytest.approx(chain["customer_gap"])
        assert parts(found, term)["share"].sum() == pytest.approx(1)
        if term != "q01":
            assert parts(found, term)["p_largest"].sum() == pytest.approx(1)
    own = found.dimensions.set_index("term").loc["staff"]
    figures = ["estimate", "std_error", "conf_low", "conf_high", "p_value"]
    assert parts(found, "staff").loc["customer_gap", figures].tolist() == pytest.approx(own[figures].tolist())


def test_the_error_of_a_gap_joins_those_of_its_levels(make):
    found = gaps(make(given()), n_boot=20)
    error = found.levels[found.levels["term"] == "place"].set_index("source")["std_error"]
    row = parts(found, "place").loc["knowledge_gap"]
    assert row["std_error"] == pytest.approx(np.hypot(error["managers"], error["expectation"]))
    both = error["managers"] ** 4 / 4 + error["expectation"] ** 4 / 59
    assert row["df"] == pytest.approx(row["std_error"] ** 4 / both)
    alone = parts(found, "place").loc["delivery_gap"]  # a standard is known
    assert alone[["std_error", "df"]].tolist() == pytest.approx([error["delivered"], 4])


# absent and few


def test_a_missing_table_leaves_its_gaps_to_the_rest_and_says_what_it_would_add(make):
    toml = "\n".join(line for line in TOML.splitlines() if not line.startswith(("standards", "promised")))
    found = gaps(make(given(), toml=toml), n_boot=20)
    chain = parts(found, "staff")["estimate"]
    assert set(chain.index) == {"knowledge_gap", "customer_gap", "remainder"}
    assert chain["remainder"] == pytest.approx(chain["customer_gap"] - chain["knowledge_gap"])
    codes = {one.code for one in found.notes}
    assert {"no_standards", "no_promises"} <= codes
    assert not {"no_managers", "no_deliveries"} & codes


def test_without_tables_there_is_no_chain(make):
    toml = TOML.split("[gap_tables]")[0].replace("{tables}", "")
    found = gaps(make({}, toml=toml), n_boot=20)
    assert found.chain.empty
    assert found.levels.empty
    assert "no_gap_tables" in {one.code for one in found.notes}


def test_few_managers_are_hidden_and_a_single_visit_has_no_error(make):
    tables = given()
    tables["managers"] = tables["managers"][tables["managers"]["who"].isin(["r0", "r1"])]
    tables["delivered"] = tables["delivered"][tables["delivered"]["who"] == "r0"]
    found = gaps(make(tables), n_boot=20)
    chain = parts(found, "staff")
    assert chain.loc[["knowledge_gap", "standards_gap"], "estimate"].isna().all()
    assert chain.loc["delivery_gap", "estimate"] == pytest.approx(-1.5)
    assert chain.loc["delivery_gap", ["std_error", "p_value"]].isna().all()
    assert chain["p_largest"].isna().all()


def test_a_dimension_needs_all_of_its_items(make):
    tables = given()
    tables["standards"] = tables["standards"].iloc[1:]
    found = gaps(make(tables), n_boot=20)
    assert "standards_gap" not in parts(found, "staff").index
    assert "standards_gap" in parts(found, "place").index
    assert {"table": "standards", "items": 1} in [dict(one.facts) for one in found.notes]


def test_filters_and_the_period_hold_where_a_table_knows_them(make):
    tables = given()
    other = tables["managers"].assign(area="b", value=1.0)
    tables["managers"] = pd.concat([tables["managers"], other.assign(who=other["who"] + "b")])
    late = tables["delivered"].assign(day="2026-08-01", value=7.0)
    tables["delivered"] = pd.concat([tables["delivered"], late.assign(who=late["who"] + "b")])
    study = make(tables).where(area="a").during("2026-Q1")
    found = gaps(study, n_boot=20)
    rows = found.levels.set_index(["term", "source"])
    assert rows.loc[("staff", "managers"), ["estimate", "n"]].tolist() == [5.7, 5]
    assert rows.loc[("staff", "delivered"), ["estimate", "n"]].tolist() == pytest.approx([4.7, 5])
    known = {one.facts["table"] for one in found.notes if one.code == "judgements_unfiltered"}
    assert known == {"standards", "delivered", "promised"}


# simulated truth


def _levels(rng, truth, errors):
    rows = []
    for source, mean in truth.items():
        error, df = errors[source]
        scale = np.sqrt(rng.chisquare(df) / df) if np.isfinite(df) else 1.0
        rows.append(("d", "", source, rng.normal(mean, error), error * scale, df, 30.0))
    names = ["term", "dimension", "source", "estimate", "std_error", "df", "n"]
    return pd.DataFrame(rows, columns=names)


def test_intervals_cover_and_a_tie_is_rarely_decided(monkeypatch):
    monkeypatch.setattr(provider_gaps, "DRAWS", 1000)
    # 200 studies, levels normal around the truth with estimated errors; delivery and standards gaps are alike
    rng = np.random.default_rng(7)
    truth = {"expectation": 6.0, "perception": 4.6, "managers": 5.8, "standards": 5.2, "delivered": 4.6}
    errors = {"expectation": (0.02, 900), "perception": (0.03, 900), "managers": (0.1, 12),
              "standards": (0.0, np.inf), "delivered": (0.06, 40)}  # fmt: skip
    covered, named = [], []
    for seed in range(200):
        level = _levels(rng, truth, errors)
        paired = pd.DataFrame({"std_error": [np.hypot(0.02, 0.03)]}, index=["estimate.d"])
        chain = provider_gaps.chain(level, paired, method="holm", ci_level=0.95, seed=seed).set_index("part")
        gap = chain.loc["knowledge_gap"]
        covered.append(gap["conf_low"] <= -0.2 <= gap["conf_high"])
        named.append((chain["p_largest"] >= 0.95).any())
    assert np.mean(covered) == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / 200))
    # either of two equal parts may be called the largest: at most 2 · 5 %
    assert np.mean(named) < 0.10 + 3 * np.sqrt(0.1 * 0.9 / 200)


def test_a_part_that_is_the_largest_is_named():
    rng = np.random.default_rng(8)
    truth = {"expectation": 6.0, "perception": 4.6, "managers": 5.9, "standards": 5.6, "delivered": 4.7}
    level = _levels(rng, truth, dict.fromkeys(truth, (0.05, 30)))
    paired = pd.DataFrame({"std_error": [0.07]}, index=["estimate.d"])
    chain = provider_gaps.chain(level, paired, method="holm", ci_level=0.95, seed=1).set_index("part")
    assert chain["p_largest"].idxmax() == "delivery_gap"
    assert chain["p_largest"].max() > 0.99


def test_the_demonstration_study_recovers_gaps_1_to_4(demo, truth):
    chain = gaps(demo, n_boot=20).chain.set_index(["part", "term"])
    hits = []
    for part in ("knowledge_gap", "standards_gap", "delivery_gap", "communication_gap"):
        for term, value in truth[part].items():
            hits.append(chain.loc[(part, term), "conf_low"] <= value <= chain.loc[(part, term), "conf_high"])
    assert sum(hits) >= 17  # of 20 intervals at 95 %
    assert chain.loc[("delivery_gap", "responsiveness"), "p_largest"] > 0.95


# faults


def test_all_faults_of_all_tables_are_told_at_once(make):
    tables = given()
    tables["managers"].loc[0, "item"] = "q99"
    tables["managers"]["value"] = tables["managers"]["value"].astype(object)
    tables["managers"].loc[3, "value"] = "high"
    tables["standards"].loc[1, "value"] = 9
    tables["promised"] = tables["promised"].rename(columns={"value": "level"})
    with pytest.raises(DataError) as caught:
        gaps(make(tables), n_boot=20)
    text = str(caught.value)
    assert "in 4 way(s)" in text
    assert "managers · item · is no item of the instrument · rows 1 of 15 · row 1: q99" in text
    assert "managers · value · is no number · rows 1 of 15 · row 4: high" in text
    assert "standards · value · is off the instrument's scale · rows 1 of 3 · row 2: 9" in text
    assert "the scale runs from 1 to 7" in text
    assert "promised · value · is not in the table, which has who, item, level" in text
