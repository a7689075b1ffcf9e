"""What a return would be under the alternatives to its contested defaults."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from svcq_lib.analyses.returns_chain import CustomerBase, net_present_value
from svcq_lib.analyses.returns_model import Grants, Inputs, Model, Running, Settings, build, choice
from svcq_lib.analyses.returns_outcomes import limits, verdict
from svcq_lib.analyses.returns_sensitivity import SKEPTICAL
from svcq_lib.analyses.switches import Headline, Switch, switches
from svcq_lib.stats.montecarlo import Shape

Array = NDArray[np.float64]
OTHER_TAX = 0.25
"""Tax rate of the alternative to a return before tax: the standard rate of China's enterprise income tax."""
OTHER_CONTINGENCY = (0.10, 0.15)
"""The two rules of the source documents."""
OTHER_HORIZON = (3.0, 5.0)
"""Years of the alternative horizons: the first that differs from the one used."""


def switches_of(
    inputs: Inputs, model: Model, values: Array, level: float, n_draws: int, seed: int
) -> pd.DataFrame:
    """Return the net present value under each alternative to a contested default.

    Parameters
    ----------
    inputs : Inputs
        What was read and estimated.
    model : Model
        The model that is reported.
    values : array, shape (draws,)
        Its net present values.
    level : float
        Level of the intervals, and of what may be said.
    n_draws, seed : int
        Of the simulation.

    Returns
    -------
    DataFrame
        See `analyses.switches.switches`: the headline is the net present value; the answer is the same where the
        verdict (pays, loses, open) is.
    """
    own = verdict(float((values > 0).mean()), level)
    rows = []
    for default, used, alternative, changed in _alternatives(inputs, model):
        other = build(inputs, changed, n_draws=n_draws, seed=seed)
        found = net_present_value(other.programme, other.draws, other.terms)
        same = verdict(float((found > 0).mean()), level) == own
        rows.append(Switch(default, used, alternative, _headline(found, level), same))
    return switches(_headline(values, level), rows)


def _headline(values: Array, level: float) -> Headline:
    return Headline("npv", "number", float(values.mean()), *limits(values, level))


def _alternatives(inputs: Inputs, model: Model) -> list[tuple[str, str, str, Settings]]:
    settings, plan = model.settings, inputs.plan
    found: list[tuple[str, str, str, Settings]] = [
        ("retention_link", model.link.origin, origin, replace(settings, retention_link=origin))
        for origin in inputs.links
        if origin != model.link.origin
    ]
    full = settings.causal_share == 1.0
    found.append(("causal_share", "share_all" if full else "share_stated", "share_half" if full else "share_all",
                  replace(settings, causal_share=SKEPTICAL if full else 1.0)))  # fmt: skip
    low, high = OTHER_CONTINGENCY
    usual = abs(choice(plan, settings, "contingency") - low) < 1e-9
    found.append(("contingency", "contingency_low" if usual else "contingency_other",
                  "contingency_high" if usual else "contingency_low",
                  replace(settings, contingency=high if usual else low)))  # fmt: skip
    taxed = choice(plan, settings, "tax_rate") > 0
    found.append(("tax_rate", "after_tax" if taxed else "before_tax", "before_tax" if taxed else "after_tax_25",
                  replace(settings, tax_rate=0.0 if taxed else OTHER_TAX)))  # fmt: skip
    now = choice(plan, settings, "horizon")
    found += [
        ("horizon", "horizon_used", f"horizon_{years:.0f}", replace(settings, horizon=years))
        for years in OTHER_HORIZON
        if years != now
    ]
    for name, pair in (("customer_base", get_args(CustomerBase)), ("running", get_args(Running)),
                       ("grants", get_args(Grants)), ("spread", get_args(Shape))):  # fmt: skip
        used = getattr(settings, name)
        other = next(one for one in pair if one != used)
        found.append((name, used, other, replace(settings, **{name: other})))
    return found
