"""Faults that are known before a kernel starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from svcq_lib.errors import ParameterError
from svcq_lib.reports.preflight import require_levels, require_parameters
from svcq_lib.sources.open import open_study
from svcq_lib.study import Study


@pytest.fixture(scope="module")
def demo_study(repo_root: Path) -> Study:
    return open_study(repo_root / "data" / "demo")


@pytest.mark.parametrize(
    ("segment", "level", "said"),
    [
        ("channel", "phne", "Did you mean 'phone'?"),
        ("branch", "Riverside", "Did you mean 'B18'?"),  # the name on the page
        ("channel", "东", "It has: counter, mobile, phone."),
    ],
)
def test_a_level_that_the_data_lack(demo_study, segment, level, said):
    with pytest.raises(ParameterError, match=f"{segment} has no level") as caught:
        require_levels(demo_study.where(**{segment: level}))
    assert said in str(caught.value)


def test_levels_of_the_data_pass(demo_study):
    require_levels(demo_study.where(channel="phone", branch="B07"))


def test_parameters_meet_the_study(demo_study):
    require_parameters(
        demo_study, "drivers", {"outcome": "nps", "terms": None, "level": "dimension", "seed": 1}
    )
    require_parameters(demo_study, "no_such_analysis", {})
    with pytest.raises(ParameterError, match=r"'csta' is not in study\.toml"):
        require_parameters(demo_study, "drivers", {"outcome": "csta"})
