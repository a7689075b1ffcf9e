import numpy as np
import pandas as pd
import pytest

from svcq_lib.errors import ReportError
from svcq_lib.figures.tornado import describe_tornado, tornado

BASE = (1.0, "Likely")


@pytest.fixture
def swings():
    return pd.DataFrame({
        "label": ["Saving", "Contingency", "Lift"], "npv_low": [-2.0, 1.0, 0.5], "npv_high": [4.0, 0.0, 1.2],
    })  # fmt: skip


def bars(ax, gid):
    return [one for one in ax.patches if one.get_gid() == gid]


def test_bars_run_from_the_baseline_to_the_values(swings):
    ax = tornado(swings, baseline=BASE)
    for gid, column in (("low", "npv_low"), ("high", "npv_high")):
        ends = [bar.get_x() + bar.get_width() for bar in bars(ax, gid)]
        np.testing.assert_allclose(ends, swings[column])
        np.testing.assert_allclose([bar.get_x() for bar in bars(ax, gid)], 1.0)


def test_rows_keep_their_order_from_the_top(swings):
    ax = tornado(swings, baseline=BASE)
    heights = [bar.get_y() for bar in bars(ax, "low")]
    assert heights == sorted(heights)
    assert ax.yaxis_inverted()


def test_values_that_differ_from_the_baseline_are_written(swings):
    said = [text.get_text() for text in tornado(swings, baseline=BASE).texts]
    assert {"−2.00", "4.00", "0.00", "0.50", "1.20", "Likely"} <= set(said)
    assert "1.00" not in said


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_nothing_is_drawn_outside_the_figure(swings, lang):
    ax = tornado(swings, baseline=BASE, lang=lang)
    box = ax.get_figure().bbox
    for text in ax.texts:
        extent = text.get_window_extent()
        assert box.x0 - 1 <= extent.x0
        assert extent.x1 <= box.x1 + 1
        assert extent.y1 <= box.y1 + 1


def test_alt_text_names_the_widest(swings):
    assert "Widest: Saving, −2.00 to 4.00" in describe_tornado(swings, baseline=BASE)
    assert "影响最大：Saving" in describe_tornado(swings, baseline=BASE, lang="zh")


def test_a_character_without_a_font_is_refused(swings):
    with pytest.raises(ReportError):
        tornado(swings.assign(label="\U0001f4b0"), baseline=BASE)
