"""Where messages go: addresses are looked up when they are needed, and never written anywhere."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from urllib.parse import parse_qsl, unquote, urlsplit

from svcq_lib.errors import DeliveryError, missing_extra

HIDDEN = "***"
_SHORTEST_TOKEN, _LONG_TOKEN = 6, 20


def resolve(address: str) -> str:
    """Return the address that a plan names.

    Parameters
    ----------
    address : str
        ``env:NAME`` or ``keyring:SERVICE/NAME``.

    Returns
    -------
    str
        An address that apprise understands, such as ``mailtos://…``. It may hold a password.

    Raises
    ------
    DeliveryError
        If it is not there, saying how to put it there.
    SvcqError
        If the keyring's package is not installed.
    """
    kind, _, name = address.partition(":")
    if kind == "env":
        if found := os.environ.get(name, "").strip():
            return found
        raise DeliveryError(
            f"the environment has no {name}. Set it to an address such as mailtos://user:password@mail.example where "
            "the schedule runs (--env-file of svcq schedule install names a file with such settings)."
        )
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        raise missing_extra("keyring", "deliver", f"the address {address!r}") from None
    service, _, user = name.partition("/")
    try:
        found = keyring.get_password(service, user) or ""
    except KeyringError as error:
        raise DeliveryError(f"the keyring cannot be opened ({type(error).__name__}). Use env:NAME.") from None
    if not found:
        raise DeliveryError(f"the keyring has no {name}. Put it there with: keyring set {service} {user}")
    return found


def known(addresses: Iterable[str]) -> list[str]:
    """Return the addresses that are there; the others are left out."""
    found = []
    for one in addresses:
        try:
            found.append(resolve(one))
        except Exception:  # what cannot be looked up need not be hidden; sending says why
            continue
    return found


def hidden(text: str, secrets: Iterable[str] = ()) -> str:
    """Return a text without credentials.

    Parameters
    ----------
    text : str
        Text for a log, a record or a screen.
    secrets : iterable of str
        Addresses whose credentials must not show.

    Returns
    -------
    str
        The addresses, their passwords and tokens, and every ``user:password@`` of any address replaced by ``***``.

    Examples
    --------
    >>> hidden("cannot reach postgresql://ada:pw@db/x")
    'cannot reach postgresql://***@db/x'
    """
    parts = {part for url in secrets for part in _secret_parts(url)}
    for part in sorted(parts, key=len, reverse=True):
        text = text.replace(part, HIDDEN)
    return re.sub(r"://[^/\s@]*@", f"://{HIDDEN}@", text)


def _secret_parts(url: str) -> Iterator[str]:
    """Yield the address and what in it looks like a password or a token."""
    yield url
    try:
        where = urlsplit(url)
        given = [
            where.password or "",
            *(value for key, value in parse_qsl(where.query) if "pass" in key.lower()),
        ]
    except ValueError:
        given = []
    tokens = [
        one
        for one in re.split(r"[/:@?&=,\s]+", url.partition("://")[2])
        if len(one) >= _LONG_TOKEN
        or (len(one) >= _SHORTEST_TOKEN and re.search(r"\d", one) and re.search("[A-Za-z]", one))
    ]
    for one in filter(None, [*given, *tokens]):
        yield from {one, unquote(one)}
