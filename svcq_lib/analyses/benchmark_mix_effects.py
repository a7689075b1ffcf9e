"""How much of a change is who answered, and how much is how well they were served."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from svcq_lib.analyses import estimates, spans
from svcq_lib.analyses.benchmark_compared import Compared
from svcq_lib.evidence.collect import Evidence
from svcq_lib.evidence.moments import Moments
from svcq_lib.stats import cellfit, intervals
from svcq_lib.stats.decomposition import Split, kitagawa, oaxaca_blinder
from svcq_lib.study import Study

Array = NDArray[np.float64]
JOINT = "case_mix"
"""Name of the split by all case-mix segments at once."""
PARTS = ("change", "mix", "performance")
LIMITS = [f"{part}{end}" for part in PARTS for end in ("", "_low", "_high")]
CHANGES = ["since", "period", "previous", "segment", "estimate", "baseline", *LIMITS, "n"]
LEVELS = [
    "since", "segment", "level", "share", "share_before", "estimate", "baseline", *LIMITS[3:], "n", "suppressed",
]  # fmt: skip


def changes(
    study: Study, evidence: Evidence, compared: Compared, *, ci_level: float, n_boot: int, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split the change of the whole figure since earlier periods into mix and performance.

    Parameters
    ----------
    study : Study
        The study.
    evidence : Evidence
        With moments ``benchmark.change.NAME`` by period, segment and block.
    compared : Compared
        What is compared.
    ci_level : float
        Level of the intervals.
    n_boot, seed : int
        Bootstrap over blocks.

    Returns
    -------
    changes, levels : DataFrame
        One row per earlier period and segment (and ``case_mix``: all of them jointly); the same per level.
    """
    draws = estimates.draw_blocks(evidence.design, n_boot, seed)
    whole, parts = [], []
    names = [*dict.fromkeys((*compared.case_mix, compared.unit))]
    for name in [*names, *([JOINT] if len(compared.case_mix) > 1 else [])]:
        moments = evidence.moments.get(f"benchmark.change.{name}")
        found = spans.latest_two(moments, study) if moments is not None else None
        if found is None or not _enough(found, study):
            continue
        for since, called, earlier in found.earlier():
            both = _Both(earlier, found.current, compared, name, draws)
            if both.n < study.thresholds.suppress:
                continue
            facts = {"since": since, "period": found.current_name, "previous": called, "segment": name}
            whole.append(facts | both.summary(ci_level))
            if name != JOINT:
                parts.append(both.levels(ci_level).assign(since=since, segment=name))
    table = pd.DataFrame(whole, columns=CHANGES)
    levels = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=LEVELS[:-1])
    figures = [name for name in LEVELS if name not in ("since", "segment", "level", "n", "suppressed")]
    levels = levels.assign(_whole=levels["since"] + levels["segment"])
    return table, estimates.suppress(levels, study.thresholds.suppress, figures, parts_of="_whole")[LEVELS]


def _enough(found: spans.Spans, study: Study) -> bool:
    return (
        min(one.total().sums["n"].sum() for one in (found.current, found.previous))
        >= study.thresholds.suppress
    )


class _Both:
    """Sums of two periods by group: row 0 is the data, the others are bootstrap replicates."""

    def __init__(self, before: Moments, after: Moments, compared: Compared, name: str, draws: Array) -> None:
        self.compared, self.joint = compared, name == JOINT
        keys = list(compared.mix_keys) if self.joint else [f"segment.{name}"]
        self.groups = pd.concat([before.keys[keys], after.keys[keys]]).drop_duplicates().sort_values(keys)
        self.groups = self.groups.reset_index(drop=True)
        self.before, self.n_before = _sums(before, keys, self.groups, draws)
        self.after, self.n_after = _sums(after, keys, self.groups, draws)
        self.n = float(self.n_after.sum())
        self.split = self._oaxaca(keys) if self.joint else self._kitagawa()

    def _kitagawa(self) -> Split:
        return kitagawa(*_shares_and_means(self.before), *_shares_and_means(self.after))

    def _oaxaca(self, keys: Sequence[str]) -> Split:
        parts = [np.ones((len(self.groups), 1))]
        for key in keys:
            codes, levels = pd.factorize(self.groups[key], sort=True)
            parts.append(cellfit.dummies(codes, len(levels), drop_first=True))
        x = np.hstack(parts)
        fits = []
        for sw, swx in (self.before, self.after):
            fits += [sw @ x / sw.sum(axis=1, keepdims=True), cellfit.fit(x, sw, swx)]
        return oaxaca_blinder(*fits)

    def summary(self, ci_level: float) -> dict[str, float]:
        """Return the whole change and its parts with intervals."""
        factor = self.compared.line[1]
        mix, performance = (
            factor * (part if self.joint else part.sum(axis=1))
            for part in (self.split.mix, self.split.performance)
        )
        facts = {"estimate": self._level(self.after), "baseline": self._level(self.before), "n": self.n}
        for name, values in (("change", mix + performance), ("mix", mix), ("performance", performance)):
            low, high = intervals.percentile_interval(values[1:], ci_level, axis=0)
            facts |= {name: float(values[0]), f"{name}_low": float(low), f"{name}_high": float(high)}
        return facts

    def _level(self, sums: tuple[Array, Array]) -> float:
        start, factor = self.compared.line
        return start + factor * float(sums[1][0].sum() / sums[0][0].sum())

    def levels(self, ci_level: float) -> pd.DataFrame:
        """Return shares, means and both parts of every group."""
        start, factor = self.compared.line
        (s1, m1), (s2, m2) = _shares_and_means(self.before), _shares_and_means(self.after)
        table = pd.DataFrame({"level": self.groups.iloc[:, 0]})
        table = table.assign(share=s2[0], share_before=s1[0], n=np.minimum(self.n_before, self.n_after))
        table = table.assign(estimate=start + factor * m2[0], baseline=start + factor * m1[0])
        for name in ("mix", "performance"):
            values = factor * getattr(self.split, name)
            low, high = intervals.percentile_interval(values[1:], ci_level, axis=0)
            table = table.assign(**{name: values[0], f"{name}_low": low, f"{name}_high": high})
        return table


def _sums(
    moments: Moments, keys: list[str], groups: pd.DataFrame, draws: Array
) -> tuple[tuple[Array, Array], Array]:
    """Return Σw and Σwx by replicate and group, and the answers by group."""
    at = groups.assign(_at=np.arange(len(groups))).set_index(keys)["_at"]
    wanted = pd.MultiIndex.from_frame(moments.keys[keys]) if len(keys) > 1 else moments.keys[keys[0]]
    code = at.reindex(wanted).to_numpy(dtype=np.intp)
    block = moments.keys["block"].to_numpy(dtype=np.intp)
    counted = np.vstack([np.ones(draws.shape[1]), draws])
    found = []
    for name in ("sw", "swx"):
        grouped = np.zeros((draws.shape[1], len(groups)))
        np.add.at(grouped, (block, code), moments.sums[name][:, 0])
        found.append(counted @ grouped)
    return (found[0], found[1]), np.bincount(code, moments.sums["n"][:, 0], len(groups)).astype(float)


def _shares_and_means(sums: tuple[Array, Array]) -> tuple[Array, Array]:
    with np.errstate(divide="ignore", invalid="ignore"):
        return sums[0] / sums[0].sum(axis=1, keepdims=True), sums[1] / sums[0]
