"""What can be known to fail before a kernel starts: a level that the data lack, an outcome that the study lacks."""

from __future__ import annotations

import difflib
import importlib
import inspect
from collections.abc import Mapping
from typing import Any

from svcq_lib.errors import ParameterError
from svcq_lib.sources import prepared
from svcq_lib.study import Study

SHOWN = 12


def require_levels(study: Study) -> None:
    """Raise unless every filter names a level that the data hold.

    Parameters
    ----------
    study : Study
        The study with its filters.

    Raises
    ------
    ParameterError
        Naming the segment, the level, the nearest and the existing ones.
    """
    whole = study.model_copy(update={"filters": {}})
    for segment, level in study.filters.items():
        column = f"segment.{segment}"
        found = (
            prepared.prepared(whole).select(column).unique().collect()[column].drop_nulls().sort().to_list()
        )
        if level in found:
            continue
        labels = {label.text(lang): one for one, label in study.responses.segments[segment].levels.items()
                  for lang in ("en", "zh")}  # fmt: skip
        near = difflib.get_close_matches(level, [*found, *labels], n=1, cutoff=0.5)
        hint = f"Did you mean {labels.get(near[0], near[0])!r}? " if near else ""
        listed = ", ".join(found[:SHOWN]) + (" …" if len(found) > SHOWN else "")
        raise ParameterError(f"{segment} has no level {level!r}. {hint}It has: {listed}.")


def require_parameters(study: Study, topic: str, values: Mapping[str, Any]) -> None:
    """Raise if an analysis cannot even say what it needs with these parameters.

    Parameters
    ----------
    study : Study
        The study.
    topic : str
        Name of the report, and of its analysis.
    values : Mapping
        Checked parameters of the report.

    Raises
    ------
    ParameterError
        For example if an outcome is not in the study.
    """
    try:
        needs = importlib.import_module(f"svcq_lib.analyses.{topic}").needs
    except ModuleNotFoundError:  # a notebook without an analysis of its name
        return
    known = inspect.signature(needs).parameters
    needs(study, **{name: value for name, value in values.items() if name in known and name != "study"})
