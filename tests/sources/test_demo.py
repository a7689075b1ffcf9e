"""The demonstration study: same bytes, right shapes, and truths that can be found again."""

from __future__ import annotations

import itertools
import json
import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from svcq_lib.errors import ParameterError
from svcq_lib.sources.demo import write_demo
from svcq_lib.sources.demo_catalog import column_meanings, table_labels
from svcq_lib.sources.demo_responses import draw_answers, draw_sample
from svcq_lib.sources.demo_truth_tables import sla_attainment
from svcq_lib.studyfile import read_study_file

COMMITTED = Path(__file__).parents[2] / "data" / "demo"
DIMENSIONS = {
    "tangibles": range(1, 5),
    "reliability": range(5, 10),
    "responsiveness": range(10, 14),
    "assurance": range(14, 18),
    "empathy": range(18, 23),
}


def read(name: str) -> pd.DataFrame:
    return pd.read_csv(COMMITTED / f"{name}.csv")


@pytest.fixture(scope="module")
def responses() -> pd.DataFrame:
    table = read("responses")
    answers = [f"{letter}{n}" for letter in "EP" for n in range(1, 23)]
    table[answers] = table[answers].replace(99, np.nan)
    return table


@pytest.fixture(scope="module")
def truth() -> dict[str, object]:
    entries = json.loads((COMMITTED / "truth.json").read_text(encoding="utf-8"))
    return {name: entry["value"] for name, entry in entries.items()}


def dimension_means(table: pd.DataFrame, letter: str = "P") -> pd.DataFrame:
    return pd.DataFrame(
        {name: table[[f"{letter}{n}" for n in items]].mean(axis=1) for name, items in DIMENSIONS.items()}
    )


def test_committed_study_is_what_the_simulator_writes(tmp_path: Path) -> None:
    study = write_demo(tmp_path / "demo")
    assert study == tmp_path / "demo" / "study.toml"
    written = {path.name: path.read_bytes() for path in study.parent.iterdir()}
    committed = {path.name: path.read_bytes() for path in COMMITTED.iterdir() if path.is_file()}
    assert written.keys() == committed.keys()
    assert [name for name in written if written[name] != committed[name]] == []
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]


def test_another_seed_gives_other_answers_and_the_size_is_kept(tmp_path: Path) -> None:
    write_demo(tmp_path / "one", seed=1, n_responses=1000)
    write_demo(tmp_path / "two", seed=2, n_responses=1000)
    one, two = ((tmp_path / name / "responses.csv").read_text(encoding="utf-8") for name in ("one", "two"))
    assert one != two
    assert len(one.splitlines()) == 1001


def test_branches_can_be_given_the_effects_of_another_study() -> None:
    sample = draw_sample(3, 2000)
    drawn = draw_answers(3, sample)
    again = draw_answers(3, sample, branch_effect=drawn.branch_effect)
    higher = draw_answers(3, sample, branch_effect=drawn.branch_effect + 0.5)
    assert np.array_equal(again.latent, drawn.latent)
    assert higher.latent == pytest.approx(drawn.latent + 0.5)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ParameterError, match="not empty"):
        write_demo(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["kept.txt"]


@pytest.mark.parametrize("wrong", [{"n_responses": 10}, {"seed": -1}])
def test_numbers_out_of_range_are_named(tmp_path: Path, wrong: dict[str, int]) -> None:
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        write_demo(tmp_path / "demo", **wrong)
    assert not list(tmp_path.iterdir())


def test_an_empty_directory_is_filled(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    assert write_demo(tmp_path / "demo", n_responses=1000).exists()


def test_size_and_shape(responses: pd.DataFrame) -> None:
    assert sum(path.stat().st_size for path in COMMITTED.iterdir()) <= 5_000_000
    assert len(responses) == 12_000
    assert responses["response_id"].is_unique
    assert responses["branch"].nunique() == 24
    assert sorted(responses["date"].str[:7].unique()) == [
        f"{2025 + m // 12}-{m % 12 + 1:02d}" for m in range(18)
    ]
    assert responses["weight"].mean() == pytest.approx(1, abs=1e-3)


def test_scales_are_respected(responses: pd.DataFrame) -> None:
    answers = responses[[f"{letter}{n}" for letter in "EP" for n in range(1, 23)]]
    assert answers.min().min() == 1
    assert answers.max().max() == 7
    assert answers.isna().mean().between(0.018, 0.034).all()
    points = responses[[f"pts_{name}" for name in DIMENSIONS]]
    assert (points.sum(axis=1) == 100).all()
    for name, low, high in (
        ("csat", 1, 10),
        ("nps", 0, 10),
        ("ces", 1, 7),
        ("emotion", 1, 10),
        ("repurchase", 0, 1),
    ):
        assert responses[name].min() >= low
        assert responses[name].max() <= high


def test_headline_figures(responses: pd.DataFrame, truth: dict[str, object]) -> None:
    def mean(values: pd.Series) -> float:
        answered = values.notna()
        return float(np.average(values[answered], weights=responses["weight"][answered]))

    gaps = dimension_means(responses) - dimension_means(responses, "E")
    for name, expected in truth["gap_all"].items():
        assert mean(gaps[name]) == pytest.approx(expected, abs=0.02)
    assert gaps.mean().idxmin() == "responsiveness"
    for name, aim in {"tangibles": -0.1, "responsiveness": -1.7, "reliability": -1.3}.items():
        assert truth["gap_all"][name] == pytest.approx(aim, abs=0.05)
    nps = responses["nps"].dropna()
    weight = responses["weight"][nps.index]
    score = 100 * np.average((nps >= 9).astype(int) - (nps <= 6).astype(int), weights=weight)
    assert -3 <= score <= 5
    assert 100 * (mean(responses["csat"]) - 1) / 9 == pytest.approx(70, abs=1)


def test_straight_liners_are_those_of_the_truth(responses: pd.DataFrame, truth: dict[str, object]) -> None:
    answers = responses[[f"{letter}{n}" for letter in "EP" for n in range(1, 23)]]
    same = answers.nunique(axis=1) == 1
    assert set(truth["straight_liners"]) <= set(responses.loc[same, "response_id"])
    assert len(truth["straight_liners"]) == 120


def test_programme_effect_is_found_again(responses: pd.DataFrame, truth: dict[str, object]) -> None:
    treated = responses["branch"].isin(truth["programme_branches"])
    before = responses["date"] < truth["programme_start_month"]
    after = responses["date"] >= "2025-09"
    means = dimension_means(responses).assign(branch=responses["branch"])
    change = means[after].groupby("branch").mean() - means[before].groupby("branch").mean()
    size = responses.groupby("branch").size()
    group = treated.groupby(responses["branch"]).first()
    for name, lift in truth["programme_lift_observed"].items():
        parts = [(change[name][group == flag], size[group == flag]) for flag in (True, False)]
        estimates = [np.average(values, weights=weights) for values, weights in parts]
        errors = [
            math.sqrt(((weights / weights.sum()) ** 2 * (values - estimate) ** 2).sum())
            for (values, weights), estimate in zip(parts, estimates, strict=True)
        ]
        assert abs(estimates[0] - estimates[1] - lift) < 3 * math.hypot(*errors), name
    assert truth["programme_lift_observed"]["responsiveness"] == pytest.approx(0.5, abs=0.05)
    assert truth["programme_lift_observed"]["tangibles"] == 0


def test_driver_order_is_found_again(responses: pd.DataFrame, truth: dict[str, object]) -> None:
    table = dimension_means(responses).assign(csat=responses["csat"]).dropna()
    correlation = np.corrcoef(table.to_numpy().T)

    def r_squared(subset: tuple[int, ...]) -> float:
        if not subset:
            return 0.0
        rows = list(subset)
        r = correlation[rows, -1]
        return float(r @ np.linalg.solve(correlation[np.ix_(rows, rows)], r))

    shares = {}
    for i, name in enumerate(DIMENSIONS):
        others = [j for j in range(5) if j != i]
        shares[name] = sum(
            math.factorial(k) * math.factorial(4 - k) / 120 * (r_squared((*s, i)) - r_squared(s))
            for k in range(5)
            for s in itertools.combinations(others, k)
        )
    ranked = sorted(shares, key=lambda name: -shares[name])
    assert ranked[:2] == truth["driver_order"][:2] == ["reliability", "responsiveness"]
    assert ranked[-1] == truth["driver_order"][-1] == "tangibles"
    assert shares["tangibles"] < 0.02
    assert shares["responsiveness"] > 1.5 * max(shares["assurance"], shares["empathy"])


def test_weighting_matters_a_bit(responses: pd.DataFrame) -> None:
    plain = responses["P11"].mean()
    known = responses["P11"].notna()
    weighted = np.average(responses["P11"][known], weights=responses["weight"][known])
    assert 0.01 < plain - weighted < 0.15


def test_truth_has_a_description_for_every_entry() -> None:
    entries = json.loads((COMMITTED / "truth.json").read_text(encoding="utf-8"))
    wanted = {
        "programme_branches",
        "programme_lift_latent",
        "branch_effects",
        "importance_means",
        "gap_before",
    }
    wanted |= {"driver_weights_latent", "driver_weights_standardized", "sla_attainment", "kqi_shifts"}
    wanted |= {"kano_categories", "knowledge_gap", "service_profit_chain", "gap_after_programme_branches"}
    assert wanted <= set(entries)
    assert all(entry["description"].endswith(".") for entry in entries.values())


def test_complaints_follow_the_clocks_of_the_truth(truth: dict[str, object]) -> None:
    table = read("complaints")
    opened, responded, closed = (pd.to_datetime(table[name]) for name in ("opened", "responded", "closed"))
    assert (responded.dropna() >= opened[responded.notna()]).all()
    assert (closed.dropna() >= responded[closed.notna()]).all()
    assert 20 <= closed.isna().sum() <= 80
    plain = (table["level"] == 1) & ~table["branch"].isin(truth["programme_branches"])
    hours = (responded - opened).dt.total_seconds() / 3600
    share = (hours[plain] <= 24).mean()
    expected = sla_attainment(1)[0]
    assert abs(share - expected) < 3 * math.sqrt(expected * (1 - expected) / plain.sum())


def test_dispatch_takes_two_fifths_of_the_process() -> None:
    table = read("process_events")
    hours = (pd.to_datetime(table["finished"]) - pd.to_datetime(table["started"])).dt.total_seconds() / 3600
    first = table["rework"] == 0
    share = hours[first].groupby(table["step"]).sum() / hours[first].sum()
    assert share.idxmax() == "dispatched"
    assert share["dispatched"] == pytest.approx(0.40, abs=0.03)
    assert table["step"].nunique() == 7


def test_bank_indicators_are_the_sums_of_the_branches() -> None:
    table = read("kqi")
    rates = table[table["indicator"] == "complaint_rate"]
    bank = rates[rates["unit"] == "all"].set_index("month")["numerator"]
    assert (rates[rates["unit"] != "all"].groupby("month")["numerator"].sum() == bank).all()
    assert bank.sum() == len(read("complaints"))
    solved = table[(table["indicator"] == "solved_share") & (table["unit"] == "all")].set_index("month")
    assert (solved["numerator"] / solved["denominator"]).idxmin() == "2025-11"


def test_tables_agree_with_each_other(responses: pd.DataFrame) -> None:
    people = read("customers").merge(responses[["customer_id", "retained", "branch"]], on="customer_id")
    assert len(people) == 1_500
    assert (people["left_month"].isna() == (people["retained"] == 1)).all()
    assert (people["branch_x"] == people["branch_y"]).all()
    assert set(read("transactions")["customer_id"]) == set(people["customer_id"])
    assert read("response_sample")["answered"].sum() == len(responses)
    assert set(read("comment_labels")["response_id"]) == set(
        responses.loc[responses["comment"].notna(), "response_id"]
    )
    shares = read("initiative_costs").groupby("funding")["amount"].sum()
    assert (shares / shares.sum()).to_dict() == pytest.approx(
        {"own": 0.7, "grant": 0.2, "loan": 0.1}, abs=1e-4
    )
    assert read("milestones")["weight"].sum() == 100
    assert len(read("milestones")) == 18
    joined = responses[["customer_id", "branch"]].merge(
        read("complaints")[["customer_id", "branch"]], on="customer_id"
    )
    assert (joined["branch_x"] == joined["branch_y"]).all()


def test_comments_hold_fictitious_personal_data_only(responses: pd.DataFrame) -> None:
    comments = responses["comment"].dropna()
    assert 0.22 < len(comments) / len(responses) < 0.28
    assert set(responses["comment_language"].dropna()) == {"en", "zh"}
    numbers = re.compile(
        r"555-01\d\d|000-0000-01\d\d|0000 0000 0000 00\d\d|(?:customer|kehu)\d\d@example\.(?:com|org)"
    )
    assert comments.str.contains(numbers).sum() > 50
    left = comments.str.replace(numbers, "", regex=True)
    assert not left.str.contains(r"\d{3}|@").any()


def test_study_file_names_every_table_and_column_is_described() -> None:
    study = read_study_file(COMMITTED / "study.toml")
    assert {path.stem for path in COMMITTED.glob("*.csv")} == set(study.tables) == set(table_labels())
    for name in table_labels():
        columns = set(read(name).columns)
        known = set(column_meanings(name))
        assert columns - known <= {c for c in columns if re.fullmatch(r"[EP]\d+|pts_\w+", c)}


def test_no_half_width_marks_between_chinese_characters() -> None:
    bad = re.compile(r"[一-鿿][,:;()!?][一-鿿]|[一-鿿]\(|\)[一-鿿]")
    for path in COMMITTED.iterdir():
        if path.is_file() and path.name not in ("README.md", "truth.json"):
            assert not bad.search(path.read_text(encoding="utf-8")), path.name
