"""Font subsets and characters that no font can draw."""

import base64
import io
import re

import pytest
from fontTools.ttLib import TTFont

from svcq_lib.errors import ReportError
from svcq_lib.reports.document import read_document
from svcq_lib.reports.fonts import drawable, font_faces, subset_font

KOREAN = "서비스품질" * 40


def faces(css):
    for family, weight, style, data in re.findall(
        r"font-family:([\w-]+);font-weight:(\d+);font-style:(\w+);src:url\(data:font/woff;base64,([^)]+)\)",
        css,
    ):
        yield (family, weight, style), set(TTFont(io.BytesIO(base64.b64decode(data))).getBestCmap())


def test_subsets_hold_ascii_and_what_else_the_page_needs():
    found = dict(faces(font_faces("Gap 差距 −1", "en", italic=False)))
    assert found["svcq-latin", "400", "normal"] == {*range(0x20, 0x7F), ord("−")}
    assert found["svcq-latin", "600", "normal"] == found["svcq-latin", "400", "normal"]
    assert found["svcq-cjk", "400", "normal"] == {ord(char) for char in "差距"}
    assert len(found) == 3


def test_pages_of_a_batch_share_their_cuts():
    assert font_faces("Branch B01", "en", italic=True) == font_faces("branch K97", "en", italic=True)


def test_italic_only_when_used():
    assert ("svcq-latin", "400", "italic") in dict(faces(font_faces("a", "en", italic=True)))


@pytest.mark.parametrize(("lang", "family"), [("en", "svcq-latin"), ("zh", "svcq-cjk")])
def test_quotation_marks_follow_the_language(lang, family):
    found = dict(faces(font_faces("“差”", lang, italic=False)))
    assert ord("“") in found[family, "400", "normal"]


def test_subset_is_the_same_twice():
    points = frozenset(map(ord, "响应性"))
    first = subset_font("cjk-regular", points)
    subset_font.cache_clear()
    assert subset_font("cjk-regular", points) == first


@pytest.mark.parametrize(
    ("kind", "content", "place"),
    [
        ("title", {"text": KOREAN, "kicker": ""}, "the title"),
        ("prose", {"markdown": f"- a **{KOREAN}**"}, r"cell \d+, prose"),
        ("notes", {"items": [KOREAN]}, r"cell \d+, notes"),
        (
            "table",
            {"title": "Cities", "columns": [{"label": KOREAN}], "rows": []},
            r"cell \d+, table 'Cities'",
        ),
        ("cards", {"cards": [{"label": KOREAN, "value": "1"}]}, r"cell \d+, cards"),
        ("facts", {"rows": [["a", KOREAN]]}, r"cell \d+, facts"),
    ],
)
def test_a_character_without_glyph_is_refused_and_named(display_block, kind, content, place):
    from nbformat.v4 import new_code_cell, new_notebook

    notebook = new_notebook(cells=[new_code_cell("1", outputs=[display_block(kind, "en", **content)])])
    with pytest.raises(
        ReportError, match=rf"{place} holds 5 character.*'서' \(U\+C11C\).*missing_glyphs='describe'"
    ):
        drawable(read_document(notebook))


def test_or_it_is_described(display_block):
    from nbformat.v4 import new_code_cell, new_notebook

    quote = display_block("prose", "en", markdown="They wrote *good 😀*")
    document = read_document(new_notebook(cells=[new_code_cell("1", outputs=[quote])]))
    described = drawable(document, "describe")
    assert "good [U+1F600]" in repr(described)
    assert "😀" not in repr(described)
    assert drawable(described) == described


def test_nothing_changes_when_every_character_has_a_glyph(notebooks):
    document = read_document(notebooks["zh"])
    assert drawable(document) is document
    assert drawable(document, "describe") == document
