"""The words in which a preset's table is written: goods, shops, kinds of members and what they do."""

from __future__ import annotations

from typing import Any

import msgspec


class Good(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is sold; `price` in minor units of the program's money."""

    sku: str
    name: str
    category: str
    price: int
    brand: str | None = None


class Shop(msgspec.Struct, frozen=True, kw_only=True):
    """Where it is sold, with how many tills."""

    id: str
    name: str
    city: str
    tills: int = 2


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


class Loans(msgspec.Struct, frozen=True, kw_only=True):
    """Money that members borrow and pay back in instalments: `on_time` of a hundred come before their day, the others
    some days late, and `missed` of a hundred never.
    """

    amounts: tuple[int, ...]
    instalments: int = 3
    on_time: int = 80
    missed: int = 3


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """What the story at the till is made of: a basket, or another activity with its fields.

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


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """All of a preset's demo."""

    members: int
    days: int
    goods: tuple[Good, ...] = ()
    shops: tuple[Shop, ...] = ()
    habits: tuple[Habit, ...]
    sizes: tuple[str, ...] = ()
    loans: Loans | None = None
    scene: Scene
