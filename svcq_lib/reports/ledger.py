"""What a run knows of its reports: which are due and why, what became of them, whether their input stayed the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from svcq_lib.errors import DataError
from svcq_lib.reports import keys, manifest
from svcq_lib.reports.execute import Job, Outcome
from svcq_lib.reports.plan import Planned

Progress = Callable[[str, Outcome | None], None]
_COMPARED = ("period", "title", "figures", "data_notes")
_SHA256 = re.compile(r"\b[0-9a-f]{64}\b")


@dataclass
class Ledger:
    """The record of a folder while a run works in it.

    Attributes
    ----------
    out : Path
        Folder of the reports.
    made : Made
        What all reports are made from.
    entries : dict
        Name → entry of the manifest, kept up to date.
    earlier : Mapping
        Entries of another folder, in which reports of the period before are looked up, too.
    force : bool
        Whether reports are made even if nothing has changed.
    keep_going : bool
        Whether a failure stops no other report.
    tell : callable
        Called with each report's name when it is due, and with its outcome.
    due : dict of str to str
        Reports that were due, and why.
    skipped : list of str
        Reports that were up to date.
    outcomes : dict of str to Outcome
        What was made.
    replaced : bool
        Whether a file was replaced after the run had read its fingerprint.
    noted : bool
        Whether anything was written to the manifest.
    """

    out: Path
    made: keys.Made
    entries: dict[str, dict[str, Any]]
    earlier: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    force: bool = False
    keep_going: bool = True
    tell: Progress = lambda name, outcome: None
    due: dict[str, str] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    replaced: bool = False
    noted: bool = False

    def current(self, planned: Planned) -> bool:
        """Tell whether no file that a report is made from has changed since it was made."""
        return self._recorded(planned, self._inputs(planned))

    def due_of(self, planned: Planned) -> tuple[Job, str]:
        """Return the job of a report and why it must be made; an empty reason if it is up to date.

        Parameters
        ----------
        planned : Planned
            The report.

        Returns
        -------
        job : Job
            With its key, what the key was made of, the report before, and the formats that it was made in before.
        reason : str
            ``"forced"`` or one of :func:`svcq_lib.reports.manifest.stale`.
        """
        job, entry, inputs = planned.job, self.entries.get(planned.job.name), self._inputs(planned)
        same = entry is not None and self._recorded(planned, inputs)
        key = entry["key"] if entry and same else keys.key_of(self.made, job.topic, job.parameters, inputs)
        before = tuple(dict.fromkeys((*job.formats, *manifest.formats_of(entry, key))))
        whole = replace(job, key=key, inputs=inputs, previous=self._previous(planned), formats=before)
        return whole, "forced" if self.force else manifest.stale(self.out, entry, key, job.formats)

    def decide(self, planned: Planned) -> Job | None:
        """Return the job of a report that must be made; None if it is up to date."""
        job, reason = self.due_of(planned)
        if reason:
            self.due[job.name] = reason
            self.tell(job.name, None)
            return job
        if job.name not in self.outcomes:
            self.skipped.append(job.name)
        if not self.current(planned):  # next time its files tell it at once
            self._note({**self.entries[job.name], "inputs": dict(job.inputs)})
        return None

    def settle(self, outcome: Outcome) -> bool:
        """Take note of an outcome, unless its input was replaced meanwhile; tell whether to go on."""
        if self._changed(outcome):
            self.replaced = True
            return False
        self.outcomes[outcome.name] = outcome
        self._note(outcome.as_entry())
        self.tell(outcome.name, outcome)
        return self.keep_going or outcome.status == "done"

    def begin_again(self, made: keys.Made) -> None:
        """Start over with the files as they are now; what is up to date with them stays."""
        self.made, self.replaced, self.force = made, False, False
        self.skipped.clear()
        if self.noted:
            manifest.add_run(self.out, facts_of(made))

    def _inputs(self, planned: Planned) -> dict[str, Any]:
        job = planned.job
        return keys.inputs_of(self.made, job.topic, job.lang, job.parameters, self._previous(planned))

    def _recorded(self, planned: Planned, inputs: Mapping[str, Any]) -> bool:
        return (self.entries.get(planned.job.name) or {}).get("inputs") == inputs

    def _previous(self, planned: Planned) -> dict[str, Any] | None:
        """Return what the report of the period before said, if it was made."""
        entry = self.entries.get(planned.before) or self.earlier.get(planned.before)
        if not entry or entry.get("status") != "done" or not entry.get("figures"):
            return None
        return {name: entry.get(name) for name in _COMPARED}

    def _note(self, entry: Mapping[str, Any]) -> None:
        if not self.noted:
            manifest.add_run(self.out, facts_of(self.made))
            self.noted = True
        self.entries[entry["name"]] = manifest.add_report(self.out, entry)

    def _changed(self, outcome: Outcome) -> bool:
        """Tell whether a report was made from other files than the run has seen."""
        try:
            now = keys.files_of(self.made.study)
        except (DataError, OSError):  # it is being replaced at this moment
            return True
        return now != self.made.files or _names_others(self.out / f"{outcome.name}.ipynb", now.values())


def _names_others(notebook: Path, fingerprints: Iterable[str]) -> bool:
    """Tell whether a report names fingerprints of data, but none of these."""
    try:
        text = notebook.read_text(encoding="utf-8")
    except OSError:
        return False
    # looking for a known text takes a fraction of the time that looking for any fingerprint does
    known = any(one in text for one in fingerprints if _SHA256.fullmatch(one))
    return not known and _SHA256.search(text) is not None


def facts_of(made: keys.Made) -> dict[str, Any]:
    """Return what the manifest says of a study: no address, no credential."""
    return {
        "name": made.study.name.text("en"),
        "file": made.study.path.name,
        "fingerprints": dict(made.files),
    }


def red_figures(entries: Mapping[str, Mapping[str, Any]], names: set[str]) -> tuple[tuple[str, str], ...]:
    """Return the headline figures that miss their target.

    Parameters
    ----------
    entries : Mapping
        Name → entry of the manifest.
    names : set of str
        Reports that count.

    Returns
    -------
    tuple of (str, str)
        Report and label of the figure.
    """
    return tuple(
        (name, one["label"])
        for name in sorted(names & set(entries))
        for one in entries[name].get("figures") or ()
        if one.get("status") == "red"
    )
