"""The world of the demonstration study: a fictitious retail bank and what is true of it.

Constants and the random streams. Every number here is invented; those that the tables are built from are in
``truth.json``.
"""

from __future__ import annotations

import zlib

import numpy as np

Text = tuple[str, str]

NAME: Text = ("Harbour Bank (simulated data)", "海港银行（模拟数据）")
MONTHS: tuple[str, ...] = tuple(f"{2025 + m // 12}-{m % 12 + 1:02d}" for m in range(18))
REPORT_DATE = "2026-06-30"
CUSTOMERS = 38_700

REGIONS: dict[str, Text] = {
    "north": ("North", "北区"),
    "east": ("East", "东区"),
    "south": ("South", "南区"),
    "west": ("West", "西区"),
}
CHANNELS: dict[str, Text] = {
    "counter": ("Branch counter", "网点柜台"),
    "phone": ("Phone", "电话银行"),
    "mobile": ("Mobile", "手机银行"),
}
TIERS: dict[str, Text] = {
    "high_value": ("High value", "高价值"),
    "potential": ("Potential", "潜力"),
    "long_tail": ("Long tail", "长尾"),
}
AGES: dict[str, Text] = {
    "18_29": ("18–29", "18–29岁"),
    "30_44": ("30–44", "30–44岁"),
    "45_59": ("45–59", "45–59岁"),
    "60_plus": ("60 and over", "60岁及以上"),
}
# Region, relative size and name of each branch; two are so small that their bases must be flagged.
_BRANCHES: tuple[tuple[str, float, str, str], ...] = (
    ("north", 1.80, "Lighthouse", "灯塔支行"),
    ("north", 1.20, "North Quay", "北码头支行"),
    ("north", 0.90, "Pine Hill", "松岗支行"),
    ("north", 1.40, "University", "大学城支行"),
    ("north", 0.70, "Old Market", "老市场支行"),
    ("north", 0.60, "Railway", "铁道支行"),
    ("east", 1.70, "East Bay", "东湾支行"),
    ("east", 1.30, "Sunrise Road", "朝霞路支行"),
    ("east", 1.10, "Tech Park", "科技园支行"),
    ("east", 0.80, "Fishing Wharf", "渔港支行"),
    ("east", 1.00, "Exhibition", "会展支行"),
    ("east", 0.12, "Island", "海岛支行"),
    ("south", 1.60, "South Gate", "南门支行"),
    ("south", 1.00, "Lotus Pond", "荷塘支行"),
    ("south", 0.90, "Garden", "花园支行"),
    ("south", 1.30, "Airport", "空港支行"),
    ("south", 0.75, "Textile Town", "纺织城支行"),
    ("south", 1.15, "Riverside", "滨江支行"),
    ("west", 1.25, "West Ridge", "西岭支行"),
    ("west", 0.85, "Bamboo Lane", "竹巷支行"),
    ("west", 0.65, "Temple Street", "庙街支行"),
    ("west", 1.05, "New Town", "新城支行"),
    ("west", 0.55, "Mill", "磨坊支行"),
    ("west", 0.15, "Valley", "谷地支行"),
)
BRANCHES: dict[str, Text] = {f"B{i:02d}": (row[2], row[3]) for i, row in enumerate(_BRANCHES, 1)}
BRANCH_REGION: dict[str, str] = {f"B{i:02d}": row[0] for i, row in enumerate(_BRANCHES, 1)}
BRANCH_SIZE = np.array([row[1] for row in _BRANCHES]) / sum(row[1] for row in _BRANCHES)

PROGRAMME_BRANCHES = tuple(f"B{i:02d}" for i in (1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24))
PROGRAMME_MONTH = 7
PROGRAMME_RAMP = 3
PROGRAMME_LIFT: dict[str, float] = {"reliability": 0.20, "responsiveness": 0.50}

DIMENSIONS: dict[str, Text] = {
    "tangibles": ("Tangibles", "有形性"),
    "reliability": ("Reliability", "可靠性"),
    "responsiveness": ("Responsiveness", "响应性"),
    "assurance": ("Assurance", "保证性"),
    "empathy": ("Empathy", "移情性"),
}
# (dimension, English, Chinese, offset of expectation, of perception, weight in latent satisfaction)
ITEMS: tuple[tuple[str, str, str, float, float, float], ...] = (
    ("tangibles", "Up-to-date machines and screens", "设备和界面先进", 0.05, -0.10, 0.005),
    ("tangibles", "Premises that are pleasant to be in", "营业环境舒适", 0.00, 0.10, 0.000),
    ("tangibles", "Staff who look neat", "员工仪表整洁", 0.00, 0.10, 0.005),
    ("tangibles", "Clear and attractive leaflets and pages", "宣传资料和页面清晰美观", -0.05, -0.10, 0.005),
    ("reliability", "Does what it promised by the date it named", "按约定时间兑现承诺", 0.10, -0.25, 0.130),
    ("reliability", "Takes a customer's problem seriously", "认真对待并解决客户的问题", 0.00, -0.05, 0.080),
    ("reliability", "Gets it right the first time", "第一次就把事情办对", 0.05, 0.00, 0.060),
    ("reliability", "Delivers at the hour it announced", "在告知的时点提供服务", 0.00, -0.10, 0.100),
    ("reliability", "Keeps records without mistakes", "账务与记录准确无误", -0.15, 0.40, 0.030),
    ("responsiveness", "Says when a request will be done", "明确告知办理完成的时间", -0.05, 0.05, 0.050),
    ("responsiveness", "Serves without delay", "迅速提供服务", 0.15, -0.30, 0.130),
    ("responsiveness", "Staff are willing to help", "员工乐意帮助客户", 0.00, 0.25, 0.080),
    ("responsiveness", "Finds time for a question even when busy", "再忙也及时回应客户", -0.10, 0.00, 0.040),
    ("assurance", "Staff inspire confidence", "员工的言行令人信任", 0.00, -0.05, 0.040),
    ("assurance", "Money and data feel safe", "资金和信息让人放心", 0.15, 0.10, 0.030),
    ("assurance", "Staff are courteous at all times", "员工始终礼貌周到", -0.10, 0.15, 0.020),
    ("assurance", "Staff know the answers", "员工具备解答问题的专业知识", -0.05, -0.20, 0.040),
    ("empathy", "Treats each customer as a person", "对每位客户给予关注", 0.00, -0.05, 0.030),
    ("empathy", "Open at hours that suit customers", "营业时间方便客户", 0.05, 0.15, 0.020),
    ("empathy", "Staff give personal attention", "员工提供个性化服务", -0.05, -0.10, 0.020),
    ("empathy", "Acts in the customer's interest", "把客户的利益放在心上", 0.05, -0.05, 0.020),
    ("empathy", "Understands particular needs", "了解客户的特殊需求", -0.05, 0.05, 0.010),
)
ITEM_NAMES = tuple(f"q{n:02d}" for n in range(1, len(ITEMS) + 1))
ITEM_DIMENSION = np.array([list(DIMENSIONS).index(row[0]) for row in ITEMS])

# Means that the answers are aimed at, before the programme; order of DIMENSIONS.
EXPECTATION_MEAN = np.array([5.60, 6.40, 6.35, 6.20, 6.05])
GAP_BEFORE = np.array([-0.10, -1.36, -1.86, -0.90, -1.10])
IMPORTANCE_MEAN = np.array([11.0, 32.0, 22.0, 19.0, 16.0])


def stream(seed: int, name: str) -> np.random.Generator:
    """Return the random numbers of one table, which no other table's draws can shift.

    Parameters
    ----------
    seed : int
        Seed of the study.
    name : str
        Name of the table.

    Returns
    -------
    numpy.random.Generator
        The generator.
    """
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def programme_dose(branch: np.ndarray, month: np.ndarray) -> np.ndarray:
    """Return how much of the programme is in force.

    Parameters
    ----------
    branch : ndarray of int, shape (n,)
        Position of the branch, 0 for B01.
    month : ndarray of int, shape (n,)
        Month of the study, 1 to 18.

    Returns
    -------
    ndarray, shape (n,)
        0 before the start and in comparison branches, 1 when the ramp is complete.
    """
    treated = np.array([code in PROGRAMME_BRANCHES for code in BRANCHES])
    ramp = np.clip((np.asarray(month) - PROGRAMME_MONTH + 1) / PROGRAMME_RAMP, 0.0, 1.0)
    return treated[np.asarray(branch)] * ramp


def pick(rng: np.random.Generator, probabilities: np.ndarray) -> np.ndarray:
    """Draw one category per row.

    Parameters
    ----------
    rng : numpy.random.Generator
        Random numbers.
    probabilities : ndarray, shape (n, k)
        Probabilities of the k categories; rows need not sum to one.

    Returns
    -------
    ndarray of int, shape (n,)
        Position of the category drawn.
    """
    edges = np.cumsum(probabilities, axis=1)
    return (rng.random(len(edges))[:, None] * edges[:, -1:] > edges).sum(axis=1)
