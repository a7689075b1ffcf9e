"""The importance–performance map.

Reference: Martilla and James (1977), 14 attributes (K2): "concentrate here" holds attributes 1, 2, 9 with lines at the
means and 1, 2, 4 with lines at the medians.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from svcq_lib.analyses import driver_map
from svcq_lib.analyses.driver_map import Points
from svcq_lib.analyses.drivers import drivers
from svcq_lib.errors import ParameterError

IMPORTANCE = np.array([3.83, 3.63, 3.60, 3.56, 3.41, 3.41, 3.38, 3.37, 3.29, 3.27, 2.52, 2.43, 2.37, 2.05])
PERFORMANCE = np.array([2.63, 2.73, 3.15, 3.00, 3.05, 3.29, 3.03, 3.11, 2.00, 3.02, 2.25, 2.49, 2.35, 3.33])
NAMES = [str(i) for i in range(1, 15)]
TOML = """[responses]
{roles}
[instrument]
scale = [1, 7]
{dimensions}
[outcomes.o]
kind = "score"
column = "y"
scale = [-9, 9]
"""


def fixed(values: np.ndarray) -> Points:
    return Points(values, np.tile(values, (20, 1)))


def mapped(performance: Points, importance: Points, lines: str = "mean", **other):
    settings = {"importance": "derived", "lines": lines, "centre": (2.5, None), "ci_level": 0.95, **other}
    return driver_map.importance_map(
        NAMES[: len(performance.estimate)], performance, importance, None, **settings
    )


@pytest.mark.parametrize(("lines", "expected"), [("mean", {"1", "2", "9"}), ("median", {"1", "2", "4"})])
def test_martilla_and_james(lines, expected):
    table, cut = mapped(fixed(PERFORMANCE), fixed(IMPORTANCE), lines)
    assert set(table.loc[table["quadrant"] == "concentrate_here", "term"]) == expected
    middle = np.mean if lines == "mean" else np.median
    assert cut["performance"].iloc[0] == pytest.approx(middle(PERFORMANCE))
    assert cut["importance"].iloc[0] == pytest.approx(middle(IMPORTANCE))


def test_the_count_of_those_that_change_quadrant():
    table, cut = mapped(fixed(PERFORMANCE), fixed(IMPORTANCE))
    ways = table[[f"quadrant_{one}" for one in ("mean", "median", "scale", "diagonal")]]
    assert cut["changed"].iloc[0] == (ways.nunique(axis=1) > 1).sum() > 0
    np.testing.assert_array_equal(table["conventions_agree"], ways.nunique(axis=1) == 1)
    np.testing.assert_array_equal(table["quadrant"], table["quadrant_mean"])


def test_the_middle_of_the_scale_divides_performance_only_unless_importance_is_rated():
    _, cut = mapped(fixed(PERFORMANCE), fixed(IMPORTANCE), "scale")
    assert (cut["performance"].iloc[0], cut["importance"].iloc[0]) == pytest.approx((2.5, IMPORTANCE.mean()))
    _, cut = mapped(fixed(PERFORMANCE), fixed(IMPORTANCE), "scale", centre=(2.5, 2.0))
    assert cut["importance"].iloc[0] == 2.0


def test_replicates_without_variation_are_certain():
    table, _ = mapped(fixed(PERFORMANCE), fixed(IMPORTANCE))
    assert (table["p_quadrant"] == 1).all()


def test_the_probability_is_the_share_of_replicates_in_the_quadrant():
    x = np.array([[1.0, 3.0], [1.0, 3.0], [4.0, 3.0], [1.0, 3.0]])
    y = np.array([[9.0, 1.0]] * 4)
    table, _ = mapped(Points(x[0], x), Points(y[0], y))
    assert table["quadrant"].tolist() == ["concentrate_here", "possible_overkill"]
    # in the third replicate the first lies right of the mean, and the second left of it
    assert table["p_quadrant"].tolist() == [0.75, 0.75]


@pytest.fixture(scope="module")
def rated() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    n, latent = 900, np.random.default_rng(9).normal(size=(900, 1))
    answers = np.clip(np.rint(rng.normal([4.0, 5.0, 4.5, 5.5], 1.2, (n, 4)) + 0.5 * latent), 1, 7)
    frame = pd.DataFrame(answers, columns=["q1", "q2", "q3", "q4"])
    frame["y"] = (answers @ [0.6, 0.5, 0.1, 0.05] - 5 + rng.normal(size=n)).round(6).clip(-9, 9)
    for i, mean in enumerate((5.8, 3.2, 6.1, 4.0), start=1):
        frame[f"i{i}"] = np.clip(np.rint(rng.normal(mean, 1, n)), 1, 7)
    frame["pa"] = rng.integers(40, 81, n)
    return frame.assign(pb=100 - frame["pa"], w=rng.uniform(0.5, 2, n).round(3))


def toml(importance: bool, points: bool, roles: str = "") -> str:
    parts = []
    for name, own in (("a", (1, 2)), ("b", (3, 4))):
        items = ", ".join(
            f'{{name = "q{i}", perception = "q{i}"' + (f', importance = "i{i}"' if importance else "") + "}"
            for i in own
        )
        given = f'importance_points = "p{name}"\n' if points else ""
        parts.append(f'[[instrument.dimensions]]\nname = "{name}"\n{given}items = [{items}]')
    return TOML.format(roles=roles, dimensions="\n".join(parts))


def test_stated_importance_is_the_weighted_mean_of_the_ratings(make_study, rated):
    study = make_study(rated, toml(True, True, 'weight = "w"'))
    table = drivers(study, importance="stated", n_boot=60, by="none").map.set_index("term")
    for i in (1, 2, 3, 4):
        assert table.loc[f"q{i}", "importance"] == pytest.approx(
            np.average(rated[f"i{i}"], weights=rated["w"])
        )
    np.testing.assert_allclose(table["importance"], table["stated_importance"])
    assert table["derived_importance"].sum() == pytest.approx(1)


def test_points_of_a_dimension_are_shared_by_its_items(make_study, rated):
    result = drivers(make_study(rated, toml(False, True)), n_boot=60, by="none")
    table = result.map.set_index("term")
    assert table.loc[["q1", "q2"], "stated_importance"].tolist() == pytest.approx(
        [rated["pa"].mean() / 2] * 2
    )
    assert table.loc["q3", "stated_importance"] == pytest.approx(rated["pb"].mean() / 2)
    whole = drivers(make_study(rated, toml(False, True)), level="dimension", n_boot=60, by="none")
    assert whole.map.set_index("term").loc["a", "stated_importance"] == pytest.approx(rated["pa"].mean())


def test_rank_correlation_of_both_kinds_has_an_interval(make_study, rated):
    result = drivers(make_study(rated, toml(True, False)), n_boot=200, by="none")
    lines = result.lines.iloc[0]
    ranks = stats.spearmanr(result.map["derived_importance"], result.map["stated_importance"]).statistic
    assert lines["rank_correlation"] == pytest.approx(ranks)
    assert lines["rank_correlation_low"] <= lines["rank_correlation"] <= lines["rank_correlation_high"]


def test_the_map_stands_on_the_same_means_as_the_drivers(make_study, rated):
    result = drivers(make_study(rated, toml(False, False)), n_boot=60, by="none")
    joined = result.importance.merge(result.map, on="term", suffixes=("", "_map"))
    np.testing.assert_allclose(joined["performance"], joined["performance_map"])
    np.testing.assert_allclose(joined["share"], joined["importance"])
    assert result.map["stated_importance"].isna().all()
    assert np.isnan(result.lines["rank_correlation"].iloc[0])


def test_far_apart_drivers_are_certain_and_close_ones_are_not(make_study, rated):
    table = drivers(make_study(rated, toml(False, False)), n_boot=300, by="none").map.set_index("term")
    assert table.loc["q1", ["quadrant", "p_quadrant"]].tolist() == ["concentrate_here", 1.0]
    close = rated.assign(
        q2=rated["q1"].to_numpy()[::-1], y=rated["y"] + 0.6 * (rated["q1"].to_numpy()[::-1] - rated["q2"])
    )
    twins = drivers(make_study(close, toml(False, False)), terms=["q1", "q2"], n_boot=300, by="none").map
    assert (twins["p_quadrant"] < 0.95).all()


@pytest.mark.parametrize("lines", ["mean", "median", "scale", "diagonal"])
def test_every_convention_can_be_chosen(make_study, rated, lines):
    result = drivers(make_study(rated, toml(False, False)), lines=lines, n_boot=40, by="none")
    np.testing.assert_array_equal(result.map["quadrant"], result.map[f"quadrant_{lines}"])
    assert result.lines["lines"].iloc[0] == lines


def test_stated_importance_that_was_not_asked_is_refused(make_study, rated):
    with pytest.raises(ParameterError, match="importance='stated' needs"):
        drivers(make_study(rated, toml(False, False)), importance="stated", n_boot=20, by="none")


def test_too_few_answers_leave_the_map_blank(make_study, rated):
    result = drivers(make_study(rated.head(3), toml(True, True)), n_boot=20, by="none")
    assert result.map[["importance", "performance", "p_quadrant"]].isna().all(axis=None)
    assert (result.map["quadrant"] == "").all()
    assert result.lines["changed"].iloc[0] == 0
