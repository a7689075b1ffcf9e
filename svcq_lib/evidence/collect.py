"""Meeting the needs of analyses in one scan of the response table."""

from __future__ import annotations

from svcq_lib.errors import DataError
from svcq_lib.evidence.found import Base, Design, Evidence
from svcq_lib.evidence.needs import EvidenceNeeds
from svcq_lib.evidence.scan import ROW_COLUMNS, Scan, batches, grain_of, named
from svcq_lib.sources import contracts
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
    report = contracts.check(study)
    report.raise_for_errors()
    scan = Scan(study, needs)
    scan.fit()
    for batch in batches(scan.frame()):
        scan.add(batch)
    if scan.n == 0:
        raise DataError(
            f"no answers are left in {study.responses.table!r} for {named(study)}. Widen the choice."
        )
    prints = {study.responses.table: report.fingerprint(study.responses.table)}
    return scan.evidence(report.notes(), prints)
