import importlib
import pkgutil
import re
from string import Formatter

import pytest

from svcq_lib import display, narrative
from svcq_lib.formats import THIN
from svcq_lib.narrative.phrases import half_width_marks, one_sided, paragraph, say, typeset
from svcq_lib.reports.titles import TITLES

HOMES = [
    f"{package.__name__.removeprefix('svcq_lib.')}.{one.name}"
    for package in (narrative, display)
    for one in pkgutil.iter_modules(package.__path__)
]


def texts_of(home):
    """Return the sentences and words of a module by their name: SENTENCES, NOTES, METHOD, WORDS."""
    module = importlib.import_module(f"svcq_lib.{home}")
    names = ("SENTENCES", "NOTES", "METHOD", "WORDS")
    own = {name: getattr(module, name) for name in names if isinstance(getattr(module, name, None), dict)}
    return {f"{home}.{name}": texts for name, texts in own.items() if set(texts) == {"en", "zh"}}


TEXTS = {name: texts for home in HOMES for name, texts in texts_of(home).items()} | {"reports.titles": TITLES}
CITED = re.compile(r"reference(_\w+)?")  # names of works stay as they were printed


def fields(template):
    """Return what a template says; a field that only chooses between two words says nothing of its own."""
    return {name for _, name, code, _ in Formatter().parse(template) if name and "|" not in code}


@pytest.mark.parametrize("name", TEXTS)
def test_both_languages_say_the_same_things(name):
    english, chinese = TEXTS[name]["en"], TEXTS[name]["zh"]
    assert list(english) == list(chinese)
    different = {code for code in english if fields(english[code]) != fields(chinese[code])}
    assert not different


@pytest.mark.parametrize("name", TEXTS)
def test_chinese_sentences_use_full_width_marks(name):
    for code, text in TEXTS[name]["zh"].items():
        if not CITED.fullmatch(code):
            assert not half_width_marks(re.sub(r"\{[^}]*\}", "字", text)), (code, text)
            assert not re.search(r"[\u4e00-\u9fff]\.(\s|$)", text), (code, text)


@pytest.mark.parametrize("name", TEXTS)
def test_no_sentence_writes_a_hyphen_for_a_minus_or_a_straight_quote_for_a_word(name):
    for lang in ("en", "zh"):
        for code, text in TEXTS[name][lang].items():
            assert not re.search(r"(?<![\w`\d])-\d", text), (lang, code)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("差距,感知", [","]), ("差距:", [":"]), ("(感知", ["("]), ("感知)", [")"]), ("感知 ; 期望", [" ;"]),
        ("差距，感知：期望；（好）", []), ("n = 1,000", []), ("Holm (1979), 6.", []),
    ],
)  # fmt: skip
def test_half_width_marks_are_found(text, found):
    assert half_width_marks(text) == found


def test_thin_spaces_stand_where_latin_meets_chinese():
    assert typeset("共12个维度", "zh") == f"共{THIN}12{THIN}个维度"
    assert typeset("占比34%的NPS", "zh") == f"占比{THIN}34%{THIN}的{THIN}NPS"
    assert typeset("共12个维度", "en") == "共12个维度"
    assert typeset(typeset("共12个", "zh"), "zh") == typeset("共12个", "zh")


@pytest.mark.parametrize(
    ("spec", "value", "text"),
    [
        ("2", -1.826, "−1.83"), ("+2", 0.5, "+0.50"), ("2", -0.001, "0.00"), ("+2", -0.001, "0.00"),
        ("+0", -0.2, "0"), ("%", 0.338, f"34{THIN}%"), ("%", -0.001, f"0{THIN}%"), ("i2", (-0.001, 1), "[0.00, 1.00]"),
        ("i%", (0.31, 0.37), f"[31, 37{THIN}%]"),
        ("%1", 0.0104, f"1.0{THIN}%"), ("i%1", (0.0082, 0.0121), f"[0.8, 1.2{THIN}%]"),
        ("n", 12000, "12,000"), ("range", (5, 5), "5"),
        ("range", (5, 1200), "5–1,200"), ("p", 0.0001, "<0.001"), ("period", "2026-Q3", "2026 Q3"),
        ("list", ["a", "b", "c"], "a, b and c"), ("g", -3.0, "−3"), ("is|are", 1, "is"), ("is|are", 0, "are"),
        ("is|are", ["one"], "is"), ("is|are", ["one", "two"], "are"), ("code", "a`b", "``a`b``"),
        ("code", "a_b", "`a_b`"),
    ],
)  # fmt: skip
def test_values_are_written_by_their_code(spec, value, text):
    assert say({"en": {"it": f"{{value:{spec}}}"}}, "it", {"value": value}, "en", markdown=False) == text


def test_names_are_escaped_in_markdown_only():
    sentence = {"en": {"it": "{name} and {names:list}"}}
    values = {"name": "<b>*x*", "names": ["[a](b)", "$x$"]}
    assert say(sentence, "it", values, "en") == r"\<b\>\*x\* and \[a\](b) and \$x\$"
    assert say(sentence, "it", values, "en", markdown=False) == "<b>*x* and [a](b) and $x$"


def test_a_name_with_braces_is_data():
    assert (
        say({"en": {"it": "{name}"}}, "it", {"name": "{0.__class__}"}, "en", markdown=False)
        == "{0.__class__}"
    )


def test_paragraphs_join_by_language():
    assert paragraph(["One.", "", "Two."], "en") == "One. Two."
    assert paragraph(["一。", "", "二。"], "zh") == "一。二。"


@pytest.mark.parametrize(
    ("worse", "better", "ending"), [(2, 1, ""), (2, 0, "_worse"), (0, 1, "_better"), (0, 0, "_none")]
)
def test_a_side_without_groups_is_not_named(worse, better, ending):
    assert one_sided(worse, better) == ending
