"""What every estimate of a programme's effect shares: the scan, the panels and the kind of errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from svcq_lib import periods
from svcq_lib.analyses.effects_did import Layout, Settings
from svcq_lib.analyses.effects_its import Path, interrupted
from svcq_lib.analyses.effects_panel import AFTER, BEFORE, Panel, Quantity, panel
from svcq_lib.errors import MethodError
from svcq_lib.evidence.collect import Evidence
from svcq_lib.study import Effects, Study

Grain = Literal["month", "quarter"]
Errors = Literal["auto", "cluster", "wild"]
MANY_UNITS = 40
"""From this many units on, cluster-robust errors hold without the bootstrap."""


def scanned(study: Study) -> Study:
    """Return the study as it is scanned: by month, from the first answer to the end of its period."""
    monthly = study.responses.model_copy(update={"period": "month"})
    span = f"0001-01-01..{periods.parse(study.period).end.isoformat()}" if study.period else None
    return study.model_copy(update={"responses": monthly, "period": span})


@dataclass(frozen=True)
class Work:
    """What every estimate of one call shares."""

    study: Study
    programme: Effects
    evidence: Evidence
    grain: Grain
    lag: int | None
    harmonics: int | None

    def programme_arguments(self) -> dict[str, Any]:
        """Return the arguments of `panel` that describe the programme."""
        one = self.programme
        return {"unit": one.unit, "treated": one.treated, "start": one.start, "ramp": one.ramp}

    def panel(self, quantity: Quantity, **changed: Any) -> Panel:
        """Return the panel of a figure, with the study's period as the time after the start."""
        given = {**self.programme_arguments(), "grain": self.grain, **changed}
        return self._narrowed(panel(self.evidence.moments["effects"], quantity, **given))

    def month_panel(self, quantity: Quantity, start: str, ramp: int) -> Panel:
        """Return the panel of a figure by month for another start."""
        return self.panel(quantity, start=start, ramp=ramp, grain="month")

    def _narrowed(self, found: Panel) -> Panel:
        """Cut a panel at the end of the study's period, and count only what lies inside it as after."""
        if not self.study.period:
            return found
        span = periods.parse(self.study.period)
        found = found.during(
            np.array([periods.parse(name).start <= span.end for name in found.periods], dtype=bool)
        )
        early = np.array([periods.parse(name).end < span.start for name in found.periods], dtype=bool)
        return replace(found, phase=np.where(early & (found.phase == AFTER), 0, found.phase))

    def path(self, found: Panel, ci_level: float, lag: int | None = None) -> Path | None:
        """Return the interrupted series of a panel."""
        return interrupted(
            found, ci_level=ci_level, lag=self.lag if lag is None else lag, harmonics=self.harmonics,
            length=12 if self.grain == "month" else 4,
        )  # fmt: skip


def settings_of(
    panels: Mapping[Quantity, Panel], errors: Errors, layout: Layout, weighted: bool, ci_level: float, n_boot: int,
    seed: int,
) -> Settings:  # fmt: skip
    """Return how effects are estimated: auto errors are the bootstrap below 40 units, permutation with a lone unit."""
    treated = next(iter(panels.values())).treated
    alone = min(int(treated.sum()), int((~treated).sum())) == 1
    few = len(treated) < MANY_UNITS
    chosen = "permutation" if alone else ("wild" if few else "cluster") if errors == "auto" else errors
    return Settings(chosen, layout, weighted, ci_level, n_boot, seed)


def require_both_sides(panels: Mapping[Quantity, Panel], programme: Effects, study: Study) -> None:
    """Raise unless units with the programme have answers before and after it."""
    phase = np.concatenate([one.phase for one in panels.values()])
    seen = sorted({name for one in panels.values() for name in one.periods})
    span = f"{seen[0]} to {seen[-1]}" if seen else "nothing"
    if not any(one.treated.any() for one in panels.values()):
        raise MethodError(
            f"no answer of {study.path.name} is from a unit with the programme. Check effects.treated."
        )
    if not (phase == BEFORE).any():
        raise MethodError(
            f"the programme starts in {programme.start} and the answers cover {span}: there is nothing before it to "
            "compare with. Set effects.start, or add earlier answers."
        )
    if not (phase == AFTER).any():
        raise MethodError(
            f"the programme starts in {programme.start} with {programme.ramp} months of partial effect and the answers "
            f"cover {span}: no period counts as after. Wait, choose a later period, or set ramp to fewer months."
        )
