"""Sending the message about a period's reports, through apprise."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from svcq_lib.errors import DeliveryError, missing_extra
from svcq_lib.reports.deliver_addresses import hidden, resolve
from svcq_lib.reports.deliver_alerts import Entry
from svcq_lib.reports.deliver_message import Message, as_html, as_markdown, as_text, of_language
from svcq_lib.reports.deliver_words import WORDS, counted

PAUSE = 5.0
_MEGABYTE = 1_000_000
_WRITTEN = {"html": as_html, "markdown": as_markdown, "text": as_text}


def attached(
    message: Message, out: Path, entries: Sequence[Entry], forms: Sequence[str], megabytes: float
) -> tuple[Message, list[Path]]:
    """Choose the files that go with a message.

    Parameters
    ----------
    message : Message
        The message.
    out : Path
        Folder of the reports.
    entries : sequence of Mapping
        Entries of the manifest.
    forms : sequence of str
        ``"html"`` and/or ``"pdf"``.
    megabytes : float
        What all files together may come to.

    Returns
    -------
    message : Message
        With a sentence that says how many files are attached, and how many are not.
    files : list of Path
        Reports in the message's language where there are any, of the whole study before those of single units, as many
        as fit.
    """
    endings = tuple(f".{form}" for form in forms)
    whole_first = sorted(
        of_language(entries, message.lang), key=lambda one: bool((one.get("parameters") or {}).get("where"))
    )
    paths = [
        out / output["path"]
        for entry in whole_first
        for output in entry.get("outputs") or ()
        if endings and output["path"].endswith(endings) and (out / output["path"]).is_file()
    ]
    files, room = [], megabytes * _MEGABYTE
    for path in paths:
        if (size := path.stat().st_size) <= room:
            files.append(path)
            room -= size
    if not paths:
        return message, []
    words = WORDS[message.lang]
    if len(files) == len(paths):
        return message.add(counted("attached", len(files), message.lang)), files
    said = words["not_attached"].format(n=len(files), all=len(paths), size=f"{megabytes:g}")
    return message.add(said), files


def send(message: Message, address: str, files: Sequence[Path] = (), *, pause: float = PAUSE) -> None:
    """Send a message to an address, and once more after a pause if that fails.

    Parameters
    ----------
    message : Message
        What to send; each service gets it as HTML, Markdown or plain text, as it shows best.
    address : str
        ``env:NAME`` or ``keyring:SERVICE/NAME``.
    files : sequence of Path
        Files to attach.
    pause : float
        Seconds before the second attempt.

    Raises
    ------
    DeliveryError
        If the address is not there, is none that apprise knows, or both attempts fail; without any credential.
    SvcqError
        If apprise is not installed.
    """
    try:
        import apprise
        from apprise.attachment.file import AttachFile
    except ImportError:
        raise missing_extra("apprise", "deliver", "delivering reports") from None
    url = resolve(address)
    with _quiet() as said:
        services = apprise.Apprise()
        if not services.add(url) or not len(services):
            raise DeliveryError(
                f"what {address} holds is no address that apprise knows. Write it as its documentation says, such as "
                "mailtos://user:password@mail.example."
            )
        attach = [AttachFile(path=str(path)) for path in files]
        if [service for service in services if not _accepted(service, message, attach, pause)]:
            reason = hidden("; ".join(dict.fromkeys(said)) or "no reason was given", [url])
            raise DeliveryError(f"{address}: the message could not be sent ({reason}).")


def _accepted(service: Any, message: Message, attach: Sequence[Any], pause: float) -> bool:
    """Send a message to one service, and once more after a pause if that fails."""
    import apprise

    one = apprise.Apprise()
    one.add(service)
    form = _form_of(service)
    for wait in (0.0, pause):
        time.sleep(wait)
        if one.notify(_WRITTEN[form](message), message.subject, body_format=form, attach=attach or None):
            return True
    return False


def _form_of(service: Any) -> str:
    """Return the richest form that a service shows; apprise names one or several."""
    told = (
        service.notify_format if isinstance(service.notify_format, (tuple, list)) else [service.notify_format]
    )
    forms = {getattr(one, "value", one) for one in told}
    return next((form for form in _WRITTEN if form in forms), "text")


@contextlib.contextmanager
def _quiet() -> Iterator[list[str]]:
    """Keep what apprise logs to ourselves: it may hold an address with its password."""
    said: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("apprise")
    before = logger.propagate
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield said
    finally:
        logger.propagate = before
        logger.removeHandler(handler)
