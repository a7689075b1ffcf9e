"""The reference tables: every row can be traced, and disagreements stay visible."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

FOLDER = Path(__file__).parents[1] / "data" / "reference"
NAMES = ("benchmarks", "targets", "elasticities")
COLUMNS = [
    "id",
    "indicator",
    "name_en",
    "name_zh",
    "value",
    "unit",
    "scale_low",
    "scale_high",
    "definition",
    "higher_is_better",
    "year",
    "baseline",
    "target_month",
    "scope",
    "source",
    "conflict_group",
    "note",
]


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return pd.concat({name: pd.read_csv(FOLDER / f"{name}.csv") for name in NAMES}, names=["table"])


@pytest.mark.parametrize("name", NAMES)
def test_columns(name: str) -> None:
    assert list(pd.read_csv(FOLDER / f"{name}.csv").columns) == COLUMNS


def test_every_row_is_named_defined_and_sourced(rows: pd.DataFrame) -> None:
    assert rows["id"].is_unique
    assert rows["id"].str.fullmatch(r"[a-z0-9_]+").all()
    for column in ("indicator", "name_en", "name_zh", "unit", "definition", "scope", "source"):
        assert rows[column].notna().all(), column
        assert (rows[column].str.strip() != "").all(), column


def test_values_lie_on_their_scales(rows: pd.DataFrame) -> None:
    known = rows[rows["scale_low"].notna() & rows["value"].notna()]
    assert known["value"].between(known["scale_low"], known["scale_high"]).all()
    assert set(rows["higher_is_better"].dropna()) <= {0, 1}
    # Only the follow-up within 72 hours is stated without a level.
    assert list(rows.loc[rows["value"].isna(), "id"]) == ["follow_up_72h"]


def test_years_are_those_that_the_sources_state(rows: pd.DataFrame) -> None:
    dated = rows[rows["year"].notna()].set_index("id")["year"].to_dict()
    assert dated == {"national_service_satisfaction_2023": 2023, "national_service_satisfaction_2021": 2021}


@pytest.mark.parametrize(
    ("group", "values"),
    [
        ("first_response", [2, 0.833333, 0.5]),
        ("nps", [20, 40, 60]),
        ("service_cost", [0.15, -0.20]),
        ("contingency", [0.10, 0.15]),
        ("training_hours", [40, 120]),
        ("milestones", [28, 18]),
        ("claimed_roi", [2.8, 3.0]),
        ("complaint_close_clock", [48, 72, 120, 72]),
    ],
)
def test_known_conflicts_keep_their_rows(rows: pd.DataFrame, group: str, values: list[float]) -> None:
    assert sorted(rows.loc[rows["conflict_group"] == group, "value"]) == pytest.approx(sorted(values))


def test_a_conflict_has_at_least_two_rows(rows: pd.DataFrame) -> None:
    assert rows["conflict_group"].value_counts().min() >= 2


def test_dates_and_baselines_of_the_nps_targets(rows: pd.DataFrame) -> None:
    targets = rows.loc["targets"].set_index("id")
    assert targets.loc["nps_month_12", "target_month"] == 12
    assert targets.loc["nps_month_18", ["baseline", "target_month"]].to_list() == [-5, 18]
    assert targets.loc["service_cost_share", "baseline"] == 0.20


def test_the_derived_index_is_marked(rows: pd.DataFrame) -> None:
    national = rows.loc["benchmarks"].set_index("id")
    assert national.loc["national_service_satisfaction_2021", "value"] == pytest.approx(72.3 - 1.8)
    assert "Derived" in national.loc["national_service_satisfaction_2021", "note"]


def test_elasticities_are_marked_as_borrowed(rows: pd.DataFrame) -> None:
    assert rows.loc["elasticities"]["note"].str.contains("Borrowed").all()
