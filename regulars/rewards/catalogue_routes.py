"""The catalogue over HTTP: what one member can have for points."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from litestar import Request, Response, get
from litestar.params import FromQuery

from regulars.access import service as access
from regulars.activities import service as activities
from regulars.directory.contracts import Picture
from regulars.engine.contracts.catalogue import PriceSeen, RewardSeen, Share
from regulars.engine.contracts.known import CounterKey
from regulars.kit import http, ids, pages
from regulars.kit.http import Example
from regulars.members.contracts import MemberNotFound
from regulars.rewards import order_examples as examples
from regulars.rewards import pictures

FIRST: Final = 6
"""How many are on the first screen: members choose among few."""


class RewardShown(msgspec.Struct, frozen=True, kw_only=True):
    """A reward as a member sees it, with what is `left` of it (by variant, or under `all`; empty: no end of it), and
    the `pictures` and long texts that the directory has of it today."""

    reward: str
    title: dict[str, str]
    text: dict[str, str]
    type: str | None
    affordable: bool
    why_not: str | None
    condition: str | None
    prices: tuple[PriceSeen, ...]
    variants: tuple[str, ...]
    variant: str | None
    choose: tuple[str, ...]
    bundle: tuple[str, ...]
    left: dict[str, int]
    till: bool
    pictures: tuple[Picture, ...] = ()


class CatalogueOut(msgspec.Struct, frozen=True):
    """A page of the catalogue: what the member can have now first, the dearest first; then what is nearest."""

    items: tuple[RewardShown, ...]
    next_cursor: str | None = None


def _keys(one: RewardSeen) -> dict[str, CounterKey]:
    if not one.stocked:
        return {}
    names = {variant: f"stock:{one.reward}/{variant}" for variant in one.variants} or {"all": f"stock:{one.reward}"}
    return {label: CounterKey(name, "program", "ever") for label, name in names.items()}


@get(
    "/v1/rewards",
    guards=[access.requires("members:read")],
    opt=http.describes(
        summary="The catalogue for a member",
        detail="What they can have now first, the dearest first, then what they are nearest to: six, or `limit`. With "
        "`everything` also what is not for them, with the condition that does not hold.",
        tag="Rewards",
        scope="members:read",
        answer=CatalogueOut,
        query={"member": str, "everything": bool, "cursor": str, "limit": int},
        errors=(MemberNotFound, pages.MalformedCursor, pages.LimitOutOfRange, ids.MalformedId, ids.WrongKindOfId),
        examples=(Example(summary="A mug, three left in blue", answer=examples.CATALOGUE),),
    ),
)
async def catalogue(
    request: Request[Any, Any, Any],
    member: FromQuery[str],
    everything: FromQuery[bool] = False,
    cursor: FromQuery[str | None] = None,
    limit: FromQuery[int | None] = None,
) -> Response[bytes]:
    """A page of the catalogue. Raises MemberNotFound, MalformedCursor, LimitOutOfRange, MalformedId, WrongKindOfId."""
    program_id = access.actor_of(request).program_id
    most = FIRST if limit is None else pages.check_limit(limit)
    after = None if cursor is None else pages.decode_cursor(cursor, tuple[int, int, str])
    found = await activities.catalogue(
        request.app.state.runtime,
        program_id=program_id,
        member_id=ids.from_wire("mem", member),
        now=http.now(request),
        limit=most + 1,
        after=after,
        everything=everything,
    )
    part = pages.page(found, limit=most, key=lambda one: one.rank)
    keys = {one.reward: _keys(one) for one in part.items}
    names = [key.metric for mine in keys.values() for key in mine.values()]
    names += [share.key.metric for one in part.items for way in one.takes for share in way]
    async with request.app.state.database.read(programs=[program_id]) as tx:
        counted = await activities.tallies(tx, program_id=program_id, counters=names)
        seen = await pictures.of(
            request.app.state.runtime, tx, program_id=program_id, rewards=list(keys), now=http.now(request)
        )
    left = {name: {label: _left(counted, key) for label, key in mine.items()} for name, mine in keys.items()}
    shown = tuple(_shown(one, left[one.reward], _spent(counted, one), seen.get(one.reward, ())) for one in part.items)
    return http.answer(CatalogueOut(shown, part.next_cursor))


def _left(counted: Any, key: CounterKey) -> int:
    tally = counted.get(key)
    return 0 if tally is None else max(tally.supplied - tally.used, 0)


def _spent(counted: Any, one: RewardSeen) -> str | None:
    """What of it is spent, whichever way it is taken; None: there is enough."""
    ways = [next((share.why_not for share in way if _lacks(counted, share)), None) for way in one.takes]
    return None if None in ways else next(iter(ways), None)


def _lacks(counted: Any, share: Share) -> bool:
    tally = counted.get(share.key)
    used, supplied = (0, 0) if tally is None else (tally.used, tally.supplied)
    return bool((supplied if share.size is None else share.size) - used < share.amount)


def _shown(one: RewardSeen, left: dict[str, int], spent: str | None, seen: tuple[Picture, ...]) -> RewardShown:
    gone = bool(left) and not any(left.values())
    return RewardShown(
        reward=one.reward,
        title=one.title,
        text=one.text,
        type=one.type,
        affordable=one.affordable,
        why_not=one.why_not or ("reward_out_of_stock" if gone else spent),
        condition=one.condition,
        prices=one.prices,
        variants=one.variants,
        variant=one.variant,
        choose=one.choose,
        bundle=one.bundle,
        left=left,
        till=one.till,
        pictures=seen,
    )


ROUTES: Final[list[Any]] = [catalogue]
