import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from svcq_lib.errors import ReportError
from svcq_lib.figures.intervals import describe_intervals, ranked_intervals
from svcq_lib.figures.style import ACCENT, GREY, WARNING

NAMES = {
    "en": ["Tangibles", "Reliability", "Responsiveness", "Assurance", "Empathy"],
    "zh": ["有形性", "可靠性", "响应性", "保证性", "移情性"],
}


def frame(lang="en", rows=5):
    values = np.resize([0.01, 0.30, 0.34, 0.16, 0.19], rows)
    names = [NAMES[lang][i % 5] + (f" {i}" if rows > 5 else "") for i in range(rows)]
    return pd.DataFrame(
        {"label": names, "estimate": values, "conf_low": values - 0.03, "conf_high": values + 0.03}
    )


def dots(ax):
    return next(c for c in ax.collections if c.get_gid() == "dots")


def bars(ax):
    return next(c for c in ax.collections if c.get_gid() == "intervals")


def names_shown(ax, names):
    return [text.get_text() for text in ax.texts if text.get_text() in names]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_sorted_with_values_and_intervals(texts_of, lang):
    ax = ranked_intervals(frame(lang), kind="share", lang=lang)
    texts = texts_of(ax)
    assert names_shown(ax, NAMES[lang]) == [NAMES[lang][i] for i in (2, 1, 4, 3, 0)]
    assert {"34\u2009%", "30\u2009%", "19\u2009%", "16\u2009%", "1\u2009%"} <= set(texts)
    assert np.asarray(dots(ax).get_offsets())[:, 0] == pytest.approx([0.34, 0.30, 0.19, 0.16, 0.01])
    assert bars(ax).get_segments()[0][:, 0] == pytest.approx([0.31, 0.37])


def test_first_row_is_at_the_top():
    ax = ranked_intervals(frame())
    bottom, top = ax.get_ylim()
    assert bottom > top
    assert np.all(np.diff(dots(ax).get_offsets()[:, 1]) > 0)


@pytest.mark.parametrize(("order", "first"), [("ascending", "Tangibles"), ("given", "Tangibles")])
def test_other_orders(order, first):
    ax = ranked_intervals(frame(), order=order)
    assert names_shown(ax, NAMES["en"])[0] == first


def test_colours_follow_their_rows():
    from matplotlib.colors import to_hex

    ax = ranked_intervals(frame(), highlight={"Empathy"}, warn=[False, True, False, False, False])
    paint = [to_hex(c) for c in dots(ax).get_facecolors()]
    assert paint == [GREY, WARNING, ACCENT, GREY, GREY]
    assert {to_hex(c) for c in dots(ranked_intervals(frame())).get_facecolors()} == {ACCENT}


@pytest.mark.parametrize(("lang", "words"), [("en", "Too few answers"), ("zh", "样本不足")])
def test_blank_rows_say_so_and_stand_last(texts_of, lang, words):
    table = frame(lang).assign(suppressed=[False, False, True, False, False])
    table.loc[1, "estimate"] = np.nan
    ax = ranked_intervals(table, lang=lang)
    assert texts_of(ax).count(words) == 2
    assert set(names_shown(ax, NAMES[lang])[-2:]) == {NAMES[lang][1], NAMES[lang][2]}
    assert len(dots(ax).get_offsets()) == 3


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("rows", [1, 22])
def test_any_number_of_rows(texts_of, lang, rows):
    ax = ranked_intervals(frame(lang, rows), reference=(0.2, "Whole" if lang == "en" else "总体"), lang=lang)
    texts_of(ax)
    assert len(dots(ax).get_offsets()) == rows


def test_height_grows_with_rows():
    one, many = (ranked_intervals(frame(rows=rows)).figure.get_size_inches()[1] for rows in (1, 22))
    assert many > 5 * one


def test_long_labels(texts_of, long_label, long_label_zh):
    table = frame("zh")
    table.loc[[0, 1], "label"] = [long_label, long_label_zh]
    shown = texts_of(ranked_intervals(table, lang="zh", reference=(0.2, "总体")))
    assert any(text.replace("\n", " ") == long_label.strip() for text in shown)
    assert any(text.replace("\n", "") == long_label_zh for text in shown)
    assert not any(line.startswith(("，", "。", "；", "、")) for text in shown for line in text.split("\n"))


@pytest.mark.parametrize("value", [0.0, 0.2, 4.5, -1000.0])
def test_equal_values_without_intervals(texts_of, value):
    table = pd.DataFrame({"label": list("abc"), "estimate": [value] * 3})
    texts_of(ranked_intervals(table))


def test_all_blank(texts_of):
    table = pd.DataFrame({"label": list("ab"), "estimate": [np.nan] * 2})
    assert texts_of(ranked_intervals(table)).count("Too few answers") == 2


@pytest.mark.parametrize("at", [0.0, 0.4])
def test_reference_at_the_edge_is_named_inside(texts_of, at):
    name = "Mean of all branches in the region"
    assert name in texts_of(ranked_intervals(frame(), reference=(at, name)))


def test_given_axes_keep_their_figure(texts_of):
    figure = Figure(figsize=(10, 4))
    ax = figure.subplots(1, 2)
    for one in ax:
        assert ranked_intervals(frame(), ax=one) is one
    texts_of(ax[0])
    assert figure.get_size_inches() == pytest.approx([10, 4])


def test_table_is_left_alone():
    table = frame()
    before = table.copy()
    ranked_intervals(table, highlight={"Empathy"})
    pd.testing.assert_frame_equal(table, before)


def test_missing_glyph_is_refused():
    table = frame()
    table.loc[0, "label"] = "Tang\U0001f600"
    with pytest.raises(ReportError, match="1F600"):
        ranked_intervals(table)


def test_math_signs_are_text(texts_of):
    table = frame()
    table.loc[0, "label"] = "costs $5 to $9"
    assert "costs $5 to $9" in texts_of(ranked_intervals(table))


def test_description_names_extremes_and_blanks():
    table = frame().assign(suppressed=[False, False, False, False, True])
    text = describe_intervals(table, kind="share", reference=(0.2, "Equal"), ci_level=0.9)
    assert text == (
        "Dot plot with 90\u2009% intervals of 5 rows, sorted by value. Highest 34\u2009%: Responsiveness; "
        "lowest 1\u2009%: Tangibles. Reference line: Equal (20\u2009%). 1 row is blank for too few answers."
    )
    zh = describe_intervals(frame("zh"), kind="share", lang="zh")
    first, second, _ = zh.split("。")
    assert first == "点图（含 95\u2009% 置信区间），共 5 行，按数值排序"
    assert second == "最高 34\u2009%：响应性；最低 1\u2009%：有形性"
