"""What the tests of all figures share: is every text inside the figure, and does none cover another?"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text


def _texts(figure: Figure) -> list[Text]:
    found = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    return [text for text in found if text.axes is None or text.axes.get_visible()]


def _check(ax: Axes) -> list[str]:
    figure = ax.get_figure(root=True)
    FigureCanvasAgg(figure).draw()
    boxes = [(text.get_text(), Text.get_window_extent(text)) for text in _texts(figure)]
    for text, box in boxes:
        inside = (
            box.x0 >= -1 and box.y0 >= -1 and box.x1 <= figure.bbox.x1 + 1 and box.y1 <= figure.bbox.y1 + 1
        )
        assert inside, f"{text!r} is clipped: {box.extents} in {figure.bbox.extents}"
    for (one, a), (other, b) in combinations(boxes, 2):
        across, up = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
        assert min(across, up) <= 1, f"{one!r} covers {other!r}: {a.extents}, {b.extents}"
    return [text for text, _ in boxes]


@pytest.fixture
def texts_of() -> Callable[[Axes], list[str]]:
    """Draw the figure, check that no text is clipped or covered, and return the texts."""
    return _check


@pytest.fixture
def long_label() -> str:
    return ("Employees of the branch give prompt service without being asked twice " * 3)[:200]


@pytest.fixture
def long_label_zh() -> str:
    return ("网点员工无需客户再三催促即可提供及时、准确、友好的服务，并说明办理所需时间；" * 6)[:200]
