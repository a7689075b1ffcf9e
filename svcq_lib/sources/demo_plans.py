"""The improvement programme on paper: milestones, initiatives, their costs, assumptions of the return."""

# A table keeps one row per line.
# ruff: noqa: E501

from __future__ import annotations

import numpy as np
import pandas as pd

from svcq_lib.sources import demo_world as world

PROGRAMME_START, PROGRAMME_END = "2025-07-01", "2026-12-31"
FUNDING = {"own": 0.70, "grant": 0.20, "loan": 0.10}
# (phase, English, Chinese, planned start, planned end, days late at the end or None if not finished, weight)
MILESTONES: tuple[tuple[int, str, str, str, str, int | None, int], ...] = (
    (1, "Programme office set up", "成立项目办公室", "2025-07-01", "2025-07-31", 0, 3),
    (1, "Baseline survey finished", "完成基线调查", "2025-07-01", "2025-08-31", -4, 5),
    (1, "Service standards published", "发布服务标准", "2025-08-01", "2025-09-30", 12, 6),
    (1, "Express desks in the pilot branches", "试点网点开设快速窗口", "2025-07-01", "2025-09-30", 0, 8),
    (1, "Call-back team at work", "回访团队到岗", "2025-08-15", "2025-10-31", 5, 6),
    (1, "First training round", "完成第一轮培训", "2025-09-01", "2025-11-30", 21, 6),
    (1, "Review of phase 1", "第一阶段评审", "2025-12-01", "2025-12-31", 3, 4),
    (2, "Automatic dispatch in test", "自动派单上线测试", "2025-11-01", "2026-01-31", 18, 7),
    (2, "Single customer record", "统一客户视图", "2025-12-01", "2026-03-31", 30, 7),
    (2, "Second training round", "完成第二轮培训", "2026-02-01", "2026-04-30", 6, 6),
    (2, "Dashboard of quality indicators", "质量指标看板上线", "2026-01-01", "2026-03-31", -3, 5),
    (2, "Complaint process with three steps", "三步投诉流程试运行", "2026-02-01", "2026-05-31", 25, 7),
    (2, "Half of the visits made", "走访完成过半", "2026-01-01", "2026-05-31", 10, 4),
    (2, "Review of phase 2", "第二阶段评审", "2026-06-01", "2026-06-30", None, 4),
    (3, "Programme in all branches", "推广至全部网点", "2026-06-15", "2026-10-31", None, 8),
    (3, "Self-service for common requests", "常用业务自助化", "2026-05-01", "2026-09-30", None, 6),
    (3, "External certification", "通过外部认证", "2026-08-01", "2026-11-30", None, 4),
    (3, "Final evaluation", "总体效果评估", "2026-11-01", "2026-12-31", None, 4),
)
STARTED_LATE = {"2026-06-15": "", "2026-05-01": "2026-05-20", "2026-06-01": "2026-06-08"}

TRAINING_PER_HEAD_YEAR = 2_000
TRAINED = 8
"""Service coaches, one for three branches."""

# fmt: off
# id, English, Chinese, items, (low, likely, high) lift in points of 7, start, life in months, ramp in months,
# fixed cost in CNY by category, running cost a month in CNY
INITIATIVES: tuple[tuple[str, str, str, str, tuple[float, float, float], str, int, int, tuple[str, int], tuple[str, float]], ...] = (
    ("I1", "Express desks", "快速窗口", "q10;q11", (0.30, 0.60, 0.80), "2025-07", 48, 3, ("premises", 180_000), ("third_party", 4_000)),
    ("I2", "Call-back team", "回访团队", "q05;q12;q13", (0.20, 0.35, 0.50), "2025-08", 48, 3, ("headcount", 60_000), ("incentives", 5_000)),
    ("I3", "Automatic dispatch", "自动派单系统", "q08;q11", (0.10, 0.25, 0.45), "2026-01", 60, 4, ("systems", 165_000), ("third_party", 2_400)),
    ("I4", "Training of service staff", "服务人员培训", "q14;q17;q20", (0.05, 0.15, 0.25), "2025-09", 36, 6, ("systems", 6_000), ("training", TRAINED * TRAINING_PER_HEAD_YEAR / 12)),
    ("I5", "Single customer record", "统一客户视图", "q09;q18;q22", (0.00, 0.10, 0.25), "2026-03", 60, 6, ("systems", 105_000), ("third_party", 900)),
    ("I6", "Refitted waiting areas", "等候区改造", "q01;q02;q03;q04", (0.10, 0.40, 0.60), "2026-06", 84, 2, ("premises", 360_000), ("third_party", 1_000)),
)
# fmt: on
# Dispatch reads the single record; the call-back team is drawn from the staff who would be trained.
REQUIRES: dict[str, tuple[str, ...]] = {"I3": ("I5",)}
EXCLUDES: dict[str, tuple[str, ...]] = {"I2": ("I4",)}
BUDGET = 850_000

# fmt: off
# parameter, unit, low, likely, high, English, Chinese
ECONOMICS: tuple[tuple[str, str, float, float, float, str, str], ...] = (
    ("customers", "customers", 37_500, 38_700, 39_800, "Customers of the bank", "客户数"),
    ("revenue_per_customer", "CNY/year", 1_650, 1_824, 2_000, "Revenue per customer and year", "户均年收入"),
    ("contribution_margin", "share", 0.22, 0.27, 0.32, "Contribution margin", "边际贡献率"),
    ("discount_rate", "share/year", 0.06, 0.08, 0.10, "Discount rate", "折现率"),
    ("retention", "share/18 months", 0.85, 0.87, 0.89, "Retention without the programme", "无项目时的客户保留率"),
    ("retention_per_csat_point", "share", 0.014, 0.021, 0.028, "Retention per point of satisfaction (1–10)", "满意度每提高1分的保留率变化"),
    ("price_per_csat_point", "share", 0.000, 0.004, 0.010, "Price or wallet share per point of satisfaction", "满意度每提高1分的价格或份额变化"),
    ("cost_to_serve", "CNY/customer/year", 330, 365, 400, "Cost to serve", "户均服务成本"),
    ("cost_saving", "share", 0.00, 0.03, 0.06, "Cost to serve saved where the programme runs", "项目覆盖网点的服务成本节约率"),
    ("contingency", "share of plan", 0.10, 0.10, 0.15, "Contingency reserve", "不可预见费"),
    ("horizon", "years", 3, 4, 5, "Years counted", "计算年限"),
)
# fmt: on


def milestones() -> pd.DataFrame:
    """Return the milestones with planned and actual dates.

    Returns
    -------
    DataFrame
        One row per listed milestone; actual dates are blank when not reached at the report date.
    """
    rows = []
    for number, (phase, en, zh, start, end, late, weight) in enumerate(MILESTONES, 1):
        began = STARTED_LATE.get(start, start) if late is None else start
        if began > world.REPORT_DATE:
            began = ""
        finished = "" if late is None else str(np.datetime64(end) + late)
        rows.append((f"MS{number:02d}", phase, en, zh, start, end, began, finished, weight))
    names = ["milestone", "phase", "label_en", "label_zh", "planned_start", "planned_end"]
    return pd.DataFrame(rows, columns=[*names, "actual_start", "actual_end", "weight"])


def initiatives() -> pd.DataFrame:
    """Return the initiatives and the lift that each is expected to bring.

    Returns
    -------
    DataFrame
        initiative, labels, items, lift_low, lift_likely, lift_high, start, life_months, ramp_months.
    """
    return pd.DataFrame(
        [
            (code, en, zh, items, *lift, start, life, ramp)
            for code, en, zh, items, lift, start, life, ramp, _, _ in INITIATIVES
        ],
        columns=[
            "initiative",
            "label_en",
            "label_zh",
            "items",
            "lift_low",
            "lift_likely",
            "lift_high",
            "start",
            "life_months",
            "ramp_months",
        ],
    )


def initiative_costs() -> pd.DataFrame:
    """Return what the initiatives cost by month, kind and source of funds.

    Returns
    -------
    DataFrame
        initiative, month, kind (fixed or running), category, funding, amount in CNY; eighteen months from the
        start of the programme.
    """
    plan = [f"{2025 + (m + 6) // 12}-{(m + 6) % 12 + 1:02d}" for m in range(18)]
    rows = []
    for code, _, _, _, _, start, _, _, (fixed_kind, fixed), (running_kind, running) in INITIATIVES:
        first = plan.index(start)
        # Fixed cost is paid in three parts from the start.
        parts = [(plan[first + i], "fixed", fixed_kind, fixed / 3) for i in range(3)]
        parts += [(month, "running", running_kind, running) for month in plan[first:]]
        for month, kind, category, amount in parts:
            rows += [
                (code, month, kind, category, source, round(amount * share))
                for source, share in FUNDING.items()
            ]
    return pd.DataFrame(rows, columns=["initiative", "month", "kind", "category", "funding", "amount"])


def economics() -> pd.DataFrame:
    """Return the assumptions that turn lifts into money, each with a low, likely and high value.

    Returns
    -------
    DataFrame
        parameter, unit, low, likely, high, label_en, label_zh.
    """
    return pd.DataFrame(
        ECONOMICS, columns=["parameter", "unit", "low", "likely", "high", "label_en", "label_zh"]
    )
