"""Weights fitted to margins through study files. Reference: R 4.2.2, package survey 4.1-1, on apiclus1 (1e-9)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from svcq_lib.errors import DataError, MethodError
from svcq_lib.evidence import plan
from svcq_lib.evidence.collect import collect
from svcq_lib.evidence.needs import Cells, EvidenceNeeds, Rows
from svcq_lib.sources.contracts import check

NEEDS = EvidenceNeeds(
    cells={"plain": Cells(("outcome.y",)), "once": Cells(("outcome.y",), weighted=False)},
    rows={"all": Rows(("outcome.y", "segment.sex", "segment.age"))},
)
TOML = """
[responses]
{roles}
[responses.segments.sex]
[responses.segments.age]
[outcomes.y]
kind = "score"
column = "y"
scale = [0, 1000]
[weights]
{weights}
[weights.margins.sex]
counts = {{ f = 60, m = 40 }}
{more}
"""
AGE = "[weights.margins.age]\ncounts = { old = 3, young = 1 }\n"


def people(n: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {"sex": rng.choice(["f", "m"], n, p=[0.3, 0.7]), "age": rng.choice(["old", "young"], n)}
    )
    return frame.assign(y=rng.integers(0, 11, n), w=rng.uniform(0.5, 2, n))


def study(make_study, frame, roles='weight = "w"', weights="", more=AGE):
    return make_study(frame, TOML.format(roles=roles, weights=weights, more=more))


def shares(rows: pd.DataFrame, segment: str) -> dict[str, float]:
    sums = rows.groupby(f"segment.{segment}")["weight"].sum()
    return (sums / sums.sum()).to_dict()


# hand-computed


def test_two_rows_of_one_cell_keep_the_ratio_of_their_design_weights(make_study):
    # the trap of starting from weights of one: balance, issue 431
    frame = pd.DataFrame({"sex": ["f", "f", "m"], "age": "old", "y": 1, "w": [1.0, 3.0, 4.0]})
    rows = collect(study(make_study, frame, more=""), NEEDS).rows["all"]
    # f carries 60 % of the sum of the weights, 8, in the ratio 1 : 3
    assert rows["weight"].tolist() == pytest.approx([1.2, 3.6, 3.2])


def test_rows_without_a_level_keep_their_share(make_study):
    frame = pd.DataFrame({"sex": ["f", "m", "m", None], "age": "old", "y": 1, "w": 1.0})
    found = collect(study(make_study, frame, more=""), NEEDS)
    assert found.rows["all"]["weight"].tolist() == pytest.approx([4 * 0.75 * 0.6, 0.6, 0.6, 1.0])
    assert found.weighting.margins["level"].tolist()[:2] == ["f", "m"]
    assert found.weighting.margins["after"].tolist() == pytest.approx([0.45, 0.3, 0.25])
    assert [one.facts["rows"] for one in found.notes if one.code == "data_margin_missing"] == [1]


# reference values


def test_raked_clusters(make_study, real_data):  # svy_rake
    frame = pd.read_csv(real_data / "psychometric_ref" / "apiclus1.csv")
    toml = """
[responses]
weight = "pw"
cluster = "dnum"
fpc = 757
[responses.segments.stype]
[responses.segments.wide]
column = "sch.wide"
[outcomes.y]
kind = "score"
column = "api00"
scale = [200, 1000]
[weights.margins.stype]
counts = { E = 4421, H = 755, M = 1018 }
[weights.margins.wide]
counts = { No = 1072, Yes = 5122 }
"""
    found = collect(make_study(frame, toml), NEEDS_OF_API)
    w = found.rows["all"]["weight"].to_numpy() * 6194 / found.rows["all"]["weight"].sum()
    assert (w[0], w.min(), w.max()) == pytest.approx(
        (50.3294011160392, 29.8706754926847, 67.1255292411947), rel=1e-9
    )
    assert found.weighting.n_eff == pytest.approx(174.0105, abs=1e-3)  # N8
    assert found.weighting.deff == pytest.approx(1.05166, abs=1e-5)
    assert found.base.n_eff == pytest.approx(found.weighting.n_eff)


NEEDS_OF_API = EvidenceNeeds(rows={"all": Rows(("outcome.y",))})


# invariants


def test_margins_are_met_whatever_the_filter(make_study):
    whole = study(make_study, people())
    found = collect(whole, NEEDS)
    assert shares(found.rows["all"], "sex") == pytest.approx({"f": 0.6, "m": 0.4})
    assert shares(found.rows["all"], "age") == pytest.approx({"old": 0.75, "young": 0.25})
    table = found.weighting.margins
    assert table["after"].to_numpy() == pytest.approx(table["population"].to_numpy(), abs=1e-9)
    assert found.weighting.error_before == pytest.approx((table["before"] - table["population"]).abs().max())
    part = collect(whole.where(sex="f"), NEEDS)
    mine = found.rows["all"].query("`segment.sex` == 'f'")["weight"].to_numpy()
    assert part.rows["all"]["weight"].to_numpy() == pytest.approx(mine)


def test_batches_do_not_matter(make_study, monkeypatch):
    one = study(make_study, people(), weights="trim = 1.5")
    whole = collect(one, NEEDS)
    monkeypatch.setattr(plan, "BATCH_ROWS", 64)
    split = collect(one, NEEDS)
    assert split.rows["all"]["weight"].to_numpy() == pytest.approx(whole.rows["all"]["weight"].to_numpy())
    assert split.design.calibration.sw.sum() == pytest.approx(whole.rows["all"]["weight"].sum())


def test_rows_that_count_once_have_no_weight(make_study):
    frame = people()
    sums = collect(study(make_study, frame), NEEDS).moments["once"].total().sums
    assert sums["swx"][0, 0] == frame["y"].sum()


def test_trimmed_weights_still_meet_the_margins(make_study):
    free = collect(study(make_study, people()), NEEDS).weighting
    cut = collect(study(make_study, people(), weights="trim = 1.5"), NEEDS)
    assert shares(cut.rows["all"], "sex") == pytest.approx({"f": 0.6, "m": 0.4})
    assert free.trimmed == 0 < cut.weighting.trimmed < 0.5
    assert cut.weighting.largest < free.largest
    assert cut.weighting.n_eff > free.n_eff


def from_table(make_study, frame: pd.DataFrame, level: str):
    """A study whose margin of sex is a table."""
    table = '[tables.population]\npath = "population.csv"'
    margin = f'table = "population"\nlevel = "{level}"\ncount = "people"\n{table}'
    toml = TOML.replace("counts = {{ f = 60, m = 40 }}", margin).format(
        roles='weight = "w"', weights="", more=""
    )
    one = make_study(people(), toml)
    frame.to_csv(one.root / "population.csv", index=False)
    return one


def test_a_table_of_counts_is_added_up(make_study):
    frame = pd.DataFrame({"group": ["f", "m", "f"], "people": [10, 40, 50], "region": ["a", "a", "b"]})
    found = collect(from_table(make_study, frame, "group"), NEEDS)
    assert shares(found.rows["all"], "sex") == pytest.approx({"f": 0.6, "m": 0.4})


# errors


def test_every_fault_of_the_margins_is_reported_at_once(make_study):
    frame = people().assign(sex=lambda one: one["sex"].replace({"m": "male"}))
    more = "[weights.margins.age]\ncounts = { old = 3, young = 1, oldest = 1 }\n"
    found = {(one.code, one.column): one for one in check(study(make_study, frame, more=more)).errors}
    assert set(found) == {
        ("margin_level_unknown", "sex"), ("margin_level_empty", "sex"), ("margin_level_empty", "age"),
    }  # fmt: skip
    assert "'male'" in found["margin_level_unknown", "sex"].message
    assert "'oldest'" in found["margin_level_empty", "age"].message
    with pytest.raises(DataError, match="in 3 way"):
        collect(study(make_study, frame, more=more), NEEDS)


@pytest.mark.parametrize(
    ("level", "code", "column"), [("sexes", "missing_column", "sexes"), ("sex", "margin_size", "people")]
)
def test_a_table_without_its_columns_or_with_words_for_numbers(make_study, level, code, column):
    one = from_table(make_study, pd.DataFrame({"sex": ["f", "m"], "people": ["ten", "-4"]}), level)
    (problem,) = check(one).errors
    assert (problem.table, problem.code, problem.column) == ("population", code, column)


def test_margins_that_cannot_both_be_met_name_the_study_file(make_study):
    frame = pd.DataFrame({"sex": ["f", "m"] * 20, "age": ["old", "young"] * 20, "y": 1, "w": 1.0})
    with pytest.raises(MethodError, match=r"weights\.margins \(sex, age\): raking did not converge"):
        collect(study(make_study, frame), NEEDS)
