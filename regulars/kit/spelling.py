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
    """The form by which a code is found, however somebody writes it. `Ă` is `A`; letters of other alphabets stay, so
    that a code with such is no other code without them."""
    if not code.isascii():
        folded = unicodedata.normalize("NFKD", code[: 2 * LONGEST]).upper()
        code = "".join(sign for sign in folded if sign.isascii() or sign.isalnum())
    return code.translate(_NORMAL)


def foreign(code: str) -> str:
    """Letters and digits of a code, in its normal form, that no code has: those of other alphabets."""
    return "".join(dict.fromkeys(sign for sign in normal(code) if sign not in LETTERS))
