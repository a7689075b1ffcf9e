"""Covariates, models and treatments of missing answers: held to regressions on rows and to simulated truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from svcq_lib.analyses.drivers import drivers
from svcq_lib.errors import ParameterError
from svcq_lib.stats import ordinal, relimp

SCALE = "[-100, 200]"


def text(terms, kind="score", rest="", settings=""):
    items = ", ".join(f'"{one}"' for one in terms)
    scale = "" if kind == "binary" else f"scale = {SCALE}\n"
    return (
        f'[responses]\n[responses.segments.region]\ncolumn = "region"\n'
        f'[responses.segments.region.levels]\nn = "North"\ns = "South"\nw = "West"\n{settings}'
        f'[instrument]\nscale = {SCALE}\n[[instrument.dimensions]]\nname = "d"\nitems = [{items}]\n'
        f'[outcomes.o]\nkind = "{kind}"\ncolumn = "y"\n{scale}{rest}'
    )


def simulated(n, seed=0):
    rng = np.random.default_rng(seed)
    region = rng.choice(["n", "s", "w"], n)
    x = rng.normal(size=(n, 4)) + 0.7 * rng.normal(size=(n, 1)) + (region == "s")[:, None]
    y = x @ [0.8, 0.4, 0.2, 0.5] + 1.5 * (region == "s") + rng.normal(size=n)
    return pd.DataFrame(x * 10 + 50, columns=list("abcz")).assign(y=y * 10 + 50, region=region)


def explained(y, *x):
    design = np.column_stack([np.ones(len(y)), *x])
    fitted = design @ np.linalg.lstsq(design, y, rcond=None)[0]
    return ((fitted - fitted.mean()) ** 2).sum() / ((y - y.mean()) ** 2).sum()


def share(found):
    return found.importance.set_index("term")["share"].to_dict()


def codes(found):
    return {one.code: one.facts for one in found.notes}


def run(study, **settings):
    return drivers(study, **{"n_boot": 60, "by": "none", **settings})


# covariates


def test_covariates_enter_first(make_study):
    frame = simulated(400)
    found = run(make_study(frame, text("abcz")), terms=["a", "b"], covariates=["z", "region"])
    held = [frame["z"], frame["region"] == "s", frame["region"] == "w"]
    alone = explained(frame["y"], *held)
    fits = {one: explained(frame["y"], *held, frame[list(one)]) - alone for one in ("a", "b", "ab")}
    fit = found.fit.iloc[0]
    assert fit["r_squared_covariates"] == pytest.approx(alone)
    assert fit["r_squared"] == pytest.approx(fits["ab"])
    assert np.isnan(fit["adj_r_squared"])
    lmg = found.importance.set_index("term")["lmg"]
    assert lmg["a"] == pytest.approx((fits["a"] + fits["ab"] - fits["b"]) / 2)
    assert lmg["b"] == pytest.approx((fits["b"] + fits["ab"] - fits["a"]) / 2)
    # coefficients and VIF are those of the whole regression
    design = np.column_stack([np.ones(400), frame[["a", "b", "z"]], *held[1:]]).astype(float)
    slope = np.linalg.lstsq(design, frame["y"], rcond=None)[0][1]
    row = found.importance.set_index("term").loc["a"]
    assert row["beta"] == pytest.approx(slope * frame["a"].std() / frame["y"].std())
    rest = explained(frame["a"], frame["b"], *held)
    assert row["vif"] == pytest.approx(1 / (1 - rest))
    assert row["correlation"] == pytest.approx(frame["a"].corr(frame["y"]))


def test_a_driver_that_covariates_determine_is_left_out(make_study):
    frame = simulated(200).assign(b=lambda one: 2 * one["z"] - 20)
    found = run(make_study(frame, text("abcz")), terms=["a", "b", "c"], covariates=["z"])
    assert set(found.importance["term"]) == {"a", "c"}
    assert codes(found)["held_term"] == {"term": "b"}


def test_what_can_be_held_constant_is_listed(make_study):
    study = make_study(simulated(50), text("abc"))
    for name in ("q", "a", "o"):
        with pytest.raises(ParameterError, match=f"covariate '{name}' must be one of region"):
            run(study, covariates=[name])


# treatments of missing answers


def blanked(frame, seed=1):
    """Blank answers of b where a is high: what is seen is not what was answered."""
    rng = np.random.default_rng(seed)
    gone = rng.random(len(frame)) < 1 / (1 + np.exp(-(frame["a"] - 55) / 5))
    return frame.assign(b=frame["b"].mask(gone), c=frame["c"].mask(rng.random(len(frame)) < 0.1))


def test_dummy_adjustment_is_the_regression_on_filled_answers(make_study):
    frame = blanked(simulated(300))
    found = run(make_study(frame, text("abc")), missing="dummy")
    filled = frame[list("abc")].fillna(frame[list("abc")].mean())
    gone = frame[["b", "c"]].isna().astype(float)
    alone = explained(frame["y"], gone)
    assert found.fit["r_squared"].iloc[0] == pytest.approx(explained(frame["y"], filled, gone) - alone)
    assert found.fit["r_squared_covariates"].iloc[0] == pytest.approx(alone)
    assert found.context.missing == "dummy"
    assert found.importance["conf_low"].notna().all()


def test_dummy_adjustment_of_whole_answers_changes_nothing(make_study):
    study = make_study(simulated(200), text("abc"))
    assert share(run(study, missing="dummy")) == pytest.approx(share(run(study)))


def test_multiple_imputation_comes_closest_to_the_whole_truth(make_study):
    frame = simulated(4000, 2)
    truth = share(run(make_study(frame, text("abc"))))
    lost = {
        how: share(run(make_study(blanked(frame), text("abc")), missing=how))
        for how in ("listwise", "multiple_imputation")
    }
    error = {how: max(abs(one[term] - truth[term]) for term in truth) for how, one in lost.items()}
    assert error["multiple_imputation"] < 0.03
    assert error["multiple_imputation"] < error["listwise"]


def test_multiple_imputation_widens_the_interval(make_study):
    frame = simulated(300, 3)
    whole, less = (
        run(make_study(one, text("abc")), missing="multiple_imputation", n_boot=400)
        for one in (frame, frame.assign(b=frame["b"].mask(np.arange(300) % 10 < 6)))
    )
    width = [
        float(
            (one.importance.set_index("term")["conf_high"] - one.importance.set_index("term")["conf_low"])[
                "b"
            ]
        )
        for one in (whole, less)
    ]
    assert width[1] > 1.15 * width[0]
    assert codes(less)["imputed"] == {"m": 20}
    assert less.fit["n"].iloc[0] == 120


# models of the outcome


def graded(n, cuts, seed=4):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3)) + 0.6 * rng.normal(size=(n, 1))
    latent = x @ [1.0, 0.5, 0.25] + rng.logistic(size=n)
    frame = pd.DataFrame(x * 10 + 50, columns=list("abc"))
    return frame.assign(y=np.searchsorted(cuts, latent), region="n"), x


def test_a_yes_no_outcome_takes_the_logit(make_study):
    frame, x = graded(800, [0.3])
    study = make_study(frame, text("abc", "binary"))
    found = run(study)
    fit = ordinal.fit_ordinal(x, frame["y"])
    r, total = ordinal.latent_correlations(fit.beta, np.cov(x.T, ddof=0))
    assert found.fit["model"].iloc[0] == "logit"
    assert found.fit["r_squared"].iloc[0] == pytest.approx(total)
    assert share(found) == pytest.approx(
        dict(zip("abc", relimp.lmg(np.corrcoef(x.T), r) / total, strict=True))
    )
    assert run(study, model="linear").fit["r_squared"].iloc[0] < total
    assert codes(found)["latent_model"] == {"n": 800}
    assert found.fit["r_squared_low"].iloc[0] < total < found.fit["r_squared_high"].iloc[0]


def test_the_latent_decomposition_finds_the_latent_shares(make_study):
    frame, x = graded(30_000, [-2.0, -1.0, 0.5, 2.0], 5)
    found = run(make_study(frame, text("abc")), model="ordinal", n_boot=20)
    signal = x @ [1.0, 0.5, 0.25]
    whole = signal.var() / (signal.var() + np.pi**2 / 3)
    assert found.fit["r_squared"].iloc[0] == pytest.approx(whole, abs=0.015)
    r = np.array([np.corrcoef(one, signal)[0, 1] for one in x.T])
    truth = relimp.lmg(np.corrcoef(x.T), r * np.sqrt(0.999)) / 0.999
    assert share(found) == pytest.approx(dict(zip("abc", truth, strict=True)), abs=0.015)


def test_score_bootstrap_has_the_width_of_refits(make_study):
    frame, x = graded(400, [-1.0, 0.5], 6)
    found = run(make_study(frame, text("abc")), model="ordinal", n_boot=600)
    rng, draws = np.random.default_rng(0), []
    for _ in range(200):
        rows = rng.integers(0, 400, 400)
        fit = ordinal.fit_ordinal(x[rows], frame["y"].to_numpy()[rows])
        r = ordinal.latent_correlations(fit.beta, np.cov(x[rows].T))[0]
        parts = relimp.lmg(np.corrcoef(x[rows].T), r)
        draws.append(parts / parts.sum())
    low, high = np.quantile(draws, [0.025, 0.975], axis=0)
    table = found.importance.set_index("term").loc[list("abc")]
    assert (table["conf_high"] - table["conf_low"]).to_numpy() == pytest.approx(high - low, rel=0.2)


def test_complete_answers_alone_enter_a_logit(make_study):
    frame, _ = graded(500, [0.0])
    frame.loc[frame.index < 100, "a"] = np.nan
    found = run(make_study(frame, text("abc", "binary")))
    assert found.fit["n"].iloc[0] == 400
    assert found.context.missing == "listwise"


def test_a_separated_outcome_says_why_nothing_is_shown(make_study):
    frame, _ = graded(60, [0.0])
    found = run(make_study(frame.assign(y=(frame["a"] > 50).astype(int)), text("abc", "binary")))
    assert "separated" in codes(found)["model_not_fitted"]["reason"]
    assert found.importance["share"].isna().all()
