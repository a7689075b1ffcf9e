"""What a result stands on, and the command that makes its page again."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

from svcq_lib import formats
from svcq_lib.display import blocks, words
from svcq_lib.display.blocks import Blocks
from svcq_lib.display.topics import Result, topic_of
from svcq_lib.formats import Lang
from svcq_lib.study import Study
from svcq_lib.vocabulary import word


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
