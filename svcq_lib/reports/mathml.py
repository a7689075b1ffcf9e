"""Mathematics from LaTeX: one parse for the page (MathML) and for the PDF (Typst)."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

# The parser passes mark-up inside \\text{} on, so that tags are checked as well as attributes.
_TAGS = {
    "math", "menclose", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover", "mpadded", "mphantom",
    "mprescripts", "mroot", "mrow", "ms", "mspace", "msqrt", "mstyle", "msub", "msubsup", "msup", "mtable",
    "mtd", "mtext", "mtr", "munder", "munderover",
}  # fmt: skip
_ATTRIBUTES = {
    "accent", "columnalign", "depth", "display", "displaystyle", "fence", "form", "height", "linethickness",
    "lspace", "mathvariant", "maxsize", "minsize", "movablelimits", "rowspacing", "rspace", "scriptlevel",
    "separator", "stretchy", "symmetric", "voffset", "width",
}  # fmt: skip
_ACCENTS = {"^": "\u0302", "~": "\u0303", "˙": "\u0307", "¨": "\u0308", "→": "\u20d7", "ˇ": "\u030c"}
_LIMITS = {"lim", "max", "min", "sup", "inf", "argmax", "argmin"}
_LEFT, _RIGHT = "([{|‖⟨⌊⌈", ")]}|‖⟩⌋⌉"  # the empty text, an invisible delimiter, is in both


def parse_math(latex: str) -> Element | None:
    """Parse a formula.

    Parameters
    ----------
    latex : str
        The formula without its dollar signs.

    Returns
    -------
    Element or None
        The MathML tree without namespaces; None when it cannot be parsed, which callers show as code.
    """
    from latex2mathml.converter import convert

    try:
        tree = ElementTree.fromstring(
            convert(latex).replace(' xmlns="http://www.w3.org/1998/Math/MathML"', "", 1)
        )
    except Exception:  # the parser raises many kinds of errors, IndexError and KeyError among them
        return None
    known = all(element.tag in _TAGS and "\\" not in (element.text or "") for element in tree.iter())
    return tree if known else None


def html_math(latex: str, display: bool = False) -> str:
    """Return a formula for an HTML page.

    Parameters
    ----------
    latex : str
        The formula.
    display : bool
        Whether it stands on a line of its own.

    Returns
    -------
    str
        A ``<math>`` element, or ``<code>`` when the formula cannot be parsed.
    """
    tree = parse_math(latex)
    if tree is None:
        return f"<code>{html.escape(latex)}</code>"
    tree.set("display", "block" if display else "inline")
    return _serialise(tree)


def _serialise(element: Element) -> str:
    attributes = {name: value for name, value in element.attrib.items() if name in _ATTRIBUTES}
    if attributes.get("linethickness") == "0":
        attributes["linethickness"] = "0px"  # browsers ignore a zero without unit
    text = element.text or ""
    if element.tag == "mi" and len(text) == 1 and "mathvariant" not in attributes:
        # Browsers would switch to mathematical letters, which no embedded font has; the style slants it.
        attributes |= {"mathvariant": "normal", "class": "variable"}
    shown = "".join(f' {name}="{html.escape(value)}"' for name, value in sorted(attributes.items()))
    inner = html.escape(text, quote=False) + "".join(_serialise(child) for child in element)
    return f"<{element.tag}{shown}>{inner}</{element.tag}>"


def typst_math(latex: str, display: bool = False) -> str | None:
    """Return a formula as a Typst expression.

    Parameters
    ----------
    latex : str
        The formula; it is also the alternative text, as PDF/UA asks for one.
    display : bool
        Whether it stands on a line of its own.

    Returns
    -------
    str or None
        A call of ``math.equation`` whose letters are all string literals; None when it cannot be parsed.
    """
    tree = parse_math(latex)
    if tree is None:
        return None
    block, alt = "true" if display else "false", _string(" ".join(latex.split()))
    return f"math.equation(block: {block}, alt: {alt}, {_join(list(tree))})"


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _join(elements: list[Element]) -> str:
    """Return elements in a row; a table between delimiters makes them grow."""
    parts: list[str] = []
    position = 0
    while position < len(elements):
        three = elements[position : position + 3]
        if len(three) == 3 and three[1].tag == "mtable" and _is_fenced(three):
            parts.append(f"math.lr({{ {'; '.join(_typst(element) for element in three)} }})")
            position += 3
        else:
            parts.append(_typst(elements[position]))
            position += 1
    return "{ " + "; ".join(parts) + " }" if parts else "[]"


def _typst(element: Element) -> str:
    children = list(element)
    if element.tag in _SCRIPTS and len(children) >= 2:
        return _SCRIPTS[element.tag](element)
    if element.tag == "mrow" and _is_fenced(children):
        return f"math.lr({{ {'; '.join(_typst(child) for child in children)} }})"
    if element.tag == "mtable":
        rows = ", ".join("(" + ", ".join(_join(list(cell)) for cell in row) + ",)" for row in children)
        return f"math.mat(delim: none, {rows})"
    if element.tag == "msqrt":
        return f"math.sqrt({_join(children)})"
    if element.tag == "mspace":
        return "h(0.25em)"
    return _join(children) if children else _leaf(element)


def _leaf(element: Element) -> str:
    text = (element.text or "").replace("\u00a0", " ")
    if not text:
        return "[]"
    if element.tag == "mtext" or element.get("mathvariant") == "normal":
        return f"math.upright({_string(text)})"
    if len(text) > 1:
        limits = "true" if text in _LIMITS else "false"
        return f"math.op({_string(text)}, limits: {limits})" if text.isalpha() else f"text({_string(text)})"
    # In brackets: bare symbols next to each other would join to a text and lose slant and spacing.
    return f"[#symbol({_string(text)})]" if text.strip() else "h(0.25em)"


def _is_fenced(children: list[Element]) -> bool:
    """Return whether a row is held by delimiters that should grow with it."""
    if len(children) < 2 or children[0].tag != "mo" or children[0].get("stretchy") == "false":
        return False
    first, last = children[0], children[-1]
    closed = last.tag == "mtable" or (last.tag == "mo" and (last.text or "") in _RIGHT)
    return closed and last.get("stretchy") != "false" and (first.text or "") in _LEFT


def _fraction(element: Element) -> str:
    upper, lower = (_typst(part) for part in list(element)[:2])
    if element.get("linethickness", "").startswith("0"):
        return f"math.mat(delim: none, ({upper},), ({lower},))"
    return f"math.frac({upper}, {lower})"


def _attached(*places: str) -> Callable[[Element], str]:
    def attach(element: Element) -> str:
        base, *scripts = (_typst(part) for part in element)
        shown = "".join(f", {place}: {script}" for place, script in zip(places, scripts, strict=False))
        return f"math.attach({base}{shown})"

    return attach


def _over(element: Element) -> str:
    base, mark = element[0], (element[1].text or "").strip()
    if mark in _ACCENTS:
        return f'math.accent({_typst(base)}, "{_ACCENTS[mark]}")'
    if mark in ("¯", "―"):
        return f"math.overline({_typst(base)})"
    return _attached("t")(element)


_SCRIPTS: dict[str, Callable[[Element], str]] = {
    "mfrac": _fraction,
    "mroot": lambda element: f"math.root({_typst(element[1])}, {_typst(element[0])})",
    "msup": _attached("t"),
    "msub": _attached("b"),
    "msubsup": _attached("b", "t"),
    "munder": _attached("b"),
    "munderover": _attached("b", "t"),
    "mover": _over,
}
