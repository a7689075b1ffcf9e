"""The accessible PDF."""

import io
import re
from dataclasses import replace

import pypdf
import pytest

from svcq_lib.errors import ReportError
from svcq_lib.reports.column_widths import TEXT_WIDTH, layouts
from svcq_lib.reports.document import read_document
from svcq_lib.reports.model import Cell, Column, Table
from svcq_lib.reports.pdf import SvcqPDFExporter, render_pdf
from svcq_lib.reports.typst_markup import literal, typst_source


@pytest.fixture(scope="module")
def files(notebooks):
    return {lang: SvcqPDFExporter().from_notebook_node(notebook)[0] for lang, notebook in notebooks.items()}


@pytest.fixture(scope="module", params=["en", "zh"])
def opened(request, files):
    return request.param, pypdf.PdfReader(io.BytesIO(files[request.param]))


def squeezed(text):
    return re.sub(r"[\s\u200b]+", "", text)


def text_of(reader):
    return squeezed("".join(page.extract_text() for page in reader.pages))


def test_it_is_tagged_and_says_so(opened):
    lang, reader = opened
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] is True or root["/MarkInfo"]["/Marked"].value
    assert root["/Lang"].lower().startswith(lang)
    assert "/StructTreeRoot" in root
    xmp = root["/Metadata"].get_object().get_data().decode()
    assert re.search(r"pdfuaid:part[>=\"]+1", xmp)
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]


def test_metadata_without_a_date(opened):
    lang, reader = opened
    assert reader.metadata.title.startswith("Responsiveness" if lang == "en" else "响应性")
    assert reader.metadata.author == ("Harbour Bank" if lang == "en" else "海港银行")
    assert reader.metadata.creation_date is None


def test_same_bytes_twice(notebooks, files):
    for lang, notebook in notebooks.items():
        assert SvcqPDFExporter().from_notebook_node(notebook)[0] == files[lang]


def test_pages_are_numbered_and_contents_listed(opened):
    lang, reader = opened
    pages = len(reader.pages)
    assert pages >= 4
    for number, page in enumerate(reader.pages, start=1):
        words = f"Page {number} of {pages}" if lang == "en" else f"第 {number} 页 共 {pages} 页"
        assert squeezed(words) in squeezed(page.extract_text())
    assert squeezed("Contents" if lang == "en" else "目录") in squeezed(reader.pages[0].extract_text())
    assert len(reader.outline) >= 1


def test_text_can_be_copied_in_both_languages(opened):
    lang, reader = opened
    text = text_of(reader)
    for phrase in {
        "en": ("Customers expect 6.21", "no clear change", "Weighted share", "Small bases."),
        "zh": ("客户期望均值为 6.21", "无明确变化", "占总差距", "样本量小。", "方法与注意事项"),
    }[lang]:
        assert squeezed(phrase) in text


def test_hostile_text_is_printed_as_it_is(opened):
    assert (
        text_of(opened[1]).count(squeezed('<script>alert(1)</script>#set page( =1+1 ](http://x) \\ " $x$'))
        == 2
    )


def test_nothing_leads_out(files):
    for data in files.values():
        reader = pypdf.PdfReader(io.BytesIO(data))
        for page in reader.pages:
            for annotation in page.get("/Annots", []):
                assert "/URI" not in annotation.get_object().get("/A", {})


def test_pictures_carry_their_description(opened):
    alts = []

    def walk(element):
        element = element.get_object()
        if isinstance(element, pypdf.generic.DictionaryObject):
            if "/Alt" in element:
                alts.append((element["/S"], str(element["/Alt"])))
            kids = element.get("/K", [])
            for kid in kids if isinstance(kids, list) else [kids]:
                walk(kid)

    walk(opened[1].trailer["/Root"]["/StructTreeRoot"])
    figures = [alt for kind, alt in alts if kind == "/Figure"]
    assert len(figures) == 2
    assert all(alt.startswith(("Dumbbell", "哑铃图")) for alt in figures)
    assert any("\\frac{k}{k-1}" in alt for kind, alt in alts if kind == "/Formula")


def test_header_row_is_repeated_on_every_page_of_a_long_table(files):
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(files["zh"])).pages]
    holding = [text for text in pages if re.search(r"旧港市场二层网点\s*\d", text)]
    assert len(holding) >= 2
    assert all(re.search(r"网点\s*n", text) for text in holding)


def test_a_missing_glyph_is_named_before_and_by_the_compiler(notebook_with, display_block):
    notebook = notebook_with(display_block("cards", "en", cards=[{"label": "서울", "value": "1"}]))
    with pytest.raises(ReportError, match=r"cell \d+, cards holds 2 character.*'서' \(U\+C11C\)"):
        SvcqPDFExporter().from_notebook_node(notebook)
    with pytest.raises(ReportError, match=r"cell \d+, cards cannot be set as an accessible PDF: .*서"):
        render_pdf(read_document(notebook))


def test_a_broken_picture_is_named(notebooks):
    document = read_document(notebooks["en"])
    blocks = tuple(
        replace(block, data=b"\x89PNG\r\n\x1a\nbroken") if getattr(block, "kind", "") == "png" else block
        for block in document.blocks
    )
    with pytest.raises(
        ReportError, match=r"cell \d+, figure 'Expectations.*cannot be set as an accessible PDF"
    ):
        render_pdf(replace(document, blocks=blocks))


def test_an_ordinary_notebook_becomes_a_pdf():
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

    outputs = [
        new_output("execute_result", data={"text/plain": 'a "b"\n  \\c 中文'}),
        new_output("error", ename="E", evalue="x"),
    ]
    cells = [
        new_markdown_cell("# Plain\n\n```\ncode\n```\n\n---\n\n$\\text{中文}$ ~~x~~"),
        new_code_cell("1", outputs=outputs),
    ]
    data, resources = SvcqPDFExporter().from_notebook_node(new_notebook(cells=cells))
    text = text_of(pypdf.PdfReader(io.BytesIO(data)))
    assert resources["output_extension"] == ".pdf"
    assert "Plain" in text
    assert 'a"b"\\c中文' in text
    assert "E:x" in text


@pytest.mark.parametrize(
    "text",
    [
        '"); #panic("',
        "\\",
        '\\"',
        "#set page(",
        "=1+1",
        "\n= heading",
        "*b* _i_ $x$ @r <l>",
        "`raw`",
        "//",
        "\u2028",
    ],
)
def test_literals_hold_any_text(text):
    import json

    import typst

    shown = literal(text, lines=True)
    assert re.fullmatch(r'"(?:[^"\\\n]|\\.)*"', shown)
    assert json.loads(typst.eval(b"", shown)) == text


def test_every_text_of_the_source_is_a_literal(notebooks):
    source, places, _ = typst_source(read_document(notebooks["en"]))
    bare = re.sub(r'"(?:[^"\\\n]|\\.)*"', '""', source)
    assert not re.search(r"[^\x00-\x7f]", bare)
    assert "script" not in bare
    assert "Responsiveness" not in bare
    assert max(places) == source.count("\n")


def wide_table(columns, label="Perceived quality", cell="−1.82", rows=3):
    names = (Column("Dimension", "left"), *(Column(f"{label} {n}", "right") for n in range(1, columns)))
    row = (Cell("Responsiveness of the staff", ""), *(Cell(cell, "") for _ in range(1, columns)))
    return Table("Wide", "", "", names, (row,) * rows, "", "cell 1")


@pytest.mark.parametrize("columns", [1, 2, 5, 8, 12, 30])
def test_tables_fit_the_page(columns):
    table = wide_table(columns)
    parts = layouts(table)
    assert all(abs(sum(part.widths) - TEXT_WIDTH) < 0.5 for part in parts)
    assert all(part.table.columns[0] == table.columns[0] for part in parts)
    shown = [column for index, part in enumerate(parts) for column in part.table.columns[1 if index else 0 :]]
    assert tuple(shown) == table.columns


def test_type_shrinks_before_a_table_is_split():
    assert [part.size for part in layouts(wide_table(5))] == [9.5]
    assert layouts(wide_table(10))[0].size < 9.5
    assert len(layouts(wide_table(10))) == 1
    assert len(layouts(wide_table(30))) > 1


def test_wide_and_long_content_stays_on_the_page(notebooks):
    document = read_document(notebooks["en"])
    long = "unbreakable" * 20
    blocks = (wide_table(30), wide_table(3, label="x" * 90, cell=long))
    reader = pypdf.PdfReader(io.BytesIO(render_pdf(replace(document, blocks=blocks))))
    right = []
    for page in reader.pages:
        page.extract_text(
            visitor_text=lambda text, cm, tm, font, size: right.append(tm[4]) if text.strip() else None
        )
    assert max(right) < 595 - 40
    assert "(continued)" in "".join(page.extract_text() for page in reader.pages)
