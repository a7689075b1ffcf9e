"""Every number that is said is a number of the result, in both languages, on the demonstration study."""

import importlib
import re

import numpy as np
import pandas as pd
import pytest

import svcq_lib as sq
from svcq_lib import formats
from svcq_lib.formats import MINUS, THIN
from svcq_lib.narrative import notes
from svcq_lib.narrative.phrases import half_width_marks
from svcq_lib.reports.resources import topics

NARRATIVES = {topic: importlib.import_module(f"svcq_lib.narrative.{topic}") for topic in topics()}
NUMBER = re.compile(rf"(?<![\w.])[+{MINUS}]?(?:\d{{1,3}}(?:,\d{{3}})+|\d+)(?:\.\d+)?")
LANGS = ("en", "zh")


def last_page(topic):
    return importlib.import_module(f"svcq_lib.narrative.{topic}_method")


def display_of(topic):
    return importlib.import_module(f"svcq_lib.display.{topic}")


def frames(result):
    return [
        value
        for name in type(result).__dataclass_fields__
        if isinstance(value := getattr(result, name), pd.DataFrame)
    ]


def flat(value):
    """Return every number in facts: of lists and of mappings too, and how many a list has."""
    if isinstance(value, dict):
        return [one for part in value.values() for one in flat(part)]
    if isinstance(value, (list, tuple)):
        return [len(value), *(one for part in value for one in flat(part))]
    return [value] if isinstance(value, (int, float, np.number)) else []


def rendered(numbers):
    """Return how each number may be written: rounded to 0, 1 or 2 digits, as per cent, without its sign."""
    shown = set()
    for one in (float(number) for number in numbers):
        for size in (one, abs(one)):
            shown |= {formats.number(size, digits) for digits in (0, 1, 2)}
            shown |= {formats.signed(size, digits) for digits in (0, 1, 2)}
            shown |= {formats.number(100 * size, digits) for digits in (0, 1)}
    return shown


def said(text, result, lang):
    """Return the numbers of a text, without those of periods and labels."""
    text = text.replace(THIN, "").replace("\\", "")
    names = {label.text(lang) for label in result.context.labels.values()}
    for frame in frames(result):
        for column in {"period", "previous"} & set(frame):
            names |= {formats.period(one, lang) for one in frame[column].dropna()}
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name.replace(THIN, ""), " ")
    return NUMBER.findall(text)


def texts(topic, result, lang):
    module = NARRATIVES[topic]
    yield "title", module.title(result, lang=lang)
    yield "describe", module.describe(result, lang=lang)
    for figure in display_of(topic).FIGURES:
        names = result.segments["segment"].unique() if figure in ("segments", "heatmap") else [""]
        for name in names:
            choice = {"segment": name} if name else {}
            for part, text in zip(
                ("title", "subtitle"), module.finding(result, figure, lang=lang, **choice), strict=True
            ):
                yield f"{figure} {name} {part}", text


@pytest.fixture(scope="module", params=topics())
def told(request, small_results):
    return request.param, small_results[request.param]


@pytest.mark.parametrize("lang", LANGS)
def test_every_number_in_a_text_is_a_fact(told, lang):
    topic, result = told
    facts = flat(NARRATIVES[topic].facts(result))
    scale = result.context.scale
    known = rendered([*facts, scale.low, scale.high, 100, result.context.ci_level])
    for where, text in texts(topic, result, lang):
        if where in ("title", "describe"):
            unknown = [one for one in said(text, result, lang) if one not in known]
            assert not unknown, (where, text)
            assert said(text, result, lang)


@pytest.mark.parametrize("lang", LANGS)
def test_every_number_of_a_figure_s_words_is_in_the_result(told, lang):
    topic, result = told
    numbers = [
        one
        for frame in frames(result)
        for one in frame.select_dtypes("number").to_numpy().ravel()
        if np.isfinite(one)
    ]
    counts = {formats.count(one) for one in range(200)}
    known = rendered(
        [
            *numbers,
            result.context.scale.low,
            result.context.scale.high,
            100,
            result.context.ci_level,
            result.context.n,
        ]
    )
    for where, text in texts(topic, result, lang):
        assert not [one for one in said(text, result, lang) if one not in known | counts], (where, text)


def test_every_fact_is_a_number_of_the_result_or_a_count(told):
    topic, result = told
    numbers = np.concatenate(
        [frame.select_dtypes("number").to_numpy(float).ravel() for frame in frames(result)]
    )
    numbers = np.concatenate([numbers, np.abs(numbers)])
    for fact in flat(NARRATIVES[topic].facts(result)):
        is_count = float(fact).is_integer() and 0 <= fact <= 200
        assert is_count or np.isnan(fact) or np.isclose(numbers, fact, rtol=1e-12).any(), fact


@pytest.mark.parametrize("lang", LANGS)
def test_no_text_shows_a_signed_zero_a_missing_value_or_a_template(told, lang):
    topic, result = told
    for where, text in texts(topic, result, lang):
        assert not re.search(rf"[{MINUS}+]0(\.0+)?(?![\d.])", text), (where, text)
        assert not re.search(r"\bnan\b|\bNone\b|[{}]", text), (where, text)
        assert text == text.strip()
        assert "  " not in text


def test_generated_chinese_is_typeset(told):
    topic, result = told
    for where, text in texts(topic, result, "zh"):
        assert not half_width_marks(text), (where, text)
        assert not re.search(r"[\u4e00-\u9fff][0-9A-Za-z]|[0-9A-Za-z%][\u4e00-\u9fff]", text), (where, text)
    for text in notes.describe(result.notes, result.context, lang="zh", more=last_page(topic).NOTES):
        assert not half_width_marks(text), text


def test_both_languages_say_the_same_numbers(told):
    topic, result = told
    for english, chinese in zip(texts(topic, result, "en"), texts(topic, result, "zh"), strict=True):
        assert sorted(said(english[1], result, "en")) == sorted(said(chinese[1], result, "zh")), english


def test_a_study_with_one_period_says_no_change(small_demo):
    study = sq.open_study(small_demo).during("2025-Q1")
    for result, module in (
        (sq.scores(study), NARRATIVES["scores"]),
        (sq.gaps(study, n_boot=20), NARRATIVES["gaps"]),
    ):
        text = module.title(result) + module.describe(result)
        assert not re.search("closed|widened|improved|worsened|since|clear change", text)
