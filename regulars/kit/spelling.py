"""The one form of what people type from paper or say aloud: capitals and digits; letters that look alike are one."""

from __future__ import annotations

import unicodedata
from typing import Final

LONGEST: Final = 64
LETTERS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_SAME: Final = {"O": "0", "I": "1", "L": "1"}
_SAID: Final = {ord(letter): _SAME.get(letter.upper(), letter.upper()) for letter in LETTERS + LETTERS.lower()}
_NORMAL: Final = dict.fromkeys(range(128)) | _SAID


def normal(code: str) -> str:
    """The form by which a code is found, however somebody writes it."""
    if not code.isascii():
        folded = unicodedata.normalize("NFKC", code[: 2 * LONGEST]).upper()
        code = folded.encode("ascii", "ignore").decode()
    return code.translate(_NORMAL)
