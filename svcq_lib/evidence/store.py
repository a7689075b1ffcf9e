"""The prepared rows of a study on disk, sorted by unit, so that each of many reports reads its own rows only.

A store lies in the study's cache. Beside the rows, with their calibrated weights and block numbers, lies what a result
says of the whole table (strata, blocks, calibration), so that what is collected from a unit's rows equals, bit by
bit, what a scan of the table with the same filters finds.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from svcq_lib.errors import ParameterError
from svcq_lib.evidence import cache as scanning
from svcq_lib.evidence import plan as plans
from svcq_lib.evidence import storing
from svcq_lib.evidence.needs import EvidenceNeeds
from svcq_lib.evidence.parts import Part, added, part_from
from svcq_lib.evidence.plan import CHOSEN, Plan, plan_of, sized
from svcq_lib.evidence.scan import Sums
from svcq_lib.evidence.weights import Fitting
from svcq_lib.sources import cache, contracts
from svcq_lib.sources.faults import CheckReport
from svcq_lib.sources.prepared import ROW
from svcq_lib.study import Study

_PREFIX = "store-"


def write(study: Study, segments: Sequence[str]) -> Path | None:
    """Write the rows of a study, sorted by units, for reports about single units.

    Parameters
    ----------
    study : Study
        The study; its filters and period do not matter.
    segments : sequence of str
        Segments that make a unit, such as ``["branch", "channel"]``: reports may be restricted to the first, to the
        first two, and so on.

    Returns
    -------
    Path or None
        The store, made if there was none of these data; None if there is nowhere to write it.

    Raises
    ------
    ParameterError
        If a name is not a segment of the study.
    DataError
        If the data break the contract.
    """
    unknown = sorted(set(segments) - set(study.responses.segments))
    if unknown or not segments:
        have = ", ".join(study.responses.segments) or "none"
        asked = f"{unknown[0]!r} is not a segment" if unknown else "no segment is named"
        raise ParameterError(f"{asked}; {study.path.name} has: {have}. Name one of these.")
    plain = study.model_copy(update={"filters": {}, "period": None})
    report = contracts.check(plain, keep=True)
    report.raise_for_errors()
    place = cache.folder(study.root)
    if place is None:
        return None
    target = place / f"{_PREFIX}{_key(plain, report)}-{cache.key_of(*segments)[:12]}"
    if target.is_dir():
        with contextlib.suppress(OSError):
            os.utime(target)  # used last, it is the last to make room
    else:
        _make(plain, report, segments, target)
    return target if target.is_dir() else None


def _make(study: Study, report: CheckReport, segments: Sequence[str], target: Path) -> None:
    """Write a store under a temporary name and move it to its own; somebody else's is as good."""
    partial = cache.unfinished(target.parent, target.name)
    try:
        partial.mkdir()
        rows, fitting = report.rows(study.responses.table), scanning.fitted(study, report)
        plan = plan_of(study, EvidenceNeeds(), rows=rows, fitting=fitting)
        frames = [one.frames for one in scanning.partitions(study, report)]
        storing.write_rows(partial, plan, frames, segments)
        os.rename(partial, target)
        cache.trim(target.parent, target.name)
    except OSError as error:
        if not target.is_dir():
            warnings.warn(
                f"rows cannot be kept in {target.parent} ({error}); reports read the table", stacklevel=3
            )
    finally:
        cache.remove(partial)


def digest(study: Study, needs: EvidenceNeeds) -> str:
    """Return a hash of everything that an analysis reads from the rows of a study restricted to a unit.

    Parameters
    ----------
    study : Study
        The study, with its filters and period. A store is written if there is none for its filters.
    needs : EvidenceNeeds
        What the analysis reads.

    Returns
    -------
    str
        Hexadecimal digest: the columns that are needed of the unit's rows, of all periods; the filters and the
        period; the warnings of the data; strata, blocks, calibration and last date of the whole table. What stands in
        the study file and the code is no part of it.

    Raises
    ------
    DataError
        If the data break the contract.
    """
    report = contracts.check(study, keep=True)
    found = find(study, report)
    if found is None:
        segments = list(study.filters) or list(study.responses.segments)[:1]
        path = write(study, segments) if segments else None
        found = _opened(path) if path is not None else None
    said = [
        sorted(study.filters.items()),
        study.period,
        # a result counts straight-liners among its own rows, whose column is hashed below
        [(one.code, {} if one.code == "data_straight_line" else dict(one.facts)) for one in report.notes()],
    ]
    if found is None:
        return cache.key_of(report.fingerprint(study.responses.table), *said)
    columns = sorted(_read_columns(study, needs, found))
    hashed = hashlib.sha256(repr([*said, found.head["design"], columns]).encode())
    for unit in found.units_of(study.filters):
        hashed.update(repr(found.keys[unit]).encode())
        for name in columns:
            hashed.update(found.digests[name][unit])
    return hashed.hexdigest()


def _read_columns(study: Study, needs: EvidenceNeeds, found: Store) -> set[str]:
    """Return the stored columns that a scan with these needs reads."""
    plan = Plan(study, needs, False, found.fitting, straight=False)
    names = plans.wanted(plan) | {storing.STRAIGHT} | ({"block"} if plan.blocked else set())
    names |= {"margin_cell"} if found.fitting else set()
    return names & set(found.digests)


def find(study: Study, report: CheckReport) -> Store | None:
    """Return the store from which a study's rows can be read.

    Parameters
    ----------
    study : Study
        The study, with its filters.
    report : CheckReport
        What the data contract found.

    Returns
    -------
    Store or None
        One that is sorted by the study's filters; for a study without filters any. None if there is none.
    """
    place = cache.folder(study.root)
    if place is None:
        return None
    plain = study.model_copy(update={"filters": {}, "period": None})
    for path in sorted(place.glob(f"{_PREFIX}{_key(plain, report)}-*")):
        found = _opened(path)
        if found is not None and (not study.filters or found.segments[0] in study.filters):
            return found
    return None


def part_of_unit(study: Study, needs: EvidenceNeeds, report: CheckReport) -> tuple[Part, Plan] | None:
    """Return what is found in the rows of a unit, if there is a store of them.

    Parameters
    ----------
    study : Study
        The study, restricted to the unit.
    needs : EvidenceNeeds
        What to compute.
    report : CheckReport
        What the data contract found.

    Returns
    -------
    tuple of Part and Plan, or None
        Equal to those of a scan of the whole table; None if there is no store that is sorted by the study's filters.
    """
    found = find(study, report) if study.filters else None
    if found is None:
        return None
    try:
        rows = found.rows(study.filters)
    except (OSError, ValueError) as error:
        _removed(found.path, error)
        return None
    plan = plan_of(study, needs, rows=report.rows(study.responses.table), fitting=found.fitting)
    rows = rows.with_columns(*plans.chosen(study)).filter(CHOSEN)
    parts = []
    for whole, low, high in zip(found.whole, found.head["offsets"], found.head["offsets"][1:], strict=False):
        own = rows.filter(pl.col(ROW).is_between(low + 1, high)) if len(found.whole) > 1 else rows
        sums = Sums(plan)
        sums.add(sized([own]))
        parts.append(part_from(whole, sums))
    return added(parts), plan


class Store:
    """Rows sorted by unit, read from disk as they are needed.

    Parameters
    ----------
    path : Path
        The folder.
    """

    def __init__(self, path: Path) -> None:
        import pyarrow as pa

        self.path = path
        self.head: Mapping[str, Any] = json.loads((path / storing.HEAD).read_text(encoding="utf-8"))
        self.segments: tuple[str, ...] = tuple(self.head["segments"])
        units = pl.read_ipc(path / storing.UNITS)
        names = [f"segment.{name}" for name in self.segments]
        self.keys = list(units.select(names).iter_rows())
        self.spans = list(units.select("batch", "start", "n").iter_rows())
        self.digests = {
            name.removeprefix("digest|"): units[name].to_list()
            for name in units.columns
            if name.startswith("digest|")
        }
        self.whole = [
            storing.read_whole(path / storing.WHOLE.format(i)) for i in range(len(self.head["offsets"]) - 1)
        ]
        fitting = path / storing.FITTING
        self.fitting = Fitting.from_bytes(fitting.read_bytes()) if fitting.exists() else None
        self._file = pa.ipc.open_file(pa.memory_map(str(path / storing.ROWS)))
        self._units: dict[tuple[object, ...], list[int]] = {}
        for unit, key in enumerate(self.keys):
            for length in range(len(key) + 1):
                self._units.setdefault(key[:length], []).append(unit)

    def units_of(self, filters: Mapping[str, str]) -> list[int]:
        """Return the units whose first segments have the levels of some filters."""
        levels = []
        for name in self.segments:
            if name not in filters:
                break
            levels.append(filters[name])
        return self._units.get(tuple(levels), [])

    def rows(self, filters: Mapping[str, str]) -> pl.DataFrame:
        """Return the rows of the units that filters choose, in the order of the table."""
        parts = []
        for unit in self.units_of(filters):
            batch, start, n = self.spans[unit]
            part = pl.from_arrow(self._file.get_batch(batch).slice(start, n))
            assert isinstance(part, pl.DataFrame)  # a record batch is a frame
            if any(storing.digest(part[name]) != own[unit] for name, own in self.digests.items()):
                raise ValueError(f"rows of {self.keys[unit]} have changed")
            parts.append(part)
        if not parts:
            return pl.from_arrow(self._file.schema.empty_table())  # type: ignore[return-value]
        return parts[0] if len(parts) == 1 else pl.concat(parts).sort(ROW)


def _opened(path: Path) -> Store | None:
    """Open a store; one that cannot be read is removed, with a warning, and made again when it is asked for."""
    try:
        return _open(path, path.stat().st_mtime_ns)
    except Exception as error:  # whatever is wrong with it, the table is still there
        _removed(path, error)
        return None


@functools.lru_cache(maxsize=4)
def _open(path: Path, _stamp: int) -> Store:
    return Store(path)


def _removed(path: Path, error: object) -> None:
    warnings.warn(f"{path} is corrupt ({error}) and is made again", stacklevel=3)
    cache.remove(path)


def _key(plain: Study, report: CheckReport) -> str:
    prints = [report.fingerprint(name) for name in plain.used_tables]
    return cache.key_of(*prints, plain.model_dump_json())
