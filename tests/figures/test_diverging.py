import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from svcq_lib.figures.diverging import describe_segments, gap_bars, segment_dots, segment_grid
from svcq_lib.figures.style import ACCENT, WARNING

DIMENSIONS = {
    "en": ["Tangibles", "Reliability", "Responsiveness", "Assurance", "Empathy"],
    "zh": ["有形性", "可靠性", "响应性", "保证性", "移情性"],
}
LEVELS = {"en": ["Under 30", "30 to 49", "50 and over"], "zh": ["30岁以下", "30–49岁", "50岁及以上"]}


def segments(lang="en", dimensions=5, levels=3):
    names = [LEVELS[lang][i % 3] + ("" if levels <= 3 else f" {i}") for i in range(levels)]
    rows = [
        (DIMENSIONS[lang][i % 5] + ("" if dimensions <= 5 else f" {i}"), name, -0.1 * i - 0.05 * k)
        for i in range(dimensions)
        for k, name in enumerate(names)
    ]
    table = pd.DataFrame(rows, columns=["dimension", "level", "estimate"])
    return table.assign(conf_low=table["estimate"] - 0.1, conf_high=table["estimate"] + 0.1)


def gaps(lang="en"):
    table = pd.DataFrame({"label": DIMENSIONS[lang], "gap": [0.12, -1.58, -1.82, -1.19, -1.4]})
    return table.assign(gap_low=table["gap"] - 0.07, gap_high=table["gap"] + 0.07)


def dots(ax):
    return np.asarray(next(c for c in ax.collections if c.get_gid() == "dots").get_offsets())


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_bars_reach_from_zero_to_the_value(texts_of, lang):
    ax = gap_bars(gaps(lang), warn={DIMENSIONS[lang][2]}, lang=lang)
    assert {"+0.12", "−1.82"} <= set(texts_of(ax))
    assert sorted(bar.get_width() for bar in ax.patches) == pytest.approx(sorted(gaps()["gap"]))
    assert [to_hex(bar.get_facecolor()) for bar in ax.patches] == [WARNING] + [ACCENT] * 4
    assert all(bar.get_x() == 0 or bar.get_x() + bar.get_width() == 0 for bar in ax.patches)


@pytest.mark.parametrize("value", [0.0, -0.5, 0.5])
def test_equal_bars(texts_of, value):
    texts_of(gap_bars(pd.DataFrame({"label": list("abc"), "gap": [value] * 3})))


def test_blank_bar(texts_of):
    ax = gap_bars(gaps().assign(suppressed=[True, False, False, False, False]))
    assert "Too few answers" in texts_of(ax)
    assert len(ax.patches) == 4


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_groups_keep_their_order_against_the_whole(texts_of, lang):
    table = segments(lang, dimensions=1)
    ax = segment_dots(table, reference=(-0.05, "All" if lang == "en" else "全部"), lang=lang)
    assert [text for text in texts_of(ax) if text in LEVELS[lang]] == LEVELS[lang]
    assert dots(ax)[:, 0] == pytest.approx([0.0, -0.05, -0.1])


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(("dimensions", "levels"), [(1, 1), (5, 3), (9, 22)])
def test_panels_share_groups_and_scale(texts_of, lang, dimensions, levels):
    table = segments(lang, dimensions, levels)
    axes = segment_grid(table, references=dict.fromkeys(table["dimension"], -0.2), kind="signed", lang=lang)
    texts_of(axes[0])
    assert len(axes) == dimensions
    assert len({tuple(np.round(ax.get_xlim(), 9)) for ax in axes}) == 1
    assert len({ax.get_ylim() for ax in axes}) == 1


def test_panel_without_a_group_says_so(texts_of):
    axes = segment_grid(segments().drop(index=4))
    assert texts_of(axes[0]).count("Too few answers") == 1
    assert len(dots(axes[1])) == 2


def test_warning_marks_its_own_dot():
    table = segments()
    axes = segment_grid(table, warn=(table.index == 4))
    paint = next(c for c in axes[1].collections if c.get_gid() == "dots").get_facecolors()
    assert [to_hex(color) for color in paint] == [ACCENT, WARNING, ACCENT]


def test_long_labels(texts_of, long_label, long_label_zh):
    table = segments("zh").replace(
        {"dimension": {"有形性": long_label_zh}, "level": {"30岁以下": long_label[:120]}}
    )
    texts_of(segment_grid(table, lang="zh")[0])
    texts_of(gap_bars(gaps("zh").replace({"label": {"有形性": long_label_zh}}), lang="zh"))


def test_description():
    text = describe_segments(segments(), facet="dimension", kind="signed")
    assert text == (
        "Values with 95\u2009% intervals of 3 groups in 5 panels on one scale. "
        "Highest 0.00: Tangibles, Under 30; lowest −0.50: Empathy, 50 and over."
    )
    assert "最低 −0.50：移情性，50岁及以上" in describe_segments(
        segments("zh"), facet="dimension", kind="signed", lang="zh"
    )
