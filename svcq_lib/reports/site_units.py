"""The catalogue by unit: the lead figures of its latest reports, each with its course over the periods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from svcq_lib import kinds
from svcq_lib.formats import Lang
from svcq_lib.reports.site_rows import Row, grain_of, period_order, unit_order
from svcq_lib.reports.titles import CATALOGUE

WIDTH, HEIGHT, MARGIN = 84, 26, 3


@dataclass(frozen=True, slots=True)
class Spark:
    """A line over the periods: runs of points, the last point, the target's height, and all of it in words."""

    runs: tuple[str, ...]
    end: tuple[float, float]
    target: float | None
    words: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A unit's latest report on a topic, and where it stands among the rows."""

    row: Row
    place: int
    spark: Spark | None


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One unit in one language; a cell per topic, None where it has no such report."""

    unit: str
    unit_key: str
    lang: Lang
    cells: tuple[Cell | None, ...]


def units_of(rows: Sequence[Row], topics: Sequence[str]) -> list[UnitRow]:
    """Return one row per unit and language.

    Parameters
    ----------
    rows : sequence of Row
        The catalogue's rows.
    topics : sequence of str
        The topics, in the order of the columns.

    Returns
    -------
    list of UnitRow
        By language as in the rows, the whole study first, then by name.
    """
    series: dict[tuple[Lang, str, str], list[tuple[int, Row]]] = {}
    for place, row in enumerate(rows):
        series.setdefault((row.lang, row.unit_key, row.topic), []).append((place, row))
    scales = {topic: _scale([row for row in rows if row.topic == topic]) for topic in topics}
    times = sorted({row.period_key for row in rows}, key=period_order)
    names = {(row.lang, row.unit_key): row.unit for row in rows}
    langs = list(dict.fromkeys(row.lang for row in rows))
    made = []
    for lang, key in sorted(names, key=lambda one: (langs.index(one[0]), unit_order(one[1], names[one]))):
        cells = tuple(
            _cell(series.get((lang, key, topic), []), scales[topic], times, lang) for topic in topics
        )
        made.append(UnitRow(names[lang, key], key, lang, cells))
    return made


def _scale(rows: Sequence[Row]) -> tuple[float, float]:
    """Return the smallest and the largest lead figure or target of a topic."""
    figures = [row.figure for row in rows if row.figure]
    values = [
        figure[name] for figure in figures for name in ("estimate", "target") if figure[name] is not None
    ]
    return (min(values), max(values)) if values else (0.0, 1.0)


def _cell(
    members: Sequence[tuple[int, Row]], scale: tuple[float, float], times: Sequence[str], lang: Lang
) -> Cell | None:
    if not members:
        return None
    place, latest = max(members, key=lambda one: period_order(one[1].period_key))
    return Cell(latest, place, _spark([row for _, row in members], latest, scale, times, lang))


def _spark(
    members: Sequence[Row], latest: Row, scale: tuple[float, float], times: Sequence[str], lang: Lang
) -> Spark | None:
    """Return the line of one unit's figure; a missing period breaks it."""
    figure = latest.figure or {}
    known = {
        row.period_key: row.figure["estimate"]
        for row in members
        if row.figure and row.figure["code"] == figure.get("code") and row.figure["estimate"] is not None
    }
    times = [time for time in times if grain_of(time) == grain_of(latest.period_key)]
    values = [known[time] for time in times if time in known]
    if len(values) < 2:
        return None
    low, high = scale
    tall, step = HEIGHT - 2 * MARGIN, (WIDTH - 2 * MARGIN) / (len(times) - 1)

    def height(value: float) -> float:
        return round(HEIGHT - MARGIN - tall * ((value - low) / (high - low) if high > low else 0.5), 1)

    runs: list[list[tuple[float, float]]] = [[]]
    for at, time in enumerate(times):
        if time in known:
            runs[-1].append((round(MARGIN + at * step, 1), height(known[time])))
        elif runs[-1]:
            runs.append([])
    drawn = [run if len(run) > 1 else 2 * run for run in runs if run]  # a point alone is a line of no length
    first, last = (kinds.shown(value, figure["kind"], lang) for value in (values[0], values[-1]))
    words = CATALOGUE[lang]["spark"].format(n=len(values), first=first, last=last)
    target = None if figure["target"] is None else height(figure["target"])
    return Spark(
        tuple(" ".join(f"{x:g},{y:g}" for x, y in run) for run in drawn), drawn[-1][-1], target, words
    )
