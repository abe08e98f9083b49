"""Ids: uuid in tables, text with a prefix on the wire (`mem_01KA3...`). Pure: the time and the random bytes come in."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text

PREFIXES: Final[dict[str, str]] = {
    "mem": "member",
    "acc": "account",
    "act": "activity",
    "crd": "card",
    "hld": "hold",
    "ord": "order",
    "vch": "voucher",
    "pay": "pay-out",
    "evt": "event",
    "key": "API key",
    "stf": "staff member",
    "til": "till",
    "rel": "release",
    "imp": "import",
    "case": "desk case",
}

# Crockford's alphabet has no I, L, O and U, so that an agent can read an id aloud and nobody hears a wrong letter.
ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH: Final = 26
_PAIRS: Final = [first + second for first in ALPHABET for second in ALPHABET]
_SHIFTS: Final = range(5 * LENGTH - 10, -1, -10)
_VALUES: Final = {letter: value for value, letter in enumerate(ALPHABET)} | {"I": 1, "L": 1, "O": 0}


class MalformedId(RegularsError):
    """The text is no id of ours."""

    status = 422
    texts = Text(
        en="{given} is not an id. Expected {expected}_ and 26 letters and digits.",
        ru="{given} не является идентификатором. Ожидается {expected}_ и 26 букв и цифр.",
        ro="{given} nu este un identificator. Se așteaptă {expected}_ și 26 de litere și cifre.",
    )
    given: str
    expected: str


class WrongKindOfId(RegularsError):
    """It is an id, but of something else."""

    status = 422
    texts = Text(
        en="{given} does not begin with {expected}_.",
        ru="{given} не начинается с {expected}_.",
        ro="{given} nu începe cu {expected}_.",
    )
    given: str
    expected: str


def uuid7(unix_ms: int, random: bytes) -> UUID:
    """A version 7 uuid of this millisecond since 1970 from ten random bytes. Raises ValueError."""
    if len(random) != 10 or not 0 <= unix_ms < 1 << 48:
        raise ValueError("uuid7 needs a time of 48 bits in milliseconds and ten random bytes")
    noise = int.from_bytes(random, "big")
    high = (noise >> 64) & 0xFFF
    low = noise & ((1 << 62) - 1)
    return UUID(int=(unix_ms << 80) | (0x7 << 76) | (high << 64) | (0b10 << 62) | low)


def unix_ms(identifier: UUID) -> int:
    """The millisecond since 1970 that a version 7 uuid was made in."""
    return identifier.int >> 80


def first_of(unix_ms: int) -> UUID:
    """The smallest uuid of this millisecond: the lower bound of a range of ids."""
    return UUID(int=unix_ms << 80)


def to_wire(prefix: str, identifier: UUID) -> str:
    """The text of an id: `to_wire("act", ...)` gives `act_` and 26 letters. Raises KeyError for an unknown prefix."""
    if prefix not in PREFIXES:
        raise KeyError(prefix)
    value = identifier.int
    # Two letters at a time: ids are written several times in every answer.
    return f"{prefix}_{''.join([_PAIRS[value >> shift & 1023] for shift in _SHIFTS])}"


def from_wire(prefix: str, text: str) -> UUID:
    """The uuid behind an id's text, in any case and with I, L, O forgiven. Raises WrongKindOfId, MalformedId."""
    head, separator, body = text.strip().rpartition("_")
    if separator and head.lower() != prefix and head.lower() in PREFIXES:
        raise WrongKindOfId(given=text[:64], expected=prefix)
    if head.lower() != prefix or len(body) != LENGTH:
        raise MalformedId(given=text[:64], expected=prefix)
    value = 0
    for letter in body.upper():
        if letter not in _VALUES:
            raise MalformedId(given=text[:64], expected=prefix)
        value = (value << 5) | _VALUES[letter]
    if value >> 128:
        raise MalformedId(given=text[:64], expected=prefix)
    return UUID(int=value)
