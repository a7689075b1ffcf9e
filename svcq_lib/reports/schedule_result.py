"""What a call of a schedule did: for people, for its memory and as an exit code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from svcq_lib.reports.schedule_gates import Late


@dataclass(frozen=True)
class Tried:
    """What became of a period.

    Attributes
    ----------
    period : str
        Its name.
    status : {"done", "empty", "failed", "late", "waiting"}
        Every report is there; it has no answers, though there are later ones; a report failed or none could be made;
        its data did not come in time; it waits for them.
    ready : int
        Reports that are there.
    failed : tuple of str
        Reports that could not be made, each with its reason.
    red : tuple of str
        Headline figures that miss their targets, each with its report.
    reason : str
        Why no report was made.
    late : tuple of Late
        What is missing in the data.
    wrong : bool
        Whether the study, its data or the plan are at fault, not a report.
    inputs : str
        Hash of what the reports were made from.
    """

    period: str
    status: str
    ready: int = 0
    failed: tuple[str, ...] = ()
    red: tuple[str, ...] = ()
    reason: str = ""
    late: tuple[Late, ...] = ()
    wrong: bool = False
    inputs: str = ""

    def as_facts(self) -> dict[str, Any]:
        """Return what is remembered of it."""
        return {
            "status": self.status, "ready": self.ready, "failed": len(self.failed), "red": len(self.red),
            "reason": self.reason, "late": [one.as_fact() for one in self.late], "inputs": self.inputs,
        }  # fmt: skip


@dataclass(frozen=True)
class Result:
    """What a call did.

    Attributes
    ----------
    tried : tuple of Tried
        Periods that were due and not done, oldest first.
    sent : tuple of str
        Messages that were sent: period and address.
    undelivered : tuple of str
        Messages that could not be sent, and why; they are tried again at the next call.
    removed : tuple of str
        Periods whose reports were removed because newer ones fill the plan's ``keep``.
    busy : str
        Why nothing was done: another call is at work.
    """

    tried: tuple[Tried, ...] = ()
    sent: tuple[str, ...] = ()
    undelivered: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    busy: str = ""

    def exit_code(self, *, fail_on_red: bool = False) -> int:
        """Return what a program that calls the schedule ends with.

        Parameters
        ----------
        fail_on_red : bool
            Whether a figure that misses its target counts.

        Returns
        -------
        int
            2 if the study, its data or the plan are at fault; 1 if a report failed, its data did not come in time or a
            message could not be sent; 3 if a figure is red and that counts; else 0, also where data are waited for.
        """
        if any(one.wrong for one in self.tried):
            return 2
        if self.undelivered or any(one.status in ("failed", "late") for one in self.tried):
            return 1
        return 3 if fail_on_red and any(one.red for one in self.tried) else 0


def lines_of(one: Tried) -> list[str]:
    """Return what became of a period, for people.

    Parameters
    ----------
    one : Tried
        A period.

    Returns
    -------
    list of str
        One line, and one more per failed report.
    """
    said = {
        "done": f"done, {one.ready} report(s)",
        "failed": one.reason or f"{len(one.failed)} report(s) failed, {one.ready} are there",
        "late": "failed: its data did not come in time",
        "waiting": "waiting for its data",
        "empty": "no answers, nothing to report",
    }[one.status]
    red = f", {len(one.red)} figure(s) red" if one.red else ""
    notes = "".join(f" {late.text()}" for late in one.late)
    return [
        f"{one.period}: {said}{red}{'.' * bool(notes)}{notes}",
        *(f"{one.period}: {why}" for why in one.failed),
    ]
