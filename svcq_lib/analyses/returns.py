"""Does better service pay? From initiatives through satisfaction and retention to cash, every link uncertain."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from svcq_lib.analyses import (
    returns_budget,
    returns_claims,
    returns_links,
    returns_outcomes,
    returns_sensitivity,
)
from svcq_lib.analyses.context import Context, base_notes, context_of
from svcq_lib.analyses.outcomes import column_of, derived_of
from svcq_lib.analyses.returns_chain import (
    CustomerBase,
    RetentionLink,
    cash_flows,
    present_values,
)
from svcq_lib.analyses.returns_links import Link
from svcq_lib.analyses.returns_model import (
    Grants,
    Inputs,
    Model,
    Retention,
    Running,
    Settings,
    build,
    choice,
    money_name,
)
from svcq_lib.analyses.returns_plan import Plan, read_plan, section_of
from svcq_lib.analyses.returns_switches import switches_of
from svcq_lib.errors import Note, ParameterError, require_choice
from svcq_lib.evidence.collect import Evidence, collect
from svcq_lib.evidence.columns import Derived, Present
from svcq_lib.evidence.needs import Cells, EvidenceNeeds, Rows
from svcq_lib.sources.reference import read_reference
from svcq_lib.stats.montecarlo import Shape
from svcq_lib.study import Label, Outcome, Study

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class ReturnsResult:
    """What initiatives return, how surely, and what it hangs on. Money is in units of ``money`` (1e6 or 1e3).

    Attributes
    ----------
    summary : DataFrame, one row per measure
        measure (p_positive, npv, irr, payback, discounted_payback, roi, rosq, spend), estimate, conf_low, conf_high,
        share (of draws that have the figure), n
    cash : DataFrame, one row per month
        period, estimate, conf_low, band_low, median, band_high, conf_high (discounted cash added up), benefit, cost, n
    parts : DataFrame, one row per part of the chain
        term, estimate (present value), conf_low, conf_high, n
    initiatives : DataFrame, one row per initiative, best first
        term, cost, satisfaction_gain with interval, estimate (net present value alone), conf_low, conf_high,
        p_positive, chosen, chosen_share, requires, excludes (names joined by ``;``), n
    links : DataFrame, one row per uncertain link or choice, widest swing first
        term, kind, origin, estimate, conf_low, conf_high, npv_low, npv_high, swing, share, break_even, n
    scenarios : DataFrame, three rows
        term, npv, irr, payback, roi, rosq, n
    frontier : DataFrame, one row per budget
        budget, estimate, conf_low, conf_high, cost, chosen, k, n
    claims : DataFrame, one row per claim and reading
        term, reading, stated, years, required_margin, found, own_margin, holds
    funding : DataFrame, one row per source of money
        term, cost (planned, without contingency), share, n
    settings : DataFrame, one row
        retention_link, causal_share, customer_base, running, grants, spread, discount_rate, tax_rate, contingency,
        risk_reserve, technology_renewal, horizon, budget, n_draws (as used)
    switches : DataFrame, one row per contested default
        See `analyses.switches`; the headline is the net present value.
    currency : str
        Such as ``CNY``.
    money : float
        Size of the unit of money.
    notes : tuple of Note
        Caveats.
    context : Context
        Study, base, filters and settings.
    """

    summary: pd.DataFrame
    cash: pd.DataFrame
    parts: pd.DataFrame
    initiatives: pd.DataFrame
    links: pd.DataFrame
    scenarios: pd.DataFrame
    frontier: pd.DataFrame
    claims: pd.DataFrame
    funding: pd.DataFrame
    settings: pd.DataFrame
    switches: pd.DataFrame
    currency: str
    money: float
    notes: tuple[Note, ...]
    context: Context


def _outcomes(study: Study) -> tuple[Outcome, Outcome | None]:
    """Return the satisfaction that lifts act on, and whether customers stayed."""
    section = section_of(study)
    first = next((name for name, one in study.outcomes.items() if one.kind == "csat"), None)
    if not (section.outcome or first):
        raise ParameterError(
            f"{study.path.name} has no satisfaction outcome. Declare one of kind csat, or set returns.outcome."
        )
    stayed = study.outcome(section.retention) if section.retention else None
    return study.outcome(section.outcome or str(first)), stayed


def _items(study: Study) -> list[str]:
    return [item.name for item in study.instrument.items if item.perception]


def needs(study: Study) -> EvidenceNeeds:
    """Return what :func:`returns` reads from the rows.

    Parameters
    ----------
    study : Study
        The study.

    Returns
    -------
    EvidenceNeeds
        Pairs of satisfaction and all rated items by bootstrap block, and satisfaction with retention row by row.
    """
    outcome, stayed = _outcomes(study)
    derived: dict[str, Derived] = dict(derived_of(study, [outcome]))
    columns = (column_of(outcome), *(f"perception.{name}" for name in _items(study)))
    if study.missing == "listwise":
        derived.update({f"complete.{name}": Present(name, columns) for name in columns})
        columns = tuple(f"complete.{name}" for name in columns)
    rows = {"returns.rows": Rows((column_of(outcome), column_of(stayed)))} if stayed else {}
    return EvidenceNeeds(derived, {"returns.pairs": Cells(columns, cross=True, blocks=True)}, rows=rows)


def returns(
    study: Study,
    *,
    retention_link: Retention = "auto",
    causal_share: float = 1.0,
    customer_base: CustomerBase = "replaced",
    running: Running = "continue",
    grants: Grants = "cost",
    spread: Shape = "triangular",
    discount_rate: float | None = None,
    tax_rate: float | None = None,
    contingency: float | None = None,
    risk_reserve: float | None = None,
    technology_renewal: float | None = None,
    horizon: float | None = None,
    budget: float | None = None,
    scenario_quantile: float = 0.1,
    ci_level: float = 0.95,
    n_draws: int = 10_000,
    n_choices: int = 500,
    n_boot: int = 1000,
    seed: int = 0,
) -> ReturnsResult:
    """Follow initiatives from the items they lift to the money they return.

    Parameters
    ----------
    study : Study
        A study with ``[returns]``, with its filters and period.
    retention_link : {"auto", "own", "declared", "borrowed"}
        Where the link from satisfaction to retention comes from: the study's own customers, the table of assumptions,
        or the product's reference table; ``"auto"`` takes the first that is there.
    causal_share : float
        Part of the association between items and satisfaction that is taken as effect, 0 to 1.
    customer_base : {"replaced", "cohort"}
        Whether customers who leave anyway are replaced, or only today's customers count.
    running : {"continue", "stop"}
        Whether running costs go on at their last listed amount until the end of an initiative's life.
    grants : {"cost", "free"}
        Whether money from grants counts as a cost.
    spread : {"triangular", "pert"}
        Distribution of declared low, likely and high values.
    discount_rate, tax_rate : float, optional
        Per year. Without these and the following, the table of assumptions decides, then `returns_model.DEFAULTS`.
    contingency, risk_reserve, technology_renewal : float, optional
        Reserves that are spent: share of the planned costs, of running costs, and of technology a year.
    horizon : float, optional
        Years counted from the first month of the plan.
    budget : float, optional
        Money for the choice of initiatives, in the currency; that of the study, else half of what all cost.
    scenario_quantile : float
        How bad the pessimistic scenario is: every link at this quantile.
    ci_level : float
        Level of the intervals.
    n_draws, n_choices : int
        Draws of the simulation, and draws on which the choice under a budget is repeated.
    n_boot, seed : int
        Of the bootstrap and the simulation.

    Returns
    -------
    ReturnsResult
        Value, cash, links, choice under a budget and claims.

    Raises
    ------
    DataError
        Listing every problem of the plan's tables; or if the data break the contract.
    ParameterError
        If a parameter has an impossible value.
    MethodError
        If the answers are too few for the driver model.
    """
    settings = Settings(
        retention_link, causal_share, customer_base, running, grants, spread, discount_rate, tax_rate, contingency,
        risk_reserve, technology_renewal, horizon,
    )  # fmt: skip
    _check(settings, scenario_quantile, n_draws)
    plan = read_plan(study)
    evidence = collect(study, needs(study))
    inputs = _inputs(study, plan, evidence, n_boot, seed, ci_level)
    n = float(evidence.moments["returns.pairs"].total().sums["n"][0][0, 0])
    model = build(inputs, settings, n_draws=n_draws, seed=seed)
    flows = cash_flows(model.programme, model.draws, model.terms)
    figures = returns_outcomes.figures_of(flows, model.terms)
    links = returns_sensitivity.links(model, figures["npv"], ci_level, n)
    problem = returns_budget.problem_of(model, study.returns, min(n_choices, n_draws))  # type: ignore[arg-type]
    spendable = _budget(study, budget, problem.costs, model.terms.money)
    chosen = returns_budget.selection(problem, spendable)
    initiatives = returns_outcomes.initiatives(model, ci_level, n).merge(chosen, on="term", validate="1:1")
    claims = returns_claims.claims(plan.economics["contribution_margin"].likely)
    context = context_of(study, evidence, ci_level=ci_level, seed=seed, n_boot=n_boot)
    lifts = {f"lift.{name}": _lift_label(plan.labels[name]) for name in model.programme.names}
    return ReturnsResult(
        summary=returns_outcomes.summary(figures, ci_level, n),
        cash=returns_outcomes.cash(flows, model, ci_level, n),
        parts=returns_outcomes.parts(present_values(flows, model.terms), ci_level, n),
        initiatives=initiatives,
        links=links,
        scenarios=returns_sensitivity.scenarios(model, links, scenario_quantile, n),
        frontier=returns_budget.frontier(problem, ci_level, n),
        claims=claims,
        funding=_funding(plan, model.terms.money, n),
        settings=_used(model, spendable),
        switches=switches_of(inputs, model, figures["npv"], ci_level, n_draws, seed),
        currency=plan.currency,
        money=model.terms.money,
        notes=(*base_notes(study, evidence), *_notes(model, claims)),
        context=replace(
            context, labels={**context.labels, **plan.labels, **lifts, "npv": _value_label(plan, model)}
        ),
    )


def _value_label(plan: Plan, model: Model) -> Label:
    unit = money_name(plan.currency, model.terms.money)
    return Label(en=f"Net present value, {unit.text('en')}", zh=f"净现值（{unit.text('zh')}）")


def _lift_label(name: Label) -> Label:
    return Label(en=f"Lift by {name.en}", zh=f"{name.zh}的提升幅度")


def _check(settings: Settings, quantile: float, n_draws: int) -> None:
    for name, choices in (
        ("retention_link", Retention),
        ("customer_base", CustomerBase),
        ("running", Running),
        ("grants", Grants),
        ("spread", Shape),
    ):
        require_choice(name, getattr(settings, name), get_args(choices))
    shares = {name: getattr(settings, name) for name in ("causal_share", "tax_rate", "contingency", "risk_reserve",
              "technology_renewal", "discount_rate")}  # fmt: skip
    for name, value in shares.items():
        if value is not None and not 0 <= value <= 1:
            raise ParameterError(f"{name} is {value!r}. Set it to a share from 0 to 1.")
    if settings.horizon is not None and settings.horizon <= 0:
        raise ParameterError(f"horizon is {settings.horizon!r}. Set it to a positive number of years.")
    if not 0 < quantile < 0.5:
        raise ParameterError(f"scenario_quantile is {quantile!r}. Set it between 0 and 0.5.")
    if n_draws < 2:
        raise ParameterError(f"n_draws is {n_draws!r}. Set it to at least 2; thousands give smooth results.")


def _inputs(study: Study, plan: Plan, evidence: Evidence, n_boot: int, seed: int, ci_level: float) -> Inputs:
    outcome, stayed = _outcomes(study)
    slopes = returns_links.estimated_slopes(evidence, "returns.pairs", n_boot, seed)
    sums = evidence.moments["returns.pairs"].total().sums
    means = np.diagonal(sums["swx"][0])[1:] / np.diagonal(sums["sw"][0])[1:]
    top = study.instrument.scale.high if study.instrument.scale else np.inf
    found: dict[RetentionLink, Link] = {}
    if stayed is not None:
        own = returns_links.own_retention(
            evidence.rows["returns.rows"], column_of(outcome), column_of(stayed), evidence.design, ci_level
        )
        found |= {"own": own} if own else {}
    if "retention_per_csat_point" in plan.economics:
        one = plan.economics["retention_per_csat_point"]
        found["declared"] = Link("declared", one.low, one.likely, one.high)
    borrowed = read_reference("elasticities").set_index("id")["value"][returns_links.BORROWED_RETENTION]
    # the source gives no range: from no effect to twice the figure says that nothing is known beyond it
    found["borrowed"] = Link("borrowed", 0.0, float(borrowed), 2 * float(borrowed))
    return Inputs(plan, tuple(_items(study)), top - means, slopes, found)


def _budget(study: Study, asked: float | None, costs: Array, money: float) -> float:
    declared = study.returns.budget if study.returns else None
    given = asked if asked is not None else declared
    return float(costs.sum() / 2 if given is None else given / money)


def _funding(plan: Plan, money: float, n: float) -> pd.DataFrame:
    sums = plan.costs.groupby("funding")["amount"].sum() / money
    table = pd.DataFrame({"term": sums.index, "cost": sums.to_numpy(dtype=float)})
    table = table.assign(share=table["cost"] / table["cost"].sum(), n=n)
    return table.sort_values("cost", ascending=False, kind="stable", ignore_index=True)


def _used(model: Model, budget: float) -> pd.DataFrame:
    settings, plan = model.settings, model.inputs.plan
    names = ("discount_rate", "tax_rate", "contingency", "risk_reserve", "technology_renewal", "horizon")
    row = {
        "retention_link": model.link.origin, "causal_share": settings.causal_share,
        "customer_base": settings.customer_base, "running": settings.running, "grants": settings.grants,
        "spread": settings.spread, **{name: choice(plan, settings, name) for name in names}, "budget": budget,
        "n_draws": len(model.draws.lifts),
    }  # fmt: skip
    return pd.DataFrame([row])


def _notes(model: Model, claims: pd.DataFrame) -> list[Note]:
    slopes, link, plan = model.inputs.slopes, model.link, model.inputs.plan
    notes = [Note("association_not_cause", {"causal_share": model.terms.causal_share})]
    if link.origin == "borrowed":
        notes.append(Note("borrowed_retention", {"value": link.likely, "high": link.high}))
    if link.origin == "own" and link.low <= 0:
        notes.append(Note("retention_link_unclear", {"interval": (link.low, link.high)}))
    if "own" not in model.inputs.links:
        notes.append(Note("no_churn_data", {"least": returns_links.LEAST_LEAVERS}))
    if slopes.max_change > 0:
        notes.append(Note("repaired_correlation", {"max_change": slopes.max_change}))
    if slopes.failed:
        failed = {"failed": slopes.failed, "n_boot": slopes.failed + len(slopes.replicates)}
        notes.append(Note("failed_replicates", failed))
    if (plan.initiatives["reach"] == 1).all():
        notes.append(Note("everybody_reached", {}))
    needed = claims.set_index("reading")["required_margin"]
    facts = {name: 100 * float(needed[name]) for name in ("from_start", "full_benefit")}
    notes.append(Note("claims_not_facts", {**facts, "own": 100 * float(claims["own_margin"].iloc[0])}))
    return notes
