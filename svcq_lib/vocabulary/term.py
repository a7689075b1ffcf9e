"""One entry of the vocabulary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from svcq_lib.formats import Lang

Kind = Literal[
    "text", "count", "number", "score", "share", "points", "signed", "interval_low", "interval_high",
    "percentage_points", "p_value", "bool", "date", "period",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Term:
    """A name in both languages.

    Attributes
    ----------
    en, zh : str
        The words.
    kind : str
        How values of the column, or of the measure, are written.
    """

    en: str
    zh: str
    kind: Kind = "text"

    def text(self, lang: Lang = "en") -> str:
        """Return the name in one language.

        Parameters
        ----------
        lang : {"en", "zh"}
            Language.

        Returns
        -------
        str
            The name.
        """
        return self.zh if lang == "zh" else self.en
