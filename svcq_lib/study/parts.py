"""What every model of a study is made of: frozen models, labels in two languages, scales, codes."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

from svcq_lib.formats import Lang


class Model(BaseModel):
    """Base of all models of a study: frozen, and no key is ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Label(Model):
    """A name in one or two languages.

    Attributes
    ----------
    en : str
        English.
    zh : str or None
        Simplified Chinese; the English one stands in when absent.
    """

    en: str
    zh: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"en": value}
        if isinstance(value, dict) and set(value) == {"zh"}:
            return {"en": value["zh"], "zh": value["zh"]}
        if not isinstance(value, (dict, Label)):
            raise ValueError('a label is a text or { en = "…", zh = "…" }')
        return value

    def text(self, lang: Lang = "en") -> str:
        """Return the name in a language.

        Parameters
        ----------
        lang : {"en", "zh"}
            Language.

        Returns
        -------
        str
            The name on one line.
        """
        return " ".join(((self.zh or self.en) if lang == "zh" else self.en).split())


class Scale(Model):
    """The lowest and the highest answer that can be given."""

    low: float
    high: float

    @model_validator(mode="before")
    @classmethod
    def _from_pair(cls, value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            if len(value) != 2:
                raise ValueError("a scale is [lowest, highest], such as [1, 7]")
            return {"low": value[0], "high": value[1]}
        if not isinstance(value, (dict, Scale)):
            raise ValueError("a scale is [lowest, highest], such as [1, 7]")
        return value

    @model_validator(mode="after")
    def _ordered(self) -> Scale:
        if not self.low < self.high:
            raise ValueError(f"a scale runs upwards; [{self.low:g}, {self.high:g}] does not")
        return self


def _texts(value: Any) -> Any:
    if isinstance(value, (str, int, float)):
        value = [value]
    return tuple(str(one) for one in value) if isinstance(value, (list, tuple)) else value


Codes = Annotated[tuple[str, ...], BeforeValidator(_texts)]
