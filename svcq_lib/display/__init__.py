"""The only place that joins a result with its sentence, figure and table."""

from __future__ import annotations

import dataclasses
import importlib
import json
import os
import re
import shlex
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import pandas as pd

from svcq_lib import formats
from svcq_lib.analyses.context import Context
from svcq_lib.analyses.gaps import GapsResult
from svcq_lib.analyses.headlines import HeadlineFigure, data_notes
from svcq_lib.analyses.scores import ScoresResult
from svcq_lib.display import blocks, words
from svcq_lib.display.blocks import Blocks
from svcq_lib.errors import Note, ParameterError
from svcq_lib.formats import Lang
from svcq_lib.kinds import is_missing
from svcq_lib.narrative import method as method_narrative
from svcq_lib.narrative import notes as notes_narrative
from svcq_lib.narrative import switches as switches_narrative
from svcq_lib.study import Label, Study
from svcq_lib.tables.model import display_table
from svcq_lib.vocabulary import word


class Result(Protocol):
    """What every analysis returns: a frozen dataclass of frames with caveats and a context."""

    @property
    def notes(self) -> tuple[Note, ...]:
        """Caveats."""

    @property
    def context(self) -> Context:
        """Study, base, filters and settings."""


def topic_of(result: Result) -> str:
    """Return the topic of a result: the name of the analysis that made it.

    Parameters
    ----------
    result : Result
        What an analysis returned.

    Returns
    -------
    str
        For example ``"gaps"``.

    Raises
    ------
    ParameterError
        If it is something else.
    """
    package, _, topic = type(result).__module__.rpartition(".")
    if package != "svcq_lib.analyses" or not hasattr(result, "context"):
        raise ParameterError(
            f"{type(result).__name__} is not a result of svcq. Pass what an analysis such as gaps returned."
        )
    return topic


def _view(topic: str) -> ModuleType:
    """Return the module that shows a topic: figures, cards, figure, table, FIGURES, TABLES and method_codes."""
    return importlib.import_module(f"svcq_lib.display.{topic}")


def _narrative(topic: str) -> ModuleType:
    """Return the module that tells a topic: title and describe."""
    return importlib.import_module(f"svcq_lib.narrative.{topic}")


def _last_page(topic: str) -> ModuleType:
    """Return the module with a topic's caveats (NOTES) and method (METHOD) in words."""
    return importlib.import_module(f"svcq_lib.narrative.{topic}_method")


def headline(result: Result, *, lang: Lang = "en") -> Blocks:
    """Show the answer: title, a few sentences and the headline figures.

    Parameters
    ----------
    result : Result
        A result.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    Blocks
        Shown when it is the last expression of a cell.
    """
    topic = topic_of(result)
    told = _narrative(topic)
    kicker, cover = words.kicker(result.context, lang), words.cover(result.context, lang)
    cover |= {"figures": figures(result, lang=lang), "data_notes": data_notes(result.notes)}
    return Blocks((
        blocks.title(told.title(result, lang=lang), kicker, cover, lang),
        blocks.prose(told.describe(result, lang=lang), lang),
        blocks.cards(_view(topic).cards(result, lang), lang),
    ))  # fmt: skip


def figures(result: Result, *, lang: Lang = "en") -> list[HeadlineFigure]:
    """Return the headline figures as plain data, for a catalogue and for the report after this one.

    Parameters
    ----------
    result : Result
        A result.
    lang : {"en", "zh"}
        Language of the labels.

    Returns
    -------
    list of HeadlineFigure
        Each with its interval, base, target and status; suppressed ones without an estimate.
    """
    made: list[HeadlineFigure] = _view(topic_of(result)).figures(result, lang)
    return made


def figure(result: Result, *names: str, lang: Lang = "en", **choice: str) -> Blocks:
    """Show figures of a result.

    Parameters
    ----------
    result : Result
        A result.
    *names : str
        Which figures; ``FIGURES`` of ``svcq_lib.display.TOPIC`` lists them.
    lang : {"en", "zh"}
        Language.
    **choice : str
        ``segment`` or ``outcome``, where a figure is about one of several.

    Returns
    -------
    Blocks
        The figures; none where there is nothing to draw (a single period, a segment with one group).

    Raises
    ------
    ParameterError
        If the topic has no figure of that name.
    """
    topic = topic_of(result)
    view = _view(topic)
    for name in names:
        _known(name, view.FIGURES, "figure", topic)
    made = [view.figure(result, name, lang, **choice) for name in names]
    return Blocks(tuple(block for block in made if block))


def table(result: Result, *names: str, lang: Lang = "en", **choice: str) -> Blocks:
    """Show tables of a result.

    Parameters
    ----------
    result : Result
        A result.
    *names : str
        Which tables; ``TABLES`` of ``svcq_lib.display.TOPIC`` lists them.
    lang : {"en", "zh"}
        Language.
    **choice : str
        ``segment`` or ``outcome``, where a table is about one of several.

    Returns
    -------
    Blocks
        The tables; none where it would be empty.

    Raises
    ------
    ParameterError
        If the topic has no table of that name.
    """
    topic = topic_of(result)
    view = _view(topic)
    for name in names:
        _known(name, view.TABLES, "table", topic)
    made = [view.table(result, name, lang, **choice) for name in names]
    return Blocks(tuple(block for block in made if block))


def segments(result: ScoresResult | GapsResult, *, lang: Lang = "en") -> Blocks:
    """Show how the groups of every segment differ.

    Parameters
    ----------
    result : ScoresResult or GapsResult
        A result.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    Blocks
        A figure per segment; for gaps also a map of groups by dimension for the segment with most groups.
    """
    counts = result.segments.groupby("segment", sort=False)["level"].nunique()
    view = _view(topic_of(result))
    made = [view.figure(result, "segments", lang, segment=name) for name in counts.index]
    if isinstance(result, GapsResult) and len(counts) and counts.max() > 1:
        made.append(view.figure(result, "heatmap", lang, segment=counts.idxmax()))
    return Blocks(tuple(block for block in made if block))


def trends(result: ScoresResult, *, lang: Lang = "en") -> Blocks:
    """Show every outcome over time.

    Parameters
    ----------
    result : ScoresResult
        A scorecard.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    Blocks
        A figure per outcome that has at least two periods.
    """
    view = _view(topic_of(result))
    made = [
        view.figure(result, "periods", lang, outcome=name) for name in result.headline["outcome"].unique()
    ]
    return Blocks(tuple(block for block in made if block))


def caveats(result: Result, *, lang: Lang = "en") -> Blocks:
    """Show what to be careful with.

    Parameters
    ----------
    result : Result
        A result.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    Blocks
        A list, or nothing if there is no caveat.
    """
    more = _last_page(topic_of(result)).NOTES
    items = notes_narrative.describe(result.notes, result.context, lang=lang, more=more)
    return Blocks((blocks.notes(items, lang),) if items else ())


def method(result: Result, *, lang: Lang = "en") -> Blocks:
    """Show how the result was made, with defaults, their reasons and references.

    Parameters
    ----------
    result : Result
        A result.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    Blocks
        Paragraphs.
    """
    topic = topic_of(result)
    codes = _view(topic).method_codes(result)
    text = method_narrative.describe(result.context, codes, lang=lang, more=_last_page(topic).METHOD)
    return Blocks((blocks.prose(text, lang),))


def switchboard(result: Result, *, lang: Lang = "en") -> Blocks:
    """Show every contested default that was used, and what the headline would be under the alternative.

    Parameters
    ----------
    result : Result
        A result with ``switches`` (see :mod:`svcq_lib.analyses.switches`).
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    Blocks
        A sentence and a table; nothing if the result has no such defaults.
    """
    switches: pd.DataFrame = getattr(result, "switches", pd.DataFrame())
    if switches.empty:
        return Blocks(())
    frame = switches_narrative.worded(switches, result.context, lang=lang)
    made = display_table(frame, columns=list(frame.columns), labels=result.context.labels, lang=lang)
    return Blocks((
        blocks.prose(switches_narrative.describe(switches, lang=lang), lang),
        blocks.table(made, switches_narrative.heading(lang), lang, source=words.source_line(result.context, lang)),
    ))  # fmt: skip


def provenance(result: Result, study: Study, *, lang: Lang = "en", **parameters: Any) -> Blocks:
    """Show what the result stands on: rows, filters, weights, fingerprints, and how to make the page again.

    Parameters
    ----------
    result : Result
        A result.
    study : Study
        The study it was computed from.
    lang : {"en", "zh"}
        Language.
    **parameters : Any
        Parameters of the report that the command repeats; those that are None are left out.

    Returns
    -------
    Blocks
        A list of facts.
    """
    from svcq_lib import __version__

    context = result.context
    span = [formats.date(one, lang) for one in (context.date_min, context.date_max) if one]
    rows = [
        ("study", context.study.text(lang)),
        ("source", f"{context.source} ({study.path.name})"),
        ("rows", formats.count(context.n)),
        ("n_eff", formats.count(context.n_eff)),
        ("dates", f" {words.text('to', lang)} ".join(span) or words.text("none", lang)),
        ("filters", _filters(context.filters, context.period) or words.text("everything", lang)),
        ("weight", context.weight or words.text("none", lang)),
        ("missing", word(context.missing, lang)),
        *((("seed", str(context.seed)),) if context.n_boot else ()),
        *(("fingerprint", f"{name} {digest}") for name, digest in context.fingerprints.items()),
        ("version", f"svcq {__version__}"),
        ("command", _command(study, topic_of(result), lang, parameters)),
    ]
    return Blocks((blocks.facts([(words.text(code, lang), value) for code, value in rows], lang),))


def _filters(filters: Any, period: str | None) -> str:
    return ", ".join(
        [*(f"{name} = {level}" for name, level in filters.items()), *([period] if period else [])]
    )


def _command(study: Study, topic: str, lang: Lang, parameters: dict[str, Any]) -> str:
    parts = ["svcq", "run", Path(study.root.name, study.path.name).as_posix(), topic]
    for name, level in study.filters.items():
        parts += ["--where", f"{name}={level}"]
    parts += ["--period", study.period] if study.period else []
    for name, value in parameters.items():
        if value is not None:
            parts += ["-p", f"{name}={value if isinstance(value, str) else json.dumps(value)}"]
    where = "in the folder that holds {}" if lang == "en" else "在 {} 所在的文件夹中运行"
    # a comment, so that the line can be pasted into a shell; folders above the study's are this machine's affair
    return f"{shlex.join([*parts, '--lang', lang])}  # {where.format(study.root.name)}"


def show(result: Result, *, lang: Lang = "en") -> Blocks:
    """Show a result in brief: the answer and its main table.

    Parameters
    ----------
    result : Result
        A result.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    Blocks
        Title, sentences, headline figures and a table.
    """
    main = _view(topic_of(result)).TABLES[0]
    return Blocks((*headline(result, lang=lang), *table(result, main, lang=lang)))


def save(result: Result, directory: str | Path | None = None) -> Blocks:
    """Write every table of a result as tidy CSV, and all of them as one JSON file.

    Parameters
    ----------
    result : Result
        A result.
    directory : str or Path, optional
        Where to write; nothing is written without it.

    Returns
    -------
    Blocks
        Nothing to show: the cell stays quiet.
    """
    if directory:
        folder = Path(directory)
        folder.mkdir(parents=True, exist_ok=True)
        topic = topic_of(result)
        frames = {one.name: getattr(result, one.name) for one in dataclasses.fields(result)}  # type: ignore[arg-type]
        frames = {name: _flat(frame) for name, frame in frames.items() if isinstance(frame, pd.DataFrame)}
        for name, frame in frames.items():
            _write(
                folder / f"{topic}_{name}.csv", frame.map(_harmless).to_csv(index=False, lineterminator="\n")
            )
        _write(folder / f"{topic}.json", _json(result, frames))
    return Blocks(())


def _flat(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.map(lambda value: value.text() if isinstance(value, Label) else value)


def _harmless(value: Any) -> Any:
    """Return a cell that a spreadsheet will not run as a formula."""
    return f"'{value}" if isinstance(value, str) and re.match(r"[=+@\-\t\r]", value) else value


def _json(result: Result, frames: dict[str, pd.DataFrame]) -> str:
    tables = {name: frame.to_dict(orient="records") for name, frame in frames.items()}
    notes = [{"code": note.code, **note.facts} for note in result.notes]
    whole = _plain({"tables": tables, "notes": notes})
    return json.dumps(whole, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: numpy's numbers as numbers, what is not finite as null, the rest as text."""
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if is_missing(value):
        return None
    value = value.item() if hasattr(value, "item") else value
    return value if isinstance(value, (str, int, float, bool)) else str(value)


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(text, encoding="utf-8", newline="\n")
    os.replace(temporary, path)


def _known(name: str, names: tuple[str, ...], what: str, topic: str) -> None:
    if name not in names:
        raise ParameterError(
            f"{name!r} is not a {what} of {topic}, which has {', '.join(names)}. Choose one of these."
        )
