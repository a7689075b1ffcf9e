"""Headers as names: repeated ones made distinct, wrong ones answered with the nearest right one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence


def unique_names(headers: Sequence[str]) -> list[str]:
    """Return headers with repeated ones renamed.

    Parameters
    ----------
    headers : sequence of str
        Headers as written.

    Returns
    -------
    list of str
        The first of equal headers keeps its name; later ones get ``_duplicated_0``, ``_duplicated_1`` …

    Examples
    --------
    >>> unique_names(["a", "b", "a", "a"])
    ['a', 'b', 'a_duplicated_0', 'a_duplicated_1']
    """
    names: list[str] = []
    for header in headers:
        name, repeat = header, 0
        while name in names or (repeat and name in headers):
            name, repeat = f"{header}_duplicated_{repeat}", repeat + 1
        names.append(name)
    return names


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a hint at the nearest known name.

    Parameters
    ----------
    name : str
        A name that is not known.
    known : iterable of str
        The known names.

    Returns
    -------
    str
        ``Did you mean 'x'? `` with a trailing blank; empty if none is near.

    Examples
    --------
    >>> did_you_mean("Brnach", ["branch", "date"])
    "Did you mean 'branch'? "
    """
    folded = {one.casefold().strip(): one for one in known}
    asked = name.casefold().strip()
    near = difflib.get_close_matches(asked, list(folded), n=1, cutoff=0.6)
    near = near or [one for one in folded if len(asked) > 2 and asked in one][:1]
    return f"Did you mean {folded[near[0]]!r}? " if near else ""
