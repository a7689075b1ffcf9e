"""Texts are measured as they will be drawn."""

import pytest
from matplotlib import pyplot as plt

from svcq_lib.figures import layout
from svcq_lib.figures.style import use_style


@pytest.mark.parametrize(("lang", "text"), [("en", "Serves without delay"), ("zh", "及时提供服务\n响应性")])
@pytest.mark.parametrize("weight", ["normal", layout.STRONG])
def test_a_measured_size_is_that_of_the_drawn_text(lang, text, weight):
    with use_style(lang):
        figure = plt.figure()
        drawn = figure.text(0, 0, text, size=layout.LABEL, weight=weight, linespacing=layout.LINE)
        extent = drawn.get_window_extent()
        width, height = layout.size_of(figure, text, layout.LABEL, weight)
        assert width == pytest.approx(extent.width * 72 / figure.dpi)
        assert height == pytest.approx(extent.height * 72 / figure.dpi)
        plt.close(figure)


def test_a_size_is_kept_for_its_text_size_and_language():
    sizes = []
    for lang in ("en", "zh"):
        with use_style(lang):
            figure = plt.figure()
            sizes.append(layout.size_of(figure, "Satisfaction 72.4", 12.0))
            assert layout.size_of(figure, "Satisfaction 72.4", 24.0)[0] > 1.8 * sizes[-1][0]
            plt.close(figure)
    assert all(width > 0 for width, _ in sizes)
