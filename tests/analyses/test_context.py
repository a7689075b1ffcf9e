"""What every result carries about where it came from."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from svcq_lib.analyses.context import base_notes, suppressed_note
from svcq_lib.analyses.drivers import drivers
from svcq_lib.analyses.gaps import gaps
from svcq_lib.analyses.scores import scores
from svcq_lib.errors import Note
from svcq_lib.evidence.collect import Base, Design, Evidence

EMPTY = Design("simple", pd.DataFrame(), pd.Series(dtype=int).to_numpy())


def evidence(n: int, n_eff: float, notes: tuple[Note, ...] = ()) -> Evidence:
    return Evidence({}, {}, Base(n, n_eff, None, None), EMPTY, notes)


def test_all_analyses_of_a_study_carry_the_same_base(demo):
    study = demo.where(region="north").during("2025-Q3")
    found = [
        scores(study, ci_level=0.9).context,
        gaps(study, ci_level=0.9, n_boot=20).context,
        drivers(study, ci_level=0.9, n_boot=20, level="dimension", seed=3).context,
    ]
    for one in found:
        assert (one.n, one.filters, one.period) == (found[0].n, {"region": "north"}, "2025-Q3")
        assert dt.date(2025, 7, 1) <= one.date_min <= one.date_max <= dt.date(2025, 9, 30)
        assert (one.weight, one.design, one.missing, one.ci_level) == ("weight", "strata", "pairwise", 0.9)
        assert (one.suppress, one.flag, one.source) == (5, 30, "responses")
        assert one.fingerprints == found[0].fingerprints
        assert len(one.fingerprints["responses"]) == 64
        assert one.n_eff == pytest.approx(found[0].n_eff)
    assert [(one.seed, one.n_boot) for one in found] == [(0, 0), (0, 20), (3, 20)]
    assert [one.adjustment for one in found] == ["holm", "holm", "none"]


def test_labels_in_both_languages(demo):
    one = scores(demo, outcomes=["csat"]).context
    assert one.label("csat", "zh") == demo.outcomes["csat"].label.zh
    assert one.label("reliability") == "Reliability"
    assert one.label("unheard") == "unheard"
    assert one.level("region", "north", "zh") == "北区"
    assert one.level("region", "beyond") == "beyond"


def test_a_wider_level_gives_wider_intervals(demo):
    narrow, wide = (scores(demo, outcomes=["csat"], ci_level=level).headline for level in (0.8, 0.99))
    assert (wide["conf_low"] < narrow["conf_low"]).all()
    assert (wide["conf_high"] > narrow["conf_high"]).all()


@pytest.mark.parametrize(
    ("n", "n_eff", "codes"),
    [(29, 29.0, ["small_base"]), (30, 30.0, []), (100, 49.0, ["uneven_weights"]), (100, 50.0, [])],
)
def test_base_notes(demo, n, n_eff, codes):
    assert [one.code for one in base_notes(demo, evidence(n, n_eff))] == codes


@pytest.mark.parametrize(
    ("period", "last", "noted"),
    [
        (None, dt.date(2026, 6, 30), None),
        (None, dt.date(2026, 6, 26), None),  # within 5 % of a quarter
        (None, dt.date(2026, 6, 20), "2026-Q2"),
        ("2026", dt.date(2026, 6, 30), "2026"),
        ("2026-05", dt.date(2026, 6, 20), None),
        ("2026-06", dt.date(2026, 6, 27), None),  # three days short
        ("2026-06", dt.date(2026, 6, 26), "2026-06"),
        ("2027", dt.date(2026, 6, 26), None),  # it has not begun
        (None, None, None),
    ],
)
def test_a_period_that_is_not_over_is_noted(demo, period, last, noted):
    base = Base(100, 100.0, None, None, last)
    found = base_notes(demo.during(period), Evidence({}, {}, base, EMPTY))
    expected = (Note("unfinished_period", {"period": noted, "last": f"{last}"}),) if noted else ()
    assert found == expected


def test_warnings_of_the_data_come_first(demo):
    warning = Note("data_constant", {"column": "a"})
    assert base_notes(demo, evidence(3, 3.0, (warning,)))[0] == warning


def test_hidden_cells_are_counted(demo):
    assert suppressed_note(pd.DataFrame({"suppressed": [True, False, True]}), demo) == (
        Note("suppressed_cells", {"cells": 2, "threshold": 5}),
    )
    assert suppressed_note(pd.DataFrame({"suppressed": [False]}), demo) == ()
    assert suppressed_note(pd.DataFrame({"other": [1]}), demo) == ()
