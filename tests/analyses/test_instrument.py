"""The instrument report.

References: psych 2.2.9 alpha on bfi with A1 reversed, pairwise .7030184 and listwise .7037559 (1e-9); lavaan 0.6-14 on
HolzingerSwineford1939 (1e-5), complete answers. Missing answers are named in each test.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from svcq_lib.analyses.instrument import InstrumentResult, instrument
from svcq_lib.analyses.instrument_answers import Answers, covariance, usable
from svcq_lib.errors import ParameterError
from svcq_lib.measures.reliability import item_covariance

NAN = np.nan
DIMENSION = """
[[instrument.dimensions]]
name = "{name}"
items = [{items}]
"""


def file(dimensions: dict[str, range], roles: str = "", scale: str = "") -> str:
    head = f'[responses]\n{roles}\n[instrument]\n{scale}\nperception = "x{{n}}"\n'
    parts = (
        DIMENSION.format(name=name, items=", ".join(map(str, items))) for name, items in dimensions.items()
    )
    return head + "".join(parts)


THREE = {"a": range(1, 4), "b": range(4, 7), "c": range(7, 10)}


def simulated(n: int = 400, seed: int = 1, between: float = 0.4, loading: float = 0.8) -> pd.DataFrame:
    """Answers to nine items of three dimensions."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(n, 1))
    factors = np.sqrt(between) * common + np.sqrt(1 - between) * rng.normal(size=(n, 3))
    x = loading * factors[:, np.repeat([0, 1, 2], 3)] + np.sqrt(1 - loading**2) * rng.normal(size=(n, 9))
    return pd.DataFrame(x.round(3), columns=[f"x{i}" for i in range(1, 10)])


def small(study, **settings: object) -> InstrumentResult:
    return instrument(study, n_boot=50, **settings)  # type: ignore[arg-type]


def codes(result: InstrumentResult) -> set[str]:
    return {note.code for note in result.notes}


def verdicts(result: InstrumentResult) -> dict[str, str]:
    return dict(zip(result.criteria["criterion"], result.criteria["verdict"], strict=True))


# hand-computed


def test_response_quality_by_hand(make_study):
    frame = pd.DataFrame([[4] * 7, [1, 7, 1, 7, 4, 4, NAN], [1, 2, 3, 4, 5, 6, 7], [3] * 5 + [NAN] * 2])
    frame = frame.set_axis([f"x{i}" for i in range(1, 8)], axis=1).assign(seconds=[100, 110, 120, 30])
    toml = file({"a": range(1, 8)}, 'duration = "seconds"', "scale = [1, 7]")
    hidden = small(make_study(frame, toml)).quality
    assert (
        hidden[["estimate", "conf_low", "conf_high", "threshold"]].isna().all(axis=None)
    )  # four of ten wanted
    study = make_study(frame, toml + "\n[thresholds]\nsuppress = 1\n")
    found = small(study).quality.set_index("term")
    assert found.loc["straight_lining", ["estimate", "n"]].tolist() == [
        pytest.approx(1 / 3),
        3,
    ]  # five are too few
    assert found.loc["speeding", ["estimate", "threshold"]].tolist() == [0.25, pytest.approx(100 / 3)]
    assert found.loc["extreme_answers", "estimate"] == pytest.approx((0 + 4 / 6 + 2 / 7 + 0) / 4)
    assert found.loc["missing_answers", "estimate"] == pytest.approx((0 + 1 / 7 + 0 + 2 / 7) / 4)


def test_straight_liners_are_left_out_on_request(make_study):
    frame = pd.concat(
        [simulated(60), pd.DataFrame([[2.0] * 9] * 15, columns=[f"x{i}" for i in range(1, 10)])]
    )
    study = make_study(frame, file(THREE))
    kept, out = small(study), small(study, straight_liners="leave_out")
    assert (kept.whole["n"].item(), out.whole["n"].item()) == (75, 60)
    assert kept.quality.equals(out.quality)
    row = kept.switches.set_index("default").loc["instrument_straight"]
    assert row["alternative_estimate"] == pytest.approx(out.reliability["estimate"].min())
    back = out.switches.set_index("default").loc["instrument_straight"]
    assert back["alternative_estimate"] == pytest.approx(kept.reliability["estimate"].min())
    assert "data_straight_line" not in codes(out)


# reference


@pytest.mark.parametrize(
    ("missing", "alpha"), [("pairwise", 0.7030184460573), ("listwise", 0.703755894374836)]
)
def test_alpha_of_bfi(real_data, make_study, missing, alpha):
    columns = [f"{trait}{i}" for trait in "AC" for i in range(1, 6)]
    frame = pd.read_csv(real_data / "psychometric_ref" / "bfi.csv")[columns]
    frame["A1"] = 7 - frame["A1"]
    toml = file({"a": range(1, 6)}).replace("x{n}", "A{n}")
    result = small(make_study(frame, toml, settings=f'missing = "{missing}"'))
    assert result.reliability["alpha"].item() == pytest.approx(alpha, abs=1e-9)
    assert result.reliability["omega"].item() == pytest.approx(0.7121, abs=2e-3)


def test_factor_model_of_holzinger_swineford(real_data, make_study):
    frame = pd.read_csv(real_data / "psychometric_ref" / "HolzingerSwineford1939.csv")
    study = make_study(frame, file(THREE, "[responses.segments.school]"))
    result = small(study)
    fit = result.fit.set_index("model")
    assert fit.loc["declared", "chi2"] == pytest.approx(85.3055217699727, abs=1e-4)
    assert fit.loc["one_factor", "chi2"] == pytest.approx(312.264159376546, abs=1e-4)
    assert fit.loc["declared", ["scaling", "chi2_scaled"]].tolist() == pytest.approx(
        [0.979, 87.132], abs=1.1e-3
    )
    assert fit.loc["declared", ["rmsea_low", "rmsea_high"]].tolist() == pytest.approx(
        [0.0714, 0.1137], abs=1e-4
    )
    assert result.correlations["estimate"].tolist() == pytest.approx([0.4585, 0.4705, 0.2830], abs=1e-4)
    levels = result.invariance.set_index("level")
    assert levels["chi2"].tolist() == pytest.approx(
        [115.851343875559, 124.043544179993, 164.102830925183], abs=1e-3
    )
    assert levels["level_holds"].tolist() == [True, True, False]
    assert (levels["groups"] == 2).all()
    assert result.whole["omega_hierarchical"].item() == pytest.approx(0.44924, abs=1e-4)
    assert verdicts(result) == {
        "reliability": "missed", "cfi": "missed", "tli": "missed", "rmsea": "missed", "srmr": "met", "ave": "missed",
        "htmt": "met", "kmo": "met",
    }  # fmt: skip


# invariants


@given(st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_covariances_are_those_of_the_measures(seed):
    rng = np.random.default_rng(seed)
    values = rng.integers(1, 8, (60, 4)).astype(float)
    values[rng.random(values.shape) < 0.2] = NAN
    weights = rng.choice([0.5, 1.0, 2.0], 60)
    for missing in ("pairwise", "listwise"):
        answers = Answers(
            values, weights, np.arange(60), tuple("abcd"), ("d",), np.zeros(4, int), 1.0, missing
        )
        assert covariance(answers).matrix == pytest.approx(
            item_covariance(values, weights=weights, missing=missing)
        )


def test_equal_weights_change_nothing_and_the_order_of_rows_does_not_matter(make_study):
    frame = simulated(200).assign(w=2.5, group=np.tile(["u", "v"], 100))
    plain = make_study(frame, file(THREE, "[responses.segments.group]"))
    weighted = make_study(frame, file(THREE, 'weight = "w"\n[responses.segments.group]'))
    turned = make_study(frame[::-1], file(THREE, "[responses.segments.group]"))
    for other in (small(weighted), small(turned)):
        for name in ("reliability", "fit", "loadings", "invariance", "whole"):
            mine, its = getattr(small(plain), name), getattr(other, name)
            pd.testing.assert_frame_equal(mine, its, rtol=1e-6, atol=1e-8)


def test_uneven_weights_widen_every_interval(make_study):
    rng = np.random.default_rng(3)
    frame = simulated(300).assign(w=rng.choice([0.2, 3.0], 300))
    plain, weighted = (small(make_study(frame, file(THREE, roles))) for roles in ("", 'weight = "w"'))
    assert (weighted.loadings["std_error"] > plain.loadings["std_error"]).mean() > 0.8
    assert "effective_fit" in codes(weighted) - codes(plain)


# simulated truth


def test_demo_has_its_five_dimensions(small_results):
    result = small_results["instrument"]
    assert result.whole["suggested"].item() == result.whole["declared"].item() == 5
    assert verdicts(result)["cfi"] == "met"
    assert result.correlations["distinct"].all()
    assert result.invariance["level_holds"].all()


def test_demo_finds_the_straight_liners(demo, truth):
    row = instrument(demo, n_boot=2).quality.set_index("term").loc["straight_lining"]
    assert row["conf_low"] < len(truth["straight_liners"]) / 12_000 < row["conf_high"]


def test_two_dimensions_declared_as_three_are_seen(make_study):
    frame = simulated(800, between=0.2)
    frame[["x4", "x5", "x6"]] = (
        simulated(800, between=0.2)[["x1", "x2", "x3"]].to_numpy()
        + np.random.default_rng(5).normal(size=(800, 3)) * 0.6
    )
    result = small(make_study(frame, file(THREE)))
    assert result.whole["suggested"].item() == 2
    top = result.correlations.loc[result.correlations["htmt"].idxmax()]
    assert (top["term"], top["other"]) == ("a", "b")
    assert verdicts(result)["htmt"] == "missed"


def test_a_shifted_question_breaks_scalar_but_not_metric_invariance(make_study):
    frame = simulated(1000).assign(group=np.tile(["u", "v"], 500))
    frame.loc[frame["group"] == "v", "x2"] += 0.6
    found = small(make_study(frame, file(THREE, "[responses.segments.group]"))).invariance
    assert found["level_holds"].tolist() == [True, True, False]


def test_a_question_that_measures_something_else_in_one_group_breaks_metric_invariance(make_study):
    frame = simulated(1000).assign(group=np.tile(["u", "v"], 500))
    strange = frame["group"] == "v"
    frame.loc[strange, "x2"] = np.random.default_rng(7).normal(size=strange.sum())
    found = small(make_study(frame, file(THREE, "[responses.segments.group]"))).invariance
    assert found["level_holds"].tolist() == [True, False, False]


# edges


def test_dimensions_of_one_and_two_questions(make_study):
    result = small(make_study(simulated(), file({"a": range(1, 4), "b": range(4, 6), "c": range(6, 7)})))
    table = result.reliability.set_index("term")
    assert set(table.index) == {"a", "b"}
    assert table["coefficient"].to_dict() == {"a": "omega", "b": "alpha"}
    assert table.loc["b", "estimate"] == table.loc["b", "alpha"]
    assert {"single_items", "two_items"} <= codes(result)
    assert result.loadings.set_index("term")["estimate"].iloc[-1] == pytest.approx(1)
    assert result.correlations["distinct"].isna().sum() == 2


def test_constant_empty_and_never_paired_questions_are_left_out(make_study):
    frame = simulated(200)
    frame["x1"], frame["x5"] = 4.0, NAN
    half = np.arange(200) < 100
    frame.loc[half, "x9"] = NAN
    frame.loc[~half, "x8"] = NAN
    result = small(make_study(frame, file(THREE)))
    (note,) = [one for one in result.notes if one.code == "left_out_items"]
    assert set(note.facts["terms"][:2]) == {"q01", "q05"}
    assert note.facts["items"] == 3
    assert len(result.items) == 9
    assert result.items.set_index("term").loc["q01", ["item_rest", "missing_share"]].isna().tolist() == [
        True,
        False,
    ]
    assert len(result.loadings) == 6


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(n=st.integers(1, 14), seed=st.integers(0, 50))
def test_few_answers_never_crash(make_study, n, seed):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.integers(1, 4, (n, 9)).astype(float), columns=[f"x{i}" for i in range(1, 10)])
    result = instrument(make_study(frame.mask(rng.random(frame.shape) < 0.1), file(THREE)), n_boot=5)
    assert len(result.items) == 9
    assert result.invariance.empty
    assert "small_base" in codes(result)
    assert not {"n", "suppressed"} - set(result.reliability)


def test_a_single_dimension_has_no_pairs(make_study):
    result = small(make_study(simulated(), file({"a": range(1, 4)})))
    assert result.correlations.empty
    assert result.fit["df"].tolist() == [0]
    assert set(result.criteria["criterion"]) == {
        "reliability",
        "ave",
        "kmo",
    }  # nothing to test without freedom


def test_all_alike(make_study):
    frame = pd.DataFrame([[3.0] * 9] * 40, columns=[f"x{i}" for i in range(1, 10)])
    result = small(make_study(frame, file(THREE)))
    assert result.reliability.empty
    assert result.criteria.empty
    assert result.switches.empty
    assert "no_factor_analysis" in codes(result)


def test_contradicting_correlations_are_repaired(make_study):
    rng = np.random.default_rng(11)
    frame = simulated(60, seed=4)
    frame["x2"] = frame["x1"] + 0.001 * rng.normal(size=60)
    result = small(make_study(frame, file(THREE)))
    assert "repaired_correlations" in codes(result)
    assert np.isfinite(result.fit["chi2"]).all()


def test_groups_that_are_too_small_are_named(make_study):
    level = ["u"] * 190 + ["v"] * 190 + ["w"] * 20
    study = make_study(simulated().assign(group=level), file(THREE, "[responses.segments.group]"))
    result = small(study)
    assert (result.invariance["groups"] == 2).all()
    (note,) = [one for one in result.notes if one.code == "groups_too_small"]
    assert note.facts["groups"] == 1
    assert "no_comparable_groups" in codes(small(study.where(group="u")))


def test_the_segment_with_the_largest_smallest_group_is_chosen(make_study):
    frame = simulated().assign(few=np.where(np.arange(400) < 60, "u", "v"), even=np.tile(["u", "v"], 200))
    study = make_study(frame, file(THREE, "[responses.segments.few]\n[responses.segments.even]"))
    assert set(small(study).invariance["segment"]) == {"even"}
    assert set(small(study, segment="few").invariance["segment"]) == {"few"}


def test_usable_keeps_pairs_apart():
    values = np.full((40, 3), NAN)
    values[:20, 0] = values[20:, 2] = np.arange(20)
    values[:, 1] = np.arange(40)
    answers = Answers(
        values, np.ones(40), np.arange(40), tuple("abc"), ("d",), np.zeros(3, int), 1.0, "pairwise"
    )
    assert len(usable(answers)[0].items) == 2


# errors


def test_errors_name_what_is_wrong(make_study):
    study = make_study(simulated(50), file(THREE))
    with pytest.raises(
        ParameterError, match=r"no item with a column for role 'expectation' .it has: perception"
    ):
        small(study, role="expectation")
    with pytest.raises(ParameterError, match="'importance'"):
        small(study, role="importance")
    with pytest.raises(ParameterError, match=r"segment 'branch' is not in study.toml, which has none"):
        small(study, segment="branch")
    with pytest.raises(ParameterError, match="speeding must lie between 0 and 1; got 3"):
        small(study, speeding=3)
    with pytest.raises(ParameterError, match="straight_liners"):
        small(study, straight_liners="drop")
