"""The self-contained HTML page."""

import itertools
import re
from html.parser import HTMLParser

import pytest

from svcq_lib.errors import ReportError
from svcq_lib.reports.html import SvcqHTMLExporter, render_html
from svcq_lib.reports.html_markup import clean_table, html_nodes
from svcq_lib.reports.markdown import parse

LOADING = {
    "src",
    "href",
    "srcset",
    "data",
    "action",
    "poster",
    "background",
    "cite",
    "longdesc",
    "xlink:href",
}


class Page(HTMLParser):
    """The tags, attributes, ids and visible text of a page."""

    def __init__(self, source):
        super().__init__()
        self.tags, self.text, self.style, self._open = [], "", "", []
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_endtag(self, tag):
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data):
        if "style" in self._open:
            self.style += data
        else:
            self.text += data

    def all(self, name):
        return [attrs for tag, attrs in self.tags if tag == name]

    def ids(self):
        return [attrs["id"] for _, attrs in self.tags if "id" in attrs]


@pytest.fixture(scope="module")
def sources(notebooks):
    return {lang: SvcqHTMLExporter().from_notebook_node(notebook)[0] for lang, notebook in notebooks.items()}


@pytest.fixture(scope="module", params=["en", "zh"])
def page(request, sources):
    return Page(sources[request.param])


@pytest.fixture(scope="module")
def english(sources):
    return Page(sources["en"])


def test_nothing_can_be_fetched(page):
    for tag, attrs in page.tags:
        for name in LOADING & set(attrs):
            assert attrs[name].startswith(("#", "data:image/", "data:font/")), (tag, name, attrs[name][:80])
        for name, value in attrs.items():
            assert "xmlns" not in name
            assert "url(" not in (value or "").replace("url(#", ""), (tag, name)
        assert tag not in ("script", "link", "iframe", "object", "embed", "base", "form")
    assert re.findall(r"url\((?!data:font/woff;base64,)", page.style) == []
    assert "@import" not in page.style


def test_the_only_addresses_are_words_of_the_data(sources):
    for source in sources.values():
        assert set(re.findall(r"\w+://[^\s<&]*", source)) == {"http://x)"}


def test_a_browser_is_told_to_fetch_nothing(page):
    policy = next(meta["content"] for meta in page.all("meta") if "http-equiv" in meta)
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"


def test_hostile_text_is_text(page):
    assert (
        page.text.count('<script>alert(1)</script> #set page( =1+1 ](http://x) \\ " $x$ *b* @ref <lab>') == 2
    )


def test_structure_for_readers_and_screen_readers(sources):
    for lang, source in sources.items():
        page = Page(source)
        assert source.startswith("<!doctype html>")
        assert page.all("html") == [{"lang": "zh-Hans" if lang == "zh" else "en"}]
        assert len(page.all("h1")) == len(page.all("main")) == len(page.all("title")) == 1
        assert page.all("nav")[0]["aria-label"]
        assert page.all("a")[0] == {"class": "skip", "href": "#report"}
        levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
        assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_every_picture_has_its_description(english):
    graphics = [attrs for attrs in english.all("svg") if attrs.get("role") == "img"]
    assert [attrs["aria-label"][:14] for attrs in graphics] == ["Dumbbell chart"]
    assert [attrs["alt"][:14] for attrs in english.all("img")] == ["Dumbbell chart"]


def test_ids_are_unique_and_anchors_resolve(page):
    ids = page.ids()
    assert len(ids) == len(set(ids))
    targets = {attrs["href"][1:] for _, attrs in page.tags if attrs.get("href", "").startswith("#")}
    assert targets <= set(ids)
    assert len(page.all("nav")) == 1
    assert "answer" in ids


def test_tables_say_what_heads_what(english):
    columns = [attrs for attrs in english.all("th") if attrs.get("scope") == "col"]
    rows = [attrs for attrs in english.all("th") if attrs.get("scope") == "row"]
    assert len(columns) >= 8 + 8 + 2
    assert len(rows) >= 5 + 60
    assert english.text.count("Gap by dimension") == 2, "the display table's own heading is not repeated"


def test_no_dates_no_random_ids_same_bytes(notebooks, sources):
    for lang, notebook in notebooks.items():
        assert SvcqHTMLExporter().from_notebook_node(notebook)[0] == sources[lang]


def test_the_page_is_small(sources, notebooks):
    for source in sources.values():
        pictures = sum(map(len, re.findall(r"<svg.*?</svg>|data:image/png;base64,[^\"]+", source, re.DOTALL)))
        assert len(source.encode()) - pictures < 400_000


def test_fonts_are_never_imitated(page):
    assert "font-synthesis:none" in page.style
    assert ":lang(zh) strong" in page.style


def test_language_and_glyph_policy_can_be_configured(notebook_with, display_block):
    notebook = notebook_with(display_block("prose", "en", markdown="a guest 😀 wrote"))
    with pytest.raises(ReportError, match=r"cell \d+, prose holds 1 character.*U\+1F600"):
        SvcqHTMLExporter().from_notebook_node(notebook)
    shown, _ = SvcqHTMLExporter(missing_glyphs="describe", lang="zh").from_notebook_node(notebook)
    assert "[U+1F600]" in shown
    assert '<html lang="zh-Hans">' in shown


def test_an_ordinary_notebook_becomes_a_page():
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

    outputs = [
        new_output("execute_result", data={"text/plain": "a <b>"}),
        new_output("error", ename="E", evalue="x"),
    ]
    notebook = new_notebook(
        cells=[new_markdown_cell("# Plain"), new_code_cell("secret = 1", outputs=outputs)]
    )
    shown, resources = SvcqHTMLExporter().from_notebook_node(notebook)
    assert "<h1>Plain</h1>" in shown
    assert "a &lt;b&gt;" in shown
    assert "This cell failed" in shown
    assert "secret" not in shown
    assert resources["output_extension"] == ".html"


def test_markdown_links_outside_the_page_become_text():
    assert html_nodes(parse("[a](#x) [b](#y) [c](http://z)"), {"x"}) == '<p><a href="#x">a</a> b c</p>'


def test_a_display_table_keeps_cells_and_colours_only():
    source = """<div id="r"><style>#r{}</style><table class="gt_table x" onclick="x()"><thead>
    <tr class="gt_heading">
    <td class="gt_heading">Title</td></tr><tr>
    <th class="gt_col_heading gt_right" scope="col" id="a">A</th></tr></thead>
    <tbody><tr>
    <td headers="a" class="gt_row" style="color: #c8553d; background: url(http://x); position:fixed">
    <img src="http://x"><a href="javascript:x()">1 &lt; 2</a><script>x()</script></td></tr></tbody>
    <tfoot><tr class="gt_sourcenotes"><td>note</td></tr></tfoot></table></div>"""
    shown = clean_table(source, drop_heading=True, drop_source=False)
    assert shown == (
        '<table class="gt_table"><thead><tr>'
        '<th scope="col" class="gt_col_heading gt_right">A</th></tr></thead>'
        '<tbody><tr><td class="gt_row" style="color:#c8553d">1 &lt; 2</td></tr></tbody>'
        '<tfoot><tr class="gt_sourcenotes"><td>note</td></tr></tfoot></table>'
    )


def test_render_html_is_the_exporter_without_a_notebook(notebooks, sources):
    from svcq_lib.reports.document import read_document

    assert render_html(read_document(notebooks["en"])) == sources["en"]
