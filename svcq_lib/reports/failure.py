"""The page that stands for a report that failed."""

from __future__ import annotations

import html

from svcq_lib.formats import Lang
from svcq_lib.reports.titles import TITLES, title_of


def failure_page(topic: str, lang: Lang, reason: str) -> str:
    """Return the page that stands for a report that failed.

    Parameters
    ----------
    topic, lang : str
        Which report was to be made, in which language.
    reason : str
        Which cell failed and why.

    Returns
    -------
    str
        A whole HTML page.
    """
    words = TITLES[lang]
    heading = html.escape(words["failed"].format(report=title_of(topic, lang)))
    return (
        f'<!doctype html><html lang="{"zh-Hans" if lang == "zh" else "en"}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{heading}</title><body style='font-family:sans-serif;color:#1b2a38;max-width:50em;margin:3em auto;"
        f"padding:0 1em'><main><h1>{heading}</h1><p>{html.escape(words['failed_hint'])}</p>"
        "<pre style='white-space:pre-wrap;overflow-wrap:anywhere;border-top:3px solid #c8553d;padding-top:1em'>"
        f"{html.escape(reason)}</pre>"
        "</main></body></html>\n"
    )
