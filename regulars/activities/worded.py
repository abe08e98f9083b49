"""Messages and refusals put into words, in each language: definitions by their titles, amounts as decimals, days as
days. What machines read of them stays as the engine gave it.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from regulars.engine import service as engine
from regulars.kit import formats, i18n
from regulars.kit.i18n import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from regulars.engine.contracts.decision import Message, Refusal
    from regulars.engine.service import Compiled
    from regulars.program.contracts.base import Definition

Titles = dict[str, Text]
"""By the path of a definition (`rewards.wash`)."""

NAMED: Final = {
    "attribute": "attributes.",
    "board": "boards.",
    "challenge": "challenges.",
    "choice": "choices.",
    "currency": "currencies.",
    "draw": "draws.",
    "household": "households.",
    "ladder": "ladders.",
    "limit": "limits.",
    "offer": "offers.",
    "plan": "plans.",
    "purpose": "purposes.",
    "referral": "referrals.",
    "reward": "rewards.",
    "segment": "segments.",
    "to": "currencies.",
    "voucher": "vouchers.",
    # These hold whole paths.
    "game": "",
    "what": "",
}
"""The fields that name a definition, and where it stands in a program."""

_DAYS: Final = frozenset({"through", "closed_on", "opens_on", "active_on"})
_COUNTS: Final = frozenset(
    (
        "points given progress target missing asked possible least left step available fee room owed most held lapsed"
    ).split()
)
"""Numbers that are grouped by thousands; of a refusal that names a currency they are in its smallest unit."""
_MONEY: Final = {
    "reward_money_missing": ("money", "paid"),
    "price_differs": ("price", "paid"),
    "floor_limit_exceeded": ("amount", "floor"),
}
"""Fields of refusals that hold money in minor units, by code."""
_PRICES: Final = frozenset({"amount", "price", "paid", "money"})
_PAIR: Final = 2
_GROUPED: Final = 1000
"""Counts from here on are written in groups of three."""
_MEASURED: Final = 3
"""Numbers with so many decimals are no money but quantities and what was worked out: 40.000 would read as forty
thousand."""
_EXPECTED: Final = {
    "a text": Text(en="a text", ru="текст", ro="un text"),
    "true or false": Text(en="true or false", ru="true или false", ro="true sau false"),
    "a whole number": Text(en="a whole number", ru="целое число", ro="un număr întreg"),
    "an amount in whole minor units": Text(
        en="an amount in whole minor units", ru="сумма в минимальных единицах", ro="o sumă în unități minime"
    ),
    "a date such as 2027-01-31": Text(
        en="a date such as 2027-01-31", ru="дата вида 2027-01-31", ro="o dată precum 2027-01-31"
    ),
    "a moment with its zone such as 2027-01-31T10:00:00Z": Text(
        en="a moment with its zone such as 2027-01-31T10:00:00Z",
        ru="момент с часовым поясом вида 2027-01-31T10:00:00Z",
        ro="un moment cu fusul lui, precum 2027-01-31T10:00:00Z",
    ),
    "a list of texts": Text(en="a list of texts", ru="список текстов", ro="o listă de texte"),
    "a list of records": Text(en="a list of records", ru="список записей", ro="o listă de înregistrări"),
}
"""What a field of a form may have to be, as the engine calls it."""
_OWN: Final = NAMED.keys() | _DAYS | _COUNTS
"""Fields that read otherwise in each language."""


@lru_cache(maxsize=256)
def titles(compiled: Compiled) -> Titles:
    """What a person calls each definition; its name where it has no title."""
    program = compiled.program
    found = {}
    for kind in {prefix for prefix in NAMED.values() if prefix}:
        for name, one in getattr(program, kind[:-1]).items():
            found[f"{kind}{name}"] = _title(one)
    return found


def _title(one: Definition) -> Text:
    title = one.title
    # A title may be missing in a language; then another serves, and the name at last.
    first = title.en or title.ru or title.ro or one.name
    return Text(en=title.en or first, ru=title.ru or first, ro=title.ro or first)


def message(message: Message, titles: Mapping[str, Text]) -> dict[str, str]:
    """A message in each language: the definition's own words, or the engine's for its own codes."""
    said = Text(**message.say) if message.say else engine.message_text(message.code)
    fields = message.fields
    # Most fields read the same in every language.
    own = [
        name
        for name, value in fields.items()
        if (name in _OWN and not (type(value) is int and -_GROUPED < value < _GROUPED)) or isinstance(value, dict)
    ]
    worded = {}
    for language in i18n.LANGUAGES:
        shown = {name: _shown(name, fields[name], language, titles) for name in own}
        worded[str(language)] = i18n.fill(said, language, fields, shown)
    return worded


def refusal(refusal: Refusal, fields: Mapping[str, Any], compiled: Compiled | None) -> dict[str, str]:
    """A refusal in each language; `fields` as the wire has them."""
    said = Text(**refusal.say) if refusal.say else engine.refusal_text(refusal.code)
    scaled = _scaled(refusal, fields, compiled)
    known = {} if compiled is None else titles(compiled)
    return {
        language: i18n.fill(
            said, language, fields, {name: _shown(name, value, language, known) for name, value in scaled.items()}
        )
        for language in i18n.LANGUAGES
    }


def _scaled(refusal: Refusal, fields: Mapping[str, Any], compiled: Compiled | None) -> dict[str, Any]:
    # Refusals carry bare whole numbers: which unit they are in, the case says.
    found = dict(fields)
    if compiled is None:
        return found
    minor: tuple[str, ...] = _MONEY.get(refusal.code, ())
    if fields.get("measure") == "amount":
        minor = ("asked", "left")
    for name in minor:
        found[name] = {"amount": fields[name], "money": compiled.money}
    currency = compiled.program.currencies.get(str(fields.get("currency")))
    if currency is not None and currency.scale:
        for name in _COUNTS & fields.keys():
            if isinstance(fields[name], int):
                found[name] = {"amount": fields[name], "scale": currency.scale}
    for name, value in fields.items():
        if _is_balances(value):
            found[name] = {one: _unit(compiled, one, amount) for one, amount in value.items()}
    return found


def _is_balances(value: Any) -> bool:
    return isinstance(value, dict) and bool(value) and all(isinstance(one, int) for one in value.values())


def _unit(compiled: Compiled, currency: str, amount: int) -> Any:
    found = compiled.program.currencies.get(currency)
    return amount if found is None or not found.scale else {"amount": amount, "scale": found.scale}


def _shown(name: str, value: Any, language: str, titles: Mapping[str, Text]) -> Any:
    if isinstance(value, dict):
        if len(value) == _PAIR and "amount" in value and "scale" in value:
            if value["scale"] >= _MEASURED and name not in _PRICES:
                return formats.measured(value["amount"], value["scale"], language)
            return formats.decimal(value["amount"], value["scale"], language)
        if len(value) == _PAIR and "amount" in value and "money" in value:
            return formats.amount(value["amount"], value["money"], language)
        if name == "points":
            return ", ".join(
                f"{_shown('currency', one, language, titles)}: {_shown(name, amount, language, titles)}"
                for one, amount in value.items()
            )
        return value.get(language) or value.get("en", "")
    if isinstance(value, str) and name in NAMED:
        title = titles.get(f"{NAMED[name]}{value}")
        return value if title is None else i18n.pick(title, language)
    if name == "expected" and isinstance(value, str) and value in _EXPECTED:
        return i18n.pick(_EXPECTED[value], language)
    if name in _DAYS and isinstance(value, str):
        return _day(value, language)
    if name in _COUNTS and isinstance(value, int) and abs(value) >= _GROUPED:
        return formats.points(value, language)
    return value


def _day(value: str, language: str) -> str:
    # A program may name a field of its own so.
    try:
        return formats.day(dt.date.fromisoformat(value), language)
    except ValueError:
        return value
