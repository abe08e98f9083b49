"""How codes look: made by a pattern, checked by a published standard, brought into one normal form. Pure.

In a pattern `#` is a digit and `@` a letter or digit that is not mistaken for another (Crockford's alphabet); all else
stands for itself.
"""

from __future__ import annotations

import unicodedata
from typing import Final

DIGITS: Final = "0123456789"
CLEAR: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ALPHABETS: Final = {"#": DIGITS, "@": CLEAR}
LONGEST: Final = 64
TAIL: Final = 4

_ALL: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_PLACES: Final = {letter: place for place, letter in enumerate(_ALL)}
# Who reads a code aloud or types it from paper mixes these up: they are one letter to us.
_SAME: Final = {"O": "0", "I": "1", "L": "1"}
_SAID: Final = {ord(letter): _SAME.get(letter.upper(), letter.upper()) for letter in _ALL + _ALL.lower()}
_NORMAL: Final = dict.fromkeys(range(128)) | _SAID


def normal(code: str) -> str:
    """The form by which a code is found: capitals and digits alone, and letters that look alike are one."""
    if not code.isascii():
        folded = unicodedata.normalize("NFKC", code[: 2 * LONGEST]).upper()
        code = folded.encode("ascii", "ignore").decode()
    return code.translate(_NORMAL)


def combinations(pattern: str) -> int:
    """How many different codes a pattern has."""
    found = 1
    for letter in pattern:
        found *= len(ALPHABETS.get(letter, " "))
    return found


def made(pattern: str, number: int, *, check: bool) -> str:
    """The code of a pattern that a number below `combinations(pattern)` stands for."""
    letters = []
    for letter in reversed(pattern):
        alphabet = ALPHABETS.get(letter)
        if alphabet is None:
            letters.append(letter)
        else:
            number, place = divmod(number, len(alphabet))
            letters.append(alphabet[place])
    code = "".join(reversed(letters))
    return code + check_character(normal(code)) if check else code


def check_character(body: str) -> str:
    """The check character of capitals and digits: ISO 7064 MOD 11,10 where all are digits, else MOD 37,36. It finds
    every single wrong character and nearly all swapped neighbours.
    """
    modulus = 10 if body.isdigit() else 36
    rest = modulus
    for letter in body:
        rest = (rest + _PLACES[letter]) % modulus or modulus
        rest = rest * 2 % (modulus + 1)
    return _ALL[(1 - rest) % modulus]


def tail(code: str) -> str:
    """What of a code may be shown to whoever does not hold it: its last characters, never more than half."""
    return tail_of(normal(code))


def tail_of(form: str) -> str:
    """The same of a normal form."""
    return form[-min(TAIL, len(form) // 2) :] if len(form) > 1 else ""
