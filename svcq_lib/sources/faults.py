"""What a data contract found: problems with counts and examples, and the report of all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from svcq_lib.errors import DataError, Note
from svcq_lib.formats import count

Severity = Literal["error", "warning"]
MAX_EXAMPLES = 5


@dataclass(frozen=True)
class Example:
    """One row that shows a problem: its number (data rows from 1) and what stands there."""

    row_number: int
    text: str

    def __str__(self) -> str:
        """Return the row and its text, shortened."""
        words = "".join(one if one.isprintable() else "�" for one in " ".join(self.text.split()))
        shown = f"{words[:60]}…" if len(words) > 60 else words
        return f"row {self.row_number}: {shown}" if shown else f"row {self.row_number}"


@dataclass(frozen=True)
class Problem:
    """One rule that one column breaks, however many rows do.

    Attributes
    ----------
    code : str
        Name of the rule, such as ``"off_scale"``.
    severity : {"error", "warning"}
        Whether analyses stop or carry the problem as a note.
    table, column : str
        Where; column is empty for a problem of the table.
    rows, total : int
        Rows that break the rule, rows of the table.
    examples : tuple of Example
        At most five.
    message, remedy : str
        What is wrong and what to do.
    facts : Mapping
        Further numbers and names, for the note that a warning becomes.
    """

    code: str
    severity: Severity
    table: str
    column: str
    rows: int
    total: int
    examples: tuple[Example, ...]
    message: str
    remedy: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def line(self) -> str:
        """Return the problem on one line: table · column · message · rows · examples · remedy."""
        parts = [self.table, self.column, self.message]
        if self.total:
            parts.append(f"rows {count(self.rows)} of {count(self.total)}")
        if self.examples:
            parts.append("; ".join(map(str, self.examples)))
        return " · ".join(part for part in [*parts, self.remedy] if part)


@dataclass(frozen=True)
class TableSummary:
    """A table that was checked: its size and the fingerprint of its contents (empty if it cannot be read)."""

    table: str
    rows: int
    columns: int
    fingerprint: str


@dataclass(frozen=True)
class CheckReport:
    """Everything that the data contract found in all tables of a study.

    Attributes
    ----------
    problems : tuple of Problem
        Errors first, in the order of tables and columns.
    tables : tuple of TableSummary
        The tables that were checked.
    """

    problems: tuple[Problem, ...]
    tables: tuple[TableSummary, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that stop analyses."""
        return tuple(one for one in self.problems if one.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The problems that analyses carry as notes."""
        return tuple(one for one in self.problems if one.severity == "warning")

    @property
    def ok(self) -> bool:
        """Whether there is no error."""
        return not self.errors

    def notes(self) -> tuple[Note, ...]:
        """Return the warnings as notes.

        Returns
        -------
        tuple of Note
            Code ``data_CODE``; facts ``table``, ``column``, ``rows``, ``total`` and those of the problem.
        """
        return tuple(
            Note(
                f"data_{one.code}",
                {"table": one.table, "column": one.column, "rows": one.rows, "total": one.total, **one.facts},
            )
            for one in self.warnings
        )

    def fingerprint(self, table: str) -> str:
        """Return the SHA-256 of a checked table.

        Parameters
        ----------
        table : str
            Name of the table.

        Returns
        -------
        str
            Hexadecimal digest; empty if the table could not be read or was not checked.
        """
        return next((one.fingerprint for one in self.tables if one.table == table), "")

    def rows(self, table: str) -> int:
        """Return the rows of a checked table.

        Parameters
        ----------
        table : str
            Name of the table.

        Returns
        -------
        int
            0 if the table could not be read or was not checked.
        """
        return next((one.rows for one in self.tables if one.table == table), 0)

    def raise_for_errors(self) -> None:
        """Raise if there is an error.

        Raises
        ------
        DataError
            Listing every error.
        """
        if self.errors:
            lines = [f"  {one.line()}" for one in self.errors]
            raise DataError("\n".join([f"the data break the contract in {len(lines)} way(s)", *lines]))

    def to_text(self) -> str:
        """Return the report as plain text, one line per problem."""
        sizes = [f"{one.table} {count(one.rows)} rows × {one.columns} columns" for one in self.tables]
        head = f"{len(self.errors)} error(s), {len(self.warnings)} warning(s) in {'; '.join(sizes)}"
        return "\n".join([head, *(f"{one.severity} · {one.line()}" for one in self.problems)])
