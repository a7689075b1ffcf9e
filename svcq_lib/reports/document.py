"""From an executed notebook to the document model that every renderer reads."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeGuard, cast

from svcq_lib import formats
from svcq_lib.errors import ReportError
from svcq_lib.formats import Lang
from svcq_lib.reports import markdown
from svcq_lib.reports.blocks import BLOCK_MIME, Title, clean_text, joined, read_block, read_picture
from svcq_lib.reports.model import Block, Document, Facts, Heading, Node, Notes, Output, Prose
from svcq_lib.reports.words import WORDS

_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07]*\x07")
_TAG = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]+>", re.DOTALL | re.IGNORECASE)
_LANGUAGES = ("en", "zh")


@dataclass(frozen=True, slots=True)
class _Question:
    text: str


_Part = Block | Title | _Question


def read_document(notebook: Mapping[str, Any], lang: str | None = None, *, name: str = "") -> Document:
    """Read an executed notebook.

    Code is never shown. Cells tagged for another language are left out, and so is what a cell printed to its
    error stream, which is a log; a failed cell's error is shown.

    Parameters
    ----------
    notebook : NotebookNode or mapping
        The executed notebook, nbformat 4.
    lang : {"en", "zh"}, optional
        Language; by default the notebook's ``metadata.svcq.lang``, else its papermill parameter ``lang``,
        else English.
    name : str
        Title of last resort, such as the file's name.

    Returns
    -------
    Document
        Title, cover facts and blocks in reading order.

    Raises
    ------
    ReportError
        If the language is unknown, a block cannot be read or a picture has no alternative text.
    """
    meta = notebook.get("metadata", {})
    stored = meta.get("svcq", {})
    chosen = _language(
        lang or stored.get("lang") or meta.get("papermill", {}).get("parameters", {}).get("lang")
    )
    parts = [part for cell in _cells(notebook, chosen) for part in cell]
    title = next((part for part in parts if isinstance(part, Title)), None)
    question = next((part.text for part in parts if isinstance(part, _Question)), "")
    said = _said({**(title.cover if title else {}), **stored}, chosen)
    kicker = " · ".join(filter(None, (said["study"], said["unit"], said["period"])))
    return Document(
        lang=chosen,
        title=(title.text if title else "") or said["title"] or question or name or WORDS[chosen]["report"],
        kicker=title.kicker if title and title.kicker else kicker,
        question=question if title else "",
        study=said["study"],
        report=said["report"],
        period=said["period"],
        unit=said["unit"],
        base=said["base"],
        blocks=_arranged(parts, title, chosen),
    )


def _said(facts: Mapping[str, Any], lang: Lang) -> dict[str, str]:
    """Return what cover and headers name, as text."""
    said = {name: clean_text(facts.get(name)) for name in ("study", "report", "unit", "title")}
    said["period"] = clean_text(facts.get("period_label") or formats.period(facts.get("period"), lang))
    base = facts.get("base", facts.get("n"))
    said["base"] = formats.count(base) if isinstance(base, int | float) else clean_text(base)
    return said


def _language(lang: object) -> Lang:
    chosen = str(lang or "en")
    if chosen not in _LANGUAGES:
        raise ReportError(f"language {chosen!r} is unknown. Set lang to one of {', '.join(_LANGUAGES)}.")
    return cast(Lang, chosen)


def _cells(notebook: Mapping[str, Any], lang: Lang) -> Iterator[list[_Part]]:
    seen_question = False
    for number, cell in enumerate(notebook.get("cells", []), start=1):
        tags = cell.get("metadata", {}).get("tags", [])
        languages = [tag for tag in tags if tag.startswith("lang-")]
        if languages and f"lang-{lang}" not in languages:
            continue
        where = f"cell {number}"
        if cell["cell_type"] == "markdown":
            nodes = markdown.parse(clean_text(joined(cell["source"])))
            parts = _sections(nodes, where, seen_question)
            seen_question = seen_question or any(isinstance(part, _Question) for part in parts)
            yield parts
        elif cell["cell_type"] == "code":
            outputs = enumerate(cell.get("outputs", []), start=1)
            yield [
                part for index, output in outputs for part in _output(output, where, f"c{number}o{index}-")
            ]


def _sections(nodes: Iterable[Node], where: str, seen_question: bool) -> list[_Part]:
    """Return headings and the prose between them; the notebook's first level-1 heading is the question."""
    parts: list[_Part] = []
    run: list[Any] = []
    role = "text"
    for node in (*nodes, None):
        if node is not None and node["type"] != "heading":
            run.append(node)
            continue
        if run:
            parts.append(Prose(tuple(run), cast(Any, role), where))
            run = []
        if node is not None:
            level, text = node["attrs"]["level"], markdown.plain_text(node["children"])
            if level == 1 and not seen_question:
                parts.append(_Question(text))
                seen_question, role = True, "about"
            else:
                parts.append(Heading(level, text, "", where))
                role = "text"
    return parts


def _output(output: Mapping[str, Any], where: str, prefix: str) -> list[_Part]:
    kind = output["output_type"]
    if kind == "error":
        trace = _plain(
            "\n".join(output.get("traceback") or [f"{output.get('ename')}: {output.get('evalue')}"])
        )
        return [Output(trace, "error", where)]
    if kind == "stream":
        text = _plain(joined(output.get("text", "")))
        return [Output(text, "text", where)] if output.get("name") != "stderr" and text.strip() else []
    data = output.get("data", {})
    if BLOCK_MIME in data:
        block = read_block(data, where, prefix)
        return _sections(block.nodes, where, True) if isinstance(block, Prose) else [block]
    if "image/svg+xml" in data or "image/png" in data:
        return [read_picture(data, where, prefix, ("", "", _alt(output.get("metadata", {})), ""))]
    if "text/markdown" in data:
        return [Prose(markdown.parse(clean_text(joined(data["text/markdown"]))), "text", where)]
    if "text/plain" in data:
        return [Output(_plain(joined(data["text/plain"])), "text", where)]
    if "text/html" in data:
        return [Output(html.unescape(_TAG.sub(" ", joined(data["text/html"]))).strip(), "text", where)]
    return []


def _alt(metadata: Mapping[str, Any]) -> str:
    for holder in (metadata.get("image/svg+xml", {}), metadata.get("image/png", {}), metadata):
        if isinstance(holder, Mapping) and holder.get("alt"):
            return clean_text(holder["alt"])
    return ""


def _plain(text: str) -> str:
    return clean_text(_ANSI.sub("", text)).strip("\n")


def _arranged(parts: list[_Part], title: Title | None, lang: Lang) -> tuple[Block, ...]:
    """Return the blocks in reading order: the answer first, the notebook's aim before the first section."""
    about = [part for part in parts if _is_about(part)]
    blocks: list[Block] = []
    for part in parts:
        if part is title or isinstance(part, _Question) or _is_about(part):
            continue
        if isinstance(part, Title):
            part = Heading(2, part.text, "", "a second title block")
        if isinstance(part, Notes | Facts) and not (blocks and isinstance(blocks[-1], Heading)):
            blocks.append(
                Heading(2, WORDS[lang]["notes" if isinstance(part, Notes) else "facts"], "", part.where)
            )
        blocks.append(part)
    blocks = _without_empty_sections(blocks) if title else blocks
    start = next((index for index, block in enumerate(blocks) if isinstance(block, Heading)), len(blocks))
    blocks[start:start] = about
    lead = next((index for index, block in enumerate(blocks[:start]) if isinstance(block, Prose)), None)
    if lead is not None:
        blocks[lead] = replace(cast(Prose, blocks[lead]), role="lead")
    return tuple(_anchored(blocks))


def _without_empty_sections(blocks: list[Block]) -> list[Block]:
    """Return the blocks without headings that nothing stands under: a report may have nothing to show there."""
    kept: list[Block] = []
    for block in reversed(blocks):
        below = kept[-1] if kept else None
        if isinstance(block, Heading) and (
            below is None or (isinstance(below, Heading) and below.level <= block.level)
        ):
            continue
        kept.append(block)
    return kept[::-1]


def _is_about(part: _Part) -> TypeGuard[Prose]:
    return isinstance(part, Prose) and part.role == "about"


def _anchored(blocks: list[Block]) -> Iterator[Block]:
    """Give headings levels without gaps, below the title, and anchors of their own."""
    used = {"answer", "report"}
    above = 1
    for block in blocks:
        if isinstance(block, Heading):
            above = min(max(block.level, 2), above + 1, 4)
            anchor = base = re.sub(r"[^\w]+", "-", block.text.lower()).strip("-") or "section"
            for count in range(2, len(blocks) + 3):
                if anchor not in used:
                    break
                anchor = f"{base}-{count}"
            used.add(anchor)
            block = replace(block, level=above, anchor=anchor)
        yield block
