"""Every block of the small demonstration study, in both languages: a whole bundle that renderers can read."""

import dataclasses
import importlib
import json
import re

import numpy as np
import pandas as pd
import pytest

import svcq_lib as sq
from svcq_lib import formats
from svcq_lib.display import blocks
from svcq_lib.display.blocks import BLOCK_MIME
from svcq_lib.errors import ParameterError, ReportError
from svcq_lib.formats import MINUS
from svcq_lib.narrative import gaps
from svcq_lib.narrative.phrases import half_width_marks, typeset
from svcq_lib.reports.resources import topics

LANGS = ("en", "zh")
TOPICS = tuple(topics())
VIEWS = {topic: importlib.import_module(f"svcq_lib.display.{topic}") for topic in TOPICS}
FIELDS = {
    "title": {"text", "kicker", "cover"}, "prose": {"markdown"}, "cards": {"cards"}, "notes": {"items"},
    "figure": {"title", "subtitle", "alt", "source", "width", "height"}, "facts": {"rows"},
    "table": {"title", "subtitle", "source", "columns", "rows", "html"},
}  # fmt: skip


@pytest.fixture(scope="module")
def study(small_demo):
    return sq.open_study(small_demo)


@pytest.fixture(scope="module")
def rated(study):
    """The gap analysis of a study that asked perceptions only."""
    instrument = study.instrument
    dimensions = tuple(
        one.model_copy(update={"items": tuple(i.model_copy(update={"expectation": None}) for i in one.items)})
        for one in instrument.dimensions
    )
    alone = instrument.model_copy(update={"dimensions": dimensions})
    return sq.gaps(study.model_copy(update={"instrument": alone}), n_boot=20)


@pytest.fixture(scope="module")
def everything(small_results, study):
    """Every block that a page of a topic may show."""

    def pages(topic, lang):
        result = small_results[topic]
        made = [*sq.headline(result, lang=lang), *sq.show(result, lang=lang), *sq.caveats(result, lang=lang)]
        made += [*sq.method(result, lang=lang), *sq.switchboard(result, lang=lang)]
        made += [*sq.provenance(result, study, lang=lang)]
        for name in VIEWS[topic].FIGURES:
            choice = {"segment": "region"} if name in ("segments", "heatmap") else {}
            made += [*sq.figure(result, name, lang=lang, **choice)]
        for name in VIEWS[topic].TABLES:
            choice = {"segment": "region"} if name == "segments" else {}
            made += [*sq.table(result, name, lang=lang, **choice)]
        return made

    return {(topic, lang): pages(topic, lang) for topic in TOPICS for lang in LANGS}


def shown(block):
    """Return the texts of a block that are not its bundle's markup."""
    return {key: value for key, value in block.model.items() if key != "html"}


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("topic", TOPICS)
def test_every_block_is_a_whole_bundle(everything, topic, lang):
    kinds = set()
    for block in everything[topic, lang]:
        bundle = block._repr_mimebundle_()
        model = json.loads(json.dumps(bundle[BLOCK_MIME], allow_nan=False))
        assert model["svcq"] == 1
        assert model["lang"] == lang
        assert FIELDS[model["type"]] <= set(model)
        assert bundle["text/plain"].strip()
        assert all(isinstance(value, str) for mime, value in bundle.items() if mime != BLOCK_MIME)
        assert len(bundle) > 2
        kinds.add(model["type"])
    assert kinds >= {"title", "prose", "cards", "figure", "table", "notes", "facts"}


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("topic", TOPICS)
def test_no_text_holds_a_signed_zero_or_a_missing_value(everything, topic, lang):
    for block in everything[topic, lang]:
        text = json.dumps(shown(block), ensure_ascii=False)
        assert not re.search(rf"[{MINUS}+]0(\.0+)?(?![\d.])", text), text
        assert not re.search(r"\bnan\b|NaN|\bNone\b(?!\")", text.replace('"None"', "")), text


@pytest.mark.parametrize("topic", TOPICS)
def test_chinese_blocks_use_full_width_marks(everything, topic):
    for block in everything[topic, "zh"]:
        if block.model["type"] != "facts":  # the command and the names of files are quoted as they are
            texts = re.findall(r'"((?:[^"\\]|\\.)*)"', json.dumps(shown(block), ensure_ascii=False))
            assert not [text for text in texts if half_width_marks(text)]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("topic", TOPICS)
def test_figures_are_described_and_name_their_extremes(everything, small_results, topic, lang):
    figures = [block for block in everything[topic, lang] if block.model["type"] == "figure"]
    assert len(figures) >= 2
    for block in figures:
        model = block.model
        assert len(model["alt"]) > 40
        assert re.search(r"\d", model["alt"])
        assert model["title"]
        assert model["subtitle"].endswith("." if lang == "en" else "。")
        assert 4 < model["width"] < 12
        assert not re.search(
            r"https?:", block.media.get("image/svg+xml", "").replace("http://www.w3.org/", "")
        )
    result = small_results[topic]
    if topic == "gaps":
        ends = result.dimensions["term"].iloc[[0, -1]]
        assert all(result.context.label(term, lang) in figures[0].model["alt"] for term in ends)
    if topic == "drivers":
        assert result.context.label(result.importance["term"].iloc[0], lang) in figures[0].model["alt"]


def test_a_figure_is_the_same_bytes_twice(small_results):
    for topic in TOPICS:
        (first,), (second,) = (
            tuple(sq.figure(small_results[topic], VIEWS[topic].FIGURES[0])) for _ in range(2)
        )
        assert dict(first.media) == dict(second.media)


def test_figures_carry_no_prologue_and_no_metadata(small_results):
    (block,) = sq.figure(small_results["gaps"], "dimensions")
    svg = block.media["image/svg+xml"]
    assert svg.startswith("<svg")
    assert not re.search("<metadata|<!DOCTYPE|rdf:", svg)


def test_a_large_figure_becomes_a_picture(small_results, monkeypatch):
    monkeypatch.setattr(blocks, "LARGEST_SVG", 1000)
    (block,) = sq.figure(small_results["gaps"], "dimensions")
    assert set(block.media) == {"image/png"}


@pytest.mark.parametrize(
    ("topic", "what"), [(topic, what) for topic in TOPICS for what in ("figure", "table")]
)
def test_an_unknown_name_lists_what_there_is(small_results, topic, what):
    names = VIEWS[topic].FIGURES if what == "figure" else VIEWS[topic].TABLES
    with pytest.raises(ParameterError, match=re.escape(", ".join(names))):
        getattr(sq, what)(small_results[topic], "pie")


def test_something_else_is_not_a_result():
    with pytest.raises(ParameterError, match="DataFrame is not a result"):
        sq.show(pd.DataFrame())


@pytest.mark.parametrize("lang", LANGS)
def test_perceptions_alone_are_shown_as_ratings(rated, lang):
    made = [*sq.headline(rated, lang=lang), *sq.method(rated, lang=lang), *sq.caveats(rated, lang=lang)]
    for name in VIEWS["gaps"].FIGURES:
        made += [*sq.figure(rated, name, lang=lang, segment="region")]
    for name in VIEWS["gaps"].TABLES:
        made += [*sq.table(rated, name, lang=lang, segment="region")]
    assert sum(block.model["type"] == "figure" for block in made) == 6
    assert sum(block.model["type"] == "table" for block in made) == 7
    cards = next(block.model["cards"] for block in made if block.model["type"] == "cards")
    assert cards[0]["label"] == ("Mean of the dimensions" if lang == "en" else "各维度平均评分")
    for block in made:
        assert "nan" not in json.dumps(shown(block))
    tables = [block.model for block in made if block.model["type"] == "table"]
    assert not [
        column for table in tables for column in table["columns"] if column["name"] in ("gap", "expectation")
    ]


def test_segments_and_trends_draw_what_there_is(small_results):
    result, scores = small_results["gaps"], small_results["scores"]
    assert len(list(sq.segments(result))) == 6  # five segments and the map of the one with most groups
    assert len(list(sq.segments(scores))) == 5
    assert len(list(sq.trends(scores))) == scores.headline["outcome"].nunique()


def test_one_group_or_one_period_draws_nothing(study):
    narrowed = study.where(region="north").during("2025-Q1") if "north" in _levels(study) else None
    narrowed = narrowed or study.where(region=_levels(study)[0]).during("2025-Q1")
    result = sq.gaps(narrowed, n_boot=20)
    assert list(sq.figure(result, "segments", segment="region")) == []
    assert list(sq.figure(result, "periods")) == []
    assert list(sq.table(result, "changes")) == []
    assert list(sq.trends(sq.scores(narrowed))) == []


def _levels(study):
    return list(study.responses.segments["region"].levels)


def test_the_command_can_be_pasted_into_a_shell(study):
    import shlex

    level = _levels(study)[0]
    label = "O'Brien & `x` $y"
    odd = study.where(region=level).model_copy(update={"filters": {"region": label}, "period": "2026-Q1"})
    result = sq.gaps(study, n_boot=20)
    (block,) = sq.provenance(result, odd, lang="zh")
    command = block.model["rows"][-1][1]
    assert command.endswith("  # 在 demo 所在的文件夹中运行")
    assert shlex.split(command, comments=True)[2:] == [
        "demo/study.toml", "gaps", "--where", f"region={label}", "--period", "2026-Q1", "--lang", "zh",
    ]  # fmt: skip


def test_provenance_names_data_settings_and_no_folder(small_results, study, small_demo):
    (block,) = sq.provenance(small_results["drivers"], study)
    rows = [tuple(row) for row in block.model["rows"]]
    names = [name for name, _ in rows]
    assert names[:4] == ["Study", "Table", "Answers used", "Effective sample size"]
    assert {"Weight", "Seed", "SHA-256 of the data", "Version", "To make this page again"} <= set(names)
    assert str(small_demo.parent.parent) not in json.dumps(rows)
    assert re.fullmatch(r"responses [0-9a-f]{64}", dict(rows)["SHA-256 of the data"])


@pytest.mark.parametrize("method", ["holm", "bh", "by", "none"])
def test_every_adjustment_has_words(small_results, method):
    result = small_results["gaps"]
    adjusted = dataclasses.replace(result, context=dataclasses.replace(result.context, adjustment=method))
    for lang in LANGS:
        assert list(sq.method(adjusted, lang=lang))
        assert all(gaps.finding(adjusted, "segments", segment="region", lang=lang))


def test_a_missing_glyph_names_the_character(study):
    from svcq_lib.study import Label

    result = sq.gaps(study, n_boot=20)
    term = result.dimensions["term"].iloc[0]
    labels = {**result.context.labels, term: Label(en="Tengwar \ue000")}
    odd = dataclasses.replace(result, context=dataclasses.replace(result.context, labels=labels))
    with pytest.raises(ReportError, match=r"U\+E000|\ue000"):
        sq.figure(odd, "dimensions")


def test_hostile_labels_are_text_in_every_bundle(study):
    from svcq_lib.study import Label

    result = sq.gaps(study, n_boot=20)
    name = "<script>alert(1)</script> & =1+1"
    labels = {key: Label(en=name + str(i)) for i, key in enumerate(result.context.labels)}
    odd = dataclasses.replace(
        result, context=dataclasses.replace(result.context, labels=labels, study=Label(en=name))
    )
    made = [*sq.show(odd), *sq.caveats(odd), *sq.provenance(odd, study), *sq.figure(odd, "dimensions")]
    for block in made:
        for mime, text in block.media.items():
            assert "<script>" not in text or mime == "text/markdown", mime
        if block.model["type"] == "prose":
            assert "\\<script\\>" in block.model["markdown"]
    assert np.isfinite(odd.overall["estimate"]).all()


@pytest.mark.parametrize("lang", LANGS)
def test_a_card_names_the_period_of_its_change(small_results, lang):
    result = small_results["scores"]
    one = result.changes[result.changes["since"] == "previous"].iloc[0]
    for period in (None, one["period"]):
        context = dataclasses.replace(result.context, period=period)
        title, _, cards = sq.headline(dataclasses.replace(result, context=context), lang=lang)
        change = cards.model["cards"][0]["change"]
        name = typeset(formats.period(one["period"], lang), lang)
        assert change.startswith(name) == (period is None)
        whole = {"en": "over the whole period", "zh": "全期"}[lang]
        assert (whole in title.model["text"]) == (period is None)


@pytest.mark.parametrize("lang", LANGS)
def test_verdicts_are_words_of_their_kind(small_results, lang):
    (made,) = sq.table(small_results["scores"], "goals", lang=lang)
    names = [column["name"] for column in made.model["columns"]]
    said = [row[names.index("verdict")]["text"] for row in made.model["rows"]]
    words = {
        "en": {"target": {"met", "missed"}, "benchmark": {"better than", "worse than"}},
        "zh": {"target": {"达到", "未达到"}, "benchmark": {"优于", "逊于"}},
    }[lang]
    unclear = {"en": "cannot be told", "zh": "无法判断"}[lang]
    for kind, word in zip(small_results["scores"].goals["kind"], said, strict=True):
        assert word in words[kind] | {unclear}
