"""Columns and codes of the returns report."""

from __future__ import annotations

from svcq_lib.vocabulary.term import Term

COLUMNS: dict[str, Term] = {}

WORDS: dict[str, Term] = {}
