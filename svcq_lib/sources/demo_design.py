"""Tables for risk and design: failure modes, risks, house of quality, service blueprint."""

# A table keeps one row per line.
# ruff: noqa: E501

from __future__ import annotations

import pandas as pd

# fmt: off
# mode (English, Chinese), step, effect, cause, S O D before, action, S O D after, owner role, due, status
_FMEA: tuple[tuple[str, str, str, str, str, tuple[int, int, int], str, str, tuple[int, int, int], str, str, str], ...] = (
    ("Case lies in the dispatch queue", "工单积压在派单环节", "dispatched", "answer late", "one person dispatches by hand", (7, 8, 4), "Automatic dispatch", "自动派单", (7, 3, 3), "operations_manager", "2026-04-30", "done"),
    ("Promise date passes unnoticed", "承诺日期过期无人发现", "handled", "promise broken", "no reminder", (8, 6, 6), "Clock with reminder", "到期提醒", (8, 3, 2), "operations_manager", "2026-02-28", "done"),
    ("Closed before it is solved", "未解决即结案", "closed", "customer complains again", "closing is rewarded", (7, 5, 6), "Customer confirms closing", "客户确认后结案", (7, 2, 4), "complaints_manager", "2026-05-31", "done"),
    ("Wrong answer about a fee", "费用解答错误", "diagnosed", "loss of trust", "rules spread over documents", (6, 5, 5), "One knowledge base", "统一知识库", (6, 3, 4), "training_manager", "2026-06-30", "running"),
    ("App login fails after an update", "更新后手机银行登录失败", "received", "no access", "update without a pilot group", (8, 4, 5), "Pilot group for updates", "灰度发布", (8, 2, 3), "it_manager", "2026-08-31", "planned"),
    ("Only one counter open at noon", "午间只开一个窗口", "received", "long queue", "rota ignores the peaks", (5, 7, 3), "Rota from arrival data", "按客流排班", (5, 4, 3), "branch_manager", "2025-11-30", "done"),
    ("Call-back forgotten", "忘记回访", "confirmed", "customer feels ignored", "list kept on paper", (6, 6, 7), "Call-back list in the system", "系统回访清单", (6, 3, 3), "contact_centre_manager", "2025-12-31", "done"),
    ("Customer registered twice", "客户重复登记", "registered", "contradicting answers", "no common record", (4, 7, 5), "Single customer record", "统一客户视图", (4, 4, 3), "data_steward", "2026-03-31", "done"),
    ("Elderly customer sent to the app", "老年客户被引导至手机端", "received", "exclusion", "sales target for the app", (7, 4, 5), "Assisted service at the counter", "柜台协助办理", (7, 2, 4), "branch_manager", "2026-03-31", "done"),
    ("Staff promise more than the standard", "员工承诺超出标准", "received", "expectation too high", "standards not known", (5, 5, 6), "Standards on one page", "一页纸服务标准", (5, 3, 5), "training_manager", "2026-01-31", "done"),
    ("Personal data in a comment is passed on", "留言中的个人信息外泄", "registered", "breach of privacy", "no masking", (9, 3, 5), "Masking before analysis", "分析前脱敏", (9, 1, 3), "data_steward", "2025-10-31", "done"),
    ("Third party misses its date", "第三方未按期完成", "handled", "delay", "no agreed date", (6, 4, 4), "Service level in the contract", "合同约定服务时限", (6, 3, 3), "procurement_manager", "2026-09-30", "planned"),
)
_RISKS: tuple[tuple[str, str, str, int, int, str, str, str, str], ...] = (
    ("Automatic dispatch delayed", "自动派单延期", "technology", 4, 4, "yellow", "it_manager", "Weekly review with the supplier", "与供应商每周例会"),
    ("Staff leave during the change", "变革期间员工流失", "people", 3, 4, "yellow", "hr_manager", "Bonus and rota choice", "激励与弹性排班"),
    ("Outage of the mobile channel", "手机银行中断", "technology", 2, 5, "yellow", "it_manager", "Fallback by phone and counter", "电话与柜台应急预案"),
    ("Grant is not paid", "专项补助未到位", "finance", 2, 3, "blue", "finance_controller", "Contingency reserve", "动用不可预见费"),
    ("Branches copy only the form", "网点流于形式", "execution", 3, 3, "blue", "programme_office", "Mystery shopping each month", "每月神秘顾客检查"),
    ("Complaints go public", "投诉引发舆情", "reputation", 2, 5, "orange", "complaints_manager", "Level 3 within one hour to the board", "三级投诉一小时内上报"),
    ("Survey loses its respondents", "调查回收率下降", "data", 3, 2, "blue", "customer_experience_manager", "Shorter questionnaire for mobile", "缩短移动端问卷"),
    ("Data breach", "数据泄露", "compliance", 1, 5, "red", "data_steward", "Masking and access log", "脱敏与访问日志"),
    ("Programme cost overrun", "项目超支", "finance", 3, 3, "yellow", "finance_controller", "Stage gates", "分阶段审批"),
    ("Demand above the express desks' capacity", "快速窗口需求超出能力", "operations", 4, 3, "yellow", "branch_manager", "Appointment slots", "分时预约"),
)
# fmt: on
# need: names, importance 1–5, own score, competitor scores, target (1–5)
_NEEDS: tuple[tuple[str, str, str, int, float, float, float, float], ...] = (
    ("n1", "Kept promises", "说到做到", 5, 3.1, 3.6, 3.9, 4.2),
    ("n2", "Quick service", "办理快捷", 5, 2.7, 3.4, 3.8, 4.2),
    ("n3", "Right at first attempt", "一次办对", 4, 3.3, 3.5, 3.6, 4.0),
    ("n4", "Competent answers", "解答专业", 4, 3.4, 3.3, 3.7, 3.9),
    ("n5", "Personal attention", "个性关怀", 3, 3.0, 2.9, 3.5, 3.6),
    ("n6", "Safe money and data", "资金数据安全", 5, 4.1, 4.0, 4.2, 4.3),
    ("n7", "Easy access at any hour", "随时可办", 3, 3.2, 3.7, 3.9, 3.8),
    ("n8", "Pleasant premises", "环境舒适", 2, 3.9, 3.6, 3.5, 3.9),
)
# fmt: off
# characteristic: names, unit, direction, current value, target; then strength for each need 0, 1, 3 or 9
_CHARACTERISTICS: tuple[tuple[str, str, str, str, str, float, float, tuple[int, ...]], ...] = (
    ("c1", "Counters open at the peak", "高峰时段开放窗口数", "counters", "up", 2.1, 3.0, (1, 9, 0, 0, 1, 0, 3, 1)),
    ("c2", "Time to first response", "首次响应时长", "hours", "down", 4.2, 2.0, (3, 9, 0, 1, 3, 0, 3, 0)),
    ("c3", "Cases with a date and reminder", "设有时限提醒的工单占比", "share", "up", 0.35, 0.95, (9, 3, 3, 0, 1, 0, 0, 0)),
    ("c4", "Training hours per head", "人均培训时长", "hours/year", "up", 40, 120, (1, 1, 3, 9, 3, 1, 0, 0)),
    ("c5", "Authority of front-line staff", "一线授权额度", "CNY", "up", 200, 1000, (3, 3, 9, 1, 3, 0, 0, 0)),
    ("c6", "Complete customer record", "客户资料完整率", "share", "up", 0.71, 0.95, (1, 1, 3, 3, 9, 1, 1, 0)),
    ("c7", "Requests settled by self-service", "自助办理率", "share", "up", 0.38, 0.60, (0, 3, 1, 0, 0, 1, 9, 0)),
    ("c8", "Audited security controls", "经审计的安全控制项", "controls", "up", 42, 60, (0, 0, 0, 0, 0, 9, 0, 0)),
)
# fmt: on
_ROOF: tuple[tuple[str, str, int], ...] = (
    ("c1", "c2", 9),
    ("c2", "c3", 3),
    ("c2", "c7", 3),
    ("c3", "c5", 1),
    ("c4", "c5", 3),
    ("c4", "c6", 1),
    ("c5", "c8", -3),
    ("c6", "c7", 3),
    ("c6", "c8", -1),
    ("c1", "c7", -1),
)
_LAYERS = ("physical_evidence", "customer_action", "onstage", "backstage", "support")
# fmt: off
_BLUEPRINT: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    ("Ask", "提出需求", (("Counter, app, hotline number", "柜台、手机银行、热线"), ("Asks or complains", "咨询或投诉"), ("Greets and listens", "迎接与倾听"), ("Opens the case", "建立工单"), ("Customer record", "客户信息系统"))),
    ("Wait", "等待", (("Queue ticket, message", "排队号、短信"), ("Waits", "等待"), ("Names a date", "告知时限"), ("Dispatches the case", "派单"), ("Dispatch system", "派单系统"))),
    ("Be served", "办理", (("Form, screen", "单据、界面"), ("Gives information", "提供信息"), ("Explains and decides", "解释与办理"), ("Checks and books", "核查与入账"), ("Core banking system", "核心系统"))),
    ("Hear back", "反馈", (("Call, letter", "电话、通知"), ("Confirms or objects", "确认或异议"), ("Calls back", "回访"), ("Closes the case", "结案"), ("Quality desk", "质检岗"))),
)
# fmt: on


def fmea() -> pd.DataFrame:
    """Return the failure modes with severity, occurrence and detection before and after the action.

    Returns
    -------
    DataFrame
        One row per failure mode; ratings 1–10, 10 is worst.
    """
    rows = [
        (f"FM{i:02d}", en, zh, step, effect, cause, *before, action, action_zh, *after, owner, due, status)
        for i, (
            en,
            zh,
            step,
            effect,
            cause,
            before,
            action,
            action_zh,
            after,
            owner,
            due,
            status,
        ) in enumerate(_FMEA, 1)
    ]
    names = [
        "failure_mode",
        "label_en",
        "label_zh",
        "step",
        "effect",
        "cause",
        "severity",
        "occurrence",
        "detection",
    ]
    later = [
        "action_en",
        "action_zh",
        "severity_after",
        "occurrence_after",
        "detection_after",
        "owner",
        "due",
        "status",
    ]
    return pd.DataFrame(rows, columns=[*names, *later])


def risks() -> pd.DataFrame:
    """Return the risk register.

    Returns
    -------
    DataFrame
        risk, labels, category, likelihood and impact 1–5, response level, owner role, measure.
    """
    names = [
        "risk",
        "label_en",
        "label_zh",
        "category",
        "likelihood",
        "impact",
        "response",
        "owner",
        "measure_en",
        "measure_zh",
    ]
    return pd.DataFrame([(f"RK{i:02d}", *row) for i, row in enumerate(_RISKS, 1)], columns=names)


def qfd_tables() -> dict[str, pd.DataFrame]:
    """Return the house of quality: needs, characteristics, relations and the roof.

    Returns
    -------
    dict of str to DataFrame
        qfd_needs, qfd_characteristics, qfd (relations in long form), qfd_roof.
    """
    need = [
        "need",
        "label_en",
        "label_zh",
        "importance",
        "own_score",
        "competitor_a",
        "competitor_b",
        "target",
    ]
    characteristic = ["characteristic", "label_en", "label_zh", "unit", "direction", "current", "target"]
    relations = [
        (n[0], c[0], strength) for c in _CHARACTERISTICS for n, strength in zip(_NEEDS, c[7], strict=True)
    ]
    return {
        "qfd_needs": pd.DataFrame(_NEEDS, columns=need),
        "qfd_characteristics": pd.DataFrame([c[:7] for c in _CHARACTERISTICS], columns=characteristic),
        "qfd": pd.DataFrame(relations, columns=["need", "characteristic", "strength"]),
        "qfd_roof": pd.DataFrame(_ROOF, columns=["first", "second", "correlation"]),
    }


def blueprint() -> pd.DataFrame:
    """Return the five-layer service blueprint in long form.

    Returns
    -------
    DataFrame
        sequence, step_en, step_zh, layer, text_en, text_zh.
    """
    rows = [
        (sequence, en, zh, layer, *text)
        for sequence, (en, zh, texts) in enumerate(_BLUEPRINT, 1)
        for layer, text in zip(_LAYERS, texts, strict=True)
    ]
    return pd.DataFrame(rows, columns=["sequence", "step_en", "step_zh", "layer", "text_en", "text_zh"])
