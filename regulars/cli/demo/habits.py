"""The words in which a preset's table is written: goods, shops, kinds of members and what they do."""

from __future__ import annotations

from typing import Any

import msgspec

from regulars.directory.contracts import LineKind


class Good(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is sold; `price` in minor units of the program's money, for one unit, of which so many
    (`amounts`) are bought at once.
    """

    sku: str
    name: str
    category: str
    price: int
    brand: str | None = None
    kind: LineKind = "goods"
    unit: str = "pc"
    amounts: tuple[int, int] = (1, 1)
    legal_price: int | None = None


class Shop(msgspec.Struct, frozen=True, kw_only=True):
    """Where it is sold, with how many tills. `fields` stand on everything that happens there; with `sums` no goods are
    known, only what was paid, in minor units.
    """

    id: str
    name: str
    city: str
    tills: int = 2
    chain: str | None = None
    fields: dict[str, Any] = {}
    sums: tuple[int, int] | None = None


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """Something that members do beside buying: each field takes one of its values."""

    type: str
    every_days: int
    fields: dict[str, tuple[Any, ...]] = {}


class Habit(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of member: `share` of a hundred, who come about `every_days`, at these `hours`, for `lines` of a basket.

    `likes` are categories, those that are named twice are bought twice as often. `lapses` of a hundred stop coming
    somewhere on the way; `returns` of a hundred baskets come back in part.
    """

    share: int
    every_days: int
    likes: tuple[str, ...] = ()
    hours: tuple[int, int] = (9, 20)
    lines: tuple[int, int] = (1, 3)
    lapses: int = 10
    returns: int = 0
    deeds: tuple[Deed, ...] = ()
    plan: str | None = None
    """The plan that they try, and then renew month by month until they come no more."""
    picks: dict[str, tuple[str, ...]] = {}
    """What they pick of a choice, on the first day of the month after joining."""


class Loans(msgspec.Struct, frozen=True, kw_only=True):
    """Money that members borrow and pay back in instalments: `on_time` of a hundred come before their day, the others
    some days late, and `missed` of a hundred never.
    """

    amounts: tuple[int, ...]
    instalments: int = 3
    on_time: int = 80
    missed: int = 3


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """Sales that a bank sees: of type `sale` with a number of their own in the field `number`. They are settled some
    days later, `less` of a hundred for a part; `back` of a hundred are charged back.
    """

    sale: str = "payment"
    number: str = "rrn"
    settled: str = "settled"
    less: int = 6
    charged_back: str = "chargeback"
    back: int = 1


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """What the story at the till is made of: a basket, or another activity with its fields, of which `numbered` gets a
    new number each time.

    `phone` is the beginning of a number that may exist, `digits` how many follow it.
    """

    phone: str
    digits: int
    lines: tuple[dict[str, Any], ...] = ()
    store: str | None = None
    pays: str | None = None
    """The currency that the second basket is paid with; none can pay."""
    type: str = "purchase"
    fields: dict[str, Any] = {}
    numbered: str | None = None


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """All of a preset's demo."""

    members: int
    days: int
    goods: tuple[Good, ...] = ()
    shops: tuple[Shop, ...] = ()
    habits: tuple[Habit, ...]
    sizes: tuple[str, ...] = ()
    loans: Loans | None = None
    card: Card | None = None
    accounts: int = 0
    """Of a hundred members so many say to which bank account they are paid, in the attribute `iban`."""
    scene: Scene
