"""Numbers, intervals and dates as text."""

from __future__ import annotations

import datetime as dt
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcq_lib import formats

NAN = math.nan
FINITE = st.floats(-1e9, 1e9, allow_nan=False)

# hand-computed


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (-1.824, 2, "−1.82"),
        (1234567.5, 1, "1,234,567.5"),
        (-12000, 0, "−12,000"),
        (-0.001, 2, "0.00"),
        (0.0, 0, "0"),
        (NAN, 2, "–"),
        (math.inf, 2, "–"),
        (None, 2, "–"),
    ],
)
def test_number(value, digits, text):
    assert formats.number(value, digits) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.114, "+0.11"),
        (-1.824, "−1.82"),
        (0.004, "0.00"),
        (-0.004, "0.00"),
        (1234.5, "+1,234.50"),
        (NAN, "–"),
    ],
)
def test_signed(value, text):
    assert formats.signed(value) == text


def test_percent_count_and_p_value():
    assert formats.percent(0.338) == "34\u2009%"
    assert formats.percent(-0.0512, 1) == "−5.1\u2009%"
    assert formats.percent(NAN) == "–"
    assert formats.count(11902) == "11,902"
    assert [formats.p_value(p) for p in (0.0009, 0.001, 0.04, 1.0, NAN)] == [
        "<0.001", "0.001", "0.040", "1.000", "–",
    ]  # fmt: skip


def test_interval():
    assert formats.interval(-1.88, -1.76) == "[−1.88, −1.76]"
    assert formats.interval(0.31, 0.37, 0, scale=100, unit="\u2009%") == "[31, 37\u2009%]"
    assert formats.interval(NAN, 1.0) == ""
    assert formats.interval(1.0, None) == ""


@pytest.mark.parametrize(
    ("name", "en", "zh"),
    [
        ("2026", "2026", "2026年"),
        ("2026-Q3", "2026 Q3", "2026年第三季度"),
        ("2026-07", "Jul 2026", "2026年7月"),
        ("2026-01..2026-06", "Jan 2026 to Jun 2026", "2026年1月至2026年6月"),
        ("2026-07-15", "2026-07-15", "2026-07-15"),
        ("wave 3", "wave 3", "wave 3"),
        ("", "", ""),
        (None, "", ""),
    ],
)
def test_period(name, en, zh):
    assert (formats.period(name), formats.period(name, "zh")) == (en, zh)


def test_date():
    day = dt.date(2026, 7, 1)
    assert formats.date(day) == "2026-07-01"
    assert formats.date(day, "zh") == "2026年7月1日"
    assert formats.date(None) == "–"


def test_join():
    assert formats.join([]) == ""
    assert formats.join(["a"]) == "a"
    assert formats.join(["a", "b", "c"]) == "a, b and c"
    assert formats.join(["甲", "乙", "丙"], "zh") == "甲、乙和丙"


def test_markdown_of_data_is_shown_as_it_is():
    assert formats.escape_markdown("a_b *c* <i>\n# [x](y) $z$") == (r"a\_b \*c\* \<i\> \# \[x\](y) \$z\$")


# invariants


@given(FINITE, st.integers(0, 4))
def test_a_number_reads_back(value, digits):
    text = formats.number(value, digits)
    assert "-" not in text
    assert float(text.replace("−", "-").replace(",", "")) == pytest.approx(
        value, abs=0.5 * 10**-digits + 1e-6
    )
    assert not (text.startswith("−") and float(text[1:].replace(",", "")) == 0)


@given(FINITE)
def test_a_sign_stands_exactly_before_what_does_not_round_to_zero(value):
    text = formats.signed(value)
    assert (text[0] in "+−") == (formats.number(abs(value)) != "0.00")


@given(st.text(max_size=60))
def test_escaped_text_stays_on_one_line(text):
    escaped = formats.escape_markdown(text)
    assert "\n" not in escaped
    assert escaped == escaped.strip(" ")
