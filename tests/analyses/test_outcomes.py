"""Each kind of outcome, from answers in a study to its measures.

References: NPS N1–N3 (set-up by Displayr, multinomial variance), Newcombe (1998), R 4.2.2 (nps_fixed).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcq_lib.analyses.outcomes import PRIMARY, measured_means, measures_of, top_box_of
from svcq_lib.analyses.scores import scores
from svcq_lib.errors import DataError
from svcq_lib.evidence import kernel
from svcq_lib.evidence.collect import Design
from svcq_lib.evidence.moments import Moments
from svcq_lib.measures.ces import ces
from svcq_lib.measures.nps import nps, nps_interval
from svcq_lib.study import Column, Label, Outcome, Scale

SIMPLE = Design(
    "simple", pd.DataFrame({"stratum": [""], "n": [0], "fraction": [0.0]}), np.zeros(1, dtype=np.intp)
)


def headline(make_study, frame: dict[str, list[object]], toml: str) -> pd.DataFrame:
    study = make_study(pd.DataFrame(frame), f"[responses]\n[outcomes.o]\n{toml}\n")
    return scores(study).headline.set_index("measure")


def nps_row(promoters: int, passives: int, detractors: int) -> pd.Series:
    score = np.repeat([1.0, 0.0, -1.0], [promoters, passives, detractors])
    values = np.column_stack([score, score == 1, score == -1]).astype(float)
    outcome = Outcome(
        name="o", label=Label(en="o"), kind="nps", columns=(Column(column="o"),), scale=Scale(low=0, high=10)
    )
    columns = tuple(one.column for one in measures_of(outcome))
    sums = kernel.vector_sums(values, np.ones(len(score)), np.array([0]))
    moments = Moments(columns, pd.DataFrame(index=[0]), sums)
    return measured_means(moments, SIMPLE, measures_of(outcome), ci_level=0.95).iloc[0]


# reference values


@pytest.mark.parametrize(
    ("promoters", "passives", "detractors", "score", "std_error", "low", "high"),
    [
        (200, 150, 150, 10.0, 3.714835, 2.719, 17.281),  # N1
        (50, 30, 20, 30.0, 7.81025, 14.692, 45.308),  # N2
        (10, 5, 3, 38.889, 17.8105, 3.981, 73.797),  # N3: 38.889 ± 1.959964 · 17.8105
    ],
)
def test_nps_through_a_study(make_study, promoters, passives, detractors, score, std_error, low, high):
    answers = np.repeat([9, 7, 0], [promoters, passives, detractors]).tolist()
    rows = headline(make_study, {"o": answers}, 'kind = "nps"\ncolumn = "o"')
    row = rows.loc["nps"]
    assert row["estimate"] == pytest.approx(score, abs=5e-4)
    assert row["std_error"] == pytest.approx(std_error, abs=5e-5)
    assert (row["conf_low"], row["conf_high"]) == pytest.approx((low, high), abs=1e-3)
    n = len(answers)
    assert rows.loc[["promoters", "detractors"], "estimate"].tolist() == pytest.approx(
        [promoters / n, detractors / n]
    )


def test_nps_breaks(make_study):
    rows = headline(make_study, {"o": list(range(11)) * 2}, 'kind = "nps"\ncolumn = "o"')
    assert rows.loc["promoters", "estimate"] == pytest.approx(2 / 11)
    assert rows.loc["detractors", "estimate"] == pytest.approx(7 / 11)


def test_nps_standard_error_r():  # nps_fixed: se_mle
    row = nps_row(120, 60, 40)
    assert (row["estimate"], row["std_error"]) == pytest.approx(
        (36.3636363636364, 5.20070503224869), rel=1e-12
    )


def test_shares_through_a_study_have_wilsons_interval(make_study):  # N4, as printed
    rows = headline(make_study, {"o": [1] * 81 + [0] * 182}, 'kind = "binary"\ncolumn = "o"')
    assert rows.loc["share", ["conf_low", "conf_high"]].tolist() == pytest.approx(
        [0.2553, 0.3662], abs=5.1e-5
    )


# hand-computed


def test_csat_by_hand(make_study):
    frame = {"o": [1, 3, 5, 5, 4, None, 2, 4]}
    rows = headline(make_study, frame, 'kind = "csat"\ncolumn = "o"\nscale = [1, 5]')
    assert rows.loc["mean", "estimate"] == pytest.approx(24 / 7)
    assert rows.loc["index_100", "estimate"] == pytest.approx((24 / 7 - 1) / 4 * 100)
    assert rows.loc["top_box", "estimate"] == pytest.approx(4 / 7)
    assert rows.loc["index_100", "std_error"] == pytest.approx(25 * rows.loc["mean", "std_error"])
    assert rows.loc["index_100", "conf_low"] == pytest.approx(25 * (rows.loc["mean", "conf_low"] - 1))
    assert rows["n"].tolist() == [7, 7, 7]
    assert rows["primary"].tolist() == [True, False, False]


@pytest.mark.parametrize(("top_box", "share"), [(None, 0.5), (5, 0.25), (3, 0.75), (1, 1.0)])
def test_top_box(make_study, top_box, share):
    declared = "" if top_box is None else f"\ntop_box = {top_box}"
    frame = {"o": [1, 3, 4, 5] * 3}
    rows = headline(make_study, frame, f'kind = "csat"\ncolumn = "o"\nscale = [1, 5]{declared}')
    assert rows.loc["top_box", "estimate"] == pytest.approx(share)


@pytest.mark.parametrize(("high_is", "top_box"), [("easy", None), ("hard", None), ("easy", 7), ("hard", 3)])
def test_effort_in_both_directions(make_study, high_is, top_box):
    answers = [1, 1, 2, 3, 6, 7, 7, 7, 4, 5]
    declared = "" if top_box is None else f"\ntop_box = {top_box}"
    toml = f'kind = "ces"\ncolumn = "o"\nscale = [1, 7]\nhigh_is = "{high_is}"{declared}'
    rows = headline(make_study, {"o": answers}, toml)
    boxes = {("easy", None): 2, ("hard", None): 2, ("easy", 7): 1, ("hard", 3): 3}[(high_is, top_box)]
    measure = ces(answers, 1, 7, high_is=high_is, easy_boxes=boxes)
    assert rows.loc["mean", "estimate"] == pytest.approx(
        4.3
    )  # as answered; measures.ces turns a hard scale round
    assert measure.mean == pytest.approx(4.3 if high_is == "easy" else 8 - 4.3)
    assert rows.loc["mean", "high_is_good"] == (high_is == "easy")
    assert rows.loc["top_box", "estimate"] == pytest.approx(measure.share_easy)
    assert rows.loc["top_box", "high_is_good"]


def test_composites_need_their_least_number_of_answers(make_study):
    frame = {"a": [1, 2, None, 5, 1] * 2, "b": [3, None, None, 5, 1] * 2, "c": [5, 4, 4, 5, 1] * 2}
    columns = 'columns = ["a", "b", "c"]\nscale = [1, 5]'
    rows = {
        least: headline(make_study, frame, f'kind = "score"\n{columns}{least}')
        .loc["mean", ["estimate", "n"]]
        .tolist()
        for least in ("", "\nmin_answered = 2", "\nmin_answered = 1")
    }
    assert rows[""] == pytest.approx([(3 + 5 + 1) / 3, 6])
    assert rows["\nmin_answered = 2"] == pytest.approx([(3 + 3 + 5 + 1) / 4, 8])
    assert rows["\nmin_answered = 1"] == pytest.approx([(3 + 3 + 4 + 5 + 1) / 5, 10])


def test_a_summed_composite(make_study):
    frame = {"a": [0, 1, 2, 3, 1], "b": [0, 1, 1, 1, 1]}
    toml = 'kind = "score"\ncolumns = ["a", "b"]\nscale = [0, 3]\ncombine = "sum"'
    assert headline(make_study, frame, toml).loc["mean", "estimate"] == pytest.approx(11 / 5)


def test_a_binary_outcome_in_words_where_low_is_better(make_study):
    frame = {"o": ["complained", "never", "?", "never", "wrote", "never", "never"]}
    toml = (
        'kind = "binary"\ncolumn = "o"\npositive = ["complained", "wrote"]\nmissing = ["?"]\nbetter = "low"'
    )
    row = headline(make_study, frame, toml).loc["share"]
    assert (row["estimate"], row["n"], row["high_is_good"]) == (pytest.approx(2 / 6), 6, False)


def test_reversed_and_worded_answers(make_study):
    frame = {"o": ["bad", "good", "1", "n/a", "good", "bad"]}
    toml = (
        'kind = "score"\ncolumn = "o"\nscale = [1, 5]\nreverse = true\nmissing = ["n/a"]\n'
        "values = { good = 1, bad = 5 }"
    )
    row = headline(make_study, frame, toml).loc["mean"]
    assert (row["estimate"], row["n"]) == (pytest.approx((1 + 5 + 5 + 5 + 1) / 5), 5)


def test_directions_of_the_measures():
    outcome = Outcome(
        name="o", label=Label(en="o"), kind="nps", columns=(Column(column="o"),), scale=Scale(low=0, high=10)
    )
    good = {one.measure: one.high_is_good for one in measures_of(outcome)}
    assert good == {"nps": True, "promoters": True, "detractors": False}
    assert [one.measure for one in measures_of(outcome) if one.primary] == [PRIMARY["nps"]]
    assert top_box_of(outcome.model_copy(update={"kind": "csat", "scale": Scale(low=1, high=7)})) == (6, 7)


# invariants


@given(st.lists(st.integers(0, 10), min_size=5, max_size=60))
def test_nps_agrees_with_the_measure_and_stays_on_its_scale(answers):
    a = np.array(answers)
    row = nps_row(int((a >= 9).sum()), int(((a > 6) & (a < 9)).sum()), int((a <= 6).sum()))
    assert row["estimate"] == pytest.approx(nps(answers))
    assert -100 <= row["conf_low"] <= row["conf_high"] <= 100
    # Wald's interval has no width when all answers are of one kind; the adjusted one stands in
    same = len({(x >= 9) - (x <= 6) for x in answers}) == 1
    low, high = nps_interval((a >= 9).mean(), (a <= 6).mean(), len(a), method="adjusted" if same else "wald")
    assert (row["conf_low"], row["conf_high"]) == pytest.approx((float(low), float(high)), abs=1e-9)


@given(st.integers(0, 40), st.integers(0, 40))
def test_a_share_stays_inside_nought_and_one(yes, no):
    if yes + no < 2:
        return
    outcome = Outcome(
        name="o",
        label=Label(en="o"),
        kind="binary",
        columns=(Column(column="o"),),
        scale=Scale(low=0, high=1),
    )
    values = np.repeat([1.0, 0.0], [yes, no])[:, None]
    sums = kernel.vector_sums(values, np.ones(yes + no), np.array([0]))
    moments = Moments(("outcome.o",), pd.DataFrame(index=[0]), sums)
    row = measured_means(moments, SIMPLE, measures_of(outcome), ci_level=0.95).iloc[0]
    rounding = 1e-12
    assert -rounding <= row["conf_low"] <= row["estimate"] + rounding
    assert row["estimate"] - rounding <= row["conf_high"] <= 1 + rounding
    assert row["conf_high"] - row["conf_low"] > 0.05


# errors


def test_an_answer_off_the_scale_is_named(make_study):
    with pytest.raises(DataError, match=r"o · outside the scale 0–10 · rows 1 of 6 · row 6: 11"):
        headline(make_study, {"o": [1, 2, 3, 9, 10, 11]}, 'kind = "nps"\ncolumn = "o"')
