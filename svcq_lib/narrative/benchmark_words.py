"""How figures of the benchmark and their differences are written."""

from __future__ import annotations

from svcq_lib import formats, kinds
from svcq_lib.analyses.benchmark import BenchmarkResult
from svcq_lib.formats import Lang
from svcq_lib.vocabulary import WORDS, Kind


def kind_of(result: BenchmarkResult) -> Kind:
    """Return how figures of the result are written."""
    return WORDS[result.measure].kind


def away_text(result: BenchmarkResult, value: float, lang: Lang = "en") -> str:
    """Return a difference in the measure's unit; that of shares in percentage points."""
    if kinds.is_missing(value):
        return formats.MISSING
    if kind_of(result) == "share":
        return kinds.shown(value, "percentage_points", lang)
    return formats.signed(value, _places(result))


def away_interval(result: BenchmarkResult, low: float, high: float) -> str:
    """Return the interval of a difference in the measure's unit."""
    if kind_of(result) == "share":
        return formats.interval(low, high, 1, scale=100)
    return formats.interval(low, high, _places(result))


def _places(result: BenchmarkResult) -> int:
    return {"score": 1, "points": 1}.get(kind_of(result), 2)
