"""What an executed notebook says of itself."""

import nbformat
from nbformat.v4 import new_code_cell, new_notebook, new_output

from svcq_lib.reports.blocks import BLOCK_MIME
from svcq_lib.reports.executed import cell_name, cover_of, tidy

COVER = {
    "study": "Harbour",
    "unit": "north",
    "period": "2026-Q1",
    "period_label": "Q1 2026",
    "n": 300,
    "n_eff": 280.5,
}
FIGURE = {"code": "nps", "label": "NPS", "estimate": 31.5, "lead": True}


def executed(*blocks):
    shown = [new_output("display_data", {BLOCK_MIME: block}) for block in blocks]
    cells = [
        new_code_cell('save_to = "../out/.x.partial/gaps_en"', metadata={"tags": ["injected-parameters"]}),
        new_code_cell("show()", outputs=shown, metadata={"papermill": {"duration": 1}, "execution": {}}),
    ]
    notebook = new_notebook(cells=cells)
    notebook.metadata["papermill"] = {
        "parameters": {"save_to": "../out/.x.partial/gaps_en", "n_boot": 50}, "start_time": "now",
    }  # fmt: skip
    return nbformat.from_dict(notebook)


def test_the_record_takes_figures_notes_and_changes_from_the_blocks():
    cover = {**COVER, "figures": [FIGURE], "data_notes": ["small_base"]}
    told = cover_of(
        executed(
            {"type": "title", "text": "All is well", "cover": cover},
            {"type": "prose", "changes": [{"code": "nps", "moved": 4}]},
        )
    )
    assert told == {
        "title": "All is well",
        "base": {"n": 300, "n_eff": 280.5},
        "unit": "north",
        "period": "Q1 2026",
        "figures": [FIGURE],
        "data_notes": ["small_base"],
        "changes": [{"code": "nps", "moved": 4}],
    }


def test_a_notebook_without_a_title_says_nothing():
    assert cover_of(executed({"type": "prose", "text": "x"})) == {}


def test_nothing_of_this_run_stays_in_the_published_notebook():
    notebook = executed({"type": "title", "text": "All is well", "cover": COVER})
    tidy(notebook, paths={"../out/.x.partial/gaps_en": "gaps_en"}, facts={"lang": "en"})
    assert ".partial" not in nbformat.writes(notebook)
    assert notebook.metadata["papermill"] == {"parameters": {"save_to": "gaps_en", "n_boot": 50}}
    assert notebook.metadata["svcq"] == {
        "lang": "en", "study": "Harbour", "unit": "north", "period": "2026-Q1", "period_label": "Q1 2026", "base": 300,
    }  # fmt: skip
    assert notebook.cells[0]["id"] == "injected-parameters"
    assert notebook.cells[1].metadata == {}


def test_a_failed_cell_is_named_by_its_id():
    notebook = executed()
    assert cell_name(notebook, "show()") == repr(notebook.cells[1]["id"])
    assert cell_name(notebook, "of another notebook") == ""
