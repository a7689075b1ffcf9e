"""What is said of the changes since the report before."""

from __future__ import annotations

import re

import pytest

from svcq_lib.analyses.headlines import ABOUT_DATA, headline_figure
from svcq_lib.analyses.since import Earlier, since_last
from svcq_lib.narrative import notes, since
from svcq_lib.narrative.phrases import half_width_marks
from svcq_lib.narrative.since_sentences import SENTENCES
from svcq_lib.vocabulary import word

LANGS = ("en", "zh")


def figure(code, estimate, half=1.0, *, n=400, kind="number", **more):
    limits = (None, None) if estimate is None else (estimate - half, estimate + half)
    return headline_figure(code, more.pop("label", code), kind, estimate, limits, n=n, ci_level=0.95, **more)


def compared(now, was, *, period="2025-02", before="2025-01", notes=(), noted=()):
    record = {"period": before, "figures": was, "data_notes": noted}
    return since_last(now, Earlier.model_validate(record), notes=notes, period=period)


@pytest.fixture
def busy():
    now = [
        figure("csat", 80.0, kind="score", good=1, label="Satisfaction", lead=True, n=150),
        figure("wait", 9.0, good=-1, label="Waiting"), figure("share", 0.5, 0.01, kind="share", label="Share"),
        figure("nps", 3.0, kind="points", good=1, status="red", label="NPS"),
        figure("small", None, label="Small branch"), figure("same", 1.0, label="Same"),
        figure("new", 1.0, label="New"), figure("eased", 1.0, status="amber", label="Eased"),
    ]  # fmt: skip
    was = [
        figure("csat", 70.0, kind="score", n=400), figure("wait", 5.0), figure("share", 0.4, 0.01, kind="share"),
        figure("nps", 3.0, kind="points", status="green"), figure("small", 4.0), figure("same", 1.0),
        figure("eased", 1.0, status="red"),
    ]  # fmt: skip
    return compared(now, was, period="2025-01..2025-02", notes=["small_base"], noted=["data_constant"])


def test_both_languages_have_the_same_sentences_with_the_same_fields():
    assert set(SENTENCES["en"]) == set(SENTENCES["zh"])
    for code, text in SENTENCES["en"].items():
        fields = [set(re.findall(r"{(\w+)", one)) for one in (text, SENTENCES["zh"][code])]
        assert fields[0] == fields[1], code


@pytest.mark.parametrize("lang", LANGS)
def test_every_caveat_about_the_data_has_a_name(lang):
    codes = {code for code in notes.SENTENCES[lang] if code.startswith("data_")} | set(ABOUT_DATA)
    assert all(word(code, lang) for code in codes)


def test_everything_that_changed_is_said_in_english(busy):
    text = since.describe(busy, lang="en").replace("\\", "")
    for said in (
        "Improved beyond noise: Satisfaction +10.0 [8.6, 11.4].",
        "Worsened beyond noise: Waiting +4.00 [2.59, 5.41].",
        "Moved beyond noise: Share +10.0\u2009pp [8.6, 11.4].",
        "The other 3 figures cannot be told from before.",
        "New alerts: NPS – target missed (before: target met) and "
        "Small branch – not shown, too few answers (before: no verdict).",
        "Alert that is milder or gone: Eased – cannot be told (before: target missed).",
        "A verdict can change although its figure moved no more than noise",
        "The base fell from 400 to 150 answers.",
        "New caveat about the data: a small base.",
        "No longer true of the data: columns with one and the same answer.",
        "The report before does not have New.",
        "The two reports may share answers",
    ):
        assert said in text, said


def test_everything_that_changed_is_said_in_chinese(busy):
    text = since.describe(busy, lang="zh").replace("\\", "").replace("\u2009", "").replace(" ", "")
    for said in (
        "超出误差的改善：Satisfaction+10.0[8.6,11.4]。", "其余3项与先前无法区分。",
        "新增预警：NPS未达到目标（先前达到目标）", "样本由400份降至150份答卷。", "数据的新问题：样本较小。",
    ):  # fmt: skip
        assert said in text, said
    assert not half_width_marks(since.describe(busy, lang="zh"))


@pytest.mark.parametrize(
    ("lang", "none"),
    [("en", "Of 1 headline figure compared, none moved beyond noise"), ("zh", "均未超出误差")],
)
def test_nothing_beyond_noise_is_said_as_such(lang, none):
    text = since.describe(compared([figure("a", 1.0)], [figure("a", 1.1)]), lang=lang)
    assert none in text
    assert (SENTENCES[lang]["crossed"] in text) is False
    assert text.count("。" if lang == "zh" else ".") == 1


@pytest.mark.parametrize("lang", LANGS)
def test_nothing_to_compare_is_said_as_such(lang):
    text = since.describe(compared([], []), lang=lang)
    assert text == SENTENCES[lang]["none_compared"]


def test_a_verdict_that_follows_a_move_needs_no_excuse():
    now, was = figure("a", 8.0, good=1, status="green"), figure("a", 2.0, good=1, status="red")
    assert SENTENCES["en"]["crossed"] not in since.describe(compared([now], [was]))


def test_the_heading_names_the_period_before():
    assert since.heading(compared([], [])) == "What changed since Jan 2025"
    assert since.heading(compared([], [], before="")) == "What changed since the report before"
    chinese = since.heading(compared([], []), lang="zh")
    assert re.sub(r"\s", "", chinese) == "与2025年1月相比的变化"


@pytest.mark.parametrize("lang", LANGS)
def test_the_table_says_what_the_sentences_say(busy, lang):
    frame, headings = since.worded(busy, lang=lang)
    assert list(frame) == list(headings)
    assert frame["difference"].iloc[0] == "+10.0"
    rows = dict(zip(frame["figure"], frame["standing"], strict=True))
    assert rows["NPS"] == ("target met → target missed" if lang == "en" else "达到目标 → 未达到目标")
    assert rows["Same"] == "–"
    title, subtitle = since.table_words(busy, lang=lang)
    assert title == SENTENCES[lang]["table"]
    assert "Holm" in subtitle


def test_a_table_without_targets_has_no_column_of_verdicts():
    frame, headings = since.worded(compared([figure("a", 1.0)], [figure("a", 1.1)]))
    assert list(frame) == list(headings) == ["figure", "before", "now", "difference", "limits"]


def test_names_from_data_cannot_act():
    bad = figure("a", 8.0, label="<b>*x*</b>", good=1)
    text = since.describe(compared([bad], [figure("a", 1.0)]))
    assert "\\*x\\*" in text
    assert "<b>" not in text
