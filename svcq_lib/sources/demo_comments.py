"""Simulated comments of customers in English and Chinese, with themes that are known.

The telephone numbers, addresses and account numbers in them are fictitious by construction: 555-01xx, numbers
that begin with 000, and the reserved example domains.
"""

# A table keeps one row per line.
# ruff: noqa: E501

from __future__ import annotations

import numpy as np
import pandas as pd

from svcq_lib.sources import demo_world as world
from svcq_lib.sources.demo_outcomes import Outcomes
from svcq_lib.sources.demo_responses import Answers, Sample

COMMENT_SHARE, CHINESE_SHARE, PERSONAL_SHARE = 0.25, 0.55, 0.04
EMERGING_THEME, EMERGING_MONTH, EMERGING_SHARE = "app_login", 13, 0.16

Phrases = dict[str, dict[str, tuple[str, ...]]]

# fmt: off
EN: Phrases = {
    "negative": {
        "tangibles": ("the ticket machine was out of order", "the waiting room is worn and cramped", "the forms are hard to read"),
        "reliability": ("the transfer was not done on the promised date", "my card order went wrong twice", "they said Tuesday and nothing happened until Friday", "the same problem came back after it was closed"),
        "responsiveness": ("I waited 40 minutes for a simple question", "nobody called back for two days", "the reply took far too long", "the queue was slow and only one desk was open"),
        "assurance": ("two people gave me two different answers", "the adviser did not know the loan rules", "I was not sure my money was safe"),
        "empathy": ("I felt like a number, not a customer", "opening hours do not fit people who work", "nobody asked what I needed"),
        "app_login": ("since the update the app login fails again and again", "face recognition in the new app keeps rejecting me", "the app logs me out and the code never arrives"),
    },
    "positive": {
        "tangibles": ("the new lobby is bright and tidy", "the app looks clear and modern"),
        "reliability": ("everything was done exactly as agreed", "the mortgage papers were right the first time"),
        "responsiveness": ("I was served at once", "my question was answered within the hour", "they called back faster than promised"),
        "assurance": ("the adviser knew every detail", "I trust the people at this branch"),
        "empathy": ("the staff remembered my situation", "they found an answer that fits my family"),
    },
}
ZH: Phrases = {
    "negative": {
        "tangibles": ("叫号机坏了没人修", "营业厅又旧又挤", "单据上的字太小看不清"),
        "reliability": ("说好的日期没有到账", "同样的问题反复出现一直没有彻底解决", "办卡办错了两次", "承诺周二处理完结果拖到周五"),
        "responsiveness": ("一个小问题等了四十分钟", "两天都没有人回电话", "回复太慢了", "排队太久而且只开了一个窗口"),
        "assurance": ("两个员工给出两种说法", "客户经理不清楚贷款规定", "感觉资金安全没有保障"),
        "empathy": ("感觉自己只是一个号码", "营业时间不照顾上班族", "没有人问我到底需要什么"),
        "app_login": ("更新以后手机银行总是登录失败", "新版人脸识别一直通不过", "登录验证码收不到还老是被退出"),
    },
    "positive": {
        "tangibles": ("新大厅明亮整洁", "手机银行界面清楚好看"),
        "reliability": ("事情完全按约定办好", "按揭材料一次就办对了"),
        "responsiveness": ("一到就有人接待", "一小时内就得到了答复", "回电比承诺的还快"),
        "assurance": ("客户经理业务很熟练", "这家网点的员工让人放心"),
        "empathy": ("员工记得我的情况", "给出的方案很适合我们家"),
    },
}
EN_FRAMES = {
    "negative": ("Disappointing: {0}.", "{0}. Please fix this.", "Not satisfied, {0}.", "Again {0}, and {1}.", "I expected better: {0}."),
    "neutral": ("It was fine, but {0}.", "Mostly all right, although {0}."),
    "positive": ("Very pleased: {0}.", "{0}. Thank you.", "Good service, {0}.", "{0}, and {1}."),
}
ZH_FRAMES = {
    "negative": ("很失望，{0}。", "{0}，请尽快改进。", "不满意，{0}。", "又是{0}，而且{1}。", "本来期望更高，{0}。"),
    "neutral": ("总体还行，不过{0}。", "基本可以，只是{0}。"),
    "positive": ("非常满意，{0}。", "{0}，谢谢。", "服务很好，{0}。", "{0}，{1}。"),
}
EN_PERSONAL = (" Call me on 555-01{0:02d}.", " My e-mail is customer{0:02d}@example.com.", " Account 0000 0000 0000 00{0:02d}.")
ZH_PERSONAL = ("请回电000-0000-01{0:02d}。", "邮箱是kehu{0:02d}@example.org。", "账号0000 0000 0000 00{0:02d}。")
# fmt: on


def comment_tables(
    seed: int, sample: Sample, answers: Answers, outcomes: Outcomes
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Write the comments of about a quarter of the respondents, and what each is about.

    Parameters
    ----------
    seed : int
        Seed of the study.
    sample, answers, outcomes
        The respondents, what they answered and how satisfied they are.

    Returns
    -------
    tuple of DataFrame
        Columns comment and comment_language for every respondent; and one row per comment with its position,
        theme and sentiment.
    """
    rng = world.stream(seed, "comments")
    n = len(sample.branch)
    chosen = np.flatnonzero(rng.random(n) < COMMENT_SHARE)
    gap = (answers.perception - answers.expectation).astype(float)
    means = np.stack([gap[:, d == world.ITEM_DIMENSION].mean(axis=1) for d in range(5)], axis=1)
    nps = outcomes.values["nps"]
    text, language = np.full(n, "", dtype=object), np.full(n, "", dtype=object)
    labels = []
    for row in chosen:
        sentiment = "positive" if nps[row] >= 9 else "neutral" if nps[row] >= 7 else "negative"
        theme = _theme(rng, means[row], sentiment, int(sample.month[row]), bool(sample.channel[row] == 2))
        language[row] = "zh" if rng.random() < CHINESE_SHARE else "en"
        text[row] = _sentence(rng, str(language[row]), theme, sentiment)
        labels.append((row, theme, sentiment))
    columns = pd.DataFrame({"comment": text, "comment_language": language})
    return columns, pd.DataFrame(labels, columns=["row", "theme", "sentiment"])


def _theme(rng: np.random.Generator, gaps: np.ndarray, sentiment: str, month: int, mobile: bool) -> str:
    share = EMERGING_SHARE * (2.0 if mobile else 0.5)
    if sentiment != "positive" and month >= EMERGING_MONTH and rng.random() < share:
        return EMERGING_THEME
    best = int(np.argmax(gaps)) if sentiment == "positive" else int(np.argmin(gaps))
    return list(world.DIMENSIONS)[best]


def _sentence(rng: np.random.Generator, language: str, theme: str, sentiment: str) -> str:
    phrases, frames = (ZH, ZH_FRAMES) if language == "zh" else (EN, EN_FRAMES)
    pool = phrases["positive" if sentiment == "positive" else "negative"][theme]
    first, second = rng.permutation(len(pool))[:2]
    frame = frames[sentiment][rng.integers(len(frames[sentiment]))]
    text = frame.format(pool[first], pool[second])
    if rng.random() < PERSONAL_SHARE:
        personal = ZH_PERSONAL if language == "zh" else EN_PERSONAL
        text += personal[rng.integers(len(personal))].format(rng.integers(100))
    return text[0].upper() + text[1:]
