"""Text encodings: declared or detected, checked over the whole file, transcoded to UTF-8 where they differ.

Detection accepts only what can be told apart. Valid UTF-8 is UTF-8. Any other file is decoded strictly as
GB18030 and CP949, and counts as Western (CP1252, the superset of printable Latin-1) only where most bytes
above 127 stand alone, as accented letters do. One candidate is taken; two are a question that the study file
answers.
"""

from __future__ import annotations

import codecs
import functools
import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from svcq_lib.errors import DataError
from svcq_lib.sources import workspace

_CHUNK = 1 << 20
# GBK and GB2312 are subsets of GB18030, EUC-KR of CP949: files that claim the smaller often hold the larger.
_ALIASES = {
    "utf-8-sig": "utf-8",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "euc_kr": "cp949",
    "iso8859-1": "latin-1",
}
_KNOWN = ("utf-8", "gb18030", "cp949", "latin-1")


def encoding_of(path: Path, declared: str | None, where: str) -> str:
    """Return the encoding of a text file, having decoded the whole of it.

    Parameters
    ----------
    path : Path
        An existing file.
    declared : str or None
        What the study file says; None to detect it.
    where : str
        Name of the table, for messages.

    Returns
    -------
    str
        Name of a Python codec.

    Raises
    ------
    DataError
        If the declared encoding is unknown or does not decode the file (with the byte, the line and the
        encodings that do), or if several or none of the known encodings fit.
    """
    return _encoding_of(path, declared, where, workspace.stamp(path))


@functools.lru_cache(maxsize=256)
def _encoding_of(path: Path, declared: str | None, where: str, _stamp: tuple[int, int]) -> str:
    if declared is not None:
        codec = _codec(declared, where)
        fault = first_fault(path, codec)
        if fault is not None:
            raise DataError(_undecodable(path, declared, fault, where))
        return codec
    if _head(path).startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    fault = first_fault(path, "utf-8")
    if fault is None:
        return "utf-8"
    fits = candidates(path)
    if len(fits) == 1:
        return fits[0]
    raise DataError(_unclear(path, fits, fault, where))


def candidates(path: Path) -> tuple[str, ...]:
    """Return the encodings other than UTF-8 that a file may be in.

    Parameters
    ----------
    path : Path
        An existing file.

    Returns
    -------
    tuple of str
        Those that decode the whole file strictly; ``cp1252`` or ``latin-1`` only if the text looks Western.
    """
    found = [codec for codec in ("gb18030", "cp949") if first_fault(path, codec) is None]
    if _looks_western(path):
        found.append("cp1252" if first_fault(path, "cp1252") is None else "latin-1")
    return tuple(found)


def first_fault(path: Path, codec: str) -> int | None:
    """Return the offset of the first byte that an encoding cannot decode.

    Parameters
    ----------
    path : Path
        An existing file.
    codec : str
        Name of a codec.

    Returns
    -------
    int or None
        Offset from the start of the file; None if the whole file decodes.
    """
    decoder = codecs.getincrementaldecoder(codec)()
    read = 0
    for chunk in itertools.chain(_chunks(path), [b""]):
        pending = len(decoder.getstate()[0])
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            return read - pending + error.start
        read += len(chunk)
    return None


def utf8_file(path: Path, declared: str | None, where: str) -> Path:
    """Return a UTF-8 file with the same text.

    Parameters
    ----------
    path : Path
        An existing text file.
    declared : str or None
        Its encoding; None to detect it.
    where : str
        Name of the table, for messages.

    Returns
    -------
    Path
        The file itself if it is UTF-8, else a temporary transcoded copy.
    """
    codec = encoding_of(path, declared, where)
    head = _head(path)
    old_mac = codec != "utf-16" and b"\r" in head and b"\n" not in head
    if codec == "utf-8" and not old_mac:
        return path
    return _transcoded(path, codec, old_mac, workspace.stamp(path))


@functools.lru_cache(maxsize=256)
def _transcoded(path: Path, codec: str, old_mac: bool, _stamp: tuple[int, int]) -> Path:
    target = workspace.new_file(".csv")
    decoder = codecs.getincrementaldecoder(codec)()
    with target.open("wb") as out:
        for chunk in itertools.chain(_chunks(path), [b""]):
            text = decoder.decode(chunk, final=not chunk)
            out.write((text.replace("\r", "\n") if old_mac else text).encode("utf-8"))
    return target


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_CHUNK)


def _codec(declared: str, where: str) -> str:
    name = declared.strip().lower()
    name = "utf-8" if name in ("utf-8-bom", "utf8-bom", "utf-8 bom") else name
    try:
        found = codecs.lookup(name)
        "".encode(found.name)  # codecs such as base64 are no text encodings
    except LookupError:
        raise DataError(
            f"table {where!r}: encoding {declared!r} is unknown. "
            f"Write one of {', '.join(_KNOWN)} in [tables.{where}]."
        ) from None
    return _ALIASES.get(found.name, found.name)


def _looks_western(path: Path) -> bool:
    high = alone = 0
    for chunk in _chunks(path):
        above = np.frombuffer(chunk, dtype=np.uint8) >= 0x80
        padded = np.concatenate(([False], above, [False]))
        high += int(above.sum())
        alone += int((above & ~padded[:-2] & ~padded[2:]).sum())
        if high > 100_000:
            break
    return high > 0 and alone >= 0.8 * high


def _undecodable(path: Path, declared: str, fault: int, where: str) -> str:
    codec = _codec(declared, where)
    fits = [one for one in ("utf-8", *candidates(path)) if one != codec and first_fault(path, one) is None]
    remedy = f'Write encoding = "{fits[0]}" in [tables.{where}]' if fits else "Save the file again as UTF-8"
    return (
        f"table {where!r}: {path.name} is declared {declared}, but byte {fault} "
        f"(line {_line_at(path, fault)}) is not. "
        f"Encodings that decode the whole file: {', '.join(fits) or 'none known'}. {remedy}."
    )


def _unclear(path: Path, fits: tuple[str, ...], fault: int, where: str) -> str:
    start = (
        f"table {where!r}: {path.name} is not UTF-8 (byte {fault}, line {_line_at(path, fault)}) "
        "and names no encoding."
    )
    if not fits:
        return (
            f"{start} None of {', '.join(_KNOWN)} fits. "
            f"Save it as UTF-8, or write its encoding in [tables.{where}]."
        )
    raw = _line_with(path, fault)
    read = "; ".join(f"{codec}: {raw.decode(codec, errors='replace').strip()[:40]!r}" for codec in fits)
    return (
        f"{start} Its first such line reads {read}. "
        f'Write encoding = "{fits[0]}", or the right one, in [tables.{where}].'
    )


def _line_at(path: Path, offset: int) -> int:
    lines, read = 1, 0
    for chunk in _chunks(path):
        lines += chunk[: max(0, offset - read)].count(b"\n")
        read += len(chunk)
        if read >= offset:
            break
    return lines


def _line_with(path: Path, offset: int) -> bytes:
    """Return the line around an offset from near its first byte above 127, cut where characters are whole."""
    begin = max(0, offset - _CHUNK)
    with path.open("rb") as file:
        file.seek(begin)
        raw = file.read(offset - begin + 400)
    line = raw[raw.rfind(b"\n", 0, offset - begin) + 1 :].split(b"\n", 1)[0]
    first = next((i for i, byte in enumerate(line) if byte >= 0x80), 0)
    return line[max(0, first - 12) : first + 60]
