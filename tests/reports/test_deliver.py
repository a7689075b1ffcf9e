"""Messages about finished reports: what they say, and that a real mail server gets them."""

import logging
import re
import sys

import keyring
import pytest
from keyring.backend import KeyringBackend

from svcq_lib.display import cards
from svcq_lib.errors import DeliveryError, SvcqError
from svcq_lib.reports import deliver
from svcq_lib.reports.deliver_addresses import hidden, resolve
from svcq_lib.reports.deliver_alerts import compared
from svcq_lib.reports.deliver_changes import change_line
from svcq_lib.reports.deliver_message import MOST_LINES, as_html, as_markdown, as_text, compose
from svcq_lib.reports.deliver_words import WORDS
from svcq_lib.reports.titles import CATALOGUE

HOSTILE = "../<script>alert(1)</script> [x](http://y) *b*"
LABELS = {"en": "NPS", "zh": "净推荐值"}


def figure(code="nps", status="red", **other):
    return {
        "code": code, "label": LABELS["en"], "kind": "points", "estimate": -3.2, "low": -6.1, "high": -0.4, "n": 900.0,
        "good": 1, "target": 10.0, "status": status, "lead": True, **other,
    }  # fmt: skip


def entry(unit="", topic="scores", lang="en", status="done", **other):
    where = {"branch": unit} if unit else {}
    name = "_".join(filter(None, [topic, unit and f"branch-{unit}", "2026-01", lang]))
    return {
        "name": name, "topic": topic, "lang": lang, "status": status, "title": f"The answer of {unit or 'all'}",
        "unit": unit or "all answers", "parameters": {"where": where, "period": "2026-01"}, "error": "",
        "figures": [figure(label=LABELS[lang])], "outputs": [{"path": f"{name}.html", "bytes": 4, "sha256": ""}],
        **other,
    }  # fmt: skip


def change(what, **other):
    return {
        "code": "nps", "label": "NPS", "kind": "points", "before": 8.1, "now": 12.1, "difference": None, "low": None,
        "high": None, "status_before": "none", "status": "none", "what": what, **other,
    }  # fmt: skip


def message(entries, before=(), **other):
    return compose(entries, before, **{"name": "Harbour Bank", "period": "2026-01", "lang": "en", **other})


def headings(one):
    return [section.heading for section in one.sections]


def test_alerts_are_new_continuing_or_cleared():
    now = [entry("A"), entry("B"), entry("C", figures=[figure(status="amber")]), entry("D", status="failed")]
    before = [entry("A"), entry("B", figures=[figure(status="green")]), entry("C"), entry("D")]
    found = compared(now, before)
    assert [[one.unit for one in some] for some in (found.new, found.still, found.cleared)] == [
        ["B"],
        ["A"],
        ["C"],
    ]


def test_a_figure_that_several_reports_show_is_one_alert():
    both = [entry("A"), entry("A", topic="gaps"), entry("B", figures=[figure(), figure("csat")])]
    assert [one.unit for one in compared(both, []).new] == ["A", "B", "B"]


def test_a_message_says_what_matters_first():
    now = [
        entry("A"), entry("B", status="failed", error="cell 'load' failed: boom\n\nTraceback …"),
        entry("C", changes=[change("better", difference=4.0, low=1.2, high=6.8)]),
    ]  # fmt: skip
    one = message(now, [entry("C")], link="https://reports.example/x/")
    assert one.subject == "Harbour Bank, Jan 2026: 2 reports ready, 1 report failed, 1 new alert"
    assert headings(one) == [
        "New alerts", "Failed reports", "Alerts that continue", "What changed", "Headline figures", "Reports",
    ]  # fmt: skip
    text = as_text(one)
    assert "- A: NPS −3 [−6, 0], target 10\n" in text
    assert "- Scorecard · B: cell 'load' failed: boom\n" in text
    assert "Traceback" not in text
    assert "- Scorecard · C: NPS +4 [1, 7] (improved)\n" in text
    assert "  https://reports.example/x/scores_branch-A_2026-01_en.html\n" in text
    assert "https://reports.example/x/index.html" in text


@pytest.mark.parametrize(
    ("found", "en", "zh"),
    [
        (change("worse", kind="share", difference=-0.031, low=-0.05, high=-0.01),
         "NPS −3.1\u2009pp [−5.0, −1.0] (worsened)",
         "NPS −3.1 个百分点 [−5.0, −1.0]（变差）"),
        (change("alert_new", status="amber", status_before="green"), "NPS: cannot be told (before: on target)",
         "NPS：无法判断（先前：达标）"),
        (change("alert_new", now=None, status_before="amber"),
         "NPS: not shown, too few answers (before: cannot be told)",
         "NPS：样本过小，不显示（先前：无法判断）"),
        (change("alert_new", status="red", status_before="green"), "", ""),
        (change("alert_cleared", status="green", status_before="red"), "", ""),
        (change("data", label="Answers", kind="count", before=900.0, now=2100.0), "Answers: 2,100 (before: 900)",
         "Answers：2,100（先前：900）"),
        (change("data", label="small base", kind="bool", before=False, now=True), "small base (new)",
         "small base（新出现）"),
    ],
)  # fmt: skip
def test_changes_are_told_in_both_languages(found, en, zh):
    assert (change_line(found, "en"), change_line(found, "zh")) == (en, zh)


def test_an_alert_that_is_milder_is_said_to_be_so():
    one = message([entry("A", figures=[figure("nps", "amber")])], [entry("A")])
    assert headings(one)[0] == "Alerts that are milder or gone"
    assert "- A: NPS −3 [−6, 0], target 10 (cannot be told)\n" in as_text(one)


def test_a_quiet_month_says_so():
    one = message([entry(figures=[figure(status="green")])], [entry(figures=[figure(status="green")])])
    assert one.subject.endswith(": 1 report ready, no new alerts")
    assert headings(one) == ["Headline figures", "Reports"]
    assert "NPS −3 [−6, 0] (on target)" in as_text(one)


def test_what_an_older_manifest_lacks_may_be_missing():
    bare = {"name": "x", "topic": "scores", "lang": "en", "status": "done"}
    assert headings(message([bare], [bare])) == ["Reports"]


def test_a_period_without_reports_says_why():
    one = message(
        [], reason="table 'responses' lacks 1 column(s)\n  'P1'", notes=["The answers reach only to x."]
    )
    assert one.subject == "Harbour Bank, Jan 2026: reports were not made"
    assert "table 'responses' lacks 1 column(s)" in as_text(one)
    assert "The answers reach only to x." in as_text(one)


def test_a_chinese_message_is_chinese():
    one = message(
        [entry(unit="", lang="zh", unit_="", title="净推荐值为 −3"), entry("B", status="failed", error="boom")],
        name="海港银行", lang="zh",
    )  # fmt: skip
    assert one.subject == "海港银行，2026年1月：已生成 1 份报告，1 份报告失败，新增 1 项预警"
    assert "- all answers：净推荐值 −3 [−6, 0]，目标 10" in as_text(one)
    assert 'lang="zh-Hans"' in as_html(one)


def test_a_message_in_a_language_without_reports_takes_those_there_are():
    assert "NPS −3" in as_text(message([entry()], lang="zh"))


def test_both_languages_have_the_same_words_and_chinese_its_own_marks():
    assert WORDS["en"].keys() == WORDS["zh"].keys()
    for code, words in WORDS["zh"].items():
        assert sorted(re.findall(r"{\w+}", words)) == sorted(re.findall(r"{\w+}", WORDS["en"][code])), code
        assert not re.search(r"[\u4e00-\u9fff}][,:;()]|[,:;()][\u4e00-\u9fff]", words), code


def test_long_lists_are_cut_and_counted():
    one = message([entry(f"B{i:03d}") for i in range(500)])
    assert {len(section.lines) for section in one.sections} == {MOST_LINES + 1}
    assert as_text(one).count("and 488 more") == 3
    assert len(as_html(one).encode()) < 32_000


def test_names_from_data_do_no_harm():
    one = message(
        [entry(HOSTILE, title=HOSTILE)], name="Bank\nBcc: eve@example.org", link="https://reports.example"
    )
    assert "\n" not in one.subject
    page = as_html(one)
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "[x](http://y)" not in as_markdown(one)
    assert 'href="https://reports.example/scores_branch-../%3Cscript' in page


def test_attachments_fit_the_size_and_the_whole_comes_first(tmp_path):
    entries = [entry("A"), entry(), entry("B")]
    for one, size in zip(entries, (600_000, 300_000, 100_000), strict=True):
        (tmp_path / one["outputs"][0]["path"]).write_bytes(b"x" * size)
    said, files = deliver.attached(message(entries), tmp_path, entries, ("html",), 0.5)
    assert [path.name for path in files] == ["scores_2026-01_en.html", "scores_branch-B_2026-01_en.html"]
    assert "2 of 3 files are attached; the others would make the message larger than 0.5 MB." in as_text(said)
    said, files = deliver.attached(message(entries), tmp_path, entries, ("html",), 10)
    assert len(files) == 3
    assert "3 files are attached." in as_text(said)
    both = [*entries, entry(lang="zh", outputs=entries[0]["outputs"])]
    assert len(deliver.attached(message(both), tmp_path, both, ("html",), 10)[1]) == 3
    assert deliver.attached(message(entries), tmp_path, entries, ("pdf",), 10) == (message(entries), [])


class Ring(KeyringBackend):
    """A keyring in memory."""

    priority = 1

    def get_password(self, service, username):
        return {("svcq", "mail"): "mailto://kept"}.get((service, username))

    def set_password(self, service, username, password):
        raise NotImplementedError


def test_addresses_come_from_the_environment_or_the_keyring(monkeypatch):
    monkeypatch.setenv("SVCQ_MAIL_URL", "mailto://there")
    monkeypatch.setattr(keyring.core, "_keyring_backend", Ring())
    assert resolve("env:SVCQ_MAIL_URL") == "mailto://there"
    assert resolve("keyring:svcq/mail") == "mailto://kept"
    with pytest.raises(DeliveryError, match="the environment has no SVCQ_OTHER"):
        resolve("env:SVCQ_OTHER")
    with pytest.raises(DeliveryError, match="keyring set svcq other"):
        resolve("keyring:svcq/other")


@pytest.mark.parametrize("module", ["apprise", "keyring"])
def test_a_missing_extra_is_named(monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(SvcqError, match=r"pip install 'svcq\[deliver\]'"):
        deliver.send(message([entry()]), "env:X") if module == "apprise" else resolve("keyring:a/b")


@pytest.mark.parametrize(
    ("text", "urls", "found"),
    [
        ("to smtp://ada:pw@host failed", [], "to smtp://***@host failed"),
        ("login with p%40ss or p@ss", ["mailto://ada:p%40ss@host"], "login with *** or ***"),
        ("POST /T1JJ3T3L2/kx2jC9 done", ["slack://T1JJ3T3L2/kx2jC9/x"], "POST /***/*** done"),
        ("key pw12", ["mailto://host?user=ada&pass=pw12"], "key ***"),
        ("2 reports made", ["mailto://a:b7@reports"], "2 reports made"),
    ],
)  # fmt: skip
def test_credentials_are_hidden(text, urls, found):
    assert hidden(text, urls) == found


def test_a_mail_server_gets_subject_text_and_attachments(inbox, tmp_path):
    path = tmp_path / "a folder?" / "报告_zh.pdf"
    path.parent.mkdir()
    path.write_bytes(b"%PDF-1.7 x")
    one = message([entry(lang="zh")], name="海港银行", lang="zh")
    deliver.send(one, "env:SVCQ_MAIL_URL", [path])
    (got,) = inbox.messages
    assert got["subject"] == one.subject
    assert got["to"] == "board@bank.example"
    for form in ("html", "plain"):
        assert "净推荐值 −3 [−6, 0]，目标 10" in got.get_body((form,)).get_content()
    (file,) = got.iter_attachments()
    assert (file.get_filename(), file.get_content()) == ("报告_zh.pdf", b"%PDF-1.7 x")


def test_a_refused_message_is_sent_once_more(inbox):
    inbox.refuse = 1
    deliver.send(message([entry()]), "env:SVCQ_MAIL_URL", pause=0.01)
    assert len(inbox.messages) == 1
    inbox.refuse = 2
    with pytest.raises(DeliveryError, match="env:SVCQ_MAIL_URL: the message could not be sent"):
        deliver.send(message([entry()]), "env:SVCQ_MAIL_URL", pause=0.01)
    assert len(inbox.messages) == 1


@pytest.mark.parametrize(
    "url",
    [
        "mailto://ada:s3cret-w0rd@127.0.0.1:9?from=w@y.example&to=x@y.example",
        "nonsense://ada:s3cret-w0rd@127.0.0.1",
    ],
)
def test_a_failure_shows_no_password(monkeypatch, capfd, caplog, url):
    monkeypatch.setenv("SVCQ_MAIL_URL", url)
    monkeypatch.setattr(deliver.time, "sleep", lambda _: None)
    with caplog.at_level(logging.DEBUG), pytest.raises(DeliveryError) as raised:
        deliver.send(message([entry()]), "env:SVCQ_MAIL_URL", pause=0.01)
    assert "s3cret" not in "".join([str(raised.value), *capfd.readouterr(), caplog.text])


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_status_that_cannot_be_told_is_called_the_same_everywhere(lang):
    word = WORDS[lang]["amber"]
    assert cards.WORDS[lang]["target_amber"].endswith(word)
    assert CATALOGUE[lang]["status_amber"].casefold() == word
