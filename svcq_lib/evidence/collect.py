"""Meeting the needs of analyses in one scan of the response table."""

from __future__ import annotations

from dataclasses import replace

from svcq_lib.evidence import cache, remote, store
from svcq_lib.evidence.finish import finish
from svcq_lib.evidence.found import Base, Design, Evidence
from svcq_lib.evidence.needs import EvidenceNeeds
from svcq_lib.evidence.plan import ROW_COLUMNS, grain_of, plan_of
from svcq_lib.sources import contracts
from svcq_lib.sources.faults import CheckReport
from svcq_lib.study import Study

__all__ = ["ROW_COLUMNS", "Base", "Design", "Evidence", "collect", "grain_of"]


def collect(study: Study, needs: EvidenceNeeds) -> Evidence:
    """Scan the response table once and return all that is needed.

    Parameters
    ----------
    study : Study
        The study, with its filters and period.
    needs : EvidenceNeeds
        What to compute.

    Returns
    -------
    Evidence
        Moments and tallies by name, the base, the design, and the warnings of the data contract as notes.

    Raises
    ------
    DataError
        If the data break the contract, or no row is left.
    MethodError
        If weights cannot be fitted to the declared margins.
    """
    report = contracts.check(study, keep=True)
    report.raise_for_errors()
    inside, outside = needs.by_filter()
    found = _scanned(study, inside, report)
    if not outside.cells:
        return found
    beside = _scanned(study.model_copy(update={"filters": {}}), outside, report)
    return replace(found, moments={**found.moments, **beside.moments})


def _scanned(study: Study, needs: EvidenceNeeds, report: CheckReport) -> Evidence:
    """Return what one pass over the rows finds."""
    name = study.responses.table
    if remote.is_remote(study):
        plan = plan_of(study, needs, rows=report.rows(name))
        part = remote.part_of_table(plan)
    else:
        part, plan = store.part_of_unit(study, needs, report) or cache.scanned(study, needs, report)
    return finish(part, plan, report.notes(), {name: report.fingerprint(name)})
