"""Results made by hand, so that a sentence can be read against what it was made from."""

import datetime as dt
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from svcq_lib.analyses.context import Context
from svcq_lib.analyses.drivers import DriverResult
from svcq_lib.analyses.gaps import GapsResult
from svcq_lib.analyses.scores import ScoresResult
from svcq_lib.study import Label, Scale


def _context(**other):
    fields = {
        "study": Label(en="Harbour", zh="海港"), "language": "en",
        "source": "answers", "filters": {}, "period": None,
        "date_min": dt.date(2026, 1, 1), "date_max": dt.date(2026, 6, 30), "n": 400, "n_eff": 400.0,
        "weight": None, "design": "simple", "missing": "pairwise", "ci_level": 0.95, "adjustment": "holm",
        "seed": 1, "n_boot": 50, "suppress": 5, "flag": 30, "scale": Scale(low=1, high=7),
    }  # fmt: skip
    return Context(**{**fields, **other})


@pytest.fixture
def make_context():
    """A context; keywords replace its fields."""
    return _context


def _terms(rows, mode):
    """Make a table from (term, gap, low, high, adjusted p); a missing gap is a suppressed row."""
    made = []
    for term, gap, low, high, p in rows:
        perception = 6.0 + gap if mode == "gap" else gap
        made.append({
            "term": term, "expectation": 6.0 if mode == "gap" else np.nan, "perception": perception,
            "perception_low": perception - 0.1, "perception_high": perception + 0.1,
            "gap": gap if mode == "gap" else np.nan, "estimate": gap, "std_error": 0.05, "conf_low": low,
            "conf_high": high, "statistic": np.nan, "df": 399.0, "p_value": p, "p_adjusted": p,
            "effect_size": np.nan, "n": 400.0, "n_eff": 400.0, "suppressed": bool(np.isnan(gap)),
        })  # fmt: skip
    return pd.DataFrame(made)


MORE_GAPS = ("levels", "chain", "importance", "zone", "quality", "challenge", "interactions", "switches")


def _contrasts(table, ci_level):
    """Make the contrasts of dimensions: sure where their intervals do not overlap."""
    made = []
    for (_, one), (_, other) in combinations(table.iterrows(), 2):
        apart = one["conf_low"] > other["conf_high"] or other["conf_low"] > one["conf_high"]
        p = (1 - ci_level) / 50 if apart else 0.6
        made.append((one["term"], other["term"], one["gap"] - other["gap"], p, 400.0))
    return pd.DataFrame(made, columns=["term", "other", "difference", "p_adjusted", "n"])


def _changes(rows):
    """Make a table of changes from (term, since, change, low, high, adjusted p)."""
    columns = ["term", "since", "change", "change_low", "change_high", "p_adjusted"]
    table = pd.DataFrame(rows, columns=columns)
    previous = table["since"].map({"previous": "2026-Q1", "first": "2025-Q1"})
    return table.assign(
        period="2026-Q2", previous=previous, estimate=-1.0, p_value=table["p_adjusted"], n=400.0
    )


def _segments(rows):
    """Make a table of groups from (segment, level, term, estimate, difference, adjusted p)."""
    columns = ["segment", "level", "term", "estimate", "difference", "p_adjusted"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(
        conf_low=table["estimate"] - 0.1, conf_high=table["estimate"] + 0.1, n=100.0, suppressed=False
    )


@pytest.fixture
def make_gaps():
    """A gap analysis of the dimensions given as (term, gap, low, high, adjusted p), widest first."""

    def make(
        rows, *, overall=(-0.5, -0.6, -0.4, 0.001), changes=(), segments=(), mode="gap", more=None, **context
    ):
        table = _terms(rows, mode)
        whole = _terms([("overall", *overall)], mode)
        periods = pd.DataFrame({
            "period": ["2026-Q1", "2026-Q2"], "term": "overall", "estimate": [-1.0, -1.0], "conf_low": -1.1,
            "conf_high": -0.9, "n": [190.0, 210.0], "suppressed": False,
        })  # fmt: skip
        return GapsResult(
            mode=mode, items=table.assign(dimension=table["term"]), dimensions=table, overall=whole,
            segments=_segments(segments), periods=periods, changes=_changes(changes), notes=(),
            context=_context(**context), contrasts=_contrasts(table, context.get("ci_level", 0.95)),
            **{name: pd.DataFrame() for name in MORE_GAPS} | (more or {}),
        )  # fmt: skip

    return make


@pytest.fixture
def make_scores():
    """A scorecard of outcomes given as (outcome, measure, estimate, low, high)."""

    def make(rows, *, changes=(), goals=(), **context):
        head = pd.DataFrame(rows, columns=["outcome", "measure", "estimate", "conf_low", "conf_high"])
        head = head.assign(
            primary=~head["measure"].isin(["promoters", "detractors"]), high_is_good=True, std_error=0.1,
            n=400.0, n_eff=400.0, suppressed=head["estimate"].isna(),
        )  # fmt: skip
        moved = _changes(changes).rename(columns={"term": "outcome"})
        moved = moved.assign(measure="mean", high_is_good=True)
        names = ["verdict", "outcome", "measure", "kind", "label", "value", "source"]
        met = pd.DataFrame([(one, "csat", "mean", kind, Label(en="Goal"), 5.0, "us") for kind, one in goals])
        met = met.set_axis(names, axis=1) if len(met) else pd.DataFrame(columns=names)
        empty = pd.DataFrame(columns=["period", "segment", "level", "outcome", "measure", "n"])
        return ScoresResult(
            head, moved, empty, empty, empty, met, empty, empty, empty, (), _context(**context)
        )

    return make


@pytest.fixture
def make_drivers():
    """A driver analysis of drivers given as (term, share, best rank, worst rank, quadrant)."""

    def make(rows, *, lines="mean", method="lmg", model="linear", held=0.0, notes=(), frames=None, **context):
        table = pd.DataFrame(rows, columns=["term", "share", "rank_low", "rank_high", "quadrant"])
        table = table.assign(
            conf_low=table["share"] - 0.05, conf_high=table["share"] + 0.05, rank=range(1, len(rows) + 1),
            performance=np.arange(len(rows)) ** 2 / 10 + 4.0, n=400.0,
        )  # fmt: skip
        table["tier"] = np.where(
            table["rank_low"].isna(), np.nan, np.where(table["rank_low"] > table["rank_low"].min(), 2, 1)
        )
        fit = pd.DataFrame([{
            "outcome": "csat", "method": method, "model": model, "r_squared": 0.583, "r_squared_low": 0.54,
            "r_squared_high": 0.62, "r_squared_covariates": held, "n": 400.0, "terms": len(rows),
        }])  # fmt: skip
        middle = pd.DataFrame([{
            "lines": lines, "importance_kind": "derived", "performance": 4.5, "importance": table["share"].mean(),
            "changed": 0, "terms": len(rows), "rank_correlation": np.nan,
        }])  # fmt: skip
        placed = table[["term", "performance", "quadrant", "n"]].assign(
            importance=table["share"],
            p_quadrant=1.0,
            derived_importance=table["share"],
            stated_importance=np.nan,
        )
        uneven = table[["term", "n"]].assign(
            asymmetry=np.nan, factor="", shown=False, high_from=np.nan, low_to=np.nan
        )
        panel = pd.concat([
            table.assign(method=one, estimate=table["share"])[["method", "term", "estimate", "rank", "n"]]
            for one in ("lmg", "beta")
        ])  # fmt: skip
        agreement = pd.DataFrame(
            [{"first": "lmg", "second": "beta", "correlation": 0.9, "shared": 3, "n": 400.0}]
        )
        segments = pd.DataFrame(
            columns=["segment", "level", "term", "estimate", "p_value", "p_adjusted", "n"]
        )
        found = {
            "importance": table, "methods": panel, "agreement": agreement, "segments": segments, "fit": fit,
            "map": placed, "lines": middle, "asymmetry": uneven, "notes": notes, "context": _context(**context),
            **(frames or {}),
        }  # fmt: skip
        blank = dict.fromkeys(DriverResult.__dataclass_fields__, pd.DataFrame())
        return DriverResult(**{**blank, **found})

    return make
