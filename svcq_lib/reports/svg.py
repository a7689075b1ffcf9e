"""Vector figures made safe for a page: nothing that runs, nothing that fetches, ids of their own."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from svcq_lib.errors import ReportError

_TAGS = {
    "svg", "g", "defs", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "use", "image",
    "clipPath", "mask", "pattern", "symbol", "marker", "linearGradient", "radialGradient", "stop", "text",
    "tspan",
}  # fmt: skip
_LENGTH = re.compile(r"([\d.]+)\s*(pt|px|in|cm|mm)?")
_INCHES = {"pt": 1 / 72, "px": 1 / 96, "in": 1.0, "cm": 1 / 2.54, "mm": 1 / 25.4, None: 1 / 96}
_REFERENCE = re.compile(r"url\(\s*['\"]?#([^)'\"]+)['\"]?\s*\)")
_RASTER = re.compile(r"data:image/(png|jpeg);base64,[A-Za-z0-9+/=\s]+")
# What matplotlib says for all shapes in a style sheet, which is dropped because it would reach the page.
_SHAPE_DEFAULTS = {"stroke-linejoin": "round", "stroke-linecap": "butt"}


@dataclass(frozen=True, slots=True)
class CleanSvg:
    """A cleaned figure: ``markup`` without namespaces, and its size in inches."""

    markup: str
    width: float
    height: float


def clean_svg(source: str, prefix: str, where: str) -> CleanSvg:
    """Clean a figure.

    Parameters
    ----------
    source : str
        SVG text, of matplotlib or any other program.
    prefix : str
        Put before every id, so that two figures on one page stay apart.
    where : str
        Where the figure stands, for messages.

    Returns
    -------
    CleanSvg
        Shapes, texts and embedded pictures only; metadata, comments, scripts, style sheets, event handlers
        and every reference to another file are gone.

    Raises
    ------
    ReportError
        If the text is not SVG.
    """
    try:
        root = ElementTree.fromstring(source)
    except ElementTree.ParseError as error:
        raise ReportError(f"{where} holds an SVG figure that cannot be read: {error}") from error
    if _local(root.tag) != "svg":
        raise ReportError(f"{where} holds <{_local(root.tag)}> where an <svg> figure was expected.")
    width, height = _size(root)
    if "viewBox" not in root.attrib:
        root.set("viewBox", f"0 0 {width * 96:g} {height * 96:g}")
    attributes = {"viewBox": root.attrib["viewBox"], **_SHAPE_DEFAULTS}
    inner = "".join(_serialise(child, prefix) for child in root)
    return CleanSvg(f"<svg{_shown(attributes)}>{inner}</svg>", width, height)


def _size(root: Element) -> tuple[float, float]:
    box = re.split(r"[\s,]+", root.get("viewBox", "0 0 864 480").strip())
    sizes = []
    for name, fallback in (("width", box[2:3]), ("height", box[3:4])):
        match = _LENGTH.fullmatch(root.get(name, "").strip()) or _LENGTH.fullmatch("".join(fallback) or "480")
        sizes.append(float(match[1]) * _INCHES[match[2]] if match else 5.0)
    return sizes[0], sizes[1]


def _local(name: object) -> str:
    return str(name).rpartition("}")[2]


def _serialise(element: Element, prefix: str) -> str:
    tag = _local(element.tag)
    if tag not in _TAGS:  # comments and processing instructions have no name and end here too
        return ""
    attributes: dict[str, str] = {}
    for name, value in element.attrib.items():
        kept = _attribute(_local(name), value, prefix)
        if kept is not None:
            attributes[_local(name)] = kept
    text = html.escape(element.text or "", quote=False) if tag in ("text", "tspan") else ""
    tails = tag == "text"
    inner = "".join(
        _serialise(child, prefix) + (html.escape(child.tail or "", quote=False) if tails else "")
        for child in element
    )
    return f"<{tag}{_shown(attributes)}>{text}{inner}</{tag}>"


def _attribute(name: str, value: str, prefix: str) -> str | None:
    """Return an attribute's clean value, or None to drop it."""
    value = " ".join(value.split())
    if name.lower().startswith("on") or name in ("class", "base", "space", "lang", "type", "src"):
        return None
    if name == "id":
        return prefix + value
    if name == "href":
        if value.startswith("#"):
            return "#" + prefix + value[1:]
        return value if _RASTER.fullmatch(value) else None
    value = _REFERENCE.sub(lambda match: f"url(#{prefix}{match[1]})", value)
    foreign = "url(" in _REFERENCE.sub("", value).lower() or "://" in value or "\\" in value or "@" in value
    return None if foreign else value


def _shown(attributes: dict[str, str]) -> str:
    return "".join(f' {name}="{html.escape(value)}"' for name, value in attributes.items())
