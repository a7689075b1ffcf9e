"""The data contract: every problem of every table of a study in one report."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl
from pydantic import TypeAdapter

from svcq_lib.binding import bind
from svcq_lib.errors import DataError, SvcqError
from svcq_lib.sources import cache, connect, encodings, groups, tally, waves
from svcq_lib.sources.faults import CheckReport, Example, Problem, Severity, TableSummary
from svcq_lib.sources.headers import did_you_mean
from svcq_lib.sources.lines import line_faults
from svcq_lib.sources.prepared import ROW, declared_columns
from svcq_lib.sources.profiles import DATE_FORMATS, all_parse
from svcq_lib.sources.rules import WORDS, subjects
from svcq_lib.sources.values import moment, text
from svcq_lib.study import Study, TableSpec
from svcq_lib.studyfile import read_study_file

_SAMPLE = 1_000
_MAKER = Callable[..., Problem]
_REPORT = TypeAdapter(CheckReport)
_States = tuple[tuple[int, ...] | str | None, ...]


def check(study: Study | str | Path, *, keep: bool = False) -> CheckReport:
    """Check all tables of a study.

    Parameters
    ----------
    study : Study, str or Path
        A study (its filters and period do not matter), or its file or folder: then a response table that
        cannot be read is reported like any other problem.
    keep : bool
        Whether the report of tables without errors is kept in the study's cache, for other processes: hundreds of
        reports would otherwise check the same files again. Without it nothing is written beside the data.

    Returns
    -------
    CheckReport
        Every problem. The report of unchanged files is kept in memory; a table on a server is checked once per process,
        and with `keep` only if its fingerprint, for which all rows are read once, is another.

    Raises
    ------
    StudyError
        If the study file itself has faults.
    """
    opened = study if isinstance(study, Study) else _opened(Path(study))
    plain = opened.model_copy(update={"filters": {}, "period": None})
    stamps = tuple(connect.state_of(one, plain.root) for one in plain.tables.values())
    described = plain.model_dump_json()
    states = _states(described, stamps) if keep else ()
    return _kept(described, states) if states else _checked(described, stamps)


def _kept(study_json: str, states: _States) -> CheckReport:
    """Return the report in the cache, or check and keep it if there is no error."""
    study = Study.model_validate_json(study_json)
    name = f"check-{cache.key_of(study_json, states)}"
    found = cache.load(study.root, name, _REPORT.validate_json)
    if found is None:
        found = _checked(study_json, states)
        read = {found.fingerprint(table) for table in study.tables}
        if found.ok and read.issuperset(one for one in states if isinstance(one, str)):
            cache.save(study.root, name, _REPORT.dump_json(found))
    return found


@functools.lru_cache(maxsize=16)
def _states(study_json: str, stamps: _States) -> _States:
    """Return what tells the contents of each table: a server's is its fingerprint; nothing if one is unreadable."""
    study = Study.model_validate_json(study_json)
    try:
        return tuple(
            stamp or connect.fingerprint(study.tables[name], study.root, name=name)
            for name, stamp in zip(study.tables, stamps, strict=True)
        )
    except SvcqError:  # the check of the table says why
        return ()


def _opened(path: Path) -> Study:
    file_path = (path / "study.toml" if path.is_dir() else path).resolve()
    file = read_study_file(file_path)
    table = file.responses.table
    try:
        headers = connect.columns(file.tables[table], file_path.parent, name=table)
    except DataError:
        headers = []  # the check of the table says why
    return bind(file, file_path, headers)


@functools.lru_cache(maxsize=16)
def _checked(study_json: str, _stamps: _States) -> CheckReport:
    study = Study.model_validate_json(study_json)
    problems, tables = [], []
    for name in study.tables:
        found, summary = _check_table(study, name)
        problems += found
        tables.append(summary)
    ordered = sorted(problems, key=lambda one: one.severity != "error")
    return CheckReport(tuple(ordered), tuple(tables))


def _check_table(study: Study, name: str) -> tuple[list[Problem], TableSummary]:
    spec = study.tables[name]
    try:
        headers = connect.columns(spec, study.root, name=name)
        frame = connect.scan(spec, study.root, name=name)
        rows = frame.select(pl.len()).collect(engine="streaming").item()
        make = functools.partial(_problem, name, rows)
        sizes = _sizes(study, name) if spec.waves else [rows]
        found = [*_headers(study, name, headers, make), *_waves(study, name, make)]
        for part, size in zip(connect.parts_of(spec), sizes, strict=True):
            found += _lines(part, study.root, name, size, make)
        if rows == 0:
            found.append(make("no_rows", "error", "the table has no rows", "export it again, with its data"))
        elif name == study.responses.table:
            found += _responses(study, frame, make)
        else:
            found += _dates(frame, spec.date_formats, make)
        found = [_located(spec, sizes, one) for one in found]
        summary = TableSummary(name, rows, len(headers), connect.fingerprint(spec, study.root, name=name))
    except (SvcqError, pl.exceptions.PolarsError) as error:
        return [_unreadable(name, error)], TableSummary(name, 0, 0, "")
    return found, summary


def _problem(
    table: str,
    total: int,
    code: str,
    severity: Severity,
    message: str,
    remedy: str,
    *,
    column: str = "",
    rows: int = 0,
    examples: Sequence[Example] = (),
    **facts: object,
) -> Problem:
    return Problem(code, severity, table, column, rows, total, tuple(examples), message, remedy, facts)


def _unreadable(name: str, error: Exception) -> Problem:
    message = str(error).removeprefix(f"table {name!r}: ")
    if isinstance(error, SvcqError):  # its last sentence is the remedy
        message, _, remedy = message.rstrip(".").rpartition(". ")
        message = message or str(error)
    else:
        message = f"cannot be read ({(message.splitlines() or [''])[0]})"
        remedy = "check its quotes: a quote inside a field is written twice, in quotes"
    return Problem("unreadable", "error", name, "", 0, 0, (), message, remedy)


def _headers(study: Study, name: str, headers: Sequence[str], make: _MAKER) -> Iterator[Problem]:
    declared = declared_columns(study) if name == study.responses.table else {}
    for header, key in declared.items():
        if header not in headers:
            hint = _delimiter_hint(headers) or did_you_mean(header, headers)
            yield make(
                "missing_column",
                "error",
                f"the column of {key} is missing",
                f"{hint}correct the name in the study file",
                column=header,
            )
    for header, times in Counter(headers).items():
        if times > 1:
            harmless = header not in declared if name == study.responses.table else not header.strip()
            yield make(
                "repeated_header",
                "warning" if harmless else "error",
                f"{times} columns have this header",
                "give each column its own header",
                column=header,
                times=times,
            )


def _delimiter_hint(headers: Sequence[str]) -> str:
    for delimiter in (";", "\t", "|", ","):
        if len(headers) == 1 and delimiter in headers[0]:
            return f"is the delimiter {delimiter!r}? Then write delimiter = {delimiter!r}; else "
    return ""


def _sizes(study: Study, name: str) -> list[int]:
    """Return the rows of each wave of a table."""
    parts = connect.parts_of(study.tables[name])
    return [
        connect.scan(one, study.root, name=name).select(pl.len()).collect(engine="streaming").item()
        for one in parts
    ]


def _waves(study: Study, name: str, make: _MAKER) -> Iterator[Problem]:
    """Report headers that a wave renames but its file does not have."""
    spec = study.tables[name]
    if spec.waves:
        for path, header in waves.missing_columns(spec, connect.wave_headers(spec, study.root, name=name)):
            yield make(
                "missing_column",
                "error",
                f"{path} lacks this column, which its wave renames",
                "correct columns of that wave in the study file",
                column=header,
            )


def _located(spec: TableSpec, sizes: Sequence[int], problem: Problem) -> Problem:
    """Return a problem of a table in several files with each example in its own file."""
    if not spec.waves or problem.code in ("ragged_rows", "null_bytes", "broken_quotes"):
        return problem
    return replace(problem, examples=tuple(waves.located(spec, sizes, one) for one in problem.examples))


def _lines(spec: TableSpec, root: Path, name: str, rows: int, make: _MAKER) -> Iterator[Problem]:
    if spec.url is not None or connect.format_of(spec, name=name) not in ("csv", "tsv"):
        return
    n_columns = len(connect.columns(spec, root, name=name))
    path = encodings.utf8_file(connect.file_of(spec, root, name=name), spec.encoding, name)
    lines = line_faults(path, connect.delimiter_of(spec, name=name), n_columns)
    if lines.ragged:
        yield make(
            "ragged_rows",
            "error",
            "rows with more or fewer fields than the header",
            "quote fields that hold the delimiter, or correct delimiter",
            rows=lines.ragged,
            examples=lines.examples,
        )
    if lines.rows != rows:
        yield make(
            "broken_quotes",
            "error",
            f"its quotes can be read in two ways: as {rows} or as {lines.rows} rows",
            "write a quote inside a field twice, and the field in quotes",
        )
    if lines.null_lines:
        yield make(
            "null_bytes",
            "error",
            "lines with null bytes",
            'export the file again as UTF-8, or write encoding = "utf-16" if it is that',
            rows=lines.null_lines,
        )


def _responses(study: Study, frame: pl.LazyFrame, make: _MAKER) -> Iterator[Problem]:
    checked = subjects(study, frame.collect_schema())
    _, counts = tally.count_rules(frame, checked)
    rules = tally.broken(counts)
    shown = tally.examples(frame, checked, rules)
    for i, code in rules:
        severity, message, remedy = WORDS[code]
        subject, rows, some = checked[i], counts[code][i], shown.get((i, code), ())
        if code == "repeated_id":
            rows, some = tally.repeated(frame, subject)
        if code == "date_unreadable":
            remedy += _format_hint(some)
        if rows:
            yield make(
                code,
                severity,
                message.format(**subject.facts),
                remedy,
                column=subject.column,
                rows=rows,
                examples=some,
                **subject.facts,
            )
    yield from groups.group_problems(study, frame, make)


def _format_hint(some: Sequence[Example]) -> str:
    raw = pl.Series([one.text for one in some], dtype=pl.String)
    fits = [one for one in DATE_FORMATS if all_parse(raw, one)]
    return f": {' or '.join(map(repr, fits))} fits these" if fits else ""


def _dates(frame: pl.LazyFrame, formats: Sequence[str], make: _MAKER) -> Iterator[Problem]:
    """Report columns that are mostly dates by the declared formats, but not in every row."""
    schema = frame.collect_schema()
    words = [name for name, dtype in schema.items() if dtype == pl.String]
    sample = frame.select(words).head(_SAMPLE).collect()
    for name in words:
        read = sample.select(raw=text(pl.col(name)), day=moment(pl.col(name), formats)).drop_nulls("raw")
        if 2 * read["day"].count() <= max(read.height, 1):
            continue
        column = frame.with_row_index(ROW, offset=1).select(
            ROW, raw=text(pl.col(name)), day=moment(pl.col(name), formats)
        )
        bad = column.filter(pl.col("raw").is_not_null() & pl.col("day").is_null())
        rows = bad.select(pl.len()).collect(engine="streaming").item()
        if rows:
            some = [Example(number, raw) for number, raw, _ in bad.head(5).collect().iter_rows()]
            yield make(
                "date_unreadable",
                "warning",
                "text that is no date by date_formats: the column stays text",
                f"add its format to date_formats of the table, or empty these cells{_format_hint(some)}",
                column=name,
                rows=rows,
                examples=some,
            )
