"""Faults of text files that a tolerant reader would hide: ragged lines, broken quotes, null bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from svcq_lib.errors import DataError
from svcq_lib.sources.faults import MAX_EXAMPLES, Example

_CHUNK = 1 << 24


@dataclass(frozen=True)
class LineFaults:
    """What the lines of a text file look like.

    Attributes
    ----------
    rows : int
        Data rows, as a second reader counts them.
    ragged : int
        Rows with more or fewer fields than the header.
    examples : tuple of Example
        Some of them.
    null_lines : int
        Lines that hold a null byte.
    """

    rows: int
    ragged: int
    examples: tuple[Example, ...]
    null_lines: int


def line_faults(path: Path, delimiter: str, n_columns: int) -> LineFaults:
    """Return the faults of a UTF-8 text file, streaming it once through Arrow's reader.

    Parameters
    ----------
    path : Path
        The file.
    delimiter : str
        Character between fields.
    n_columns : int
        Fields of the header.

    Returns
    -------
    LineFaults
        Counts; nothing grows with the number of faulty lines.

    Raises
    ------
    DataError
        If the file cannot be split into fields at all.
    """
    import pyarrow as pa

    ragged = 0
    examples: list[Example] = []

    def count_ragged(row: Any) -> str:
        nonlocal ragged
        ragged += 1
        if len(examples) < MAX_EXAMPLES:
            shape = f"{row.actual_columns} fields, header {row.expected_columns}"
            examples.append(Example(row.number - 1, f"{shape}: {row.text}"))
        return "skip"

    try:
        rows = sum(batch.num_rows for batch in _batches(path, delimiter, n_columns, count_ragged))
    except pa.ArrowInvalid as error:
        raise DataError(f"cannot be split into fields ({error}). Check its quotes.") from None
    return LineFaults(rows + ragged - 1, ragged, tuple(examples), _null_lines(path))


def _batches(path: Path, delimiter: str, n_columns: int, on_ragged: Callable[[Any], str]) -> Any:
    import pyarrow.csv as reader

    return reader.open_csv(
        path,
        # one thread, because only then Arrow knows the numbers of rows
        read_options=reader.ReadOptions(
            use_threads=False, column_names=[str(i) for i in range(n_columns)], block_size=_CHUNK
        ),
        parse_options=reader.ParseOptions(
            delimiter=delimiter,
            newlines_in_values=True,
            ignore_empty_lines=False,
            invalid_row_handler=on_ragged,
        ),
        convert_options=reader.ConvertOptions(include_columns=["0"], column_types={"0": "string"}),
    )


def _null_lines(path: Path) -> int:
    found = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            if b"\0" in chunk:
                found += sum(b"\0" in line for line in chunk.split(b"\n"))
    return found
