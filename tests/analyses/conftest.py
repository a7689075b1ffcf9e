"""A study written from a frame: the way in for tests that start from rows."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from svcq_lib.sources.open import open_study
from svcq_lib.study import Study

MakeStudy = Callable[..., Study]


@pytest.fixture
def make_study(tmp_path: Path) -> MakeStudy:
    """Write a frame and a study file into a folder of their own and open the study."""

    def make(frame: pd.DataFrame, toml: str, *, settings: str = "") -> Study:
        folder = tmp_path / f"study{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        frame.to_csv(folder / "responses.csv", index=False)
        head = f'[study]\nname = "Test"\n{settings}\n[tables.responses]\npath = "responses.csv"\n'
        (folder / "study.toml").write_text(head + toml, encoding="utf-8")
        return open_study(folder)

    return make


@pytest.fixture(scope="session")
def demo(repo_root: Path) -> Study:
    """The demonstration study."""
    return open_study(repo_root / "data" / "demo")


@pytest.fixture(scope="session")
def truth(repo_root: Path) -> dict[str, Any]:
    """What the demonstration study was simulated from."""
    facts = json.loads((repo_root / "data" / "demo" / "truth.json").read_text(encoding="utf-8"))
    return {name: fact["value"] for name, fact in facts.items()}
