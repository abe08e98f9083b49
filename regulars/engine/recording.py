"""What is kept of a decision for its return and its explanation: only what cannot be worked out again from the activity
and the release.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from regulars.engine.compiled import Compiled, TypePlan
from regulars.engine.contracts.decision import PaidLine
from regulars.engine.earning import Claim
from regulars.engine.giving import Giving
from regulars.engine.price import Uses, earns
from regulars.engine.remaining import Back
from regulars.engine.scope import Scope
from regulars.engine.work import Work

NOTHING_WAITS: Final = 0
HELD_BACK: Final = 1
"""It counts, but its points wait."""
REVIEWED_FIRST: Final = 2
"""It counts and does nothing before a person said yes."""
APPROVED: Final = "approved"
REJECTED: Final = "rejected"


class GivenEffect(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One effect of one rule: `rule` is its number in the release, `parts` the points of each line in the order of the
    sale.
    """

    rule: int
    effect: int
    points: int
    parts: tuple[int, ...]


class GivenLots(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Effects (by their place in `gives`) that became the same lots: (number of the lot, points)."""

    currency: str
    gives: tuple[int, ...]
    lots: tuple[tuple[int, int], ...]


class Used(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A lot that paid: the activity that made it, its number there, how much of it."""

    activity_id: bytes
    n: int
    amount: int


class Took(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What a return took: the kind of the entry, how many points, and from which lots."""

    currency: str
    kind: str
    points: int
    uses: tuple[Used, ...] = ()


class PaidWith(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A currency that paid: (place of the line, points, amount) and the lots it came from, in the order taken."""

    currency: str
    lines: tuple[tuple[int, int, int], ...]
    uses: tuple[Used, ...]
    earns: bool = False
    """Whether what it paid for earned nevertheless."""
    house: bool = False
    """Whether the house bore it: the card was blocked when a till without a connection took them (L69)."""


class TakenOff(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One effect of one rule on the price: `rule` is its number in the release, `cuts` what it took off each line in
    the order of the sale.
    """

    rule: int
    effect: int
    amount: int
    cuts: tuple[int, ...]
    reason: str = ""
    """What kept it from more."""


class LeftOut(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """An effect on the price that was not taken, why, and what was better."""

    rule: int
    effect: int
    reason: str
    instead: tuple[str, ...] = ()
    sku: str | None = None


class Prices(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What discounts came to. `pins` follow the pinned paths of the rules about the price, as they were before the
    sale counted.
    """

    taken: tuple[TakenOff, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    pins: tuple[Any, ...] = ()


class Recorded(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What is stored with an activity. `pins` follow the pinned paths of its type in its release."""

    release: int
    pins: tuple[Any, ...] = ()
    gives: tuple[GivenEffect, ...] = ()
    lots: tuple[GivenLots, ...] = ()
    rooms: dict[str, int] = {}
    paid: tuple[PaidWith, ...] = ()
    fired: tuple[int, ...] = ()
    """Rules that fire only so often for a member, and fired."""
    others: tuple[tuple[str, str, int], ...] = ()
    """(rule, currency, points) of what was taken, converted, or reversed of a sale."""
    back: Back | None = None
    """For a return: what it brought back of its sale."""
    hits: tuple[tuple[str, dict[str, Any]], ...] = ()
    """Limits that it ran into, with why."""
    waits: int = 0
    """Whether what it earned waits for a person: NOTHING_WAITS, HELD_BACK or REVIEWED_FIRST."""
    verdict: str = ""
    """For a review: APPROVED or REJECTED."""
    timed: int = 0
    """How many of `others`, from the first, passed time gave before the activity itself did anything."""
    carried: dict[str, dict[str, Any]] = {}
    """The offers, vouchers and rewards that counted for the basket, by path, with their facts."""

    priced: Prices | None = None
    """What discounts came to; None where none was looked at."""
    passed_over: dict[str, str] = {}
    """Offers that the member had and that did not count, by path, with why."""
    took: tuple[Took, ...] = ()
    """For a return: what it took, so that it can be undone; where one is undone: what of all that did not come back."""
    undiscounted: tuple[tuple[str, int, int], ...] = ()
    """For a return: what it took of the discounts of its sale, as (rule, effect, minor units)."""
    left: tuple[tuple[str, str, str], ...] = ()
    """Rules that were not woken, since the rounds were over: (rule, type of event, its definition)."""


_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(Recorded)


def decode(data: bytes) -> Recorded:
    """What was stored. Raises msgspec.ValidationError."""
    return _decoder.decode(data)


def encode(recorded: Recorded) -> bytes:
    """The bytes to store."""
    return _encoder.encode(recorded)


def nothing(compiled: Compiled, work: Work, *, back: Back | None = None) -> bytes:
    """What to store with an activity that no rule looked at: what time gave before it, and what it brought back."""
    release = compiled.release.number
    others = _others(work, ())
    return encode(Recorded(release=release, others=others, timed=work.timed, back=back, left=tuple(work.left)))


def without_words(plan: TypePlan, data: bytes) -> bytes:
    """What was stored, without what it says of the person: what they were and said of themselves, and what they did it
    with. Numbers stay; the same bytes where there is nothing of that."""
    known = decode(data)
    priced = known.priced
    if priced is not None:
        priced = msgspec.structs.replace(priced, pins=_silent(plan.price_pins, priced.pins))
    hits = tuple((name, {key: one for key, one in facts.items() if key not in _NAMES}) for name, facts in known.hits)
    silent = msgspec.structs.replace(known, pins=_silent(plan.pins, known.pins), priced=priced, hits=hits)
    return data if silent == known else encode(silent)


_NAMES: Final = frozenset({"owner"})
"""Facts of a limit that name a device or a card."""
_PERSON: Final = ("member.attributes.", "member.language")


def _silent(paths: Sequence[str], values: Sequence[Any]) -> tuple[Any, ...]:
    found = list(values)
    for place, path in enumerate(paths[: len(found)]):
        if path.startswith(_PERSON):
            found[place] = None
    return tuple(found)


def pins(plan: TypePlan, s: Scope) -> tuple[Any, ...]:
    """The values, as they are now, of what rules of this type read beyond the activity."""
    # What only offers read that do not count for this basket is not worked out.
    return tuple(
        [
            read(s) if carriers is None or not carriers.isdisjoint(s.carried) else None
            for read, carriers in zip(plan.pin_readers, plan.pin_carriers, strict=True)
        ]
    )


def verdict(spoken: Iterable[bytes]) -> str | None:
    """What a person said, among the records of what spoke of an activity; None as long as nobody did."""
    return next((said for data in spoken if (said := decode(data).verdict)), None)


def waits(data: bytes, spoken: Iterable[bytes]) -> str | None:
    """Whether an activity waits for a person, from what is stored with it and with what spoke of it since: `open`,
    `approved`, `rejected`, or none."""
    return None if decode(data).waits == NOTHING_WAITS else verdict(spoken) or "open"


def counts(recorded: Recorded, spoken: Iterable[bytes]) -> bool:
    """Whether an activity counts in metrics: what waits to be approved does not yet, what was rejected no more."""
    said = verdict(spoken)
    return said == APPROVED if recorded.waits == REVIEWED_FIRST else said != REJECTED


def record(
    compiled: Compiled,
    work: Work,
    *,
    pins: Sequence[Any],
    given: Giving,
    paid: Sequence[PaidLine],
    uses: Uses,
    back: Back | None = None,
) -> bytes:
    """What to store with this activity."""
    claims = [claim for claim in given.claims if claim.points]
    place = {id(claim): number for number, claim in enumerate(claims)} if given.lots else {}
    return encode(
        Recorded(
            release=compiled.release.number,
            pins=tuple(pins),
            gives=tuple(
                [GivenEffect(claim.rule.number, claim.place, claim.points, tuple(claim.parts)) for claim in claims]
            ),
            lots=tuple(
                [
                    GivenLots(
                        part.currency,
                        tuple([place[id(claim)] for claim in part.claims if claim.points]),
                        tuple(part.lots),
                    )
                    for part in given.lots
                ]
            ),
            rooms=given.rooms,
            paid=_paid(compiled, work, paid, uses | work.dealt),
            fired=tuple(
                [firing.rule.number for firing in given.outcome.firings if firing.rule.is_rationed and firing.used]
            ),
            others=_others(work, claims),
            back=back,
            hits=tuple(work.hits.items()),
            waits=REVIEWED_FIRST if work.asks_first else HELD_BACK if work.waits else NOTHING_WAITS,
            verdict=work.verdict,
            timed=work.timed,
            carried=work.scope.carried,
            took=work.took,
            priced=work.priced,
            passed_over=work.passed_over,
            undiscounted=tuple(work.undiscounted),
            left=tuple(work.left),
        )
    )


def _others(work: Work, claims: Iterable[Claim]) -> tuple[tuple[str, str, int], ...]:
    # Each claim stands in `gives` already, and for itself only: what time gave before may look just like it.
    own: dict[tuple[str, int, str, int], int] = {}
    for claim in claims:
        key = (claim.rule.name, claim.place, claim.currency, claim.points)
        own[key] = own.get(key, 0) + 1
    found = []
    for number, fired in enumerate(work.fired):
        key = (fired.rule, fired.effect, fired.currency, fired.points)
        if number >= work.timed and own.get(key):
            own[key] -= 1
        else:
            found.append((fired.rule, fired.currency, fired.points))
    return tuple(found)


def _paid(compiled: Compiled, work: Work, paid: Sequence[PaidLine], uses: Uses) -> tuple[PaidWith, ...]:
    if not uses:
        return ()
    place = {line.no: number for number, line in enumerate(work.scope.basket.lines)}
    return tuple(
        PaidWith(
            currency,
            tuple((place[line.no], line.points, line.amount) for line in paid if line.currency == currency),
            tuple(Used(use.lot_id.activity_id.bytes, use.lot_id.n, use.amount) for use in taken),
            earns(compiled.program.currencies[currency]),
            work.given is not None and work.given.house,
        )
        for currency, taken in uses.items()
    )
