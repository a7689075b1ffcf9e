"""What a report is made from, as hashes: of whole files, which is quick, and of the rows that it reads.

If no file has changed, nothing that a report reads has. Else the evidence decides: a report whose rows are as they
were is not made again because rows of another unit changed.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from svcq_lib import __version__
from svcq_lib.evidence import store
from svcq_lib.evidence.needs import EvidenceNeeds
from svcq_lib.reports import manifest
from svcq_lib.reports.publish import digest
from svcq_lib.reports.resources import notebook_of
from svcq_lib.sources import connect
from svcq_lib.sources.reference import folder_of
from svcq_lib.study import Study
from svcq_lib.study.sections import GapTables

_OWN_SECTIONS: Mapping[str, dict[str, Any]] = {
    "gaps": {"gap_tables": GapTables()},
    "returns": {"returns": None},
    "effects": {"effects": None},
}
"""Report → sections of the study file that only it reads, as they are where a study has none."""


@dataclass(frozen=True, eq=False)
class Made:
    """What all reports of a run are made from.

    Attributes
    ----------
    study : Study
        The study, without filters and period.
    files : Mapping of str to str
        Table or study file → fingerprint of its contents.
    product : str
        Hash of the code, the reference tables and the versions.
    """

    study: Study
    files: Mapping[str, str]
    product: str


def made_from(study: Study) -> Made:
    """Return what the reports of a study are made from, as it is now.

    Parameters
    ----------
    study : Study
        The study; its filters and period do not matter.

    Returns
    -------
    Made
        With the fingerprints of the study file and of every table that reports read.

    Raises
    ------
    DataError
        If a table cannot be read.
    """
    plain = study.model_copy(update={"filters": {}, "period": None})
    product = manifest.key_of(
        code=manifest.code_fingerprint(),
        reference=[
            (one.name, digest(one)) for one in sorted(folder_of("reference", "data/reference").glob("*.csv"))
        ],
        version=__version__,
        versions=manifest.versions(),
    )
    return Made(plain, files_of(plain), product)


def files_of(study: Study) -> dict[str, str]:
    """Return the fingerprints of the study file and of every table that reports read; quick for unchanged files."""
    prints = {
        name: connect.fingerprint(study.tables[name], study.root, name=name) for name in study.used_tables
    }
    return {study.path.name: digest(study.path), **prints}


def tables_of(study: Study, topic: str) -> tuple[str, ...]:
    """Return the tables that a report reads.

    Parameters
    ----------
    study : Study
        The study.
    topic : str
        Name of the report.

    Returns
    -------
    tuple of str
        Those that every report reads and those of its own sections of the study file; all for a report of one's own.
    """
    if _analysis(topic) is None:
        return study.used_tables
    others = [sections for other, sections in _OWN_SECTIONS.items() if other != topic]
    return study.model_copy(update={name: none for one in others for name, none in one.items()}).used_tables


def inputs_of(
    made: Made, topic: str, lang: str, parameters: Mapping[str, Any], previous: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return what a report is made from, by whole files.

    Parameters
    ----------
    made : Made
        What all reports are made from.
    topic, lang : str
        Which report, in which language.
    parameters : Mapping
        Every parameter of the notebook.
    previous : Mapping or None
        Headline figures that it compares itself with.

    Returns
    -------
    dict
        ``files`` (name → fingerprint) and ``rest``, the hash of everything else.
    """
    study = made.study
    rest = manifest.key_of(
        product=made.product,
        notebook=digest(notebook_of(topic)),
        lang=lang,
        parameters=parameters,
        previous=previous,
    )
    names = (study.path.name, *tables_of(study, topic))
    return {"files": {name: made.files[name] for name in names}, "rest": rest}


def key_of(made: Made, topic: str, parameters: Mapping[str, Any], inputs: Mapping[str, Any]) -> str:
    """Return the hash of exactly what a report reads: its rows instead of the whole table of answers.

    Parameters
    ----------
    made : Made
        What all reports are made from.
    topic : str
        Which report.
    parameters : Mapping
        Every parameter of the notebook.
    inputs : Mapping
        From :func:`inputs_of`.

    Returns
    -------
    str
        SHA-256.
    """
    table = made.study.responses.table
    whole = {name: one for name, one in inputs["files"].items() if name != table}
    study = made.study.where(**(parameters.get("where") or {})).during(parameters.get("period"))
    evidence = _evidence(made, study, _needs(study, topic, parameters))
    return manifest.key_of(rest=inputs["rest"], files=whole, evidence=evidence)


def _analysis(topic: str) -> Any:
    try:
        return importlib.import_module(f"svcq_lib.analyses.{topic}")
    except ModuleNotFoundError:
        return None


def _needs(study: Study, topic: str, parameters: Mapping[str, Any]) -> EvidenceNeeds | None:
    """Return what a report reads from the rows; None if it does not say."""
    needs = getattr(_analysis(topic), "needs", None)
    if needs is None:
        return None
    known = set(inspect.signature(needs).parameters) - {"study"}
    return needs(study, **{name: value for name, value in parameters.items() if name in known})


def _evidence(made: Made, study: Study, needs: EvidenceNeeds | None) -> str:
    """Return the hash of the rows that a report reads, those of its peers too if it shows them."""
    if needs is None:
        return made.files[study.responses.table]
    own, others = needs.by_filter()
    hashes = [store.digest(study, own)]
    if others.cells:
        hashes.append(store.digest(study.model_copy(update={"filters": {}}), others))
    return manifest.key_of(evidence=hashes)
