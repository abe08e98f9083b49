"""Identifiers in one canonical form each, and the keyed hash that finds them. Pure; an error never repeats what was
given.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Final

import phonenumbers

from regulars.kit import ids, keyring, spelling
from regulars.members import numbers
from regulars.members.contracts import (
    CardNumberRefused,
    Named,
    NotACardNumber,
    NotAnEmail,
    NotAnOwnId,
    NotAPhone,
    NotAQrCode,
    NotAToken,
    UnknownIdentifierKind,
    WrongCheckDigit,
)

QR_PREFIX: Final = "RG1"
LENGTH_MAX: Final = 400

_SEPARATORS: Final = re.compile(r"(?<=\d)[ .\-](?=\d)")
# A run of digits beside letters is part of a token (a PAR, a uuid), a run between other signs is a number on its own;
# the first alternative is track 1.
_CARD_RUNS: Final = re.compile(r"^%?B(\d{13,19})\^|(?<![0-9A-Za-z])(\d{13,19})(?![0-9A-Za-z])")
# First digits under which payment cards are issued (ISO/IEC 7812 ranges of the large schemes, Mir included).
_ISSUED: Final = re.compile(r"4|5[0-8]|2[2-7]|3[0-9]|6[0-9]|9[0-9]|81")
# The library would read letters as keys of an old telephone and drop what follows the number.
_PHONE: Final = re.compile(r"\+?[\d\s().\-/]{3,40}", re.ASCII)
_EMAIL: Final = re.compile(r"[^\s@<>()\[\],;:\\\"]+@[^\s@<>()\[\],;:\\\"]+\.[^\s@<>()\[\],;:\\\".]{2,}")


def normalise(kind: str, value: str, *, region: str) -> Named:
    """The canonical form of an identifier; `region` is the ISO country of phone numbers without a prefix.

    Raises UnknownIdentifierKind, NotAPhone, NotAnEmail, NotACardNumber, WrongCheckDigit, NotAQrCode, NotAToken,
    NotAnOwnId, CardNumberRefused, and for our
    own ids MalformedId, WrongKindOfId.
    """
    if kind == "phone":
        return Named("phone", _phone(value, region))
    if kind == "member":
        member_id = ids.from_wire("mem", value[:LENGTH_MAX])
        return Named("member", str(member_id), member_id=member_id)
    form = _FORMS.get(kind)
    if form is None:
        raise UnknownIdentifierKind(kind=kind[:40])
    return form(value)


def keyed_hash(key: bytes, *, program_id: int, named: Named) -> bytes:
    """What finds this identifier in the lookup table, 32 bytes: an HMAC-SHA256, so that a dump of the table names
    nobody.
    """
    return hash_of(key, program_id, named.kind, named.canonical)


def hash_of(key: bytes, program_id: int, kind: str, canonical: str) -> bytes:
    """The same for a canonical form that was kept."""
    return keyring.digest(key, str(program_id), kind, canonical)


def looks_like_payment_card(text: str, *, strict: bool = True) -> bool:
    """Whether the text holds 13 to 19 digits that pass Luhn's check; not `strict`: and begin as issued cards do."""
    plain = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text))
    for match in _CARD_RUNS.finditer(plain):
        digits = match[1] or match[2]
        if digits.isascii() and _passes_luhn(digits) and (strict or _ISSUED.match(digits)):
            return True
    return False


def _passes_luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _phone(value: str, region: str) -> str:
    text = unicodedata.normalize("NFKC", value.strip()[:LENGTH_MAX])
    try:
        parsed = phonenumbers.parse(text, region)
        good = _PHONE.fullmatch(text) is not None and phonenumbers.is_valid_number(parsed)
    except phonenumbers.NumberParseException:
        good = False
    if not good:
        if looks_like_payment_card(text):
            raise CardNumberRefused
        raise NotAPhone(region=region)
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def _email(value: str) -> Named:
    # Case is folded, since no provider tells Ann@ from ann@; dots and +tags are kept, since some do tell those apart.
    text = unicodedata.normalize("NFC", value.strip())
    if len(text) > 254 or not _EMAIL.fullmatch(text) or ".." in text.partition("@")[2] or _has_control(text):
        raise NotAnEmail
    return Named("email", text.lower())


def _card(value: str) -> Named:
    text = _SEPARATORS.sub("", value.strip()[:LENGTH_MAX])
    if looks_like_payment_card(text):
        raise CardNumberRefused
    if not numbers.is_well_formed(text):
        raise NotACardNumber
    if not numbers.fits(text):
        raise WrongCheckDigit
    return Named("card", text)


def _qr(value: str) -> Named:
    prefix, *parts = value.strip()[:LENGTH_MAX].split(".")
    if prefix.isdigit():
        return _card(value)
    if (
        prefix.upper() != QR_PREFIX
        or not 1 <= len(parts) <= 2
        or not all(part.isascii() and part.isdigit() for part in parts)
    ):
        if looks_like_payment_card(value):
            raise CardNumberRefused
        raise NotAQrCode
    return Named("card", _card(parts[0]).canonical, code=parts[1] if len(parts) == 2 else None)


def _token(value: str) -> Named:
    if looks_like_payment_card(value[:LENGTH_MAX]):
        raise CardNumberRefused
    text = value.strip()
    if not 1 <= len(text) <= 200 or not text.isascii() or not text.isprintable() or " " in text:
        raise NotAToken
    return Named("token", text)


def _gift_card(value: str) -> Named:
    form = spelling.normal(value[: 2 * spelling.LONGEST])
    if not 1 <= len(form) <= spelling.LONGEST:
        raise NotAToken
    # No token of anybody begins so: a till cannot name the holder of a card by another way.
    return Named("token", f"gift card {form}")


def _own_id(value: str) -> Named:
    # Numbers of 13 to 19 digits are common as own ids and one in ten passes Luhn, so only those of issued ranges are
    # refused here.
    if looks_like_payment_card(value[:LENGTH_MAX], strict=False):
        raise CardNumberRefused
    text = unicodedata.normalize("NFC", value.strip())
    if not 1 <= len(text) <= 100 or _has_control(text):
        raise NotAnOwnId
    return Named("own_id", text)


def _has_control(text: str) -> bool:
    return any(unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} for letter in text)


_FORMS: Final[dict[str, Callable[[str], Named]]] = {
    "email": _email,
    "card": _card,
    "qr": _qr,
    "token": _token,
    "own_id": _own_id,
    "gift_card": _gift_card,
}
