import numpy as np
import pandas as pd
import pytest

from svcq_lib.figures.fan import describe_fan, fan


@pytest.fixture
def cash():
    middle = np.linspace(-2, 3, 24)
    width = np.linspace(0, 2, 24)
    return pd.DataFrame({
        "period": [f"{2026 + t // 12}-{t % 12 + 1:02d}" for t in range(24)], "median": middle,
        "band_low": middle - width / 3, "band_high": middle + width / 3, "conf_low": middle - width,
        "conf_high": middle + width,
    })  # fmt: skip


def named(ax, gid):
    return [one for one in ax.get_children() if one.get_gid() == gid]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_line_and_bands_hold_the_values(cash, lang):
    ax = fan(cash, lang=lang)
    (line,) = named(ax, "line")
    np.testing.assert_allclose(line.get_ydata(), cash["median"])
    (outer,), (inner,) = named(ax, "outer"), named(ax, "inner")
    for band, low, high in ((outer, "conf_low", "conf_high"), (inner, "band_low", "band_high")):
        heights = band.get_paths()[0].vertices[:, 1]
        assert heights.min() == pytest.approx(cash[low].min())
        assert heights.max() == pytest.approx(cash[high].max())
    low, high = ax.get_ylim()
    assert low < cash["conf_low"].min() < cash["conf_high"].max() < high


def test_ends_are_written_beside_the_axes(cash):
    said = [text.get_text() for text in fan(cash, digits=1).texts]
    assert {"3.0", "1.0", "5.0"} <= set(said)


def test_limits_too_close_to_the_middle_are_not_written(cash):
    narrow = cash.assign(conf_low=cash["median"] - 0.01, conf_high=cash["median"] + 0.01)
    assert "2.99" not in [text.get_text() for text in fan(narrow).texts]


def test_zero_is_in_sight_only_if_asked(cash):
    above = cash.assign(**{name: cash[name] + 50 for name in cash.columns[1:]})
    assert fan(above).get_ylim()[0] < 0
    assert fan(above, zero=False).get_ylim()[0] > 0


def test_alt_text_names_lowest_point_and_end(cash):
    text = describe_fan(cash)
    assert "Lowest −2.00: Jan 2026" in text
    assert "At the end 3.00 [1.00, 5.00]" in text
    assert "期末 3.00" in describe_fan(cash, lang="zh")


def test_nothing_is_drawn_outside_the_figure(cash):
    ax = fan(cash)
    figure = ax.get_figure()
    box = figure.bbox
    for text in ax.texts:
        extent = text.get_window_extent()
        assert extent.x1 <= box.x1 + 1
        assert extent.y1 <= box.y1 + 1
