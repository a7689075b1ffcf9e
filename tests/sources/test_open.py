"""Opening a study: a file or its folder, with columns bound or a remedy."""

from __future__ import annotations

import pytest

from svcq_lib.errors import DataError, StudyError
from svcq_lib.sources.open import open_study

STUDY = """
[study]
name = "Hotel"
[tables.answers]
path = "answers.csv"
[responses]
table = "answers"
[instrument]
scale = [1, 7]
perception = '^P0?(?P<n>\\d+)$'
[[instrument.dimensions]]
name = "room"
items = [1, 2]
"""


def test_folder_and_file_give_the_same_bound_study(tmp_path):
    (tmp_path / "study.toml").write_text(STUDY)
    (tmp_path / "answers.csv").write_text("P01,P02\n1,2\n")
    study = open_study(tmp_path)
    assert study == open_study(str(tmp_path / "study.toml"))
    assert [one.column for one in study.columns().values()] == ["P01", "P02"]
    assert study.root == tmp_path.resolve()


def test_missing_files_name_the_remedy(tmp_path):
    with pytest.raises(StudyError, match="cannot be read"):
        open_study(tmp_path)
    (tmp_path / "study.toml").write_text(STUDY)
    with pytest.raises(DataError, match=r"'answers': .*answers.csv does not exist.*\[tables.answers\]"):
        open_study(tmp_path)
