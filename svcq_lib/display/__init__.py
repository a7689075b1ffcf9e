"""The only place that joins a result with its sentence, figure and table."""

from __future__ import annotations

import importlib
from types import ModuleType

import pandas as pd

from svcq_lib.analyses.gaps import GapsResult
from svcq_lib.analyses.headlines import HeadlineFigure, data_notes
from svcq_lib.analyses.scores import ScoresResult
from svcq_lib.display import blocks, words
from svcq_lib.display.blocks import Blocks
from svcq_lib.display.origin import provenance
from svcq_lib.display.saved import save
from svcq_lib.display.topics import Result, topic_of
from svcq_lib.errors import ParameterError
from svcq_lib.formats import Lang
from svcq_lib.narrative import method as method_narrative
from svcq_lib.narrative import notes as notes_narrative
from svcq_lib.narrative import switches as switches_narrative
from svcq_lib.tables.model import display_table

__all__ = [
    "Result",
    "caveats",
    "figure",
    "figures",
    "headline",
    "method",
    "provenance",
    "save",
    "segments",
    "show",
    "switchboard",
    "table",
    "topic_of",
    "trends",
]


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


def _known(name: str, names: tuple[str, ...], what: str, topic: str) -> None:
    if name not in names:
        raise ParameterError(
            f"{name!r} is not a {what} of {topic}, which has {', '.join(names)}. Choose one of these."
        )
