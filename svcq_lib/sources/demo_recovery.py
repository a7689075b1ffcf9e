"""Simulated complaints and the event log of after-sales cases."""

# A table keeps one row per line.
# ruff: noqa: E501

from __future__ import annotations

import numpy as np
import pandas as pd

from svcq_lib.sources import demo_world as world
from svcq_lib.sources.demo_responses import pick_branch

COMPLAINTS = 2_000
CLASSES = {"service": 0.42, "product": 0.14, "system": 0.16, "process": 0.22, "other": 0.06}
LEVELS = {1: 0.60, 2: 0.28, 3: 0.12}
FAILURES = {"availability": 0.22, "execution": 0.38, "attitude": 0.15, "communication": 0.25}
REASONS = {
    "slow_response": 0.35,
    "not_fully_solved": 0.28,
    "wrong_information": 0.13,
    "fee_dispute": 0.10,
    "system_fault": 0.09,
    "staff_attitude": 0.05,
}
ROOT_CAUSES = {
    "dispatch_queue": 0.34,
    "no_authority_to_solve": 0.23,
    "unclear_rule": 0.15,
    "knowledge_gap": 0.13,
    "system_outage": 0.09,
    "third_party": 0.06,
}
CHANNEL_SHARE = np.array([0.25, 0.45, 0.30])
# Log-normal hours: median and spread by level. The programme multiplies both clocks where it runs.
RESPOND_MEDIAN, RESPOND_SPREAD = {1: 9.0, 2: 16.0, 3: 26.0}, 0.90
CLOSE_MEDIAN, CLOSE_SPREAD = {1: 26.0, 2: 44.0, 3: 80.0}, 0.75
STUCK_SHARE, STUCK_FACTOR = 0.08, 60.0
PROGRAMME_CLOCK, PROGRAMME_VOLUME = 0.70, 0.70
RESPONDENT_SHARE, REOPEN_RATE, REPEAT_RATE, SURVEY_RATE, COMPENSATION_RATE = 0.5, 0.08, 0.14, 0.60, 0.22
RECOVERY_CSAT = {"base": 6.4, "closed_in_time": 1.0, "compensated": 0.6, "reopened": -1.6}
RULES = {1: (24, 48), 2: (48, 72), 3: (72, 120)}

STEPS: dict[str, tuple[world.Text, float, float, str, str]] = {
    "received": (("Received", "受理"), 2.0, 0.3, "front_desk", "waiting"),
    "registered": (("Registered", "登记"), 4.0, 0.4, "front_desk", "over_processing"),
    "dispatched": (("Dispatched", "派单"), 28.8, 0.5, "dispatch_desk", "backlog"),
    "diagnosed": (("Diagnosed", "诊断"), 9.2, 2.0, "specialist", "hand_off"),
    "handled": (("Handled", "处理"), 16.0, 5.0, "specialist", "rework"),
    "confirmed": (("Confirmed with customer", "回访确认"), 7.0, 0.5, "front_desk", "waiting"),
    "closed": (("Closed", "结案"), 5.0, 0.2, "quality_desk", "idle"),
}
CASES, REWORK_RATE, STEP_SPREAD = 600, 0.12, 0.55


def complaints(seed: int, respondents: pd.DataFrame) -> pd.DataFrame:
    """Draw the complaints of the eighteen months; cases not closed at the report date stay open.

    Parameters
    ----------
    seed : int
        Seed of the study.
    respondents : DataFrame
        Columns customer_id and branch of those who answered the survey; half of the complaints are theirs.

    Returns
    -------
    DataFrame
        One row per case in order of opening.
    """
    rng = world.stream(seed, "complaints")
    opened, branch, dose = _openings(rng)
    n = len(opened)
    level = np.array(list(LEVELS))[world.pick(rng, np.tile(list(LEVELS.values()), (n, 1)))]
    factor = 1 - (1 - PROGRAMME_CLOCK) * dose
    respond = (
        factor * np.array([RESPOND_MEDIAN[k] for k in level]) * np.exp(RESPOND_SPREAD * rng.normal(size=n))
    )
    median = np.array([CLOSE_MEDIAN[k] for k in level])
    stuck = np.where(rng.random(n) < STUCK_SHARE, STUCK_FACTOR, 1.0)
    close = np.maximum(factor * stuck * median * np.exp(CLOSE_SPREAD * rng.normal(size=n)), respond + 0.25)
    table = pd.DataFrame(
        {
            "complaint_id": [f"C{i:05d}" for i in range(1, n + 1)],
            "customer_id": _complainants(rng, respondents, branch),
            "branch": np.array(list(world.BRANCHES))[branch],
            "channel": np.array(list(world.CHANNELS))[world.pick(rng, np.tile(CHANNEL_SHARE, (n, 1)))],
        }
    )
    for name, shares in (
        ("class", CLASSES),
        ("failure_type", FAILURES),
        ("reason", REASONS),
        ("root_cause", ROOT_CAUSES),
    ):
        table[name] = np.array(list(shares))[world.pick(rng, np.tile(list(shares.values()), (n, 1)))]
    table.insert(5, "level", level)
    table["opened"], table["responded"], table["closed"] = (
        opened,
        _after(opened, respond),
        _after(opened, close),
    )
    table["repeat"] = table.duplicated("customer_id").astype(int)
    return _outcome_of_recovery(rng, table, close)


def _openings(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    # Openings are thinned where the programme runs, so more are drawn than are kept.
    n = round(COMPLAINTS * 1.12)
    start = np.datetime64("2025-01-01T00:00")
    day = np.sort(
        rng.integers((np.datetime64("2026-07-01") - np.datetime64("2025-01-01")).astype(int), size=n)
    )
    minute = rng.integers(8 * 60, 20 * 60, size=n)
    opened = start + day.astype("timedelta64[D]").astype("timedelta64[m]") + minute.astype("timedelta64[m]")
    month = opened.astype("datetime64[M]").astype(int) - np.datetime64("2025-01").astype(int) + 1
    branch = pick_branch(rng, n)
    dose = world.programme_dose(branch, month)
    keep = rng.random(n) < 1 - (1 - PROGRAMME_VOLUME) * dose
    order = np.argsort(opened[keep], kind="stable")
    return opened[keep][order], branch[keep][order], dose[keep][order]


def _complainants(rng: np.random.Generator, respondents: pd.DataFrame, branch: np.ndarray) -> np.ndarray:
    others = np.array([f"U{i:05d}" for i in range(20_001, world.CUSTOMERS + 1)])
    known = respondents.groupby("branch")["customer_id"].agg(list)
    ids = rng.choice(others, size=len(branch), replace=False).astype(object)
    for position, code in enumerate(world.BRANCHES):
        rows = np.flatnonzero(branch == position)
        answered = rng.random(len(rows)) < RESPONDENT_SHARE
        ids[rows[answered]] = rng.choice(known.get(code, list(others)), size=int(answered.sum()))
        for place in np.flatnonzero(rng.random(len(rows)) < REPEAT_RATE).tolist():
            if place:
                ids[rows[place]] = ids[rows[int(rng.integers(max(0, place - 20), place))]]
    return ids


def _after(opened: np.ndarray, hours: np.ndarray) -> np.ndarray:
    when = opened + np.round(hours * 60).astype("timedelta64[m]")
    return np.where(when > np.datetime64(f"{world.REPORT_DATE}T23:59"), np.datetime64("NaT"), when)


def _outcome_of_recovery(rng: np.random.Generator, table: pd.DataFrame, close: np.ndarray) -> pd.DataFrame:
    n = len(table)
    closed = table["closed"].notna().to_numpy()
    in_time = close <= np.array([RULES[k][1] for k in table["level"]])
    reopened = closed & (rng.random(n) < np.where(in_time, REOPEN_RATE * 0.7, REOPEN_RATE * 1.4))
    paid = closed & (rng.random(n) < COMPENSATION_RATE)
    effect = RECOVERY_CSAT
    mean = effect["base"] + effect["closed_in_time"] * in_time + effect["compensated"] * paid
    score = np.clip(np.rint(mean + effect["reopened"] * reopened + 1.6 * rng.normal(size=n)), 1, 10)
    table["reopened"] = reopened.astype(int)
    table["compensation"] = np.where(paid, np.round(rng.gamma(2.0, 60.0, size=n) / 10) * 10, 0).astype(int)
    asked = closed & (rng.random(n) < SURVEY_RATE)
    table["csat_after"] = pd.array(np.where(asked, score, -1), dtype="Int16")
    table.loc[~asked, "csat_after"] = pd.NA
    for name in ("opened", "responded", "closed"):
        table[name] = pd.Series(table[name]).dt.strftime("%Y-%m-%dT%H:%M")
    return table


def process_events(seed: int) -> pd.DataFrame:
    """Draw the event log of after-sales cases: seven steps, of which dispatch takes 40 % of the time.

    Parameters
    ----------
    seed : int
        Seed of the study.

    Returns
    -------
    DataFrame
        One row per step of a case; a case sent back repeats diagnosis and handling.
    """
    rng = world.stream(seed, "process_events")
    rows = []
    names = list(STEPS)
    for case in range(1, CASES + 1):
        clock = np.datetime64("2025-07-01T08:00") + np.timedelta64(int(rng.integers(355 * 24 * 60)), "m")
        back = rng.random() < REWORK_RATE
        path = [*names[:5], "diagnosed", "handled", *names[5:]] if back else names
        for position, step in enumerate(path, 1):
            _, hours, work, actor, _ = STEPS[step]
            again = back and position in (6, 7)
            length = hours * np.exp(STEP_SPREAD * rng.normal() - STEP_SPREAD**2 / 2) * (0.5 if again else 1.0)
            end = clock + np.timedelta64(max(1, round(length * 60)), "m")
            minutes = max(1, round(min(length, work * rng.uniform(0.6, 1.4)) * 60))
            rows.append((f"K{case:04d}", position, step, str(clock), str(end), actor, int(again), minutes))
            clock = end
    columns = ["case_id", "sequence", "step", "started", "finished", "actor", "rework", "work_minutes"]
    table = pd.DataFrame(rows, columns=columns)
    before = table.groupby("case_id")["actor"].shift()
    table.insert(6, "handoff", (before.notna() & (before != table["actor"])).astype(int))
    return table


def value_stream() -> pd.DataFrame:
    """Return the value-stream map of the after-sales process.

    Returns
    -------
    DataFrame
        step, label_en, label_zh, work_hours, wait_hours, waste, keep: the last says which steps the target
        process keeps.
    """
    kept = {"received", "handled", "closed"}
    return pd.DataFrame(
        [
            (step, *text, work, round(hours - work, 1), waste, int(step in kept))
            for step, (text, hours, work, _, waste) in STEPS.items()
        ],
        columns=["step", "label_en", "label_zh", "work_hours", "wait_hours", "waste", "keep"],
    )


# fmt: off
_WHYS: tuple[tuple[str, tuple[world.Text, ...]], ...] = (
    ("dispatch_queue", (("The customer had no answer for three days", "客户三天没有得到答复"), ("The case lay in the dispatch queue", "工单积压在派单环节"), ("One person dispatches by hand", "由一人手工派单"), ("The system cannot sort by subject", "系统不能按类别分派"), ("Dispatch was never part of the system plan", "系统规划未包含派单"))),
    ("no_authority_to_solve", (("The fee was refunded after nine days", "九天后才退费"), ("The counter could not decide", "柜台无权决定"), ("Any refund needs head office", "退费一律由总行审批"), ("The limit dates from 2015", "授权额度多年未调整"), ("Nobody reviews limits", "没有定期复核授权的制度"))),
    ("unclear_rule", (("Two branches gave two answers", "两家网点答复不一致"), ("Both read the rule differently", "对规定理解不同"), ("The rule has three versions", "规定有三个版本"), ("Old versions stay on line", "旧版本未下线"), ("No owner of the knowledge base", "知识库没有负责人"))),
    ("system_outage", (("Customers could not log in", "客户无法登录"), ("The update broke the login", "更新导致登录失败"), ("It was released to all at once", "一次性全量发布"), ("There is no pilot group", "没有灰度发布"), ("Release rules do not ask for one", "发布规范未作要求"))),
)
# fmt: on


def root_causes(table: pd.DataFrame) -> pd.DataFrame:
    """Return the 5-Why log: for four root causes the first complaint that has it, asked why five times.

    Parameters
    ----------
    table : DataFrame
        The complaints.

    Returns
    -------
    DataFrame
        log_id, complaint_id, root_cause, depth, why_en, why_zh.
    """
    first = table.groupby("root_cause")["complaint_id"].first()
    rows = [
        (f"L{number}", first[cause], cause, depth, *why)
        for number, (cause, whys) in enumerate(_WHYS, 1)
        for depth, why in enumerate(whys, 1)
    ]
    return pd.DataFrame(rows, columns=["log_id", "complaint_id", "root_cause", "depth", "why_en", "why_zh"])
