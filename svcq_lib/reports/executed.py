"""An executed notebook: what it says of itself, and what is dropped from it so that equal input gives equal files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from svcq_lib.reports.blocks import BLOCK_MIME


def cover_of(notebook: Any) -> dict[str, Any]:
    """Return what the title block of an executed notebook says, for the record of the report.

    Parameters
    ----------
    notebook : NotebookNode
        An executed notebook.

    Returns
    -------
    dict
        ``title``, ``base``, ``unit``, ``period``, ``figures``, ``data_notes`` and ``changes``; empty without a title
        block.
    """
    title = next(_blocks(notebook, "cover"), None)
    if title is None:
        return {}
    cover = title["cover"]
    return {
        "title": title["text"],
        "base": {name: cover[name] for name in ("n", "n_eff")},
        "unit": cover["unit"],
        "period": cover["period_label"],
        "figures": cover.get("figures", []),
        "data_notes": cover.get("data_notes", []),
        "changes": next((block["changes"] for block in _blocks(notebook, "changes")), []),
    }


def tidy(notebook: Any, *, paths: Mapping[str, str], facts: Mapping[str, Any]) -> None:
    """Drop what changes from run to run, and name the cover's facts in the notebook's metadata.

    Parameters
    ----------
    notebook : NotebookNode
        An executed notebook; it is changed in place.
    paths : Mapping of str to str
        Paths of this run → what stands for them: where this machine keeps its reports is nobody's affair.
    facts : Mapping
        What is known without the notebook: language and name of the report.
    """
    kept = notebook.metadata.get("papermill", {}).get("parameters", {})
    given = {
        name: paths.get(value, value) if isinstance(value, str) else value for name, value in kept.items()
    }
    notebook.metadata["papermill"] = {"parameters": given}
    for cell in notebook.cells:
        for name in ("papermill", "execution"):
            cell.metadata.pop(name, None)
        for path, name in paths.items():
            cell.source = cell.source.replace(path, name)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell["id"] = "injected-parameters"
    facts = dict(facts)
    for block in _blocks(notebook, "cover"):
        cover = block["cover"]
        facts |= {name: cover[name] for name in ("study", "unit", "period", "period_label")}
        facts["base"] = cover["n"]
    notebook.metadata["svcq"] = facts


def cell_name(notebook: Any, source: str) -> str:
    """Return the id of the cell with a source; papermill's index counts cells that it adds itself.

    Parameters
    ----------
    notebook : NotebookNode
        An executed notebook.
    source : str
        The cell's code.

    Returns
    -------
    str
        The id in quotation marks; empty if no cell has that source.
    """
    return next((repr(cell["id"]) for cell in notebook.cells if cell.source == source and "id" in cell), "")


def _blocks(notebook: Any, key: str) -> Iterator[Any]:
    """Yield the display blocks that hold something under a key."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            block = output.get("data", {}).get(BLOCK_MIME, {})
            if block.get(key):
                yield block
