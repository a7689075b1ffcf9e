import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from svcq_lib.figures.series import short_periods
from svcq_lib.figures.trend import describe_trend, trend, trend_grid

NAMES = {
    "en": ["Tangibles", "Reliability", "Responsiveness", "Assurance", "Empathy"],
    "zh": ["有形性", "可靠性", "响应性", "保证性", "移情性"],
}
QUARTERS = ["2025-Q2", "2025-Q3", "2025-Q4", "2026-Q1", "2026-Q2", "2026-Q3"]
MONTHS = [f"{2024 + i // 12}-{i % 12 + 1:02d}" for i in range(30)]


def frame(names=("",), periods=QUARTERS, step=0.1):
    rows = [(p, g, 5 + i * step + 0.02 * k) for i, g in enumerate(names) for k, p in enumerate(periods)]
    table = pd.DataFrame(rows, columns=["period", "group", "estimate"])
    return table.assign(conf_low=table["estimate"] - 0.08, conf_high=table["estimate"] + 0.08)


def lines(ax):
    return [line for line in ax.lines if line.get_gid() == "line"]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("periods", [QUARTERS, MONTHS, QUARTERS[:1]])
def test_one_line(texts_of, lang, periods):
    word = "Target" if lang == "en" else "目标"
    ax = trend(frame(periods=periods), target=(5.3, word), lang=lang)
    texts = texts_of(ax)
    assert f"{word} 5.30" in texts
    assert f"{5 + 0.02 * (len(periods) - 1):.2f}" in texts
    assert np.asarray(lines(ax)[0].get_ydata()) == pytest.approx(
        frame(periods=periods)["estimate"].to_numpy()
    )


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("step", [0.1, 0.0])
def test_lines_are_named_at_their_ends_without_overlap(texts_of, lang, step):
    names = NAMES[lang]
    ax = trend(frame(names, step=step), group="group", highlight={names[1]}, lang=lang,
               target=(5.1, "Target" if lang == "en" else "目标"))  # fmt: skip
    texts = texts_of(ax)
    assert all(any(text.startswith(name) for text in texts) for name in names)
    assert len(ax.collections) == len(names) + 1  # last dots of all, a band of the highlighted one


def test_gap_in_a_line(texts_of):
    table = frame()
    table.loc[2, "estimate"] = np.nan
    ax = trend(table.assign(suppressed=[False] * 4 + [True, False]))
    texts_of(ax)
    assert np.isnan(lines(ax)[0].get_ydata()).sum() == 2


@pytest.mark.parametrize(("lang", "words"), [("en", "Too few answers"), ("zh", "样本不足")])
def test_nothing_to_draw(texts_of, lang, words):
    assert words in texts_of(trend(frame().assign(suppressed=True), lang=lang))


def test_long_names(texts_of, long_label_zh):
    texts_of(trend(frame([long_label_zh[:60], "有形性"]), group="group", lang="zh"))


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("groups", [1, 5, 22])
def test_panels_share_one_scale(texts_of, lang, groups):
    names = [f"{NAMES[lang][i % 5]} {i}" for i in range(groups)]
    axes = trend_grid(
        frame(names, step=0.02), group="group", target=(5.2, "Goal" if lang == "en" else "目标"), lang=lang
    )
    texts_of(axes[0])
    assert len(axes) == groups
    assert len({ax.get_ylim() for ax in axes}) == 1
    assert len({round(ax.get_position().width, 6) for ax in axes}) == 1


def test_panels_with_long_names(texts_of, long_label, long_label_zh):
    texts_of(trend_grid(frame([long_label, long_label_zh, "有形性"]), group="group", lang="zh")[0])


def test_given_axes(texts_of):
    ax = Figure(figsize=(9, 4)).subplots()
    assert trend(frame(), ax=ax) is ax
    texts_of(ax)


def test_short_periods():
    assert short_periods(["2025-Q4", "2026-Q1"], "zh") == ["四季度\n2025年", "一季度\n2026年"]
    assert short_periods(["2025-12", "2026-01", "2026-02"]) == ["Dec\n2025", "Jan\n2026", "Feb"]
    assert short_periods(["2025", "2026"], "zh") == ["2025年", "2026年"]
    assert short_periods(["before", "after"]) == ["before", "after"]


def test_description():
    text = describe_trend(frame(["Speed"]), group="group", target=(5.3, "Target"))
    assert text == (
        "Line chart with 95\u2009% intervals, 2025 Q2 to 2026 Q3. Speed: from 5.00 to 5.10. "
        "Reference line: Target (5.30)."
    )
    zh = describe_trend(frame(list("abcdefgh")), group="group", lang="zh")
    assert "a：由 5.00 变为 5.10" in zh
    assert "另有 2 条线" in zh
