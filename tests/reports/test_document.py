"""From notebook to document model."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from svcq_lib.errors import ReportError
from svcq_lib.reports import markdown
from svcq_lib.reports.blocks import BLOCK_MIME
from svcq_lib.reports.document import read_document
from svcq_lib.reports.model import Cards, Facts, Figure, Heading, Notes, Output, Prose, Table
from svcq_lib.reports.svg import clean_svg


def document(*cells, **metadata):
    return read_document(new_notebook(cells=list(cells), metadata=metadata))


def code(*outputs):
    return new_code_cell("1", outputs=list(outputs))


def display(data, **metadata):
    return new_output("display_data", data=data, metadata=metadata)


def plain(prose):
    return markdown.plain_text(prose.nodes)


def test_the_whole_notebook_in_reading_order(notebooks):
    doc = read_document(notebooks["en"])
    assert doc.lang == "en"
    assert doc.study == "Harbour Bank"
    assert doc.period == "2026 Q3"
    assert doc.base == "12,000"
    assert doc.title.startswith("Responsiveness loses the most")
    assert doc.question == "Where does service fall short of what customers expect?"
    kinds = [type(block) for block in doc.blocks]
    assert kinds == [
        Prose, Cards, Prose, Heading, Figure, Table, Prose, Heading, Figure, Table, Table,
        Heading, Notes, Heading, Facts,
    ]  # fmt: skip
    assert [block.role for block in doc.blocks if isinstance(block, Prose)] == ["lead", "about", "text"]
    assert [section.text for section in doc.sections] == [
        "Where the gap is", "Who feels it", "Method and cautions", "Data and reproduction",
    ]  # fmt: skip


def test_cells_of_the_other_language_and_code_are_left_out(notebooks):
    doc = read_document(notebooks["zh"])
    assert doc.question == "服务在哪里没有达到客户的期望？"
    assert "show(" not in repr(doc)
    assert "Where does" not in repr(doc)


@pytest.mark.parametrize(
    ("metadata", "asked", "expected"),
    [
        ({}, None, "en"),
        ({"papermill": {"parameters": {"lang": "zh"}}}, None, "zh"),
        ({"svcq": {"lang": "en"}, "papermill": {"parameters": {"lang": "zh"}}}, None, "en"),
        ({"svcq": {"lang": "en"}}, "zh", "zh"),
    ],
)
def test_where_the_language_comes_from(metadata, asked, expected):
    assert read_document(new_notebook(metadata=metadata), asked).lang == expected


def test_unknown_language():
    with pytest.raises(ReportError, match=r"'fr' is unknown\. Set lang to one of en, zh"):
        read_document(new_notebook(), "fr")


def test_a_plain_notebook_takes_its_title_from_its_first_heading():
    doc = document(new_markdown_cell("# Plain *notebook*\n\ntext\n\n#### Deep\n\n# Again"))
    assert (doc.title, doc.question) == ("Plain notebook", "")
    assert [(block.level, block.text) for block in doc.blocks if isinstance(block, Heading)] == [
        (2, "Deep"),
        (2, "Again"),
    ]


def test_the_file_name_is_the_title_of_last_resort():
    assert read_document(new_notebook(), name="gaps").title == "gaps"
    assert read_document(new_notebook()).title == "Report"


def test_equal_headings_get_anchors_of_their_own():
    doc = document(new_markdown_cell("## Gap\n\n## Gap\n\n## 差距 <b>\n\n## !"))
    assert [section.anchor for section in doc.sections] == ["gap", "gap-2", "差距-b", "section"]


def test_ordinary_outputs():
    doc = document(
        code(
            new_output("stream", name="stdout", text="\x1b[31mred\x1b[0m 1\n"),
            new_output("stream", name="stderr", text="a log line"),
            display({"text/html": "<table><tr><td>1 &lt; 2</td></tr></table>", "text/plain": "   a\n0  1"}),
            display({"text/html": "<style>x{}</style><b>only &amp; html</b>"}),
            display({"text/markdown": "**md**"}),
            new_output(
                "error", ename="KeyError", evalue="'nps'", traceback=["\x1b[0;31mKeyError\x1b[0m: 'nps'"]
            ),
        )
    )
    outputs = [(block.text, block.kind) for block in doc.blocks if isinstance(block, Output)]
    assert outputs == [
        ("red 1", "text"), ("   a\n0  1", "text"), ("only & html", "text"), ("KeyError: 'nps'", "error"),
    ]  # fmt: skip
    assert plain(doc.blocks[3]) == "md"


def test_a_picture_without_description_is_refused_and_named(notebook_with):
    with pytest.raises(ReportError, match=r"cell 3 has no alternative text.*\"alt\""):
        document(new_markdown_cell("a"), new_markdown_cell("b"), code(display({"image/png": "aGk="})))


def test_a_picture_with_description_in_its_metadata():
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="144pt" height="72pt"/>'
    doc = document(code(display({"image/svg+xml": svg}, **{"image/png": {"alt": "a line"}})))
    assert (doc.blocks[0].alt, doc.blocks[0].width, doc.blocks[0].height) == ("a line", 2.0, 1.0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"svcq": 2, "type": "title"}, "cell 1 holds a display block of another version"),
        ({"svcq": 1, "type": "video"}, "unknown type 'video'"),
        ({"svcq": 1, "type": "title"}, "title block that cannot be read: KeyError 'text'"),
        (
            {"svcq": 1, "type": "cards", "cards": [{"label": "a", "value": "1", "tone": "red"}]},
            "unknown tone 'red'",
        ),
        (
            {"svcq": 1, "type": "table", "columns": [{"label": "a"}], "rows": [[]]},
            "a row has 0 cells for 1 columns",
        ),
        ({"svcq": 1, "type": "figure", "title": "T", "alt": "x"}, "figure 'T' has no picture"),
        ({"svcq": 1, "type": "figure", "title": "T", "alt": " "}, "figure 'T' has no alternative text"),
    ],
)
def test_blocks_that_cannot_be_read_are_named(content, message):
    with pytest.raises(ReportError, match=message):
        document(code(display({BLOCK_MIME: content})))


def test_control_characters_and_reversed_text_are_taken_out():
    block = {"svcq": 1, "type": "title", "text": "a\x00b\x1b\u202ec\ud800"}
    assert document(code(display({BLOCK_MIME: block}))).title == "abc"


def test_a_line_cannot_break_before_the_per_cent_sign():
    block = {"svcq": 1, "type": "prose", "markdown": "34\u2009% of\u20092026"}
    assert plain(document(code(display({BLOCK_MIME: block}))).blocks[0]) == "34\u202f% of\u20092026"


def test_the_title_block_can_name_what_the_cover_shows():
    cover = {"study": "S", "unit": "U", "n": 1200, "period": "2026-Q3", "period_label": ""}
    block = {"svcq": 1, "type": "title", "text": "T", "kicker": "", "cover": cover}
    doc = document(code(display({BLOCK_MIME: block})), svcq={"report": "R", "unit": "V"})
    assert (doc.study, doc.unit, doc.base, doc.report, doc.kicker) == (
        "S",
        "V",
        "1,200",
        "R",
        "S · V · 2026 Q3",
    )


def test_markdown_keeps_nothing_that_acts():
    nodes = markdown.parse(
        "[in](#a) [out](http://x.y) ![pic](http://x.y/p.png) <script>x</script> <http://auto.z>\n\n<div>d</div>"
    )
    assert "http://x.y" not in repr(nodes)
    assert markdown.plain_text(nodes) == "in out pic <script>x</script> http://auto.z<div>d</div>"
    assert [node["type"] for node in nodes[0]["children"]] == ["link", "text"]


@pytest.mark.parametrize(
    ("source", "formulas"),
    [
        ("$x_i$ and $$y$$", ["x_i", "y"]),
        ("from $5 to $6, US$7", []),
        (r"\$x\$ and `$y$`", []),
        ("$$\n\\frac{a}{b}\n$$", [r"\frac{a}{b}"]),
    ],
)
def test_mathematics_and_money(source, formulas):
    def found(nodes):
        for node in nodes:
            if node["type"] == "math":
                yield node["raw"]
            yield from found(node.get("children", []))

    assert list(found(markdown.parse(source))) == formulas


@pytest.mark.parametrize("source", ["**样本量小。**三家", "见**“差距”**一节", "共 **3** 家", "a**（b）**c"])
def test_emphasis_next_to_chinese_punctuation(source):
    nodes = markdown.parse(source)
    assert "strong" in [node["type"] for node in nodes[0]["children"]]
    assert markdown.plain_text(nodes) == source.replace("*", "")


def test_chinese_lines_join_without_a_space():
    assert markdown.plain_text(markdown.parse("感知\n期望\nand\nmore")) == "感知期望 and more"


def test_svg_keeps_shapes_and_nothing_else():
    source = """<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/x.dtd">
    <svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 72 72"
    width="72pt" height="72pt" onload="x()"><metadata>http://m</metadata><style>*{}</style><script>x()</script>
    <defs><path id="p" d="M 0 0&#10;L 1 1"/></defs><g clip-path="url(#c)" onclick="x()" style="fill:url(http://e)">
    <use xlink:href="#p"/><use xlink:href="http://e#p"/><image href="http://e/i.png"/><a href="http://e"><path/></a>
    <foreignObject><b/></foreignObject><text>1 &lt; 2</text></g></svg>"""
    clean = clean_svg(source, "f1-", "cell 1")
    assert (clean.width, clean.height) == (1.0, 1.0)
    assert 'id="f1-p"' in clean.markup
    assert 'href="#f1-p"' in clean.markup
    assert 'clip-path="url(#f1-c)"' in clean.markup
    assert "1 &lt; 2" in clean.markup
    for refused in ("http", "script", "style", "onload", "onclick", "foreignObject", "xmlns", "metadata"):
        assert refused not in clean.markup


def test_svg_that_is_not_svg():
    with pytest.raises(ReportError, match="cell 9 holds an SVG figure that cannot be read"):
        clean_svg("<svg", "", "cell 9")
    with pytest.raises(ReportError, match="cell 9 holds <html>"):
        clean_svg("<html/>", "", "cell 9")


def test_a_display_block_may_open_a_section():
    title = {"svcq": 1, "type": "title", "lang": "en", "text": "The answer", "kicker": "", "cover": {}}
    said = {"svcq": 1, "type": "prose", "lang": "en", "markdown": "## What changed\n\nNothing beyond noise."}
    doc = document(
        code(display({BLOCK_MIME: title})), code(display({BLOCK_MIME: said | {"markdown": "In short."}})),
        code(display({BLOCK_MIME: said})),
    )  # fmt: skip
    lead, heading, prose = doc.blocks
    assert (lead.role, plain(lead)) == ("lead", "In short.")
    assert (heading.text, heading.level, heading.anchor) == ("What changed", 2, "what-changed")
    assert (prose.role, plain(prose)) == ("text", "Nothing beyond noise.")
