"""Filling sentences: numbers by a format code, names escaped, Chinese and Latin set apart."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from typing import Any

from svcq_lib import formats
from svcq_lib.formats import THIN, Lang

_HAN = "\u3400-\u4dbf\u4e00-\u9fff"
_LATIN = "A-Za-z0-9α-ωΑ-Ω²\\[\\]%+\u2212"
_MEET = re.compile(rf"(?<=[{_HAN}])(?=[{_LATIN}])|(?<=[{_LATIN}])(?=[{_HAN}])")
_LOOSE_STOP = re.compile(r" +([.,;，。；])")  # where an interval that cannot be given was left out
_BETWEEN_HAN = re.compile(rf"(?<=[{_HAN}])\s*[,:;()]|[,:;()]\s*(?=[{_HAN}])")


def typeset(text: str, lang: Lang) -> str:
    """Return a text with thin spaces where Latin letters or digits meet Chinese.

    Parameters
    ----------
    text : str
        Plain text or Markdown.
    lang : {"en", "zh"}
        Language; English is returned as it is.

    Returns
    -------
    str
        The text.
    """
    return _MEET.sub(THIN, text) if lang == "zh" else text


def half_width_marks(text: str) -> list[str]:
    """Return half-width commas, colons, semicolons and brackets that touch Chinese characters.

    Parameters
    ----------
    text : str
        Chinese text.

    Returns
    -------
    list of str
        What should be full-width; empty if nothing.
    """
    return _BETWEEN_HAN.findall(text)


def _code(text: str) -> str:
    """Return a code span of Markdown; inside it nothing is escaped, so the fence must be longer than any in it."""
    text = " ".join(text.split())
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


class _Formatter(string.Formatter):
    """Writes a value by its code: ``2`` digits, ``+2`` signed, ``%`` share, ``one|many`` words, and so on."""

    def __init__(self, lang: Lang, markdown: bool) -> None:
        super().__init__()
        self.lang, self.markdown = lang, markdown

    def format_field(self, value: Any, format_spec: str) -> str:
        """Return one value as text."""
        if match := re.fullmatch(r"([+i]?)(\d)", format_spec):
            digits = int(match[2])
            if match[1] == "i":
                low, high = value
                return self._escaped(formats.interval(low, high, digits))
            return (formats.signed if match[1] else formats.number)(value, digits)
        if format_spec == "g":
            return f"{value:g}".replace("-", formats.MINUS)
        if "|" in format_spec:
            one, many = format_spec.split("|")
            return one if (len(value) if isinstance(value, (list, tuple)) else value) == 1 else many
        if match := re.fullmatch(r"(i?)%(\d?)", format_spec):
            digits = int(match[2] or 0)
            if match[1]:
                low, high = value
                return self._escaped(formats.interval(low, high, digits, scale=100, unit=THIN + "%"))
            return formats.percent(value, digits)
        if format_spec == "n":
            return formats.count(value)
        if format_spec == "range":
            low, high = (formats.count(one) for one in value)
            return low if low == high else f"{low}–{high}"
        if format_spec == "p":
            return formats.p_value(value)
        if format_spec == "period":
            return formats.period(value, self.lang)
        if format_spec == "lower":
            return self._escaped(value if value[1:2].isupper() else value[:1].lower() + value[1:])
        if format_spec == "code":
            return _code(str(value))
        if format_spec == "list":
            return formats.join([self._escaped(one) for one in value], self.lang)
        return self._escaped(str(value))

    def _escaped(self, text: str) -> str:
        return formats.escape_markdown(text) if self.markdown else text


def say(
    sentences: Mapping[str, Mapping[str, str]],
    code: str,
    values: Mapping[str, Any],
    lang: Lang,
    *,
    markdown: bool = True,
) -> str:
    """Return one sentence.

    Parameters
    ----------
    sentences : Mapping
        Language → code → template with ``{name:code}`` fields.
    code : str
        Which sentence.
    values : Mapping
        What its fields hold: raw numbers and names.
    lang : {"en", "zh"}
        Language.
    markdown : bool
        Whether names are escaped for Markdown; plain text if not.

    Returns
    -------
    str
        The sentence.
    """
    text = _Formatter(lang, markdown).vformat(sentences[lang][code], (), values)
    return typeset(_LOOSE_STOP.sub(r"\1", text), lang)


def paragraph(parts: Sequence[str], lang: Lang) -> str:
    """Return sentences as one paragraph.

    Parameters
    ----------
    parts : sequence of str
        Sentences; empty ones are left out.
    lang : {"en", "zh"}
        Language; Chinese sentences follow each other without a space.

    Returns
    -------
    str
        The paragraph.
    """
    return ("" if lang == "zh" else " ").join(part for part in parts if part)


def one_sided(worse: int, better: int) -> str:
    """Return the ending of a sentence on groups that are worse and better: it names no side without groups.

    Parameters
    ----------
    worse, better : int
        Numbers of groups.

    Returns
    -------
    str
        "", "_worse", "_better" or "_none".
    """
    if worse and better:
        return ""
    return "_worse" if worse else "_better" if better else "_none"
