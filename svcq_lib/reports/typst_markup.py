"""The document model as Typst source.

Everything is written as calls in code mode, and every text as a string literal, so that no text, wherever it
came from, is ever read as Typst markup or code. Each block is one line: a line number names the block.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import replace

from svcq_lib.figures import style
from svcq_lib.palette import CAUTION
from svcq_lib.reports.column_widths import layouts
from svcq_lib.reports.mathml import typst_math
from svcq_lib.reports.model import (
    Block,
    Cards,
    Document,
    Facts,
    Figure,
    Heading,
    Node,
    Notes,
    Output,
    Prose,
    Table,
)  # fmt: skip
from svcq_lib.reports.words import WORDS

_LONG_WORD = re.compile(r"[^\s\u3000-\u9fff\uff00-\uffef]{25,}")
#: Height that a picture may have, in inches, so that its title and source stay on the same page.
_TALLEST = 7.6
_TEXT_WIDTH = 6.69
_WARNING_TEXT = "#b84a34"


def literal(text: str, *, lines: bool = False) -> str:
    """Return a text as a Typst string literal.

    Parameters
    ----------
    text : str
        Any text.
    lines : bool
        Keep line breaks; otherwise they become spaces.

    Returns
    -------
    str
        The literal. Words too long for a line get invisible places to break.
    """
    if not lines:
        text = re.sub(r"[\n\t]+", " ", text)
        text = _LONG_WORD.sub(lambda match: "\u200b".join(re.findall(r".{1,12}", match[0])), text)
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def theme(document: Document) -> str:
    """Return the Typst file with colours, fonts and words of one document.

    Parameters
    ----------
    document : Document
        The document.

    Returns
    -------
    str
        Typst source.
    """
    chinese = document.lang == "zh"
    colours = {
        "ink": style.INK,
        "grey": style.GREY,
        "rule": style.RULE,
        "accent": style.ACCENT,
        "caution": CAUTION,
    }
    lines = [f'#let {name} = rgb("{value}")' for name, value in {**colours, "warning": _WARNING_TEXT}.items()]
    names = ", ".join(f'"{key}": {literal(word)}' for key, word in WORDS[document.lang].items())
    lines += [
        f'#let (latin-font, cjk-font) = ("{style.LATIN_FAMILY}", "{style.CJK_FAMILY}")',
        f'#let (lang, region) = ("{document.lang}", {literal("cn") if chinese else "none"})',
        f"#let strong-weight = {400 if chinese else 600}",
        f"#let words = ({names})",
    ]
    return "\n".join(lines) + "\n"


def typst_source(document: Document) -> tuple[str, dict[int, str], dict[str, bytes]]:
    """Return a document as Typst source.

    Parameters
    ----------
    document : Document
        The document.

    Returns
    -------
    tuple
        The source, the place in the notebook of each line of it, and the pictures by file name.
    """
    anchors = {
        block.anchor: f"s{index}" for index, block in enumerate(document.blocks) if isinstance(block, Heading)
    }
    files: dict[str, bytes] = {}
    lines = ['#import "report.typ": *', _opening(document), _cover(document)]
    places = {2: "the document's title", 3: "the cover"}
    first = next((one for one in document.blocks if isinstance(one, Heading) and one.level == 2), None)
    for block in document.blocks:
        if block is first:  # the answer comes before the contents, on the first page
            lines.append("#contents()")
            places[len(lines)] = "the contents"
        for line in _block(block, anchors, files, document):
            lines.append("#" + line)
            title = getattr(block, "title", "")
            places[len(lines)] = f"{block.where}, {type(block).__name__.lower()}" + (
                f" {title!r}" if title else ""
            )
    return "\n".join(lines) + "\n", places, files


def _opening(document: Document) -> str:
    named = (document.title, document.study, document.report)
    return "#show: report.with(title: {}, study: {}, name: {})".format(*map(literal, named))


def _cover(document: Document) -> str:
    words = WORDS[document.lang]
    facts = [(words[name], getattr(document, name)) for name in ("period", "unit", "base")]
    facts.append((words["language"], words["language_name"]))
    shown = ", ".join(f"({literal(label)}, {literal(value)})" for label, value in facts if value)
    texts = ", ".join(
        f"{name}: {literal(value)}"
        for name, value in (
            ("study", document.study or words["report"]),
            ("title", document.title),
            ("question", document.question),
            ("kicker", document.report or document.kicker),
        )
    )
    return f"#cover({texts}, facts: ({shown},))"


def _block(
    block: Block, anchors: dict[str, str], files: dict[str, bytes], document: Document
) -> Iterable[str]:
    """Yield the Typst lines of one block."""
    match block:
        case Heading():
            yield f"[#heading(level: {block.level}, {literal(block.text)})<{anchors[block.anchor]}>]"
        case Prose():
            body = typst_nodes(block.nodes, anchors)
            yield body if block.role == "text" else f"{block.role}({body})"
        case Cards():
            names = ("label", "value", "interval", "change", "tone", "status", "verdict")
            cards = (
                ", ".join(f"{name}: {literal(getattr(card, name))}" for name in names) for card in block.cards
            )
            yield f"cards(({', '.join(f'({card})' for card in cards)},))"
        case Figure():
            yield _figure(block, files)
        case Table():
            yield from _tables(block, WORDS[document.lang]["continued"])
        case Notes():
            items = ", ".join(typst_nodes(item, anchors) for item in block.entries)
            yield f"list(tight: false, {items})"
        case Facts():
            rows = ", ".join(f"({literal(label)}, {literal(value)})" for label, value in block.rows)
            yield f"facts(({rows},))"
        case Output():
            failed = "true" if block.kind == "error" else "false"
            yield f"output({literal(block.text, lines=True)}, failed: {failed})"


def _figure(figure: Figure, files: dict[str, bytes]) -> str:
    name = f"figure-{len(files) + 1}.{figure.kind}"
    namespace = b'<svg xmlns="http://www.w3.org/2000/svg"'
    files[name] = figure.data.replace(b"<svg", namespace, 1) if figure.kind == "svg" else figure.data
    full = min(_TEXT_WIDTH, figure.width)
    width = full * min(1.0, _TALLEST / (figure.height * full / figure.width))
    texts = {"title": figure.title, "subtitle": figure.subtitle, "source": figure.source, "alt": figure.alt}
    shown = ", ".join(f"{key}: {literal(value)}" for key, value in texts.items())
    return f'picture({shown}, path: "{name}", width: {width:.3f}in)'


def _tables(table: Table, continued: str) -> Iterable[str]:
    if not table.columns:
        return
    parts = layouts(table)
    for number, layout in enumerate(parts):
        part = layout.table
        if number and part.title:
            part = replace(part, title=continued.format(title=part.title), subtitle="")
        source = part.source if number == len(parts) - 1 else ""
        texts = {"title": part.title, "subtitle": part.subtitle, "source": source}
        shown = ", ".join(f"{key}: {literal(value)}" for key, value in texts.items())
        widths = ", ".join(f"{width:.2f}pt" for width in layout.widths)
        aligns = ", ".join(column.align for column in part.columns)
        head = ", ".join(literal(column.label) for column in part.columns)
        rows = ", ".join(f"{literal(cell.text)}, {literal(cell.tone)}" for row in part.rows for cell in row)
        yield (
            f"data-table({shown}, size: {layout.size}pt, widths: ({widths},), aligns: ({aligns},), "
            f"head: ({head},), rows: ({rows + ',' if rows else ''}))"
        )


def typst_nodes(nodes: Iterable[Node], anchors: dict[str, str] | None = None) -> str:
    """Return parsed Markdown as one Typst expression.

    Parameters
    ----------
    nodes : iterable of Node
        From `svcq_lib.reports.markdown.parse`.
    anchors : dict, optional
        Labels of the headings by anchor; a link to any other becomes text.

    Returns
    -------
    str
        A code block.
    """
    parts = [_node(node, anchors or {}) for node in nodes]
    return "{ " + "; ".join(parts) + " }" if parts else "[]"


_WRAPPED = {
    "block_text": "",
    "emphasis": "emph",
    "strong": "stressed",
    "strikethrough": "strike",
    "block_quote": "quoted",
    "list_item": "",
}


def _node(node: Node, anchors: dict[str, str]) -> str:
    kind, children = node["type"], node.get("children", ())
    match kind:
        case "text":
            return f"text({literal(node['raw'])})"
        case "math":
            formula = typst_math(node["raw"], node["attrs"]["display"])
            return formula or f"raw({literal(node['raw'])})"
        case "codespan":
            return f"raw({literal(node['raw'])})"
        case "block_code":
            return f"output({literal(node['raw'].rstrip(), lines=True)})"
        case "link" if node["attrs"]["url"][1:] in anchors:
            return f"link(<{anchors[node['attrs']['url'][1:]]}>, {typst_nodes(children, anchors)})"
        case "list":
            call = "enum" if node["attrs"].get("ordered") else "list"
            return f"{call}({', '.join(typst_nodes([item], anchors) for item in children)})"
        case "table":
            return _markdown_table(children, anchors)
        case "paragraph":  # not par(), which would drop a displayed formula
            return f"parbreak(); {typst_nodes(children, anchors)}; parbreak()"
        case "linebreak":
            return "linebreak()"
        case "thematic_break":
            return "line(length: 100%, stroke: 0.5pt + rule)"
        case _:
            inner = typst_nodes(children, anchors)
            return f"{_WRAPPED[kind]}({inner})" if _WRAPPED.get(kind) else inner


def _markdown_table(sections: Collection[Node], anchors: dict[str, str]) -> str:
    head: list[Node] = []
    body: list[Node] = []
    for section in sections:
        (head if section["type"] == "table_head" else body).extend(section["children"])
    aligns = ", ".join(cell["attrs"].get("align") or "left" for cell in head)
    header = ", ".join(f"bold({typst_nodes(cell['children'], anchors)})" for cell in head)
    cells = ", ".join(typst_nodes(cell["children"], anchors) for row in body for cell in row["children"])
    return (
        f"table(columns: (1fr,) * {len(head)}, align: ({aligns},), "
        f"stroke: (_, y) => (bottom: 0.5pt + rule), inset: (x: 3.5pt, y: 4.6pt), "
        f"table.header({header}), {cells})"
    )
