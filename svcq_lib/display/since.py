"""How the changes since the report before are shown."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from svcq_lib import display
from svcq_lib.analyses import since
from svcq_lib.analyses.headlines import data_notes
from svcq_lib.analyses.since import Earlier, SinceResult
from svcq_lib.display import blocks, words
from svcq_lib.display.blocks import Block, Blocks
from svcq_lib.errors import ParameterError
from svcq_lib.formats import Lang
from svcq_lib.narrative import since as narrative
from svcq_lib.tables.model import Tone, display_table

TONES: dict[str, Tone] = {"better": "good", "worse": "bad", "moved": "strong"}
STANDINGS: dict[str, Tone] = {"green": "good", "red": "bad"}


def since_last(
    result: display.Result, previous: str | Path | Mapping[str, Any] | None = None, *, lang: Lang = "en"
) -> Blocks:
    """Show what changed since the report before: figures beyond noise, verdicts, and the data.

    Parameters
    ----------
    result : Result
        A result.
    previous : str, Path or Mapping, optional
        The report before: a JSON file, or its content, with ``period``, ``title``, ``figures`` and ``data_notes`` as
        the manifest of a run has them.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    Blocks
        Sentences and a small table; nothing without an earlier report.

    Raises
    ------
    ParameterError
        If the file cannot be read or is no such record.
    """
    if previous is None:
        return Blocks(())
    found = since.since_last(
        display.figures(result, lang=lang),
        _earlier(previous),
        notes=data_notes(result.notes),
        period=result.context.period,
        ci_level=result.context.ci_level,
    )
    text = f"## {narrative.heading(found, lang=lang)}\n\n{narrative.describe(found, lang=lang)}"
    prose = blocks.prose(text, lang)
    changes = narrative.labelled(found.changes, lang=lang)
    told = dataclasses.replace(prose, model={**prose.model, "changes": changes})
    return Blocks((told, *_table(result, found, lang)))


def _earlier(previous: str | Path | Mapping[str, Any]) -> Earlier:
    try:
        if isinstance(previous, Mapping):
            return Earlier.model_validate(previous)
        return Earlier.model_validate_json(Path(previous).read_bytes())
    except OSError as error:
        raise ParameterError(
            f"previous is {str(previous)!r}, which cannot be read ({error.strerror}). "
            "Name the record of an earlier report, or leave it out."
        ) from error
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"])) or "the whole"
        raise ParameterError(
            f"previous is no record of an earlier report: {where}: {fault['msg']}. It needs period, title, figures and "
            "data_notes, as the manifest of a run has them."
        ) from error


def _table(result: display.Result, found: SinceResult, lang: Lang) -> tuple[Block, ...]:
    if found.figures.empty:
        return ()
    frame, headings = narrative.worded(found, lang=lang)
    told = {one["code"] for one in found.changes}
    order = sorted(frame.index, key=lambda i: found.figures["code"][i] not in told)
    frame, more = words.first_rows(frame.loc[order], lang)
    tones = {i: TONES[what] for i, what in found.figures["what"].items() if what}
    standings = {i: STANDINGS[one] for i, one in found.figures["status"].items() if one in STANDINGS}
    made = display_table(
        frame, headings=headings, kinds=dict.fromkeys(headings, "text"), lang=lang,
        highlight={"difference": tones, "standing": standings}, right=("before", "now", "difference", "limits"),
    )  # fmt: skip
    title, subtitle = narrative.table_words(found, lang=lang)
    source = words.source_line(result.context, lang)
    return (
        blocks.table(made, title, lang, subtitle=" ".join(filter(None, (subtitle, more))), source=source),
    )
