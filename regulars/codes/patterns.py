"""How codes look: made by a pattern, checked by a published standard, brought into one normal form. Pure.

In a pattern `#` is a digit and `@` a letter or digit that is not mistaken for another (Crockford's alphabet); all else
stands for itself.
"""

from __future__ import annotations

from typing import Final

from regulars.kit.spelling import LETTERS, LONGEST, foreign, normal

DIGITS: Final = "0123456789"
CLEAR: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ALPHABETS: Final = {"#": DIGITS, "@": CLEAR}
TAIL: Final = 4

__all__ = [
    "CLEAR",
    "DIGITS",
    "LONGEST",
    "check_character",
    "combinations",
    "foreign",
    "made",
    "normal",
    "tail",
    "tail_of",
]

_PLACES: Final = {letter: place for place, letter in enumerate(LETTERS)}


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
        # Letters of other alphabets, of a pattern that was published when it could have them, count for nothing.
        rest = (rest + _PLACES.get(letter, 0)) % modulus or modulus
        rest = rest * 2 % (modulus + 1)
    return LETTERS[(1 - rest) % modulus]


def tail(code: str) -> str:
    """What of a code may be shown to whoever does not hold it: its last characters, never more than half."""
    return tail_of(normal(code))


def tail_of(form: str) -> str:
    """The same of a normal form."""
    return form[-min(TAIL, len(form) // 2) :] if len(form) > 1 else ""
