"""How results, studies and check reports show themselves as the last expression of a cell.

``svcq_lib`` registers these functions with IPython by name, so that nothing here is imported before a result
is shown.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import Any

from svcq_lib import display, formats
from svcq_lib.display.blocks import Block
from svcq_lib.formats import Lang
from svcq_lib.sources.faults import CheckReport
from svcq_lib.study import Study

WORDS = {
    "en": {
        "study": "Study", "file": "Study file", "table": "Responses", "filters": "Restricted to", "period": "Period",
        "instrument": "Instrument", "outcomes": "Outcomes", "segments": "Segments", "tables": "Tables",
        "counts": "{items} questions in {dimensions} dimensions", "everything": "nothing left out",
    },
    "zh": {
        "study": "研究", "file": "研究文件", "table": "答卷表", "filters": "限定范围", "period": "期间",
        "instrument": "量表", "outcomes": "结果", "segments": "细分变量", "tables": "数据表",
        "counts": "{dimensions} 个维度，{items} 个题项", "everything": "未作限定",
    },
}  # fmt: skip


def as_text(value: Any) -> str:
    """Return what a terminal shows of a result, a study or a check report.

    Parameters
    ----------
    value : ScoresResult, GapsResult, DriverResult, Study or CheckReport
        What is shown.

    Returns
    -------
    str
        Plain text.

    Raises
    ------
    ParameterError
        If it is something else.
    """
    if isinstance(value, CheckReport):
        return value.to_text()
    if isinstance(value, Study):
        return "\n".join(f"{name}: {text}" for name, text in _facts(value))
    return "\n\n".join(
        filter(None, (_plain(block) for block in display.show(value, lang=value.context.language)))
    )


def as_html(value: Any) -> str:
    """Return what a notebook shows of a result, a study or a check report.

    Parameters
    ----------
    value : ScoresResult, GapsResult, DriverResult, Study or CheckReport
        What is shown.

    Returns
    -------
    str
        HTML; names from data are escaped.

    Raises
    ------
    ParameterError
        If it is something else.
    """
    if isinstance(value, CheckReport):
        return _report(value)
    if isinstance(value, Study):
        return _table([], _facts(value))
    return "".join(_markup(block) for block in display.show(value, lang=value.context.language))


def _plain(block: Block) -> str:
    """Return a block as text without Markdown's marks."""
    if block.model["type"] != "prose":
        return block.plain
    return re.sub(r"\\(?=[^\w\s])", "", block.plain.replace("**", ""))


def _markup(block: Block) -> str:
    if block.model["type"] != "prose":
        return block.media["text/html"]
    import mistune

    return str(mistune.create_markdown(escape=True)(block.plain))


def _facts(study: Study) -> list[tuple[str, str]]:
    lang: Lang = study.language
    words, instrument = WORDS[lang], study.instrument
    filters = [f"{name} = {level}" for name, level in study.filters.items()]
    counts = words["counts"].format(items=len(instrument.items), dimensions=len(instrument.dimensions))
    spec = study.tables[study.responses.table]
    rows = [
        ("study", study.name.text(lang)),
        ("file", study.path.name),
        (
            "table",
            " · ".join(filter(None, (study.responses.table, spec.path, *(one.path for one in spec.waves)))),
        ),
        ("filters", ", ".join(filters) or words["everything"]),
        ("period", formats.period(study.period, lang)),
        ("instrument", counts if instrument.items else ""),
        ("outcomes", ", ".join(study.outcomes)),
        ("segments", ", ".join(study.responses.segments)),
        ("tables", str(len(study.tables))),
    ]
    return [(words[code], text) for code, text in rows if text]


def _report(report: CheckReport) -> str:
    head = ["", "table", "column", "problem", "rows", "remedy"]
    rows = [
        (p.severity, p.table, p.column, p.message, formats.count(p.rows), p.remedy) for p in report.problems
    ]
    summary = (
        f"{len(report.errors)} error(s), {len(report.warnings)} warning(s) in {len(report.tables)} table(s)"
    )
    return f"<p>{summary}</p>" + (_table(head, rows) if rows else "")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th>{html.escape(name)}</th>" for name in head)
    body = "".join(
        "<tr>" + "".join(f"<td style='text-align:left'>{html.escape(cell)}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    return f"<table>{f'<tr>{top}</tr>' if top else ''}{body}</table>"
