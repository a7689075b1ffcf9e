"""From the JSON of a display block to the classes of the document model."""

from __future__ import annotations

import base64
import binascii
import re
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast, get_args

from svcq_lib.errors import ReportError
from svcq_lib.formats import THIN
from svcq_lib.reports import markdown
from svcq_lib.reports.model import (
    Block,
    Card,
    Cards,
    Cell,
    Column,
    Facts,
    Figure,
    Notes,
    Prose,
    Status,
    Table,
    Tone,
)
from svcq_lib.reports.svg import clean_svg

BLOCK_MIME = "application/vnd.svcq.block+json"

_PNG = b"\x89PNG\r\n\x1a\n"
# Control characters and marks that reverse the reading direction: no text needs them, formats refuse some.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
# A line must not break before the per cent sign.
_UNBROKEN = (THIN + "%", "\u202f%")
_TONES = ("", "good", "bad", "neutral", "muted", "strong")
_ALIGNMENTS = ("left", "right", "center")


@dataclass(frozen=True, slots=True)
class Title:
    """A title block: the answer, the line above it, and what a cover names (study, unit, period, n)."""

    text: str
    kicker: str
    cover: Mapping[str, Any]


def clean_text(value: object) -> str:
    """Return a value as text without characters that no format can hold, "34 %" unbreakable.

    Parameters
    ----------
    value : object
        Text; None gives an empty text, anything else its ``str``.

    Returns
    -------
    str
        The text.
    """
    return _UNPRINTABLE.sub("", "" if value is None else str(value)).replace(*_UNBROKEN)


def joined(value: object) -> str:
    """Return the text of a notebook field, which may be stored as a list of lines.

    Parameters
    ----------
    value : str or list of str
        The field.

    Returns
    -------
    str
        The text.
    """
    return "".join(str(line) for line in value) if isinstance(value, list) else str(value)


def read_block(bundle: Mapping[str, Any], where: str, prefix: str) -> Block | Title:
    """Read one display block.

    Parameters
    ----------
    bundle : mapping
        A MIME bundle that holds a block, and its picture when it is a figure.
    where : str
        Where it stands, for messages.
    prefix : str
        Put before the ids of a vector figure.

    Returns
    -------
    Block or Title
        The block.

    Raises
    ------
    ReportError
        If the block is of an unknown version or type, or lacks a field.
    """
    block = bundle[BLOCK_MIME]
    if not isinstance(block, Mapping) or block.get("svcq") != 1:
        raise ReportError(
            f"{where} holds a display block of another version of svcq. Run the notebook again."
        )
    kind = str(block.get("type"))
    if kind == "figure":
        return _figure(block, bundle, where, prefix)
    if kind not in _READERS:
        known = ", ".join(sorted((*_READERS, "figure")))
        raise ReportError(f"{where} holds a display block of the unknown type {kind!r}. Known: {known}.")
    try:
        return _READERS[kind](block, where)
    except (KeyError, TypeError, ValueError) as error:
        why = f"{type(error).__name__} {error}"
        raise ReportError(f"{where} holds a {kind} block that cannot be read: {why}") from error


def _title(block: Mapping[str, Any], where: str) -> Title:
    return Title(clean_text(block["text"]), clean_text(block.get("kicker")), dict(block.get("cover") or {}))


def _prose(block: Mapping[str, Any], where: str) -> Prose:
    return Prose(markdown.parse(clean_text(block["markdown"])), "text", where)


def _cards(block: Mapping[str, Any], where: str) -> Cards:
    return Cards(
        tuple(
            Card(
                clean_text(card["label"]),
                clean_text(card["value"]),
                clean_text(card.get("interval")),
                clean_text(card.get("change")),
                _tone(card.get("tone")),
                _status(card.get("status")),
                clean_text(card.get("verdict")),
            )
            for card in block["cards"]
        ),
        where,
    )


def _table(block: Mapping[str, Any], where: str) -> Table:
    columns = tuple(Column(clean_text(one["label"]), _align(one.get("align"))) for one in block["columns"])
    rows = tuple(
        tuple(Cell(clean_text(cell["text"]), _tone(cell.get("tone"))) for cell in row)
        for row in block["rows"]
    )
    for row in rows:
        if len(row) != len(columns):
            raise ValueError(f"a row has {len(row)} cells for {len(columns)} columns")
    title, subtitle, source = (clean_text(block.get(name)) for name in ("title", "subtitle", "source"))
    markup = joined(block.get("html") or "").replace(*_UNBROKEN)
    return Table(title, subtitle, source, columns, rows, markup, where)


def _notes(block: Mapping[str, Any], where: str) -> Notes:
    return Notes(tuple(markdown.parse(clean_text(item)) for item in block["items"]), where)


def _facts(block: Mapping[str, Any], where: str) -> Facts:
    return Facts(tuple((clean_text(label), clean_text(value)) for label, value in block["rows"]), where)


_READERS: dict[str, Callable[[Mapping[str, Any], str], Block | Title]] = {
    "title": _title,
    "prose": _prose,
    "cards": _cards,
    "table": _table,
    "notes": _notes,
    "facts": _facts,
}


def _figure(block: Mapping[str, Any], bundle: Mapping[str, Any], where: str, prefix: str) -> Figure:
    title, subtitle, alt, source = (
        clean_text(block.get(name)) for name in ("title", "subtitle", "alt", "source")
    )
    size = (block.get("width"), block.get("height"))
    return read_picture(bundle, f"{where}, figure {title!r}", prefix, (title, subtitle, alt, source), size)


def read_picture(
    bundle: Mapping[str, Any],
    where: str,
    prefix: str,
    texts: tuple[str, str, str, str],
    size: Sequence[float | None] = (None, None),
) -> Figure:
    """Read the picture of a MIME bundle.

    Parameters
    ----------
    bundle : mapping
        Holds ``image/svg+xml``, which is preferred, or ``image/png``.
    where : str
        Where it stands, for messages.
    prefix : str
        Put before the ids of a vector figure.
    texts : tuple of str
        Title, subtitle, alternative text and source.
    size : tuple
        Width and height in inches; None takes them from the picture.

    Returns
    -------
    Figure
        The figure.

    Raises
    ------
    ReportError
        If there is no picture, it cannot be read, or it has no alternative text.
    """
    title, subtitle, alt, source = texts
    if not alt.strip():
        raise ReportError(
            f"{where} has no alternative text. Show it through svcq_lib.display, or publish it with the "
            'output metadata {"image/png": {"alt": "what the picture shows"}}.'
        )
    if "image/svg+xml" in bundle:
        clean = clean_svg(joined(bundle["image/svg+xml"]), prefix, where)
        natural, data, kind = (clean.width, clean.height), clean.markup.encode(), "svg"
    elif "image/png" in bundle:
        data, kind = _png(joined(bundle["image/png"]), where), "png"
        pixels = struct.unpack(">II", data[16:24])
        natural = (pixels[0] / 200, pixels[1] / 200)
    else:
        raise ReportError(f"{where} has no picture: its output holds neither image/svg+xml nor image/png.")
    width, height = (float(given) if given else own for given, own in zip(size, natural, strict=True))
    return Figure(title, subtitle, alt, source, cast(Any, kind), data, width, height, where)


def _png(encoded: str, where: str) -> bytes:
    try:
        data = base64.b64decode("".join(encoded.split()), validate=True)
    except binascii.Error as error:
        raise ReportError(f"{where} holds a picture that is not base64: {error}") from error
    if not data.startswith(_PNG) or len(data) < 24:
        raise ReportError(f"{where} holds an image/png output that is not a PNG picture.")
    return data


def _tone(value: object) -> Tone:
    tone = str(value or "")
    if tone not in _TONES:
        raise ValueError(f"unknown tone {tone!r}")
    return cast(Tone, tone)


def _status(value: object) -> Status:
    status = str(value or "none")
    if status not in get_args(Status):
        raise ValueError(f"unknown status {status!r}")
    return cast(Status, status)


def _align(value: object) -> Any:
    align = str(value or "left")
    if align not in _ALIGNMENTS:
        raise ValueError(f"unknown alignment {align!r}")
    return align
