"""Guessing the roles of columns from their names and values, each guess with its reason."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from svcq_lib.sources.profiles import MAX_LEVELS, Profile, Rating, codes_outside, rating

MAX_SEGMENTS = 10
_ID = re.compile(r"(?i)(^|[_\W])id$|^id|respnum|respondent|case_?(id|no)|编号")
_DATE = re.compile(r"(?i)date|day|time|month|when|日期|时间")
_WEIGHT = re.compile(r"(?i)weight|(^|_)(wt|wgt)($|_)|权重")
_NPS = re.compile(r"(?i)nps|netpro|recommend|likel|推荐")
_CES = re.compile(r"(?i)effort|(^|_)ces($|_)|easy|费力")
_CSAT = re.compile(r"(?i)^c?sat|satisf|overall($|_rat)|_all$|^q\d+all$|满意")
_BINARY = re.compile(
    r"(?i)satisf|repur|churn|renew|retain|return|complain|^comp$|recommended|purchase|回购|流失"
)
_GROUP = re.compile(
    r"(?i)branch|region|channel|gender|sex|age|class|type|segment|industry|airline|country|city|income|group|tier"
    r"|store|site|dest|provider|edu|wave|year|门店|网点|渠道|性别|年龄|地区|城市|行业"
)
_PAIR = re.compile(
    r"^(?P<head>.*?)(?P<mark>[EePp]|(?i:expectation|perception|expected|perceived|exp|perc))"
    r"(?P<sep>[_. ]?)(?P<n>\d+)$"
)


@dataclass
class Guesses:
    """The roles that columns seem to have.

    Attributes
    ----------
    id, date, weight : str or None
        Headers.
    outcomes : dict
        Header → kind (``nps``, ``csat``, ``ces``, ``binary``).
    pairs : tuple of str or None
        Patterns of expectation and perception columns.
    numbers : list of int
        Numbers of the items that have both.
    items : dict of str to list of str
        Dimension → headers of rating items.
    scale : Rating or None
        Common scale of the items and all codes beside it.
    segments : list of str
        Headers.
    why : dict
        Header or topic → reason.
    unsure : list of str
        What to look at first.
    """

    id: str | None = None
    date: str | None = None
    weight: str | None = None
    outcomes: dict[str, str] = field(default_factory=dict)
    pairs: tuple[str, str] | None = None
    numbers: list[int] = field(default_factory=list)
    items: dict[str, list[str]] = field(default_factory=dict)
    scale: Rating | None = None
    segments: list[str] = field(default_factory=list)
    why: dict[str, str] = field(default_factory=dict)
    unsure: list[str] = field(default_factory=list)


def guess(columns: Sequence[Profile]) -> Guesses:
    """Guess the role of every column.

    Parameters
    ----------
    columns : sequence of Profile
        The columns of a response table.

    Returns
    -------
    Guesses
        Roles; a column has at most one.
    """
    found, left = Guesses(), {one.header: one for one in columns if one.given and one.header.strip()}
    _roles(found, left)
    _pairs(found, left)
    _outcomes(found, left)
    _items(found, left)
    _segments(found, left)
    return found


def _roles(found: Guesses, left: dict[str, Profile]) -> None:
    unique = [one for one in left.values() if one.complete and one.distinct == one.rows > 1 and one.whole]
    named = [one.header for one in unique if _ID.search(one.header)]
    if unique and (named or unique[0].header == next(iter(left))):
        found.id = named[0] if named else unique[0].header
        found.why[found.id] = "every row has its own value"
    dates = [one for one in left.values() if one.date_format is not None and one.header != found.id]
    dates.sort(key=lambda one: not _DATE.search(one.header))
    if dates and (_DATE.search(dates[0].header) or dates[0].words):
        found.date = dates[0].header
        found.why[found.date] = f"every value reads as a date ({dates[0].date_format or 'native'})"
        if dates[0].date_rival:
            found.unsure.append(f"date {found.date!r}: {dates[0].date_rival} fits all its values as well")
    weights = [
        one
        for one in left.values()
        if one.complete and not one.words and (one.low or 0) > 0 and not one.whole
    ]
    weights.sort(key=lambda one: not _WEIGHT.search(one.header))
    if weights and (_WEIGHT.search(weights[0].header) or 0.98 < (weights[0].mean or 0) < 1.02):
        found.weight = weights[0].header
        found.why[found.weight] = f"positive, not whole, mean {weights[0].mean:.3g}"
        if not _WEIGHT.search(found.weight):
            found.unsure.append(f"weight {found.weight!r}: its name does not say so")
    for taken in (found.id, found.date, found.weight):
        left.pop(taken or "", None)


def _pairs(found: Guesses, left: dict[str, Profile]) -> None:
    groups: dict[tuple[str, str], dict[str, dict[int, str]]] = {}
    for header, one in left.items():
        match = _PAIR.match(header)
        if match and one.levels and not one.words:
            marks = groups.setdefault((match["head"], match["sep"]), {})
            marks.setdefault(match["mark"], {})[int(match["n"])] = header
    for (head, sep), marks in groups.items():
        expected = next((mark for mark in marks if mark[0] in "Ee"), None)
        perceived = next((mark for mark in marks if mark[0] in "Pp"), None)
        if (
            not expected
            or not perceived
            or len(marks[expected]) < 3
            or set(marks[expected]) != set(marks[perceived])
        ):
            continue
        scale = _common([left[one] for mark in (expected, perceived) for one in marks[mark].values()])
        if scale is None:
            continue
        found.numbers = sorted(marks[expected])
        found.pairs = tuple(
            f"^{re.escape(head + mark + sep)}(?P<n>[0-9]+)$" for mark in (expected, perceived)
        )  # type: ignore[assignment]
        headers = [*marks[expected].values(), *marks[perceived].values()]
        found.scale = scale
        found.why["pairs"] = (
            f"{len(found.numbers)} numbers occur both with {expected!r} and with {perceived!r}"
        )
        for header in headers:
            left.pop(header)
        return


def _outcomes(found: Guesses, left: dict[str, Profile]) -> None:
    # one column that uses all of 0–10 is likely the recommendation; several are a battery of items
    full = [
        header for header, one in left.items() if len(one.levels) == 11 and rating(one) == Rating(0, 10, ())
    ]
    for header, one in list(left.items()):
        scale, kind = rating(one), None
        if scale and scale.low == 0 and (_NPS.search(header) or full == [header]):
            kind = "nps"
            if not _NPS.search(header):
                found.unsure.append(
                    f"outcome {header!r}: read as a recommendation because its answers are 0–10"
                )
        elif scale and _CES.search(header):
            kind = "ces"
            found.unsure.append(f"outcome {header!r}: check high_is, the direction of the effort scale")
        elif scale and _CSAT.search(header):
            kind = "csat"
        elif one.distinct == 2 and _BINARY.search(header):
            kind = "binary"
            found.unsure.append(f"outcome {header!r}: check which answer is the positive one")
        if kind:
            found.outcomes[header] = kind
            levels = f"{scale.low}–{scale.high}" if scale else " / ".join(one.levels)
            found.why[header] = f"its name, and answers {levels}"
            left.pop(header)


def _items(found: Guesses, left: dict[str, Profile]) -> None:
    if found.pairs:
        return
    rated = {header: one for header, one in left.items() if rating(one)}
    heads = {header: _head(header) for header in rated}
    sizes = Counter((heads[header], _scale_key(one)) for header, one in rated.items())
    # a name such as AGE or STORE says segment, unless the column is one of a battery
    for header in [
        one for one in rated if _GROUP.search(one) and sizes[heads[one], _scale_key(rated[one])] < 3
    ]:
        rated.pop(header)
    if len(rated) < 3:
        return
    grouped = {header for header, one in rated.items() if sizes[heads[header], _scale_key(one)] >= 2}
    votes = Counter(_scale_key(rated[header]) for header in (grouped or rated))
    high = votes.most_common(1)[0][0]
    chosen = [header for header, one in rated.items() if _scale_key(one) == high]
    found.scale = _common([rated[header] for header in chosen])
    for header in chosen:
        name = heads[header] if sizes[heads[header], high] >= 2 else "service"
        found.items.setdefault(name, []).append(header)
        left.pop(header)
    found.why["items"] = f"{len(chosen)} columns hold whole numbers, most of them on 1–{high}"
    others = [header for header in rated if header in left]
    if others:
        found.unsure.append(
            f"not taken as items, because their answers lie on another scale: {', '.join(others[:12])}"
        )


def _scale_key(one: Profile) -> int:
    scale = rating(one)
    return scale.high if scale else 0


def _common(columns: Sequence[Profile]) -> Rating | None:
    """Return the scale that several columns share, and every answer that lies outside it in any of them."""
    scales = [one for one in map(rating, columns) if one]
    if not scales:
        return None
    low, high = min(one.low for one in scales), max(one.high for one in scales)
    return Rating(low, high, codes_outside([level for one in columns for level in one.levels], low, high))


def _head(header: str) -> str:
    if match := re.match(r"^(.*?[A-Za-z\u4e00-\u9fff])[_. ]?\d+[A-Za-z]?$", header):
        return match[1]
    match = re.match(r"^([A-Za-z]+\d+)[_. ]?[A-Za-z]", header)
    return match[1] if match else "service"


def _segments(found: Guesses, left: Mapping[str, Profile]) -> None:
    able = [
        one for one in left.values()
        if 2 <= one.distinct <= MAX_LEVELS and one.given * 2 >= one.rows and one.distinct * 3 <= one.given
        and max(map(len, one.levels)) <= 40
    ]  # fmt: skip
    able.sort(key=lambda one: (not _GROUP.search(one.header), not one.words))
    named = [one.header for one in able if _GROUP.search(one.header) or one.words]
    found.segments = named[:MAX_SEGMENTS]
    if found.segments:
        found.why["segments"] = f"few levels, and words or a telling name: {', '.join(found.segments)}"
    rest = [one.header for one in able if one.header not in found.segments]
    if rest:
        found.unsure.append(f"possible segments that are left out: {', '.join(rest[:15])}")
