"""Paired contrasts against scipy's paired t test; profiles of groups by simulation."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from svcq_lib.analyses import gap_contrasts
from svcq_lib.analyses.gaps import gaps
from svcq_lib.evidence import kernel
from svcq_lib.evidence.moments import Moments
from svcq_lib.stats.multiplicity import adjust

TOML = """
[responses]
segments = ["level"]
[instrument]
scale = [1, 7]
expectation = "E{n}"
perception = "P{n}"
[[instrument.dimensions]]
name = "a"
items = [1]
[[instrument.dimensions]]
name = "b"
items = [2]
[[instrument.dimensions]]
name = "c"
items = [3]
"""


def answers(n: int = 300) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({f"{m}{i}": rng.integers(1, 8, n).astype(float) for m in "EP" for i in (1, 2, 3)})
    frame["P1"] = (frame["P1"] - 2).clip(1)
    return frame.mask(rng.random(frame.shape) < 0.05).assign(level=rng.choice(["x", "y", "z"], n))


def test_pairs_are_paired_t_tests_read_from_the_wider_gap(make_study):
    frame = answers()
    found = gaps(make_study(frame, TOML), n_boot=20)
    gap = {name: frame[f"P{i}"] - frame[f"E{i}"] for i, name in enumerate("abc", 1)}
    assert len(found.contrasts) == 3
    assert (found.contrasts["difference"] <= 0).all()
    for _, row in found.contrasts.iterrows():
        expected = stats.ttest_rel(gap[row["term"]], gap[row["other"]], nan_policy="omit")
        assert (row["statistic"], row["p_value"]) == pytest.approx((expected.statistic, expected.pvalue))
        limits = expected.confidence_interval()
        assert (row["difference_low"], row["difference_high"]) == pytest.approx((limits.low, limits.high))
    p = found.contrasts["p_value"].to_numpy()
    assert found.contrasts["p_adjusted"].to_numpy() == pytest.approx(adjust(p, "holm"))


def test_items_of_a_single_dimension_are_compared(make_study):
    toml = TOML.split("[[instrument")[0] + '[[instrument.dimensions]]\nname = "d"\nitems = [1, 2, 3]\n'
    found = gaps(make_study(answers(), toml), n_boot=20)
    assert set(found.contrasts["term"]) | set(found.contrasts["other"]) == {"q01", "q02", "q03"}
    assert found.interactions.empty


def test_a_shift_is_no_interaction_and_a_turned_profile_is(make_study):
    frame = answers(600)
    x = frame["level"] == "x"
    shifted, turned = frame.copy(), frame.copy()
    for i in (1, 2, 3):
        shifted.loc[x, f"E{i}"] -= 1.5
    turned.loc[x, "E1"] -= 1.5
    wide = TOML.replace("[1, 7]", "[-3, 9]")
    plain, flat, bent = (
        gaps(make_study(one, wide), n_boot=20).interactions for one in (frame, shifted, turned)
    )
    assert flat["statistic"].iloc[0] == pytest.approx(plain["statistic"].iloc[0])
    assert bent["p_adjusted"].iloc[0] < 0.01 < plain["p_adjusted"].iloc[0]
    assert plain[["levels", "df"]].iloc[0].tolist() == [3, 4]


@pytest.mark.parametrize(("levels", "size"), [(3, 60), (12, 40)])
def test_profiles_that_are_alike_are_seldom_called_different(levels, size):
    # 120 studies of `levels` groups; 5 % ± 3 Monte-Carlo errors
    rng = np.random.default_rng(11)
    n, p = levels * size, 5
    group = np.repeat(np.arange(levels), size)
    keys = pd.DataFrame({"g": group.astype(str), "block": np.arange(n)})
    units = pd.DataFrame({"fraction": [0.0]})
    evidence = SimpleNamespace(design=SimpleNamespace(block_strata=np.zeros(n, np.intp), units=units))
    found = []
    for _ in range(120):
        x = rng.normal(size=(n, p)) * (1 + group[:, None] % 2)
        x -= x.mean(axis=1, keepdims=True)
        sums = kernel.vector_sums(x, np.ones(n), np.arange(n))
        moments = Moments(tuple("abcde"), keys, sums)
        found.append(gap_contrasts._profile_test(moments, evidence, "g", 30)[0].p_value)
    assert np.mean(np.array(found) < 0.05) == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / 120))


def test_groups_too_small_to_test_are_left_out(make_study):
    frame = answers().assign(level=lambda one: np.where(one.index < 10, "few", "rest"))
    row = gaps(make_study(frame, TOML), n_boot=20).interactions.iloc[0]
    assert row["levels"] == 1
    assert np.isnan(row["p_value"])
