import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from svcq_lib.figures.placing import apart, beside
from svcq_lib.figures.quadrant import describe_quadrant, quadrant

NAMES = {
    "en": ["Tangibles", "Reliability", "Responsiveness", "Assurance", "Empathy"],
    "zh": ["有形性", "可靠性", "响应性", "保证性", "移情性"],
}
QUADRANTS = {
    "en": {"Concentrate here", "Keep up", "Low priority", "Possible overkill"},
    "zh": {"重点改进", "继续保持", "低优先", "过度投入"},
}


def frame(lang="en"):
    table = pd.DataFrame({"label": NAMES[lang], "performance": [5.98, 4.83, 4.56, 5.03, 4.62]})
    table["share"] = [0.05, 0.30, 0.34, 0.16, 0.15]
    for name, half in (("performance", 0.06), ("share", 0.03)):
        table[f"{name}_low"], table[f"{name}_high"] = table[name] - half, table[name] + half
    return table


def cloud(rows, names):
    rng = np.random.default_rng(7)
    labels = [f"{names[i % len(names)]} {i + 1}" for i in range(rows)]
    return pd.DataFrame(
        {"label": labels, "performance": rng.normal(5, 0.4, rows), "share": rng.dirichlet(np.full(rows, 6.0))}
    )


def points(ax):
    return np.asarray(next(c for c in ax.collections if c.get_gid() == "dots").get_offsets())


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("intervals", [True, False])
def test_points_are_named_in_their_quadrants(texts_of, lang, intervals):
    ax = quadrant(frame(lang), intervals=intervals, lang=lang)
    assert QUADRANTS[lang] | set(NAMES[lang]) <= set(texts_of(ax))
    assert points(ax) == pytest.approx(frame()[["performance", "share"]].to_numpy())


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_many_points_are_numbered_with_a_list(texts_of, lang):
    table = cloud(22, NAMES[lang])
    texts = texts_of(quadrant(table, lang=lang))
    assert set(table["label"]) <= set(texts)
    assert texts.count("22") == 2


def test_equal_points_are_numbered(texts_of):
    table = pd.DataFrame({"label": [f"Question {i}" for i in range(22)], "performance": 5.0, "share": 0.05})
    texts = texts_of(quadrant(table))
    assert texts.count("22") == 2


def test_one_point(texts_of):
    texts_of(quadrant(frame().iloc[:1]))


@pytest.mark.parametrize("rows", [3, 14])
def test_long_labels(texts_of, long_label, long_label_zh, rows):
    table = cloud(rows, NAMES["zh"])
    table.loc[[0, 1], "label"] = [long_label, long_label_zh]
    texts_of(quadrant(table, lang="zh"))


def test_blank_points_are_counted(texts_of):
    table = frame().assign(suppressed=[True, False, False, False, False])
    table.loc[1, "share"] = np.nan
    ax = quadrant(table)
    assert "Too few answers: 2" in texts_of(ax)
    assert len(points(ax)) == 3


def test_no_point_at_all(texts_of):
    assert "Too few answers: 5" in texts_of(quadrant(frame().assign(suppressed=True)))


def test_lines_and_own_words(texts_of):
    ax = quadrant(frame(), lines=(5.0, 0.2), names=("a", "b", "c", "d"), axis_names=("Score", "Weight"))
    assert {"a", "b", "c", "d", "Score →", "↑ Weight"} <= set(texts_of(ax))
    assert {tuple(line.get_xdata()) for line in ax.lines} >= {(5.0, 5.0)}


def test_given_axes(texts_of):
    figure = Figure(figsize=(9, 6))
    ax = quadrant(frame(), ax=figure.subplots())
    texts_of(ax)
    assert figure.get_size_inches() == pytest.approx([9, 6])


def test_description_lists_each_quadrant():
    text = describe_quadrant(frame(), lines=(5.0, 0.2))
    assert "Concentrate here: Reliability, Responsiveness. Keep up: None." in text
    assert "Low priority: Empathy. Possible overkill: Tangibles, Assurance." in text
    assert "重点改进：可靠性、响应性。继续保持：无。" in describe_quadrant(
        frame("zh"), lines=(5.0, 0.2), lang="zh"
    )


def test_beside_reports_when_nothing_is_free():
    area = Bbox.from_bounds(0, 0, 30, 30)
    places, free = beside(np.array([[15.0, 15.0]]), [(100.0, 20.0)], area, [])
    assert len(places) == 1
    assert not free


def test_apart_keeps_order_and_distance():
    wanted, heights = [50.0, 52.0, 51.0, 2.0], [10.0] * 4
    placed = apart(wanted, heights, 0.0, 100.0)
    assert np.argsort(placed).tolist() == np.argsort(wanted).tolist()
    assert np.diff(sorted(placed)).min() >= 10.0
    assert min(placed) >= 5.0


def test_uncertain_points_are_rings_and_said_so():
    table = frame()
    ax = quadrant(table, hollow={"Empathy"})
    dots = next(c for c in ax.collections if c.get_gid() == "dots")
    width = np.asarray(dots.get_linewidths())
    assert (width > 0).tolist() == [name == "Empathy" for name in table["label"]]
    assert "Rings: Empathy." in describe_quadrant(table, hollow={"Empathy"})
    assert "空心：移情性。" in describe_quadrant(frame("zh"), hollow={"移情性"}, lang="zh")


def test_all_above_the_diagonal_belongs_to_the_upper_left():
    # standard scores of x: −1.22, 0, 1.22; of y: −1.22, 1.22, 0
    table = pd.DataFrame(
        {"label": ["a", "b", "c"], "performance": [1.0, 2.0, 3.0], "share": [10.0, 30.0, 20.0]}
    )
    ax = quadrant(table, diagonal=True)
    line = next(one for one in ax.lines if one.get_gid() == "diagonal")
    assert line.get_slope() == pytest.approx(10.0)
    said = describe_quadrant(table, diagonal=True)
    assert "Concentrate here: b." in said
    assert "Concentrate here: None." in describe_quadrant(table)
