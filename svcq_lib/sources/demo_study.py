"""The study file of the demonstration study."""

# A table keeps one row per line.
# ruff: noqa: E501

from __future__ import annotations

import json

from svcq_lib.sources import demo_plans
from svcq_lib.sources import demo_world as world
from svcq_lib.sources.demo_catalog import table_labels

_SEGMENTS: dict[str, tuple[world.Text, dict[str, world.Text]]] = {
    "region": (("Region", "区域"), world.REGIONS),
    "branch": (("Branch", "网点"), world.BRANCHES),
    "channel": (("Channel", "渠道"), world.CHANNELS),
    "customer_tier": (("Customer tier", "客户层级"), world.TIERS),
    "age_group": (("Age group", "年龄段"), world.AGES),
}
_OUTCOMES = """
[outcomes.csat]
kind = "csat"
column = "csat"
scale = [1, 10]
top_box = 9
label = {en = "Satisfaction (CSAT)", zh = "客户满意度"}

[outcomes.nps]
kind = "nps"
column = "nps"
label = {en = "Recommendation (NPS)", zh = "净推荐值"}

[outcomes.ces]
kind = "ces"
column = "ces"
scale = [1, 7]
high_is = "easy"
label = {en = "Ease (CES)", zh = "办事轻松度（CES）"}

[outcomes.emotion]
kind = "score"
column = "emotion"
scale = [1, 10]
label = {en = "Emotion score", zh = "客户情感评分"}

[outcomes.repurchase]
kind = "binary"
column = "repurchase"
label = {en = "Repurchase", zh = "复购"}

[outcomes.retained]
kind = "binary"
column = "retained"
label = {en = "Retention", zh = "客户保留"}

[thresholds]
suppress = 5
flag = 30
"""
_SECTIONS = """
[response_rate]
table = "response_sample"
population = "customers"
period = "month"
segments = {{branch = "branch"}}
coverage_target = 0.30

[gap_tables]
managers = {{table = "manager_estimates", value = "estimate", rater = "manager_id", segments = {{branch = "branch"}}}}
standards = {{table = "standards", value = "standard"}}
delivered = {{table = "mystery_shopping", value = "delivered", rater = "visit_id", date = "date", segments = {{branch = "branch"}}}}
promised = {{table = "promises", value = "promised", rater = "communication"}}

[benchmarking]
unit = "branch"
outcome = "csat"
case_mix = ["age_group", "channel", "customer_tier"]
max_years = 3

[returns]
outcome = "csat"
retention = "retained"
budget = {budget}
requires = {requires}
excludes = {excludes}

[effects]
unit = "branch"
treated = [{treated}]
start = "{start}"
ramp = {ramp}
initiatives = "initiatives"
"""
# fmt: off
# outcome, measure, value, names, source, year of the figure if it is dated; rows of data/reference
_TARGETS: tuple[tuple[str, str, float, world.Text, str], ...] = (
    ("csat", "index_100", 90, ("Target for satisfaction", "满意度目标"), "source documents, unspecified (targets.csv, csat_90)"),
    ("nps", "nps", 20, ("Target for NPS, month 12", "第12个月净推荐值目标"), "source documents, unspecified (targets.csv, nps_month_12)"),
    ("nps", "nps", 40, ("Target for NPS, month 18", "第18个月净推荐值目标"), "source documents, unspecified (targets.csv, nps_month_18)"),
)
_BENCHMARKS: tuple[tuple[str, str, float, world.Text, str, int | None], ...] = (
    ("csat", "index_100", 72.3, ("National service satisfaction", "全国服务满意度"), "source documents, unspecified (benchmarks.csv, national_service_satisfaction_2023)", 2023),
    ("csat", "index_100", 77.5, ("Global average", "全球平均"), "source documents, unspecified (benchmarks.csv, global_service_satisfaction)", None),
    ("csat", "index_100", 81.6, ("Fintech", "金融科技"), "source documents, unspecified (benchmarks.csv, fintech_satisfaction)", None),
)
# fmt: on


def study_toml() -> str:
    """Return the text of ``study.toml``.

    Returns
    -------
    str
        TOML, ending in a newline.
    """
    parts = [
        f"# The demonstration study: simulated, see README.md.\n[study]\nname = {_label(world.NAME)}\n"
        'language = "en"\nmissing = "pairwise"\n',
        "\n".join(
            f'[tables.{name}]\npath = "{name}.csv"\nlabel = {_label(label)}\n'
            for name, label in table_labels().items()
        ),
        '[responses]\ntable = "responses"\nid = "response_id"\ndate = "date"\nperiod = "quarter"\n'
        'weight = "weight"\n'
        'strata = "region"\n',
        *(_segment(name, label, levels) for name, (label, levels) in _SEGMENTS.items()),
        '[instrument]\nscale = [1, 7]\nmissing = ["99"]\nexpectation = "E{n}"\nperception = "P{n}"\n',
        *(_dimension(position, name) for position, name in enumerate(world.DIMENSIONS)),
        _OUTCOMES.lstrip("\n"),
        *(_goal("targets", *goal, None) for goal in _TARGETS),
        *(_goal("benchmarks", *goal) for goal in _BENCHMARKS),
        _sections(),
    ]
    return "\n".join(parts)


def _sections() -> str:
    treated = ", ".join(f'"{branch}"' for branch in world.PROGRAMME_BRANCHES)
    filled = {
        "treated": treated,
        "start": world.MONTHS[world.PROGRAMME_MONTH - 1],
        "ramp": world.PROGRAMME_RAMP - 1,
        "budget": demo_plans.BUDGET,
        "requires": _rules(demo_plans.REQUIRES),
        "excludes": _rules(demo_plans.EXCLUDES),
    }
    return _SECTIONS.format(**filled).lstrip("\n")


def _rules(rules: dict[str, tuple[str, ...]]) -> str:
    return f"{{{', '.join(f'{one} = {json.dumps(others)}' for one, others in rules.items())}}}"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _label(text: world.Text) -> str:
    return f"{{en = {_text(text[0])}, zh = {_text(text[1])}}}"


def _segment(name: str, label: world.Text, levels: dict[str, world.Text]) -> str:
    head = f'[responses.segments.{name}]\ncolumn = "{name}"\nlabel = {_label(label)}\n'
    lines = "".join(f'"{level}" = {_label(text)}\n' for level, text in levels.items())
    return f"{head}\n[responses.segments.{name}.levels]\n{lines}"


def _dimension(position: int, name: str) -> str:
    head = f'[[instrument.dimensions]]\nname = "{name}"\nlabel = {_label(world.DIMENSIONS[name])}\n'
    lines = [
        f'{{name = "{item}", n = {n}, label = {_label((row[1], row[2]))}}}'
        for n, (item, row) in enumerate(zip(world.ITEM_NAMES, world.ITEMS, strict=True), 1)
        if world.ITEM_DIMENSION[n - 1] == position
    ]
    return f'{head}importance_points = "pts_{name}"\nitems = [\n  ' + ",\n  ".join(lines) + ",\n]\n"


def _goal(
    kind: str, outcome: str, measure: str, value: float, label: world.Text, source: str, year: int | None
) -> str:
    dated = f"year = {year}\n" if year else ""
    return (
        f'[[{kind}]]\noutcome = "{outcome}"\nmeasure = "{measure}"\n'
        f"value = {value}\nlabel = {_label(label)}\n"
        f"source = {_text(source)}\n{dated}"
    )
