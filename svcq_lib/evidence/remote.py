"""Where the rows of a response table are added up: here, in its database, or on a cluster."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import polars as pl

from svcq_lib.evidence import sql
from svcq_lib.evidence.parts import Part, part_of
from svcq_lib.evidence.plan import Plan
from svcq_lib.sources import clusters, connect
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
        Of all rows. A cluster runs the kernel on each partition and adds up the parts; a database adds up what it
        can.

    Raises
    ------
    DataError
        If the table cannot be read, or a request for rows finds more than its limit.
    """
    name = plan.study.responses.table
    spec, root = plan.study.tables[name], plan.study.root
    if not clusters.is_cluster(spec, name):
        return sql.part_of_database(plan)
    found = clusters.folded(spec, root, name, partial(_worked, plan), _joined)
    return Part.from_bytes(found) if found else part_of([connect.scan(spec, root, name=name).head(0)], plan)


def _worked(plan: Plan, frames: Iterable[pl.LazyFrame], offset: int) -> bytes:
    return part_of(frames, plan, offset=offset).to_bytes()


def _joined(one: bytes, other: bytes) -> bytes:
    return (Part.from_bytes(one) + Part.from_bytes(other)).to_bytes()
