"""Errors and caveats: one family of exceptions, messages with a remedy, notes as data."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import pytest

from svcq_lib import errors


def test_one_family():
    for name in (
        "StudyError",
        "DataError",
        "ParameterError",
        "MethodError",
        "ReportError",
        "ScheduleError",
        "DeliveryError",
    ):
        assert issubclass(getattr(errors, name), errors.SvcqError)


def test_a_missing_extra_names_the_command():
    error = errors.missing_extra("ibis", "sql", "reading a database")
    assert str(error) == (
        "reading a database needs the package 'ibis'. Install it with: pip install 'svcq[sql]'"
    )


def test_a_choice_names_parameter_value_and_choices():
    errors.require_choice("level", "item", ("item", "dimension"))
    with pytest.raises(errors.ParameterError, match=r"level is 'x'\. Set it to one of 'item', 'dimension'\."):
        errors.require_choice("level", "x", ("item", "dimension"))


def test_a_note_is_frozen_and_compares_by_value():
    note = errors.Note("small_base", {"n": 3})
    assert note == errors.Note("small_base", {"n": 3})
    assert errors.Note("small_base").facts == {}
    with pytest.raises(dataclasses.FrozenInstanceError):
        note.code = "other"  # type: ignore[misc]


def test_importing_the_package_loads_nothing_heavy():
    code = (
        "import sys, svcq_lib; "
        "heavy = ('statsmodels', 'seaborn', 'matplotlib', 'great_tables', 'papermill', 'scipy', 'polars', 'pandas'); "
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_analyses_load_no_drawing_or_modelling_library():
    code = (
        "import sys; from svcq_lib.analyses import drivers, gaps, scores; "
        "heavy = ('statsmodels', 'seaborn', 'matplotlib', 'great_tables', 'papermill', 'nbconvert', 'typst', 'ibis'); "
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
