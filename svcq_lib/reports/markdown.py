"""Markdown as data: one parse that both renderers walk.

Markdown may come from data, so the parse keeps nothing that could act: raw HTML becomes text, images become
their description, links survive only when they point inside the page.
"""

from __future__ import annotations

import html
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from svcq_lib.reports.model import Node

if TYPE_CHECKING:
    from mistune import BlockParser, BlockState, InlineParser, InlineState, Markdown

# As in Pandoc: the opening sign touches what follows, the closing one what precedes, and no digit comes after
# it, so that "from $5 to $6" stays money.
_INLINE_MATH = r"\$(?![\s$])(?P<inline_body>(?:\\.|[^$\\\n])+?)(?<!\s)\$(?![\d$])"
_DISPLAY_MATH = r"\$\$(?P<display_body>(?:\\.|[^$\\])+?)\$\$"
_BLOCK_MATH = r"^ {0,3}\$\$[ \t]*(?P<block_body>[^$]+?)\$\$[ \t]*(?:\n|$)"

_CJK = "\u3000-\u303f\u3400-\u9fff\uff00-\uffef"
# CommonMark does not see emphasis between Chinese punctuation and a Chinese word; with an invisible letter in
# between it does. The letter is taken out again after the parse.
_JOINER = "\u115f"
_CJK_MARK = "\u3001-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65“”‘’—…·"
_BEFORE_STARS = re.compile(rf"(?<=[{_CJK_MARK}])(?=\*+\w)")
_AFTER_STARS = re.compile(rf"(?<=\w\*)(?=[{_CJK_MARK}])|(?<=\w\*\*)(?=[{_CJK_MARK}])")
_CJK_BREAK = re.compile(rf"(?<=[{_CJK}])\s*\n\s*(?=[{_CJK}])")


def parse(text: str) -> tuple[Node, ...]:
    """Parse Markdown into nodes that cannot act.

    Parameters
    ----------
    text : str
        Markdown with paragraphs, emphasis, lists, tables, code, links to ``#anchors`` and ``$mathematics$``.

    Returns
    -------
    tuple of Node
        Nodes of the types paragraph, block_text, heading, list, list_item, block_quote, block_code, table,
        thematic_break; text, emphasis, strong, strikethrough, codespan, link, math, linebreak.

    Examples
    --------
    >>> [node["type"] for node in parse("Gap **−1.8**")]
    ['paragraph']
    """
    joined = _BEFORE_STARS.sub(_JOINER, _AFTER_STARS.sub(_JOINER, text))
    return tuple(_clean_all(_parser()(joined)))


def plain_text(nodes: tuple[Node, ...] | list[Node]) -> str:
    """Return the text of nodes without any mark-up.

    Parameters
    ----------
    nodes : sequence of Node
        Parsed Markdown.

    Returns
    -------
    str
        The text.
    """
    return "".join(node["raw"] if "raw" in node else plain_text(node.get("children", [])) for node in nodes)


@cache
def _parser() -> Markdown:
    import mistune
    from mistune.plugins.formatting import strikethrough
    from mistune.plugins.table import table

    parser = mistune.create_markdown(renderer=None, plugins=[table, strikethrough])
    parser.inline.register("display_math", _DISPLAY_MATH, _read_display_math, before="link")
    parser.inline.register("inline_math", _INLINE_MATH, _read_inline_math, before="link")
    parser.block.register("block_math", _BLOCK_MATH, _read_block_math, before="list")
    return parser


def _math(raw: str, display: bool) -> dict[str, Any]:
    return {"type": "math", "raw": raw.strip(), "attrs": {"display": display}}


def _read_inline_math(_: InlineParser, match: re.Match[str], state: InlineState) -> int:
    state.append_token(_math(match["inline_body"], display=False))
    return match.end()


def _read_display_math(_: InlineParser, match: re.Match[str], state: InlineState) -> int:
    state.append_token(_math(match["display_body"], display=True))
    return match.end()


def _read_block_math(_: BlockParser, match: re.Match[str], state: BlockState) -> int:
    state.append_token({"type": "block_math", "children": [_math(match["block_body"], display=True)]})
    return match.end()


def _clean_all(tokens: Any) -> list[Node]:
    nodes = _merge([clean for token in tokens for clean in _clean(token)])
    return [{**node, "raw": _unwrapped(node["raw"])} if node["type"] == "text" else node for node in nodes]


def _unwrapped(text: str) -> str:
    """Undo the source's line breaks: nothing between Chinese characters, else a space."""
    return re.sub(r"\s*\n\s*", " ", _CJK_BREAK.sub("", text))


def _clean(token: dict[str, Any]) -> list[Node]:
    """Return the nodes that stand for one parser token."""
    kind = token["type"]
    if "raw" in token:
        token = {**token, "raw": token["raw"].replace(_JOINER, "")}
    children = _clean_all(token.get("children", []))
    match kind:
        case "blank_line":
            return []
        case "softbreak":
            return [{"type": "text", "raw": "\n"}]
        case "text":
            return [{"type": "text", "raw": html.unescape(token["raw"])}]
        case "codespan" | "block_code" | "math":
            return [token]
        case "inline_html":
            return [{"type": "text", "raw": token["raw"]}]
        case "block_html":
            return [{"type": "paragraph", "children": [{"type": "text", "raw": token["raw"].strip()}]}]
        case "image":
            return children
        case "link":
            url = token["attrs"]["url"]
            return [{**_bare(token), "children": children}] if url.startswith("#") else children
        case "block_math":
            return [{"type": "paragraph", "children": children}]
        case _ if "raw" in token:
            return [{"type": "text", "raw": token["raw"]}]
        case _:
            return [{**_bare(token), "children": children}]


def _bare(token: dict[str, Any]) -> dict[str, Any]:
    return {key: token[key] for key in ("type", "attrs") if key in token}


def _merge(nodes: list[Node]) -> list[Node]:
    """Join neighbouring texts, so that a renderer sees whole runs of words."""
    merged: list[Node] = []
    for node in nodes:
        if node["type"] == "text" and merged and merged[-1]["type"] == "text":
            merged[-1] = {"type": "text", "raw": merged[-1]["raw"] + node["raw"]}
        else:
            merged.append(node)
    return merged
