"""Purposes: texts to consent to, and nothing asked of a member that they may refuse."""

from __future__ import annotations

from collections.abc import Iterator

from regulars.program import words
from regulars.program.checks.context import Context
from regulars.program.contracts.audiences import NAME
from regulars.program.contracts.definitions import Needs, OnWithdrawal, Purpose, Withheld
from regulars.program.contracts.report import Fault
from regulars.program.contracts.values import Unit
from regulars.program.faults import fault


def check(context: Context) -> Iterator[Fault]:
    """Purposes, and the attributes and activities that name them."""
    for name, purpose in context.program.purposes.items():
        yield from _purpose(f"purposes.{name}", purpose)
    consented = {name: purpose for name, purpose in context.program.purposes.items() if purpose.needs is Needs.CONSENT}
    for name, attribute in context.program.attributes.items():
        if attribute.required and attribute.purpose in consented:
            path = f"attributes.{name}.required"
            yield fault("required_without_consent", path, name=name, purpose=attribute.purpose)
    for name, kind in context.program.activities.items():
        held = consented.get(kind.purpose or "")
        if held is not None and kind.basket and held.without is Withheld.REFUSE:
            yield fault("basket_needs_consent", f"activities.{name}.purpose", purpose=kind.purpose)


def _purpose(path: str, purpose: Purpose) -> Iterator[Fault]:
    if not purpose.texts:
        yield fault("purpose_without_text", f"{path}.texts")
    for place, channel in enumerate(purpose.channels):
        if not NAME.fullmatch(channel):
            yield fault("channel_name", f"{path}.channels[{place}]", found=channel)
    after = purpose.renew_after
    if after is not None and after.unit in {Unit.HOUR, Unit.MINUTE}:
        yield fault("renew_hours", f"{path}.renew_after", found=words.print_span(after))
    if purpose.needs is Needs.CONTRACT:
        given = {
            "without": purpose.without is Withheld.DROP,
            "renew": purpose.renew,
            "renew_after": after is not None,
            "on_withdrawal": purpose.on_withdrawal is OnWithdrawal.CLEAR,
        }
        for field, is_given in given.items():
            if is_given:
                yield fault("needs_no_consent", f"{path}.{field}", field=field)
