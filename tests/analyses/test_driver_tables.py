"""Pairs, tiers, dimensions, methods, dominance, groups of respondents and switches of the driver analysis.

References: Azen and Budescu (2003), matrix and claims of R's dominanceanalysis; swiss, R 4.2.2 and relaimpo 2.2-7.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from svcq_lib.analyses import driver_switches, driver_tables
from svcq_lib.analyses.driver_basis import Basis, reduced
from svcq_lib.analyses.driver_parts import decompose
from svcq_lib.analyses.drivers import drivers
from svcq_lib.errors import ParameterError
from svcq_lib.stats import relimp

SWISS = ["Agriculture", "Examination", "Education", "Catholic", "Infant.Mortality"]
LEVELS = {"k0": 0.440615646723923, "k4": 0.161962693077336}  # conddom_swiss, Education


def text(dimensions, outcome="y", scale="[-100, 200]", settings=""):
    made = "".join(
        f'[[instrument.dimensions]]\nname = "{name}"\nitems = [{", ".join(f"{one!r}" for one in items)}]\n'
        for name, items in dimensions.items()
    )
    return (
        f"[responses]\n{settings}[instrument]\nscale = {scale}\n{made}"
        f'[outcomes.o]\nkind = "score"\ncolumn = "{outcome}"\nscale = {scale}\n'
    )


@pytest.fixture
def swiss(make_study, real_data):
    frame = pd.read_csv(real_data / "psychometric_ref" / "swiss.csv")
    dimensions = {"school": ["Education", "Examination"], "land": ["Agriculture"], "faith": ["Catholic"],
                  "infant": ["Infant.Mortality"]}  # fmt: skip
    return make_study(frame, text(dimensions, "Fertility"))


def simulated(n, weights, seed=0, levels=2):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, len(weights))) + 0.5 * rng.normal(size=(n, 1))
    frame = pd.DataFrame(x * 10 + 50, columns=[f"x{i}" for i in range(len(weights))])
    frame["y"] = (x @ weights + rng.normal(size=n)) * 10 + 50
    return frame.assign(area=rng.choice(list("abcdef")[:levels], n))


SEGMENT = '[responses.segments.area]\ncolumn = "area"\n'


def of_matrix(matrix):
    matrix = np.array(matrix, dtype=float)
    own = len(matrix)
    basis = Basis(matrix, np.empty((0, own, own)), [], np.full((own, own), 100.0))
    return reduced(basis, range(1, own))


def test_dominance_of_azen_and_budescu():  # D6
    basis = of_matrix(
        [[1, 0.6, 0.3, 0.4, 0.5], [0.6, 1, 0.8, 0.1, 0.3], [0.3, 0.8, 1, 0.1, 0.1], [0.4, 0.1, 0.1, 1, 0.5],
         [0.5, 0.3, 0.1, 0.5, 1]]
    )  # fmt: skip
    point, names = decompose(basis), ["x1", "x2", "x3", "x4"]
    assert point.lmg == pytest.approx([0.2922, 0.0759, 0.0949, 0.1214], abs=2e-4)
    found = driver_tables.dominance(names, {"d": [0, 1, 2, 3]}, basis, point, np.full(4, 100.0))
    complete = found[found["complete"]]
    assert complete[["first", "second"]].to_numpy().tolist() == [["x1", "x2"], ["x1", "x3"], ["x1", "x4"]]


def test_groups_of_swiss(swiss):  # D4
    found = drivers(swiss, n_boot=50)
    groups = found.groups.set_index("dimension")
    r_squared = found.fit["r_squared"].iloc[0]
    expected = {"school": 0.398179, "land": 0.073847, "faith": 0.115738, "infant": 0.118972}
    assert (groups["share"] * r_squared).to_dict() == pytest.approx(expected, abs=1e-6)
    owen = found.importance.groupby("dimension")["owen"].sum()
    assert owen.to_dict() == pytest.approx(groups["share"].to_dict())
    assert groups["terms"].to_dict() == {"school": 2, "land": 1, "faith": 1, "infant": 1}
    assert (groups["n"] == 47).all()


def test_methods_of_swiss(swiss):  # D2
    found = drivers(swiss, n_boot=20)
    wide = found.methods.pivot(index="method", columns="term", values="estimate")[SWISS]
    expected = {
        "last": [0.042870, 0.007387, 0.161963, 0.062373, 0.056945],
        "first": [0.124665, 0.417164, 0.440616, 0.215004, 0.173519],
        "betasq": [0.097920, 0.027152, 0.449437, 0.120826, 0.063069],
        "pratt": [-0.110486, 0.106427, 0.445005, 0.161177, 0.104612],
        "car": [0.000567, 0.151134, 0.323268, 0.115073, 0.116692],
    }
    for method, values in expected.items():
        assert wide.loc[method].to_numpy() == pytest.approx(values, abs=1e-6)
    # lm_swiss: the slope of Education, standardized
    assert wide.loc["beta", "Education"] == pytest.approx(-np.sqrt(0.449437), abs=1e-6)
    ranks = found.methods.pivot(index="method", columns="term", values="rank")
    assert (ranks["Education"] == 1).all()
    assert ranks.loc["pratt"].to_dict() == {
        "Agriculture": 3, "Examination": 4, "Education": 1, "Catholic": 2, "Infant.Mortality": 5,
    }  # fmt: skip
    pair = found.agreement.set_index(["first", "second"]).loc[("first", "last")]
    assert pair["correlation"] == pytest.approx(ranks.loc["first"].corr(ranks.loc["last"]))
    assert pair["shared"] == 2


def test_levels_of_swiss(swiss, real_data):  # conddom_swiss
    frame = pd.read_csv(real_data / "psychometric_ref" / "swiss.csv")
    point = decompose(of_matrix(frame[["Fertility", *SWISS]].corr().to_numpy()))
    assert point.levels[2, [0, 4]] == pytest.approx(list(LEVELS.values()), rel=1e-9)
    found = drivers(swiss, n_boot=20)
    won = found.importance.set_index("term")["dominates"]
    larger = (point.levels[:, None, :] > point.levels[None, :, :]).all(axis=2).sum(axis=1)
    assert won[SWISS].tolist() == larger.tolist()


def table_of(shares):
    return pd.DataFrame({"term": [f"t{i}" for i in range(len(shares))], "share": shares, "n": 100.0})


def test_pairs_by_hand():
    # independent draws with known spread; three drivers, of which the first is far ahead
    rng = np.random.default_rng(0)
    table, spread = table_of([0.335, 0.333, 0.332]), 0.0002  # so close that logarithms change nothing
    draws = table["share"].to_numpy() + spread * rng.normal(size=(20_000, 3))
    found = driver_tables.pairs(table, list(table["term"]), draws, 0.95)
    assert found[["first", "second"]].to_numpy().tolist() == [["t0", "t1"], ["t0", "t2"], ["t1", "t2"]]
    assert found["difference"].tolist() == pytest.approx([0.002, 0.003, 0.001])
    assert found["std_error"].to_numpy() == pytest.approx(spread * np.sqrt(2), rel=0.03)
    # the 95 % quantile of the studentized range of three normals is 3.314; of differences, over √2
    limit = (found["difference"] - found["conf_low"]) / found["std_error"]
    assert limit.to_numpy() == pytest.approx(3.314 / np.sqrt(2), rel=0.03)
    assert (found["p_adjusted"] < 0.05).all()
    assert driver_tables.tiers(table, found) == [1, 2, 3]
    # with few answers errors are poorly known: Student's t with a quarter of them as degrees of freedom
    few = driver_tables.pairs(table, list(table["term"]), draws, 0.95, 40)
    t = -stats.t.ppf(stats.norm.sf(3.314 / np.sqrt(2)), 10)
    limit = (few["difference"] - few["conf_low"]) / few["std_error"]
    assert limit.to_numpy() == pytest.approx(t, rel=0.04)


def test_pairs_agree_with_their_p_values():
    rng = np.random.default_rng(1)
    table = table_of([0.3, 0.25, 0.2, 0.15, 0.1])
    found = driver_tables.pairs(
        table, list(table["term"]), table["share"].to_numpy() + 0.02 * rng.normal(size=(4000, 5)), 0.95
    )
    outside = (found["conf_low"] > 0) | (found["conf_high"] < 0)
    near = (found["p_adjusted"] - 0.05).abs() < 0.003
    assert (outside == (found["p_adjusted"] < 0.05))[~near].all()


def test_without_replicates_there_are_no_tiers():
    table = table_of([0.6, 0.4])
    found = driver_tables.pairs(table, ["t0", "t1"], np.empty((0, 2)), 0.95)
    assert found[["conf_low", "p_adjusted"]].isna().all(axis=None)
    assert np.isnan(driver_tables.tiers(table, found)).all()


def test_equal_drivers_are_seldom_told_apart():
    # 100 samples in which four drivers matter alike: a second tier is a false finding, bound at 5 % plus 3 errors
    false, rng = 0, np.random.default_rng(2)
    for seed in range(100):
        rows = simulated(300, [0.4] * 4, seed)[["y", "x0", "x1", "x2", "x3"]].to_numpy()
        drawn = np.stack([np.corrcoef(rows[rng.integers(0, 300, 300)].T) for _ in range(200)])
        share, draws = (
            relimp.relative_weights(one[..., 1:, 1:], one[..., 1:, 0]) for one in (np.corrcoef(rows.T), drawn)
        )
        table = table_of(share / share.sum()).sort_values("share", ascending=False, ignore_index=True)
        draws = draws / draws.sum(axis=1, keepdims=True)
        compared = driver_tables.pairs(table, ["t0", "t1", "t2", "t3"], draws, 0.95)
        false += driver_tables.tiers(table, compared)[-1] > 1
    assert false <= 100 * 0.05 + 3 * np.sqrt(100 * 0.05 * 0.95)


def test_unequal_drivers_are_told_apart(make_study):
    study = make_study(simulated(3000, [1.0, 0.5, 0.1]), text({"d": ["x0", "x1", "x2"]}))
    assert drivers(study, n_boot=200).importance["tier"].tolist() == [1, 2, 3]


# groups of respondents


def test_shares_of_a_group_are_those_of_its_rows(make_study):
    frame = simulated(600, [0.8, 0.4], levels=3)
    dimensions = {"d": ["x0", "x1"]}
    found = drivers(make_study(frame, text(dimensions, settings=SEGMENT)), by="area", n_boot=50).segments
    for level in "abc":
        rows = found[found["level"] == level].set_index("term")
        own, rest = (
            drivers(make_study(frame[mask], text(dimensions)), n_boot=10).importance.set_index("term")[
                "share"
            ]
            for mask in (frame["area"] == level, frame["area"] != level)
        )
        assert rows["estimate"].to_dict() == pytest.approx(own.to_dict())
        assert rows["difference"].to_dict() == pytest.approx((own - rest).to_dict())
        assert (rows["n"] == (frame["area"] == level).sum()).all()


def test_a_group_with_other_drivers_is_found(make_study):
    frame = simulated(1500, [0.8, 0.2], levels=3)
    turned = simulated(1500, [0.2, 0.8], 1).assign(area="odd")
    both = pd.concat([frame, turned], ignore_index=True)
    found = drivers(
        make_study(both, text({"d": ["x0", "x1"]}, settings=SEGMENT)), by="area", n_boot=200
    ).segments
    odd = found[found["level"] == "odd"].set_index("term")
    assert (odd["p_adjusted"] < 0.001).all()
    assert odd.loc["x0", "difference"] < 0 < odd.loc["x1", "difference"]


def test_alike_groups_are_seldom_told_apart(make_study):
    false = 0
    for seed in range(15):
        study = make_study(
            simulated(400, [0.6, 0.4, 0.2], seed, 3), text({"d": ["x0", "x1", "x2"]}, settings=SEGMENT)
        )
        false += (drivers(study, by="area", n_boot=200).segments["p_adjusted"] < 0.05).any()
    assert false <= 15 * 0.05 + 3 * np.sqrt(15 * 0.05 * 0.95)


def test_small_groups_are_hidden(make_study):
    frame = simulated(300, [0.8, 0.4]).assign(area=["tiny"] * 3 + ["big"] * 200 + ["other"] * 97)
    found = drivers(make_study(frame, text({"d": ["x0", "x1"]}, settings=SEGMENT)), by="area", n_boot=50)
    tiny = found.segments[found.segments["level"] == "tiny"]
    assert tiny["suppressed"].all()
    assert tiny[["estimate", "difference", "p_adjusted"]].isna().all(axis=None)
    assert found.segments.loc[found.segments["level"] == "big", "estimate"].notna().all()
    assert "segments_too_small" in {one.code for one in found.notes}


def test_groups_are_compared_only_where_they_are_known(make_study):
    study = make_study(simulated(100, [0.8, 0.4]), text({"d": ["x0", "x1"]}, settings=SEGMENT))
    assert drivers(study, n_boot=10).segments.empty  # no declared levels: nobody knows how many there are
    with pytest.raises(ParameterError, match=r"by is 'era'\. Set it to one of area, none"):
        drivers(study, by="era")


# switches


def test_the_map_under_other_lines_is_a_row_of_its_own():
    placed = pd.DataFrame({
        "term": ["a", "b", "c"],
        "quadrant_mean": ["concentrate_here", "keep_up", "low_priority"],
        "quadrant_median": ["concentrate_here", "concentrate_here", "low_priority"],
        "quadrant_scale": ["", "", ""],
        "quadrant_diagonal": ["concentrate_here", "keep_up", "possible_overkill"],
    })  # fmt: skip
    found = driver_switches.map_alternatives(placed, "mean").set_index("alternative")
    assert found.index.tolist() == ["quadrant_median", "quadrant_diagonal"]  # the scale's middle is not known
    assert found["estimate"].tolist() == [1, 1]
    assert found["alternative_estimate"].tolist() == [2, 1]
    assert found["same_answer"].tolist() == [False, True]
    assert driver_switches.map_alternatives(placed, "scale").empty


def test_every_default_has_its_alternative(make_study):
    frame = simulated(200, [0.8, 0.4]).assign(y=lambda one: (one["y"] / 20).round().clip(0, 6))
    frame.loc[frame.index < 20, "x0"] = np.nan
    found = drivers(make_study(frame, text({"d": ["x0", "x1"]})), n_boot=50)
    table = found.switches[found.switches["default"] != "lines"].set_index("alternative")
    assert set(table.index) == {"relative_weights", "listwise", "dummy", "multiple_imputation", "ordinal"}
    assert (table["term"] == "x0").all()
    for how in ("listwise", "dummy"):
        other = drivers(make_study(frame, text({"d": ["x0", "x1"]})), missing=how, n_boot=10).importance.iloc[
            0
        ]
        assert table.loc[how, ["alternative_term", "alternative_estimate"]].tolist() == [
            other["term"], pytest.approx(other["share"]),
        ]  # fmt: skip
    johnson = found.importance.iloc[0]["relative_weights"] / found.importance["relative_weights"].sum()
    assert table.loc["relative_weights", "alternative_estimate"] == pytest.approx(johnson)


def test_an_alternative_without_a_base_has_no_figure(make_study):
    frame = simulated(60, [0.8, 0.4, 0.2])
    for i in range(3):
        frame.loc[frame.index % 3 == i, f"x{i}"] = np.nan  # nobody answered all
    found = drivers(make_study(frame, text({"d": ["x0", "x1", "x2"]})), n_boot=20)
    listwise = found.switches.set_index("alternative").loc["listwise"]
    assert np.isnan(listwise["alternative_estimate"])
    assert listwise["same_answer"] is pd.NA
