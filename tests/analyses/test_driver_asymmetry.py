"""The penalty–reward contrast through study files.

Reference: ordinary and weighted least squares of statsmodels on 0/1 columns of both ends of the scale, 1e-9.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from svcq_lib.analyses import driver_asymmetry, estimates
from svcq_lib.errors import ParameterError
from svcq_lib.evidence.collect import collect
from svcq_lib.study import Study

TOML = """[responses]
{roles}
[instrument]
scale = [1, 7]
[[instrument.dimensions]]
name = "d"
items = [{items}]
[outcomes.o]
kind = "score"
column = "y"
scale = [-9, 9]
"""


def study_of(make_study, frame: pd.DataFrame, roles: str = "", settings: str = "") -> Study:
    items = ", ".join(f'"{name}"' for name in frame if name.startswith("q"))
    return make_study(frame, TOML.format(roles=roles, items=items), settings=settings)


def contrast(
    study: Study, *, ends: float = 0.25, n_boot: int = 200, better: str = "high", listwise: bool = False
):
    terms = [item.name for item in study.instrument.items]
    scales = driver_asymmetry.scales_of(study, dict.fromkeys(terms, "d"))
    columns = ["outcome.o", *[f"perception.{name}" for name in terms]]
    evidence = collect(study, driver_asymmetry.needs(columns, terms, scales, ends, listwise=listwise))
    weights = estimates.draw_blocks(evidence.design, n_boot, 1)
    table, notes = driver_asymmetry.asymmetry(
        study, evidence, terms, scales, ends, weights=weights, ci_level=0.95, better=better
    )
    return table.set_index("term"), notes


def answers(n: int, items: int, seed: int) -> np.ndarray:
    """Latent ratings that hang together, in units of the scale, mean 4."""
    rng = np.random.default_rng(seed)
    general = rng.normal(size=(n, 1))
    return 4 + 1.4 * (0.6 * general + 0.8 * rng.normal(size=(n, items)))


def on_scale(latent: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(latent), 1, 7)


@pytest.fixture(scope="module")
def plain() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    rated = on_scale(answers(600, 3, 3))
    y = 0.3 * rated[:, 0] - 0.8 * (rated[:, 1] <= 2) + rng.normal(size=600) * 0.7
    frame = pd.DataFrame(rated, columns=["q1", "q2", "q3"]).assign(y=y.round(6).clip(-9, 9))
    return frame.assign(w=rng.uniform(0.5, 2.0, 600).round(3))


def columns_of(frame: pd.DataFrame) -> np.ndarray:
    ends = [np.c_[frame[name] >= 5.5, frame[name] <= 2.5] for name in ("q1", "q2", "q3")]
    return sm.add_constant(np.hstack(ends).astype(float))


@pytest.mark.parametrize("weighted", [False, True])
def test_coefficients_are_those_of_least_squares(make_study, plain, weighted):
    study = study_of(make_study, plain, 'weight = "w"' if weighted else "")
    table, _ = contrast(study)
    fitted = sm.WLS(plain["y"], columns_of(plain), weights=plain["w"] if weighted else 1.0).fit()
    for i, name in enumerate(("q1", "q2", "q3")):
        assert table.loc[name, "reward"] == pytest.approx(fitted.params.iloc[1 + 2 * i], abs=1e-9)
        assert table.loc[name, "penalty"] == pytest.approx(fitted.params.iloc[2 + 2 * i], abs=1e-9)


def test_bootstrap_intervals_have_the_width_of_robust_errors(make_study, plain):
    table, _ = contrast(study_of(make_study, plain), n_boot=600)
    errors = sm.OLS(plain["y"], columns_of(plain)).fit(cov_type="HC1").bse.to_numpy()
    width = table.loc[["q1", "q2", "q3"], "penalty_high"] - table.loc[["q1", "q2", "q3"], "penalty_low"]
    np.testing.assert_allclose(width / (2 * 1.96 * errors[2::2]), 1, atol=0.15)


def test_range_asymmetry_and_ends_follow_from_the_coefficients(make_study, plain):
    table, _ = contrast(study_of(make_study, plain))
    up, down = table["reward"].abs(), table["penalty"].abs()
    np.testing.assert_allclose(table["range"], up + down)
    np.testing.assert_allclose(table["asymmetry"], (up - down) / (up + down))
    assert (table[["high_from", "low_to"]] == [6, 2]).all(axis=None)
    for name in table.index:
        assert table.loc[name, "n_reward"] == (plain[name] >= 6).sum()
        assert table.loc[name, "n_penalty"] == (plain[name] <= 2).sum()


def test_the_last_answers_alone(make_study, plain):
    table, _ = contrast(study_of(make_study, plain), ends=0.0)
    assert table.loc["q1", "n_penalty"] == (plain["q1"] == 1).sum()


@pytest.fixture(scope="module")
def bent() -> pd.DataFrame:
    """Like the demonstration: lines, a steeper one below (q05, q08) and a steeper one above (q20, q22)."""
    latent = answers(6000, 6, 20)
    names = ["q01", "q05", "q08", "q11", "q20", "q22"]
    z = latent - 4
    y = z @ [0.0, 0.15, 0.1, 0.4, 0.1, 0.05]
    y += -0.5 * np.maximum(0, -z[:, 1] - 1) - 0.5 * np.maximum(0, -z[:, 2] - 1)
    y += 0.5 * np.maximum(0, z[:, 4] - 1) + 0.5 * np.maximum(0, z[:, 5] - 1)
    y += np.random.default_rng(21).normal(size=6000)
    return pd.DataFrame(on_scale(latent), columns=names).assign(y=y.round(6).clip(-9, 9))


def test_simulated_factors_are_found_and_lines_are_not(make_study, bent):
    table, notes = contrast(study_of(make_study, bent), n_boot=400)
    assert table.loc[["q05", "q08"], "factor"].tolist() == ["basic"] * 2
    assert table.loc[["q20", "q22"], "factor"].tolist() == ["excitement"] * 2
    assert table["shown"].sum() == 5
    assert not table.loc["q01", "shown"]
    assert table.loc["q11", "factor"] == "performance_factor"
    assert (table.loc[["q05", "q08"], "asymmetry_high"] < 0).all()
    assert (table.loc[["q20", "q22"], "asymmetry_low"] > 0).all()
    assert table.loc["q11", ["bend_low", "bend_high"]].prod() < 0
    assert notes == []


def test_where_low_is_good_sides_change(make_study, bent):
    table, _ = contrast(study_of(make_study, bent.assign(y=-bent["y"])), n_boot=400, better="low")
    assert table.loc["q05", "shown"]
    assert table.loc["q05", "penalty"] > 0
    other, _ = contrast(study_of(make_study, bent.assign(y=-bent["y"])), n_boot=400)
    assert not other["shown"].any()


def test_a_line_on_a_crowded_scale_is_uneven_but_no_finding(make_study):
    rng = np.random.default_rng(5)  # answers between the ends are nearly all 5
    rated = rng.choice(np.arange(1.0, 8.0), p=[0.05, 0.05, 0, 0.05, 0.45, 0.3, 0.1], size=(4000, 2))
    y = 0.5 * rated.sum(axis=1) - 5 + rng.normal(size=4000)
    frame = pd.DataFrame(rated, columns=["q1", "q2"]).assign(y=y.round(6).clip(-9, 9))
    table, _ = contrast(study_of(make_study, frame))
    assert (table["asymmetry_high"] < -0.1).all()
    assert (table["p_factor"] > 0.95).all()
    assert not table["shown"].any()


def test_probabilities_are_those_of_the_largest_share(make_study, plain):
    table, _ = contrast(study_of(make_study, plain))
    assert table["p_category"].between(0.2, 1).all()
    assert (table["p_factor"] >= table["p_category"] - 1e-12).all()
    assert set(table["category"]) <= set(driver_asymmetry.CATEGORIES)


def test_missing_answers_pairwise_and_listwise(make_study, plain):
    frame = plain.copy()
    frame.loc[::7, "q3"] = np.nan
    study = study_of(make_study, frame)
    whole = sm.OLS(frame["y"].dropna(), columns_of(frame))
    complete = frame.dropna()
    listwise, _ = contrast(study, listwise=True)
    fitted = sm.OLS(complete["y"], columns_of(complete)).fit().params
    assert listwise.loc["q2", "penalty"] == pytest.approx(fitted.iloc[4], abs=1e-9)
    pairwise, _ = contrast(study)
    assert pairwise.loc["q1", "n"] == len(whole.endog)
    assert listwise.loc["q1", "n"] == len(complete)


def test_an_end_without_answers_leaves_its_driver_out_and_says_so(make_study, plain):
    frame = plain.assign(q3=np.maximum(plain["q3"], 3))
    table, notes = contrast(study_of(make_study, frame))
    assert np.isnan(table.loc["q3", "asymmetry"])
    assert not table.loc["q3", "shown"]
    assert table.loc["q3", "category"] == ""
    assert np.isfinite(table.loc["q1", "asymmetry"])
    assert [(note.code, note.facts["terms"]) for note in notes] == [("ends_too_small", ["q3"])]


@pytest.mark.parametrize("rows", [1, 6])
def test_too_few_answers_give_no_figure(make_study, plain, rows):
    table, notes = contrast(study_of(make_study, plain.head(rows)))
    assert table["asymmetry"].isna().all()
    assert len(notes[0].facts["terms"]) == 3


@pytest.mark.parametrize("ends", [-0.1, 0.5, 1.0])
def test_ends_outside_their_range_are_refused(make_study, plain, ends):
    with pytest.raises(ParameterError, match="asymmetry_ends"):
        contrast(study_of(make_study, plain), ends=ends)
