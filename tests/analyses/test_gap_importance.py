"""Importance weights against the measures and numpy; the rival of gaps against refits on rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from svcq_lib.analyses.gaps import gaps
from svcq_lib.errors import ParameterError
from svcq_lib.measures.servqual import weighted_gap
from svcq_lib.stats import relimp

TOML = """
[responses]
[instrument]
scale = [1, 7]
expectation = "E{n}"
perception = "P{n}"
[[instrument.dimensions]]
name = "a"
items = [1]
importance_points = "w1"
[[instrument.dimensions]]
name = "b"
items = [2]
importance_points = "w2"
[[instrument.dimensions]]
name = "c"
items = [3]
importance_points = "w3"
[outcomes.csat]
kind = "csat"
column = "S"
scale = [-50, 50]
"""


def answers(n: int = 400, of: str = "perception") -> pd.DataFrame:
    rng = np.random.default_rng(6)
    frame = pd.DataFrame({f"{m}{i}": rng.integers(1, 8, n).astype(float) for m in "EP" for i in (1, 2, 3)})
    frame["P1"] = np.clip(frame["P1"] - 1, 1, 7)
    moved = [frame[f"P{i}"] - (frame[f"E{i}"] if of == "gap" else 0) for i in (1, 2, 3)]
    frame["S"] = 2 * moved[0] + moved[1] + 0.5 * moved[2] + rng.normal(0, 3, n)
    points = rng.dirichlet([5, 3, 2], n) * 100
    return frame.assign(**{f"w{i + 1}": points[:, i] for i in range(3)})


def by_scheme(found):
    return {name: rows.set_index("term") for name, rows in found.importance.groupby("scheme")}


def test_every_choice_of_weights_is_its_formula(make_study):
    frame = answers()
    found = by_scheme(gaps(make_study(frame, TOML), n_boot=50, weights={"a": 1, "b": 1, "c": 2}))
    gap = np.array([(frame[f"P{i}"] - frame[f"E{i}"]).mean() for i in (1, 2, 3)])
    each = np.stack([frame[f"P{i}"] - frame[f"E{i}"] for i in (1, 2, 3)], axis=1)
    points = frame[["w1", "w2", "w3"]].to_numpy()
    totals = {name: rows["contribution"].sum() for name, rows in found.items()}
    assert totals["own_points"] == pytest.approx(weighted_gap(each, points).mean())
    assert totals["mean_points"] == pytest.approx(float(weighted_gap(gap, points.mean(axis=0))))
    assert totals["equal_weights"] == pytest.approx(gap.mean())
    assert found["given_weights"]["importance"].tolist() == [0.25, 0.25, 0.5]
    R = np.corrcoef(frame[["S", "P1", "P2", "P3"]].T)
    expected = relimp.relative_weights(R[1:, 1:], R[1:, 0])
    assert found["derived_weights"]["importance"].to_numpy() == pytest.approx(expected / expected.sum())
    for rows in found.values():
        assert rows["share"].sum() == pytest.approx(1)
        assert rows["p_leads"].sum() == pytest.approx(1)
        assert rows["contribution"].idxmin() == rows["rank"].idxmin()


def test_a_table_of_driver_shares_is_a_choice_of_weights(make_study):
    table = pd.DataFrame({"term": ["c", "a", "b"], "share": [0.2, 0.5, 0.3]})
    found = by_scheme(gaps(make_study(answers(), TOML), n_boot=20, weights=table))
    assert found["given_weights"]["importance"].tolist() == pytest.approx([0.5, 0.3, 0.2])


@pytest.mark.parametrize("weights", [{"a": 1, "b": 2}, {"a": -1, "b": 2, "c": 1}, {"a": 0, "b": 0, "c": 0}])
def test_given_weights_must_fit_the_dimensions(make_study, weights):
    with pytest.raises(ParameterError, match="Give each of a, b, c a number"):
        gaps(make_study(answers(), TOML), n_boot=20, weights=weights)


# the rival


def test_out_of_sample_r_squared_is_that_of_refits(make_study):
    frame, folds = answers(), 10
    found = gaps(make_study(frame, TOML), n_boot=20, seed=4).challenge.set_index("predictors")
    fold = np.random.Generator(np.random.PCG64(4)).permutation(len(frame)) % folds
    y = frame["S"].to_numpy()
    for name, parts in (("perception", [frame[f"P{i}"] for i in (1, 2, 3)]),
                        ("gap", [frame[f"P{i}"] - frame[f"E{i}"] for i in (1, 2, 3)])):  # fmt: skip
        x = np.column_stack([np.ones(len(y)), *parts])
        error = spread = 0.0
        for k in range(folds):
            out = fold == k
            beta = np.linalg.lstsq(x[~out], y[~out], rcond=None)[0]
            error += ((y[out] - x[out] @ beta) ** 2).sum()
            spread += ((y[out] - y[~out].mean()) ** 2).sum()
        assert found.loc[name, "r_squared"] == pytest.approx(1 - error / spread)


@pytest.mark.parametrize(("of", "sign"), [("perception", 1), ("gap", -1)])
def test_the_better_predictor_is_found(make_study, of, sign):
    row = (
        gaps(make_study(answers(of=of), TOML), n_boot=200).challenge.set_index("predictors").loc["perception"]
    )
    assert np.sign([row["difference_low"], row["difference_high"]]).tolist() == [sign, sign]


def test_a_dimension_that_does_not_vary_stops_nothing(make_study):
    found = gaps(make_study(answers().assign(P3=4, E3=6), TOML), n_boot=20)
    assert found.challenge["r_squared"].notna().all()


def test_few_respondents_or_no_outcome_leave_the_rival_out(make_study):
    assert gaps(make_study(answers(25), TOML), n_boot=20).challenge.empty
    assert gaps(make_study(answers(), TOML.split("[outcomes")[0]), n_boot=20).challenge.empty
