"""What is said of a return, read against what it was made from."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from svcq_lib.analyses.returns import ReturnsResult
from svcq_lib.narrative import returns as narrative
from svcq_lib.study import Label


@pytest.fixture
def make_returns(make_context):
    """A return with a value, the share of draws that gain, and initiatives as (name, value, share, chosen)."""

    def make(npv=-3.1, p=0.38, paid=0.3, rows=(("A", 1.0, 0.99, True), ("B", -4.0, 0.01, False)), *, part=1.0,
             break_even=0.3, money=1e6, currency="CNY", spend=12.0):  # fmt: skip
        summary = pd.DataFrame([
            ("p_positive", p, np.nan, np.nan, 1.0), ("npv", npv, npv - 1, npv + 1, 1.0),
            ("rosq", npv / spend, -0.5, 0.2, 1.0),
            ("payback", 2.5, 2.0, 3.5, paid), ("spend", spend, spend, spend, 1.0),
        ], columns=["measure", "estimate", "conf_low", "conf_high", "share"])  # fmt: skip
        table = pd.DataFrame(rows, columns=["term", "estimate", "p_positive", "chosen"]).assign(
            cost=1.0, chosen_share=0.8, requires="", excludes=""
        )
        parts = pd.DataFrame({"term": ["retention_gain", "fixed_cost"], "estimate": [part, -4.0],
                              "conf_low": [0.5, -4.0], "conf_high": [1.5, -4.0]})  # fmt: skip
        links = pd.DataFrame([{"term": "contribution_margin", "npv_low": -5.0, "npv_high": 2.0, "share": 0.7,
                               "break_even": break_even}])  # fmt: skip
        used = pd.DataFrame([{"discount_rate": 0.08, "horizon": 4.0, "budget": 6.0, "n_draws": 10_000}])
        line = pd.DataFrame({"budget": [0.0, 6.0], "k": [0, int(table["chosen"].sum())]})
        empty = pd.DataFrame()
        labels = {"A": Label(en="Desks", zh="窗口"), "B": Label(en="Halls", zh="大厅"),
                  "contribution_margin": Label(en="Contribution margin", zh="边际贡献率")}  # fmt: skip
        return ReturnsResult(
            summary=summary, cash=empty, parts=parts, initiatives=table, links=links, scenarios=empty, frontier=line,
            claims=empty, funding=empty, settings=used, switches=empty, currency=currency, money=money, notes=(),
            context=make_context(labels=labels),
        )  # fmt: skip

    return make


@pytest.mark.parametrize(
    ("npv", "p", "expected"),
    [(2.0, 0.97, "The 2 initiatives pay back: 2.0 M CNY over 4 years, with a gain in 97\u2009% of simulations"),
     (-3.1, 0.02, "The 2 initiatives lose 3.1 M CNY over 4 years, with a gain in 2\u2009% of simulations"),
     (-3.1, 0.38, "Whether the 2 initiatives pay back cannot be told: "
      "−3.1 M CNY over 4 years, with a gain in 38\u2009% of simulations"),
     (2.0, 0.94, "Whether the 2 initiatives pay back cannot be told: "
      "2.0 M CNY over 4 years, with a gain in 94\u2009% of simulations")],
)  # fmt: skip
def test_titles(make_returns, npv, p, expected):
    assert narrative.title(make_returns(npv, p)) == expected


def test_chinese_titles(make_returns):
    said = narrative.title(make_returns(-3.1, 0.02), lang="zh").replace("\u2009", "").replace(" ", "")
    assert said == "2项举措在4年内亏损3.1百万元，2%的模拟获得净收益"
    assert "尚无法判断" in narrative.title(make_returns(-3.1, 0.38), lang="zh")


@pytest.mark.parametrize("p", [0.02, 0.38, 0.94])
def test_a_time_to_payback_is_said_only_of_what_pays_back(make_returns, p):
    text = narrative.describe(make_returns(p=p))
    assert "The money is back after" not in text
    assert "In 30\u2009% of the simulations the money is back within the 4 years" in text
    assert "pay back:" not in narrative.title(make_returns(p=p))
    assert "The money is back after 2.5 years" in narrative.describe(make_returns(3.0, 0.99, 0.99))


def test_one_initiative_is_one(make_returns):
    assert narrative.title(make_returns(-1.0, 0.0, rows=[("A", -1.0, 0.0, False)])).startswith(
        "The 1 initiative loses"
    )


def test_the_choice_is_named_or_there_is_none(make_returns):
    assert "A budget of 6.0 M CNY is best spent on Desks" in narrative.describe(make_returns())
    none = make_returns(rows=[("A", -1.0, 0.0, False), ("B", -4.0, 0.0, False)])
    assert "no initiative is worth its cost" in narrative.describe(none)
    assert narrative.finding(none, "frontier")[0].startswith("No initiative is worth its cost")


def test_what_is_funded_for_another_or_left_out_for_it_is_said(make_returns):
    result = make_returns(rows=[("A", 1.0, 0.9, True), ("B", -0.5, 0.1, True)])
    table = result.initiatives.assign(requires=["B", ""])
    said = narrative.describe(replace(result, initiatives=table))
    assert "Halls alone is not worth its cost, but Desks needs it." in said
    result = make_returns(rows=[("A", 1.0, 0.9, True), ("B", 0.5, 0.9, False)])
    table = result.initiatives.assign(excludes=["B", "A"])
    said = narrative.describe(replace(result, initiatives=table))
    assert "Halls is worth its cost, but cannot run beside Desks." in said
    assert "needs" not in said
    said = narrative.describe(make_returns())
    assert "worth its cost, but" not in said


def test_a_break_even_that_cannot_be_had_is_not_said(make_returns):
    assert (
        "At 30\u2009%, with all else at its likely value, gains and costs would be even"
        in narrative.describe(make_returns())
    )
    assert "would be even" not in narrative.describe(make_returns(break_even=np.nan))


def test_no_gain_is_no_largest_gain(make_returns):
    result = make_returns(part=-0.1)
    assert "No link of the chain brings a gain" in narrative.describe(result)
    assert narrative.finding(result, "parts")[0].endswith("no link brings a gain")


def test_small_plans_are_told_in_thousands(make_returns):
    result = make_returns(-3.126, 0.0, money=1e3, currency="EUR", spend=4.0)
    assert "lose 3.13 k EUR" in narrative.title(result)
    assert "千 EUR" in narrative.title(result, lang="zh").replace("\u2009", " ")


@pytest.mark.parametrize(
    ("value", "of", "expected"),
    [(0.021, "retention_per_csat_point", "2.1\u2009%"), (0.87, "retention", "87\u2009%"),
     (38_700, "customers", "38,700"),
     (0.1745, "retention_slope", "0.17"), (365, "cost_to_serve", "365.0"), (np.nan, "customers", "–"),
     (4, "horizon", "4.0")],
)  # fmt: skip
def test_quantities_are_written_as_their_unit_asks(value, of, expected):
    assert narrative.quantity(value, of) == expected
