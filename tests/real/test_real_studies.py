"""Public surveys through their study files.

Figures of SFO and ACSI were computed once from these files and are not published (data README, 4 digits); α of mobi
is seminr's and plspm's (4 digits, standardized), α of bfi psych 2.2.9's on pairwise covariances (1e-9).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from svcq_lib.analyses.benchmark import benchmark
from svcq_lib.analyses.drivers import drivers
from svcq_lib.analyses.gaps import gaps
from svcq_lib.analyses.instrument import instrument
from svcq_lib.analyses.scores import scores
from svcq_lib.display import headline
from svcq_lib.display import scores as show_scores
from svcq_lib.measures.reliability import alpha_standardized
from svcq_lib.sources.contracts import check
from svcq_lib.sources.open import open_study

STUDIES = ["sfo/2017", "acsi/study", "pls_ecsi/mobi", "psychometric_ref/bfi"]
PARTS = {"IMAG": 5, "CUEX": 3, "PERQ": 7, "PERV": 2}
INDUSTRY = {"1001": "Food", "3003": "Airlines", "3013": "Internet providers", "5001": "Banks"}


@pytest.mark.parametrize("name", STUDIES)
def test_the_data_keep_their_contract(real_study, name):
    report = check(real_study(name))
    assert report.ok, report.to_text()


@pytest.mark.parametrize("name", STUDIES)
def test_every_analysis_runs(real_study, name):
    study = real_study(name)
    assert scores(study).headline["estimate"].notna().all()
    assert gaps(study, n_boot=20).overall["estimate"].notna().all()
    found = drivers(study, n_boot=20)
    assert found.importance["share"].sum() == pytest.approx(1)
    assert 0 < found.fit["r_squared"].iloc[0] < 1


# San Francisco Airport 2017: never used and blank are no ratings, weights, uneven bases


@pytest.mark.parametrize(
    ("without", "nps", "overall", "n_eff"),
    [('weight = "WEIGHT"', 39.84, 4.0644, 2746), ("", 40.40, 4.0712, 2266.5)],
)
def test_sfo_headline(real_study, without, nps, overall, n_eff):
    found = scores(real_study("sfo/2017", without=without))
    rows = found.headline.set_index(["outcome", "measure"])
    assert rows.loc[("recommendation", "nps"), "estimate"] == pytest.approx(nps, abs=5e-3)
    assert rows.loc[("overall_rating", "mean"), "estimate"] == pytest.approx(overall, abs=5e-5)
    assert rows.loc[("recommendation", "nps"), "n"] == 2746
    assert rows.loc[("recommendation", "nps"), "n_eff"] == pytest.approx(n_eff, abs=0.05)
    assert found.context.n == 2831
    assert found.context.n_eff == pytest.approx(2831 if without else 2337.1, abs=0.05)


@pytest.mark.parametrize(
    ("year", "overall", "n"),
    [(2014, 4.0070, 2677), (2015, 4.0442, 2810), (2016, 4.0533, 2919), (2017, 4.0712, 2688)],
)
def test_sfo_waves_are_one_study_over_time(real_study, year, overall, n):
    rows = scores(real_study("sfo/waves").during(str(year))).headline.set_index(["outcome", "measure"])
    assert rows.loc[("overall_rating", "mean"), "estimate"] == pytest.approx(overall, abs=5e-5)
    assert rows.loc[("overall_rating", "mean"), "n"] == n


def test_sfo_shows_what_its_weights_do(real_study):
    found = scores(real_study("sfo/2017")).switches.query("default == 'score_weights'").set_index("term")
    nps, rating = found.loc["recommendation"], found.loc["overall_rating"]
    assert (nps["estimate"], nps["alternative_estimate"]) == pytest.approx((40.40, 39.84), abs=5e-3)
    means = (
        rating[["estimate", "alternative_estimate"]].to_numpy(dtype=float) / 25 + 1
    )  # index back to the scale
    assert means == pytest.approx([4.0712, 4.0644], abs=5e-5)
    assert found["same_answer"].all()  # both lie well inside the interval of the other


def test_sfo_items_have_bases_of_their_own(real_study):
    found = gaps(real_study("sfo/2017"), n_boot=20)
    assert found.mode == "perception_only"
    bases = found.items["n"]
    assert bases.between(834, 2703).all()
    assert bases.min() == 834
    assert found.items["estimate"].between(1, 5).all()
    assert "missing_answers" in {one.code for one in found.notes}


def test_sfo_segments_read_codes_as_labels(real_study):
    found = scores(real_study("sfo/2017"))
    levels = found.segments[found.segments["segment"] == "time_of_day"]["level"].unique().tolist()
    assert levels == ["1", "2", "3"]
    assert found.context.level("time_of_day", "3") == "After 5 pm"
    assert "0" not in found.segments[found.segments["segment"] == "first_time"]["level"].tolist()


def test_sfo_drivers_use_pairs_where_whole_answers_are_few(real_study):
    pairwise = drivers(real_study("sfo/2017"), n_boot=20)
    listwise = drivers(real_study("sfo/2017").model_copy(update={"missing": "listwise"}), n_boot=20)
    assert pairwise.fit["n"].iloc[0] > 1.2 * listwise.fit["n"].iloc[0]


# American Customer Satisfaction Index 2015: four industries, 98 and 99 in every item


def test_acsi_index(real_study):
    found = scores(real_study("acsi/study"))
    rows = found.headline.set_index(["outcome", "measure"])
    assert rows.loc[("satisfaction_index", "index_100"), "estimate"] == pytest.approx(70.41, abs=5e-3)
    table = found.segments.set_index(["outcome", "level"])
    expected = {"1001": 77.24, "3003": 68.33, "3013": 60.74, "5001": 74.77}
    assert table.loc["satisfaction_index", "estimate"].to_dict() == pytest.approx(expected, abs=5e-3)
    rates = {"1001": 0.040, "3003": 0.125, "3013": 0.312, "5001": 0.179}
    assert table.loc["complained", "estimate"].to_dict() == pytest.approx(rates, abs=5e-4)
    assert not table.loc["complained", "high_is_good"].any()
    assert {level: found.context.level("industry", level) for level in INDUSTRY} == INDUSTRY


def test_acsi_gaps(real_study):  # pairwise: rows with both answers
    found = gaps(real_study("acsi/study"), n_boot=20)
    gap = found.items.set_index("term")["gap"].to_dict()
    assert gap == pytest.approx(
        {"overall_quality": -0.1687, "customised": -0.2002, "reliable": 0.0464}, abs=5e-5
    )
    row = found.dimensions.iloc[0]
    assert row["alpha"] == pytest.approx(0.8572, abs=2e-3)  # .8572 is listwise, this is pairwise


def test_acsi_alpha_listwise(real_data, tmp_path):
    constructs = {
        "satisfaction": ["SATIS", "CONFIRM", "IDEAL"],
        "expectations": ["OVERALLX", "CUSTOMX", "WRONGX"],
        "quality": ["OVERALLQ", "CUSTOMQ", "WRONGQ"],
    }
    dimensions = "".join(
        f'[[instrument.dimensions]]\nname = "{name}"\nitems = {items}\n' for name, items in constructs.items()
    )
    (tmp_path / "study.toml").write_text(
        f'[study]\nname = "ACSI"\nmissing = "listwise"\n[tables.responses]\n'
        f'path = "{(real_data / "acsi" / "acsi_2015_raw.csv").resolve().as_posix()}"\n[responses]\n'
        f"[instrument]\nscale = [1, 10]\nmissing = [98, 99]\n{dimensions}"
    )
    alpha = gaps(open_study(tmp_path), n_boot=20).dimensions.set_index("term")["alpha"].to_dict()
    assert alpha == pytest.approx(
        {"satisfaction": 0.9127, "expectations": 0.7401, "quality": 0.8572}, abs=5e-5
    )


# European index, mobile phone provider: perceptions only


def test_mobi(real_study, real_data):
    frame = pd.read_csv(real_data / "pls_ecsi" / "mobi.csv")
    found = gaps(real_study("pls_ecsi/mobi"), n_boot=20)
    assert found.mode == "perception_only"
    rows = found.dimensions.set_index("term")
    # seminr and plspm print α of standardized answers; the analysis says α of the answers themselves
    standardized = {"image": 0.7228, "expectations": 0.4519, "quality": 0.8770, "value": 0.8236}
    for (name, expected), (stem, k) in zip(standardized.items(), PARTS.items(), strict=True):
        answers = frame[[f"{stem}{i + 1}" for i in range(k)]]
        assert alpha_standardized(answers.corr()) == pytest.approx(expected, abs=5e-5)
        raw = k / (k - 1) * (1 - answers.var().sum() / answers.sum(axis=1).var())
        assert rows.loc[name, "alpha"] == pytest.approx(raw)
    assert rows.loc["value", "estimate"] == pytest.approx(frame[["PERV1", "PERV2"]].mean().mean())
    assert set(rows["n"]) == {250}


def test_mobi_drivers_explain_as_much_as_a_regression(real_study, real_data):
    frame = pd.read_csv(real_data / "pls_ecsi" / "mobi.csv")
    X = np.column_stack(
        [
            np.ones(250),
            *(frame[[f"{name}{i + 1}" for i in range(k)]].mean(axis=1) for name, k in PARTS.items()),
        ]
    )
    y = frame[["CUSA1", "CUSA2", "CUSA3"]].mean(axis=1).to_numpy()
    residual = y - X @ np.linalg.lstsq(X, y, rcond=None)[0]
    found = drivers(real_study("pls_ecsi/mobi"), level="dimension", n_boot=100)
    assert found.fit["r_squared"].iloc[0] == pytest.approx(1 - residual.var() / y.var())
    assert set(found.importance["term"]) == {"image", "expectations", "quality", "value"}


# Big Five: items keyed the other way, two right answers for α


@pytest.mark.parametrize(
    ("missing", "agreeableness"), [("pairwise", 0.703018446057304), ("listwise", 0.703755894374836)]
)
def test_bfi(real_study, missing, agreeableness):
    study = real_study("psychometric_ref/bfi").model_copy(update={"missing": missing})
    rows = gaps(study, n_boot=20).dimensions.set_index("term")
    assert rows.loc["agreeableness", "alpha"] == pytest.approx(agreeableness, abs=1e-9)
    if missing == "pairwise":
        assert rows.loc["conscientiousness", "alpha"] == pytest.approx(0.7267, abs=5e-5)


def test_bfi_reversed_items_are_mirrored_on_the_scale(real_study, real_data):
    frame = pd.read_csv(real_data / "psychometric_ref" / "bfi.csv")
    rows = gaps(real_study("psychometric_ref/bfi"), n_boot=20).items.set_index("term")
    assert rows.loc["A1", "perception"] == pytest.approx(7 - frame["A1"].mean())
    assert rows.loc["A2", "perception"] == pytest.approx(frame["A2"].mean())
    assert rows.loc["C4", "n"] == frame["C4"].notna().sum()


# all waves and all industries: instrument, benchmark, drivers by group. Figures computed once with this product; means
# and bases are those of the data README.


def test_sfo_waves_measure_three_dimensions(real_study):
    found = instrument(real_study("sfo/waves"), n_boot=20)
    reliability = found.reliability.set_index("term")["omega"]
    assert reliability.to_dict() == pytest.approx(
        {"amenities": 0.76, "wayfinding": 0.91, "access": 0.92}, abs=5e-3
    )
    assert found.context.weight == "WEIGHT"


def test_sfo_waves_benchmark(real_study):
    found = benchmark(real_study("sfo/waves"), n_boot=20, n_draws=500)
    order = found.league["unit"].tolist()
    assert (order[0], set(order[1:5]), order[5:]) == ("D", set("AEFG"), ["C", "B"])
    verdicts = found.league.set_index("unit")["verdict"]
    assert (verdicts["D"], verdicts["C"], verdicts["B"]) == ("better", "worse", "worse")
    # index of the four weighted means; the dates are those of waves, so that the last year is whole
    means = found.over_time["estimate"].to_numpy() / 25 + 1
    assert means == pytest.approx([4.0070, 4.0442, 4.0533, 4.0712], abs=5e-5)
    assert found.over_time["n"].tolist() == [2677, 2810, 2919, 2688]
    codes = {note.code for note in found.notes}
    assert "control_few" in codes
    assert "unfinished_period" not in codes


def test_sfo_airlines_of_one_wave_cannot_be_told_apart(real_study):
    found = benchmark(real_study("sfo/waves").during("2017"), unit="airline", n_boot=20, n_draws=500)
    assert found.league["estimate"].notna().sum() == 35
    assert set(found.league["verdict"]) == {"unclear"}
    assert found.overall["p_value"].iloc[0] > 0.05
    names = [card["label"] for card in headline_cards(found)]
    assert not [name for name in names if name.startswith(("First", "Last"))]


def headline_cards(found):
    """Return the cards of the page as data."""
    return [card for block in headline(found) for card in block.model.get("cards", [])]


def test_sfo_scores_draw_no_trend_of_one_wave_and_no_more_groups_than_can_be_read(real_study):
    found = scores(real_study("sfo/waves"))
    assert show_scores.figure(found, "periods", "en", outcome="overall_rating") is not None
    assert show_scores.figure(found, "periods", "en", outcome="recommendation") is None  # asked in 2017 only
    airlines = show_scores.figure(found, "segments", "en", segment="airline")
    assert airlines is not None
    assert "24 of 43 groups" in str(airlines)


def test_drivers_by_group(real_study):
    found = drivers(real_study("acsi/study"), n_boot=20)
    assert set(found.segments["level"]) == set(INDUSTRY)
    shares = found.segments.groupby("level")["estimate"].sum()
    assert shares.to_numpy() == pytest.approx(1)
    waves = drivers(real_study("sfo/waves"), n_boot=20)
    assert waves.fit["r_squared"].iloc[0] == pytest.approx(0.59, abs=5e-3)
    assert waves.importance.sort_values("share")["term"].iloc[-1] == "restaurants"


def test_acsi_instrument_and_benchmark(real_study):
    study = real_study("acsi/study")
    assert instrument(study, n_boot=20).reliability["alpha"].iloc[0] == pytest.approx(0.857, abs=5e-4)
    found = benchmark(study, n_boot=20, n_draws=500)
    assert found.unit == "industry"
    assert set(found.refused["reason"]) == {"years", "no_year"}
    assert found.over_time.empty
