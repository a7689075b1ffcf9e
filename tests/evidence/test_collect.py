"""One scan: what is collected from rows on disk equals what pandas says of the same rows."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pytest

from svcq_lib.analyses.estimates import bootstrap_sums, draw_blocks, means
from svcq_lib.errors import DataError, ParameterError
from svcq_lib.evidence import plan
from svcq_lib.evidence.blocks import hash_blocks
from svcq_lib.evidence.collect import Evidence, collect, grain_of
from svcq_lib.evidence.columns import Difference, Mean
from svcq_lib.evidence.needs import Cells, EvidenceNeeds, Tally
from svcq_lib.sources import cache, connect
from svcq_lib.sources.open import open_study
from svcq_lib.stats.matrices import correlation_from_moments
from svcq_lib.study import Study

TOML = """
[responses]
id = "id"
date = "day"
period = "month"
weight = "w"
segments = ["region"]
[instrument]
scale = [1, 7]
missing = [99]
[[instrument.dimensions]]
name = "d"
items = ["a", "b"]
[outcomes.o]
kind = "csat"
column = "o"
scale = [1, 10]
"""
COLUMNS = ("perception.a", "perception.b", "outcome.o")


def rows(n: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "id": [f"R{i:04d}" for i in range(n)],
            "day": [dt.date(2026, 1, 1) + dt.timedelta(days=int(i)) for i in rng.integers(0, 181, n)],
            "w": rng.choice([0.5, 1.0, 2.5], n),
            "region": rng.choice(["n", "s", "e"], n),
            "a": rng.choice([1, 2, 5, 7, 99], n),
            "b": rng.integers(1, 8, n).astype(float),
            "o": rng.integers(1, 11, n).astype(float),
        }
    )
    frame.loc[rng.random(n) < 0.15, "b"] = np.nan
    frame.loc[rng.random(n) < 0.10, "o"] = np.nan
    frame.loc[rng.random(n) < 0.05, "region"] = None
    return frame


def raw(study: Study) -> pl.LazyFrame:
    """The response table as it lies."""
    name = study.responses.table
    return connect.scan(study.tables[name], study.root, name=name)


def assert_same(one: Evidence, other: Evidence, *, rel: float = 1e-12) -> None:
    """Both have the same cells, tallies and design, and sums that differ by rounding only, or not at all."""
    for name, moments in other.moments.items():
        assert moments.keys.equals(one.moments[name].keys)
        for key, array in moments.sums.items():
            np.testing.assert_allclose(
                one.moments[name].sums[key], array, rtol=rel, atol=rel * 100, err_msg=f"{name} {key}"
            )
    for name, tally in other.tallies.items():
        pd.testing.assert_frame_equal(one.tallies[name], tally, rtol=rel)
    for name, kept in other.rows.items():
        pd.testing.assert_frame_equal(one.rows[name], kept, rtol=rel)
    assert one.design.units.equals(other.design.units)
    assert one.design.block_strata.tolist() == other.design.block_strata.tolist()
    assert one.base.n_eff == pytest.approx(other.base.n_eff, rel=rel)
    assert dataclasses.replace(one.base, n_eff=other.base.n_eff) == other.base
    assert (one.notes, one.fingerprints) == (other.notes, other.fingerprints)


def valid(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(a=frame["a"].where(frame["a"] != 99).astype(float))


NEEDS = EvidenceNeeds(
    {"mean": Mean(("perception.a", "perception.b"), 2), "gap": Difference("perception.a", "perception.b")},
    {
        "all": Cells((*COLUMNS, "mean", "gap")),
        "region": Cells(COLUMNS, by=("segment.region",)),
        "month": Cells(COLUMNS, by=("period",), all_periods=True),
        "pairs": Cells(COLUMNS, cross=True),
        "blocks": Cells(COLUMNS, cross=True, blocks=True),
    },
    {"o": Tally("outcome.o", ("segment.region",))},
)

# against pandas


def test_moments_equal_those_of_the_rows(make_study):
    frame = rows()
    found, data = collect(make_study(frame, TOML), NEEDS), valid(frame)
    data = data.assign(mean=(data["a"] + data["b"]) / 2, gap=data["a"] - data["b"])
    for j, name in enumerate(("a", "b", "o", "mean", "gap")):
        x, w = data[name].dropna(), data["w"][data[name].notna()]
        expected = [len(x), w.sum(), (w**2).sum(), (w * x).sum(), (w * x**2).sum(), (w**2 * x).sum()]
        sums = found.moments["all"].sums
        assert [sums[key][0, j] for key in ("n", "sw", "sw2", "swx", "swx2", "sw2x")] == pytest.approx(
            expected
        )


def test_groups_leave_out_rows_without_a_level(make_study):
    frame = rows()
    found, data = collect(make_study(frame, TOML), NEEDS), valid(frame)
    cells = found.moments["region"]
    assert cells.keys["segment.region"].tolist() == ["e", "n", "s"]
    assert cells.sums["n"][:, 0].tolist() == data.dropna(subset="a").groupby("region").size().tolist()
    months = found.moments["month"].keys["period"].tolist()
    assert months == [f"2026-{month:02d}" for month in range(1, 7)]
    tally = found.tallies["o"]
    expected = data.groupby(["region", "o"])["w"].agg(["size", "sum"]).reset_index()
    assert tally["n"].tolist() == expected["size"].tolist()
    assert tally["sw"].tolist() == pytest.approx(expected["sum"].tolist())


def test_pairwise_correlations_equal_those_of_pandas(make_study):
    frame = rows().assign(w=1)
    found, data = collect(make_study(frame, TOML), NEEDS), valid(frame)
    expected = data[["a", "b", "o"]].corr(min_periods=2).to_numpy()
    for name in ("pairs", "blocks"):
        sums = {key: one[0] for key, one in found.moments[name].total().sums.items()}
        assert correlation_from_moments(**sums) == pytest.approx(expected, abs=1e-12)


def test_base(make_study):
    frame = rows()
    base = collect(make_study(frame, TOML), NEEDS).base
    assert (base.n, base.date_min, base.date_max) == (400, frame["day"].min(), frame["day"].max())
    assert base.n_eff == pytest.approx(frame["w"].sum() ** 2 / (frame["w"] ** 2).sum())


# invariants


@pytest.mark.parametrize("batch", [1, 7, 150])
def test_any_size_of_batches_gives_the_same(make_study, monkeypatch, batch):
    monkeypatch.setattr(cache, "folder", lambda _: None)  # nothing is remembered
    study = make_study(rows(), TOML)
    whole = collect(study, NEEDS)
    monkeypatch.setattr(plan, "BATCH_ROWS", batch)
    assert_same(collect(study, NEEDS), whole)


def test_batches_are_really_used(make_study, monkeypatch):
    study = make_study(rows(), TOML)
    monkeypatch.setattr(plan, "BATCH_ROWS", 64)
    sizes = [len(one) for one in plan.read([raw(study)], plan.plan_of(study, NEEDS))]
    assert sizes == [64] * 6 + [16]


def test_the_order_of_rows_does_not_matter(make_study, monkeypatch):
    monkeypatch.setattr(plan, "SMALL_TABLE", 0)  # blocks by hash, as in large tables
    frame = rows()
    one = collect(make_study(frame, TOML), NEEDS)
    other = collect(make_study(frame.sample(frac=1, random_state=1), TOML), NEEDS)
    for name in ("all", "region", "month", "pairs"):
        assert one.moments[name].keys.equals(other.moments[name].keys)
        for key, array in one.moments[name].sums.items():
            assert other.moments[name].sums[key] == pytest.approx(array, rel=1e-12)


# blocks and designs


def test_a_small_table_has_a_block_for_every_row(make_study):
    found = collect(make_study(rows(50), TOML), NEEDS)
    assert len(found.moments["blocks"].keys) == 50
    assert found.design.block_strata.tolist() == [0] * 50
    assert found.design.units.to_dict("list") == {"stratum": [""], "n": [50], "fraction": [0.0]}


def test_a_large_table_has_blocks_by_the_hash_of_the_id(make_study, monkeypatch):
    monkeypatch.setattr(plan, "SMALL_TABLE", 100)
    frame = rows()
    sums = collect(make_study(frame, TOML), NEEDS).moments["blocks"].sums["n"][:, 2, 2]
    expected = frame["o"].notna().groupby(hash_blocks(frame["id"].tolist())).sum()
    assert sorted(sums) == sorted(expected)


def test_strata_keep_their_sums_apart(make_study):
    frame = rows().dropna(subset="region")
    toml = TOML.replace(
        'weight = "w"', 'weight = "w"\nstrata = "region"\nfpc = { n = 1000, s = 500, e = 200 }'
    )
    found = collect(make_study(frame, toml), NEEDS)
    assert found.moments["all"].keys["stratum"].tolist() == ["e", "n", "s"]
    assert found.design.kind == "strata"
    units = found.design.units.set_index("stratum")
    sizes = frame.groupby("region").size()
    assert units["n"].to_dict() == sizes.to_dict()
    assert units["fraction"].to_dict() == pytest.approx(
        {"n": sizes["n"] / 1000, "s": sizes["s"] / 500, "e": sizes["e"] / 200}
    )


def test_clusters_are_the_blocks(make_study):
    frame = rows().assign(branch=lambda one: "B" + (one.index % 9).astype(str))
    toml = TOML.replace('weight = "w"', 'weight = "w"\ncluster = "branch"\nfpc = 90')
    found = collect(make_study(frame, toml), NEEDS)
    assert found.design.kind == "cluster"
    assert len(found.moments["all"].keys) == 9
    assert found.design.units.to_dict("list") == {"stratum": [""], "n": [9], "fraction": [0.1]}
    assert len(found.design.block_strata) == 9


def test_population_sizes_that_cannot_be_are_refused(make_study):
    frame = rows().dropna(subset="region")
    toml = TOML.replace('weight = "w"', 'strata = "region"\nfpc = { n = 10, north = 10000 }')
    with pytest.raises(DataError, match="the population of n has 10 rows by fpc") as error:
        collect(make_study(frame, toml), NEEDS)
    assert "different strata: north, e, s" in str(error.value)


# periods and filters


def test_a_period_restricts_all_but_what_is_followed_over_time(make_study):
    frame = rows()
    study = make_study(frame, TOML).during("2026-Q2")
    found, data = collect(study, NEEDS), valid(frame)
    late = data["day"] >= dt.date(2026, 4, 1)
    assert found.base.n == late.sum()
    assert found.base.date_min == data["day"][late].min()
    assert found.moments["all"].sums["n"][0, 0] == data.loc[late, "a"].notna().sum()
    assert found.moments["month"].keys["period"].tolist() == ["2026-Q1", "2026-Q2"]
    assert found.tallies["o"]["n"].sum() == (late & data["o"].notna() & data["region"].notna()).sum()


@pytest.mark.parametrize(
    ("period", "grain"),
    [
        (None, "month"),
        ("2026", "year"),
        ("2026-Q2", "quarter"),
        ("2026-05", "month"),
        ("2026-01..2026-06", "month"),
    ],
)
def test_the_grain_is_that_of_the_period(make_study, period, grain):
    assert grain_of(make_study(rows(30), TOML).during(period)) == grain


def test_filters(make_study):
    frame = rows()
    found = collect(make_study(frame, TOML).where(region="n"), NEEDS)
    assert found.base.n == (frame["region"] == "n").sum()
    assert found.moments["region"].keys["segment.region"].tolist() == ["n"]


DESIGNS = {
    "strata": 'strata = "area"\nfpc = { u = 500, v = 600, x = 700 }',
    "clusters": 'cluster = "branch"\nfpc = 90',
    "simple": "fpc = 1000",
}


@pytest.mark.parametrize("roles", DESIGNS.values(), ids=DESIGNS)
def test_a_filter_changes_no_standard_error(make_study, roles):
    # as subset() of R's survey: whoever is left out was drawn all the same
    frame = rows().assign(area=lambda one: np.array(["u", "v", "x"])[one.index % 3])
    frame["branch"] = np.where(frame["region"] == "n", frame.index % 4, 4 + frame.index % 7)
    study = make_study(frame, TOML.replace('weight = "w"', f'weight = "w"\n{roles}'))
    needs = EvidenceNeeds(cells={"all": Cells(COLUMNS), "region": Cells(COLUMNS, by=("segment.region",))})
    whole, alone = collect(study, needs), collect(study.where(region="n"), needs)
    pd.testing.assert_frame_equal(alone.design.units, whole.design.units)
    by_region = means(whole.moments["region"], whole.design, ["segment.region"])
    expected = by_region[by_region["segment.region"] == "n"].drop(columns="segment.region")
    found = means(alone.moments["all"], alone.design)
    pd.testing.assert_frame_equal(found, expected.reset_index(drop=True))


@pytest.mark.parametrize(
    "roles", ["fpc = 500", 'strata = "area"\nfpc = { u = 150, v = 200, x = 1000 }'], ids=["simple", "strata"]
)
def test_the_bootstrap_knows_the_population(make_study, roles):
    frame = rows().assign(area=lambda one: np.array(["u", "v", "x"])[one.index % 3])
    study = make_study(frame, TOML.replace('weight = "w"', f'weight = "w"\n{roles}'))
    found = collect(study, EvidenceNeeds(cells={"all": Cells(COLUMNS, blocks=True)}))
    sums = bootstrap_sums(found, "all", draw_blocks(found.design, 4000, 1))
    errors = means(found.moments["all"], found.design)["std_error"].to_numpy()
    assert (sums["swx"] / sums["sw"]).std(axis=0) == pytest.approx(errors, rel=0.05)


def test_filters_hold_for_what_is_followed_over_time_and_for_tallies(make_study):
    frame = rows()
    found, data = collect(make_study(frame, TOML).where(region="n").during("2026-Q2"), NEEDS), valid(frame)
    data = data[data["region"] == "n"]
    late = data["day"] >= dt.date(2026, 4, 1)
    assert found.moments["month"].sums["n"][:, 0].tolist() == [
        data.loc[~late, "a"].notna().sum(),
        data.loc[late, "a"].notna().sum(),
    ]
    assert found.tallies["o"]["n"].sum() == data.loc[late, "o"].notna().sum()
    assert (found.base.n, found.base.date_max) == (late.sum(), data["day"][late].max())


def test_an_empty_choice_is_named(make_study):
    study = make_study(rows(), TOML)
    with pytest.raises(
        DataError, match=r"no answers are left in 'responses' for region=x\. Widen the choice"
    ):
        collect(study.where(region="x"), NEEDS)
    with pytest.raises(DataError, match=r"region=n, period 2031"):
        collect(study.where(region="n").during("2031"), NEEDS)


def test_broken_data_stop_the_scan(make_study):
    with pytest.raises(DataError, match="outside the scale 1–7"):
        collect(make_study(rows().assign(b=12), TOML), NEEDS)


def test_warnings_of_the_contract_become_notes(make_study):
    notes = collect(make_study(rows().assign(b=4), TOML), NEEDS).notes
    assert ("data_constant", "b") in {(one.code, one.facts["column"]) for one in notes}


def test_the_fingerprint_is_that_of_the_content(make_study):
    one, same, other = (make_study(frame, TOML) for frame in (rows(), rows(), rows(399)))
    prints = [collect(study, NEEDS).fingerprints["responses"] for study in (one, same, other)]
    assert prints[0] == prints[1] != prints[2]


# needs


def test_needs_of_two_analyses_are_met_by_one_scan(make_study):
    other = EvidenceNeeds(cells={"more": Cells(("outcome.o",))})
    found = collect(make_study(rows(), TOML), NEEDS | other)
    assert set(found.moments) == {*NEEDS.cells, "more"}
    assert (NEEDS | NEEDS).cells == NEEDS.cells
    with pytest.raises(ParameterError, match="under the name 'all'"):
        NEEDS | EvidenceNeeds(cells={"all": Cells(("outcome.o",))})


# the trap: a paired gap is not the difference of marginal means


def test_the_paired_gap_is_not_the_difference_of_marginal_means(real_data, tmp_path):
    # ACSI 2015, OVERALLQ − OVERALLX: −0.1687 paired (data README, computed), −0.1701 from the marginals
    (tmp_path / "study.toml").write_text(
        f"""
[study]
name = "ACSI"
[tables.responses]
path = "{real_data / "acsi" / "acsi_2015_raw.csv"}"
[responses]
[instrument]
scale = [1, 10]
missing = [98, 99]
[[instrument.dimensions]]
name = "quality"
items = [{{ name = "overall_quality", expectation = "OVERALLX", perception = "OVERALLQ" }}]
"""
    )
    pair = ("perception.overall_quality", "expectation.overall_quality")
    needs = EvidenceNeeds({"gap": Difference(*pair)}, {"gaps": Cells(("gap", *pair))})
    sums = collect(open_study(tmp_path), needs).moments["gaps"].sums
    gap, perception, expectation = (sums["swx"] / sums["sw"])[0]
    assert gap == pytest.approx(-0.1687, abs=5e-5)
    assert perception - expectation == pytest.approx(-0.1701, abs=5e-5)


def test_straight_liners_are_those_of_the_rows_that_are_read(make_study):
    items = [f"q{i}" for i in range(6)]
    frame = pd.DataFrame(np.arange(1, 7) * np.ones((20, 1)), columns=items).assign(
        region=["n", "s"] * 10, o=5
    )
    frame.loc[[0, 2, 3], items] = 4
    names = ", ".join(f'"{name}"' for name in items)
    toml = f"""
[responses]
segments = ["region"]
[instrument]
scale = [1, 7]
[[instrument.dimensions]]
name = "d"
items = [{names}]
[outcomes.o]
kind = "csat"
column = "o"
scale = [1, 10]
"""
    study, needs = make_study(frame, toml), EvidenceNeeds({}, {"o": Cells(("outcome.o",))})
    for one, facts in (
        (study, (3, 20)),
        (study.where(region="n"), (2, 10)),
        (study.where(region="s"), (1, 10)),
    ):
        (note,) = [note for note in collect(one, needs).notes if note.code == "data_straight_line"]
        assert (note.facts["rows"], note.facts["total"]) == facts
