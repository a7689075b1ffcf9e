"""What is said of a unit beside all others."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from svcq_lib.analyses.score_peers import PEERS
from svcq_lib.narrative import score_peers, scores
from svcq_lib.narrative.phrases import half_width_marks

ROWS = [("csat", "mean", 5.0, 4.8, 5.2), ("nps", "share", 0.4, 0.3, 0.5), ("ces", "mean", 4.0, 3.9, 4.1)]


@pytest.fixture
def beside(make_scores):
    """A scorecard of a unit with the given (difference, adjusted p) per outcome; high effort is bad."""

    def make(*pairs):
        table = pd.DataFrame(
            {
                "outcome": [row[0] for row in ROWS], "measure": [row[1] for row in ROWS],
                "high_is_good": [True, True, False], "difference": [one for one, _ in pairs],
                "p_adjusted": [p for _, p in pairs], "n": [80.0, 78.0, 75.0], "n_peers": [900.0, 890.0, 870.0],
            }
        )  # fmt: skip
        result = make_scores(ROWS, filters={"branch": "B01"})
        return dataclasses.replace(result, peers=table.reindex(columns=PEERS))

    return make


@pytest.mark.parametrize(
    ("pairs", "title", "said"),
    [
        (
            [(-0.4, 0.001), (3.0, 0.2), (-0.3, 0.01)],
            "B01 is worse than all others on 1 of 3 headline figures, better on 1",
            ["Compared with all others, ces is better.", "Compared with all others, csat is worse."],
        ),
        (
            [(-0.4, 0.001), (-9.0, 0.001), (0.3, 0.5)],
            "B01 is worse than all others on 2 of 3 headline figures",
            ["Compared with all others, csat and nps are worse."],
        ),
        (
            [(0.4, 0.001), (np.nan, np.nan), (0.3, 0.5)],
            "B01 is better than all others on 1 of 2 headline figures",
            ["Compared with all others, csat is better."],
        ),
        (
            [(0.4, 0.5), (1.0, 0.6), (0.3, 0.5)],
            "B01 cannot be told from all others on any headline figure",
            ["No headline figure can be told from that of all others."],
        ),
    ],
)
def test_the_title_and_the_sentences_name_the_sides(beside, pairs, title, said):
    result = beside(*pairs)
    heading, subtitle = scores.finding(result, "peers")
    assert heading == title
    assert "n = 75–80 here, 870–900 elsewhere" in subtitle
    assert score_peers.sentences(result) == said
    assert all(one in scores.describe(result) for one in said)


def test_chinese_says_the_same(beside):
    result = beside((-0.4, 0.001), (3.0, 0.2), (-0.3, 0.01))
    heading, subtitle = scores.finding(result, "peers", lang="zh")
    assert "1" in heading
    texts = [heading, subtitle, *score_peers.sentences(result, lang="zh")]
    assert len(texts) == 4
    assert not any(half_width_marks(one) for one in texts)


def test_without_a_comparison_nothing_is_said(make_scores):
    assert score_peers.facts(make_scores(ROWS)) == {}
    assert score_peers.sentences(make_scores(ROWS)) == []
    assert score_peers.finding(make_scores(ROWS)) == ("", "")
