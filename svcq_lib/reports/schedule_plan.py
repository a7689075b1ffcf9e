"""What a plan file may say: which reports of which study are due when, what they wait for and who gets them."""

from __future__ import annotations

import datetime as dt
import difflib
import functools
import re
import zoneinfo
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, field_validator, model_validator

from svcq_lib import periods, tomlfile
from svcq_lib.errors import ParameterError, ScheduleError
from svcq_lib.formats import Lang
from svcq_lib.reports.resources import topics
from svcq_lib.study import Model

Every = Literal["month", "quarter", "week", "day"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
On = Literal["always", "change", "red", "failure"]
_ADDRESS = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|keyring:[^/\s]+/\S+")
_DAILY = ("week", "day")


def _tuple(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (dt.date, dt.time)) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_tuple)]


class WaitFor(Model):
    """What must be there before a period's reports are made.

    Attributes
    ----------
    data : bool
        The last date in the answers reaches the last day of the period.
    short_by : int
        Days by which it may fall short, for units that are closed on some days.
    file : str or None
        A file that exists when the data are complete, relative to the plan; ``{period}`` stands for the period.
    days : int
        How long to wait at most, from the moment at which the period is due.
    then : {"run", "fail"}
        What to do after that: make the reports of what there is, or report a failure (and go on waiting).
    """

    data: bool = True
    short_by: int = Field(0, ge=0)
    file: str | None = None
    days: int = Field(7, ge=0)
    then: Literal["run", "fail"] = "run"


class Deliver(Model):
    """Who is told, when, and what they get.

    Attributes
    ----------
    to : tuple of str
        Where each address is kept: ``env:NAME`` or ``keyring:SERVICE/NAME``; never the address itself.
    on : {"always", "change", "red", "failure"}
        After every period; only if something changed beyond noise; only if a figure is red; only if a report failed,
        which everybody is told.
    attach : tuple of str
        ``"html"`` and/or ``"pdf"``: files to attach.
    attach_up_to : float
        Megabytes of attachments in one message.
    link : str or None
        Address under which the folder of the reports is served.
    lang : {"en", "zh"} or None
        Language of the message; by default the first of the plan's, else the study's.
    """

    to: Annotated[Texts, Field(min_length=1)]
    on: On = "always"
    attach: Annotated[tuple[Literal["html", "pdf"], ...], BeforeValidator(_tuple)] = ()
    attach_up_to: float = Field(10, gt=0)
    link: str | None = None
    lang: Lang | None = None

    @field_validator("to")
    @classmethod
    def _kept_elsewhere(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_ADDRESS.fullmatch(one) for one in value):
            raise ValueError(
                "an address may hold a password, so a plan only says where it is kept. Take the address out of this "
                'file and write "env:SVCQ_MAIL_URL" (a variable of the environment) or "keyring:svcq/mail" '
                "(service/name in the keyring)"
            )
        return value

    @field_validator("link")
    @classmethod
    def _open_link(cls, value: str | None) -> str | None:
        if value and (urlsplit(value).scheme not in ("http", "https") or "@" in urlsplit(value).netloc):
            raise ValueError("a link starts with https:// or http:// and holds no name and no password")
        return value


class PlanFile(Model):
    """A plan as written."""

    study: str
    reports: Texts = ()
    by: Texts = ()
    each: Literal["month", "quarter"] | None = None
    formats: Annotated[tuple[Literal["html", "pdf"], ...], BeforeValidator(_tuple)] = ("html",)
    langs: Annotated[tuple[Lang, ...], BeforeValidator(_tuple)] = ()
    out: str | None = None
    jobs: int | None = Field(None, ge=1)
    timeout: float | None = Field(None, gt=0)
    memory: float | None = Field(None, gt=0)
    executor: str | None = None
    parameters: Mapping[str, Any] = Field(default_factory=dict)
    every: Every
    day: Annotated[int, Field(ge=1, le=28)] | Literal["last"] | None = None
    weekday: Weekday | None = None
    at: Annotated[str, BeforeValidator(_text)] = "06:00"
    timezone: str = "UTC"
    period: str = "previous"
    start: Annotated[str, BeforeValidator(_text)]
    revise: int = Field(0, ge=0)
    keep: int | None = Field(None, ge=1)
    wait_for: WaitFor = WaitFor()
    deliver: Deliver | None = None

    @field_validator("day", mode="before")
    @classmethod
    def _in_every_month(cls, value: Any) -> Any:
        if value not in (None, "last") and not (type(value) is int and 1 <= value <= 28):
            raise ValueError('a day is a number from 1 to 28, which every month has, or "last"')
        return value

    @field_validator("at")
    @classmethod
    def _clock(cls, value: str) -> str:
        if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d(:00)?", value):
            raise ValueError('a time of day is written "06:00"')
        return value[:5]

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            zoneinfo.ZoneInfo(value)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            near = difflib.get_close_matches(value, zoneinfo.available_timezones(), n=1)
            hint = f"Did you mean {near[0]!r}? " if near else ""
            raise ValueError(
                f"{value!r} is no time zone. {hint}Write its name, such as Asia/Shanghai or Europe/Berlin"
            ) from None
        return value

    @field_validator("period")
    @classmethod
    def _complete_period(cls, value: str) -> str:
        if value != "previous":
            raise ValueError(
                'a run is about the last period that is complete: write "previous" or leave period out'
            )
        return value

    @model_validator(mode="after")
    def _fitting_day(self) -> PlanFile:
        if self.day is not None and self.every in _DAILY:
            raise ValueError(f'day goes with every = "month" or "quarter", not with "{self.every}"')
        if self.weekday is not None and self.every != "week":
            raise ValueError(f'weekday goes with every = "week", not with "{self.every}"')
        if self.keep is not None and self.revise > self.keep:
            raise ValueError(
                f"revise is {self.revise}, but only {self.keep} periods are kept: set keep to more"
            )
        _require_start(self.start, self.every)
        return self


class Plan(PlanFile):
    """A plan bound to its place.

    Attributes
    ----------
    path : Path
        The plan file; what it names is relative to its folder.
    """

    path: Path

    @property
    def study_path(self) -> Path:
        """The study file or its folder."""
        return self.path.parent / self.study

    @property
    def folder(self) -> Path:
        """Folder of the results: ``out``, or ``reports`` beside the plan."""
        return self.path.parent / (self.out or "reports")

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The time zone of ``at``."""
        return zoneinfo.ZoneInfo(self.timezone)


def read_plan(path: str | Path) -> Plan:
    """Read and validate a plan file.

    Parameters
    ----------
    path : str or Path
        The ``plan.toml``.

    Returns
    -------
    Plan
        What it says.

    Raises
    ------
    ScheduleError
        With every fault of the file: its key, its line where it can be found, and the remedy.
    """
    whole = Path(path).resolve()
    file = tomlfile.read(
        whole,
        PlanFile,
        kind="plan",
        refuse=ScheduleError,
        contradictions=functools.partial(_contradictions, whole.parent),
    )
    return Plan(path=whole, **{name: getattr(file, name) for name in PlanFile.model_fields})


def _contradictions(folder: Path, file: PlanFile) -> Iterator[tomlfile.Fault]:
    """Yield what the plan names but is not there."""
    if not (folder / file.study).exists():
        yield (
            ("study",),
            f"{file.study!r} does not exist; name the study file or its folder, relative to the plan",
        )
    known = topics()
    for i, name in enumerate(file.reports):
        if name not in known:
            yield ("reports", i), f"there is no report {name!r}; choose from {', '.join(known)}"


def _require_start(start: str, every: Every) -> None:
    """Refuse a first period that is none of the plan's length."""
    examples = {"month": "2026-01", "quarter": "2026-Q1", "week": "2026-01-05, a Monday", "day": "2026-01-05"}
    try:
        first = periods.parse(start)
    except ParameterError:
        first = None
    fits = (
        first is not None
        and {
            "month": first.name.count("-") == 1 and "Q" not in first.name,
            "quarter": "Q" in first.name,
            "week": first.start == first.end and first.start.weekday() == 0,
            "day": first.start == first.end,
        }[every]
        and ".." not in first.name
    )
    if not fits:
        raise ValueError(f'start is the first {every} that is due, such as "{examples[every]}"')
