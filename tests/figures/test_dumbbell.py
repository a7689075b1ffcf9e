import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from svcq_lib.figures.dumbbell import describe_dumbbell, dumbbell
from svcq_lib.figures.style import ACCENT, WARNING

NAMES = {
    "en": ["Tangibles", "Reliability", "Responsiveness", "Assurance", "Empathy"],
    "zh": ["有形性", "可靠性", "响应性", "保证性", "移情性"],
}


def frame(lang="en", rows=5):
    left, right = (
        np.resize([5.98, 4.83, 4.56, 5.03, 4.62], rows),
        np.resize([6.02, 6.41, 6.38, 6.22, 6.02], rows),
    )
    names = [NAMES[lang][i % 5] + (f" {i}" if rows > 5 else "") for i in range(rows)]
    table = pd.DataFrame({"label": names, "perception": left, "expectation": right, "gap": left - right})
    return table.assign(perception_low=left - 0.06, perception_high=left + 0.06)


def marks(ax, gid):
    return next(c for c in ax.collections if c.get_gid() == gid)


@pytest.mark.parametrize(("lang", "key"), [("en", ["Perception", "Expectation"]), ("zh", ["感知", "期望"])])
def test_widest_gap_first_with_all_values(texts_of, lang, key):
    ax = dumbbell(
        frame(lang), warn={NAMES[lang][2]}, reference=(4.88, "Whole" if lang == "en" else "全行"), lang=lang
    )
    texts = texts_of(ax)
    assert [t for t in texts if t in NAMES[lang]] == [NAMES[lang][i] for i in (2, 1, 4, 3, 0)]
    assert {"−1.82", "−0.04", "4.56", "6.38", *key} <= set(texts)
    assert np.asarray(marks(ax, "left").get_offsets())[:, 0] == pytest.approx([4.56, 4.83, 4.62, 5.03, 5.98])
    assert np.asarray(marks(ax, "right").get_offsets())[:, 0] == pytest.approx([6.38, 6.41, 6.02, 6.22, 6.02])
    assert [to_hex(c) for c in marks(ax, "left").get_facecolors()] == [WARNING] + [ACCENT] * 4


def test_values_stand_outside_their_marks():
    ax = dumbbell(frame().assign(perception=lambda t: t["expectation"] + 0.5).drop(columns=["gap"]))
    for text in ax.texts:
        if text.get_text() == "6.38":
            assert text.get_ha() == "right"
        if text.get_text() == "6.88":
            assert text.get_ha() == "left"
    assert "+0.50" in {text.get_text() for text in ax.texts}


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("rows", [1, 22])
def test_any_number_of_rows(texts_of, lang, rows):
    texts_of(dumbbell(frame(lang, rows), lang=lang))


@pytest.mark.parametrize("apart", [0.0, 0.001, 0.02])
def test_close_points(texts_of, apart):
    table = pd.DataFrame({"label": list("abc"), "perception": [5.0] * 3, "expectation": [5.0 + apart] * 3})
    texts_of(dumbbell(table, reference=(5.0, "Whole")))


def test_blank_rows(texts_of):
    table = frame().assign(suppressed=[False, True, False, False, False])
    table.loc[0, "expectation"] = np.nan
    ax = dumbbell(table)
    assert texts_of(ax).count("Too few answers") == 2
    assert len(marks(ax, "left").get_offsets()) == 3


def test_long_labels(texts_of, long_label, long_label_zh):
    table = frame("zh")
    table.loc[[0, 1], "label"] = [long_label, long_label_zh]
    texts_of(dumbbell(table, lang="zh"))


def test_rows_keep_their_order_on_request():
    texts = [t.get_text() for t in dumbbell(frame(), sort=False).texts]
    assert [t for t in texts if t in NAMES["en"]] == NAMES["en"]


def test_given_axes(texts_of):
    ax = Figure(figsize=(9, 5)).subplots()
    assert dumbbell(frame(), ax=ax, reference=(4.88, "Whole")) is ax
    texts_of(ax)


def test_two_periods():
    ax = dumbbell(frame().drop(columns="gap"), names=("This quarter", "Last quarter"))
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["This quarter", "Last quarter"]


def test_description():
    text = describe_dumbbell(frame())
    assert "Dumbbell plot of perception and expectation for 5 rows" in text
    assert "Highest −0.04: Tangibles (perception 5.98, expectation 6.02)" in text
    assert "lowest −1.82: Responsiveness (perception 4.56, expectation 6.38)" in text
    assert "最低 −1.82：响应性（感知 4.56，期望 6.38）" in describe_dumbbell(frame("zh"), lang="zh")
