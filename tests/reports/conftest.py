"""An executed notebook with every kind of display block, in both languages."""

import base64
import io
from functools import cache

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from svcq_lib.reports.blocks import BLOCK_MIME

from .scheduling import answers, planned, runs, sent  # noqa: F401, fixtures of the tests of schedules

HOSTILE = '<script>alert(1)</script> #set page( =1+1 ](http://x) \\ " $x$ *b* @ref <lab>'

TEXTS = {
    "en": {
        "kicker": "Harbour Bank · all branches · 2026 Q3",
        "title": "Responsiveness loses the most: −1.82 of 7 points, and in 14 of 24 branches the gap is "
        "wider than the bank’s",
        "question": "# Where does service fall short of what customers expect?\n\nExpectation and perception "
        "of each item, compared *for the same customer*.",
        "lead": "Customers expect 6.21 and perceive 4.88: an overall gap of −1.33 [−1.37, −1.29]. "
        "Responsiveness is furthest from what they expect and is the second strongest driver of "
        "satisfaction. Tangibles meet "
        "expectations within the margin of error. The gap narrowed by 0.11 [0.05, 0.17] since Q2.",
        "cards": [
            ("Overall gap", "−1.33", "[−1.37, −1.29]", "▲ 0.11 since Q2", "good"),
            ("Widest: responsiveness", "−1.82", "[−1.88, −1.76]", "no clear change", "neutral"),
            ("CSAT, 0–100", "72.4", "[71.6, 73.2]", "▲ 1.9 since Q2", "good"),
            ("NPS", "−3", "[−6, 0]", "▼ 2 since Q2", "bad"),
            ("Answers", "12,000", "31\u2009% of customers", "weighted, n_eff 10,412", "neutral"),
        ],
        "sections": ["Where the gap is", "Who feels it", "Method and cautions"],
        "figure": (
            "Expectations sit near 6 everywhere; perception falls away in the two dimensions about "
            "people’s time",
            "Mean expectation ○ and perception ● by dimension, 1–7, weighted, 95\u2009% intervals, "
            "n = 11,874–11,990. "
            "Line: bank-wide perception.",
            "Dumbbell chart of expectation and perception for five dimensions; the gap is widest for "
            "responsiveness, 6.38 against 4.56.",
            "Source: responses, 2026-07-01 to 2026-09-30. Intervals: block bootstrap, 1,000 replicates.",
        ),
        "dimensions": ["Responsiveness", "Reliability", "Empathy", "Assurance", "Tangibles"],
        "table": ("Gap by dimension", "1–7, perception − expectation", "Gap = perception − expectation. Five "
                  "comparisons, Holm-adjusted."),
        "columns": ["Dimension", "Expectation", "Perception", "Gap", "95\u2009% interval", "Effect size", "n",
                    "Weighted share of gap"],
        "notes": [
            "**Small bases.** Three branches have fewer than 50 answers; see [the gap](#where-the-gap-is). "
            "Quoted: " + HOSTILE.replace("*", r"\*").replace("$", r"\$"),
            "The gap is $\\bar g = \\frac{1}{n}\\sum_{i=1}^{n}(P_i - E_i)$, and reliability is $$\\alpha = "
            "\\frac{k}{k-1}\\left(1-\\frac{\\sum_j \\sigma_j^2}{\\sigma_T^2}\\right)$$",
            "Half-open formula $\\frac{$ stays code; `code` too. Prices from $5 to $6.",
        ],
        "facts": [("Study file", "study.toml, fingerprint 3f2a"), ("Filter", HOSTILE), ("Seed", "7"),
                  ("Command", "svcq report run gaps.ipynb -p unit='all' --lang en")],
        "prose": "The gap is widest where people wait.\n\n- counter: **−2.1**\n- phone: −1.9\n  1. evening\n"
        "  2. weekend\n\n| channel | gap |\n|---|--:|\n| counter | −2.1 |\n\n> quoted",
    },
    "zh": {
        "kicker": "海港银行 · 全部网点 · 2026年第三季度",
        "title": "响应性失分最多：−1.82 分（满分 7 分），24 家网点中有 14 家的差距大于全行水平",
        "question": "# 服务在哪里没有达到客户的期望？\n\n逐项比较同一位客户的期望与感知。",
        "lead": "客户期望均值为 6.21，感知均值为 4.88，总体差距 −1.33 [−1.37, −1.29]。"
        "响应性与期望的距离最大，同时是满意度的第二大驱动因素；"
        "有形性在误差范围内达到期望。与第二季度相比差距缩小 0.11 [0.05, 0.17]。",
        "cards": [
            ("总体差距", "−1.33", "[−1.37, −1.29]", "▲ 较上季 0.11", "good"),
            ("最大差距：响应性", "−1.82", "[−1.88, −1.76]", "无明确变化", "neutral"),
            ("满意度指数 0–100", "72.4", "[71.6, 73.2]", "▲ 较上季 1.9", "good"),
            ("净推荐值", "−3", "[−6, 0]", "▼ 较上季 2", "bad"),
            ("有效答卷", "12,000", "覆盖客户 31\u2009%", "加权，有效样本 10,412", "neutral"),
        ],
        "sections": ["差距在哪里", "谁的感受最差", "方法与注意事项"],
        "figure": (
            "各维度期望均接近 6 分；与客户时间有关的两个维度感知明显下滑",
            "各维度期望均值 ○ 与感知均值 ●，1–7 分，加权，95\u2009% 置信区间，"
            "n = 11,874–11,990。竖线：全行感知均值。",
            "哑铃图：五个维度的期望与感知均值；响应性差距最大，期望 6.38，感知 4.56。",
            "数据来源：responses，2026-07-01 至 2026-09-30。区间：分块自助法 1,000 次。",
        ),
        "dimensions": ["响应性", "可靠性", "移情性", "保证性", "有形性"],
        "table": ("各维度差距", "1–7 分，感知 − 期望", "差距 = 感知 − 期望。五项比较，Holm 校正。"),
        "columns": ["维度", "期望", "感知", "差距", "95\u2009% 置信区间", "效应量", "样本量", "占总差距"],
        "notes": [
            "**样本量小。**三家网点的答卷不足 50 份，见[差距](#差距在哪里)。引文：“"
            + HOSTILE.replace("*", r"\*").replace("$", r"\$")
            + "”",
            "差距为 $\\bar g = \\frac{1}{n}\\sum_{i=1}^{n}(P_i - E_i)$，信度为 $$\\alpha = \\frac{k}{k-1}$$",
        ],
        "facts": [("研究文件", "study.toml，指纹 3f2a"), ("筛选条件", HOSTILE), ("随机种子", "7"),
                  ("复现命令", "svcq report run gaps.ipynb -p unit='all' --lang zh")],
        "prose": "等候时间长的地方差距最大。\n\n- 柜台：**−2.1**\n- 电话：−1.9",
    },
}  # fmt: skip
EXPECTED = [6.38, 6.41, 6.02, 6.22, 6.02]
PERCEIVED = [4.56, 4.83, 4.62, 5.03, 5.98]


def block(kind, lang, bundle=None, **content):
    data = {
        BLOCK_MIME: {"svcq": 1, "type": kind, "lang": lang, **content},
        "text/plain": kind,
        **(bundle or {}),
    }
    return new_output("display_data", data=data)


@cache
def picture(lang, kind):
    """A figure under the house style, as SVG text or base64 PNG."""
    import matplotlib.pyplot as plt

    from svcq_lib.figures.style import ACCENT, GREY, INK, RULE, WARNING, use_style

    with use_style(lang):
        fig, ax = plt.subplots(figsize=(9, 2.9))
        for y, (high, low) in enumerate(zip(EXPECTED, PERCEIVED, strict=True)):
            colour = WARNING if y < 2 else ACCENT
            ax.plot(
                [low, high],
                [y, y],
                color=colour if y < 2 else RULE,
                alpha=0.55 if y < 2 else 1,
                lw=4,
                zorder=1,
            )
            ax.plot([low], [y], "o", color=colour, ms=9)
            ax.plot([high], [y], "o", mfc="white", mec=INK, mew=2, ms=9)
            gap, strong = f"{low - high:.2f}".replace("-", "−"), colour if y < 2 else INK
            near = {"textcoords": "offset points"}
            ax.annotate(gap, ((low + high) / 2, y), (0, 7), ha="center", weight="bold", color=strong, **near)
            ax.annotate(f"{high}", (high, y), (18, -4), color=GREY, **near)
        ax.axvline(4.88, color=GREY, lw=1, ls="--", zorder=0)
        ax.set(xlim=(3.6, 7.1), ylim=(4.6, -0.7), xticks=[4, 5, 6, 7])
        ax.set_yticks(range(5), TEXTS[lang]["dimensions"])
        ax.spines["bottom"].set_visible(False)
        buffer = io.BytesIO()
        fig.savefig(buffer, format=kind, metadata={"Date": None} if kind == "svg" else None)
        plt.close(fig)
    return buffer.getvalue().decode() if kind == "svg" else base64.b64encode(buffer.getvalue()).decode()


def table_rows(lang):
    shares = ["34\u2009%", "30\u2009%", "19\u2009%", "16\u2009%", "1\u2009%"]
    rows = []
    for index, name in enumerate(TEXTS[lang]["dimensions"]):
        high, low = EXPECTED[index], PERCEIVED[index]
        gap = f"{low - high:.2f}".replace("-", "−")
        texts = [name, f"{high:.2f}", f"{low:.2f}", gap, "[−1.88, −1.76]", "−0.94", "11,902", shares[index]]
        rows.append([{"text": text, "tone": ""} for text in texts])
        rows[-1][3]["tone"] = "bad" if index < 2 else "strong"
    return rows


@cache
def great_table(lang):
    import pandas as pd
    from great_tables import GT

    texts = TEXTS[lang]
    frame = pd.DataFrame(
        [[cell["text"] for cell in row] for row in table_rows(lang)], columns=texts["columns"]
    )
    title, subtitle, source = texts["table"]
    table = GT(frame).tab_header(title, subtitle).tab_source_note(source)
    return table.cols_align("right", columns=texts["columns"][1:]).as_raw_html()


def display_table(lang, *, html=""):
    texts = TEXTS[lang]
    title, subtitle, source = texts["table"]
    columns = [
        {"name": f"c{index}", "label": label, "align": "right" if index else "left"}
        for index, label in enumerate(texts["columns"])
    ]
    return block("table", lang, title=title, subtitle=subtitle, source=source, columns=columns,
                 rows=table_rows(lang), html=html)  # fmt: skip


def long_table(lang):
    names = {
        "en": "Branch {} at the old harbour, second floor, entrance from the market",
        "zh": "旧港市场二层网点 {}",
    }
    rows = [[{"text": names[lang].format(i), "tone": ""}, {"text": f"{i}", "tone": ""}] for i in range(1, 61)]
    columns = [{"name": "a", "label": "A" if lang == "en" else "网点", "align": "left"},
               {"name": "b", "label": "n", "align": "right"}]  # fmt: skip
    return block("table", lang, title="All branches" if lang == "en" else "全部网点", subtitle="", source="",
                 columns=columns, rows=rows, html="")  # fmt: skip


def outputs(lang):
    texts = TEXTS[lang]
    title, subtitle, alt, source = texts["figure"]
    sizes = {"width": 9, "height": 2.9}
    names = ("label", "value", "interval", "change", "tone")
    figure = {"title": title, "subtitle": subtitle, "alt": alt, "source": source, **sizes}
    return {
        "title": block("title", lang, text=texts["title"], kicker=texts["kicker"]),
        "lead": block("prose", lang, markdown=texts["lead"]),
        "cards": block("cards", lang, cards=[dict(zip(names, card, strict=True)) for card in texts["cards"]]),
        "svg": block("figure", lang, {"image/svg+xml": picture(lang, "svg")}, **figure),
        "png": block("figure", lang, {"image/png": picture(lang, "png")}, **figure),
        "great": display_table(lang, html=great_table(lang)),
        "plain": display_table(lang),
        "long": long_table(lang),
        "prose": block("prose", lang, markdown=texts["prose"]),
        "notes": block("notes", lang, items=texts["notes"]),
        "facts": block("facts", lang, rows=[list(row) for row in texts["facts"]]),
    }


def markdown_cell(source, lang):
    return new_markdown_cell(source, metadata={"tags": [f"lang-{lang}"]})


def make_notebook(lang="en", extra=()):
    """An executed notebook in one language, with the other language's cells in it as templates have them."""
    shown = outputs(lang)
    cells = [markdown_cell(TEXTS[other]["question"], other) for other in ("en", "zh")]
    cells.append(new_code_cell("lang = 'en'", metadata={"tags": ["parameters"]}))
    cells.append(new_code_cell("show(result)", outputs=[shown["title"], shown["lead"], shown["cards"]]))
    sections = [
        [shown["svg"], shown["great"], shown["prose"]],
        [shown["png"], shown["plain"], shown["long"]],
        [shown["notes"], shown["facts"]],
    ]
    for index, section in enumerate(sections):
        cells += [markdown_cell(f"## {TEXTS[other]['sections'][index]}", other) for other in ("en", "zh")]
        cells.append(new_code_cell("show(part)", outputs=section))
    cells += extra
    study, unit, _ = TEXTS[lang]["kicker"].split(" · ")
    metadata = {"svcq": {"lang": lang, "study": study, "report": TEXTS[lang]["table"][0], "period": "2026-Q3",
                         "unit": unit, "base": 12000}}  # fmt: skip
    notebook = new_notebook(cells=cells, metadata=metadata)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
    nbformat.validate(notebook)
    return notebook


@pytest.fixture(scope="session")
def notebooks():
    """Both notebooks, by language; do not change them."""
    return {lang: make_notebook(lang) for lang in ("en", "zh")}


@pytest.fixture(scope="session")
def notebook_with():
    """A function that makes an English notebook whose last cell has the given outputs."""
    return lambda *shown, lang="en": make_notebook(lang, [new_code_cell("last", outputs=list(shown))])


@pytest.fixture(scope="session")
def display_block():
    """The function that makes the output of one display block."""
    return block


UNIT_STUDY = """
[study]
name = "Small"
language = "en"
[tables.answers]
path = "answers.csv"
[responses]
table = "answers"
id = "id"
date = "date"
period = "month"
[responses.segments]
branch = { column = "branch", label = "Branch" }
channel = { column = "channel", label = "Channel" }
[instrument]
scale = [1, 7]
perception = "q{n}"
[[instrument.dimensions]]
name = "care"
label = "Care"
items = [
  { name = "q1", n = 1, label = "Listens" },
  { name = "q2", n = 2, label = "Helps" },
  { name = "q3", n = 3, label = "Explains" },
]
[outcomes.csat]
label = "Satisfaction"
kind = "csat"
column = "csat"
scale = [1, 5]
[thresholds]
suppress = 3
flag = 5
"""


@pytest.fixture
def unit_study(tmp_path):
    """A function that writes a small study of branches, from one (branch, channel, month) per answer."""

    def write(rows):
        folder = tmp_path / "study"
        folder.mkdir()
        lines = [
            f"r{number},2025-{month:02d}-15,{branch},{channel},{2 + number % 5},{1 + number % 7},{2 + number % 3},"
            f"{3 + number % 3}"
            for number, (branch, channel, month) in enumerate(rows)
        ]
        table = "id,date,branch,channel,q1,q2,q3,csat\n" + "\n".join(lines) + "\n"
        (folder / "answers.csv").write_text(table, encoding="utf-8")
        (folder / "study.toml").write_text(UNIT_STUDY, encoding="utf-8")
        return folder / "study.toml"

    return write
