"""Fonts, colours and matplotlib settings."""

import logging

import matplotlib
import numpy as np
import pytest

from svcq_lib.errors import ReportError
from svcq_lib.figures import style

# Machado, Oliveira and Fernandes (2009), severity 1.0, linear RGB.
DEFICIENCIES = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
}


def linear(colour):
    rgb = np.array(matplotlib.colors.to_rgb(colour))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ np.clip(
        rgb, 0, 1
    )
    ratio = xyz / np.array([0.9505, 1.0, 1.089])
    f = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_font_files_exist_and_carry_the_open_licence():
    from fontTools.ttLib import TTFont

    for path in style.font_files().values():
        with TTFont(path, lazy=True) as font:
            assert "SIL Open Font License" in font["name"].getDebugName(13)


def test_a_missing_distribution_is_named(monkeypatch):
    monkeypatch.setitem(style._FILES, "cjk-regular", ("no-such-font", "x.ttf"))
    style.font_files.cache_clear()
    with pytest.raises(ReportError, match=r"pip install .*no-such-font"):
        style.font_files()
    style.font_files.cache_clear()


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("Gap −1.82 [−1.88, −1.76], 34\u2009%", set()),
        ("响应性失分最多：差距（满分 7 分）●○▲▼≤→β", set()),
        ("zero\u200bwidth\ufe0f", set()),
        ("한국", {"한", "국"}),
        ("good 😀", {"😀"}),
    ],
)
def test_missing_glyphs(text, missing):
    assert style.missing_glyphs(text) == missing


def test_require_glyphs_names_the_characters_and_the_place():
    with pytest.raises(ReportError, match=r"table 'Cities' holds 2 .*'국' \(U\+AD6D\), '한' \(U\+D55C\)"):
        style.require_glyphs("한국 Seoul", "table 'Cities'")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_style_draws_both_scripts_without_warnings_and_is_undone(lang, caplog):
    import matplotlib.pyplot as plt

    before = dict(matplotlib.rcParams)
    with caplog.at_level(logging.WARNING, logger="matplotlib"), style.use_style(lang):
        fig, ax = plt.subplots()
        ax.text(0, 0, "Gap 差距 −1.82", weight="bold")
        ax.set_title("差距 gap", weight="semibold")
        fig.canvas.draw()
        assert not ax.spines["top"].get_visible()
        assert not ax.spines["right"].get_visible()
        plt.close(fig)
    assert not caplog.records
    assert dict(matplotlib.rcParams) == before


def test_registering_twice_adds_nothing():
    from matplotlib import font_manager

    style.register_fonts()
    count = len(font_manager.fontManager.ttflist)
    style.register_fonts()
    assert len(font_manager.fontManager.ttflist) == count


def test_svg_bytes_are_the_same_twice(tmp_path):
    import matplotlib.pyplot as plt

    pages = []
    for name in ("a.svg", "b.svg"):
        with style.use_style("en"):
            fig, ax = plt.subplots()
            ax.plot([1, 2], [1, 2], marker="o")
            fig.savefig(tmp_path / name, metadata={"Date": None})
            plt.close(fig)
        pages.append((tmp_path / name).read_bytes())
    assert pages[0] == pages[1]


@pytest.mark.parametrize("deficiency", [None, *DEFICIENCIES])
def test_categories_stay_apart_for_the_colour_blind(deficiency):
    matrix = np.eye(3) if deficiency is None else np.array(DEFICIENCIES[deficiency])
    seen = [lab(matrix @ linear(colour)) for colour in style.PALETTE]
    distances = [np.linalg.norm(a - b) for i, a in enumerate(seen) for b in seen[i + 1 :]]
    assert min(distances) > 14


@pytest.mark.parametrize("colour", [style.INK, style.GREY, style.ACCENT, style.WARNING])
def test_text_colours_have_enough_contrast_on_white(colour):
    luminance = np.array([0.2126, 0.7152, 0.0722]) @ linear(colour)
    assert 1.05 / (luminance + 0.05) >= (4.0 if colour == style.WARNING else 4.5)
