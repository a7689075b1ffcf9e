import re
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest

from svcq_lib.reports import site
from svcq_lib.reports.execute import Outcome
from svcq_lib.reports.failure import failure_page
from svcq_lib.study import Label

HOSTILE = '<script>alert("1")</script> & ../x'


class Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.links, self.tags = [], set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name in ("href", "src")]


def read(text):
    parser = Links()
    parser.feed(text)
    return parser


def entry(topic="gaps", lang="en", **other):
    outputs = [{"path": f"{topic}_{lang}{end}"} for end in (".html", ".pdf", ".ipynb")]
    outputs += [{"path": f"{topic}_{lang}/{topic}.json"}, {"path": f"{topic}_{lang}/{topic}_items.csv"}]
    fields = {"title": "Answer", "base": {"n": 12000, "n_eff": 1.0}, "outputs": outputs}
    return Outcome(f"{topic}_{lang}", topic, lang, "done", "k", **{**fields, **other}).as_entry()


def write(tmp_path, entries, name="Harbour"):
    study = SimpleNamespace(name=Label(en=name, zh="海港"), language="en")
    return site.write_index(tmp_path, {"reports": {one["name"]: one for one in entries}}, study)


def test_every_report_is_listed_with_its_files(tmp_path):
    path = write(tmp_path, [entry("drivers"), entry(), entry("scores"), entry(lang="zh")])
    text = path.read_text(encoding="utf-8")
    assert (
        text.index("Scorecard")
        < text.index("Gap analysis")
        < text.index("Driver analysis")
        < text.index("差距分析")
    )
    assert read(text).links.count("gaps_en.html") == 1
    assert {"gaps_en.html", "gaps_en.pdf", "gaps_en.ipynb", "gaps_en/gaps.json"} <= set(read(text).links)
    assert "12,000 answers" in text
    assert "12,000 份答卷" in text.replace("\u2009", " ")


def test_a_failed_report_is_marked_and_links_its_page(tmp_path):
    failed = entry() | {
        "status": "failed",
        "title": "",
        "base": {},
        "outputs": [{"path": "gaps_en.html"}],
    }
    text = write(tmp_path, [failed]).read_text(encoding="utf-8")
    assert "Gap analysis could not be made" in text
    assert 'class="failed"' in text
    assert read(text).links == ["gaps_en.html"]


def test_names_are_text_and_nothing_is_fetched(tmp_path):
    text = write(tmp_path, [entry(title=HOSTILE)], name=HOSTILE).read_text(encoding="utf-8")
    assert not read(text).tags & {"script", "link", "img", "iframe"}
    assert "http://" not in text
    assert "https://" not in text
    assert "default-src 'none'" in text


def test_an_unchanged_page_is_not_written_again(tmp_path):
    path = write(tmp_path, [entry()])
    before = path.stat().st_mtime_ns
    assert write(tmp_path, [entry()]).stat().st_mtime_ns == before
    assert [one.name for one in tmp_path.iterdir()] == ["index.html"]


@pytest.mark.parametrize(
    ("lang", "said"), [("en", "Gap analysis could not be made"), ("zh", "差距分析未能生成")]
)
def test_a_failure_page_says_what_failed_as_text(lang, said):
    text = failure_page("gaps", lang, f"cell 'compute' failed: ValueError: {HOSTILE}")
    assert said in text
    assert "compute" in text
    assert "script" not in read(text).tags
    assert re.search("default-src 'none'", text)
