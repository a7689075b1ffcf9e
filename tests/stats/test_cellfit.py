"""Regression from cell sums. References: statsmodels WLS (HC0) and OLS (cluster), 1e-6; R survey 4.1-1, 1e-9."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from svcq_lib.stats import cellfit
from svcq_lib.stats.intervals import t_p_value


def test_cells_give_the_regression_on_rows():
    rng = np.random.default_rng(2)
    n = 400
    a, b, w = rng.integers(0, 3, n), rng.integers(0, 2, n), rng.uniform(0.5, 2, n)
    y = a + 0.5 * b + rng.normal(size=n)
    cell = a * 2 + b
    x = np.hstack([cellfit.dummies(np.repeat([0, 1, 2], 2), 3, drop_first=False),
                   cellfit.dummies(np.tile([0, 1], 3), 2, drop_first=True)])  # fmt: skip
    parts = {"sw": w, "sw2": w**2, "swx": w * y, "sw2x": w**2 * y, "sw2x2": w**2 * y**2}
    sums = {name: np.bincount(cell, part, 6) for name, part in parts.items()}
    beta = cellfit.fit(x, sums["sw"], sums["swx"])
    model = sm.WLS(y, x[cell], weights=w).fit(cov_type="HC0")
    assert beta == pytest.approx(model.params)
    cover = cellfit.covariance(x, sums, beta, np.zeros(6, int), np.zeros(1, int), [n], [0.0], clustered=False)
    assert cover == pytest.approx(model.cov_params() * n / (n - 1))


def test_strata_give_the_errors_of_svyglm(real_data):  # svy_glm: each school a cell of its own
    frame = pd.read_csv(real_data / "psychometric_ref" / "apistrat.csv")
    x = np.column_stack([np.ones(len(frame)), frame[["ell", "meals", "mobility"]]])
    w, y = frame["pw"].to_numpy(float), frame["api00"].to_numpy(float)
    stratum = pd.Categorical(frame["stype"]).codes.astype(np.intp)
    rows = np.bincount(stratum)
    sums = {"sw": w, "sw2": w**2, "swx": w * y, "sw2x": w**2 * y, "sw2x2": w**2 * y**2}
    beta = cellfit.fit(x, w, w * y)
    fraction = rows / frame.groupby("stype")["fpc"].first().to_numpy()
    cover = cellfit.covariance(x, sums, beta, stratum, np.zeros(0, np.intp), rows, fraction, clustered=False)
    errors = np.sqrt(np.diag(cover))
    text = (real_data.parent / "reference_values.json").read_text(encoding="utf-8")
    expected = np.array(json.loads(text)["references"]["svy_glm"]["value"]["values"])
    found = np.column_stack([beta, errors, beta / errors, t_p_value(beta / errors, 197 - 3)])
    np.testing.assert_allclose(found, expected, rtol=1e-8)


def test_clusters_give_the_cluster_robust_errors():
    rng = np.random.default_rng(3)
    n, groups = 300, 20
    cluster, a = rng.integers(0, groups, n), rng.integers(0, 2, n)
    y = a + rng.normal(size=groups)[cluster] + rng.normal(size=n)
    cell = cluster * 2 + a
    x = np.hstack([np.ones((2 * groups, 1)), cellfit.dummies(np.tile([0, 1], groups), 2, drop_first=True)])
    ones = np.ones(n)
    parts = {"sw": ones, "sw2": ones, "swx": y, "sw2x": y, "sw2x2": y**2}
    sums = {name: np.bincount(cell, part, 2 * groups) for name, part in parts.items()}
    beta = cellfit.fit(x, sums["sw"], sums["swx"])
    cover = cellfit.covariance(
        x, sums, beta, np.repeat(np.arange(groups), 2), np.zeros(groups, int), [groups], [0.0], clustered=True
    )
    model = sm.OLS(y, x[cell]).fit(
        cov_type="cluster", cov_kwds={"groups": cluster, "use_correction": False, "df_correction": False}
    )
    assert cover == pytest.approx(model.cov_params() * groups / (groups - 1))
