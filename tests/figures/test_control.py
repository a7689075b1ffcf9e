import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from svcq_lib.figures.control import control_chart, describe_control
from svcq_lib.figures.style import ACCENT, WARNING
from svcq_lib.stats import control

MONTHS = [f"{2025 + i // 12}-{i % 12 + 1:02d}" for i in range(18)]
VALUES = [1, 2, 1, 2, 10, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1]


def frame(values=VALUES):
    limits = control.xmr(values)
    return pd.DataFrame({
        "period": MONTHS[: len(values)], "estimate": np.asarray(values, dtype=float), "centre": float(limits.centre),
        "lower": float(limits.lower), "upper": float(limits.upper), "signal": control.special_causes(values, limits),
    })  # fmt: skip


def coloured(ax, color):
    return [
        tuple(point)
        for marks in ax.collections
        if len(marks.get_facecolors()) and tuple(marks.get_facecolors()[0][:3]) == to_rgb(color)
        for point in marks.get_offsets()
    ]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_special_cause_is_marked_and_the_lines_are_named(texts_of, lang):
    ax = control_chart(frame(), target=(4.0, "Target" if lang == "en" else "目标"), lang=lang)
    texts = texts_of(ax)
    assert any(text.endswith("4.60") for text in texts)
    assert any(text.endswith("1.94") for text in texts)
    assert coloured(ax, ACCENT) == [(4.0, 10.0)]
    assert not coloured(ax, WARNING)


def test_the_direction_of_good_colours_it():
    assert coloured(control_chart(frame(), high_is_good=False), WARNING) == [(4.0, 10.0)]


@pytest.mark.parametrize(
    ("lang", "said"), [("en", "Special causes: May 2025."), ("zh", "特殊原因：2025年5月。")]
)
def test_alt_text_names_special_causes(lang, said):
    text = describe_control(frame(), lang=lang)
    assert said in text.replace("\u2009", "")
    assert ("No special cause" if lang == "en" else "没有特殊原因") in describe_control(
        frame([1, 2, 1, 2, 1, 2, 1, 2]), lang=lang
    )
