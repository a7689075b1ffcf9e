"""Parsed Markdown and display tables as HTML that cannot act."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from html import escape
from html.parser import HTMLParser

from svcq_lib.reports.mathml import html_math
from svcq_lib.reports.model import Node

_SIMPLE = {
    "paragraph": "p",
    "list_item": "li",
    "block_quote": "blockquote",
    "emphasis": "em",
    "strong": "strong",
    "strikethrough": "s",
    "table_head": "tr",
    "table_row": "tr",
}
_TABLE_TAGS = {
    "table", "thead", "tbody", "tfoot", "tr", "th", "td", "colgroup", "col", "span", "div", "p", "em",
    "strong", "br", "sub", "sup",
}  # fmt: skip
_VOID = {"br", "col"}
_TABLE_ATTRIBUTES = {"colspan", "rowspan", "scope"}
_STYLE_PROPERTIES = re.compile(
    r"(?:(?:background-)?color|font-(?:weight|style)|text-align|width|white-space)"
)
_STYLE_VALUE = re.compile(r"[#\w\s.%,-]*|rgba?\([\d\s.,%]*\)")


def html_nodes(nodes: Iterable[Node], anchors: Collection[str] = ()) -> str:
    """Return parsed Markdown as HTML.

    Parameters
    ----------
    nodes : iterable of Node
        From `svcq_lib.reports.markdown.parse`.
    anchors : collection of str
        Anchors of the page; a link to any other becomes text.

    Returns
    -------
    str
        HTML with every text escaped.
    """
    return "".join(_node(node, anchors) for node in nodes)


def _node(node: Node, anchors: Collection[str]) -> str:
    kind = node["type"]
    inner = html_nodes(node.get("children", ()), anchors)
    match kind:
        case "text":
            return escape(node["raw"], quote=False)
        case "math":
            return html_math(node["raw"], node["attrs"]["display"])
        case "codespan":
            return f"<code>{escape(node['raw'], quote=False)}</code>"
        case "block_code":
            return f"<pre><code>{escape(node['raw'], quote=False)}</code></pre>"
        case "link":
            target = node["attrs"]["url"][1:]
            return f'<a href="#{escape(target)}">{inner}</a>' if target in anchors else inner
        case "list":
            tag = "ol" if node["attrs"].get("ordered") else "ul"
            return f"<{tag}>{inner}</{tag}>"
        case "table":
            return f'<div class="scroll" tabindex="0"><table>{inner}</table></div>'
        case "table_cell":
            tag = 'th scope="col"' if node["attrs"].get("head") else "td"
            return f'<{tag} class="{node["attrs"].get("align") or "left"}">{inner}</{tag[:2]}>'
        case "linebreak":
            return "<br>"
        case "thematic_break":
            return "<hr>"
        case _:
            tag = _SIMPLE.get(kind, "")
            return f"<{tag}>{inner}</{tag}>" if tag else inner


def clean_table(source: str, *, drop_heading: bool, drop_source: bool) -> str:
    """Clean the markup of a display table.

    Parameters
    ----------
    source : str
        What great-tables wrote.
    drop_heading, drop_source : bool
        Leave out its title rows or its source notes, because the page shows them itself.

    Returns
    -------
    str
        The ``<table>`` element alone: cells, spans and alignment. Style sheets, ids, scripts, addresses and
        whatever else is not a table are gone; the page's own style sheet gives the look.
    """
    cleaner = _TableCleaner(drop_heading, drop_source)
    cleaner.feed(source)
    cleaner.close()
    return "".join(cleaner.parts).strip()


class _TableCleaner(HTMLParser):
    def __init__(self, drop_heading: bool, drop_source: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._dropped_classes = {"gt_heading"} if drop_heading else set()
        if drop_source:
            self._dropped_classes.add("gt_sourcenotes")
        self._skipping: list[str] = []
        self._inside = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        classes = values.get("class", "").split()
        dropped = tag in ("style", "script", "template") or self._dropped_classes & set(classes)
        if self._skipping or dropped:
            if tag not in _VOID:
                self._skipping.append(tag)
            return
        self._inside += tag == "table"
        if self._inside and tag in _TABLE_TAGS:
            self.parts.append(f"<{tag}{_table_attributes(tag, values, classes)}>")

    def handle_endtag(self, tag: str) -> None:
        if self._skipping:
            while self._skipping and self._skipping.pop() != tag:
                pass
            return
        if self._inside and tag in _TABLE_TAGS and tag not in _VOID:
            self.parts.append(f"</{tag}>")
        self._inside -= tag == "table" and self._inside > 0

    def handle_data(self, data: str) -> None:
        if self._inside and not self._skipping:
            self.parts.append(escape(data, quote=False) if data.strip() else "")


def _table_attributes(tag: str, values: dict[str, str], classes: list[str]) -> str:
    kept = {
        name: value for name, value in values.items() if name in _TABLE_ATTRIBUTES and value not in ("", "1")
    }
    kept["class"] = " ".join(name for name in classes if re.fullmatch(r"gt_[a-z_]+", name))
    if tag == "th" and "gt_stub" in classes:
        kept["scope"] = "row"
    kept["style"] = ";".join(_declarations(values.get("style", "")))
    return "".join(f' {name}="{escape(value)}"' for name, value in kept.items() if value)


def _declarations(style: str) -> Iterable[str]:
    for declaration in style.split(";"):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        if _STYLE_PROPERTIES.fullmatch(name.lower()) and _STYLE_VALUE.fullmatch(value):
            yield f"{name.lower()}:{value}"
