"""The return on service quality: model, sensitivity, choice, claims, and the demonstration study against its truth."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import svcq_lib as sq
from svcq_lib.analyses import (
    returns_budget,
    returns_claims,
    returns_links,
    returns_outcomes,
    returns_sensitivity,
)
from svcq_lib.analyses.returns_chain import cash_flows, net_present_value
from svcq_lib.analyses.returns_checks import period_months
from svcq_lib.analyses.returns_links import Link, Slopes
from svcq_lib.analyses.returns_model import Inputs, Settings, build
from svcq_lib.analyses.returns_plan import Assumption, Plan
from svcq_lib.errors import DataError, MethodError, ParameterError
from svcq_lib.measures import finance
from svcq_lib.stats.logistic import logistic
from svcq_lib.study import Label
from svcq_lib.study.sections import Returns

MONEY = 1e3


def plan(*, lift=(0.2, 0.4, 0.6), costs=((0, "fixed", "systems", "own", 1000.0),), k=1, **economics):
    """Return a plan of k equal initiatives of two years, and assumptions without spread unless given as three."""
    told = pd.DataFrame([
        {"initiative": f"I{i}", "items": ("q1",), "lift_low": lift[0], "lift_likely": lift[1], "lift_high": lift[2],
         "start": 0, "life_months": 24, "ramp_months": 0, "reach": 1.0}
        for i in range(k)
    ])  # fmt: skip
    paid = pd.DataFrame(
        [(f"I{i}", *one) for i in range(k) for one in costs],
        columns=["initiative", "month", "kind", "category", "funding", "amount"],
    )
    known = {
        "customers": (1000.0, "customers", 12), "revenue_per_customer": (120.0, "CNY/year", 12),
        "contribution_margin": (0.5, "share", 12), "discount_rate": (0.08, "share/year", 12),
        "retention": (0.8, "share/year", 12), "horizon": (2.0, "years", 12),
    }  # fmt: skip
    assumed = {}
    for name, (value, unit, months) in known.items():
        low, likely, high = np.broadcast_to(economics.get(name, value), 3)
        assumed[name] = Assumption(float(low), float(likely), float(high), unit, months, Label(en=name))
    for name in set(economics) - set(known):
        low, likely, high = np.broadcast_to(economics[name], 3)
        assumed[name] = Assumption(float(low), float(likely), float(high), "share", 12.0, Label(en=name))
    labels = {name: Label(en=name) for name in told["initiative"]}
    return Plan(told, paid, assumed, labels, "2026-01", "CNY")


def inputs(made, *, slope=0.5, spread=0.0, link=None, headroom=2.0):
    """Return inputs with one item; `spread` is the standard error of its slope."""
    replicates = slope + spread * np.random.default_rng(1).normal(size=(500, 1))
    known = link or Link("own", 0.3, 0.5, 0.7, 0.1)
    return Inputs(
        made, ("q1",), np.array([headroom]), Slopes(np.array([slope]), replicates), {known.origin: known}
    )


def value_of(model):
    return net_present_value(model.programme, model.draws, model.terms)


def model_of(made, *, n_draws=2000, seed=0, link=None, spread=0.0, headroom=2.0, **settings):
    known = inputs(made, link=link, spread=spread, headroom=headroom)
    return build(known, Settings(**settings), n_draws=n_draws, seed=seed)


# ── hand-computed ────────────────────────────────────────────────────────────────────────────────────────────────


def test_without_uncertainty_every_draw_is_the_closed_form():
    # declared link .05 per point × rise .2 = .01 on .8; a steady base of 1,000; 5 a month each; 24 months
    made = plan(lift=(0.4, 0.4, 0.4), contingency=0.0)
    model = model_of(made, link=Link("declared", 0.05, 0.05, 0.05), n_draws=7)
    r, kept, plain = 1.08 ** (1 / 12) - 1, 0.81 ** (1 / 12), 0.8 ** (1 / 12)
    more = 1000 * (kept - plain) * (1 - kept ** np.arange(24)) / (1 - kept)
    expected = (finance.npv(5 * more, r) - 1000) / MONEY
    np.testing.assert_allclose(value_of(model), np.full(7, expected), rtol=1e-12)
    table = returns_sensitivity.links(model, value_of(model), 0.95, 1.0)
    assert table["share"].isna().all()
    summary = returns_outcomes.summary(
        returns_outcomes.figures_of(cash_flows(model.programme, model.draws, model.terms), model.terms),
        0.95,
        1.0,
    ).set_index("measure")
    assert summary.loc["npv", ["estimate", "conf_low", "conf_high"]].tolist() == pytest.approx([expected] * 3)
    assert summary.loc["spend", "estimate"] == pytest.approx(1.0)
    assert summary.loc["rosq", "estimate"] == pytest.approx(expected / 1.0)


def test_costs_go_on_and_reserves_are_added():
    costs = ((0, "fixed", "systems", "own", 600.0), (0, "fixed", "systems", "grant", 400.0),
             (1, "running", "third_party", "own", 10.0))  # fmt: skip
    made = plan(costs=costs, contingency=0.1, technology_renewal=0.2, risk_reserve=0.15)
    spent = model_of(made).programme.costs
    assert spent["fixed_cost"].sum() == 1000
    assert spent["running_cost"].sum() == 23 * 10  # from the second month to the end of the life of 24
    # 10 % of 1,010 listed, 15 % of 230 running, a fifth of 1,000 a year over two years
    assert spent["reserves"].sum() == pytest.approx(101 + 34.5 + 400)
    assert model_of(made, running="stop").programme.costs["running_cost"].sum() == 10
    assert model_of(made, grants="free").programme.costs["fixed_cost"].sum() == 600
    assert model_of(made, horizon=1.0).programme.costs["running_cost"].sum() == 110


def test_ramp_life_and_reach():
    made = plan()
    slow = made.initiatives.assign(start=2, ramp_months=3, life_months=6, reach=0.5)
    effect = model_of(replace(made, initiatives=slow)).programme.effect[0]
    np.testing.assert_allclose(effect[:9], [0, 0, 1 / 6, 1 / 3, 0.5, 0.5, 0.5, 0.5, 0])


def test_claims():
    # 50 M over 18 months for 80 M a year: 50/(80·1) and 50/(80·2.5); ROI 280 %: 3.8·50/(80·3)
    table = returns_claims.claims(0.27).set_index(["term", "reading", "years"])
    assert table.loc[("claim_payback", "from_start", 1.0), "required_margin"] == pytest.approx(0.625)
    assert table.loc[("claim_payback", "full_benefit", 2.5), "required_margin"] == pytest.approx(0.25)
    assert table.loc[("claim_roi_280", "net", 3.0), "required_margin"] == pytest.approx(0.791667, abs=1e-6)
    assert table.loc[("claim_roi_300", "gross", 3.0), "required_margin"] == pytest.approx(0.625)
    assert table["holds"].groupby("reading").first().to_dict() == {
        "from_start": False, "full_benefit": True, "gross": False, "net": False,
    }  # fmt: skip


@pytest.mark.parametrize(("waiting", "margin"), [(True, 0.625), (False, 0.25)])
def test_the_needed_margin_makes_the_claimed_payback_true(waiting, margin):
    flows = returns_claims.worked_flows(50, 80, margin, waiting=waiting)
    assert returns_outcomes.months_to_payback(flows) == pytest.approx(30)


@pytest.mark.parametrize(
    ("unit", "months"),
    [("share/18 months", 18), ("share/year", 12), ("CNY/customer/quarter", 3), ("CNY/1.5 years", 18), ("share", None),
     ("share/0 months", None), ("years", None)],
)  # fmt: skip
def test_units_name_their_period(unit, months):
    assert period_months(unit) == months


# ── invariants ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_moves_the_value_and_where_it_breaks_even():
    model = model_of(plan(contribution_margin=(0.3, 0.5, 0.7)), spread=0.05)
    table = returns_sensitivity.links(model, value_of(model), 0.95, 1.0).set_index("term")
    assert table["swing"].is_monotonic_decreasing
    shares = table["share"].dropna()
    assert shares.between(0, 1).all()
    assert 0.85 < shares.sum() < 1.05
    row = table.loc["contribution_margin"]
    assert row["npv_low"] < row["npv_high"]
    cheap = model_of(
        plan(costs=((0, "fixed", "systems", "own", 50.0),), contribution_margin=(0.3, 0.5, 0.7)), spread=0.05
    )
    found = returns_sensitivity.links(cheap, value_of(cheap), 0.95, 1.0).set_index("term")["break_even"]
    for name in ("contribution_margin", "lift.I0", "driver_model", "retention_slope"):
        there = returns_sensitivity._at(cheap, name, np.array([found[name]]))
        assert abs(there[0]) < 1e-3 * abs(value_of(cheap).mean()), name
    bad, likely, good = returns_sensitivity.scenarios(model, table.reset_index(), 0.1, 1.0)["npv"]
    assert bad < likely < good


def test_the_budget_binds_and_rules_hold():
    made = plan(k=3, lift=(0.1, 0.1, 0.1), costs=((0, "fixed", "other", "own", 10.0),), contingency=0.0)
    model = model_of(made, n_draws=60, headroom=10.0)
    problem = returns_budget.problem_of(model, Returns(), 60)
    assert (problem.alone > 0).all()
    one = returns_budget.selection(problem, 0.0101)
    assert one["chosen"].sum() == 1
    assert returns_budget.selection(problem, 1.0)["chosen"].all()
    assert one["chosen_share"].between(0, 1).all()
    line = returns_budget.frontier(problem, 0.95, 1.0)
    assert (np.diff(line["estimate"]) >= -1e-9).all()
    assert (line["cost"] <= line["budget"] + 1e-6).all()
    ruled = returns_budget.problem_of(model, Returns(requires={"I0": ("I1",)}, excludes={"I1": ("I2",)}), 60)
    chosen = returns_budget.selection(ruled, 1.0).set_index("term")["chosen"]
    assert chosen.tolist() == [True, True, False]


def test_the_same_seed_gives_the_same_draws():
    made = plan()
    np.testing.assert_array_equal(value_of(model_of(made)), value_of(model_of(made)))
    assert (value_of(model_of(made)) != value_of(model_of(made, seed=1))).any()


@pytest.mark.parametrize(("p", "expected"), [(0.951, "pays"), (0.95, "pays"), (0.5, "open"), (0.05, "loses")])
def test_nothing_pays_back_unless_enough_draws_say_so(p, expected):
    assert returns_outcomes.verdict(p, 0.95) == expected


# ── simulated truth ──────────────────────────────────────────────────────────────────────────────────────────────


def simulated(rng, n):
    """Return rows of a known chain: three correlated items, satisfaction, and whether a customer stayed."""
    x = 5 + rng.normal(size=(n, 3)) + 0.7 * rng.normal(size=(n, 1))
    satisfaction = 1 + x @ [0.5, 0.3, 0.0] + rng.normal(size=n)
    stayed = rng.random(n) < 1 / (1 + np.exp(1.0 - 0.5 * satisfaction))
    return np.column_stack([satisfaction, x]), stayed


def estimated(rng, n, n_boot=100):
    """Return the links as a study of n answers estimates them."""
    rows, stayed = simulated(rng, n)
    counts = rng.poisson(1.0, (n_boot, n))  # Poisson weights: the same bootstrap, drawn faster
    counts = counts / counts.sum(axis=1, keepdims=True)
    mean = counts @ rows
    products = (counts @ (rows[:, :, None] * rows[:, None, :]).reshape(n, -1)).reshape(n_boot, 4, 4)
    covariance = products - mean[:, :, None] * mean[:, None, :]
    slopes = Slopes(
        returns_links.satisfaction_slopes(np.cov(rows.T)), returns_links.satisfaction_slopes(covariance)
    )
    fit = logistic(np.column_stack([np.ones(n), rows[:, 0]]), stayed)
    error = float(np.sqrt(fit.covariance[1, 1]))
    slope = float(fit.coefficients[1])
    return slopes, Link("own", slope - 1.96 * error, slope, slope + 1.96 * error, error, n)


def test_intervals_of_the_value_cover_the_truth():
    rng = np.random.default_rng(20)
    made = plan(lift=(0.4, 0.4, 0.4))
    known = replace(inputs(made), items=("q1", "q2", "q3"), headroom=np.full(3, 2.0))
    true_slopes = np.array([0.5, 0.3, 0.0])
    exact = replace(
        known, slopes=Slopes(true_slopes, true_slopes[None]), links={"own": Link("own", 0.5, 0.5, 0.5)}
    )
    truth = value_of(build(exact, Settings(), n_draws=1, seed=0))[0]
    hits = 0
    for study in range(200):
        slopes, link = estimated(rng, 1000)
        model = build(
            replace(known, slopes=slopes, links={"own": link}), Settings(), n_draws=1000, seed=study
        )
        low, high = returns_outcomes.limits(value_of(model), 0.95)
        hits += low <= truth <= high
    assert 186 <= hits <= 194  # 93–97 % of 200; the binomial standard error is 1.5 %


def test_demo_links_recover_the_truth(demo, truth):
    from svcq_lib.analyses.returns import _inputs, needs
    from svcq_lib.analyses.returns_plan import read_plan
    from svcq_lib.evidence.collect import collect

    found = _inputs(demo, read_plan(demo), collect(demo, needs(demo)), 200, 0, 0.95)
    own = found.links["own"]
    assert own.low < truth["retention"]["slope"] < own.high
    weights = pd.Series(truth["driver_weights_latent"])[list(found.items)].to_numpy()
    expected = truth["satisfaction_scale"]["slope"] * weights / 1.2  # points of CSAT per point of an item
    # rounding to whole points and bends at both ends weaken single slopes; together they must not stray
    assert np.corrcoef(found.slopes.estimate, expected)[0, 1] > 0.95
    assert found.slopes.estimate.sum() == pytest.approx(expected.sum(), rel=0.15)
    assert found.slopes.failed == 0


# ── the report, edges and errors ─────────────────────────────────────────────────────────────────────────────────


def test_the_plan_of_the_demo_shows_a_choice(small_results):
    table = small_results["returns"].initiatives.set_index("term")
    assert (table["p_positive"] > 0.95).any()
    assert (table["p_positive"] < 0.05).any()
    assert table["p_positive"].between(0.2, 0.95).any()
    assert table["requires"].to_dict() == {**dict.fromkeys(table.index, ""), "I3": "I5"}
    assert table["excludes"].to_dict() == {**dict.fromkeys(table.index, ""), "I2": "I4", "I4": "I2"}
    chosen = set(table.index[table["chosen"]])
    assert "I2" in chosen
    assert "I4" not in chosen  # worth its cost, but ruled out
    assert table.loc["I4", "estimate"] > 0
    assert "I5" in chosen or "I3" not in chosen


def test_the_whole_report(small_results):
    result = small_results["returns"]
    summary = result.summary.set_index("measure")
    assert result.parts["estimate"].sum() == pytest.approx(summary.loc["npv", "estimate"])
    assert result.cash["estimate"].iloc[-1] == pytest.approx(summary.loc["npv", "estimate"])
    assert result.money == 1e6
    assert result.currency == "CNY"
    assert set(result.switches["default"]) == {
        "retention_link", "causal_share", "contingency", "tax_rate", "horizon", "customer_base", "running", "grants",
        "spread",
    }  # fmt: skip
    assert result.funding.set_index("term")["share"].to_dict() == pytest.approx(
        {"own": 0.7, "grant": 0.2, "loan": 0.1}, abs=1e-3
    )
    for frame in (
        result.summary,
        result.initiatives,
        result.links,
        result.cash,
        result.parts,
        result.frontier,
    ):
        assert (frame["n"] > 0).all()


@pytest.fixture
def study_of(make_study, tmp_path):
    """Write a study with 200 simulated answers and a plan; keywords replace tables."""
    rows, stayed = simulated(np.random.default_rng(3), 200)
    answers = np.clip(np.rint(rows), 1, 7).astype(int)
    frame = pd.DataFrame(answers, columns=["csat", "P1", "P2", "P3"]).assign(stayed=stayed.astype(int))
    names = ["parameter", "unit", "low", "likely", "high"]
    tables = {
        "initiatives": pd.DataFrame([("A", "q1;q2", 0.1, 0.2, 0.3, "2026-01", 24, 2)], columns=[
            "initiative", "items", "lift_low", "lift_likely", "lift_high", "start", "life_months", "ramp_months"]),
        "costs": pd.DataFrame([("A", "2026-01", "fixed", 5000.0)], columns=["initiative", "month", "kind", "amount"]),
        "economics": pd.DataFrame([
            ("customers", "customers", 900, 1000, 1100), ("revenue_per_customer", "EUR/year", 90, 100, 110),
            ("contribution_margin", "share", 0.2, 0.3, 0.4), ("discount_rate", "share/year", 0.05, 0.08, 0.1),
            ("retention", "share/year", 0.7, 0.8, 0.9)], columns=names),
    }  # fmt: skip

    def make(*, rows=200, retention='retention = "stayed"', **changed):
        toml = ""
        for name, table in {**tables, **changed}.items():
            table.to_csv(tmp_path / f"{name}.csv", index=False)
            toml += f'[tables.{name}]\npath = "../{name}.csv"\n'
        toml += '[responses]\ntable = "responses"\n[instrument]\nscale = [1, 7]\nperception = "P{n}"\n'
        toml += (
            '[[instrument.dimensions]]\nname = "all"\nitems = [{name = "q1", n = 1}, {name = "q2", n = 2}, '
        )
        toml += '{name = "q3", n = 3}]\n[outcomes.csat]\nkind = "csat"\ncolumn = "csat"\nscale = [1, 7]\n'
        toml += '[outcomes.stayed]\nkind = "binary"\ncolumn = "stayed"\n'
        toml += (
            f'[returns]\ninitiatives = "initiatives"\ncosts = "costs"\neconomics = "economics"\n{retention}\n'
        )
        return make_study(frame.head(rows), toml)

    make.tables = tables
    return make


def codes(result):
    return {note.code for note in result.notes}


def small(study, **options):
    return sq.returns(study, n_draws=200, n_choices=20, n_boot=50, **options)


def test_the_link_to_retention_comes_from_the_best_source_there_is(study_of):
    own = small(study_of())
    assert own.settings["retention_link"].iloc[0] == "own"
    assert own.currency == "EUR"
    assert own.money == 1e3
    declared = study_of.tables["economics"]
    declared.loc[len(declared)] = ["retention_per_csat_point", "share", 0.01, 0.02, 0.03]
    assert small(study_of(retention="", economics=declared)).settings["retention_link"].iloc[0] == "declared"
    result = small(study_of(retention="", economics=declared.head(5)))
    assert result.settings["retention_link"].iloc[0] == "borrowed"
    assert {"borrowed_retention", "no_churn_data"} <= codes(result)
    assert "borrowed_retention" not in codes(own)
    with pytest.raises(ParameterError, match="retention_link is 'declared', but there is none"):
        small(study_of(economics=declared.head(5)), retention_link="declared")


def test_too_few_answers_are_refused(study_of):
    with pytest.raises(MethodError, match=r"has 3 items and 8 answers .* needs 13"):
        small(study_of(rows=8))


def test_every_problem_of_the_plan_is_named_at_once(study_of):
    good = study_of.tables
    initiatives = pd.concat([good["initiatives"]] * 2).assign(
        items=["q1;q9", "q2"], start=["2026-01", "soon"]
    )
    costs = good["costs"].assign(initiative="B", kind="once", amount=-1)
    economics = good["economics"].head(4).assign(unit=["customers", "EUR", "share", "share/year"])
    economics.loc[len(economics)] = ["retenton", "share", 0.3, 0.2, 0.9]
    with pytest.raises(DataError) as caught:
        small(study_of(initiatives=initiatives, costs=costs, economics=economics))
    for text in (
        "table 'initiatives', column 'initiative', row 2: named twice",
        "column 'items', row 1: 'q9' is no rated item",
        "column 'start', row 2: not a month",
        "table 'costs', column 'initiative', row 1: not in the table of initiatives",
        "column 'kind', row 1: neither fixed nor running",
        "column 'amount', row 1: negative",
        "'retention' is missing",
        "'EUR' names no period",
        "'retenton' is unknown. Did you mean 'retention'?",
        "column 'low', row 5: low, likely and high do not rise",
    ):
        assert text in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"spread": "normal"}, "spread is 'normal'"), ({"causal_share": 2}, "causal_share is 2"),
     ({"horizon": 0}, "horizon is 0"), ({"scenario_quantile": 0.7}, "scenario_quantile is 0.7"),
     ({"retention_link": "guess"}, "retention_link is 'guess'")],
)  # fmt: skip
def test_impossible_parameters(demo, options, message):
    with pytest.raises(ParameterError, match=message):
        sq.returns(demo, **options)


def test_a_study_without_a_plan_says_so(demo):
    with pytest.raises(ParameterError, match=r"has no \[returns\]"):
        sq.returns(demo.model_copy(update={"returns": None}))


def test_tables_can_be_written(small_results, tmp_path):
    sq.save(small_results["returns"], tmp_path)
    assert json.loads(next(tmp_path.glob("*.json")).read_text(encoding="utf-8"))
