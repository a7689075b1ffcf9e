"""Raking and errors under calibration. Reference: R 4.2.2, package survey 4.1-1, on apiclus1 (1e-9, totals printed)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcq_lib.errors import MethodError
from svcq_lib.stats import raking, stratified
from svcq_lib.stats.linearize import total_variance_from_psus
from svcq_lib.stats.stratified import Calibration

STYPE = {"E": 4421, "H": 755, "M": 1018}
SCH_WIDE = {"No": 1072, "Yes": 5122}
FRACTION = 15 / 757  # districts of the sample and of California


@pytest.fixture(scope="module")
def clus(real_data):
    return pd.read_csv(real_data / "psychometric_ref" / "apiclus1.csv")


def fitted(frame: pd.DataFrame, margins: dict[str, dict[str, int]], eps: float = 1e-12):
    """Rows with their joint cell and raked weight, and the factors."""
    cells = frame[list(margins)].drop_duplicates(ignore_index=True)
    frame = frame.merge(cells.assign(cell=cells.index), on=list(margins))
    levels = np.array([[list(sizes).index(one) for one in cells[name]] for name, sizes in margins.items()])
    sums = frame.groupby("cell")["pw"].sum()
    targets = [list(sizes.values()) for sizes in margins.values()]
    found = raking.rake(sums, levels, targets, total=6194, eps=eps)
    return frame.assign(w=frame["pw"] * found.factors[frame["cell"]]), levels, found


def error(frame: pd.DataFrame, levels: np.ndarray, factors: np.ndarray, column: str, *, total: bool) -> float:
    """Standard error of a raked mean or total over the districts."""
    unit = frame["dnum"].rank(method="dense").astype(int).to_numpy() - 1
    shape = (unit.max() + 1, len(factors))

    def added(values: pd.Series) -> np.ndarray:
        out = np.zeros(shape)
        np.add.at(out, (unit, frame["cell"].to_numpy()), values.to_numpy(dtype=float))
        return out

    w, x = frame["w"], frame[column]
    sums = {"sw": added(w), "sw2": added(w**2), "swx": added(w * x)}
    sums |= {"sw2x": added(w**2 * x), "sw2x2": added(w**2 * x**2)}
    found = (stratified.linearised_total if total else stratified.linearised_mean)(sums)
    linear, _ = stratified.unit_sums(found, Calibration(levels, factors, sums["sw"], sums["sw2"]))
    return float(np.sqrt(total_variance_from_psus(linear, np.zeros(len(linear)), FRACTION).variance))


# hand-computed


def test_two_margins_by_hand():
    # cells AX 2, AY 2, BY 4; A and B shall be half each, X 40 %: AX must carry all of X
    found = raking.rake([2, 2, 4], [[0, 0, 1], [0, 1, 1]], [[0.5, 0.5], [0.4, 0.6]])
    assert found.factors == pytest.approx([1.6, 0.4, 1.0])
    assert (found.error_before, found.error) == (pytest.approx(0.15), pytest.approx(0, abs=1e-12))


def test_one_margin_is_post_stratification():
    found = raking.rake([1, 3], [[0, 1]], [[30, 10]], total=40)
    assert found.factors == pytest.approx([30, 10 / 3])
    assert found.iterations == 1


def test_kish_by_hand():
    n_eff, deff = raking.kish([3, 0], [6, 0], [14, 0])  # weights 1, 2, 3
    assert (n_eff[0], deff[0]) == (pytest.approx(36 / 14), pytest.approx(3 * 14 / 36))
    assert np.isnan(n_eff[1])


# reference values


def test_raked_weights_mean_and_error(clus):  # svy_rake, N7
    frame, levels, found = fitted(clus, {"stype": STYPE, "sch.wide": SCH_WIDE})
    w = frame["w"].to_numpy()
    assert (w.min(), w.max()) == pytest.approx((29.8706754926847, 67.1255292411947), rel=1e-9)
    assert np.average(frame["api00"], weights=w) == pytest.approx(641.23032092682, rel=1e-9)
    assert error(frame, levels, found.factors, "api00", total=False) == pytest.approx(
        23.7036168879225, rel=1e-9
    )
    assert error(frame, levels, found.factors, "enroll", total=True) == pytest.approx(400_603, abs=0.5)


def test_raked_total_and_effective_size_after_the_four_rounds_of_r(clus):  # N7, N8
    # rake() of R ends when a round moves no margin by a whole school; ours goes on, to 3,647,280 and 174.0112
    frame, _, found = fitted(clus, {"stype": STYPE, "sch.wide": SCH_WIDE}, eps=2e-5)
    w = frame["w"]
    assert found.iterations == 4
    assert (w.min(), w.max()) == pytest.approx((29.870, 67.126), abs=5.1e-4)
    assert (w * frame["enroll"]).sum() == pytest.approx(3_647_300, abs=0.5)
    n_eff, deff = raking.kish(len(w), w.sum(), (w**2).sum())
    assert (float(n_eff), float(deff)) == (
        pytest.approx(174.0105, abs=5.1e-5),
        pytest.approx(1.05166, abs=5.1e-6),
    )


def test_post_stratified_total_and_mean(clus):  # N7
    frame, levels, found = fitted(clus, {"stype": STYPE})
    assert (frame["w"] * frame["enroll"]).sum() == pytest.approx(3_680_893, abs=0.5)
    assert error(frame, levels, found.factors, "enroll", total=True) == pytest.approx(406_293, abs=0.5)
    assert np.average(frame["api00"], weights=frame["w"]) == pytest.approx(642.311, abs=5e-4)


# invariants


@given(st.integers(0, 2000))
def test_margins_are_met_and_design_weights_keep_their_ratios(seed):
    rng = np.random.default_rng(seed)
    levels = np.array([[i, j] for i in range(3) for j in range(4)]).T
    weights, targets = rng.uniform(0.2, 5, 12), [rng.uniform(0.1, 1, k) for k in (3, 4)]
    found = raking.rake(weights, levels, targets)
    w = weights * found.factors
    for codes, target in zip(levels, targets, strict=True):
        assert np.bincount(codes, w) / w.sum() == pytest.approx(target / target.sum(), abs=1e-9)
    assert w.sum() == pytest.approx(weights.sum())
    # cross-product ratios, all that raking knows of how the margins go together, are those of the design
    first, after = weights.reshape(3, 4), w.reshape(3, 4)
    ratio = [(one[0, 0] * one[1, 1]) / (one[0, 1] * one[1, 0]) for one in (first, after)]
    assert ratio[0] == pytest.approx(ratio[1])


def test_what_the_margins_explain_has_no_error(clus):
    frame, levels, found = fitted(clus, {"stype": STYPE, "sch.wide": SCH_WIDE})
    frame = frame.assign(known=(frame["stype"] == "H") + 3.0 * (frame["sch.wide"] == "No"))
    assert error(frame, levels, found.factors, "known", total=True) == pytest.approx(0, abs=1e-6)


# simulated truth


def test_errors_under_raking_are_those_of_repeated_samples():
    # 400 samples of 300 rows; y depends on both margins, so raking narrows the error and the formula must see it
    rng = np.random.default_rng(20261121)
    levels, share = np.array([[0, 0, 1, 1], [0, 1, 0, 1]]), np.array([0.4, 0.2, 0.1, 0.3])
    targets = [[0.6, 0.4], [0.5, 0.5]]
    means, errors = [], []
    for _ in range(400):
        cell = rng.choice(4, 300, p=share)
        y = 2 * levels[0][cell] + 3 * levels[1][cell] + rng.normal(size=300)
        n = np.bincount(cell, minlength=4)
        factors = raking.rake(n, levels, targets).factors
        w = factors[cell]
        sums = {
            name: np.bincount(cell, values, minlength=4)[None, :]
            for name, values in {
                "sw": w,
                "sw2": w**2,
                "swx": w * y,
                "sw2x": w**2 * y,
                "sw2x2": (w * y) ** 2,
            }.items()
        }
        found = stratified.linearised_mean(sums)
        parts = stratified.unit_sums(found, Calibration(levels, factors, sums["sw"], sums["sw2"]))
        errors.append(float(stratified.rows_variance(*parts, np.array([300.0]), np.array([0.0]))))
        means.append(np.average(y, weights=w))
    assert np.std(means) == pytest.approx(np.sqrt(np.mean(errors)), rel=0.12)
    assert np.mean(means) == pytest.approx(2 * 0.4 + 3 * 0.5, abs=4 * np.std(means) / 20)


# edges and errors


def test_a_level_without_answers():
    with pytest.raises(MethodError, match=r"margin 1 has people but no answers at level\(s\) \[2\]"):
        raking.rake([1, 1], [[0, 1], [0, 1]], [[1, 1], [1, 1, 2]])


def test_margins_that_contradict_each_other():
    # A goes with X and B with Y only, so both margins must be the same
    with pytest.raises(MethodError, match="did not converge in 50 rounds"):
        raking.rake([1, 1], [[0, 1], [0, 1]], [[0.5, 0.5], [0.2, 0.8]], max_iterations=50)
