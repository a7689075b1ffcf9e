"""Gaps between expectation and perception.

References: R 4.2.2 t.test (paired_t_sleep, 1e-9), psych 2.2.9 alpha on bfi with A1 reversed, pairwise .7030 and
listwise .7038 (1e-9), scipy.stats.ttest_rel. Missing answers are named in each test.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats

from svcq_lib.analyses import estimates
from svcq_lib.analyses.gaps import GapsResult, gaps, mode_of
from svcq_lib.errors import ParameterError
from svcq_lib.evidence import kernel
from svcq_lib.evidence.collect import Design
from svcq_lib.evidence.moments import Moments
from svcq_lib.measures import servqual
from svcq_lib.stats.multiplicity import adjust

NAN = np.nan
ONE = """
[responses]
[instrument]
scale = [-10, 10]
expectation = "E{n}"
perception = "P{n}"
[[instrument.dimensions]]
name = "d"
items = [1]
"""
TWO = """
[responses]
{roles}
[instrument]
scale = [1, 7]
expectation = "E{{n}}"
perception = "P{{n}}"
[[instrument.dimensions]]
name = "staff"
items = [1, 2]
{staff}
[[instrument.dimensions]]
name = "place"
items = [3]
{place}
"""
POINTS = {"staff": 'importance_points = "pts_s"', "place": 'importance_points = "pts_p"'}


def two(roles: str = "", points: bool = True) -> str:
    return TWO.format(roles=roles, **(POINTS if points else {"staff": "", "place": ""}))


def three() -> pd.DataFrame:
    """Three respondents, one answer missing."""
    return pd.DataFrame(
        {
            "E1": [7, 6, 7], "P1": [5, 6, 4],
            "E2": [6, 6, NAN], "P2": [6, 5, 2],
            "E3": [5, 4, 7], "P3": [6, 6, 4],
            "pts_s": [60, 50, 100], "pts_p": [40, 50, 0],
        }
    )  # fmt: skip


def many(n: int = 300, seed: int = 2) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {f"{mark}{i}": rng.integers(1, 8, n).astype(float) for mark in "EP" for i in (1, 2, 3)}
    )
    frame = frame.mask(rng.random(frame.shape) < 0.12)
    staff = rng.integers(1, 10, n) * 10
    level = rng.choice(["a", "b", "c"], n, p=[0.6, 0.39, 0.01])
    return frame.assign(pts_s=staff, pts_p=100 - staff, w=rng.choice([0.5, 1.0, 2.0], n), level=level)


def by_term(table: pd.DataFrame) -> pd.DataFrame:
    return table.set_index("term")


def small(study, **settings: object) -> GapsResult:
    return gaps(study, n_boot=50, **settings)  # type: ignore[arg-type]


# hand-computed


def test_three_respondents_by_hand(make_study):
    found = small(make_study(three(), two() + "[thresholds]\nsuppress = 1\n"))
    items, dimensions, overall = by_term(found.items), by_term(found.dimensions), by_term(found.overall)
    # gaps: q01 −2, 0, −3; q02 0, −1, none; q03 1, 2, −3
    assert items.loc[["q01", "q02", "q03"], "gap"].tolist() == pytest.approx([-5 / 3, -0.5, 0])
    assert items.loc[["q01", "q02", "q03"], "n"].tolist() == [3, 2, 3]
    assert items.loc["q02", ["expectation", "perception"]].tolist() == [6, 5.5]  # the third has no pair
    assert items.loc["q01", "std_error"] == pytest.approx(np.std([-2, 0, -3], ddof=1) / np.sqrt(3))
    assert items.loc["q01", "effect_size"] == pytest.approx(-5 / 3 / np.std([-2, 0, -3], ddof=1))
    # staff of each respondent −1, −0.5, −3; place 1, 2, −3
    assert dimensions.loc[["staff", "place"], "gap"].tolist() == pytest.approx([-1.5, 0])
    assert overall.loc["overall", "gap"] == pytest.approx(np.mean([0, 0.75, -3]))
    weighted = [-1 * 0.6 + 1 * 0.4, -0.5 * 0.5 + 2 * 0.5, -3 * 1.0]
    assert overall.loc["weighted", "gap"] == pytest.approx(np.mean(weighted))
    # contributions: staff −0.6, −0.25, −3; place 0.4, 1, 0
    assert dimensions.loc[["staff", "place"], "contribution"].tolist() == pytest.approx([-3.85 / 3, 1.4 / 3])
    assert dimensions.loc[["staff", "place"], "share"].tolist() == pytest.approx([3.85 / 2.45, -1.4 / 2.45])
    assert dimensions.loc[["staff", "place"], "importance_points"].tolist() == [70, 30]
    assert items["dimension"].tolist() == ["staff", "staff", "place"]
    assert found.mode == "gap"


def test_items_run_from_the_widest_gap(make_study):
    found = small(make_study(three(), two() + "[thresholds]\nsuppress = 1\n"))
    assert found.items["term"].tolist() == ["q01", "q02", "q03"]
    assert found.items["gap"].is_monotonic_increasing


# reference values


def test_paired_t_of_sleep(make_study, real_data):  # paired_t_sleep; no answer missing
    extra = pd.read_csv(real_data / "r_datasets" / "sleep.csv")["extra"].to_numpy()
    frame = pd.DataFrame({"P1": extra[:10], "E1": extra[10:]})
    row = by_term(small(make_study(frame, ONE)).items).loc["q01"]
    assert row[["gap", "conf_low", "conf_high", "statistic", "p_value"]].tolist() == pytest.approx(
        [-1.58, -2.45988576327698, -0.700114236723018, -4.06212768338204, 0.00283289019738427], rel=1e-9
    )
    assert row["df"] == 9
    assert row["effect_size"] == pytest.approx(-4.06212768338204 / np.sqrt(10))


@pytest.mark.parametrize(
    ("missing", "alpha"), [("pairwise", 0.703018446057304), ("listwise", 0.703755894374836)]
)
def test_alpha_has_two_right_answers(
    make_study, real_data, missing, alpha
):  # alpha_bfi_A, alpha_bfi_A_pairwise
    frame = pd.read_csv(real_data / "psychometric_ref" / "bfi.csv")[["A1", "A2", "A3", "A4", "A5"]]
    toml = """
[responses]
[instrument]
scale = [1, 6]
[[instrument.dimensions]]
name = "agreeableness"
items = [{ name = "A1", reverse = true }, "A2", "A3", "A4", "A5"]
"""
    row = small(make_study(frame, toml, settings=f'missing = "{missing}"')).dimensions.iloc[0]
    assert row["alpha"] == pytest.approx(alpha, rel=1e-9)
    if missing == "listwise":  # Feldt's interval, n 2709
        assert row[["alpha_low", "alpha_high"]].tolist() == pytest.approx(
            [0.685744635049661, 0.721035962795739], rel=1e-9
        )
        assert row["n"] == 2709


# algebra


def test_an_item_is_scipys_paired_t_test_over_rows_with_both(make_study):  # pairwise
    frame = many()
    items = by_term(small(make_study(frame, two())).items)
    for i in (1, 2, 3):
        expected = stats.ttest_rel(frame[f"P{i}"], frame[f"E{i}"], nan_policy="omit")
        row = items.loc[f"q0{i}"]
        assert (row["statistic"], row["p_value"]) == pytest.approx((expected.statistic, expected.pvalue))
        low, high = expected.confidence_interval()
        assert (row["conf_low"], row["conf_high"]) == pytest.approx((low, high))


def test_the_analysis_agrees_with_the_measures_on_arrays(make_study):  # pairwise, weighted
    frame = many()
    found = small(make_study(frame, two('weight = "w"')))
    E, P = (frame[[f"{mark}{i}" for i in (1, 2, 3)]].to_numpy() for mark in "EP")
    item = servqual.item_gap(E, P, weights=frame["w"])
    rows = by_term(found.items).loc[["q01", "q02", "q03"]]
    assert rows["gap"].to_numpy() == pytest.approx(item.estimate)
    assert rows["std_error"].to_numpy() == pytest.approx(np.sqrt(item.variance))
    staff = servqual.dimension_gap(E[:, :2], P[:, :2], weights=frame["w"])
    row = by_term(found.dimensions).loc["staff"]
    assert (row["gap"], row["std_error"]) == pytest.approx(
        (float(staff.estimate), float(np.sqrt(staff.variance)))
    )


def test_the_weighted_gap_is_that_of_each_respondents_own_points(make_study):  # pairwise
    frame = many()
    found = small(make_study(frame, two()))
    staff = pd.concat([frame[f"P{i}"] - frame[f"E{i}"] for i in (1, 2)], axis=1).mean(axis=1)
    place = frame["P3"] - frame["E3"]
    own = (frame["pts_s"] * staff + frame["pts_p"] * place) / 100
    overall = by_term(found.overall)
    assert overall.loc["weighted", "gap"] == pytest.approx(own.mean())
    assert overall.loc["weighted", "n"] == own.notna().sum()
    assert overall.loc["overall", "gap"] == pytest.approx(((staff + place) / 2).mean())
    parts = by_term(found.dimensions)
    assert parts["contribution"].sum() == pytest.approx(own.mean())
    assert parts["share"].sum() == pytest.approx(1)
    assert (parts["share_low"] <= parts["share"]).all()
    assert (parts["share"] <= parts["share_high"]).all()


def test_listwise_keeps_only_whole_respondents(make_study):
    frame = many()
    whole = frame[[f"{mark}{i}" for mark in "EP" for i in (1, 2, 3)]].notna().all(axis=1)
    found = small(make_study(frame, two(), settings='missing = "listwise"'))
    for table in (found.items, found.dimensions, found.overall):
        assert set(table["n"]) == {whole.sum()}
    row = by_term(found.items).loc["q01"]
    assert row["gap"] == pytest.approx((frame["P1"] - frame["E1"])[whole].mean())


def test_min_answered_of_a_dimension(make_study):
    frame = many()
    pair = frame[["P1", "P2"]].to_numpy() - frame[["E1", "E2"]].to_numpy()
    found = small(make_study(frame, two(), settings="min_answered = 2"))
    rows = by_term(found.dimensions)
    assert rows.loc["staff", "n"] == np.isfinite(pair).all(axis=1).sum()
    assert (
        rows.loc["place", "n"] == (frame["P3"] - frame["E3"]).notna().sum()
    )  # a dimension of one item needs one


def test_p_values_are_adjusted_within_items_and_within_dimensions(make_study):
    found = small(make_study(many(), two()), adjust_method="holm")
    for table in (found.items, found.dimensions):
        assert table["p_adjusted"].to_numpy() == pytest.approx(adjust(table["p_value"].to_numpy(), "holm"))
    raw = small(make_study(many(), two()), adjust_method="none").items
    assert raw["p_adjusted"].equals(raw["p_value"].rename("p_adjusted"))


PAIRS = st.lists(st.tuples(st.integers(1, 7), st.integers(1, 7)), min_size=5, max_size=12)


@given(PAIRS, st.integers(-2, 2))
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_shifting_all_perceptions_shifts_the_gap(make_study, pairs, shift):
    frame = pd.DataFrame(pairs, columns=["E1", "P1"])
    one, other = (
        by_term(small(make_study(data, ONE)).items).loc["q01"]
        for data in (frame, frame.assign(P1=frame["P1"] + shift))
    )
    assert other["gap"] == pytest.approx(one["gap"] + shift)
    assert other["std_error"] == pytest.approx(one["std_error"], abs=1e-7)


# perceptions only


def test_without_expectations_every_table_speaks_of_perceptions(make_study):
    frame = many()
    toml = two(points=False).replace('expectation = "E{n}"\n', "")
    study = make_study(frame, toml)
    found = small(study)
    assert (found.mode, mode_of(study)) == ("perception_only", "perception_only")
    rows = by_term(found.items)
    assert rows["estimate"].to_dict() == pytest.approx({f"q0{i}": frame[f"P{i}"].mean() for i in (1, 2, 3)})
    assert rows["perception"].tolist() == rows["estimate"].tolist()
    assert rows[["expectation", "gap", "statistic", "p_value", "effect_size"]].isna().all(axis=None)
    assert "no_expectations" in {one.code for one in found.notes}
    assert "no_importance_points" not in {one.code for one in found.notes}


def test_items_without_a_pair_are_left_out_with_a_note(make_study):
    toml = two(points=False).replace("items = [3]", 'items = [3, { name = "extra", perception = "P9" }]')
    toml = toml.replace('expectation = "E{n}"\n', "").replace("items = [1, 2]", "items = [ITEMS]")
    pairs = ", ".join(f'{{ name = "q{i}", n = {i}, expectation = "E{i}" }}' for i in (1, 2))
    toml = toml.replace("ITEMS", pairs).replace("[3,", '[{ name = "q3", n = 3, expectation = "E3" },')
    found = small(make_study(many().assign(P9=4), toml))
    assert set(found.items["term"]) == {"q1", "q2", "q3"}
    codes = {one.code: one.facts for one in found.notes}
    assert codes["items_without_pair"] == {"items": 1}
    assert "no_importance_points" in codes


# simulated truth


def test_intervals_of_small_studies_cover():
    # 400 studies of 12 respondents, answers rounded to 1–7, gap of the population by simulation; 95 % ± 3 MC errors
    rng = np.random.default_rng(4)

    def answers(size: tuple[int, int]) -> np.ndarray:
        mood = rng.normal(0, 0.6, size)
        e, p = rng.normal(5.6, 1, size) + mood, rng.normal(4.8, 1.1, size) + mood
        return np.clip(np.rint(p), 1, 7) - np.clip(np.rint(e), 1, 7)

    truth, n, studies = answers((1000, 1000)).mean(), 12, 400
    sums = kernel.vector_sums(
        answers((studies, n)).reshape(-1, 1), np.ones(studies * n), np.arange(studies) * n
    )
    keys = pd.DataFrame({"study": range(studies)})
    units = pd.DataFrame({"stratum": [""], "n": [n], "fraction": [0.0]})
    table = estimates.means(
        Moments(("gap",), keys, sums), Design("simple", units, np.zeros(1, np.intp)), ("study",)
    )
    assert len(table) == studies
    covered = ((table["conf_low"] <= truth) & (truth <= table["conf_high"])).mean()
    assert covered == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / studies))


def test_the_demonstration_study_recovers_its_truth(demo, truth):
    found = gaps(demo, n_boot=100)
    rows = by_term(found.dimensions)
    for name, gap in truth[
        "gap_all"
    ].items():  # of complete answers: half a standard error and rounding apart
        assert rows.loc[name, "gap"] == pytest.approx(gap, abs=0.02)
    assert found.dimensions["term"].tolist() == sorted(truth["gap_all"], key=truth["gap_all"].get)
    for name, points in truth["importance_means"].items():
        assert rows.loc[name, "importance_points"] == pytest.approx(points, abs=1)
    for name, mean in truth["expectation_means"].items():
        assert rows.loc[name, "expectation"] == pytest.approx(mean, abs=0.1)


# edges and errors


def test_alike_gaps_have_no_test(make_study):
    row = small(make_study(pd.DataFrame({"E1": [5] * 8, "P1": [4] * 8}), ONE)).items.iloc[0]
    assert (row["gap"], row["std_error"]) == (-1, 0)
    assert np.isnan(row["statistic"])
    assert np.isnan(row["effect_size"])


def test_an_item_nobody_answered(make_study):
    frame = many().assign(P1=NAN)
    row = by_term(small(make_study(frame, two())).items).loc["q01"]
    assert (row["n"], row["suppressed"]) == (0, True)
    assert np.isnan(row["gap"])


def test_errors_name_the_remedy(make_study):
    empty = make_study(pd.DataFrame({"o": [1, 2]}), '[responses]\n[outcomes.o]\nkind = "nps"\ncolumn = "o"\n')
    with pytest.raises(ParameterError, match=r"has no perception items\. Add \[\[instrument\.dimensions\]\]"):
        gaps(empty)
    with pytest.raises(ParameterError, match=r"adjust_method is 'tukey'\. Set it to one of 'holm', 'bh'"):
        gaps(make_study(three(), two()), adjust_method="tukey")  # type: ignore[arg-type]
