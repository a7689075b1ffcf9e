import importlib
import re
from string import Formatter

import pytest

from svcq_lib.errors import Note
from svcq_lib.narrative import notes as narrative
from svcq_lib.narrative.phrases import half_width_marks
from svcq_lib.reports.resources import topics
from svcq_lib.sources.rules import WORDS
from svcq_lib.study import Label

TOPIC_NOTES = {
    topic: importlib.import_module(f"svcq_lib.narrative.{topic}_method").NOTES for topic in topics()
}
ALL = {lang: narrative.SENTENCES[lang] | {c: t for one in TOPIC_NOTES.values() for c, t in one[lang].items()}
       for lang in ("en", "zh")}  # fmt: skip
EXAMPLES = {
    "list": ["q1", "q2"], "range": (10, 20), "period": "2026-Q1", "code": "q_1", "": "q1", "lower": "Answers",
}  # fmt: skip


def example(template):
    """Return facts that a template can be filled with: a list where it lists, else a number or a name."""
    facts = {}
    for _, name, code, _ in Formatter().parse(template):
        if name:
            value = (
                (0.1, 0.4) if re.match(r"i[\d%]", code) else EXAMPLES.get(code, 0.25 if code == "%" else 12)
            )
            facts[name] = facts[name] if isinstance(facts.get(name), list) else value
    return facts


def raised(repo_root):
    """Return every code that an analysis or the data contract can raise."""
    sources = [path.read_text(encoding="utf-8") for path in (repo_root / "svcq_lib").rglob("*.py")]
    codes = {code for text in sources for code in re.findall(r'\bNote\(\s*"(\w+)"', text)}
    codes |= {f"data_{code}" for code, (severity, *_) in WORDS.items() if severity == "warning"}
    warned = [re.findall(r'make\(\s*"(\w+)",\s*"warning"', text) for text in sources]
    return codes | {f"data_{code}" for found in warned for code in found} | {"data_repeated_header"}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_caveat_has_a_sentence(repo_root, lang):
    codes = raised(repo_root)
    assert len(codes) > 20
    assert codes <= set(ALL[lang])


def test_a_caveat_has_one_home():
    assert len(ALL["en"]) == len(narrative.SENTENCES["en"]) + sum(
        len(one["en"]) for one in TOPIC_NOTES.values()
    )


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("code", ALL["en"])
def test_every_caveat_can_be_said(make_context, code, lang):
    context = make_context(labels={"q1": Label(en="First", zh="首")})
    (said,) = narrative.describe([Note(code, example(ALL["en"][code]))], context, lang=lang, more=ALL)
    assert said
    assert "{" not in said
    assert "nan" not in said
    if lang == "zh":
        assert not half_width_marks(said)


@pytest.mark.parametrize(
    ("code", "facts", "said"),
    [
        (
            "suppressed_cells",
            {"cells": 1, "threshold": 5},
            "1 figure stands on fewer than 5 answers and is not shown.",
        ),
        (
            "suppressed_cells",
            {"cells": 2, "threshold": 5},
            "2 figures stand on fewer than 5 answers and are not shown.",
        ),
        ("items_without_pair", {"items": 1}, "1 question lacks"),
        ("negative_drivers", {"terms": ["q1"]}, "q1 goes with"),
        ("negative_drivers", {"terms": ["q1", "q2"]}, "q1 and q2 go with"),
        ("below_noise_floor", {"terms": ["q1"], "floor": 0.04, "level": 0.95}, "q1 carries no more than"),
        ("below_noise_floor", {"terms": ["q1", "q2"], "floor": 0.04, "level": 0.95}, "they are not shown"),
        ("small_base", {"n": 1, "flag": 30}, "1 answer, below"),
        ("data_date_missing", {"rows": 1, "total": 9}, "1 of 9 rows has no date and belongs to no period."),
        ("data_period_hole", {"count": 1, "periods": "2026-Q1"}, "No rows in 1 period between"),
        ("data_small_base", {"levels": 1, "column": "b", "flag": 30}, "1 group of `b` has fewer"),
    ],
)
def test_counts_and_verbs_agree(make_context, code, facts, said):
    assert said in narrative.describe([Note(code, facts)], make_context(), more=ALL)[0]


def test_columns_are_code_and_may_hold_anything(make_context):
    facts = {"column": "is_it `really` <b>so</b>?"}
    (said,) = narrative.describe([Note("data_constant", facts)], make_context())
    assert said == "Column ``is_it `really` <b>so</b>?`` has one and the same answer in every row."


def test_a_warning_without_a_sentence_points_to_the_check(make_context):
    facts = {"table": "t", "column": "c", "rows": 2, "total": 9}
    assert "`svcq check` says why" in narrative.describe([Note("data_new", facts)], make_context())[0]
