"""Units of public surveys compared: boarding areas of an airport (weighted), industries."""

from __future__ import annotations

import numpy as np
import pytest

from svcq_lib.analyses.benchmark import benchmark
from svcq_lib.narrative import benchmark as narrative

LANGS = ("en", "zh")


def test_boarding_areas_are_weighted_and_alike(real_study):
    found = benchmark(real_study("sfo/2017"), unit="boarding_area", n_draws=500)
    assert len(found.league) == 7
    assert found.context.weight == "WEIGHT"
    bare = benchmark(real_study("sfo/2017", without='weight = "WEIGHT"'), unit="boarding_area", n_draws=500)
    merged = found.league.merge(bare.league, on="unit")
    assert not np.allclose(merged["estimate_x"], merged["estimate_y"], atol=1e-3)
    assert set(found.refused["reason"]) == {"own_year", "no_year"}
    for lang in LANGS:
        assert narrative.title(found, lang=lang)


def test_industries_differ_and_keep_their_order(real_study):
    found = benchmark(real_study("acsi/study"), n_draws=500)
    assert found.league["unit"].tolist() == ["1001", "5001", "3003", "3013"]
    assert found.league["verdict"].tolist() == ["better", "better", "worse", "worse"]
    assert found.league["tier"].tolist() == [1, 2, 3, 4]
    # answers are many, so that nothing is drawn to the mean
    assert found.league["shrunken"].to_numpy() == pytest.approx(found.league["estimate"], abs=0.1)
    assert "overdispersed_few" in [note.code for note in found.notes]
    title = "Food and Banks lead, Airlines and Internet providers fall behind: all 4 differ from the average"
    assert narrative.title(found) == title
