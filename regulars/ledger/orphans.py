"""Which balances a new release would leave without a meaning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from regulars.kit.database import Transaction
from regulars.ledger.contracts import OrphanedBalance
from regulars.program.contracts.definitions import Currency

_IN_USE: Final = """
select split_part(currency, '@', 1) as currency, count(distinct account_id) as accounts,
    coalesce(sum(active + pending + held), 0)::bigint as points
from regulars.balance
where program_id = $1 and split_part(currency, '@', 1) = any($2::text[])
    and active + pending + held + arrears > 0
group by 1 order by 1
"""


async def orphaned(
    tx: Transaction, program_id: int, old: Mapping[str, Currency], new: Mapping[str, Currency]
) -> tuple[OrphanedBalance, ...]:
    """The currencies in use that `new` lacks, or counts with other decimals."""
    reasons = {name: "removed" for name in old if name not in new}
    reasons |= {name: "rescaled" for name in old if name in new and old[name].scale != new[name].scale}
    if not reasons:
        return ()
    return tuple(
        OrphanedBalance(
            currency=row["currency"],
            accounts=row["accounts"],
            points=row["points"],
            reason=reasons[row["currency"]],
        )
        for row in await tx.fetch(_IN_USE, program_id, sorted(reasons))
    )
