import html
import re

import numpy as np
import pandas as pd
import pytest

from svcq_lib import palette
from svcq_lib.tables.model import display_table
from svcq_lib.tables.present import present, table_html
from svcq_lib.vocabulary import Term


def frame(name="rel"):
    return pd.DataFrame(
        {
            "dimension": [name, "b"],
            "gap": [-1.82, np.nan],
            "gap_low": [-1.9, np.nan],
            "gap_high": [-1.7, np.nan],
        }
    )


def body(page):
    return page[page.index("<table") :]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_cells_and_headings(lang):
    labels = {"rel": Term("Reliability", "可靠性")}
    page = body(table_html(present(frame(), lang=lang, labels=labels)))
    cells = re.findall(r"<td[^>]*>(.*?)</td>", page)
    assert cells == [{"en": "Reliability", "zh": "可靠性"}[lang], "−1.82", "[−1.90, −1.70]", "b", "–", "–"]
    assert re.findall(r"<th[^>]*>(.*?)</th>", page)[0] == {"en": "Dimension", "zh": "维度"}[lang]


@pytest.mark.parametrize(
    "evil", ["<script>alert(1)</script>", "<img src=x onerror=y>", "a & b", "**b** $x$ {{m^2}}"]
)
def test_data_is_never_markup(evil):
    text = body(table_html(present(frame(evil), headings={"gap": evil})))
    assert html.unescape(re.findall(r"<td[^>]*>(.*?)</td>", text)[0]) == evil
    assert html.unescape(re.findall(r"<th[^>]*>(.*?)</th>", text)[1]) == evil
    assert "<script" not in text
    assert "<img" not in text


def test_nothing_is_fetched_and_nothing_else_is_styled():
    page = table_html(present(frame()))
    assert not re.search(r"https?:|@import|url\(|<script|<link", page)
    rules = re.findall(r"(?:^|})\s*([^{}<>]+?)\s*{", page[page.index("<style>") + 7 : page.index("</style>")])
    own = "#" + re.search(r'<div id="([^"]+)"', page)[1]
    assert rules
    assert all(part.strip().startswith(own) for rule in rules for part in rule.split(","))


def test_same_table_same_bytes():
    assert table_html(present(frame())) == table_html(present(frame()))
    assert table_html(present(frame())) != table_html(present(frame("x")))


def test_tones_are_set():
    page = body(table_html(present(frame(), highlight={"gap": {0: "bad"}}, strong=["dimension"])))
    assert re.search(rf"<td[^>]*color:{palette.WARNING};\s*font-weight:600[^>]*>−1.82", page)
    assert re.search(r"<td[^>]*font-weight:600[^>]*>rel", page)


def test_display_table_is_taken_as_it_is():
    made = display_table(frame())
    assert table_html(present(made)) == table_html(present(frame()))


def test_empty_table():
    assert "Dimension" in table_html(present(frame().iloc[:0]))
