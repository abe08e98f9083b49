"""What is shared and runs out, as people look at it and supply it: the sums behind budgets, stock and uses of codes."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import msgspec

from regulars.activities import guarding, rationing, slices
from regulars.engine import service as engine
from regulars.engine.contracts.known import CounterKey
from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text
from regulars.kit.money import AMOUNT_MAX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regulars.kit.database import Transaction


class Tally(msgspec.Struct, frozen=True):
    """What was supplied of something shared, what is used of it, and what was cut for want of it."""

    supplied: int = 0
    used: int = 0
    cut: int = 0


class StockBelowUse(RegularsError):
    """Stock was to be lowered below what is ordered already."""

    status = 409
    texts = Text(
        en="{used} of it are ordered already: the stock cannot be {wanted}.",
        ru="Уже заказано {used}: запас не может быть {wanted}.",
        ro="Sunt deja comandate {used}: stocul nu poate fi {wanted}.",
    )
    used: int
    wanted: int


class StockTooLarge(RegularsError):
    """Stock was to be raised above what can be counted."""

    status = 409
    texts = Text(
        en="The stock can be at most {most}.",
        ru="Запас может быть не больше {most}.",
        ro="Stocul poate fi cel mult {most}.",
    )
    most: int


class StockMoved(RegularsError):
    """The stock is not what the caller took it for: somebody else has changed it."""

    status = 409
    texts = Text(
        en="The stock is {supplied} now, not {was}. Look again.",
        ru="Запас сейчас {supplied}, а не {was}. Посмотрите ещё раз.",
        ro="Stocul este acum {supplied}, nu {was}. Verificați din nou.",
    )
    supplied: int
    was: int


_TALLIES: Final = """
select t.n, c.owner, c.bucket, c.item, c.value
from unnest($2::text[]) with ordinality as t (metric, n)
join regulars.counter c on c.program_id = $1 and c.metric = t.metric
order by t.n, c.owner, c.bucket
"""

_SUPPLY: Final = """
insert into regulars.counter as x (program_id, metric, owner, bucket, item, value) values ($1, $2, $3, $4, $5, $6)
on conflict (program_id, metric, owner, bucket, item) do update set value = x.value + excluded.value
"""


async def tallies(tx: Transaction, *, program_id: int, counters: Sequence[str]) -> dict[CounterKey, Tally]:
    """All that was ever counted under these names, by owner and period."""
    names = sorted(set(counters))
    items: dict[CounterKey, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in await tx.fetch(_TALLIES, program_id, names) if names else ():
        key = CounterKey(names[row["n"] - 1], slices.owner_of(row["owner"]), row["bucket"])
        items[key][row["item"]] += row["value"]
    return {
        key: Tally(found[engine.QUOTA_SUPPLIED], found[engine.QUOTA_USED], found[engine.QUOTA_CUT])
        for key, found in items.items()
    }


async def supply(
    tx: Transaction,
    *,
    program_id: int,
    key: CounterKey,
    wanted: int | None = None,
    add: int = 0,
    was: int | None = None,
) -> tuple[Tally, Tally]:
    """Supply something shared: so much in all, or so much more (below 0: less); what it was and what it is.

    `was` is what the caller took it for. Raises StockBelowUse, StockTooLarge, StockMoved, DatabaseBusy.
    """
    # Under the guard that buyers lock too: nobody takes of it between the look and the word.
    await guarding.lock(tx.connection, [(program_id, key.metric, key.owner)])
    found = (await rationing.load(tx.connection, [(program_id, key)]))[program_id, key]
    if was is not None and was != found.supplied:
        raise StockMoved(supplied=found.supplied, was=was)
    now = found.supplied + add if wanted is None else wanted
    if now > AMOUNT_MAX:
        raise StockTooLarge(most=AMOUNT_MAX)
    if now < max(found.used, 0):
        raise StockBelowUse(used=found.used, wanted=now)
    if now != found.supplied:
        row = slices.slice_of(key.owner)
        await tx.execute(_SUPPLY, program_id, key.metric, row, key.bucket, engine.QUOTA_SUPPLIED, now - found.supplied)
    return Tally(found.supplied, found.used), Tally(now, found.used)
