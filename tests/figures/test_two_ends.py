import numpy as np
import pandas as pd
import pytest

from svcq_lib.figures.two_ends import describe_two_ends, two_ends

NAMES = {
    "en": ["Tangibles", "Reliability", "Responsiveness", "Assurance", "Empathy"],
    "zh": ["有形性", "可靠性", "响应性", "保证性", "移情性"],
}
TAG = {"en": "Basic factor", "zh": "基本因素"}


def frame(lang="en", rows=5):
    table = pd.DataFrame({"label": [NAMES[lang][i % 5] + (f" {i}" if rows > 5 else "") for i in range(rows)]})
    table["penalty"] = np.resize([-0.8, -0.5, -0.3, -0.1, 0.1], rows)
    table["reward"] = np.resize([0.2, 0.4, 0.3, 0.5, 0.3], rows)
    for name in ("penalty", "reward"):
        table[f"{name}_low"], table[f"{name}_high"] = table[name] - 0.1, table[name] + 0.1
    return table.assign(tag=[TAG[lang] if i == 0 else "" for i in range(rows)])


@pytest.mark.parametrize(("lang", "key"), [("en", ["Low rating", "High rating"]), ("zh", ["低分", "高分"])])
def test_rows_keep_their_order_and_carry_their_word(texts_of, lang, key):
    ax = two_ends(frame(lang), lang=lang)
    texts = texts_of(ax)
    assert [text for text in texts if text in NAMES[lang]] == NAMES[lang]
    assert {TAG[lang], *key} <= set(texts)


def test_both_values_of_every_row_are_drawn():
    dots = np.vstack(
        [np.asarray(c.get_offsets()) for c in two_ends(frame()).collections if len(c.get_offsets())]
    )
    assert {-0.8, -0.5, -0.3, -0.1, 0.1, 0.2, 0.4, 0.3, 0.5} <= set(dots[:, 0].round(9))


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("rows", [1, 22])
def test_any_number_of_rows(texts_of, lang, rows):
    texts_of(two_ends(frame(lang, rows), lang=lang))


def test_a_row_without_values_says_so(texts_of):
    table = frame()
    table.loc[2, ["penalty", "reward"]] = np.nan
    assert "Too few answers" in texts_of(two_ends(table))
    assert "1 row is blank" in describe_two_ends(table)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_long_names_are_not_clipped(texts_of, lang, long_label, long_label_zh):
    table = frame(lang)
    table.loc[1, "label"] = long_label_zh if lang == "zh" else long_label
    texts_of(two_ends(table, lang=lang))


def test_alt_text():
    said = describe_two_ends(frame())
    assert said.startswith("Dots on both sides of zero with 95\u2009% intervals, 5 rows.")
    assert "Low rating: highest +0.10: Empathy; lowest −0.80: Tangibles." in said
    assert "Basic factor: Tangibles." in said
    assert "基本因素：有形性。" in describe_two_ends(frame("zh"), lang="zh")
