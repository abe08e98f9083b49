"""What a member can have for points, as they see it."""

from __future__ import annotations

import msgspec

from regulars.engine.contracts.known import CounterKey


class PriceSeen(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One way to pay, as it is for this member: points by currency in its smallest unit, money in minor units. `lacks`
    says how many points they are short of; empty: they can pay it."""

    points: dict[str, int] = {}
    money: int = 0
    lacks: dict[str, int] = {}


class Share(msgspec.Struct, frozen=True):
    """What one order takes of something shared: so much of `size` (None: of what was supplied)."""

    key: CounterKey
    amount: int
    size: int | None
    why_not: str
    """The code of what stands against an order where less is left."""


class RewardSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A reward of the catalogue for one member. `affordable`: some price can be paid now. `why_not` is the code of what
    stands against an order (`insufficient_points`, `reward_limit_reached`, `reward_not_for_member`), with the
    `condition` that does not hold. `variant` is the one that would be picked for them."""

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
    stocked: bool
    """Whether there is only so much of it."""
    till: bool
    """Whether it is taken at the till."""
    takes: tuple[tuple[Share, ...], ...] = ()
    """What an order takes of budgets and of the stock of its parts: one row for each that may be chosen, else one."""
    rank: tuple[int, int, str]
    """Its place: first what can be had now, the dearest first; then what is nearest to it."""
