"""Values by rank beside noise."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from svcq_lib.figures.scree import describe_scree, scree
from svcq_lib.figures.style import ACCENT, GREY

NAMES = ("Eigenvalue", "Noise")


def table(values, noise):
    return pd.DataFrame({"eigenvalue": values, "noise_limit": noise})


def test_leading_values_above_noise_are_marked_and_written():
    ax = scree(table([3.0, 1.5, 0.6, 0.4], [1.2, 1.1, 0.5, 0.9]), names=NAMES)
    (dots,) = ax.collections
    colors = [to_hex(one) for one in dots.get_facecolors()]
    assert colors[:2] == [ACCENT, ACCENT]
    assert colors[3] == GREY
    assert [text.get_text() for text in ax.texts][:3] == ["3.00", "1.50", "0.60"]
    assert [line.get_ydata().tolist() for line in ax.lines] == [[1.2, 1.1, 0.5, 0.9], [3.0, 1.5, 0.6, 0.4]]


def test_a_value_above_noise_after_one_below_does_not_count():
    ax = scree(table([3.0, 0.9, 0.6], [1.2, 1.0, 0.5]), names=NAMES)
    assert [to_hex(one) for one in ax.collections[0].get_facecolors()] == [ACCENT, GREY, GREY]


@pytest.mark.parametrize("count", [5, 25, 70])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_text_is_clipped_or_covered(texts_of, count, lang):
    values = np.linspace(12, 0.2, count)
    names = ("Eigenvalue", "Noise") if lang == "en" else ("特征值", "随机水平")
    texts = texts_of(scree(table(values, np.full(count, 1.0)), names=names, lang=lang))
    assert {"12.00", *names} <= set(texts)


def test_the_names_of_the_lines_do_not_overlap():
    ax = scree(table([3.0, 1.0, 0.5], [1.2, 0.9, 0.5]), names=NAMES)
    ends = [text for text in ax.texts if text.get_text() in NAMES]
    at = sorted(text.xyann[1] for text in ends)
    assert np.diff(at)[0] > 8


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", "3 values by rank: Eigenvalue and Noise. The first 2 above noise: 3.00, 1.50. Smallest 0.40."),
        ("zh", "前 2 个高于随机水平：3.00、1.50"),
    ],
)  # fmt: skip
def test_alt_text(lang, said):
    assert said in describe_scree(table([3.0, 1.5, 0.4], [1.2, 1.0, 0.9]), names=NAMES, lang=lang)


def test_nothing_above_noise_is_said():
    assert "None is above noise" in describe_scree(table([1.0, 0.9], [1.2, 1.0]), names=NAMES)
