"""The manifest's entries as rows of the catalogue: what each report is of, what it says, and how it stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import quote

from svcq_lib import formats, kinds, periods
from svcq_lib.errors import ParameterError
from svcq_lib.formats import Lang
from svcq_lib.reports.resources import ORDER
from svcq_lib.reports.titles import CATALOGUE, TITLES, title_of

RowStatus = Literal["failed", "red", "amber", "green", "none"]
STATUSES: tuple[RowStatus, ...] = ("failed", "red", "amber", "green", "none")
"""What a report's status may be, worst first."""
LONGEST_REASON = 160
Tone = Literal["good", "bad", "moved", "unclear"]
_TONES: dict[str, Tone] = {"better": "good", "worse": "bad", "moved": "moved"}


@dataclass(frozen=True, slots=True)
class Change:
    """How a lead figure differs from that of the period before: the difference, as text, and what to make of it."""

    value: float
    text: str
    tone: Tone
    word: str


@dataclass(frozen=True, slots=True)
class Row:
    """One report in the catalogue.

    Attributes
    ----------
    name, topic, lang : str
        Its name in the manifest, which report it is, its language.
    unit, period : str
        As a reader sees them.
    unit_key, period_key : str
        As links and filters name them: ``branch=B07``, ``2026-Q3``; empty for everything.
    title, line : str
        Its answer, and what stands above that: the report's name and base.
    status : str
        One of `STATUSES`; the worst of its headline figures.
    concerned : str
        Labels of the figures that give the status, unless it is the lead figure alone.
    reason : str
        Why it failed.
    figure : Mapping or None
        Its lead figure.
    links : Mapping of str to str
        Ending → address, relative to the page.
    change : Change or None
        Since the period before.
    """

    name: str
    topic: str
    lang: Lang
    unit: str
    period: str
    unit_key: str
    period_key: str
    title: str
    line: str
    status: RowStatus
    concerned: str
    reason: str
    figure: Mapping[str, Any] | None
    links: Mapping[str, str]
    change: Change | None

    @property
    def page(self) -> str:
        """Address of the report itself: its page, else the first file there is."""
        return self.links.get(".html") or next(iter(self.links.values()), "")

    @property
    def short_reason(self) -> str:
        """Beginning of the first line of the reason."""
        first = self.reason.strip().split("\n", 1)[0]
        return first if len(first) <= LONGEST_REASON else first[: LONGEST_REASON - 1].rstrip() + "…"

    @property
    def value(self) -> str:
        """Lead figure as text."""
        return kinds.shown(self.figure["estimate"], self.figure["kind"], self.lang) if self.figure else ""

    @property
    def interval(self) -> str:
        """Interval of the lead figure as text; empty where there is none."""
        if self.figure is None or kinds.is_missing(self.figure["low"]):
            return ""
        return kinds.shown_interval(self.figure["low"], self.figure["high"], self.figure["kind"])


def rows_of(entries: Iterable[Mapping[str, Any]], langs: Sequence[Lang]) -> list[Row]:
    """Return the catalogue's rows.

    Parameters
    ----------
    entries : iterable of Mapping
        Entries of the manifest; those of older versions have no figures.
    langs : sequence of str
        Languages, the page's own first.

    Returns
    -------
    list of Row
        By language, latest period first, then by unit and in the order in which reports are read.
    """
    found = list(entries)
    names = {(one["lang"], unit_key(one)): one["unit"] for one in found if one.get("unit")}
    known = {_key(one): one for one in found}
    rows = [_row(one, names, known.get(_key_before(one))) for one in found]
    rows.sort(key=lambda row: (unit_order(row.unit_key, row.unit), topic_order(row.topic), row.name))
    rows.sort(key=lambda row: period_order(row.period_key), reverse=True)
    rows.sort(key=lambda row: langs.index(row.lang))
    return rows


def unit_order(key: str, unit: str) -> tuple[Any, ...]:
    """Return what units are sorted by: the whole study first, then names, the numbers in them as numbers."""
    parts = re.split(r"(\d+)", unit.casefold())
    return (key != "", [(int(part), "") if part.isdecimal() else (-1, part) for part in parts], key)


def topic_order(topic: str) -> tuple[int, str]:
    """Return what topics are sorted by: the order in which reports are read, then their names."""
    return (ORDER.index(topic) if topic in ORDER else len(ORDER), topic)


def unit_key(entry: Mapping[str, Any]) -> str:
    """Return which unit a report is of, as links name it: ``branch=B07``; empty for the whole study."""
    where = {_escaped(segment): _escaped(level) for segment, level in _where(entry).items()}
    return "&".join(f"{segment}={level}" for segment, level in sorted(where.items()))


def _escaped(text: object) -> str:
    """Return a text without the signs that join segments and levels."""
    return re.sub("[%&=]", lambda found: f"%{ord(found[0]):02X}", str(text))


def _where(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    return entry.get("where") or entry.get("parameters", {}).get("where") or {}


def period_order(key: str) -> tuple[str, str]:
    """Return what periods are sorted by: last day, first day; everything that is no period comes before."""
    try:
        span = periods.parse(key)
    except ParameterError:
        return ("", key)
    return (span.end.isoformat(), span.start.isoformat())


def grain_of(key: str) -> str:
    """Return the form of a period's name, alike for periods of one length: a year is not compared with a quarter."""
    return re.sub(r"\d", "0", key)


def _key(entry: Mapping[str, Any]) -> tuple[str, ...]:
    return (entry["topic"], entry["lang"], unit_key(entry), _period_key(entry))


def _key_before(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the key of the same report of the period before; the whole time has none."""
    try:
        earlier = periods.previous(periods.parse(_period_key(entry))).name
    except ParameterError:
        return ()
    return (*_key(entry)[:-1], earlier)


def _period_key(entry: Mapping[str, Any]) -> str:
    return str(entry.get("parameters", {}).get("period") or "")


def _row(
    entry: Mapping[str, Any],
    names: Mapping[tuple[str, str], str],
    before: Mapping[str, Any] | None,
) -> Row:
    lang, key = cast(Lang, entry["lang"]), unit_key(entry)
    kind, base = title_of(entry["topic"], lang), entry.get("base") or {}
    answers = CATALOGUE[lang]["answers"].format(n=formats.count(base["n"])) if base else ""
    levels = ", ".join(str(level) for _, level in sorted(_where(entry).items()))
    status, concerned = _status(entry)
    return Row(
        name=entry["name"],
        topic=entry["topic"],
        lang=lang,
        unit=names.get((lang, key)) or levels or CATALOGUE[lang]["whole"],
        period=entry.get("period") or formats.period(_period_key(entry), lang),
        unit_key=key,
        period_key=_period_key(entry),
        title=entry.get("title") or TITLES[lang]["failed"].format(report=kind),
        line=" · ".join(part for part in (kind, answers) if part),
        status=status,
        concerned=concerned,
        reason=entry.get("error", ""),
        figure=_lead(entry),
        links=_links(entry),
        change=_change(entry, before, lang),
    )


def _status(entry: Mapping[str, Any]) -> tuple[RowStatus, str]:
    """Return a report's status and the figures that give it, unless that is the lead figure alone."""
    if entry["status"] == "failed":
        return "failed", ""
    figures = entry.get("figures") or []
    status: RowStatus = next(
        (one for one in STATUSES if any(figure["status"] == one for figure in figures)), "none"
    )
    giving = [figure for figure in figures if figure["status"] == status]
    if status == "none" or [figure["lead"] for figure in giving] == [True]:
        return status, ""
    return status, formats.join([figure["label"] for figure in giving], entry["lang"])


def _lead(entry: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return a report's lead figure; none for one that failed or that an older version made."""
    figures = entry.get("figures") or []
    return next((one for one in figures if one["lead"]), next(iter(figures), None))


def _change(entry: Mapping[str, Any], before: Mapping[str, Any] | None, lang: Lang) -> Change | None:
    """Return how the lead figure has changed; whether that is beyond noise is what the report itself found."""
    figure = _lead(entry)
    if figure is None or figure["estimate"] is None:
        return None
    found = {one["code"]: one for one in entry.get("changes") or () if one["what"] in _TONES}
    earlier = {one["code"]: one["estimate"] for one in (before or {}).get("figures") or ()}
    if moved := found.get(figure["code"]):
        value, what = moved["difference"], moved["what"]
    elif earlier.get(figure["code"]) is not None:
        value, what = figure["estimate"] - earlier[figure["code"]], "unclear"
    else:
        return None
    arrow = "" if what == "unclear" else "▲ " if value > 0 else "▼ "
    text = arrow + kinds.shown_difference(value, figure["kind"], lang)
    return Change(value, text, _TONES.get(what, "unclear"), CATALOGUE[lang][what])


def _links(entry: Mapping[str, Any]) -> dict[str, str]:
    """Return ending → address; the page, the print and the notebook lie beside this page, the data one folder below."""
    found: dict[str, str] = {}
    for output in entry.get("outputs", ()):
        ending = Path(output["path"]).suffix
        if ending in (".html", ".pdf", ".ipynb", ".json"):
            found.setdefault(ending, quote(output["path"]))
    return found
