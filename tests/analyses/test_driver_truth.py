"""Shares of drivers against resampled rows, a population and noise."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from svcq_lib.analyses import driver_parts
from svcq_lib.analyses.driver_basis import Basis, reduced
from svcq_lib.analyses.drivers import drivers

from .test_drivers import codes, run, shapley, simulated, toml


def test_intervals_are_those_of_a_bootstrap_of_rows(make_study):
    frame = simulated(250, 5)
    found = run(make_study(frame, toml(["a", "b", "c"], "y", scale="[-50, 150]")), n_boot=2000)
    rng, data = np.random.default_rng(0), frame[["y", "a", "b", "c"]].to_numpy()
    draws = []
    for _ in range(1000):
        parts = shapley(np.corrcoef(data[rng.integers(0, 250, 250)].T))
        draws.append(parts / parts.sum())
    low, high = np.quantile(draws, [0.025, 0.975], axis=0)
    table = found.importance.set_index("term").loc[["a", "b", "c"]]
    assert table["conf_low"].to_numpy() == pytest.approx(low, abs=0.02)
    assert table["conf_high"].to_numpy() == pytest.approx(high, abs=0.02)


def population_shares() -> np.ndarray:
    """Shares of what `simulated` draws from: Σ = 0.36 + I for the drivers, y = 0.6 a + 0.3 b + 0.1 c + e."""
    weights, sigma = np.array([0.6, 0.3, 0.1]), 0.36 + np.eye(3)
    cov = np.block([[weights @ sigma @ weights + 1, weights @ sigma], [(sigma @ weights)[:, None], sigma]])
    sd = np.sqrt(np.diag(cov))
    parts = shapley(cov / np.outer(sd, sd))
    return parts / parts.sum()


def test_shares_of_a_large_sample_are_those_of_the_population(make_study):
    found = run(make_study(simulated(8000, 6), toml(["a", "b", "c"], "y", scale="[-80, 180]")), n_boot=300)
    table = found.importance.set_index("term").loc[["a", "b", "c"]]
    assert table["share"].to_numpy() == pytest.approx(population_shares(), abs=0.03)
    assert ((table["conf_high"] - table["conf_low"]) < 0.1).all()


def test_intervals_of_shares_cover(make_study):
    # 25 studies of 300; nominal 95 % less 3 Monte Carlo errors, the small share included
    covered, truth = np.zeros(3), population_shares()
    for seed in range(25):
        study = make_study(simulated(300, 100 + seed, 0.05), toml(["a", "b", "c"], "y", scale="[-80, 180]"))
        table = run(study, n_boot=200).importance.set_index("term").loc[["a", "b", "c"]]
        covered += (table["conf_low"] <= truth) & (truth <= table["conf_high"])
    assert (covered / 25 >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / 25)).all()


def test_the_demonstration_study_recovers_the_order_of_its_drivers(demo, truth):
    found = run(demo, outcome="csat", level="dimension")
    table = found.importance.set_index("term").loc[truth["driver_order"]]
    ranks = np.arange(1, 6)  # assurance and empathy lie close: the extra slopes of q20 and q22 are empathy's
    assert ((table["rank_low"] <= ranks) & (ranks <= table["rank_high"])).all()
    assert found.importance["term"].iloc[[0, 1, 4]].tolist() == ["reliability", "responsiveness", "tangibles"]
    assert (found.importance["correlation"] > 0).all()
    assert 0.35 < found.fit["r_squared"].iloc[0] < truth["driver_r_squared_latent"]
    # dimensions as wholes of their items: the two heavy ones stand apart, as their true weights do
    groups = drivers(demo, outcome="csat", n_boot=50, by="none").groups
    weights = truth["driver_weights_dimension"]
    assert groups["dimension"].tolist()[:2] == sorted(weights, key=weights.get, reverse=True)[:2]
    assert groups["tier"].tolist()[:3] == [1, 2, 3]


def test_shares_of_many_drivers_lie_in_their_intervals(make_study):  # more than the exact value allows
    rng = np.random.default_rng(30)
    x = rng.normal(size=(1500, 1)) + rng.normal(size=(1500, 30))
    frame = pd.DataFrame(x * 8 + 50, columns=[f"x{i}" for i in range(30)])
    frame["y"] = x @ np.linspace(0.1, 1, 30) + 50 + 4 * rng.normal(size=1500)
    found = run(make_study(frame, toml(list(frame.columns[:30]), "y", scale="[-50, 150]")), n_boot=60)
    table = found.importance
    assert codes(found)["sampled_lmg"]["error"] == table["mc_error"].max()
    assert (table["mc_error"] > 0).all()
    assert table["mc_error"].max() < 0.001
    assert len(table) == 30  # nothing is dropped
    assert ((table["conf_low"] <= table["share"]) & (table["share"] <= table["conf_high"])).all()


@pytest.mark.parametrize("method", ["lmg", "relative_weights"])
def test_noise_is_told_from_drivers(make_study, method):
    rng = np.random.default_rng(31)
    frame = simulated(300, 31).assign(**{f"z{i}": 50 + 10 * rng.normal(size=300) for i in range(3)})
    terms = ["a", "b", "c", "z0", "z1", "z2"]
    found = run(make_study(frame, toml(terms, "y", scale="[-80, 180]")), method=method)
    fit, table = found.fit.iloc[0], found.importance.set_index("term")
    assert 0 < fit["noise_mean"] < fit["noise_floor"] < 0.1
    assert (table["below_noise"] == (table["share"] < fit["noise_floor"])).all()
    assert not table.loc[["a", "b"], "below_noise"].any()
    assert table.loc[["z0", "z1", "z2"], "below_noise"].any()
    faint = found.importance.loc[found.importance["below_noise"], "term"].tolist()
    assert codes(found)["below_noise_floor"] == {"terms": faint, "floor": fit["noise_floor"], "level": 0.95}


def test_noise_passes_its_floor_as_often_as_stated():
    rng, passed = np.random.default_rng(32), 0
    for seed in range(100):
        frame = simulated(200, 200 + seed).assign(z=50 + 10 * rng.normal(size=200))
        matrix = frame[["y", "a", "b", "c", "z"]].corr().to_numpy()
        basis = reduced(Basis(matrix, np.empty((0, 5, 5)), [], np.full((5, 5), 200.0)), [1, 2, 3, 4])
        point = driver_parts.decompose(basis)
        passed += point.share("lmg")[3] >= driver_parts.noise_floor(basis, point, 200, "lmg", seed)[1]
    assert passed <= 0.05 * 100 + 3 * np.sqrt(0.05 * 0.95 * 100)


def test_uneven_weights_raise_the_noise_floor(make_study):
    frame = simulated(300, 33).assign(w=np.where(np.arange(300) % 10, 1, 20))
    text = toml(["a", "b", "c"], "y", scale="[-80, 180]", roles='weight = "w"')
    even, uneven = (
        run(make_study(one, text)).fit["noise_mean"].iloc[0] for one in (frame.assign(w=1), frame)
    )
    assert uneven > 2 * even
