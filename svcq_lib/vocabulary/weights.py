"""Columns and codes of weighting, response rates and the switchboard of defaults."""

from __future__ import annotations

from svcq_lib.vocabulary.term import Term

COLUMNS: dict[str, Term] = {
    "default": Term("Default", "默认做法"),
    "used": Term("Used here", "本报告采用"),
    "alternative": Term("Alternative", "另一做法"),
    "headline": Term("Headline as reported", "本报告的主要结果"),
    "headline_alternative": Term("Headline under the alternative", "另一做法下的主要结果"),
    "same_answer": Term("Same answer", "结论是否相同", "bool"),
}  # fmt: skip

WORDS: dict[str, Term] = {}
