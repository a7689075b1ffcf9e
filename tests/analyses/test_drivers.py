"""Drivers through study files.

References: R 4.2.2 with relaimpo 2.2-7 (swiss, weighted swiss), all-subsets LMG and Johnson weights (attitude), to
1e-9 where 15 digits are known, else to 6 digits. No answer is missing in these data sets.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from svcq_lib.analyses.drivers import DriverResult, default_outcome, drivers
from svcq_lib.errors import ParameterError
from svcq_lib.study import Study

SWISS = {
    "Agriculture": 0.0570912207680913,
    "Examination": 0.171173028900234,
    "Education": 0.260134678624384,
    "Catholic": 0.105570150373494,
    "Infant.Mortality": 0.112765922926522,
}  # lmg_swiss, lmg_swiss_relaimpo
SWISS_JOHNSON = {
    "Agriculture": 0.0484168958119007,
    "Examination": 0.15470824980616,
    "Education": 0.271964104645999,
    "Catholic": 0.114680029947562,
    "Infant.Mortality": 0.116965721381105,
}  # johnson_swiss = Genizi (D2)
SWISS_WEIGHTED = {  # D3, weights 1, 2, 1, 2, …
    "Agriculture": 0.042504,
    "Examination": 0.137193,
    "Education": 0.231097,
    "Catholic": 0.117868,
    "Infant.Mortality": 0.136071,
}
ATTITUDE = {
    "complaints": 0.370816194319328,
    "privileges": 0.0509037929715442,
    "learning": 0.155765990169141,
    "raises": 0.120345079403627,
    "critical": 0.00658872254586081,
    "advance": 0.0281822131216471,
}  # lmg_attitude
ATTITUDE_JOHNSON = {
    "complaints": 0.362760199658131,
    "privileges": 0.0560022787788537,
    "learning": 0.163610910750534,
    "raises": 0.121780399688217,
    "critical": 0.00825546649643794,
    "advance": 0.0201927371589758,
}  # johnson_attitude


def toml(terms: list[str], outcome: str, *, scale: str = "[0, 100]", roles: str = "", rest: str = "") -> str:
    items = ", ".join(f'"{one}"' for one in terms)
    return (
        f"[responses]\n{roles}\n[instrument]\nscale = {scale}\n"
        f'[[instrument.dimensions]]\nname = "d"\nitems = [{items}]\n'
        f'[outcomes.o]\nkind = "score"\ncolumn = "{outcome}"\nscale = {scale}\n{rest}'
    )


@pytest.fixture
def swiss(make_study, real_data) -> Study:
    frame = pd.read_csv(real_data / "psychometric_ref" / "swiss.csv")
    return make_study(frame, toml(list(SWISS), "Fertility"))


@pytest.fixture
def attitude(make_study, real_data) -> Study:
    frame = pd.read_csv(real_data / "psychometric_ref" / "attitude.csv")
    return make_study(frame, toml(list(ATTITUDE), "rating"))


def run(study: Study, **settings: Any) -> DriverResult:
    return drivers(study, **{"n_boot": 100, **settings})


def column(found: DriverResult, name: str) -> dict[str, float]:
    return found.importance.set_index("term")[name].to_dict()


def codes(found: DriverResult) -> dict[str, Any]:
    return {one.code: one.facts for one in found.notes}


def simulated(n: int, seed: int, missing: float = 0.0) -> pd.DataFrame:
    """Three correlated drivers of an outcome, with answers missing at random."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(n, 1))
    x = 0.6 * common + rng.normal(size=(n, 3))
    y = x @ [0.6, 0.3, 0.1] + rng.normal(size=n)
    frame = pd.DataFrame(np.column_stack([x, y]) * 10 + 50, columns=["a", "b", "c", "y"])
    return frame.mask(rng.random(frame.shape) < missing)


def shapley(R: np.ndarray) -> np.ndarray:
    """LMG by its definition over all subsets; the outcome is the first variable."""
    p = len(R) - 1

    def fit(subset: tuple[int, ...]) -> float:
        rows = [1 + one for one in subset]
        return float(R[0, rows] @ np.linalg.solve(R[np.ix_(rows, rows)], R[rows, 0])) if rows else 0.0

    shares = np.zeros(p)
    for i in range(p):
        others = [one for one in range(p) if one != i]
        for size in range(p):
            weight = math.factorial(size) * math.factorial(p - 1 - size) / math.factorial(p)
            for subset in itertools.combinations(others, size):
                shares[i] += weight * (fit((*subset, i)) - fit(subset))
    return shares


# reference values


def test_swiss(swiss):
    found = run(swiss)
    assert column(found, "lmg") == pytest.approx(SWISS, rel=1e-9)
    assert column(found, "relative_weights") == pytest.approx(SWISS_JOHNSON, rel=1e-9)
    fit = found.fit.iloc[0]
    assert fit["r_squared"] == pytest.approx(0.706735001592726, rel=1e-9)  # r2_full
    assert fit["adj_r_squared"] == pytest.approx(0.670971, abs=1e-6)  # 1 − (1 − R²) 46/41
    assert (fit["n"], fit["n_outcome"], fit["terms"], fit["method"]) == (47, 47, 5, "lmg")
    assert column(found, "share") == pytest.approx(
        {k: v / 0.706735001592726 for k, v in SWISS.items()}, rel=1e-9
    )
    assert (found.importance["mc_error"] == 0).all()
    assert found.importance["term"].tolist() == [
        "Education", "Examination", "Infant.Mortality", "Catholic", "Agriculture",
    ]  # fmt: skip
    assert found.importance["rank"].tolist() == [1, 2, 3, 4, 5]
    assert column(found, "vif")["Examination"] == pytest.approx(3.67541957554434, rel=1e-9)  # vif_swiss
    # betasq (D2), signs as in lm_swiss
    assert column(found, "beta")["Education"] == pytest.approx(-np.sqrt(0.449437), abs=1e-6)
    assert column(found, "correlation")["Catholic"] == pytest.approx(np.sqrt(0.215004), abs=1e-6)


def test_attitude(attitude):
    found = run(attitude, method="relative_weights")
    assert column(found, "lmg") == pytest.approx(ATTITUDE, rel=1e-9)
    assert column(found, "relative_weights") == pytest.approx(ATTITUDE_JOHNSON, rel=1e-9)
    assert found.fit["r_squared"].iloc[0] == pytest.approx(0.732601992531149, rel=1e-9)
    assert column(found, "share") == pytest.approx(
        {name: one / 0.732601992531149 for name, one in ATTITUDE_JOHNSON.items()}, rel=1e-9
    )
    assert found.importance["term"].iloc[0] == "complaints"


def test_weights(make_study, real_data):  # D3
    frame = pd.read_csv(real_data / "psychometric_ref" / "swiss.csv")
    frame["w"] = np.where(np.arange(len(frame)) % 2, 2, 1)
    found = run(make_study(frame, toml(list(SWISS), "Fertility", roles='weight = "w"')))
    assert column(found, "lmg") == pytest.approx(SWISS_WEIGHTED, abs=1e-6)
    assert found.fit["r_squared"].iloc[0] == pytest.approx(0.664732, abs=1e-6)


def test_two_drivers_share_alike_by_both_methods(make_study):  # D12: for p = 2 Shapley = Johnson
    found = run(make_study(simulated(100, 1), toml(["a", "b"], "y", scale="[-50, 150]")))
    assert column(found, "lmg") == pytest.approx(column(found, "relative_weights"), rel=1e-9)


# hand-computed and by definition


def test_uncorrelated_drivers_share_by_their_squared_correlations(make_study):
    a, b, e = np.array(list(itertools.product([1, 2], repeat=3)) * 2).T
    frame = pd.DataFrame({"a": a, "b": b, "y": 3 * a + b + e})
    found = run(make_study(frame, toml(["a", "b"], "y", scale="[0, 10]")))
    assert column(found, "share") == pytest.approx({"a": 0.9, "b": 0.1})
    assert found.fit["r_squared"].iloc[0] == pytest.approx(10 / 11)


@pytest.mark.parametrize("missing", ["pairwise", "listwise"])
def test_missing_answers_both_ways(make_study, missing):
    frame = simulated(400, 2, missing=0.2)
    study = make_study(
        frame, toml(["a", "b", "c"], "y", scale="[-50, 150]"), settings=f'missing = "{missing}"'
    )
    found = run(study)
    kept = frame.dropna() if missing == "listwise" else frame
    R = kept[["y", "a", "b", "c"]].corr().to_numpy()
    assert column(found, "lmg") == pytest.approx(dict(zip("abc", shapley(R), strict=True)))
    assert column(found, "performance") == pytest.approx({one: kept[one].mean() for one in "abc"})
    pairs = kept.notna().astype(int).T @ kept.notna().astype(int)
    assert found.fit["n"].iloc[0] == pairs.to_numpy().min()
    assert column(found, "n") == {one: pairs.loc[one, "y"] for one in "abc"}


def test_dimensions_are_means_of_their_items(make_study):
    frame = simulated(300, 3, missing=0.1)
    text = (
        toml(["a", "b"], "y", scale="[-50, 150]") + '[[instrument.dimensions]]\nname = "e"\nitems = ["c"]\n'
    )
    found = run(make_study(frame, text), level="dimension")
    data = pd.DataFrame({"y": frame["y"], "d": frame[["a", "b"]].mean(axis=1), "e": frame["c"]})
    assert column(found, "lmg") == pytest.approx(
        dict(zip("de", shapley(data.corr().to_numpy()), strict=True))
    )
    assert found.importance["dimension"].tolist() == found.importance["term"].tolist()


def test_chosen_terms_only(swiss):
    found = run(swiss, terms=["Education", "Catholic"])
    assert set(found.importance["term"]) == {"Education", "Catholic"}
    assert found.fit["terms"].iloc[0] == 2


# invariants


def test_shares_add_up_and_lie_in_their_intervals(attitude):
    found = run(attitude, n_boot=400)
    table = found.importance
    assert table["share"].sum() == pytest.approx(1)
    assert table["lmg"].sum() == pytest.approx(found.fit["r_squared"].iloc[0])
    assert ((table["conf_low"] <= table["conf_high"]) & (table["conf_low"] >= 0)).all()
    assert ((table["rank_low"] <= table["rank"]) & (table["rank"] <= table["rank_high"])).all()
    assert table[["rank_low", "rank_high"]].isin(range(1, 7)).all(axis=None)


def test_the_same_seed_gives_the_same_figures(attitude):
    one, same, other = (run(attitude, seed=seed) for seed in (5, 5, 6))
    pd.testing.assert_frame_equal(one.importance, same.importance)
    assert not one.importance["conf_low"].equals(other.importance["conf_low"])
    assert one.importance["share"].equals(other.importance["share"])
    assert (one.context.seed, one.context.n_boot) == (5, 100)


def test_turning_and_rescaling_a_driver_changes_its_sign_only(make_study):
    frame = simulated(200, 4)
    text = toml(["a", "b", "c"], "y", scale="[-500, 500]")
    one, other = run(make_study(frame, text)), run(make_study(frame.assign(a=100 - 2 * frame["a"]), text))
    assert column(other, "share") == pytest.approx(column(one, "share"))
    assert column(other, "beta")["a"] == pytest.approx(-column(one, "beta")["a"])


# the importance–performance map


@pytest.mark.parametrize("lines", ["mean", "median", "scale"])
def test_quadrants(make_study, lines):
    found = run(make_study(simulated(300, 7), toml(["a", "b", "c"], "y", scale="[-50, 150]")), lines=lines)
    table, cut = found.importance, found.lines.iloc[0]
    middle = {"mean": table["performance"].mean(), "median": table["performance"].median(), "scale": 50.0}
    assert cut["performance"] == pytest.approx(middle[lines])
    assert cut["importance"] == pytest.approx(table["share"].median() if lines == "median" else 1 / 3)
    for row in table.itertuples():
        important, good = row.share >= cut["importance"], row.performance >= cut["performance"]
        assert row.quadrant == {
            (True, False): "concentrate_here", (True, True): "keep_up", (False, False): "low_priority",
            (False, True): "possible_overkill",
        }[(important, good)]  # fmt: skip


def test_performance_has_students_interval(make_study):
    frame = simulated(60, 8)
    found = run(make_study(frame, toml(["a", "b", "c"], "y", scale="[-50, 150]")))
    row = found.importance.set_index("term").loc["a"]
    low, high = stats.t.interval(0.95, 59, frame["a"].mean(), frame["a"].sem())
    assert (row["performance_low"], row["performance_high"]) == pytest.approx((low, high))


# edges


def test_a_constant_item_is_left_out_with_a_note(make_study):
    frame = simulated(100, 9).assign(c=50)
    found = run(make_study(frame, toml(["a", "b", "c"], "y", scale="[-50, 150]")))
    assert set(found.importance["term"]) == {"a", "b"}
    assert codes(found)["constant_term"] == {"term": "c"}


def test_a_constant_outcome_gives_a_blank_result(make_study):
    found = run(make_study(simulated(100, 9).assign(y=50), toml(["a", "b", "c"], "y", scale="[-50, 150]")))
    assert found.importance["share"].isna().all()
    assert codes(found)["constant_outcome"] == {"term": "o"}
    assert not found.importance["below_noise"].any()
    assert found.fit["noise_floor"].isna().all()
    assert "too_few_for_drivers" not in codes(found)


def test_an_item_that_varies_only_where_another_is_missing(make_study):
    frame = simulated(200, 10)
    frame.loc[frame.index < 100, "c"] = 50
    frame.loc[frame.index >= 100, "b"] = np.nan
    found = run(make_study(frame, toml(["a", "b", "c"], "y", scale="[-50, 150]")))
    assert len(found.importance) == 2
    assert "constant_term" in codes(found)


@pytest.mark.parametrize("n", [1, 2, 4])
def test_too_few_answers_give_a_blank_result(make_study, n):
    found = run(make_study(simulated(n, 11), toml(["a", "b", "c"], "y", scale="[-50, 150]")))
    assert codes(found)["too_few_for_drivers"]["n"] == n
    figures = found.importance.drop(columns=["term", "dimension", "quadrant", "n", "below_noise"])
    assert figures.isna().all(axis=None)
    assert np.isnan(found.fit["r_squared"].iloc[0])
    assert set(found.importance["term"]) == {"a", "b", "c"}


def test_items_never_asked_together_give_a_blank_result(make_study):
    frame = simulated(200, 12)
    frame.loc[frame.index < 100, "a"] = np.nan
    frame.loc[frame.index >= 100, "b"] = np.nan
    found = run(make_study(frame, toml(["a", "b", "c"], "y", scale="[-50, 150]")))
    assert codes(found)["too_few_for_drivers"]["n"] == 0
    assert found.importance["share"].isna().all()


def test_two_columns_of_the_same_answers_are_repaired(make_study):
    frame = simulated(150, 13).assign(b=lambda one: one["a"])
    found = run(make_study(frame, toml(["a", "b", "c"], "y", scale="[-50, 150]")))
    assert {"repaired_correlation", "collinear_terms"} <= set(codes(found))
    assert found.fit["r_squared"].iloc[0] <= 1
    assert column(found, "share")["a"] == pytest.approx(column(found, "share")["b"], abs=1e-6)


def test_contradicting_pairwise_correlations_never_explain_more_than_all(make_study):
    # y goes with a and with b, but a goes against b, each seen on other respondents
    n, rng = 60, np.random.default_rng(14)
    t = rng.normal(size=n) * 10 + 50
    blank = np.full(n, np.nan)
    noise = rng.normal(size=(3, n))
    frame = pd.DataFrame(
        {
            "a": np.concatenate([t, blank, t]),
            "b": np.concatenate([blank, t, 100 - t + noise[2]]),
            "y": np.concatenate([t + noise[0], t + noise[1], blank]),
        }
    )
    found = run(make_study(frame, toml(["a", "b"], "y", scale="[-50, 150]")))
    assert "repaired_correlation" in codes(found)
    assert found.fit["r_squared"].iloc[0] <= 1
    assert found.fit["r_squared_high"].iloc[0] <= 1
    assert (found.importance["share"] >= 0).all()


def test_strata_and_clusters_of_one_unit(make_study):
    frame = simulated(100, 15).assign(area=["lonely"] + ["x"] * 99, one="k")
    text = toml(["a", "b", "c"], "y", scale="[-50, 150]", roles='strata = "area"')
    assert run(make_study(frame, text)).importance["conf_low"].notna().all()
    alone = run(make_study(frame, text.replace('strata = "area"', 'cluster = "one"')))
    assert alone.importance["share"].notna().all()
    assert alone.importance[["conf_low", "conf_high", "rank_low"]].isna().all(axis=None)
    assert np.isnan(alone.fit["r_squared_low"].iloc[0])


def test_notes_about_the_fit_and_the_base(make_study):
    rng = np.random.default_rng(16)
    frame = pd.DataFrame(rng.normal(size=(24, 4)) * 10 + 50, columns=["a", "b", "c", "y"])
    found = codes(run(make_study(frame, toml(["a", "b", "c"], "y", scale="[-50, 150]"))))
    assert found["small_base_for_drivers"] == {"n": 24, "terms": 3}
    assert found["small_base"] == {"n": 24, "flag": 30}
    assert "shares_not_causes" in found


# errors


def test_errors_name_what_there_is(swiss, make_study):
    with pytest.raises(
        ParameterError, match=r"outcome 'csat' is not in study\.toml, which has o\. Set outcome"
    ):
        run(swiss, outcome="csat")
    with pytest.raises(ParameterError, match=r"'Educaton' is not a item with .*Examination, Education"):
        run(swiss, terms=["Educaton", "Catholic"])
    with pytest.raises(ParameterError, match=r"at least two items with a perception; study\.toml has 1"):
        run(swiss, terms=["Education"])
    with pytest.raises(ParameterError, match=r"at least two dimensions"):
        run(swiss, level="dimension")
    for name, value in (("method", "beta"), ("level", "block"), ("lines", "middle")):
        with pytest.raises(ParameterError, match=f"{name} is '{value}'. Set it to one of"):
            run(swiss, **{name: value})
    bare = make_study(
        pd.DataFrame({"a": [1]}), '[responses]\n[[instrument.dimensions]]\nname="d"\nitems=["a"]\n'
    )
    with pytest.raises(ParameterError, match="no outcome to explain"):
        default_outcome(bare)


def test_the_default_outcome_is_the_first_satisfaction_score(demo, swiss):
    assert default_outcome(demo) == "csat"
    assert default_outcome(swiss) == "o"
