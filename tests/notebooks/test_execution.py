"""Every notebook in both languages, executed as an analyst or papermill would."""

import os

import papermill
import pytest

from svcq_lib.display.blocks import BLOCK_MIME
from svcq_lib.reports.parameters import parameters_of
from svcq_lib.reports.resources import notebook_of, topics

LANGS = ("en", "zh")


def blocks_of(notebook):
    return [
        output.data[BLOCK_MIME]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if BLOCK_MIME in output.get("data", {})
    ]


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("topic", topics())
def test_it_answers_in_both_languages(topic, lang, small_demo, tmp_path, repo_root, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.fspath(repo_root))
    given = {"study": small_demo.name, "lang": lang, "save_to": os.fspath(tmp_path / "tables")}
    given |= {"n_boot": 20} if "n_boot" in parameters_of(topic) else {}
    made = papermill.execute_notebook(
        os.fspath(notebook_of(topic)), os.fspath(tmp_path / "made.ipynb"), parameters=given, kernel_name="python3",
        cwd=os.fspath(small_demo.parent), progress_bar=False,
    )  # fmt: skip
    blocks = blocks_of(made)
    assert blocks[0]["type"] == "title"
    assert {block["lang"] for block in blocks} == {lang}
    assert {block["type"] for block in blocks} >= {
        "title",
        "prose",
        "cards",
        "figure",
        "table",
        "notes",
        "facts",
    }
    streams = [
        output.text
        for cell in made.cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream"
    ]
    assert not streams  # no warning and no print reaches the page
    assert list((tmp_path / "tables").glob("*.csv"))
