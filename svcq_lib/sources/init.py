"""A starter study file for a data file: what each column seems to be, written with the reasons for it."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit

from svcq_lib.errors import DataError, ParameterError
from svcq_lib.sources import connect, contracts, encodings
from svcq_lib.sources.guesses import Guesses, guess
from svcq_lib.sources.profiles import Profile, profile, rating
from svcq_lib.study import TableSpec

_SAMPLE = 200_000
_CODES = "outside the scale, so read as no answer: check"
_SERVQUAL = {"tangibles": 4, "reliability": 5, "responsiveness": 4, "assurance": 4, "empathy": 5}


@dataclass(frozen=True)
class InitReport:
    """What was written and what should be looked at.

    Attributes
    ----------
    path : Path
        The study file.
    guessed : tuple of str
        Guesses, each with its reason.
    unsure : tuple of str
        Guesses to check first, and errors that the data contract still finds.
    """

    path: Path
    guessed: tuple[str, ...]
    unsure: tuple[str, ...]

    def to_text(self) -> str:
        """Return the report as plain text."""
        lines = [f"wrote {self.path}", "guessed:", *(f"  {one}" for one in self.guessed)]
        return "\n".join(
            [*lines, *(["look at:", *(f"  {one}" for one in self.unsure)] if self.unsure else [])]
        )


def init_study(directory: Path, data: Path, *, overwrite: bool = False) -> InitReport:
    """Write a commented starter ``study.toml`` for a table of responses.

    Parameters
    ----------
    directory : Path
        Folder of the new study; made if it does not exist.
    data : Path
        The table. It is read, never changed or copied; the study refers to it.
    overwrite : bool
        Whether an existing ``study.toml`` may be replaced.

    Returns
    -------
    InitReport
        What was guessed and what is unsure.

    Raises
    ------
    ParameterError
        If there is a ``study.toml`` already.
    DataError
        If the data cannot be read.
    """
    target = Path(directory) / "study.toml"
    if target.exists() and not overwrite:
        raise ParameterError(
            f"{target} exists already. Choose another folder, or allow it to be overwritten."
        )
    spec, doubts = _spec(Path(data).resolve(), target.parent.resolve())
    frame = connect.scan(spec, target.parent.resolve(), name="responses").head(_SAMPLE).collect()
    columns = {name: profile(frame[name]) for name in frame.columns if "_duplicated_" not in name}
    found = guess(list(columns.values()))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(_Writer(spec, found, columns).text(Path(data).stem), encoding="utf-8")
    left = [f"the data contract still says: {one.line()}" for one in contracts.check(target).errors]
    guessed = tuple(f"{topic}: {why}" for topic, why in found.why.items())
    return InitReport(target, guessed, (*doubts, *found.unsure, *left))


def _spec(data: Path, directory: Path) -> tuple[TableSpec, list[str]]:
    """Return how the file is read: reference, delimiter, encoding where they are not the default."""
    inside = data.is_relative_to(directory)
    path = Path(os.path.relpath(data, directory)) if inside else data
    spec, doubts = TableSpec(path=path.as_posix()), []
    connect.file_of(spec, directory, name="responses")
    if connect.format_of(spec, name="responses") not in ("csv", "tsv"):
        return spec, []
    try:
        encodings.encoding_of(data, None, "responses")
    except DataError:
        fits = encodings.candidates(data)
        if not fits:
            raise
        doubts.append(f"encoding {fits[0]!r}: {', '.join(fits)} fit the file equally")
        spec = spec.model_copy(update={"encoding": fits[0]})
    with encodings.utf8_file(data, spec.encoding, "responses").open(encoding="utf-8-sig") as file:
        header = file.readline()
    default = connect.delimiter_of(spec, name="responses")
    best = max((default, ",", ";", "\t", "|"), key=lambda one: len(next(csv.reader([header], delimiter=one))))
    return (spec if best == default else spec.model_copy(update={"delimiter": best})), doubts


class _Writer:
    """Writes the study file section by section; names are distinct in all of it."""

    def __init__(self, spec: TableSpec, found: Guesses, columns: Mapping[str, Profile]) -> None:
        self.spec, self.found, self.columns = spec, found, columns
        self.taken: set[str] = set()

    def text(self, name: str) -> str:
        """Return the whole file."""
        sections = [self._study(name), self._table(), self._responses(), *self._segments()]
        sections += [*self._instrument(), *self._outcomes(), self._doubts()]
        return "\n\n".join(one for one in sections if one) + "\n"

    def _study(self, name: str) -> str:
        return "\n".join([
            "# A starter study file. Guesses are explained: correct what is wrong, delete the comments.",
            "# Then run: svcq check", "", "[study]", _pair("name", name), 'language = "en"',
        ])  # fmt: skip

    def _table(self) -> str:
        lines = ["[tables.responses]", _pair("path", self.spec.path)]
        if self.spec.delimiter:
            lines.append(_pair("delimiter", self.spec.delimiter, "fits the header line best"))
        if self.spec.encoding:
            lines.append(_pair("encoding", self.spec.encoding, "not UTF-8; check how names read"))
        if self.found.date and self.columns[self.found.date].date_format:
            lines.append(_pair("date_formats", [self.columns[self.found.date].date_format]))
        return "\n".join(lines)

    def _responses(self) -> str:
        lines = ["[responses]", 'table = "responses"']
        for role in ("id", "date", "weight"):
            header = getattr(self.found, role)
            lines.append(
                _pair(role, header, self.found.why[header]) if header else f'# {role} = "…"  # none found'
            )
        return "\n".join(lines)

    def _segments(self) -> Iterable[str]:
        names: set[str] = set()
        for header in self.found.segments:
            one = self.columns[header]
            name = _name(header, names)
            some = ", ".join(list(one.levels)[:4])
            yield f"[responses.segments.{_key(name)}]\n" + _pair(
                "column", header, f"{one.distinct} levels: {some}{' …' if one.distinct > 4 else ''}"
            )

    def _instrument(self) -> Iterable[str]:
        scale = self.found.scale
        if scale is None:
            return
        lines = ["[instrument]", _pair("scale", [scale.low, scale.high], "the answers of the items below")]
        if scale.codes:
            lines.append(_pair("missing", list(scale.codes), _CODES))
        if self.found.pairs:
            lines.append(_pair("expectation", self.found.pairs[0], self.found.why["pairs"]))
            lines.append(_pair("perception", self.found.pairs[1]))
        yield "\n".join(lines)
        if self.found.pairs:
            yield from self._numbered()
        for head, headers in self.found.items.items():
            yield self._dimension(head, headers)

    def _numbered(self) -> Iterable[str]:
        numbers = self.found.numbers
        sizes = _SERVQUAL if numbers == list(range(1, 23)) else {"service": len(numbers)}
        why = (
            "assumed: the usual order of the 22 SERVQUAL items"
            if len(sizes) > 1
            else "divide the items as asked"
        )
        for name, size in sizes.items():
            part, numbers = numbers[:size], numbers[size:]
            lines = [f"[[instrument.dimensions]]  # {why}", _pair("name", _name(name, self.taken))]
            points = [
                one for one in self.columns if re.fullmatch(rf"(?i)(pts|points|imp\w*)[_. ]?{name}", one)
            ]
            lines += [_pair("importance_points", points[0], "its name")] if points else []
            yield "\n".join([*lines, _pair("items", part)])

    def _dimension(self, head: str, headers: Iterable[str]) -> str:
        name = _pair("name", _name(head, self.taken))
        items = [(_value(_name(one, self.taken)), _value(one)) for one in headers]
        rows = [f"  {{ name = {item}, perception = {header} }}," for item, header in items]
        return "\n".join(["[[instrument.dimensions]]", name, "items = [", *rows, "]"])

    def _outcomes(self) -> Iterable[str]:
        for header, kind in self.found.outcomes.items():
            column = self.columns[header]
            scale = rating(column)
            lines = [
                f"[outcomes.{_key(_name(header, self.taken))}]",
                _pair("kind", kind, self.found.why[header]),
            ]
            lines.append(_pair("column", header))
            if scale and kind in ("csat", "ces"):
                lines.append(_pair("scale", [scale.low, scale.high]))
            if scale and scale.codes:
                lines.append(_pair("missing", list(scale.codes), _CODES))
            if kind == "ces":
                high = "hard" if re.search("(?i)effort|费力", header) else "easy"
                lines.append(_pair("high_is", high, "a guess from the name: check"))
            if kind == "binary":
                lines.append(_pair("positive", [_positive(column)], "a guess: check"))
            yield "\n".join(lines)

    def _doubts(self) -> str:
        return "\n".join(f"# unsure: {_comment(one)}" for one in self.found.unsure)


def _positive(column: Profile) -> str:
    yes = re.compile(r"(?i)1(\.0)?|y(es)?|true|satisfied|是|满意")
    return next((one for one in column.levels if yes.fullmatch(one)), sorted(column.levels)[-1])


def _name(header: str, taken: set[str]) -> str:
    stem = re.sub(r"\W+", "_", header).strip("_").lower() or "column"
    name, repeat = stem, 2
    while name in taken:
        name, repeat = f"{stem}_{repeat}", repeat + 1
    taken.add(name)
    return name


def _pair(key: str, value: Any, why: str = "") -> str:
    return f"{_key(key)} = {_value(value)}" + (f"  # {_comment(why)}" if why else "")


def _key(name: str) -> str:
    return tomlkit.key(name).as_string()


def _value(value: Any) -> str:
    return tomlkit.item(value).as_string()


def _comment(words: str) -> str:
    return "".join(one if one.isprintable() else " " for one in words)
