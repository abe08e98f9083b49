"""An offer as a till, an app or a receipt shows it to one member."""

from __future__ import annotations

import datetime as dt

import msgspec


class OfferSeen(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """An offer of a member. `state` is `offered` (the member may activate it), `active`, `not_yet`, `used` (as often
    as it may be), `refused` or `over`; `through` is the last day on which it counts, `times` how often it was used, of
    `uses`. `params` are plain values (amounts as {"amount", "scale"}).

    In the answer for a basket: `used` says that this basket used it, `brings` the points that it gave by currency and
    `discount` what it took off in minor units, `needs` how much money the basket lacks for it, in minor units.
    """

    name: str
    title: dict[str, str]
    text: dict[str, str] = {}
    state: str
    since: dt.datetime | None = None
    through: dt.date | None = None
    times: int = 0
    uses: int | None = None
    params: dict[str, object] = {}
    reason: str | None = None
    goods: tuple[str, ...] = ()
    placements: tuple[str, ...] = ()
    used: bool = False
    brings: dict[str, int] = {}
    discount: int = 0
    needs: int | None = None
