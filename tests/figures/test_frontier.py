import numpy as np
import pandas as pd
import pytest

from svcq_lib.errors import ReportError
from svcq_lib.figures.frontier import describe_frontier, frontier
from svcq_lib.figures.style import ACCENT, GREY


@pytest.fixture
def line():
    return pd.DataFrame({"budget": [0.0, 1.0, 2.0], "estimate": [0.0, 0.5, 0.9]})


@pytest.fixture
def points():
    return pd.DataFrame(
        {"label": ["Desk", "Team", "Hall"], "cost": [1.0, 1.0, 3.0], "estimate": [0.5, 0.4, -1.0]}
    )


def test_line_and_dots_hold_the_values(line, points):
    ax = frontier(line, points, chosen={"Desk"}, budget=(1.5, "Budget"))
    (steps,) = [one for one in ax.lines if one.get_gid() == "line"]
    np.testing.assert_allclose(steps.get_xydata(), line)
    assert steps.get_drawstyle() == "steps-post"
    (dots,) = [one for one in ax.collections if one.get_gid() == "dots"]
    np.testing.assert_allclose(dots.get_offsets(), points[["cost", "estimate"]])
    from matplotlib.colors import to_rgba

    np.testing.assert_allclose(dots.get_facecolors(), [to_rgba(ACCENT), to_rgba(GREY), to_rgba(GREY)])
    assert "Budget" in [text.get_text() for text in ax.texts]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_names_do_not_overlap_and_stay_inside(line, points, lang):
    ax = frontier(line, points, axis="Cost", lang=lang)
    names = [text for text in ax.texts if text.get_text() in set(points["label"])]
    boxes = [text.get_window_extent() for text in names]
    assert len(boxes) == 3
    for i, one in enumerate(boxes):
        assert one.x1 <= ax.get_figure().bbox.x1 + 1
        assert not any(one.overlaps(other) for other in boxes[i + 1 :])


def test_alt_text_names_best_and_worst(line, points):
    text = describe_frontier(line, points)
    assert "Highest 0.50: Desk; lowest −1.00: Hall" in text
    assert "Best combination 0.90, from a budget of 2.00" in text
    assert "最佳组合 0.90" in describe_frontier(line, points, lang="zh")


def test_a_character_without_a_font_is_refused(line, points):
    with pytest.raises(ReportError):
        frontier(line, points.assign(label="\U0001f4b0"))


def test_names_stand_off_the_line_and_off_each_other(line, points):
    ax = frontier(line, points)
    renderer = ax.figure._get_renderer()
    boxes = [text.get_window_extent(renderer) for text in ax.texts if text.get_text() in set(points["label"])]
    assert len(boxes) == 3
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    level = ax.transData.transform([(1.0, 0.5), (2.0, 0.5)])
    assert not any(
        box.y0 < level[0, 1] < box.y1 and box.x1 > level[0, 0] and box.x0 < level[1, 0] for box in boxes
    )
