"""The list of tables of the demonstration study and the meaning of their columns."""

from __future__ import annotations

# Columns that mean the same in every table.
COMMON = {
    "label_en": "name in English",
    "label_zh": "name in Chinese",
    "branch": "branch, B01 to B24",
    "region": "region of the bank",
    "month": "month, YYYY-MM",
    "channel": "counter, phone or mobile",
    "item": "item of the questionnaire, q01 to q22",
    "owner": "role that answers for it",
    "customer_id": "customer; joins responses, customers, transactions and complaints",
    "customer_tier": "high_value, potential or long_tail",
}
# fmt: off
# table: English label, Chinese label, one "column: meaning" per line
TABLES: dict[str, tuple[str, str, str]] = {
    "responses": ("Survey responses", "调查答卷", """
        response_id: response, R00001 onwards
        customer_id: customer; each answered once
        date: day of the answer
        age_group: age group
        E1 … E22: expectation, 1–7; blank or 99 ("don't know") is no answer
        P1 … P22: perception, 1–7; blank or 99 ("don't know") is no answer
        pts_tangibles … pts_empathy: the respondent's 100 points for the five dimensions
        csat: overall satisfaction, 1–10
        nps: likelihood to recommend, 0–10
        ces: effort, 1–7, high is easy
        emotion: emotion score, 1–10
        repurchase: bought another product in the half-year after, 0 or 1
        retained: still a customer at the report date, 0 or 1
        weight: survey weight for non-response, mean 1
        comment: free comment; contact data in it are fictitious
        comment_language: en or zh"""),
    "comment_labels": ("True themes of the comments", "留言真实主题", """
        response_id: response
        theme: a dimension, or app_login, which emerges in 2026-01
        sentiment: positive, neutral or negative"""),
    "response_sample": ("Invitations and answers", "邀请与回收", """
        customers: customers of the branch
        invited: invitations sent
        answered: responses received"""),
    "population": ("Customers by region, channel and age", "客户总体结构", """
        age_group: age group
        customers: customers, mean of the eighteen months"""),
    "manager_estimates": ("Managers' estimates of expectations", "管理者对客户期望的估计", """
        manager_id: manager
        estimate: what customers expect, in the manager's view, 1–7 in halves"""),
    "standards": ("Service standards", "服务标准", """
        standard: level set, 1–7
        level: basic, expected or differentiating
        quality: technical (outcome) or functional (process)
        valid_from: first day"""),
    "mystery_shopping": ("Mystery shopping", "神秘顾客", """
        visit_id: visit; twenty a month over 24 branches, too few for one branch
        date: day of the visit
        delivered: service delivered, 1–7"""),
    "promises": ("Promised service", "对外承诺", """
        communication: advertising, website or service_charter
        promised: level promised, 1–7"""),
    "complaints": ("Complaints", "投诉工单", """
        complaint_id: case
        class: service, product, system, process or other
        level: 1 to 3, 3 is gravest
        failure_type: availability, execution, attitude or communication
        reason: what the customer complains about
        root_cause: cause found
        opened: time of opening
        responded: time of the first response; blank while there is none
        closed: time of closing; blank while open at the report date
        repeat: 1 if the customer complained before
        reopened: 1 if opened again after closing
        compensation: CNY paid
        csat_after: satisfaction with the handling, 1–10; blank if not asked"""),
    "process_events": ("Event log of after-sales cases", "售后流程事件日志", """
        case_id: case
        sequence: position in the case
        step: step of the process
        started: start, waiting included
        finished: end
        actor: role at work
        handoff: 1 if the role differs from the step before
        rework: 1 if the step is done again
        work_minutes: minutes of work within the step"""),
    "value_stream": ("Value-stream map", "价值流图", """
        step: step of the process
        work_hours: mean hours of work
        wait_hours: mean hours of waiting
        waste: waiting, over_processing, backlog, hand_off, rework or idle
        keep: 1 if the target process keeps the step"""),
    "customers": ("Customers with known transactions", "客户档案", """
        joined: first day as a customer
        margin: contribution margin, share of the amount
        stage: new, growing, mature, declining or lost
        left_month: month of leaving; blank while a customer"""),
    "transactions": ("Transactions", "交易记录", """
        date: day
        amount: CNY"""),
    "visit_clients": ("Clients of the visit programme", "走访对象", """
        segment: client segment
        clients: clients to be visited, the base of coverage"""),
    "visits": ("Client visits", "服务大走访", """
        visit_id: record
        client_id: client
        segment: client segment
        need: category of the need
        mobile_form: 1 if recorded on the mobile form
        hidden_need: 1 if the need was not voiced
        duplicate: 1 if another unit recorded it too
        passed_on: 1 if passed on between units
        emergency: 1 if an emergency
        recorded: day recorded
        assigned: day assigned, blank if not reached
        answered: day answered, blank if not reached
        solved: day solved, blank if not reached
        verified: day verified, blank if not reached
        satisfaction: satisfaction with the visit, 1–10; blank if not asked"""),
    "kqi": ("Key quality indicators", "关键质量指标", """
        indicator: indicator
        unit: "all" for the bank, or a branch
        numerator: count or sum of the month
        denominator: its base"""),
    "kqi_definitions": ("Definitions of the indicators", "指标定义", """
        indicator: indicator
        kind: result or process
        index_group: experience, efficiency or growth
        higher_is_better: 1 or 0
        target_indicator: indicator in data/reference/targets.csv"""),
    "employees": ("Service-profit chain by branch", "服务利润链", """
        headcount: service staff
        training_hours: hours per head in the month
        turnover: staff who left
        internal_quality: internal service quality, 1–7
        employee_satisfaction: employee satisfaction, 1–7
        service_value: service value in the customers' eyes, 1–7
        customer_satisfaction: index of the branch tracker, 0–100 (not the survey)
        loyalty: share of customers who bought again
        revenue_per_customer: CNY in the month
        profit_per_customer: CNY in the month"""),
    "milestones": ("Milestones", "里程碑", """
        milestone: milestone; 18 listed of the 28 claimed
        phase: 1 to 3
        planned_start: day
        planned_end: day
        actual_start: day, blank if not begun
        actual_end: day, blank if not reached
        weight: weight in the programme, sum 100"""),
    "initiatives": ("Initiatives", "改进举措", """
        initiative: initiative
        items: items lifted, separated by semicolons
        lift_low: low estimate of the lift, points of 7
        lift_likely: likely lift
        lift_high: high estimate
        start: first month
        life_months: months that the effect lasts
        ramp_months: months to the full effect"""),
    "initiative_costs": ("Costs of the initiatives", "举措成本", """
        initiative: initiative
        kind: fixed or running
        category: systems, premises, headcount, training, incentives or third_party
        funding: own, grant or loan
        amount: CNY"""),
    "economics": ("Assumptions of the return", "收益测算假设", """
        parameter: assumption
        unit: unit
        low: low value
        likely: likely value
        high: high value"""),
    "kano": ("Kano questionnaire", "卡诺问卷", """
        respondent_id: respondent
        feature: feature
        functional: feeling if it is there: 1 like, 2 must be, 3 neutral, 4 live with, 5 dislike
        dysfunctional: feeling if it is missing, same codes
        importance: 1–9"""),
    "kano_features": ("Features of the Kano questionnaire", "卡诺特性", """
        feature: feature"""),
    "fmea": ("Failure modes", "失效模式", """
        failure_mode: failure mode
        step: step of the process
        effect: effect on the customer
        cause: cause
        severity: 1–10 before the action
        occurrence: 1–10 before
        detection: 1–10 before, 10 is undetectable
        action_en: action in English
        action_zh: action in Chinese
        severity_after: 1–10 after the action
        occurrence_after: 1–10 after
        detection_after: 1–10 after
        due: day
        status: planned, running or done"""),
    "risks": ("Risk register", "风险登记册", """
        risk: risk
        category: category
        likelihood: 1–5
        impact: 1–5
        response: level of response: blue, yellow, orange or red
        measure_en: measure in English
        measure_zh: measure in Chinese"""),
    "root_causes": ("Root-cause log", "5个为什么记录", """
        log_id: entry
        complaint_id: complaint that started it
        root_cause: root cause as in complaints
        depth: 1 to 5
        why_en: answer in English
        why_zh: answer in Chinese"""),
    "qfd_needs": ("Customer needs", "客户需求", """
        need: need
        importance: 1–5
        own_score: customers' score of the bank, 1–5
        competitor_a: score of competitor A
        competitor_b: score of competitor B
        target: score aimed at"""),
    "qfd_characteristics": ("Service characteristics", "服务特性", """
        characteristic: characteristic
        unit: unit
        direction: up or down is better
        current: value now
        target: value aimed at"""),
    "qfd": ("Needs by characteristics", "质量屋关系矩阵", """
        need: need
        characteristic: characteristic
        strength: 0, 1, 3 or 9"""),
    "qfd_roof": ("Roof of the house of quality", "质量屋屋顶", """
        first: characteristic
        second: characteristic
        correlation: −9, −3, −1, 1, 3 or 9; pairs not listed are 0"""),
    "journey": ("Customer-journey map", "客户旅程地图", """
        touchpoint: touchpoint
        stage: awareness, consideration, purchase, use or loyalty
        stage_en: stage in English
        stage_zh: stage in Chinese
        sequence: position in the journey
        item: item of the questionnaire nearest to it
        action_en: what the customer does, in English
        action_zh: the same in Chinese
        thought_en: what the customer thinks, in English
        thought_zh: the same in Chinese
        feeling_en: what the customer feels, in English
        feeling_zh: the same in Chinese
        expectation_en: what the customer expects, in English
        expectation_zh: the same in Chinese"""),
    "journey_scores": ("Scores of the touchpoints", "触点评分", """
        response_id: response
        touchpoint: touchpoint
        score: 1–10
        emotion: −5 to +5
        overall: the whole journey, 1–10, the same on all rows of a respondent"""),
    "blueprint": ("Service blueprint", "服务蓝图", """
        sequence: position
        step_en: step in English
        step_zh: step in Chinese
        layer: physical_evidence, customer_action, onstage, backstage or support
        text_en: what happens, in English
        text_zh: the same in Chinese"""),
}
# fmt: on
