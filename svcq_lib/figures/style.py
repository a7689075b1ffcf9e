"""One look for every figure and page: fonts, colours and matplotlib settings.

The fonts come from two installed distributions, both under the SIL Open Font License 1.1:
``font-source-sans-pro`` (Latin) and ``zhplot`` (Noto Sans SC Regular). The same files serve matplotlib, the
HTML pages (as subsets) and the PDF.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from svcq_lib.errors import ReportError
from svcq_lib.formats import Lang
from svcq_lib.palette import ACCENT as ACCENT
from svcq_lib.palette import GREY as GREY
from svcq_lib.palette import INK as INK
from svcq_lib.palette import RULE as RULE
from svcq_lib.palette import WARNING as WARNING

PAPER = "#ffffff"

#: Colours for categories without an order, told apart under the common kinds of colour blindness.
PALETTE: tuple[str, ...] = (ACCENT, WARNING, "#efb445", "#6fbfa8", INK, "#c9a6d8", "#7a828a")

LATIN_FAMILY = "Source Sans Pro"
CJK_FAMILY = "Noto Sans SC"

_FILES = {
    "latin-regular": ("font-source-sans-pro", "font_source_sans_pro/files/SourceSansPro-Regular.ttf"),
    "latin-semibold": ("font-source-sans-pro", "font_source_sans_pro/files/SourceSansPro-Semibold.ttf"),
    "latin-italic": ("font-source-sans-pro", "font_source_sans_pro/files/SourceSansPro-It.ttf"),
    "cjk-regular": ("zhplot", "zhplot/fonts/NotoSansSC-Regular.ttf"),
}
# Weights under which matplotlib finds each file: semibold also answers for "bold", and Chinese, which has
# one weight only, answers for all, so that matplotlib neither warns nor searches another family.
_WEIGHTS = {
    "latin-regular": (400, 500),
    "latin-semibold": (600, 700),
    "latin-italic": (400,),
    "cjk-regular": (400, 500, 600, 700),
}
_INVISIBLE = {"Cc", "Cf", "Zs", "Zl", "Zp"}


@cache
def font_files() -> dict[str, Path]:
    """Return the font files that every renderer uses.

    Returns
    -------
    dict of str to Path
        ``latin-regular``, ``latin-semibold``, ``latin-italic`` and ``cjk-regular``.

    Raises
    ------
    ReportError
        If a distribution that carries a font is not installed or lacks the file.
    """
    return {role: _font_file(*source) for role, source in _FILES.items()}


def _font_file(distribution: str, name: str) -> Path:
    try:
        path = Path(str(metadata.distribution(distribution).locate_file(name)))
    except metadata.PackageNotFoundError:
        path = None
    if path is None or not path.is_file():
        remedy = f"pip install --force-reinstall {distribution}"
        raise ReportError(f"font file {name!r} is not installed. Install it with: {remedy}")
    return path


@cache
def character_set(role: str) -> frozenset[int]:
    """Return the code points that one font file can draw.

    Parameters
    ----------
    role : str
        A key of `font_files`.

    Returns
    -------
    frozenset of int
        Unicode code points.
    """
    from fontTools.ttLib import TTFont

    with TTFont(font_files()[role], lazy=True) as font:
        return frozenset(font.getBestCmap())


@cache
def _drawable() -> frozenset[int]:
    return character_set("latin-regular") | character_set("cjk-regular")


def missing_glyphs(text: str) -> set[str]:
    """Return the characters of a text that no font of ours can draw.

    Parameters
    ----------
    text : str
        Any text. Spaces, control and formatting characters need no glyph, nor do variation selectors.

    Returns
    -------
    set of str
        The characters; empty when all is well.

    Examples
    --------
    >>> missing_glyphs("Gap −1.82, 差距")
    set()
    """
    known = _drawable()
    return {
        char
        for char in set(text)
        if ord(char) not in known and unicodedata.category(char) not in _INVISIBLE and not _is_selector(char)
    }


def _is_selector(char: str) -> bool:
    return 0xFE00 <= ord(char) <= 0xFE0F or 0xE0100 <= ord(char) <= 0xE01EF


def require_glyphs(text: str, where: str = "the text") -> None:
    """Refuse a text that would be printed with empty boxes.

    Parameters
    ----------
    text : str
        The text.
    where : str
        Where it stands, for the message.

    Raises
    ------
    ReportError
        Naming each character that no font can draw, and where.
    """
    missing = sorted(missing_glyphs(text))
    if missing:
        named = ", ".join(f"{char!r} (U+{ord(char):04X})" for char in missing[:12])
        more = f" and {len(missing) - 12} more" if len(missing) > 12 else ""
        raise ReportError(
            f"{where} holds {len(missing)} character(s) that no font of the report can draw: {named}{more}. "
            "Change the text, or export with missing_glyphs='describe' to print the code points instead."
        )


def register_fonts() -> None:
    """Make the fonts known to matplotlib; repeating it changes nothing."""
    from matplotlib import font_manager

    manager = font_manager.fontManager
    known = {(entry.fname, entry.weight) for entry in manager.ttflist}
    for role, path in font_files().items():
        family = CJK_FAMILY if role.startswith("cjk") else LATIN_FAMILY
        style = "italic" if role.endswith("italic") else "normal"
        for weight in _WEIGHTS[role]:
            if (str(path), weight) not in known:
                entry = font_manager.FontEntry(
                    fname=str(path), name=family, style=style, variant="normal", weight=weight,
                    stretch="normal", size="scalable",
                )  # fmt: skip
                manager.ttflist.append(entry)
                # The lookup is cached per set of families; a family added after a failed lookup would stay unfound.
                manager._findfont_cached.cache_clear()  # type: ignore[attr-defined]


def style_settings(lang: Lang = "en") -> dict[Any, Any]:
    """Return the matplotlib settings of the look.

    Parameters
    ----------
    lang : {"en", "zh"}
        Language of the figure's labels; Chinese is set slightly larger.

    Returns
    -------
    dict
        rcParams. Margins are explicit: neither tight boxes nor constrained layout, which cost time.
    """
    from cycler import cycler

    size = 11.0 if lang == "zh" else 10.5
    return {
        "font.family": [LATIN_FAMILY, CJK_FAMILY],
        "font.size": size,
        # Labels are data: a "$" in a price list is a dollar sign, not mathematics.
        "text.parse_math": False,
        "axes.titlesize": size + 1,
        "axes.titleweight": 600 if lang == "en" else 400,
        "axes.titlelocation": "left",
        "axes.labelsize": size - 0.5,
        "axes.labelcolor": GREY,
        "axes.edgecolor": RULE,
        "axes.linewidth": 1.0,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.spines.left": False,
        "axes.grid": True,
        "axes.grid.axis": "x",
        "axes.axisbelow": True,
        "axes.unicode_minus": True,
        "axes.prop_cycle": cycler(color=list(PALETTE)),
        "grid.color": RULE,
        "grid.linewidth": 0.9,
        "text.color": INK,
        "xtick.color": RULE,
        "xtick.labelcolor": GREY,
        "xtick.major.size": 0,
        "xtick.minor.size": 0,
        "ytick.color": RULE,
        "ytick.labelcolor": INK,
        "ytick.major.size": 0,
        "ytick.minor.size": 0,
        "lines.linewidth": 1.8,
        "patch.linewidth": 0,
        "legend.frameon": False,
        "legend.fontsize": size - 0.5,
        "figure.figsize": (9.0, 3.4),
        "figure.facecolor": PAPER,
        "figure.constrained_layout.use": False,
        "figure.autolayout": False,
        "figure.subplot.left": 0.16,
        "figure.subplot.right": 0.97,
        "figure.subplot.top": 0.96,
        "figure.subplot.bottom": 0.12,
        "savefig.bbox": None,
        "savefig.facecolor": PAPER,
        "savefig.dpi": 200,
        "svg.fonttype": "path",
        "svg.hashsalt": "svcq",
    }


@contextmanager
def use_style(lang: Lang = "en") -> Iterator[None]:
    """Draw figures in the house look inside a ``with`` block.

    Parameters
    ----------
    lang : {"en", "zh"}
        Language of the figure's labels.

    Yields
    ------
    None
        Settings made inside the block are undone after it.
    """
    import matplotlib as mpl

    register_fonts()
    with mpl.rc_context(style_settings(lang)):
        yield
