"""What was scanned, kept on disk by partition: a changed file is scanned alone, and an unchanged table not at all.

A partition is one file of a table in several (``waves``), else the whole table. An entry is found by the fingerprint
of its rows, the study's definition with filters and period, what was needed, and the version of the code.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from svcq_lib.evidence.needs import EvidenceNeeds
from svcq_lib.evidence.parts import Part, added, part_of, shifted
from svcq_lib.evidence.plan import BATCH_ROWS, Plan, plan_of
from svcq_lib.evidence.weights import Fitting
from svcq_lib.sources import cache, connect, waves
from svcq_lib.sources.faults import CheckReport
from svcq_lib.study import Study, TableSpec


@dataclass(frozen=True)
class Partition:
    """Rows that change together.

    Attributes
    ----------
    raw : LazyFrame
        The rows as they lie, with the columns of the whole table.
    fingerprint : str
        What identifies them.
    sliced : bool
        Whether some of the rows can be read without those before them: not in a file of text.
    """

    raw: pl.LazyFrame
    fingerprint: str
    sliced: bool

    @property
    def frames(self) -> Iterator[pl.LazyFrame]:
        """The rows in frames that follow each other: a file that is read at once is read ahead without end."""
        if not self.sliced:
            yield self.raw
            return
        rows = self.raw.select(pl.len()).collect().item()
        for start in range(0, rows, BATCH_ROWS):
            yield self.raw.slice(start, BATCH_ROWS)


def partitions(study: Study, report: CheckReport) -> list[Partition]:
    """Return the partitions of the response table, in order.

    Parameters
    ----------
    study : Study
        The study.
    report : CheckReport
        What the data contract found.

    Returns
    -------
    list of Partition
        One per file.
    """
    name = study.responses.table
    spec = study.tables[name]
    whole = connect.scan(spec, study.root, name=name)
    if not spec.waves:
        return [Partition(whole, report.fingerprint(name), _sliced(spec, name))]
    schema = whole.collect_schema()
    found = []
    for wave, own in zip(spec.waves, connect.parts_of(spec), strict=True):
        frame = waves.together(
            spec.model_copy(update={"waves": (wave,)}), [connect.scan(own, study.root, name=name)]
        )
        have = frame.collect_schema().names()
        raw = frame.select(
            (pl.col(column) if column in have else pl.lit(None)).cast(dtype).alias(column)
            for column, dtype in schema.items()
        )
        said = f"{wave.model_dump_json()} {schema} {connect.fingerprint(own, study.root, name=name)}"
        found.append(Partition(raw, said, _sliced(own, name)))
    return found


def _sliced(spec: TableSpec, name: str) -> bool:
    return spec.url is None and connect.format_of(spec, name=name) not in ("csv", "tsv")


def scanned(study: Study, needs: EvidenceNeeds, report: CheckReport) -> tuple[Part, Plan]:
    """Return what is found in the response table, from the cache as far as its rows are unchanged.

    Parameters
    ----------
    study : Study
        The study, with its filters and period.
    needs : EvidenceNeeds
        What to compute.
    report : CheckReport
        What the data contract found.

    Returns
    -------
    tuple of Part and Plan
        All partitions added up, and what was asked of each.
    """
    rows = report.rows(study.responses.table)
    straight = any(note.code == "data_straight_line" for note in report.notes())
    plan = plan_of(
        study, needs, rows=rows, fitting=fitted(study, report), straight=straight, in_scale=report.ok
    )
    return added(_parts(plan, partitions(study, report))), plan


def fitted(study: Study, report: CheckReport) -> Fitting | None:
    """Return how weights are fitted to the margins of the population, if there are any, from the cache if it has it.

    Parameters
    ----------
    study : Study
        The study; its filters and period do not matter.
    report : CheckReport
        What the data contract found.

    Returns
    -------
    Fitting or None
        None without margins.
    """
    if not study.weights.margins:
        return None
    plain = study.model_copy(update={"filters": {}, "period": None})
    prints = [report.fingerprint(name) for name in study.used_tables]
    name = f"weights-{cache.key_of(*prints, plain.model_dump_json())}"
    found = cache.load(study.root, name, Fitting.from_bytes)
    if found is None:
        found = plan_of(plain, EvidenceNeeds(), rows=0).fitting
        assert found is not None  # the study has margins
        cache.save(study.root, name, found.to_bytes())
    return found


def _parts(plan: Plan, found: list[Partition]) -> Iterator[Part]:
    """Yield the part of each partition, its blocks placed after the rows of those before it."""
    study, before = plan.study, 0
    weights = plan.fitting.to_bytes() if plan.fitting else b""
    # without ids, and where each row is a block, what a row is depends on how many come before it
    placed = plan.small or study.responses.id is None
    for one in found:
        offset = before if placed else 0
        facts = (
            one.fingerprint,
            study.model_dump_json(),
            repr(plan.needs),
            plan.small,
            plan.straight,
            weights,
            offset,
        )
        name = f"part-{cache.key_of(*facts)}"
        part = None if plan.needs.rows else cache.load(study.root, name, Part.from_bytes)
        if part is None:
            part = part_of(one.frames, plan, offset=offset)
            if not plan.needs.rows:  # rows of respondents are kept nowhere but in their own table
                cache.save(study.root, name, part.to_bytes())
        yield part if placed else shifted(part, before)
        before += int(part.strata["n"].sum())
