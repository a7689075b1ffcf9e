import numpy as np
import pandas as pd
import pytest

from svcq_lib.figures.event import describe_event, event

MONTHS = [f"{2025 + i // 12}-{i % 12 + 1:02d}" for i in range(18)]
NAMES = {"en": ("Before the start", "After the start"), "zh": ("开始之前", "开始之后")}


def frame(periods=MONTHS, start=6, ramp=2):
    at = np.arange(len(periods))
    phase = np.where(at < start, -1, np.where(at < start + ramp, 0, 1))
    table = pd.DataFrame({"period": periods, "phase": phase, "estimate": 0.1 * (phase > 0) + 0.01 * at})
    table = table.assign(conf_low=table["estimate"] - 0.1, conf_high=table["estimate"] + 0.1)
    table.loc[start - 1, ["estimate", "conf_low", "conf_high"]] = [0, np.nan, np.nan]
    return table


def dots(ax):
    return next(one for one in ax.collections if one.get_gid() == "dots")


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    ("periods", "start", "ramp"), [(MONTHS, 6, 2), (["2025-Q1", "2025-Q2", "2025-Q3"], 2, 0)]
)
def test_each_period_has_its_interval(texts_of, lang, periods, start, ramp):
    table = frame(periods, start, ramp)
    ax = event(table, names=NAMES[lang], lang=lang)
    texts = texts_of(ax)
    assert set(NAMES[lang]) <= set(texts)
    known = table[table["conf_low"].notna()]
    assert dots(ax).get_offsets()[:, 1].tolist() == pytest.approx(known["estimate"].tolist())
    (bars,) = [one for one in ax.collections if one.get_gid() == "intervals"]
    assert len(bars.get_segments()) == len(known)
    assert len(ax.patches) == (1 if ramp else 0)


def test_before_and_after_have_their_own_colours():
    colors = dots(event(frame())).get_facecolors()
    assert len(np.unique(colors, axis=0)) == 2


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", "95\u2009% intervals, Jan 2025 to Jun 2026. Before: 0.00 to +0.04. After: +0.18 to +0.27."),
        ("zh", "开始前：0.00 至 +0.04。之后：+0.18 至 +0.27。"),
    ],
)  # fmt: skip
def test_alt_text_names_both_ranges(lang, said):
    assert said in describe_event(frame(), lang=lang)
