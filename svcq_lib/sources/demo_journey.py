"""Simulated customer journey: stages, touchpoints, and what customers remember of the whole."""

# A table keeps one row per line.
# ruff: noqa: E501

from __future__ import annotations

import numpy as np
import pandas as pd

from svcq_lib.sources import demo_world as world

STAGES: dict[str, world.Text] = {
    "awareness": ("Awareness", "认知"),
    "consideration": ("Consideration", "考虑"),
    "purchase": ("Purchase", "购买"),
    "use": ("Use", "使用"),
    "loyalty": ("Loyalty", "忠诚"),
}
RESPONDENTS = 400
# What is remembered: weights of the worst or best moment, of the last one and of the average.
MEMORY = {"peak": 0.45, "end": 0.35, "mean": 0.20}
# fmt: off
# touchpoint, names, stage, channel, item, mean score 1–10, mean emotion −5…+5, action, thought, feeling, expectation
TOUCHPOINTS: tuple[tuple[str, str, str, str, str, str, float, float, world.Text, world.Text, world.Text, world.Text], ...] = (
    ("t01", "Advertising", "广告宣传", "awareness", "mobile", "q04", 7.2, 0.8, ("Sees an offer", "看到优惠"), ("Is it for me?", "适合我吗？"), ("Curious", "好奇"), ("Plain words", "通俗易懂")),
    ("t02", "Recommendation", "亲友推荐", "awareness", "counter", "q14", 7.8, 1.6, ("Hears from a friend", "听朋友介绍"), ("They trust it", "他们信得过"), ("Hopeful", "期待"), ("Honest advice", "真诚建议")),
    ("t03", "Website and app shop", "官网与应用市场", "consideration", "mobile", "q01", 7.4, 0.9, ("Compares", "比较产品"), ("Where is the fee?", "费用在哪里？"), ("Busy", "忙于比较"), ("All costs shown", "费用透明")),
    ("t04", "Hotline question", "热线咨询", "consideration", "phone", "q11", 5.9, -1.2, ("Calls", "拨打热线"), ("How long still?", "还要等多久？"), ("Impatient", "不耐烦"), ("Answer within a minute", "一分钟内接通")),
    ("t05", "Talk with an adviser", "客户经理面谈", "consideration", "counter", "q17", 7.3, 1.0, ("Asks for advice", "面谈咨询"), ("Does she know?", "专业吗？"), ("Attentive", "专注"), ("Competent", "专业解答")),
    ("t06", "Opening the account", "开户", "purchase", "counter", "q07", 7.0, 0.7, ("Signs", "签约"), ("So many forms", "单据真多"), ("Relieved", "松了口气"), ("Done in one visit", "一次办完")),
    ("t07", "Opening in the app", "手机开户", "purchase", "mobile", "q11", 7.6, 1.3, ("Scans the papers", "上传证件"), ("That was quick", "挺快"), ("Pleased", "满意"), ("Ten minutes", "十分钟完成")),
    ("t08", "Card and codes arrive", "收到银行卡", "purchase", "phone", "q05", 6.2, -0.6, ("Waits for the post", "等待寄送"), ("They said Tuesday", "说好周二到"), ("Annoyed", "不满"), ("On the day named", "按约定日送达")),
    ("t09", "Daily payments", "日常支付", "use", "mobile", "q09", 8.1, 1.5, ("Pays", "支付"), ("It just works", "很顺"), ("At ease", "安心"), ("Always there", "随时可用")),
    ("t10", "Service at the counter", "柜台办理", "use", "counter", "q13", 6.0, -0.9, ("Takes a ticket", "取号等候"), ("One desk open", "只开一个窗口"), ("Restless", "烦躁"), ("Ten minutes at most", "等候不超十分钟")),
    ("t11", "Question by phone", "电话求助", "use", "phone", "q12", 6.4, -0.3, ("Explains again", "重复说明情况"), ("Does nobody know me?", "没人了解我吗？"), ("Tired", "疲惫"), ("One contact", "一人负责到底")),
    ("t12", "Complaint", "投诉处理", "use", "phone", "q06", 4.9, -2.6, ("Complains", "投诉"), ("Who decides?", "谁能做主？"), ("Angry", "生气"), ("Solved in two days", "两天内解决")),
    ("t13", "Call-back", "回访", "loyalty", "phone", "q18", 6.8, 0.6, ("Is asked", "接受回访"), ("They remember", "他们还记得"), ("Respected", "受尊重"), ("No selling", "不推销")),
    ("t14", "Yearly review", "年度回顾", "loyalty", "counter", "q21", 7.1, 1.1, ("Meets the adviser", "与客户经理见面"), ("Is it fair?", "条件公平吗？"), ("Open", "开放"), ("Better terms", "更优条件")),
)
# fmt: on
SCORE_SD, PERSON_SD, VISIT_SHARE, OVERALL_SD = 1.3, 0.8, 0.75, 0.7


def journey() -> pd.DataFrame:
    """Return the customer-journey map: one row per touchpoint.

    Returns
    -------
    DataFrame
        touchpoint, labels, stage and its labels, sequence, channel, item, and action, thought, feeling,
        expectation in both languages.
    """
    rows = [
        (
            code,
            en,
            zh,
            stage,
            *STAGES[stage],
            sequence,
            channel,
            item,
            *(part for text in texts for part in text),
        )
        for sequence, (code, en, zh, stage, channel, item, _, _, *texts) in enumerate(TOUCHPOINTS, 1)
    ]
    names = [
        "touchpoint",
        "label_en",
        "label_zh",
        "stage",
        "stage_en",
        "stage_zh",
        "sequence",
        "channel",
        "item",
    ]
    kinds = [
        f"{kind}_{lang}" for kind in ("action", "thought", "feeling", "expectation") for lang in ("en", "zh")
    ]
    return pd.DataFrame(rows, columns=[*names, *kinds])


def journey_scores(seed: int, response_ids: np.ndarray) -> pd.DataFrame:
    """Draw scores and emotions at the touchpoints that each respondent met, and the verdict on the whole.

    Parameters
    ----------
    seed : int
        Seed of the study.
    response_ids : ndarray of str
        Ids of responses, from which the respondents are drawn.

    Returns
    -------
    DataFrame
        response_id, touchpoint, score (1–10), emotion (−5 to +5), overall (1–10, the same on every row of a
        respondent).
    """
    rng = world.stream(seed, "journey_scores")
    size, count = min(RESPONDENTS, len(response_ids)), len(TOUCHPOINTS)
    chosen = np.sort(rng.choice(response_ids, size=size, replace=False))
    met = rng.random((size, count)) < VISIT_SHARE
    met[:, [0, 9]] = True
    person = PERSON_SD * rng.normal(size=(size, 1))
    noise = rng.normal(size=(size, count))
    score = np.array([row[6] for row in TOUCHPOINTS]) + person + SCORE_SD * noise
    emotion = (
        np.array([row[7] for row in TOUCHPOINTS])
        + person
        + SCORE_SD * (0.8 * noise + 0.6 * rng.normal(size=(size, count)))
    )
    score, emotion = np.clip(np.rint(score), 1, 10), np.clip(np.rint(emotion), -5, 5)
    extreme = np.argmax(np.where(met, np.abs(emotion), -1), axis=1)
    last = count - 1 - np.argmax(met[:, ::-1], axis=1)
    rows = np.arange(size)
    mean = np.where(met, score, 0).sum(axis=1) / met.sum(axis=1)
    memory = MEMORY["peak"] * score[rows, extreme] + MEMORY["end"] * score[rows, last] + MEMORY["mean"] * mean
    overall = np.clip(np.rint(memory + OVERALL_SD * rng.normal(size=size)), 1, 10)
    who, where = np.nonzero(met)
    return pd.DataFrame(
        {
            "response_id": chosen[who],
            "touchpoint": np.array([row[0] for row in TOUCHPOINTS])[where],
            "score": score[who, where].astype(int),
            "emotion": emotion[who, where].astype(int),
            "overall": overall[who].astype(int),
        }
    )
