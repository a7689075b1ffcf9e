"""What a report itself found to have changed since the one before, as lines of a message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from svcq_lib import kinds
from svcq_lib.formats import Lang
from svcq_lib.reports.deliver_words import WORDS
from svcq_lib.vocabulary import Kind


def change_line(change: Mapping[str, Any], lang: Lang) -> str:
    """Return a change in words.

    Parameters
    ----------
    change : Mapping
        A change as the manifest has it (see :class:`svcq_lib.analyses.since.Change`).
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        Empty for a figure that turned red or no longer is: alerts are told apart from other changes.
    """
    words, what = WORDS[lang], change["what"]
    if what in ("better", "worse", "moved"):
        size = kinds.shown_difference(change["difference"], change["kind"], lang)
        kind: Kind = "percentage_points" if change["kind"] == "share" else change["kind"]
        limits = kinds.shown_interval(change["low"], change["high"], kind)
        return f"{change['label']} {size} {limits}{words['status'].format(status=words[what])}"
    if what == "data":
        return _of_data(change, lang)
    if "red" in (change["status"], change["status_before"]):
        return ""
    now = words[change["status"]] if change["now"] is not None else words["hidden"]
    was = words[change["status_before"]] if change["before"] is not None else words["hidden"]
    return words["line"].format(who=change["label"], what=words["before"].format(now=now, was=was))


def _of_data(change: Mapping[str, Any], lang: Lang) -> str:
    words = WORDS[lang]
    if change["kind"] == "bool":
        return (
            f"{change['label']}{words['status'].format(status=words['began' if change['now'] else 'ended'])}"
        )
    now, was = (kinds.shown(change[name], change["kind"], lang) for name in ("now", "before"))
    return words["line"].format(who=change["label"], what=words["before"].format(now=now, was=was))
