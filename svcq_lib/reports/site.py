"""The catalogue: one page that lists every report, to be filtered, sorted and read by unit."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import html
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from svcq_lib import __version__, formats, palette
from svcq_lib.formats import Lang
from svcq_lib.reports.fonts import font_faces
from svcq_lib.reports.publish import put
from svcq_lib.reports.site_rows import STATUSES, Row, period_order, rows_of, topic_order
from svcq_lib.reports.site_units import HEIGHT, WIDTH, UnitRow, units_of
from svcq_lib.reports.templating import environment
from svcq_lib.reports.titles import CATALOGUE, title_of
from svcq_lib.reports.words import WORDS
from svcq_lib.study import Study

WHOLE = "*"
"""What links call the whole study, and the whole time."""
SIGNS = {"failed": "×", "red": "■", "amber": "◆", "green": "✓", "none": "–"}
"""A sign beside each status, for readers who do not tell the colours apart."""
ROWS_AT_FIRST = 200
"""Rows that are laid out before a reader asks for the rest: thousands would keep a browser busy for seconds."""
_TAGS: dict[Lang, str] = {"en": "en", "zh": "zh-Hans"}


def write_index(out: Path, manifest: Mapping[str, Any], study: Study) -> Path:
    """Write ``index.html``: every report of the manifest with its answer, its standing and its files.

    Parameters
    ----------
    out : Path
        Folder of the reports.
    manifest : Mapping
        The manifest.
    study : Study
        For its name and its language.

    Returns
    -------
    Path
        The page. It needs nothing else: no network, no installed font; without its script it is the whole list.
    """
    entries = list(manifest["reports"].values())
    langs = [lang for lang in _TAGS if any(one["lang"] == lang for one in entries)] or [study.language]
    langs.sort(key=lambda lang: lang != study.language)
    rows = rows_of(entries, langs)
    path = out / "index.html"
    put(path, _page(rows, langs, _said(manifest, study, rows)))
    return path


def _page(rows: Sequence[Row], langs: Sequence[Lang], said: Mapping[Lang, Mapping[str, str]]) -> str:
    """Return the page; its body comes first, because what it draws decides which glyphs its fonts keep."""
    body = _body(rows, langs, said)
    script = resources.files("svcq_lib.reports").joinpath("templates", "site.js").read_text("utf-8")
    sheet = environment().get_template("site.css.j2").render(palette=palette)
    drawn = set(html.unescape(body)) | set("▲▼")  # the signs are the style sheet's own, of sorted columns
    style = font_faces("".join(sorted(drawn)), langs[0], italic=False) + "\n" + sheet
    return (
        environment()
        .get_template("site.html.j2")
        .render(
            tag=_TAGS[langs[0]],
            title=said[langs[0]]["name"],
            style=_safe(style),
            style_hash=_hash(style),
            script=_safe(script),
            script_hash=_hash(script),
            body=_safe(body),
        )
    )


def _body(rows: Sequence[Row], langs: Sequence[Lang], said: Mapping[Lang, Mapping[str, str]]) -> str:
    topics = list(dict.fromkeys(row.topic for row in sorted(rows, key=lambda row: topic_order(row.topic))))
    units = units_of(rows, topics)
    return (
        environment()
        .get_template("site_body.html.j2")
        .render(
            lang=langs[0],
            words=said[langs[0]],
            said=said,
            tags={lang: _TAGS[lang] for lang in langs},
            language_names={lang: WORDS[lang]["language_name"] for lang in langs},
            signs=SIGNS,
            rows=rows,
            units=units,
            topics=topics,
            newest={row.lang: row.period_key for row in reversed(rows)},
            counts=_counts(rows),
            failures=_failures(rows),
            size=(WIDTH, HEIGHT),
            data=_safe(_data(rows, units, topics, langs, said)),
        )
    )


def _said(manifest: Mapping[str, Any], study: Study, rows: Sequence[Row]) -> dict[Lang, dict[str, str]]:
    """Return every word of the page by language: its script changes them all when a reader changes the language."""
    version = manifest.get("svcq", __version__)
    made = max((one.get("made") or "" for one in manifest["reports"].values()), default="")
    said: dict[Lang, dict[str, str]] = {}
    for lang in _TAGS:
        words = CATALOGUE[lang]
        when = words["made" if made else "made_undated"].format(version=version, when=_moment(made, lang))
        names = {f"topic_{row.topic}": title_of(row.topic, lang) for row in rows}
        said[lang] = words | names | _labels(rows, lang) | {"name": study.name.text(lang), "about": when}
    return said


def _labels(rows: Sequence[Row], lang: Lang) -> dict[str, str]:
    """Return the label of each topic's lead figure; empty for a topic whose reports lead with different ones."""
    found: dict[str, set[str]] = {row.topic: set() for row in rows}
    for row in rows:
        if row.figure and row.lang == lang:
            found[row.topic].add(row.figure["label"])
    return {
        f"label_{topic}": next(iter(labels)) if len(labels) == 1 else "" for topic, labels in found.items()
    }


def _moment(text: str, lang: Lang) -> str:
    """Return a moment of the manifest, to the minute, in universal time."""
    try:
        moment = dt.datetime.fromisoformat(text).astimezone(dt.UTC)
    except ValueError:
        return text
    return f"{formats.date(moment.date(), lang)} {moment:%H:%M} UTC"


def _counts(rows: Sequence[Row]) -> dict[str, int]:
    """Return how many reports there are, and how many of each status; no target and no failure is not worth a card."""
    found = Counter(row.status for row in rows)
    shown = [status for status in STATUSES if found[status] or status not in ("failed", "none")]
    return {"": len(rows), **{status: found[status] for status in shown}}


def _failures(rows: Sequence[Row]) -> dict[str, list[tuple[int, Row]]]:
    """Return the reports that each reason stopped, most first, with their places among all."""
    found: dict[str, list[tuple[int, Row]]] = {}
    for place, row in enumerate(rows):
        if row.status == "failed":
            found.setdefault(row.reason, []).append((place, row))
    return dict(sorted(found.items(), key=lambda one: -len(one[1])))


def _data(
    rows: Sequence[Row],
    units: Sequence[UnitRow],
    topics: Sequence[str],
    langs: Sequence[Lang],
    said: Mapping[Lang, Mapping[str, str]],
) -> str:
    """Return what the script filters and sorts by, as JSON that cannot end the element that holds it."""
    names = _names(rows, topics, langs, said)
    places = {field: {key: at for at, key in enumerate(keys)} for field, keys in names.items()}
    reports = [
        {
            "lang": row.lang,
            "unit": places["unit"][row.unit_key or WHOLE],
            "period": places["period"][row.period_key or WHOLE],
            "topic": places["topic"][row.topic],
            "status": places["status"][row.status],
            "figure": row.figure["estimate"] if row.figure else None,
            "change": row.change.value if row.change else None,
        }
        for row in rows
    ]
    latest = [
        {
            "lang": unit.lang,
            "unit": places["unit"][unit.unit_key or WHOLE],
            "latest": [cell.place if cell else None for cell in unit.cells],
        }
        for unit in units
    ]
    whole = {
        "rows_at_first": ROWS_AT_FIRST,
        "langs": {lang: _TAGS[lang] for lang in langs},
        "words": {lang: said[lang] for lang in langs},
        "names": {
            field: list(keys.items()) for field, keys in names.items()
        },  # as pairs, to keep their order
        "reports": reports,
        "units": latest,
    }
    text = json.dumps(whole, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return re.sub("[<>&\u2028\u2029]", lambda found: f"\\u{ord(found[0]):04x}", text)


def _names(
    rows: Sequence[Row],
    topics: Sequence[str],
    langs: Sequence[Lang],
    said: Mapping[Lang, Mapping[str, str]],
) -> dict[str, dict[str, dict[str, str]]]:
    """Return what a reader may choose: per filter, machine name → name by language."""
    names: dict[str, dict[str, dict[str, str]]] = {
        "unit": {},
        "period": {},
        "topic": {topic: {lang: title_of(topic, lang) for lang in langs} for topic in topics},
        "status": {one: {lang: said[lang][f"status_{one}"] for lang in langs} for one in STATUSES},
    }
    for row in sorted(rows, key=lambda row: period_order(row.period_key), reverse=True):
        names["unit"].setdefault(row.unit_key or WHOLE, {})[row.lang] = row.unit
        names["period"].setdefault(row.period_key or WHOLE, {})[row.lang] = row.period
    return names


def _hash(text: str) -> str:
    """Return the source expression of a content security policy that allows this text and no other."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode()}"


def _safe(text: str) -> Any:
    from markupsafe import Markup

    return Markup(text)  # made here, with every text escaped
