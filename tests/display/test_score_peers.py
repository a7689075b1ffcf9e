"""How a unit is shown beside all others."""

from __future__ import annotations

import pytest

import svcq_lib as sq


@pytest.fixture(scope="module")
def unit(small_demo):
    return sq.scores(sq.open_study(small_demo).where(region="north"))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_figure_and_table_show_every_headline_figure(unit, lang):
    (figure,) = sq.figure(unit, "peers", lang=lang)
    (table,) = sq.table(unit, "peers", lang=lang)
    names = [unit.context.label(one, lang) for one in unit.peers["outcome"]]
    order = unit.peers.sort_values("effect_size")["outcome"]
    ends = [unit.context.label(order.iloc[i], lang) for i in (0, -1)]
    assert all(name in figure.model["alt"] for name in ends)
    assert [row[0]["text"] for row in table.model["rows"]] == names
    columns = [one["label"] for one in table.model["columns"]]
    assert columns[1:3] == (["This unit", "All others"] if lang == "en" else ["本单位", "其余全部"])
    assert sum("95" in one for one in columns) == 1
    assert unit.context.level("region", "north", lang) in figure.model["title"]


def test_a_report_on_everything_shows_none(small_results):
    assert tuple(sq.figure(small_results["scores"], "peers")) == ()
    assert tuple(sq.table(small_results["scores"], "peers")) == ()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_method_says_what_a_unit_is_compared_with(unit, small_results, lang):
    said = "a tenth is little" if lang == "en" else "线性化对比"
    assert said in sq.method(unit, lang=lang).blocks[0].model["markdown"]
    assert said not in sq.method(small_results["scores"], lang=lang).blocks[0].model["markdown"]
