"""Service-quality analytics: from a study file to results, figures, sentences and reports.

>>> import svcq_lib as sq
>>> study = sq.open_study("data/demo/study.toml")  # doctest: +SKIP
>>> sq.gaps(study)  # doctest: +SKIP
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from svcq_lib.analyses.benchmark import BenchmarkResult, benchmark
    from svcq_lib.analyses.drivers import DriverResult, drivers
    from svcq_lib.analyses.effects import EffectsResult, effects
    from svcq_lib.analyses.gaps import GapsResult, gaps
    from svcq_lib.analyses.instrument import InstrumentResult, instrument
    from svcq_lib.analyses.returns import ReturnsResult, returns
    from svcq_lib.analyses.scores import ScoresResult, scores
    from svcq_lib.display import (
        caveats,
        figure,
        headline,
        method,
        provenance,
        save,
        segments,
        show,
        switchboard,
        table,
        trends,
    )
    from svcq_lib.display.since import since_last
    from svcq_lib.errors import (
        DataError,
        MethodError,
        Note,
        ParameterError,
        ReportError,
        StudyError,
        SvcqError,
    )
    from svcq_lib.sources.contracts import check
    from svcq_lib.sources.demo import write_demo
    from svcq_lib.sources.faults import CheckReport
    from svcq_lib.sources.init import init_study
    from svcq_lib.sources.open import open_study
    from svcq_lib.sources.prepared import read_table
    from svcq_lib.study import Study

__version__ = "0.1.0"

_HOMES = {
    "svcq_lib.analyses.benchmark": ("BenchmarkResult", "benchmark"),
    "svcq_lib.analyses.drivers": ("DriverResult", "drivers"),
    "svcq_lib.analyses.effects": ("EffectsResult", "effects"),
    "svcq_lib.analyses.gaps": ("GapsResult", "gaps"),
    "svcq_lib.analyses.instrument": ("InstrumentResult", "instrument"),
    "svcq_lib.analyses.returns": ("ReturnsResult", "returns"),
    "svcq_lib.analyses.scores": ("ScoresResult", "scores"),
    "svcq_lib.display": (
        "caveats", "figure", "headline", "method", "provenance", "save", "segments", "show",
        "switchboard", "table", "trends",
    ),
    "svcq_lib.display.since": ("since_last",),
    "svcq_lib.errors": (
        "DataError", "MethodError", "Note", "ParameterError", "ReportError", "StudyError", "SvcqError",
    ),
    "svcq_lib.sources.contracts": ("check",),
    "svcq_lib.sources.faults": ("CheckReport",),
    "svcq_lib.sources.demo": ("write_demo",),
    "svcq_lib.sources.init": ("init_study",),
    "svcq_lib.sources.open": ("open_study",),
    "svcq_lib.sources.prepared": ("read_table",),
    "svcq_lib.study": ("Study",),
}  # fmt: skip
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "BenchmarkResult", "CheckReport", "DataError", "DriverResult", "EffectsResult", "GapsResult",
    "InstrumentResult", "MethodError", "Note", "ParameterError", "ReportError", "ReturnsResult", "ScoresResult",
    "Study", "StudyError", "SvcqError", "benchmark", "caveats", "check", "drivers", "effects", "figure", "gaps",
    "headline", "init_study", "instrument", "method", "open_study", "provenance", "read_table", "returns",
    "save", "scores", "segments", "show", "since_last", "switchboard", "table", "trends", "write_demo",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import a public name on first use, so that importing the package stays cheap (PEP 562)."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted({*globals(), *__all__})


_SHOWN = (
    ("svcq_lib.analyses.benchmark", "BenchmarkResult"),
    ("svcq_lib.analyses.drivers", "DriverResult"),
    ("svcq_lib.analyses.effects", "EffectsResult"),
    ("svcq_lib.analyses.gaps", "GapsResult"),
    ("svcq_lib.analyses.instrument", "InstrumentResult"),
    ("svcq_lib.analyses.returns", "ReturnsResult"),
    ("svcq_lib.analyses.scores", "ScoresResult"),
    ("svcq_lib.sources.faults", "CheckReport"),
    ("svcq_lib.study.model", "Study"),
)


def load_ipython_extension(shell: Any) -> None:
    """Let results, studies and check reports show themselves (``%load_ext svcq_lib``; importing there does it too).

    Parameters
    ----------
    shell : InteractiveShell
        IPython's shell. Types are named, not imported.
    """
    formatters = shell.display_formatter.formatters
    for module, name in _SHOWN:
        formatters["text/html"].for_type_by_name(module, name, _as_html)
        formatters["text/plain"].for_type_by_name(module, name, _print_text)


def _as_html(value: Any) -> str:
    from svcq_lib.display.formatters import as_html

    return as_html(value)


def _print_text(value: Any, printer: Any, cycle: bool) -> None:
    from svcq_lib.display.formatters import as_text

    del cycle
    printer.text(as_text(value))


_ipython = sys.modules.get("IPython")
if _ipython is not None and (_shell := getattr(_ipython, "get_ipython", lambda: None)()) is not None:
    load_ipython_extension(_shell)
