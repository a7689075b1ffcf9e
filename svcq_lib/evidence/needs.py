"""What an analysis asks of a scan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from svcq_lib.errors import ParameterError
from svcq_lib.evidence.columns import Derived


@dataclass(frozen=True)
class Cells:
    """One request for moments.

    Attributes
    ----------
    columns : tuple of str
        Raw or derived columns.
    by : tuple of str
        Group columns: ``"period"``, ``"month"`` or ``"segment.NAME"``; empty is everything.
    cross : bool
        Whether pairs of columns are needed as well (for correlations).
    blocks : bool
        Whether the cells are split by bootstrap block.
    all_periods : bool
        Whether rows outside the study's period count too (for comparison over time).
    weighted: bool
        Whether rows count with their weight; else each counts once.
    peers : bool
        Whether rows outside the study's filters count too (for comparison with other units). What a report shows then
        depends on these rows.
    """

    columns: tuple[str, ...]
    by: tuple[str, ...] = ()
    cross: bool = False
    blocks: bool = False
    all_periods: bool = False
    weighted: bool = True
    peers: bool = False


@dataclass(frozen=True)
class Tally:
    """One request for the number of answers at each level of a column."""

    column: str
    by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rows:
    """One request for the rows themselves, for models that sums cannot answer (ordinal or case-mix models).

    Attributes
    ----------
    columns : tuple of str
        Raw, derived or group columns (``"period"``, ``"segment.NAME"``, ``"duration"``).
    all_periods : bool
        Whether rows outside the study's period count too.
    limit : int
        Most rows that are held in memory; a scan that finds more is refused.
    """

    columns: tuple[str, ...]
    all_periods: bool = False
    limit: int = 2_000_000


@dataclass(frozen=True)
class EvidenceNeeds:
    """Everything an analysis reads from the rows.

    Attributes
    ----------
    derived : Mapping of str to Derived
        Columns to compute, each from raw columns or from those before it.
    cells : Mapping of str to Cells
        Requests for moments by name.
    tallies : Mapping of str to Tally
        Requests for counts by name.
    rows : Mapping of str to Rows
        Requests for rows by name.
    """

    derived: Mapping[str, Derived] = field(default_factory=dict)
    cells: Mapping[str, Cells] = field(default_factory=dict)
    tallies: Mapping[str, Tally] = field(default_factory=dict)
    rows: Mapping[str, Rows] = field(default_factory=dict)

    def by_filter(self) -> tuple[EvidenceNeeds, EvidenceNeeds]:
        """Return what is needed from rows inside the study's filters, and what from all rows."""
        inside = {name: one for name, one in self.cells.items() if not one.peers}
        outside = {name: one for name, one in self.cells.items() if one.peers}
        return replace(self, cells=inside), EvidenceNeeds(self.derived, outside)

    def __or__(self, other: EvidenceNeeds) -> EvidenceNeeds:
        """Return the needs of two analyses, to be met by one scan."""
        for mine, theirs in (
            (self.derived, other.derived),
            (self.cells, other.cells),
            (self.tallies, other.tallies),
            (self.rows, other.rows),
        ):
            for name in set(mine) & set(theirs):
                if mine[name] != theirs[name]:
                    raise ParameterError(f"two analyses ask for different things under the name {name!r}.")
        return EvidenceNeeds(
            {**self.derived, **other.derived},
            {**self.cells, **other.cells},
            {**self.tallies, **other.tallies},
            {**self.rows, **other.rows},
        )
