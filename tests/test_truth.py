"""The demonstration study against its truth: the script's parts run, and a wrong estimate is counted as a miss."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest


@pytest.fixture(scope="module")
def script(repo_root: Path) -> Iterator[ModuleType]:
    """benchmarks/truth.py as a module."""
    folder = str(repo_root / "benchmarks")
    sys.path.insert(0, folder)
    try:
        yield importlib.import_module("truth")
    finally:
        sys.path.remove(folder)


@pytest.fixture(scope="module")
def truth(script: ModuleType, small_demo: Path) -> Any:
    return script.truth_of(small_demo.parent, draws=5, n=10_000)


@pytest.fixture(scope="module")
def found(script: ModuleType, small_demo: Path, small_results: dict[str, Any]) -> dict[str, Any]:
    whole = {name: small_results[name] for name in (*script.REPORTS, "scores")}
    return whole | script.more(small_demo.parent, seed=1, n_boot=50)


@pytest.fixture(scope="module")
def table(script: ModuleType, found: dict[str, Any], truth: Any) -> pd.DataFrame:
    return script.compared(found, truth)


def test_every_report_is_held_to_its_truth(table: pd.DataFrame) -> None:
    assert set(table["report"]) == {
        "gaps", "instrument", "drivers", "benchmark", "effects", "returns", "scores"
    }  # fmt: skip
    assert not table.duplicated(["report", "quantity", "parameter", "of", "kind"]).any()
    assert table["truth"].notna().all()


def test_rows_name_parameters_that_are_published(table: pd.DataFrame, truth: Any) -> None:
    assert set(table["parameter"]) - {""} <= set(truth.published)


def test_most_intervals_hold_their_truth(script: ModuleType, table: pd.DataFrame) -> None:
    together = script.summary(table).set_index("quantity").loc["all but these answers"]
    assert together["rows"] > 450
    # a quarter of the respondents and of the draws of the script: far looser than 95 %
    assert 0.88 < together["share"] <= 1


def test_a_wrong_estimate_is_a_miss(script: ModuleType, found: dict[str, Any], truth: Any) -> None:
    shifted = truth.long_run.lift | {"csat": 40.0}
    wrong = type(truth)(truth.published, type(truth.long_run)(truth.long_run.people, shifted), truth.provider)
    rows = script.compared(found, wrong).set_index(["quantity", "of"]).loc[("lift", "csat")]
    assert not rows["hit"]
    assert rows["z"] < -script.BEYOND
    assert "| effects lift csat |" in script.misses(rows.to_frame().T.assign(quantity="lift", of="csat"))


def test_a_long_run_mean_is_the_mean_of_the_answers(truth: Any) -> None:
    people = truth.long_run.people
    expected = np.average(people[["P.q01", "P.q02", "P.q03", "P.q04"]].mean(axis=1), weights=people["weight"])
    assert truth.long_run.of_dimensions("P")["tangibles"] == pytest.approx(expected, abs=1e-9)


def test_branches_are_as_far_apart_as_published(truth: Any) -> None:
    people = truth.long_run.people
    answers = people[["P.q10", "P.q11", "P.q12", "P.q13"]].mean(axis=1)
    before = people["month"] < 7
    means = answers[before].groupby(people.loc[before, "branch"]).mean()
    effects = pd.DataFrame(truth.published["branch_effects"]).T["responsiveness"]
    assert np.corrcoef(means, effects[means.index.astype(str)])[0, 1] > 0.85


def test_counts_leave_out_what_has_no_interval(script: ModuleType, table: pd.DataFrame) -> None:
    counted = script.summary(table).set_index(["quantity", "kind"]).loc[("importance", "published")]
    assert (counted["rows"], counted["without_interval"]) == (0, 5)


def test_a_key_that_the_result_lacks_is_an_error(script: ModuleType) -> None:
    result = pd.DataFrame({"estimate": [1.0]}, index=["q01"])
    with pytest.raises(KeyError, match="q99"):
        script.demo_rows.rows("gaps", "gap", "gap_all", "published", {"q99": 1.0}, result, ["estimate"])


def test_the_study_of_the_programme_branches_is_theirs(
    script: ModuleType, found: dict[str, Any], small_demo: Path
) -> None:
    answers = pd.read_csv(small_demo.parent / "responses.csv", usecols=["branch", "date"])
    theirs = answers["branch"].isin(script.world.PROGRAMME_BRANCHES) & (answers["date"] >= "2025-09-01")
    assert found["gaps_after"].context.n == theirs.sum()
