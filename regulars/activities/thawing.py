"""A frozen balance, after a person has looked: it is spent from again when it holds, when its numbers were put back to
what its entries say, or when what was changed is accepted. Nothing of it happens by itself, all of it is audited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import msgspec

from regulars.access import service as access
from regulars.activities import given_back
from regulars.kit import i18n, ids, keyring
from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text
from regulars.ledger import service as ledger
from regulars.ledger.contracts import Break

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from regulars.access.contracts import Signature
    from regulars.kit.database import Transaction

Way = Literal["holds", "rebuild", "accept"]

# Whoever has decided on what stood here decides again.
_MOVED: Final = "update regulars.account set version = version + 1 where program_id = $1 and account_id = $2"


_BEFORE_REBUILD: Final = Text(
    en="Put the rows back from a backup. Where only numbers beside the entries were changed (the balance, what is left "
    "of a lot): `regulars ledger thaw` with --rebuild. Where nobody can say what they said: --accept, with the keys of "
    "two people.",
    ru="Восстановите строки из резервной копии. Если изменены только числа рядом с записями (баланс, остаток партии): "
    "`regulars ledger thaw` с --rebuild. Если никто не знает, что в них было: --accept, с ключами двух человек.",
    ro="Restaurați rândurile din copie. Dacă s-au schimbat doar numerele de lângă înregistrări (soldul, ce a rămas "
    "dintr-un lot): `regulars ledger thaw` cu --rebuild. Dacă nimeni nu poate spune ce scria acolo: --accept, cu "
    "cheile a două persoane.",
)
_AFTER_REBUILD: Final = Text(
    en="The history itself was changed, so --rebuild does not help, and nothing was put back. Put the rows back from a "
    "backup. Where nobody can say what they said: `regulars ledger thaw` with --accept, with the keys of two people.",
    ru="Изменена сама история, поэтому --rebuild не помогает, и ничего не пересчитано. Восстановите строки из "
    "резервной копии. Если никто не знает, что в них было: `regulars ledger thaw` с --accept, с ключами двух человек.",
    ro="S-a schimbat chiar istoricul, deci --rebuild nu ajută și nimic nu a fost refăcut. Restaurați rândurile din "
    "copie. Dacă nimeni nu poate spune ce scria acolo: `regulars ledger thaw` cu --accept, cu cheile a două persoane.",
)


class NotFrozen(RegularsError):
    """A balance was to be let go that nothing holds."""

    status = 409
    texts = Text(
        en="This balance of {currency} is not frozen.",
        ru="Этот баланс {currency} не заморожен.",
        ro="Acest sold de {currency} nu este blocat.",
    )
    currency: str


class BalanceStillBroken(RegularsError):
    """A frozen balance does not hold yet."""

    status = 409
    texts = Text(
        en="{breaks} {breaks:thing still does|things still do} not hold, first: {table} where {row}: {what}.",
        ru="Нарушений: {breaks}, первое: {table}, {row}: {what}.",
        ro="Încă nu corespund: {breaks}, primul: {table}, {row}: {what}.",
    )
    breaks: int
    table: str
    row: str
    what: str
    rebuilt: bool = False

    def text(self, language: str) -> str:
        """What does not hold, and what helps: to rebuild once more does not."""
        return f"{super().text(language)} {i18n.pick(_AFTER_REBUILD if self.rebuilt else _BEFORE_REBUILD, language)}"


class Thawed(msgspec.Struct, frozen=True, kw_only=True):
    """A balance that may be spent from again, in which way, and how much was accepted as it stands."""

    account: str
    currency: str
    way: Way
    accepted: int = 0


async def thaw(
    tx: Transaction,
    by: Signature,
    home: Path,
    *,
    account_id: UUID,
    currency: str,
    reason: str,
    way: Way = "holds",
    second: str | None = None,
) -> Thawed:
    """Let a frozen balance be spent from again, and write down who did and why. `way` is `rebuild` to put its numbers
    back to what the entries say first, `accept` to let what was changed stand. Raises NotFrozen, BalanceStillBroken."""
    program_id, key = by.program_id, keyring.key(home, "ledger")
    held = await ledger.frozen(tx, program_id=program_id, account_id=account_id)
    if not any(one.currency == currency for one in held):
        raise NotFrozen(currency=currency)
    moved: dict[str, tuple[int, int]] = {}
    if way == "rebuild":
        moved = await ledger.rebuild(tx, program_id=program_id, account_id=account_id, currency=currency, now=by.at)
        await tx.execute(_MOVED, program_id, account_id)
    report = await ledger.check_account(tx, program_id=program_id, key=key, account_id=account_id)
    back = await given_back.of_balance(tx, program_id=program_id, account_id=account_id, currency=currency)
    untold, _ = await ledger.without_accepted(tx, program_id=program_id, breaks=back, key=key)
    breaks = [*(one for one in report.breaks if one.currency == currency), *untold]
    if breaks and way != "accept":
        raise _still_broken(breaks, rebuilt=way == "rebuild")
    if breaks:
        await ledger.accept_breaks(
            tx, program_id=program_id, account_id=account_id, currency=currency, breaks=breaks, key=key, now=by.at
        )
    await ledger.thaw(tx, program_id=program_id, account_id=account_id, currency=currency)
    done = Thawed(account=ids.to_wire("acc", account_id), currency=currency, way=way, accepted=len(breaks))
    frozen_for = next(one.reason for one in held if one.currency == currency)
    new = {"reason": reason, "way": way, "moved": moved, "accepted": breaks, **({"second": second} if second else {})}
    await access.sign(
        tx, by, action="ledger.thaw", target=f"{done.account}/{currency}", old={"frozen": frozen_for}, new=new
    )
    return done


def _still_broken(breaks: list[Break], *, rebuilt: bool) -> BalanceStillBroken:
    first = breaks[0]
    return BalanceStillBroken(breaks=len(breaks), table=first.table, row=first.key, what=first.text, rebuilt=rebuilt)
