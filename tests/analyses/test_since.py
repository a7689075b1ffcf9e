"""What changed since the report before: hand-made figures first, then false alarms, then edges."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from svcq_lib.analyses.headlines import headline_figure
from svcq_lib.analyses.since import Earlier, EarlierFigure, since_last


def figure(code, estimate, half=1.0, *, n=400, kind="number", **more):
    limits = (None, None) if estimate is None else (estimate - half, estimate + half)
    return headline_figure(code, code.upper(), kind, estimate, limits, n=n, ci_level=0.95, **more)


def earlier(*figures, period="2025-01", notes=()):
    return Earlier.model_validate({"period": period, "figures": figures, "data_notes": notes})


def whats(result):
    return {(one["code"], one["what"]) for one in result.changes}


def test_a_difference_by_hand():
    # half-widths 1.0 and 1.0 at 95 %: the difference 3 has half-width √2, z = 3 / (√2 / 1.96) = 4.158
    found = since_last([figure("a", 8.0, good=1)], earlier(figure("a", 5.0, good=1)), period="2025-02")
    row = found.figures.iloc[0]
    assert (row["before"], row["now"], row["difference"]) == (5.0, 8.0, 3.0)
    assert (row["low"], row["high"]) == pytest.approx((3 - 2**0.5, 3 + 2**0.5))
    assert row["p_value"] == pytest.approx(2 * stats.norm.sf(3 / (2**0.5 / stats.norm.ppf(0.975))))
    (change,) = found.changes
    assert change == {
        "code": "a", "label": "A", "kind": "number", "before": 5.0, "now": 8.0, "difference": 3.0,
        "low": pytest.approx(3 - 2**0.5), "high": pytest.approx(3 + 2**0.5), "status_before": "none", "status": "none",
        "what": "better",
    }  # fmt: skip
    assert json.loads(json.dumps(change)) == change
    assert not found.overlaps


@pytest.mark.parametrize(("good", "what"), [(1, "worse"), (-1, "better"), (0, "moved")])
def test_which_way_is_better_is_the_figure_s_own(good, what):
    found = since_last([figure("a", 2.0, good=good)], earlier(figure("a", 5.0, good=good)))
    assert whats(found) == {("a", what)}


def test_tests_are_adjusted_over_the_figures_compared():
    now = [figure("a", 1.5, good=1), *[figure(f"x{i}", 0.0) for i in range(9)]]
    was = [figure("a", 0.0, good=1), *[figure(f"x{i}", 0.0) for i in range(9)]]
    alone = since_last(now[:1], earlier(*was))
    among = since_last(now, earlier(*was))
    p = alone.figures["p_value"].iloc[0]
    assert whats(alone) == {("a", "better")}
    assert among.figures["p_adjusted"].iloc[0] == pytest.approx(10 * p)
    assert not among.changes
    assert whats(since_last(now, earlier(*was), adjust_method="none")) == {("a", "better")}


def test_intervals_of_another_level_are_brought_to_this_one():
    wide = stats.norm.ppf(0.995) / stats.norm.ppf(0.975)
    other = figure("a", 5.0, wide) | {"ci_level": 0.99}
    found = since_last([figure("a", 8.0)], earlier(other))
    assert found.figures["high"].iloc[0] == pytest.approx(3 + 2**0.5)


STATUSES = ("none", "green", "amber", "red")
GRAVE = {"none": 0, "green": 0, "amber": 1, "red": 2}


@pytest.mark.parametrize("before", STATUSES)
@pytest.mark.parametrize("now", STATUSES)
def test_alerts_are_new_or_cleared_by_how_grave_they_are(before, now):
    found = since_last([figure("a", 5.0, status=now)], earlier(figure("a", 5.0, status=before)))
    step = GRAVE[now] - GRAVE[before]
    assert whats(found) == ({("a", "alert_new" if step > 0 else "alert_cleared")} if step else set())


def test_a_figure_that_is_no_longer_shown_is_an_alert_and_clears_nothing():
    hidden, shown = figure("a", None, n=4), figure("a", 5.0, n=6, status="red")
    (lost,) = since_last([hidden], earlier(shown)).changes
    assert (lost["what"], lost["now"], lost["status_before"], lost["status"]) == (
        "alert_new",
        None,
        "red",
        "none",
    )
    (back,) = since_last([figure("a", 5.0, n=6, status="green")], earlier(hidden)).changes
    assert (back["what"], back["before"]) == ("alert_cleared", None)
    (bad,) = since_last([shown], earlier(hidden)).changes
    assert bad["what"] == "alert_new"
    assert not since_last([hidden], earlier(hidden)).changes


def test_caveats_about_the_data_come_and_go():
    found = since_last(
        [], earlier(notes=["low_coverage", "data_constant"]), notes=["small_base", "low_coverage"]
    )
    assert [(one["code"], one["before"], one["now"]) for one in found.changes] == [
        ("small_base", False, True), ("data_constant", True, False),
    ]  # fmt: skip
    assert {one["what"] for one in found.changes} == {"data"}
    assert found.figures.empty


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [(400, 200, True), (200, 400, True), (400, 210, False), (4, 2, False), (0, 0, False), (0, 50, True)],
)
def test_a_base_is_told_when_it_halves_or_doubles_beyond_chance(before, now, told):
    found = since_last([figure("a", 5.0, n=now, lead=True)], earlier(figure("a", 5.0, n=before)))
    assert whats(found) == ({("base", "data")} if told else set())
    if told:
        assert found.changes[0]["difference"] == now - before


def test_the_leading_figure_s_base_counts():
    now = [figure("a", 5.0, n=100), figure("b", 5.0, n=400, lead=True)]
    assert not since_last(now, earlier(figure("a", 5.0, n=900), figure("b", 5.0, n=410))).changes


def test_only_like_is_compared_with_like():
    now = [figure("a", 8.0), figure("new", 1.0), figure("unit", 0.5, kind="share")]
    found = since_last(
        now, earlier(figure("a", 5.0), figure("gone", 1.0), figure("unit", 50.0, kind="score"))
    )
    assert found.figures["code"].tolist() == ["a"]
    assert found.alone == ("NEW",)


@pytest.mark.parametrize(
    ("before", "now", "overlaps"),
    [
        ("2025-01", "2025-02", False), ("2025-Q1", "2025-03", True), ("2025-01", "2025-01", True),
        ("2025-01..2025-06", "2025-07", False), ("", "2025-07", True), ("2025-01", None, True),
        ("some period", "2025-02", True),
    ],
)  # fmt: skip
def test_reports_that_may_share_answers_are_noticed(before, now, overlaps):
    assert (
        since_last([figure("a", 1.0)], earlier(figure("a", 1.0), period=before), period=now).overlaps
        is overlaps
    )


def test_a_figure_without_interval_claims_nothing():
    bare = headline_figure("cfi", "CFI", "number", 0.95, n=400, ci_level=0.95)
    found = since_last([bare], earlier(bare | {"estimate": 0.5}))
    assert found.figures["difference"].iloc[0] == pytest.approx(0.45)
    assert np.isnan(found.figures["p_adjusted"].iloc[0])
    assert not found.changes


@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(-5, 5), st.floats(0.1, 2)), min_size=1, max_size=6))
def test_the_other_way_round_better_is_worse(rows):
    now = [figure(f"x{i}", a, half, good=1) for i, (a, _, half) in enumerate(rows)]
    was = [figure(f"x{i}", b, half, good=1) for i, (_, b, half) in enumerate(rows)]
    there, back = since_last(now, earlier(*was)), since_last(was, earlier(*now))
    turned = {"better": "worse", "worse": "better"}
    assert {(one["code"], turned[one["what"]]) for one in there.changes} == whats(back)


def test_noise_alone_raises_a_claim_in_few_of_many_reports():
    # 400 pairs of reports of five figures that did not change: Holm keeps any claim at 5 % or less
    rng, claims = np.random.default_rng(3), 0
    half = stats.norm.ppf(0.975)
    for drawn in rng.normal(size=(400, 2, 5)):
        now, was = ([figure(f"x{i}", one, half) for i, one in enumerate(side)] for side in drawn)
        claims += bool(since_last(now, earlier(*was)).changes)
    assert 0.02 < claims / 400 < 0.08


def test_a_record_may_hold_less_than_a_report():
    assert EarlierFigure.model_validate({"code": "a", "label": "ignored"}).status == "none"
