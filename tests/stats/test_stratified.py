"""Linearised sums and contrasts. Reference: R 4.2.2, package survey 4.1-1 (svyttest on apistrat), 1e-9."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from svcq_lib.stats import stratified


def sums(unit: np.ndarray, w: np.ndarray, x: np.ndarray, units: int) -> dict[str, np.ndarray]:
    """Sums by unit, one cell, one column."""
    values = {"sw": w, "sw2": w**2, "swx": w * x, "sw2x": w**2 * x, "sw2x2": (w * x) ** 2}
    return {name: np.bincount(unit, one, minlength=units)[:, None, None] for name, one in values.items()}


def test_a_mean_within_two_strata_by_hand():
    # answers 1, 3 and 2, 6 of weight 1: mean 3, z = (x − 3)/4; strata add 2/(2 − 1) (Σz² − (Σz)²/2)
    found = stratified.linearised_mean(sums(np.array([0, 0, 1, 1]), np.ones(4), np.array([1.0, 3, 2, 6]), 2))
    linear, square = stratified.unit_sums(found)
    assert linear.ravel() == pytest.approx([-0.5, 0.5])
    assert square.ravel() == pytest.approx([0.25, 10 / 16])
    variance = stratified.rows_variance(linear, square, np.array([2.0, 2]), np.array([0.0, 0.5]))
    assert float(variance[0]) == pytest.approx(2 * (0.25 - 0.125) + 0.5 * 2 * (0.625 - 0.125))


def test_a_contrast_of_two_domains(real_data):  # svy_ttest
    frame = pd.read_csv(real_data / "psychometric_ref" / "apistrat.csv")
    unit = pd.Categorical(frame["stype"]).codes.astype(int)
    w, x = frame["pw"].to_numpy(), frame["api00"].to_numpy(dtype=float)
    parts = {}
    for level in ("Yes", "No"):
        here = (frame["comp.imp"] == level).to_numpy()
        parts[level] = (
            stratified.linearised_mean(sums(unit, w * here, x, 3)),
            np.average(x, weights=w * here),
        )
    both = stratified.contrast(parts["Yes"][0], parts["No"][0])
    rows = frame["stype"].value_counts().sort_index()
    fraction = rows / frame.groupby("stype")["fpc"].first()
    variance = stratified.rows_variance(
        *stratified.unit_sums(both), rows.to_numpy(float), fraction.to_numpy()
    )
    difference = parts["Yes"][1] - parts["No"][1]
    assert difference == pytest.approx(40.9899300351764, rel=1e-9)
    t = difference / float(np.sqrt(variance[0]))
    assert t == pytest.approx(2.08424329551705, rel=1e-9)
    assert 2 * stats.t.sf(t, 196) == pytest.approx(0.0384341879512073, rel=1e-8)


def test_a_contrast_of_the_halves_of_every_unit_knows_their_likeness():
    # each cluster adds the same to both halves: the difference has less error than either side
    rng = np.random.default_rng(5)
    unit = np.repeat(np.arange(50), 20)
    x = np.repeat(rng.normal(size=50), 20) + 0.1 * rng.normal(size=1000)
    half = np.tile([1.0, 0.0], 500)
    one, other = (stratified.linearised_mean(sums(unit, w, x, 50)) for w in (half, 1 - half))
    errors = [stratified.unit_sums(each)[0].std() for each in (one, other, stratified.contrast(one, other))]
    assert errors[2] < 0.2 * min(errors[:2])
