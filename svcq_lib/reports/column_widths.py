"""How wide a table's columns are on paper, so that nothing runs off the page."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from svcq_lib.figures.style import font_files
from svcq_lib.reports.model import Table

#: Width of the text on the page, in points: A4 less two margins of 20 mm.
TEXT_WIDTH = 481.0
_SIZES = (9.5, 9.0, 8.5, 8.0, 7.5, 7.0)
_PADDING = 7.5
# A word longer than this many ems may break: no column has to be wider for it.
_LONGEST_WORD = 11.0
_WIDE_LABEL = 7.5
# Labels, or words of a label, of so many characters stay whole; the layout boxes the same ones.
_WHOLE_LABEL = 7
# Labels of rows get room for two lines, up to this width, before they take more.
_TWO_LINES = 12.0
_BOLD = 1.06
_BREAKS = re.compile(r"[\s\u200b]+|(?<=[\u3000-\u9fff\uff00-\uffef])|(?=[\u3000-\u9fff\uff00-\uffef])")


@dataclass(frozen=True, slots=True)
class Layout:
    """A table, or a part of its columns, with its font size and column widths in points."""

    table: Table
    size: float
    widths: tuple[float, ...]


def text_width(text: str) -> float:
    """Return the width of a text.

    Parameters
    ----------
    text : str
        One line.

    Returns
    -------
    float
        Width in ems, from the advance widths of the Latin font; other characters count as full-width.
    """
    advances = _advances()
    return sum(advances.get(ord(char), _other_width(char)) for char in text)


@cache
def _advances() -> dict[int, float]:
    from fontTools.ttLib import TTFont

    with TTFont(font_files()["latin-regular"], lazy=True) as font:
        units, metrics = font["head"].unitsPerEm, font["hmtx"]
        return {point: metrics[name][0] / units for point, name in font.getBestCmap().items()}


def _other_width(char: str) -> float:
    if char.isspace():
        return 0.25
    return 0.0 if unicodedata.category(char) in ("Cf", "Mn") else 1.0


def _longest_word(text: str) -> float:
    """Return the width that a text needs at least when it wraps between words; Chinese wraps anywhere."""
    parts = _BREAKS.split(text)
    return min(max(map(text_width, parts)), _LONGEST_WORD) if parts else 0.0


def _whole_or_word(text: str) -> float:
    """Return the least width of a cell: a short name stays whole, which in Chinese could wrap anywhere."""
    return text_width(text) if len(text) <= _WHOLE_LABEL else _longest_word(text)


def layouts(table: Table) -> list[Layout]:
    """Fit a table to the page.

    Parameters
    ----------
    table : Table
        Any number of columns.

    Returns
    -------
    list of Layout
        Usually one; a table with too many columns for the smallest type is split, each part after the first
        repeating the first column.
    """
    needs = [_needs(table, index) for index in range(len(table.columns))]
    for size in _SIZES:
        widths = _fitted(needs, size)
        if widths:
            return [Layout(table, size, widths)]
    first, *others = range(len(table.columns))
    parts: list[list[int]] = [[first]]
    for index in others:
        candidate = [*parts[-1], index]
        if len(parts[-1]) > 1 and not _fitted([needs[place] for place in candidate], _SIZES[-1]):
            parts.append([first, index])
        else:
            parts[-1] = candidate
    return [_part(table, needs, part) for part in parts]


def _needs(table: Table, index: int) -> tuple[float, float]:
    """Return the least and the comfortable width of a column in ems."""
    column = table.columns[index]
    cells = [row[index].text for row in table.rows]
    words = [column.label] if len(column.label) <= _WHOLE_LABEL else column.label.split(" ")
    label = _BOLD * max(_longest_word(column.label), *(min(text_width(word), _WHOLE_LABEL) for word in words))
    if column.align == "left":
        longest = max([label, *map(text_width, cells)])
        least = max([label, *map(_whole_or_word, cells), min(longest / 2, _TWO_LINES)])
        return least, longest
    least = max([label, *(min(text_width(cell) * _BOLD, _LONGEST_WORD) for cell in cells)])
    return least, max(least, min(text_width(column.label) * _BOLD, _WIDE_LABEL))


def _fitted(needs: Sequence[tuple[float, float]], size: float) -> tuple[float, ...]:
    """Return widths that fill the page, or nothing when the least widths do not fit."""
    least = [low * size + _PADDING for low, _ in needs]
    comfortable = [high * size + _PADDING for _, high in needs]
    spare = TEXT_WIDTH - sum(least)
    if spare < 0:
        return ()
    wishes = [high - low for low, high in zip(least, comfortable, strict=True)]
    if sum(wishes) > spare:
        return tuple(low + wish * spare / sum(wishes) for low, wish in zip(least, wishes, strict=True))
    extra = (TEXT_WIDTH - sum(comfortable)) / len(needs)
    return tuple(width + extra for width in comfortable)


def _part(table: Table, needs: Sequence[tuple[float, float]], part: Sequence[int]) -> Layout:
    chosen = replace(
        table,
        columns=tuple(table.columns[index] for index in part),
        rows=tuple(tuple(row[index] for index in part) for row in table.rows),
        html="",
    )
    size = _SIZES[-1]
    widths = _fitted([needs[index] for index in part], size)
    return Layout(chosen, size, widths or (TEXT_WIDTH / len(part),) * len(part))
