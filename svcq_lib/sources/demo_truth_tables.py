"""The true parameters of the tables beside the survey."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from svcq_lib.sources import demo_comments as comments
from svcq_lib.sources import demo_customers as people
from svcq_lib.sources import demo_gaps as gaps
from svcq_lib.sources import demo_journey as journey
from svcq_lib.sources import demo_kano as kano
from svcq_lib.sources import demo_operations as operations
from svcq_lib.sources import demo_recovery as recovery
from svcq_lib.sources import demo_world as world

Entries = dict[str, tuple[str, Any]]


def by_dimension(values: np.ndarray, digits: int = 4) -> dict[str, float]:
    """Return values of the five dimensions by name.

    Parameters
    ----------
    values : ndarray, shape (5,)
        Values in the order of the dimensions.
    digits : int
        Digits kept.

    Returns
    -------
    dict of str to float
        Dimension → value.
    """
    return {name: round(float(x), digits) for name, x in zip(world.DIMENSIONS, values, strict=True)}


def sla_attainment(level: int, *, factor: float = 1.0) -> tuple[float, float]:
    """Return the true shares of complaints that meet the clocks of their level.

    Parameters
    ----------
    level : int
        1 to 3.
    factor : float
        Multiplier of both clocks, as under the programme.

    Returns
    -------
    tuple of float
        Share responded and share closed in time; the rare wait of closing for a late response is left out.
    """

    def within(hours: float, median: float, spread: float) -> float:
        return 0.5 * math.erfc(-math.log(hours / median) / (spread * math.sqrt(2)))

    respond_by, close_by = recovery.RULES[level]
    respond = within(respond_by, factor * recovery.RESPOND_MEDIAN[level], recovery.RESPOND_SPREAD)
    median = factor * recovery.CLOSE_MEDIAN[level]
    stuck = within(close_by, median * recovery.STUCK_FACTOR, recovery.CLOSE_SPREAD)
    normal = within(close_by, median, recovery.CLOSE_SPREAD)
    return respond, (1 - recovery.STUCK_SHARE) * normal + recovery.STUCK_SHARE * stuck


def complaints() -> Entries:
    """Return the true parameters of complaints and of the after-sales process.

    Returns
    -------
    dict
        Name → (description, value).
    """
    sla = {}
    for name, factor in (("without_programme", 1.0), ("with_programme", recovery.PROGRAMME_CLOCK)):
        rates = {level: sla_attainment(level, factor=factor) for level in recovery.RULES}
        sla[name] = {
            f"level_{k}": {"responded": round(r, 4), "closed": round(c, 4)} for k, (r, c) in rates.items()
        }
    hours = {step: row[1] for step, row in recovery.STEPS.items()}
    return {
        "sla_attainment": ("Shares of complaints that meet the clocks 24/48, 48/72 and 72/120 hours.", sla),
        "complaint_clock_factor": ("What the programme multiplies both clocks by.", recovery.PROGRAMME_CLOCK),
        "complaint_volume_factor": (
            "What the programme multiplies complaints by.",
            recovery.PROGRAMME_VOLUME,
        ),
        "complaint_reasons": ("Shares of reasons.", recovery.REASONS),
        "complaint_root_causes": ("Shares of root causes.", recovery.ROOT_CAUSES),
        "recovery_csat": ("Mean satisfaction after recovery and its shifts, 1–10.", recovery.RECOVERY_CSAT),
        "process_hours": ("Mean hours of each step; dispatch is 40 % of 72.", hours),
        "process_rework_rate": ("Share of cases sent back to diagnosis.", recovery.REWORK_RATE),
    }


def indicators() -> Entries:
    """Return the true parameters of the indicators and of the service-profit chain.

    Returns
    -------
    dict
        Name → (description, value).
    """
    return {
        "kqi_shifts": (
            "True values without and with the programme, the special cause, trends of the bank's shares.",
            {
                "first_response_hours": [
                    operations.FIRST_RESPONSE_HOURS,
                    operations.FIRST_RESPONSE_HOURS + operations.FIRST_RESPONSE_CHANGE,
                ],
                "first_contact_resolution": [
                    operations.FIRST_CONTACT,
                    round(operations.FIRST_CONTACT + operations.FIRST_CONTACT_CHANGE, 4),
                ],
                "solved_share": {
                    "level": operations.SOLVED,
                    "special_cause_month": operations.OUTAGE_MONTH,
                    "drop": operations.OUTAGE_DROP,
                },
                "trends": {name: [first, last] for name, (_, first, last) in operations.BANK_SHARES.items()},
            },
        ),
        "service_profit_chain": (
            "Standardized paths between branch-months.",
            {f"{source} -> {target}": path for (source, target), path in operations.CHAIN.items()},
        ),
    }


def customers() -> Entries:
    """Return the true parameters of visits and transactions.

    Returns
    -------
    dict
        Name → (description, value).
    """
    return {
        "visit_path": (
            "Shares of visits at the start and the end of the eighteen months.",
            people.VISIT_PATH,
        ),
        "visit_passed_on": ("Share of needs passed on between units.", people.PASSED_ON),
        "transactions": (
            "By tier: transactions a month, mean amount; gamma shapes of the rate and the amount.",
            {
                "rate": dict(zip(world.TIERS, people.PURCHASE_RATE.tolist(), strict=True)),
                "amount": dict(zip(world.TIERS, people.AMOUNT_MEAN.tolist(), strict=True)),
                "rate_shape": people.RATE_SHAPE,
                "amount_shape": people.AMOUNT_SHAPE,
            },
        ),
    }


def designs() -> Entries:
    """Return the true parameters of gaps 1 to 4, Kano, journey and comments.

    Returns
    -------
    dict
        Name → (description, value).
    """
    return {
        "knowledge_gap": ("Managers' estimate − customers' expectation.", by_dimension(gaps.KNOWLEDGE_GAP)),
        "standards_gap": ("Standard − managers' estimate.", by_dimension(gaps.STANDARDS_GAP)),
        "delivery_gap": ("Delivered − standard.", by_dimension(gaps.DELIVERY_GAP)),
        "communication_gap": ("Delivered − promised.", by_dimension(gaps.COMMUNICATION_GAP)),
        "kano_categories": (
            "Category of each feature.",
            {name: row[1] for name, row in kano.FEATURES.items()},
        ),
        "kano_shares": (
            "Shares of the six kinds of answer.",
            {name: dict(zip(kano.KINDS, row[2], strict=True)) for name, row in kano.FEATURES.items()},
        ),
        "journey_memory": ("Weights of peak, end and mean in the overall score.", journey.MEMORY),
        "comment_emerging_theme": (
            "Theme that emerges and the month in which it does.",
            {"theme": comments.EMERGING_THEME, "month": world.MONTHS[comments.EMERGING_MONTH - 1]},
        ),
        "comment_share": ("Share of respondents with a comment.", comments.COMMENT_SHARE),
    }
