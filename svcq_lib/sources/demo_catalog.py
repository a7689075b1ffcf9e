"""The README and the table labels of the demonstration study."""

from __future__ import annotations

import pandas as pd

from svcq_lib.sources.demo_tables import COMMON, TABLES

_RANGES = ("E", "P")


def table_labels() -> dict[str, tuple[str, str]]:
    """Return the English and Chinese label of every table, in the order of the study file.

    Returns
    -------
    dict
        Table name → (English, Chinese).
    """
    return {name: (en, zh) for name, (en, zh, _) in TABLES.items()}


def column_meanings(table: str) -> dict[str, str]:
    """Return what the columns of a table are.

    Parameters
    ----------
    table : str
        Name of the table.

    Returns
    -------
    dict
        Column, or range of columns such as ``E1 … E22``, → meaning.
    """
    lines = [line.strip() for line in TABLES[table][2].strip().splitlines()]
    own = dict(line.split(": ", 1) for line in lines)
    return {**COMMON, **own}


def readme(tables: dict[str, pd.DataFrame]) -> str:
    """Return the README of the demonstration study as Markdown.

    Parameters
    ----------
    tables : dict of str to DataFrame
        The tables as written.

    Returns
    -------
    str
        What each table and column is.

    Raises
    ------
    KeyError
        If a column has no description.
    """
    parts = [
        "# Harbour Bank: the demonstration study\n",
        "A simulated study of a fictitious retail bank: 24 branches in four regions, three channels, "
        "eighteen months (2025-01 to 2026-06). In month 7 an improvement programme starts in twelve "
        "branches. No person, bank or answer is real; telephone numbers, addresses and account numbers in "
        "comments are fictitious. The true parameters behind the numbers are in `truth.json`. The files may "
        "be used, changed and passed on without restriction (CC0).\n",
        "Written by `svcq_lib.sources.demo.write_demo`; the same seed gives the same bytes. CSV, UTF-8, "
        "comma, ISO dates, blank for no value. `study.toml` says how the tables are read.\n",
    ]
    for name, (en, zh) in table_labels().items():
        table = tables[name]
        parts.append(f"## {name}.csv\n\n{en} ({zh}), {len(table):,} rows.\n\n| column | meaning |\n|---|---|")
        parts += [f"| {column} | {meaning} |" for column, meaning in _described(name, list(table.columns))]
        parts.append("")
    return "\n".join(parts)


def _described(table: str, columns: list[str]) -> list[tuple[str, str]]:
    meanings = column_meanings(table)
    rows = []
    for column in columns:
        if table == "responses" and column[:1] in _RANGES and column[1:].isdigit():
            column = f"{column[0]}1 … {column[0]}22"
        elif column.startswith("pts_"):
            column = "pts_tangibles … pts_empathy"
        row = (column, meanings[column])
        if row not in rows:
            rows.append(row)
    return rows
