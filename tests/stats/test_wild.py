"""The wild cluster bootstrap against a bootstrap that repeats every regression, and its coverage."""

from __future__ import annotations

import numpy as np
import pytest

from svcq_lib.errors import MethodError
from svcq_lib.stats import regression, wild


def panel(groups=10, periods=6, effect=0.0, seed=0):
    """Return unit and period effects, the treatment, outcomes, weights and units; half of the units are treated."""
    rng = np.random.default_rng(seed)
    unit, period = np.repeat(np.arange(groups), periods), np.tile(np.arange(periods), groups)
    rest = np.hstack([np.eye(groups)[unit], np.eye(periods)[period][:, 1:]])
    treated = ((unit < groups // 2) & (period >= periods // 2)).astype(float)
    weight = rng.uniform(10, 40, unit.size)
    noise = (
        rng.normal(0, 0.3, groups)[unit]
        + rng.normal(0, 0.05, unit.size)
        + rng.normal(size=unit.size) / np.sqrt(weight)
    )
    return rest, treated, noise + effect * treated, weight, unit


def wald(rest, asked, y, weight, unit, null):
    q = asked.shape[1]
    fit = regression.wls(np.hstack([rest, asked]), y, weight)
    covariance = regression.cluster_covariance(fit, unit, "CR0")[-q:, -q:]
    return (fit.coef[-q:] - null) @ np.linalg.solve(covariance, fit.coef[-q:] - null)


@pytest.mark.parametrize("q", [1, 3])
def test_replicates_are_those_of_repeated_regressions(q):
    rest, treated, y, weight, unit = panel(effect=0.1)
    asked = treated[:, None] if q == 1 else np.eye(6)[np.tile(np.arange(6), 10)][:, 1:4] * (unit < 5)[:, None]
    scores, signs = wild.scores_of(rest, asked, y, weight, unit), wild.draw_signs(10, 7, 1)
    restricted = regression.wls(rest, y, weight)
    left, zero = restricted.residuals, np.zeros(q)
    drawn = [wald(rest, asked, y - left + signs[b, unit] * left, weight, unit, zero) for b in range(7)]
    seen = wald(rest, asked, y, weight, unit, zero)
    statistic, p = wild.wild_test(scores, signs)
    assert statistic == pytest.approx(seen)
    assert p == pytest.approx((1 + sum(one >= seen for one in drawn)) / 8)


def test_the_interval_holds_what_the_test_does_not_reject():
    rest, treated, y, weight, unit = panel(effect=0.4, seed=4)
    signs = wild.draw_signs(10, 399, 2)
    low, high = wild.wild_interval(wild.scores_of(rest, treated, y, weight, unit), signs, 0.95)
    assert low < float(regression.wls(np.column_stack([rest, treated]), y, weight).coef[-1]) < high
    for value, rejected in (
        (low - 0.02, True),
        (low + 0.02, False),
        (high - 0.02, False),
        (high + 0.02, True),
    ):
        shifted = wild.scores_of(rest, treated, y - value * treated, weight, unit)
        assert (wild.wild_test(shifted, signs)[1] <= 0.05) == rejected, value


def test_interval_and_test_hold_their_level_with_24_units():
    hits, rejected, runs = 0, 0, 100
    for seed in range(runs):
        rest, treated, y, weight, unit = panel(24, 6, effect=0.2, seed=seed)
        scores, signs = wild.scores_of(rest, treated, y, weight, unit), wild.draw_signs(24, 99, seed)
        low, high = wild.wild_interval(scores, signs)
        hits += low < 0.2 < high
        rejected += (
            wild.wild_test(wild.scores_of(rest, treated, y - 0.2 * treated, weight, unit), signs)[1] < 0.05
        )
    noise = 3 * np.sqrt(0.05 * 0.95 / runs)  # three standard errors of the simulation
    assert abs(hits / runs - 0.95) < noise
    assert rejected / runs < 0.05 + noise


def test_signs_have_mean_0_and_variance_1():
    for kind, points in (("webb", 6), ("rademacher", 2)):
        drawn = wild.draw_signs(50, 2000, 0, kind)
        assert len(np.unique(drawn)) == points
        assert abs(drawn.mean()) < 0.02
        assert drawn.var() == pytest.approx(1, abs=0.02)


def test_without_residuals_nothing_can_be_said():
    rest, treated, _, weight, unit = panel()
    scores, signs = wild.scores_of(rest, treated, np.ones(60), weight, unit), wild.draw_signs(10, 99, 0)
    assert np.isnan(wild.wild_test(scores, signs)).all()
    assert np.isnan(wild.wild_interval(scores, signs)).all()


def test_an_effect_that_follows_from_the_rest_is_refused():
    rest, _, y, weight, unit = panel()
    with pytest.raises(MethodError, match="cannot be told apart"):
        wild.scores_of(rest, (unit < 5).astype(float), y, weight, unit)


def test_a_single_treated_unit_is_compared_with_every_other():
    basis, y = np.eye(5), np.array([9.0, 1.0, -2.0, 0.5, 0.0])
    chosen = np.array([True, False, False, False, False])
    assert wild.permutation_test(basis, y, np.ones(5), chosen, n_draws=10, seed=0) == pytest.approx(1 / 5)
    assert wild.permutation_test(
        basis, -y, np.ones(5), np.roll(chosen, 2), n_draws=10, seed=0
    ) == pytest.approx(2 / 5)
    assert np.isnan(wild.permutation_test(basis, 0 * y, np.ones(5), chosen, n_draws=10, seed=0))
