"""The message about a period's reports, from the manifest: as plain text, Markdown and HTML."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from svcq_lib import __version__, formats, kinds
from svcq_lib.formats import Lang
from svcq_lib.reports.deliver_alerts import Alert, Alerts, Entry, compared, unit_of
from svcq_lib.reports.deliver_changes import change_line
from svcq_lib.reports.deliver_words import WORDS, counted
from svcq_lib.reports.titles import title_of

MOST_LINES = 12
LONGEST_REASON = 300


@dataclass(frozen=True)
class Line:
    """One line of a section: its text and where it leads, if anywhere."""

    text: str
    href: str = ""


@dataclass(frozen=True)
class Section:
    """A heading and its lines."""

    heading: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Message:
    """What is sent.

    Attributes
    ----------
    lang : {"en", "zh"}
        Language.
    subject : str
        One line.
    lead : tuple of str
        Sentences before the sections.
    sections : tuple of Section
        In the order of importance.
    """

    lang: Lang
    subject: str
    lead: tuple[str, ...]
    sections: tuple[Section, ...]

    def add(self, sentence: str) -> Message:
        """Return the message with one more sentence at its beginning."""
        return replace(self, lead=(*self.lead, sentence))


def compose(
    entries: Sequence[Entry],
    before: Sequence[Entry] = (),
    *,
    name: str,
    period: str,
    lang: Lang,
    link: str | None = None,
    notes: Sequence[str] = (),
    reason: str = "",
) -> Message:
    """Return the message about a period.

    Parameters
    ----------
    entries, before : sequence of Mapping
        Entries of the manifest: those of the period and those of the period before.
    name : str
        Name of the study.
    period : str
        The period.
    lang : {"en", "zh"}
        Language; figures are taken from the reports in it where there are any.
    link : str, optional
        Address under which the folder of the reports is served.
    notes : sequence of str
        Sentences about the data.
    reason : str
        Why no report could be made.

    Returns
    -------
    Message
        New alerts first, then what failed, what continues and what changed, then the figures and the reports.
    """
    words = WORDS[lang]
    failed = [one for one in entries if one.get("status") == "failed"]
    done = of_language([one for one in entries if one.get("status") == "done"], lang)
    alerts = compared(done, of_language(before, lang))
    state = words["not_made"] if reason else _state(done, failed, alerts, lang)
    sections = [
        (words["not_made_heading"], [Line(_short(reason))] if reason else []),
        (words["new"], [_alert(one, lang) for one in alerts.new]),
        (words["failed"], [_failed(one, lang, link) for one in failed]),
        (words["still"], [_alert(one, lang) for one in alerts.still]),
        (words["cleared"], [_alert(one, lang, judged=True) for one in alerts.cleared]),
        (words["changes"], list(_changes(done, lang))),
        (words["figures"], list(_figures(done, lang))),
        (words["reports"], [*_catalogue(link, words), *(_report(one, lang, link) for one in done)]),
    ]
    return Message(
        lang,
        _one_line(words["subject"].format(name=name, period=formats.period(period, lang), state=state)),
        (words["lead"].format(state=state[:1].upper() + state[1:]), *notes),
        tuple(Section(heading, _cut(lines, words)) for heading, lines in sections if lines),
    )


def of_language(entries: Sequence[Entry], lang: str) -> list[Entry]:
    """Return the entries in a language.

    Parameters
    ----------
    entries : sequence of Mapping
        Entries of the manifest.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    list of Mapping
        Those in the first language that there is, if there are none in it.
    """
    langs = [one.get("lang") for one in entries]
    chosen = lang if lang in langs else next(iter(langs), lang)
    return [one for one in entries if one.get("lang") == chosen]


def _state(done: Sequence[Entry], failed: Sequence[Entry], alerts: Alerts, lang: str) -> str:
    words = WORDS[lang]
    parts = [counted("ready", len(done), lang)] if done else []
    parts += [counted("failed", len(failed), lang)] if failed else []
    parts += [counted("new", len(alerts.new), lang) if alerts.new else words["no_new"]] if done else []
    return words["and"].join(parts) or words["not_made"]


def _alert(alert: Alert, lang: Lang, *, judged: bool = False) -> Line:
    figure, words = alert.figure, WORDS[lang]
    target = figure.get("target")
    aim = words["target"].format(target=kinds.shown(target, figure["kind"], lang))
    status = words["status"].format(status=words[figure["status"]]) if judged else ""
    what = _figure(figure, lang) + ("" if kinds.is_missing(target) else aim) + status
    return Line(words["line"].format(who=alert.unit, what=what) if alert.unit else what)


def _figure(figure: Mapping[str, Any], lang: Lang) -> str:
    limits = (figure.get("low"), figure.get("high"))
    interval = kinds.shown_interval(*limits, figure["kind"])
    shown = f"{figure['label']} {kinds.shown(figure.get('estimate'), figure['kind'], lang)}"
    return shown if any(map(kinds.is_missing, limits)) else f"{shown} {interval}"


def _failed(entry: Entry, lang: Lang, link: str | None) -> Line:
    who = _who(entry, lang)
    reason = _short(entry.get("error") or "")
    return Line(WORDS[lang]["line"].format(who=who, what=reason), _href(entry, link))


def _who(entry: Entry, lang: Lang) -> str:
    return " · ".join(part for part in (title_of(entry["topic"], lang), unit_of(entry)) if part)


def _short(reason: str) -> str:
    """Return the first line of a reason, cut where it is very long."""
    first = _one_line((reason.strip().splitlines() or [""])[0])
    return first if len(first) <= LONGEST_REASON else first[: LONGEST_REASON - 1] + "…"


def _changes(done: Iterable[Entry], lang: Lang) -> Iterable[Line]:
    for entry in done:
        for change in entry.get("changes") or ():
            if text := change_line(change, lang):
                yield Line(WORDS[lang]["line"].format(who=_who(entry, lang), what=text))


def _figures(done: Iterable[Entry], lang: Lang) -> Iterable[Line]:
    """Yield the headline figures of the whole study; of a run by unit, each unit's lead figure."""
    words, seen = WORDS[lang], set()
    whole = [one for one in done if not (one.get("parameters") or {}).get("where")]
    for entry in whole or done:
        for figure in entry.get("figures") or ():
            key = (unit_of(entry), figure["code"])
            if key not in seen and (whole or figure.get("lead")):
                seen.add(key)
                judged = figure["status"] != "none"
                status = words["status"].format(status=words[figure["status"]]) if judged else ""
                text = _figure(figure, lang) + status
                yield Line(text if whole else words["line"].format(who=unit_of(entry), what=text))


def _report(entry: Entry, lang: Lang, link: str | None) -> Line:
    return Line(
        WORDS[lang]["line"].format(who=_who(entry, lang), what=entry.get("title") or ""), _href(entry, link)
    )


def _catalogue(link: str | None, words: Mapping[str, str]) -> list[Line]:
    return [Line(words["catalogue"], f"{link.rstrip('/')}/index.html")] if link else []


def _href(entry: Entry, link: str | None) -> str:
    paths = [one["path"] for one in entry.get("outputs") or () if one["path"].endswith((".html", ".pdf"))]
    return f"{link.rstrip('/')}/{quote(paths[0])}" if link and paths else ""


def _cut(lines: Sequence[Line], words: Mapping[str, str]) -> tuple[Line, ...]:
    more = len(lines) - MOST_LINES
    rest = (Line(words["more"].format(n=formats.count(more))),) if more > 0 else ()
    return (*lines[:MOST_LINES], *rest)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def as_text(message: Message) -> str:
    """Return a message as plain text."""
    parts = ["\n".join(message.lead)]
    for section in message.sections:
        lines = [
            f"- {_one_line(one.text)}" + (f"\n  {one.href}" if one.href else "") for one in section.lines
        ]
        parts.append("\n".join([section.heading, *lines]))
    return "\n\n".join([*parts, _made(message.lang)]) + "\n"


def as_markdown(message: Message) -> str:
    """Return a message as Markdown; what came from data is escaped."""
    escape = formats.escape_markdown
    parts = [escape(one) for one in message.lead]
    for section in message.sections:
        lines = [
            f"- [{escape(one.text)}]({one.href})" if one.href else f"- {escape(one.text)}"
            for one in section.lines
        ]
        parts.append("\n".join([f"**{section.heading}**", "", *lines]))
    return "\n\n".join([*parts, escape(_made(message.lang))]) + "\n"


def as_html(message: Message) -> str:
    """Return a message as an HTML page without anything to load; what came from data is escaped."""
    parts = [f"<p>{html.escape(one)}</p>" for one in message.lead]
    for section in message.sections:
        lines = "".join(
            f'<li><a href="{html.escape(one.href)}">{html.escape(one.text)}</a></li>'
            if one.href
            else f"<li>{html.escape(one.text)}</li>"
            for one in section.lines
        )
        parts.append(
            f'<h2 style="font-size:1em;margin:1.5em 0 .3em">{html.escape(section.heading)}</h2><ul>{lines}</ul>'
        )
    tag = "zh-Hans" if message.lang == "zh" else "en"
    return (
        f'<!doctype html><html lang="{tag}"><head><meta charset="utf-8"><title>{html.escape(message.subject)}</title>'
        '</head><body style="font-family:sans-serif;color:#1b2a38;line-height:1.5">'
        f'{"".join(parts)}<p style="color:#5f6e7a">{html.escape(_made(message.lang))}</p></body></html>\n'
    )


def _made(lang: Lang) -> str:
    return WORDS[lang]["made"].format(version=__version__)
