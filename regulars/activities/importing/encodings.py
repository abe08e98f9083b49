"""Which of five encodings a file of text is in: looked at, not guessed from its name."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from typing import IO, Final

_PIECE_BYTES: Final = 1 << 20
_SAMPLE_BYTES: Final = 1 << 18


def detect(open_file: Callable[[], IO[bytes]]) -> str:
    """The codec of a file: utf-8, utf-8-sig, utf-16 (with either byte order), cp1251 or cp1250.

    Plain ASCII is utf-8. A UTF-8 file with a few broken bytes stays UTF-8: those rows are told one by one.
    """
    with open_file() as file:
        head = file.read(4096)
        if head.startswith(codecs.BOM_UTF8):
            return "utf-8-sig"
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        if b"\0" in head:
            # Text of ours is mostly ASCII: its zero byte stands second in little-endian order, first in big-endian.
            return "utf-16-le" if head[1::2].count(0) > head[0::2].count(0) else "utf-16-be"
        sample = _beyond_ascii(file, head)
    return "utf-8" if _is_utf8(sample) else _one_byte(sample)


def is_broken(text: str) -> bool:
    """Whether some bytes of this text did not fit its encoding."""
    return any(letter == "\N{REPLACEMENT CHARACTER}" or "\ud800" <= letter <= "\udfff" for letter in text)


def _beyond_ascii(file: IO[bytes], head: bytes) -> bytes:
    sample, piece = bytearray(), head
    while piece and len(sample) < _SAMPLE_BYTES:
        if not piece.isascii():
            start = next(at for at, byte in enumerate(piece) if byte > 127)
            sample += piece[start : start + _SAMPLE_BYTES]
        piece = file.read(_PIECE_BYTES)
    return bytes(sample)


def _is_utf8(sample: bytes) -> bool:
    text = sample.decode("utf-8", "surrogateescape")
    broken = sum(1 for letter in text if "\ud800" <= letter <= "\udfff")
    whole = sum(1 for letter in text if letter > "\x7f") - broken
    return whole >= 4 * broken


def _one_byte(sample: bytes) -> str:
    # Russian words are runs of high bytes; in Romanian, Polish or Czech a high byte stands among plain letters.
    high = joined = 0
    before = 0
    for byte in sample:
        if byte >= 0xC0:
            high += 1
            joined += before >= 0xC0
        before = byte
    return "cp1251" if high and joined > 0.4 * high else "cp1250"
