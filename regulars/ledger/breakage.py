"""How much of what is owed will probably never be claimed: from how lots of the past ended, by their age.

Of lots that have ended in the two years before the moment, for each currency, length of life and age in months:
`rate(age) = what expired of them at that age or later / what was left of them at that age`. What is left of a living
lot of that currency and life that is `age` months old is expected to expire by `rate(age)`: points that live a year
say nothing of those of a week. Lots that never end, or of a life that has no history, are expected to be claimed.
"""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import msgspec

from regulars.ledger.lots_at import LOTS_AT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regulars.kit.database import Transaction

LEAST_LOTS: Final = 100
"""With fewer ended lots than this there is no history, and nothing is expected to expire."""
LOOK_BACK: Final = dt.timedelta(days=730)
_MONTH_S: Final = 2_629_746
"""The mean month of the calendar, in seconds."""

# Lives are told apart by these many months; rounded, since the end of a month or a quarter makes them differ.
_LIVES: Final = (0, 1, 3, 6, 12, 24)
_LIFE: Final = (
    f"(array{list(_LIVES)})[1 + width_bucket(round(extract(epoch from expires_at - earned_at) / {_MONTH_S}),"
    f" array{list(_LIVES[1:])}::numeric[])]"
)


def _age(span: str) -> str:
    return f"greatest(0, floor(extract(epoch from {span}) / {_MONTH_S}))::int"


_ENDED: Final = f"""
with ended as materialized (
    select account_id, activity_id, n, currency, granted, remaining, earned_at, expires_at, {_LIFE} as life
    from ({LOTS_AT}) lots
    where expires_at <= $2 and expires_at > $3 and owed = 0
), gone as (
    select l.currency, l.life,
        {_age("x.effective_at - l.earned_at")} as age, 0 as lots, 0::bigint as granted,
        sum(u.amount) filter (where 'expired' not in (x.from_book, x.to_book)) as taken,
        sum(u.amount) filter (where 'expired' in (x.from_book, x.to_book)) as expired
    from ended l
    join regulars.lot_use u on u.account_id = l.account_id and u.lot_activity_id = l.activity_id and u.lot_n = l.n
    join regulars.entry x on x.account_id = u.account_id and x.currency = u.currency and x.version = u.version
    where x.program_id = $1 and x.posted_at <= $2 and x.kind not in ('activate', 'hold', 'release') group by 1, 2, 3
), made as (
    select currency, life, 0 as age, count(*)::int as lots, sum(granted) as granted, 0 as taken, 0 as expired
    from ended group by 1, 2
), unwritten as (
    select currency, life,
        {_age("expires_at - earned_at")} as age, 0 as lots, 0 as granted, 0 as taken, sum(remaining) as expired
    from ended where remaining > 0 group by 1, 2, 3
)
select currency, life, age, sum(lots)::int as lots, coalesce(sum(granted), 0)::bigint as granted,
    coalesce(sum(taken), 0)::bigint as taken, coalesce(sum(expired), 0)::bigint as expired
from (select * from gone union all select * from made union all select * from unwritten) parts
group by 1, 2, 3 order by 1, 2, 3
"""
_OPEN: Final = f"""
select currency, funder, case when expires_at is null then null else {_LIFE} end as life,
    case when expires_at is null then null
        else {_age("$2::timestamptz - earned_at")} end as age,
    sum(owed)::bigint as points, sum(owed_cost)::bigint as cost
from ({LOTS_AT}) lots where owed > 0 group by 1, 2, 3, 4 order by 1, 2, 3, 4
"""


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """Of ended `lots` of a currency that lived `life_months` or more (up to the next length): what was `left` of them
    at an age, and how much of that `expired`."""

    currency: str
    life_months: int
    age_months: int
    lots: int
    left: int
    expired: int

    @property
    def share(self) -> Fraction:
        """The part that expired; nothing without a history."""
        return Fraction(self.expired, self.left) if self.left > 0 and self.lots >= LEAST_LOTS else Fraction(0)


class Breakage(msgspec.Struct, frozen=True, kw_only=True):
    """What is owed of a currency by a funder, and how much of it will probably expire; money in minor units."""

    currency: str
    funder: str
    points: int
    cost: int
    expected_points: int
    expected_cost: int


async def breakage(tx: Transaction, *, program_id: int, as_of: dt.datetime) -> tuple[list[Breakage], list[Rate]]:
    """What is expected to expire of all that is owed at a moment, by currency and funder, and the rates behind it."""
    ended = await tx.fetch(_ENDED, program_id, as_of, as_of - LOOK_BACK)
    rates = rates_of([dict(row.items()) for row in ended])
    rows = await tx.fetch(_OPEN, program_id, as_of)
    return expected([dict(row.items()) for row in rows], rates), rates


def rates_of(rows: Sequence[dict[str, int | str]]) -> list[Rate]:
    """The rates of each currency and life from what was granted, taken and expired at each age."""
    found = list[Rate]()
    for currency, life in sorted({(str(row["currency"]), int(row["life"])) for row in rows}):
        ages = {int(row["age"]): row for row in rows if (row["currency"], row["life"]) == (currency, life)}
        lots = sum(int(row["lots"]) for row in ages.values())
        left = sum(int(row["granted"]) for row in ages.values())
        expired = sum(int(row["expired"]) for row in ages.values())
        for age in range(max(ages) + 1):
            found.append(
                Rate(currency=currency, life_months=life, age_months=age, lots=lots, left=left, expired=expired)
            )
            at_age = ages.get(age)
            if at_age is not None:
                left -= int(at_age["taken"]) + int(at_age["expired"])
                expired -= int(at_age["expired"])
    return found


def expected(rows: Sequence[dict[str, int | str | None]], rates: Sequence[Rate]) -> list[Breakage]:
    """What is expected to expire of living lots, given by currency, funder, life and age; a half is rounded up."""
    sums = dict[tuple[str, str], list[Fraction]]()
    for row in rows:
        points, cost = int(row["points"] or 0), int(row["cost"] or 0)
        share = _share(row, rates)
        total = sums.setdefault((str(row["currency"]), str(row["funder"])), [Fraction(0)] * 4)
        for place, value in enumerate((Fraction(points), Fraction(cost), points * share, cost * share)):
            total[place] += value
    return [
        Breakage(
            currency=currency,
            funder=funder,
            points=int(total[0]),
            cost=int(total[1]),
            expected_points=_half_up(total[2]),
            expected_cost=_half_up(total[3]),
        )
        for (currency, funder), total in sorted(sums.items())
    ]


def _share(row: dict[str, int | str | None], rates: Sequence[Rate]) -> Fraction:
    if row["age"] is None:
        return Fraction(0)
    alike = [rate for rate in rates if (rate.currency, rate.life_months) == (row["currency"], row["life"])]
    # Older than any lot that ever ended: as the oldest of them.
    return alike[min(int(row["age"]), len(alike) - 1)].share if alike else Fraction(0)


def _half_up(value: Fraction) -> int:
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)
