"""Fonts inside a page: subsets of what it needs, and what to do with characters that no font can draw."""

from __future__ import annotations

import base64
import html
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import lru_cache
from typing import Any, Literal, TypeVar

from svcq_lib.figures.style import character_set, font_files, missing_glyphs, require_glyphs
from svcq_lib.formats import Lang
from svcq_lib.reports.model import Document

GlyphPolicy = Literal["error", "describe"]

_T = TypeVar("_T")
_MARKUP = re.compile(r"<style\b.*?</style>|<[^>]*>", re.DOTALL)
# Fields that are never drawn with our fonts: names, pictures, and descriptions that are only read aloud.
_NOT_DRAWN = {
    "where", "anchor", "kind", "role", "align", "tone", "status", "lang", "level", "data", "width", "height", "alt",
}  # fmt: skip
# Quotation marks, dashes and dots that are full-width in Chinese although Latin fonts have them too.
_CJK_PUNCTUATION = {ord(char) for char in "‘’“”—…"}
_FACES = {
    "latin-regular": ("svcq-latin", 400, "normal"),
    "latin-semibold": ("svcq-latin", 600, "normal"),
    "latin-italic": ("svcq-latin", 400, "italic"),
    "cjk-regular": ("svcq-cjk", 400, "normal"),
}
# In every page, so that the pages of a batch share their cuts: a cut takes longer than a page without it.
_ASCII = range(0x20, 0x7F)
_KEPT_FEATURES = ["kern", "mark", "mkmk", "ccmp", "locl", "tnum", "lnum"]


def drawable(document: Document, policy: GlyphPolicy = "error") -> Document:
    """Return a document whose every character has a glyph.

    Parameters
    ----------
    document : Document
        The document.
    policy : {"error", "describe"}
        ``error`` refuses characters that no font can draw, so that an unattended report cannot go out with
        empty boxes; ``describe`` prints their code points instead, such as ``[U+1F600]``, for reports that
        quote what customers wrote.

    Returns
    -------
    Document
        The same document, or one with the characters described.

    Raises
    ------
    ReportError
        Naming the characters and where they stand, under the policy ``error``.
    """
    if policy == "describe":
        return _mapped(document, _described)
    for name in ("title", "kicker", "question", "study", "report", "period", "unit", "base"):
        require_glyphs(getattr(document, name), f"the {name}")
    for block in document.blocks:
        title = getattr(block, "title", "")
        named = f"{block.where}, {type(block).__name__.lower()}" + (f" {title!r}" if title else "")
        require_glyphs("\n".join(_texts(block)), named)
    return document


def _described(text: str) -> str:
    for char in missing_glyphs(text):
        text = text.replace(char, f"[U+{ord(char):04X}]")
    return text


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _texts(value.get("raw", ""))
        yield from _texts(value.get("children", ()))
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _texts(item)
    elif is_dataclass(value):
        for field in fields(value):
            if field.name == "html":
                yield html.unescape(_MARKUP.sub(" ", getattr(value, field.name)))
            elif field.name not in _NOT_DRAWN:
                yield from _texts(getattr(value, field.name))


def _mapped(value: _T, change: Callable[[str], str]) -> _T:
    """Return a copy with every drawn text changed."""
    result: Any = value
    if isinstance(value, str):
        result = change(value)
    elif isinstance(value, Mapping):
        result = {
            key: _mapped(item, change) if key in ("raw", "children") else item for key, item in value.items()
        }
    elif isinstance(value, tuple | list):
        result = type(value)(_mapped(item, change) for item in value)
    elif is_dataclass(value) and not isinstance(value, type):
        drawn = [field.name for field in fields(value) if field.name not in _NOT_DRAWN]
        result = replace(value, **{name: _mapped(getattr(value, name), change) for name in drawn})
    return result


def font_faces(text: str, lang: Lang, *, italic: bool) -> str:
    """Return the style rules that embed the fonts of one page.

    Parameters
    ----------
    text : str
        Every character that the page may draw.
    lang : {"en", "zh"}
        In Chinese, quotation marks and dashes come from the Chinese font.
    italic : bool
        Whether the page has italics.

    Returns
    -------
    str
        ``@font-face`` rules with the subsets as ``data:`` addresses.
    """
    points = {*map(ord, set(text)), *_ASCII}
    latin = points & character_set("latin-regular")
    if lang == "zh":
        latin -= _CJK_PUNCTUATION & character_set("cjk-regular")
    chinese = (points & character_set("cjk-regular")) - latin
    wanted = {"latin-regular": latin, "latin-semibold": latin, "cjk-regular": chinese}
    if italic:
        wanted["latin-italic"] = latin & character_set("latin-italic")
    return "\n".join(_face(role, frozenset(chars)) for role, chars in wanted.items() if chars)


def _face(role: str, points: frozenset[int]) -> str:
    family, weight, style = _FACES[role]
    data = base64.b64encode(subset_font(role, points)).decode()
    return (
        f"@font-face{{font-family:{family};font-weight:{weight};font-style:{style};"
        f"src:url(data:font/woff;base64,{data}) format('woff')}}"
    )


@lru_cache(maxsize=32)
def subset_font(role: str, points: frozenset[int]) -> bytes:
    """Return a font cut to some characters.

    Parameters
    ----------
    role : str
        A key of `svcq_lib.figures.style.font_files`.
    points : frozenset of int
        Unicode code points.

    Returns
    -------
    bytes
        The font in WOFF format; the same bytes for the same characters.
    """
    from fontTools import subset

    options = subset.Options(
        flavor="woff", hinting=False, notdef_outline=True, recalc_timestamp=False, name_IDs=[0, 1, 2, 13, 14]
    )
    options.layout_features = _KEPT_FEATURES if role.startswith("latin") else []
    options.drop_tables += ["DSIG", "BASE", "vhea", "vmtx", "STAT"]
    font = subset.load_font(str(font_files()[role]), options)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=points)
    cutter.subset(font)
    buffer = io.BytesIO()
    subset.save_font(font, buffer, options)
    return buffer.getvalue()
