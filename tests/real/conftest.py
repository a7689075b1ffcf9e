"""The study files beside this one, bound to wherever the public data lie."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from svcq_lib.sources.open import open_study
from svcq_lib.study import Study

HERE = Path(__file__).parent
RealStudy = Callable[..., Study]


@pytest.fixture
def real_study(real_data: Path, tmp_path: Path) -> RealStudy:
    """Open a study file of this folder, its data paths replaced, and a text left out if asked."""

    def opened(name: str, *, without: str = "") -> Study:
        text = (HERE / f"{name}.toml").read_text(encoding="utf-8")
        assert without in text
        text, paths = re.subn(r'"(?:\.\./)+shared/data/', f'"{real_data.resolve().as_posix()}/', text)
        assert paths > 0
        path = tmp_path / f"{name.replace('/', '_')}.toml"
        path.write_text(text.replace(without, "") if without else text, encoding="utf-8")
        return open_study(path)

    return opened
