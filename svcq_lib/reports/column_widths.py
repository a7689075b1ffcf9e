"""How wide a table's columns are on paper, so that nothing runs off the page."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from svcq_lib.reports.model import Table

#: Width of the text on the page, in points: A4 less two margins of 20 mm.
TEXT_WIDTH = 481.0
_SIZES = (9.5, 9.0, 8.5, 8.0, 7.5, 7.0)
_PADDING = 7.5
# A word longer than this many ems may break: no column has to be wider for it.
_LONGEST_WORD = 11.0
_WIDE_LABEL = 7.0


@dataclass(frozen=True, slots=True)
class Layout:
    """A table, or a part of its columns, with its font size and column widths in points."""

    table: Table
    size: float
    widths: tuple[float, ...]


def text_width(text: str) -> float:
    """Estimate the width of a text.

    Parameters
    ----------
    text : str
        One line.

    Returns
    -------
    float
        Width in ems, slightly generous: 1 for full-width characters, about 0.55 for others.
    """
    return sum(_character_width(char) for char in text)


def _character_width(char: str) -> float:
    if unicodedata.east_asian_width(char) in "WF":
        return 1.0
    if unicodedata.combining(char) or char == "\u200b":
        return 0.0
    return 0.72 if char.isupper() or char in "mw%@—" else 0.32 if char in " .,:;'|il!()[]\u2009" else 0.55


def _longest_word(text: str) -> float:
    """Return the width that a text needs at least when it wraps between words; Chinese wraps anywhere."""
    words: list[float] = [0.0]
    for char in text:
        if char.isspace() or char == "\u200b":
            words.append(0.0)
        elif unicodedata.east_asian_width(char) in "WF":
            words.append(2.0)
        else:
            words[-1] += _character_width(char)
    return min(max(words), _LONGEST_WORD)


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
    label = _longest_word(column.label) * 1.05
    if column.align == "left":
        least = max([label, *map(_longest_word, cells)])
        return least, max([label, *map(text_width, cells)])
    least = max([label, *(min(text_width(cell), _LONGEST_WORD) for cell in cells)])
    return least, max(least, min(text_width(column.label) * 1.05, _WIDE_LABEL))


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
