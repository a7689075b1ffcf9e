"""Ceiling, reliability of the difference, the zone of tolerance: by hand and against the measures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from svcq_lib.analyses.gaps import gaps
from svcq_lib.measures.reliability import cronbach_alpha
from svcq_lib.measures.servqual import difference_score_reliability
from svcq_lib.stats import intervals

ASKED = """
[responses]
[instrument]
scale = [1, 7]
expectation = "E{n}"
perception = "P{n}"
[[instrument.dimensions]]
name = "staff"
items = [1, 2, 3]
"""
ZONE = """
[responses]
[instrument]
scale = [1, 9]
[[instrument.dimensions]]
name = "staff"
items = [
  { name = "q1", perception = "P1", adequate = "A1", desired = "D1" },
  { name = "q2", perception = "P2", adequate = "A2", desired = "D2" },
]
[thresholds]
suppress = 1
"""


def test_reliability_is_the_formula_on_the_answers(make_study):
    rng = np.random.default_rng(1)
    mood, wish = rng.normal(size=(2, 400, 1))
    frame = pd.DataFrame({
        **dict(zip(("E1", "E2", "E3"), np.clip(np.rint(5 + wish + rng.normal(size=(400, 3))), 1, 7).T, strict=True)),
        **dict(zip(("P1", "P2", "P3"), np.clip(np.rint(4 + mood + rng.normal(size=(400, 3))), 1, 7).T, strict=True)),
    })  # fmt: skip
    row = gaps(make_study(frame, ASKED), n_boot=20).quality.iloc[0]
    E, P = (frame[[f"{mark}{i}" for i in (1, 2, 3)]].to_numpy() for mark in "EP")
    e, p = E.mean(axis=1), P.mean(axis=1)
    r = np.corrcoef(e, p)[0, 1]
    alphas = cronbach_alpha(P), cronbach_alpha(E)
    assert (row["alpha"], row["expectation_alpha"]) == pytest.approx(alphas)
    assert row["correlation"] == pytest.approx(r)
    expected = difference_score_reliability(p.std(ddof=1), alphas[0], e.std(ddof=1), alphas[1], r)
    assert row["reliability"] == pytest.approx(float(expected))


def test_weights_widen_the_interval_of_alpha(make_study):
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(np.clip(np.rint(4 + rng.normal(size=(200, 1)) + rng.normal(size=(200, 6))), 1, 7),
                         columns=["E1", "E2", "E3", "P1", "P2", "P3"])  # fmt: skip
    frame["w"] = rng.choice([0.2, 3.0], 200)
    row = gaps(
        make_study(frame, ASKED.replace("[responses]", '[responses]\nweight = "w"')), n_boot=20
    ).dimensions.iloc[0]
    n_eff = frame["w"].sum() ** 2 / (frame["w"] ** 2).sum()
    low, high = intervals.feldt(row["alpha"], n_eff, 3)
    assert (row["alpha_low"], row["alpha_high"]) == pytest.approx((float(low), float(high)))


def test_answers_that_never_vary_give_no_figure_beyond_all_bounds(make_study):
    frame = pd.DataFrame(np.full((60, 6), 5.0), columns=["E1", "E2", "E3", "P1", "P2", "P3"]).assign(csat=4.0)
    outcome = '[outcomes.csat]\nkind = "csat"\ncolumn = "csat"\nscale = [1, 5]\n'
    found = gaps(make_study(frame, ASKED + outcome), n_boot=20)
    assert found.quality[["correlation", "reliability"]].isna().all(axis=None)
    assert found.challenge["r_squared"].isna().all()


def test_the_ceiling_by_hand(make_study):
    frame = pd.DataFrame({"E1": [7, 7, 6, 7.0] * 10, "E2": [7, 6, 7, 7] * 10, "E3": [7, 7, 7, np.nan] * 10,
                          "P1": [4, 5] * 20, "P2": [4, 3] * 20, "P3": [5, 5] * 20})  # fmt: skip
    found = gaps(make_study(frame, ASKED), n_boot=20)
    row = found.quality.iloc[0]
    assert row["ceiling"] == pytest.approx(np.mean([1, 2 / 3, 2 / 3, 1]))
    assert row["at_top"] == pytest.approx(0.5)
    low, high = intervals.wilson(0.5, 40)
    assert (row["at_top_low"], row["at_top_high"]) == pytest.approx((float(low), float(high)), abs=0.005)
    assert {"terms": ["staff"], "mark": 0.15} in [one.facts for one in found.notes if one.code == "ceiling"]


def test_the_zone_of_tolerance_by_hand(make_study):
    # staff of each: P 5, A 4, D 8 (within); P 3, A 4, D 8 (below); P 9, A 4, D 8 (above); P1 only, 6 of 5–7 (within)
    frame = pd.DataFrame({
        "P1": [4, 2, 9, 6], "A1": [3, 4, 4, 5], "D1": [8, 8, 8, 7.0], "P2": [6, 4, 9, 5],
        "A2": [5, 4, 4, np.nan], "D2": [8, 8, 8, 9],
    })  # fmt: skip
    found = gaps(make_study(frame, ZONE), n_boot=20)
    row = found.zone.iloc[0]
    assert row[["msa", "mss"]].tolist() == pytest.approx([np.mean([1, -1, 5, 1]), np.mean([-3, -5, 1, -1])])
    assert row[["below", "within", "above", "n"]].tolist() == [0.25, 0.5, 0.25, 4]
    sd = np.std([1, -1, 5, 1], ddof=1) / 2
    assert (row["msa_high"] - row["msa"]) == pytest.approx(3.182446 * sd, rel=1e-6)
    assert found.mode == "perception_only"


def test_without_levels_there_is_no_zone_and_without_expectations_no_quality(make_study):
    frame = pd.DataFrame(np.random.default_rng(2).integers(1, 8, (50, 6)), columns=list("abcdef"))
    frame.columns = pd.Index(["E1", "E2", "E3", "P1", "P2", "P3"])
    assert gaps(make_study(frame, ASKED), n_boot=20).zone.empty
    alone = gaps(make_study(frame, ASKED.replace('expectation = "E{n}"\n', "")), n_boot=20)
    assert alone.quality.empty
    assert alone.challenge.empty
    assert alone.importance.empty
