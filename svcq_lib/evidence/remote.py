"""Where the rows of a response table are added up: here, in its database, or on a cluster."""

from __future__ import annotations

from svcq_lib.evidence import sql
from svcq_lib.evidence.parts import Part
from svcq_lib.evidence.plan import Plan
from svcq_lib.study import Study


def is_remote(study: Study) -> bool:
    """Return whether a study's response table lies elsewhere."""
    return study.tables[study.responses.table].url is not None


def part_of_table(plan: Plan) -> Part:
    """Return what is found in a response table that lies elsewhere.

    Parameters
    ----------
    plan : Plan
        What is needed.

    Returns
    -------
    Part
        Of all rows.

    Raises
    ------
    DataError
        If the table cannot be read.
    """
    return sql.part_of_database(plan)
