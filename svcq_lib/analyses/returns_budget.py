"""Which initiatives to fund under a budget, how surely, and what another budget would bring."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from svcq_lib.analyses.returns_chain import Draws, net_present_value
from svcq_lib.analyses.returns_model import Model, choice
from svcq_lib.analyses.returns_outcomes import limits
from svcq_lib.stats.knapsack import choose
from svcq_lib.study.sections import Returns

Array = NDArray[np.float64]
STEPS = 24
"""Budgets that are tried for the frontier."""


def planned_costs(model: Model) -> Array:
    """Return what each initiative's plan costs, with contingency and without discounting.

    Parameters
    ----------
    model : Model
        The model.

    Returns
    -------
    array, shape (k,)
        Costs listed in the table, in units of money.
    """
    plan = model.inputs.plan
    paid = plan.costs if model.settings.grants == "cost" else plan.costs[plan.costs["funding"] != "grant"]
    by_name = paid.groupby("initiative")["amount"].sum().reindex(list(model.programme.names), fill_value=0.0)
    reserve = 1 + choice(plan, model.settings, "contingency")
    return np.asarray(by_name.to_numpy(dtype=float) * reserve / model.terms.money)


@dataclass(frozen=True, eq=False)
class Problem:
    """The choice under a budget.

    Attributes
    ----------
    names : tuple of str
        The k initiatives.
    costs : array, shape (k,)
        Planned costs.
    alone : array, shape (draws, k)
        Net present value of each initiative alone.
    joint : Mapping of (int, int) to array, shape (draws,)
        What two initiatives on shared items are worth together beyond that.
    requires, excludes : list of (int, int)
        Dependencies and exclusions.
    value_of : callable
        Net present value of a set of initiatives, through the whole chain, shape (draws,).
    """

    names: tuple[str, ...]
    costs: Array
    alone: Array
    joint: Mapping[tuple[int, int], Array]
    requires: list[tuple[int, int]]
    excludes: list[tuple[int, int]]
    value_of: Callable[[Sequence[int]], Array]


def problem_of(model: Model, section: Returns, draws: int) -> Problem:
    """Return the choice under a budget that a model poses.

    Parameters
    ----------
    model : Model
        The model.
    section : Returns
        With dependencies and exclusions.
    draws : int
        How many draws the choice is repeated on.

    Returns
    -------
    Problem
        Values of initiatives and of pairs on shared items, costs and rules.
    """
    names, touches = model.programme.names, model.programme.touches
    some = _first(model.draws, draws)

    def value_of(chosen: Sequence[int]) -> Array:
        return net_present_value(model.programme, some, model.terms, chosen)

    alone = [value_of([i]) for i in range(len(names))]
    shared = [
        pair for pair in combinations(range(len(names)), 2) if (touches[pair[0]] & touches[pair[1]]).any()
    ]
    joint = {(i, j): value_of([i, j]) - alone[i] - alone[j] for i, j in shared}
    return Problem(
        names, planned_costs(model), np.column_stack(alone), joint, _positions(section.requires, names),
        _positions(section.excludes, names), value_of,
    )  # fmt: skip


def best(problem: Problem, budget: float, draw: int | None = None) -> NDArray[np.bool_]:
    """Return the best choice.

    Parameters
    ----------
    problem : Problem
        Values, costs and rules.
    budget : float
        Most that may be spent, in units of money.
    draw : int, optional
        For the values of one draw; for the expected values without it.

    Returns
    -------
    array of bool, shape (k,)
        What to fund.
    """
    if draw is None:
        values, joint = problem.alone.mean(axis=0), {pair: one.mean() for pair, one in problem.joint.items()}
    else:
        values, joint = problem.alone[draw], {pair: one[draw] for pair, one in problem.joint.items()}
    return choose(
        values, problem.costs, budget, requires=problem.requires, excludes=problem.excludes, joint=joint
    )


def _positions(rules: Mapping[str, Sequence[str]], names: Sequence[str]) -> list[tuple[int, int]]:
    return [(names.index(one), names.index(other)) for one, others in rules.items() for other in others]


def _first(draws: Draws, count: int) -> Draws:
    return Draws(
        draws.lifts[:count], draws.slopes[:count], draws.retention_slope[:count],
        {name: values[:count] for name, values in draws.values.items()},
    )  # fmt: skip


def selection(problem: Problem, budget: float) -> pd.DataFrame:
    """Return which initiatives the budget should fund.

    Parameters
    ----------
    problem : Problem
        Values, costs and rules.
    budget : float
        Most that may be spent, in units of money.

    Returns
    -------
    DataFrame, one row per initiative
        term, cost, chosen (for the expected values), chosen_share (of the draws in which it is chosen), requires and
        excludes (names joined by ``;``; an exclusion stands in both rows).
    """
    draws = len(problem.alone)
    often = np.mean([best(problem, budget, draw) for draw in range(draws)], axis=0)
    return pd.DataFrame({
        "term": problem.names, "cost": problem.costs, "chosen": best(problem, budget),
        "chosen_share": often, "requires": _named(problem.names, problem.requires),
        "excludes": _named(problem.names, [*problem.excludes, *((j, i) for i, j in problem.excludes)]),
    })  # fmt: skip


def _named(names: Sequence[str], rules: Sequence[tuple[int, int]]) -> list[str]:
    """Return for each initiative the others that a rule ties it to."""
    others = [sorted({j for one, j in rules if one == i}) for i in range(len(names))]
    return [";".join(names[j] for j in one) for one in others]


def frontier(problem: Problem, level: float, n: float) -> pd.DataFrame:
    """Return the best expected net present value for every budget.

    Parameters
    ----------
    problem : Problem
        Values, costs and rules.
    level, n : float
        Level of the intervals; answers behind the chain.

    Returns
    -------
    DataFrame, one row per budget
        budget, estimate (net present value of the choice, mean), conf_low, conf_high, cost (of the choice), chosen
        (names joined by ``;``), k (how many), n.
    """
    names, rows = problem.names, []
    known: dict[tuple[int, ...], Array] = {}
    budgets = np.unique(np.concatenate([np.linspace(0, problem.costs.sum(), STEPS), problem.costs]))
    for budget in budgets:
        chosen = tuple(int(i) for i in np.flatnonzero(best(problem, float(budget))))
        if chosen not in known:
            known[chosen] = problem.value_of(chosen) if chosen else np.zeros(len(problem.alone))
        value = known[chosen]
        rows.append((
            float(budget), float(value.mean()), *limits(value, level), float(problem.costs[list(chosen)].sum()),
            ";".join(names[i] for i in chosen), len(chosen),
        ))  # fmt: skip
    columns = ["budget", "estimate", "conf_low", "conf_high", "cost", "chosen", "k"]
    return pd.DataFrame(rows, columns=columns).assign(n=n)
