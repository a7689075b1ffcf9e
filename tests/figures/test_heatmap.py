import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex, to_rgb

from svcq_lib.errors import ReportError
from svcq_lib.figures.heatmap import ROW, describe_heatmap, heatmap
from svcq_lib.figures.layout import WIDTH, new_figure
from svcq_lib.figures.style import INK, PAPER, RULE

DIMENSIONS = {
    "en": ["Tangibles", "Reliability", "Responsiveness", "Assurance", "Empathy"],
    "zh": ["有形性", "可靠性", "响应性", "保证性", "移情性"],
}
MEANS = np.array([-0.04, -1.58, -1.82, -1.19, -1.4])


def gaps(lang="en", rows=24, columns=5):
    values = MEANS[np.arange(columns) % 5] - 0.03 * np.arange(rows)[:, None]
    names = [f"Branch {i}" if lang == "en" else f"第{i}支行" for i in range(1, rows + 1)]
    return pd.DataFrame(values, index=names, columns=[DIMENSIONS[lang][j % 5] for j in range(columns)])


def cells(ax):
    """Return the colours of the cells as drawn, in the shape of the table."""
    mesh = next(artist for artist in ax.collections if artist.get_gid() != "marks")
    ax.get_figure(root=True).canvas.draw()
    return np.asarray(mesh.get_facecolors())[:, :3].reshape(*np.asarray(mesh.get_array()).shape, 3)


def weights(ax):
    return {text.get_text(): text.get_weight() for text in ax.texts}


def dots(ax):
    return np.asarray(next(c for c in ax.collections if c.get_gid() == "marks").get_offsets())


def luminance(color):
    color = np.asarray(color)
    return np.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4) @ [
        0.2126,
        0.7152,
        0.0722,
    ]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_name_and_value_is_written_once(texts_of, lang):
    table = gaps(lang)
    ax = heatmap(table, lang=lang)
    texts = texts_of(ax)
    assert texts[:24] == list(table.index)
    assert texts[24:29] == DIMENSIONS[lang]
    assert len(texts) == 24 + 5 + 24 * 5
    assert {"−0.04", "−2.51"} <= set(texts)
    assert all(text.get_rotation() == 0 for text in ax.texts)


def test_compact_rows_in_the_width_of_the_page():
    width, height = heatmap(gaps()).get_figure(root=True).get_size_inches()
    assert width == WIDTH
    assert 0.26 <= ROW / 72 <= 0.3
    assert height < 24 * 0.3 + 0.6


def test_first_row_is_at_the_top():
    ax = heatmap(gaps(rows=3))
    place = {text.get_text(): text.get_window_extent().y0 for text in ax.texts}
    assert place["Tangibles"] > place["Branch 1"] > place["Branch 2"] > place["Branch 3"]


def test_gaps_are_paler_the_nearer_to_zero():
    table = pd.DataFrame({"a": [-2.0, -1.0], "b": [-0.5, 0.0]}, index=["x", "y"])
    painted = cells(heatmap(table))
    lights = luminance(painted)
    assert lights[0, 0] < lights[1, 0] < lights[0, 1] < lights[1, 1]
    assert painted[0, 0, 0] > painted[0, 0, 2]  # low is red rather than blue
    assert lights[1, 1] > 0.9


def test_low_and_high_take_two_colours_around_the_middle():
    painted = cells(heatmap(pd.DataFrame([[1.0, 4.0, 7.0]], index=["x"], columns=list("abc")), kind="score"))
    (low, middle, high) = painted[0]
    assert low[0] > low[2]
    assert high[0] < high[2]
    assert luminance(middle) > max(luminance(low), luminance(high))


def test_center_moves_the_white():
    table = pd.DataFrame([[3.0, 4.0, 5.0]], index=["x"], columns=list("abc"))
    lights = luminance(cells(heatmap(table, center=5.0)))[0]
    assert lights[0] < lights[1] < lights[2]
    assert lights[2] > 0.9


def test_ink_is_readable_on_every_colour():
    painted = cells(heatmap(pd.DataFrame([np.linspace(-1, 1, 10)], index=["x"], columns=list("abcdefghij"))))
    ink = luminance(to_rgb(INK))
    assert ((luminance(painted) + 0.05) / (ink + 0.05)).min() >= 4.5


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_marked_cells_are_bold_with_a_dot_beside(texts_of, lang):
    table = gaps(lang, rows=4)
    marked = np.zeros(table.shape, dtype=bool)
    marked[1, 2] = marked[3, 0] = True
    ax = heatmap(table, marked=marked, lang=lang)
    texts_of(ax)
    assert {text for text, weight in weights(ax).items() if weight == 600} - set(DIMENSIONS[lang]) == {
        "−1.85", "−0.13",
    }  # fmt: skip
    assert np.floor(dots(ax)).tolist() == [[2, 1], [0, 3]]
    boxes = [text.get_window_extent() for text in ax.texts]
    for x, y in ax.transData.transform(dots(ax)):
        assert not any(box.x0 - 1 <= x <= box.x1 + 1 and box.y0 <= y <= box.y1 for box in boxes)


@pytest.mark.parametrize("marked", [None, np.zeros((4, 5), dtype=bool)])
def test_nothing_is_marked(marked):
    ax = heatmap(gaps(rows=4), marked=marked)
    assert len(dots(ax)) == 0
    assert weights(ax)["−1.58"] == "normal"


def test_blank_cells_are_grey_with_a_dash_and_never_marked(texts_of):
    table = gaps(rows=3)
    table.iloc[1, 1], table.iloc[2, 2] = np.nan, np.inf
    # a pivot of flags has NaN where a group lacks a dimension
    marked = pd.DataFrame(False, index=table.index, columns=table.columns).astype(object)
    marked.iloc[1, 1], marked.iloc[2, 2] = np.nan, True
    ax = heatmap(table, marked=marked.to_numpy())
    assert texts_of(ax).count("–") == 2
    assert [to_hex(color) for color in cells(ax)[[1, 2], [1, 2]]] == [RULE, RULE]
    assert len(dots(ax)) == 0


def test_all_blank(texts_of):
    table = gaps(rows=2, columns=2) * np.nan
    assert texts_of(heatmap(table)).count("–") == 4


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_equal_values_stay_pale(texts_of, lang):
    ax = heatmap(gaps(lang, rows=2, columns=2) * 0 + 4.2, lang=lang)
    assert texts_of(ax).count("4.20") == 4
    assert luminance(cells(ax)).min() > 0.9


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(("rows", "columns"), [(2, 2), (30, 10), (1, 1), (6, 10), (3, 7)])
def test_long_names_wrap(texts_of, lang, rows, columns, long_label, long_label_zh):
    name = long_label if lang == "en" else long_label_zh
    table = gaps(lang, rows, columns)
    table.index = pd.Index([name if i % 2 == 0 else short for i, short in enumerate(table.index)])
    table.columns = pd.Index([name[:60] if j % 3 == 0 else short for j, short in enumerate(table.columns)])
    ax = heatmap(table, marked=np.ones(table.shape, dtype=bool), lang=lang)
    texts_of(ax)
    assert ax.get_figure(root=True).get_size_inches()[1] < 13.5


def test_no_word_of_a_column_name_is_cut_while_a_smaller_size_holds_it(texts_of):
    table = gaps(columns=8)
    assert set(DIMENSIONS["en"]) <= set(texts_of(heatmap(table)))


def test_shares_and_digits(texts_of):
    table = pd.DataFrame({"a": [0.338], "b": [0.5]}, index=["x"])
    assert {"33.8\u2009%", "50.0\u2009%"} <= set(texts_of(heatmap(table, kind="share", digits=1)))


def test_given_axes_keep_their_figure(texts_of):
    figure = new_figure(9.3, 4.0)
    ax = figure.add_axes((0, 0, 1, 1))
    assert heatmap(gaps(rows=8), ax=ax) is ax
    assert figure.get_size_inches().tolist() == [9.3, 4.0]
    assert texts_of(ax)


def test_separators_are_the_colour_of_the_paper():
    mesh = next(c for c in heatmap(gaps(rows=2)).collections if c.get_gid() != "marks")
    assert to_hex(mesh.get_edgecolor()[0]) == PAPER


def test_refusals():
    with pytest.raises(ReportError, match=r"shape \(1, 2\), the values \(3, 5\)"):
        heatmap(gaps(rows=3), marked=[[True, False]])
    with pytest.raises(ReportError, match="U\\+1F600"):
        heatmap(gaps(rows=2).rename(index={"Branch 1": "Branch \U0001f600"}))


@pytest.mark.parametrize(
    ("lang", "expected"),
    [
        (
            "en",
            "Heat map of 3 rows by 2 columns (Tangibles and Reliability). Highest −0.04: Branch 1, "
            "Tangibles; lowest −1.64: Branch 3, Reliability. 1 cell is blank for too few answers.",
        ),
        (
            "zh",
            "热力图，3 行 2 列（有形性和可靠性）。最高 −0.04：第1支行，有形性；最低 −1.64：第3支行，可靠性。"
            "1 个单元格样本不足，未显示。",
        ),
    ],
)
def test_alt_text(lang, expected):
    table = gaps(lang, rows=3, columns=2)
    table.iloc[1, 1] = np.nan
    assert describe_heatmap(table, lang=lang) == expected
