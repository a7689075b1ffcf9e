"""Imports without what nothing here uses, for processes that are svcq's own."""

from __future__ import annotations

import sys

_GRAMMARS = "rfc3987_syntax"


def spare_grammars() -> None:
    """Keep jsonschema from building the grammars of international addresses when nbformat imports it.

    They take a second in each process wherever JupyterLab has brought their package, and no notebook's schema asks
    for such an address. Afterwards jsonschema takes any text for one, as it does without that package: not for a
    process that is somebody else's.
    """
    sys.modules.setdefault(_GRAMMARS, None)  # type: ignore[arg-type]  # how Python marks what cannot be imported
