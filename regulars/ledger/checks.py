"""What a release must leave as it is while members hold points."""

from __future__ import annotations

from typing import Final

from regulars.kit.database import Transaction
from regulars.kit.i18n import Text
from regulars.ledger import service as ledger
from regulars.program.contracts.definitions import Program
from regulars.program.contracts.report import Fault, worded


async def balances(tx: Transaction, old: Program | None, new: Program, *, program_id: int) -> list[Fault]:
    """No currency may go, or change its scale, while members hold it."""
    if old is None:
        return []
    held = await ledger.orphaned_balances(tx, program_id=program_id, old=old.currencies, new=new.currencies)
    return [
        worded(
            "orphaned_balances",
            f"currencies.{each.currency}",
            Text(
                en=f"{each.accounts} members have {each.points} of it.",
                ru=f"У участников ({each.accounts}) есть {each.points}.",
                ro=f"{each.accounts} membri au {each.points}.",
            ),
            Text(
                en="Keep the currency and its scale.",
                ru="Не меняйте валюту и её точность.",
                ro="Păstrați moneda și scala ei neschimbate.",
            ),
        )
        for each in held
    ]


async def money(tx: Transaction, old: Program | None, new: Program, *, program_id: int) -> list[Fault]:
    """The money that all amounts are in may not change while members hold points that were earned in it."""
    if old is None or old.program.money == new.program.money:
        return []
    if not await ledger.orphaned_balances(tx, program_id=program_id, old=old.currencies, new={}):
        return []
    was = old.program.money
    return [
        worded(
            "money_changed",
            "program.money",
            Text(
                en=f"Members hold points that were earned in {was}.",
                ru=f"У участников есть баллы, начисленные в {was}.",
                ro=f"Membrii au puncte câștigate în {was}.",
            ),
            Text(
                en=f"Keep {was}, or start another program.",
                ru=f"Оставьте {was} или создайте другую программу.",
                ro=f"Păstrați {was} sau creați alt program.",
            ),
        )
    ]


CHECKS: Final = (balances, money)
