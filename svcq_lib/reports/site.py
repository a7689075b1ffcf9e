"""The page that lists what was made."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from svcq_lib import __version__, formats
from svcq_lib.formats import Lang
from svcq_lib.reports.fonts import font_faces
from svcq_lib.reports.publish import put
from svcq_lib.reports.titles import TITLES, title_of
from svcq_lib.study import Study

_STYLE = (
    "body{font-family:svcq-latin,svcq-cjk,sans-serif;font-synthesis:none;color:#1b2a38;max-width:60em;"
    "margin:3em auto;padding:0 1.2em;line-height:1.5}h1{font-size:1.9em;margin:0 0 1.2em}"
    "h2{font-size:1em;color:#5f6e7a;font-weight:600;border-top:3px solid #1b2a38;padding-top:.6em;margin-top:2.5em}"
    "article{border-bottom:1px solid #d9dfe4;padding:1em 0}h3{margin:0;font-size:1.2em}p{margin:.2em 0}"
    ".kind{color:#5f6e7a}a{color:#0b6e99}nav a{margin-right:1em}.failed{color:#c8553d;font-weight:600}"
    "footer{color:#5f6e7a;margin-top:3em;font-size:.9em}"
)


def write_index(out: Path, manifest: Mapping[str, Any], study: Study) -> Path:
    """Write ``index.html``: every report of the manifest with its title and its files.

    Parameters
    ----------
    out : Path
        Folder of the reports.
    manifest : Mapping
        The manifest.
    study : Study
        For its name.

    Returns
    -------
    Path
        The page.
    """
    reports = list(manifest["reports"].values())
    langs: list[Lang] = [lang for lang in get_args(Lang) if any(one["lang"] == lang for one in reports)]
    sections = "".join(_section(lang, [one for one in reports if one["lang"] == lang]) for lang in langs)
    first = langs[0] if langs else study.language
    title = study.name.text(first)
    name = html.escape(title)
    fonts = font_faces(_text_of(title, sections, first), first, italic=False)
    page = (
        f'<!doctype html><html lang="{_tag(first)}"><head><meta charset="utf-8"><title>{name}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" '
        f"content=\"default-src 'none'; style-src 'unsafe-inline'; font-src data:\">"
        f"<style>{fonts}{_STYLE}</style></head>"
        f"<body><main><h1>{name}</h1>{sections}</main>"
        f"<footer>{html.escape(TITLES[first]['made'].format(version=__version__))}</footer></body></html>\n"
    )
    path = out / "index.html"
    put(path, page)
    return path


def _text_of(title: str, sections: str, lang: Lang) -> str:
    """Return every character of the page, for the fonts' subset."""
    return title + html.unescape(re.sub("<[^>]+>", " ", sections)) + TITLES[lang]["made"] + __version__


def _tag(lang: str) -> str:
    return "zh-Hans" if lang == "zh" else "en"


def _section(lang: str, reports: list[Mapping[str, Any]]) -> str:
    order = {topic: i for i, topic in enumerate(("scores", "gaps", "drivers"))}
    entries = "".join(
        _entry(one, lang)
        for one in sorted(reports, key=lambda one: (order.get(one["topic"], 99), one["name"]))
    )
    return f'<section lang="{_tag(lang)}"><h2>{html.escape(TITLES[lang]["index"])}</h2>{entries}</section>'


def _entry(one: Mapping[str, Any], lang: str) -> str:
    words = TITLES[lang]
    kind = title_of(one["topic"], lang)
    base = words["answers"].format(n=formats.count(one["base"]["n"])) if one.get("base") else ""
    mark = f'<p class="failed">{html.escape(words["failed_mark"])}</p>' if one["status"] == "failed" else ""
    heading = html.escape(one["title"] or words["failed"].format(report=kind))
    line = " · ".join(html.escape(part) for part in (kind, *_scope(one), base) if part)
    return f'<article><p class="kind">{line}</p><h3>{heading}</h3>{mark}<nav>{_links(one, words)}</nav></article>'


def _scope(one: Mapping[str, Any]) -> tuple[str, str]:
    """Return unit and period of a report; of one that failed, as they were asked for."""
    asked = one["parameters"]
    unit = one.get("unit") or ", ".join((asked.get("where") or {}).values())
    return unit, one.get("period") or asked.get("period") or ""


def _links(one: Mapping[str, Any], words: Mapping[str, str]) -> str:
    names = {".html": "HTML", ".pdf": "PDF", ".ipynb": words["notebook"], ".json": words["data"]}
    found = []
    for output in one["outputs"]:
        ending = Path(output["path"]).suffix
        if ending in names:
            found.append(f'<a href="{html.escape(output["path"])}">{html.escape(names[ending])}</a>')
    return "".join(found)
