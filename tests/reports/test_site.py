import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svcq_lib.narrative.phrases import half_width_marks
from svcq_lib.reports import site
from svcq_lib.reports.execute import Outcome
from svcq_lib.reports.site_rows import rows_of, unit_key
from svcq_lib.reports.site_units import HEIGHT, MARGIN, WIDTH, units_of
from svcq_lib.reports.titles import CATALOGUE
from svcq_lib.study import Label

HOSTILE = '</script><script>alert("1")</script><img src=x> & ../x'
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30).map(lambda text: f"x{text}x")
ENDINGS = (".html", ".pdf", ".ipynb")


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.links, self.tags, self.texts, self._open = [], [], {}, []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self._open.append((tag, dict(attrs)))
        self.links += [value for name, value in attrs if name in ("href", "src") and value[0] != "#"]

    def handle_data(self, data):
        tag, attrs = self._open[-1] if self._open else ("", {})
        self.texts.setdefault(attrs.get("type") if tag == "script" else tag, []).append(data)


def figure(
    estimate=70.0, half=2.0, *, code="csat", target=75.0, good=1, lead=True, kind="score", status="red"
):
    low, high = (None, None) if estimate is None or half is None else (estimate - half, estimate + half)
    return {"code": code, "label": f"Label {code}", "kind": kind, "estimate": estimate, "low": low, "high": high,
            "n": 100.0, "good": good, "target": target, "status": status, "lead": lead}  # fmt: skip


def entry(topic="gaps", lang="en", *, unit=None, period=None, **other):
    where = {"branch": unit} if unit else {}
    name = "_".join(filter(None, [topic, unit and f"branch-{unit}", period, lang]))
    outputs = [{"path": f"{name}{end}"} for end in ENDINGS]
    outputs += [{"path": f"{name}/{topic}.json"}, {"path": f"{name}/{topic}_items.csv"}]
    given = {"title": "Answer", "base": {"n": 12000, "n_eff": 1.0}, "outputs": outputs, "unit": unit or ""}
    values = {"where": where, "parameters": {"where": where, "period": period}}
    return Outcome(name, topic, lang, "done", "k", **{**given, **values, **other}).as_entry()


def failed(**other):
    return entry(**other) | {
        "status": "failed",
        "title": "",
        "base": {},
        "unit": "",
        "error": "cell 'a'\nall",
    }


def write(tmp_path, entries, name="Harbour", language="en", **manifest):
    study = SimpleNamespace(name=Label(en=name, zh="海港"), language=language)
    return site.write_index(
        tmp_path, {"reports": {one["name"]: one for one in entries}, **manifest}, study
    ).read_text(encoding="utf-8")


def data_of(text):
    return json.loads("".join(Page(text).texts["application/json"]))


def test_every_report_is_listed_with_its_files_and_its_language(tmp_path):
    text = write(tmp_path, [entry("drivers"), entry(), entry("scores"), entry(lang="zh")])
    body = text[text.index("<tbody>") : text.index("</tbody>")]
    places = [body.index(name) for name in ("Scorecard", "Gap analysis", "Driver analysis", "差距分析")]
    assert places == sorted(places)
    links = Page(body).links
    assert links.count("gaps_en.html") == 1
    assert {"gaps_en.pdf", "gaps_en.ipynb", "gaps_en/gaps.json"} <= set(links)
    assert "12,000 answers" in body
    assert "12,000 份答卷" in body
    assert re.findall('<tr lang="([^"]*)">', body) == ["en", "en", "en", "zh-Hans"]


def test_the_page_speaks_the_language_of_the_study_where_there_are_reports_in_it(tmp_path):
    both = [entry(), entry(lang="zh")]
    assert '<html lang="zh-Hans"' in write(tmp_path, both, language="zh")
    assert '<html lang="en"' in write(tmp_path, both)
    assert '<html lang="en"' in write(tmp_path, [entry()], language="zh")
    assert '<fieldset id="langs" hidden>' in write(tmp_path, [entry()])
    assert '<html lang="zh-Hans"' in write(tmp_path, [], language="zh")


def test_the_page_says_when_and_with_which_version_it_was_made_and_how_much(tmp_path):
    made = [entry("scores") | {"made": "2026-04-02T05:12:33+00:00"}]
    made += [entry() | {"made": "2026-04-02T07:14:00+02:00", "figures": [figure()]}, failed(topic="drivers")]
    text = write(tmp_path, made, svcq="9.8.7")
    assert "Made 2026-04-02 05:14 UTC with svcq 9.8.7." in text
    cards = re.findall(r'data-status="(\w*)".*?class="value">([\d,]+)<', text)
    assert cards == [("", "3"), ("failed", "1"), ("red", "1"), ("amber", "0"), ("green", "0"), ("none", "1")]
    assert "Made with svcq" in write(tmp_path, [entry()])


def test_a_failed_report_is_marked_with_its_reason_and_links_its_page(tmp_path):
    long = "cell 'compute' failed: " + "x" * 300 + "\n\nwhole source"
    one = failed() | {"outputs": [{"path": "gaps_en.html"}], "error": long}
    text = write(tmp_path, [one, failed(topic="drivers") | {"error": long}])
    assert "Gap analysis could not be made" in text
    assert '<span class="failed">Failed</span>' in text
    assert text.count("whole source") == 1  # once for all reports that it stopped
    assert "x" * 200 not in text[: text.index('id="failures"')]
    assert re.search('<ul class="stopped">.*gaps_en.html.*drivers_en.html', text, re.DOTALL)


def test_entries_of_older_manifests_and_of_other_hands_are_listed(tmp_path):
    old = {name: value for name, value in entry().items() if name not in ("figures", "where", "changes")}
    bare = {"name": "x_en", "topic": "x", "lang": "en", "status": "failed"}
    text = write(tmp_path, [old, bare])
    assert "Not judged" in text
    assert "x could not be made" in text
    assert "all answers" in text


def test_names_are_text_nothing_is_fetched_and_only_our_script_runs(tmp_path):
    hostile = [entry(title=HOSTILE, unit=HOSTILE, period="2026"), failed(topic=HOSTILE)]
    text = write(tmp_path, hostile, name=HOSTILE)
    page = Page(text)
    assert page.tags.count("script") == 2
    assert not set(page.tags) & {"link", "img", "iframe", "object", "base"}
    assert not re.search("https?://", text.replace("http-equiv", ""))
    assert data_of(text)["names"]["unit"][0][0] == unit_key({"where": {"branch": HOSTILE}})
    assert all(link == re.sub(r"[^\w./%-]", "", link) for link in page.links)


def test_the_policy_allows_this_script_and_this_style_and_no_other(tmp_path):
    text = write(tmp_path, [entry()])
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for tag in ("script", "style"):
        inline = re.search(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert not re.search(r"<\w[^>]*\s(style|on\w+)=", text[text.index("<body>") :])


@settings(max_examples=30)
@given(unit=ANY_TEXT, title=ANY_TEXT, error=ANY_TEXT)
def test_any_text_stays_text(unit, title, error):
    plain, strange = without_fonts("xax", "xbx", "xcx"), without_fonts(unit, title, error)
    assert Page(strange).tags == Page(plain).tags
    assert data_of(strange)["words"]["en"]["name"] == Label(en=title).text("en")
    assert unit_key({"where": {"branch": unit}}) in [key for key, _ in data_of(strange)["names"]["unit"]]


def without_fonts(unit, title, error):
    """Return the page as it would be written; fonts are a matter of the characters only and take long."""
    pages, study = [], SimpleNamespace(name=Label(en=title), language="en")
    reports = [entry(title=title, unit=unit), failed(topic="drivers") | {"error": error}]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(site, "font_faces", lambda *_, **__: "")
        patch.setattr(site, "put", lambda _, text: pages.append(text))
        site.write_index(Path(), {"reports": dict(enumerate(reports))}, study)
    return pages[0]


def test_an_unchanged_page_is_not_written_again(tmp_path):
    write(tmp_path, [entry()])
    before = (tmp_path / "index.html").stat().st_mtime_ns
    write(tmp_path, [entry()])
    assert (tmp_path / "index.html").stat().st_mtime_ns == before
    assert [one.name for one in tmp_path.iterdir()] == ["index.html"]


def test_rows_stand_latest_first_whole_study_before_units_and_units_by_their_numbers():
    made = [
        entry(unit=unit, period=period) for unit in ("B10", "B2", None) for period in ("2026-Q1", "2026-Q2")
    ]
    rows = rows_of([*made, entry("scores", unit="B2", period="2026-Q2")], ["en"])
    assert [(row.period_key, row.unit, row.topic) for row in rows[:4]] == [
        ("2026-Q2", "all answers", "gaps"), ("2026-Q2", "B2", "scores"), ("2026-Q2", "B2", "gaps"),
        ("2026-Q2", "B10", "gaps"),
    ]  # fmt: skip
    assert [row.period for row in rows[4:]] == ["2026 Q1"] * 3


def test_no_two_units_share_a_key():
    levels = [{"a": "b&c=d"}, {"a": "b", "c": "d"}, {"a": "b%26c%3Dd"}]
    assert len({unit_key({"where": where}) for where in levels}) == 3
    assert unit_key({"where": {"branch": "东湾 B07"}}) == "branch=东湾 B07"


def test_a_failed_report_has_the_name_of_its_unit_from_the_others():
    named = entry(unit="B2", period="2026-01") | {"unit": "Old Town"}
    rows = rows_of([named, failed(unit="B2", period="2026-02"), failed(unit="B3")], ["en"])
    assert [row.unit for row in rows] == ["Old Town", "Old Town", "B3"]


@pytest.mark.parametrize(
    ("statuses", "status", "concerned"),
    [
        (["green", "red"], "red", "Label b"), (["red", "green"], "red", ""),
        (["red", "red"], "red", "Label a and Label b"),
        (["green", "none"], "green", ""), (["none", "amber"], "amber", "Label b"),
        (["none", "none"], "none", ""), ([], "none", ""),
    ],
)  # fmt: skip
def test_a_report_is_as_good_as_its_worst_figure(statuses, status, concerned):
    figures = [figure(code=c, status=s, lead=c == "a") for c, s in zip("ab", statuses, strict=False)]
    row = rows_of([entry(figures=figures)], ["en"])[0]
    assert (row.status, row.concerned) == (status, concerned)


def change_of(*entries):
    """Return the change that the row of the last entry shows."""
    return next(row for row in rows_of(entries, ["en", "zh"]) if row.name == entries[-1]["name"]).change


def compared(period, value, *, what="", kind="score", **other):
    """Return a report that has compared itself with the period before."""
    moved = {"code": "csat", "what": what, "difference": -3.0 if what == "worse" else 3.0}
    figures = [figure(60.0, code="nps", lead=False), figure(value, kind=kind)]
    return entry(period=period, figures=figures, changes=[moved] if what else [], **other)


@pytest.mark.parametrize(
    ("what", "value", "text", "tone", "word"),
    [
        ("better", 73.0, "▲ +3.0", "good", "better"), ("worse", 67.0, "▼ −3.0", "bad", "worse"),
        ("moved", 73.0, "▲ +3.0", "moved", "changed"), ("", 72.0, "+2.0", "unclear", "no clear change"),
        ("alert_new", 68.0, "−2.0", "unclear", "no clear change"),
    ],
)  # fmt: skip
def test_a_change_is_beyond_noise_where_the_report_says_so(what, value, text, tone, word):
    change = change_of(compared("2026-01", 70.0), compared("2026-02", value, what=what))
    assert (change.text, change.tone, change.word) == (text, tone, word)


def test_a_report_is_compared_with_its_own_period_before():
    now = compared("2026-Q2", 72.0)
    others = [compared("2026", 50.0), compared("2025-Q4", 50.0), compared("2026-Q1", 50.0, lang="zh"),
              compared("2026-Q1", 50.0, unit="B"), compared("2026-Q1", 50.0, topic="scores")]  # fmt: skip
    assert change_of(*others, now) is None
    assert change_of(*others, failed(period="2026-Q1"), now) is None
    assert change_of(*others, compared("2026-Q1", 70.0), now).value == 2.0
    assert change_of(*others, compared("2026-Q1", None), now) is None
    assert change_of(compared("2026-Q1", 70.0), entry(period="2026-Q2", figures=[figure(None)])) is None
    assert change_of(now, compared(None, 72.0)) is None


def test_a_difference_of_shares_is_in_percentage_points():
    before, now = (compared(f"2026-0{m}", 0.3 + m / 10, kind="share", lang="zh") for m in (1, 2))
    assert change_of(before, now).text == "+10.0 个百分点"


def test_figures_are_written_by_their_kind_and_suppressed_ones_say_so(tmp_path):
    made = [
        entry(figures=[figure(0.34, 0.03, kind="share")]),
        entry("scores", figures=[figure(None, status="none")]),
    ]
    text = write(tmp_path, made)
    assert '<span class="number">34\u2009%</span> <span class="interval">[31, 37\u2009%]</span>' in text
    assert '<span class="number">–</span> <span class="interval">too few answers</span>' in text
    assert '<a href="scores_en.html">too few answers</a>' in text  # by unit
    facts = data_of(text)["reports"]
    assert {one["figure"] for one in facts} == {0.34, None}


def test_a_unit_shows_its_latest_report_and_its_course_on_the_scale_of_all():
    months = ("2026-01", "2026-02", "2026-04")
    made = [entry(unit="A", period=m, figures=[figure(v)]) for m, v in zip(months, (60, 70, 80), strict=True)]
    made += [
        entry(unit="B", period="2026-03", figures=[figure(100.0)]),
        entry("scores", unit="B", period="2026"),
    ]
    rows = rows_of(made, ["en"])
    first, second = units_of(rows, ["scores", "gaps"])
    assert (first.unit, second.unit) == ("A", "B")
    assert first.cells[0] is None
    assert first.cells[1].row is rows[first.cells[1].place]
    assert first.cells[1].row.period_key == "2026-04"
    spark = first.cells[1].spark
    low, step = HEIGHT - MARGIN, (WIDTH - 2 * MARGIN) / 3
    quarter = (HEIGHT - 2 * MARGIN) / 4  # of the way from the smallest figure, 60, to the largest, 100
    assert spark.runs[0] == f"{MARGIN},{low} {MARGIN + step:g},{low - quarter:g}"
    assert spark.runs[1].split()[0] == spark.runs[1].split()[1]  # March is missing: April stands alone
    assert spark.end == (WIDTH - MARGIN, low - 2 * quarter)
    assert spark.target == pytest.approx(low - 1.5 * quarter, abs=0.05)
    assert spark.words == "3 periods: from 60.0 to 80.0"
    assert second.cells[1].spark is None


def test_what_the_script_reads_agrees_with_the_rows(tmp_path):
    made = [entry(unit=unit, lang=lang, figures=[figure()]) for unit in ("A", "B") for lang in ("en", "zh")]
    data = data_of(write(tmp_path, made))
    assert data["langs"] == {"en": "en", "zh": "zh-Hans"}
    assert [one["lang"] for one in data["reports"]] == ["en", "en", "zh", "zh"]
    assert [one["latest"] for one in data["units"]] == [[0], [1], [2], [3]]
    assert [key for key, _ in data["names"]["unit"]] == ["branch=A", "branch=B"]
    assert data["names"]["period"] == [[site.WHOLE, {"en": "", "zh": ""}]]


def test_the_words_are_the_same_in_both_languages_and_the_chinese_is_well_set(tmp_path):
    english, chinese = CATALOGUE["en"], CATALOGUE["zh"]
    assert list(english) == list(chinese)
    for name, text in chinese.items():
        fields = [sorted(f for _, f, _, _ in Formatter().parse(one) if f) for one in (text, english[name])]
        assert fields[0] == fields[1], name
        assert not half_width_marks(re.sub(r"\{\w+\}", "字", text)), name
    used = set(re.findall(r"words\.(\w+)|words\(\)\.(\w+)|data-(?:t|aria)=\"(\w+)\"", script_and_template()))
    assert {name for names in used for name in names if name} <= {*english, "name", "about"}


def script_and_template():
    folder = site.resources.files("svcq_lib.reports").joinpath("templates")
    return "".join(folder.joinpath(name).read_text("utf-8") for name in ("site.js", "site_body.html.j2"))
