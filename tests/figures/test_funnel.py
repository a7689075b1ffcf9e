"""The funnel plot: what is drawn, asserted on the artists."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from svcq_lib.figures.funnel import describe_funnel, funnel
from svcq_lib.figures.style import ACCENT, GREY, WARNING


def units() -> pd.DataFrame:
    return pd.DataFrame(
        {"label": ["East", "West", "North"], "size": [50.0, 200.0, 400.0], "estimate": [0.5, 0.9, 0.2]}
    )


def limits() -> pd.DataFrame:
    size = np.linspace(40, 440, 20)
    half = 1 / np.sqrt(size)
    return pd.DataFrame(
        {"size": size, "warning_low": 0.6 - 2 * half, "warning_high": 0.6 + 2 * half, "limit_low": 0.6 - 3 * half,
         "limit_high": 0.6 + 3 * half}
    )  # fmt: skip


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_dots_limits_and_names(lang):
    ax = funnel(
        units(),
        limits(),
        (0.6, "mean"),
        named={"West", "North"},
        warn={"North"},
        axis_name="n",
        kind="share",
        lang=lang,
    )
    (dots,) = [one for one in ax.collections if one.get_gid() == "dots"]
    assert dots.get_offsets().tolist() == [[50.0, 0.5], [200.0, 0.9], [400.0, 0.2]]
    from matplotlib.colors import to_hex

    assert [to_hex(color) for color in dots.get_facecolors()] == [GREY, ACCENT, WARNING]
    lines = [line for line in ax.lines if line.get_gid() in ("warning", "limit")]
    assert len(lines) == 4
    assert [line.get_linestyle() for line in lines] == ["--", "--", "-", "-"]
    texts = {text.get_text() for text in ax.texts}
    assert {"West", "North", "mean", "n →"} <= texts
    assert "East" not in texts
    low, high = ax.get_ylim()
    assert low < limits()["limit_low"].min()
    assert high > limits()["limit_high"].max()


def test_nothing_named_draws_no_names():
    ax = funnel(units(), limits(), (0.6, "mean"))
    assert not {"East", "West", "North"} & {text.get_text() for text in ax.texts}


def test_the_alt_text_names_the_extremes():
    text = describe_funnel(units(), (0.6, "mean"), named={"West"}, kind="share")
    assert "3 units" in text
    assert "1 named" in text
    assert "Highest 90\u2009%: West; lowest 20\u2009%: North" in text
    assert "最高 90\u2009%：West" in describe_funnel(units(), (0.6, "均值"), kind="share", lang="zh")
