"""What a schedule remembers, beside its reports: periods and messages as lines of JSON, and a log for people."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
from collections.abc import Iterator, Mapping, Sequence
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from svcq_lib.reports import jsonl
from svcq_lib.reports.deliver_addresses import hidden
from svcq_lib.reports.schedule_plan import Plan

FOLDER, NAME, LOG = "schedule", "schedule.jsonl", "schedule.log"
_LARGEST_LOG, _LOGS = 1_000_000, 5
Record = Mapping[str, Any]


def folder_of(plan: Plan) -> Path:
    """Return the folder of a plan's memory, inside that of its reports."""
    return plan.folder / FOLDER


def read(plan: Plan) -> list[dict[str, Any]]:
    """Return what a schedule remembers.

    Parameters
    ----------
    plan : Plan
        The plan.

    Returns
    -------
    list of dict
        One per event in the order of time; a line that a killed run left torn is ignored.
    """
    return jsonl.read(folder_of(plan) / NAME)[0]


def add(plan: Plan, now: dt.datetime, kind: str, period: str, **facts: Any) -> None:
    """Remember an event; it is on the disk when this returns.

    Parameters
    ----------
    plan : Plan
        The plan.
    now : datetime
        The moment at which it happened.
    kind : {"period", "message", "delivery", "removed"}
        What happened: a period was tried, a message was due, a message was sent or not, reports were removed.
    period : str
        The period that it is about.
    **facts : Any
        More about it.
    """
    at = now.astimezone(dt.UTC).isoformat(timespec="seconds")
    jsonl.append(folder_of(plan) / NAME, {"kind": kind, "period": period, **facts, "at": at})


def latest(records: Sequence[Record], *kinds: str) -> dict[str, Record]:
    """Return the last event of some kinds about each period."""
    return {one["period"]: one for one in records if one.get("kind") in kinds and "period" in one}


@contextlib.contextmanager
def logged(plan: Plan, secrets: Sequence[str]) -> Iterator[logging.Logger]:
    """Give the log of a plan: five files of a megabyte, without any credential.

    Parameters
    ----------
    plan : Plan
        The plan.
    secrets : sequence of str
        Addresses whose credentials must not show.

    Yields
    ------
    Logger
        Writes to the plan's own file only.
    """
    path = folder_of(plan) / LOG
    handler = RotatingFileHandler(path, maxBytes=_LARGEST_LOG, backupCount=_LOGS - 1, encoding="utf-8")
    handler.setFormatter(_Hiding(secrets))
    logger = logging.Logger(__name__, logging.INFO)
    logger.addHandler(handler)
    try:
        yield logger
    except BaseException as error:
        logger.error("stopped by %s: %s", type(error).__name__, error)
        raise
    finally:
        handler.close()


class _Hiding(logging.Formatter):
    """Writes a line of the log without credentials."""

    def __init__(self, secrets: Sequence[str]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S%z")
        self.secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return hidden(super().format(record), self.secrets)
