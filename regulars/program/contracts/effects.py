"""What a rule may do: one Struct an effect, one table from key to Struct.

YAML tags an effect by its own key: `{give: points, amount: "..."}`.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from regulars.program.contracts.values import Fields, Ratio, Rollback, Share, Span, Text


class Per(StrEnum):
    """What an amount is worked out for."""

    BASKET = "basket"
    LINE = "line"
    UNIT = "unit"
    PAYMENT = "payment"


class OnReversal(StrEnum):
    REVERSE = "reverse"
    KEEP = "keep"
    REVIEW = "review"


class Effect(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The base of all effects."""


class Points(Effect, frozen=True, kw_only=True):
    """What effects that bring points have in common: who pays, and what a return does to them. What other effects did
    stays done."""

    funding: tuple[Share, ...] = ()
    on_reversal: OnReversal = OnReversal.REVERSE


class Give(Points, frozen=True, kw_only=True, tag_field="effect", tag="give"):
    """Points of currency `give`; `amount` a formula in whole units, per basket, line, unit or payment.

    `carry` keeps the rest for next time.

    `expires` and `pending` override the currency's policies for these points, `cost` what a whole unit costs whoever
    funds them, in major units of money.
    """

    give: str
    amount: str
    per: Per = Per.BASKET
    carry: bool = False
    expires: Span | None = None
    pending: Span | None = None
    cost: Ratio | None = None


class Multiply(Points, frozen=True, kw_only=True, tag_field="effect", tag="multiply"):
    """Adds (by - 1) times the base points of the matched lines, so that 2 and 3 make 4."""

    multiply: str
    by: Ratio


class Take(Effect, frozen=True, kw_only=True, tag_field="effect", tag="take"):
    """Takes points, at most what is there."""

    take: str
    amount: str


class Convert(Effect, frozen=True, kw_only=True, tag_field="effect", tag="convert"):
    """Turns `amount` of one currency into another: `rate` units of `to` for one unit.

    What makes no whole unit stays where it was (L76).
    """

    convert: str
    to: str
    rate: Ratio
    amount: str


class Extend(Effect, frozen=True, kw_only=True, tag_field="effect", tag="extend"):
    """Moves the end of the member's active lots of a currency `by` a span; those that end `within` another, or all."""

    extend: str
    by: Span
    within: Span | None = None


class SetAttribute(Effect, frozen=True, kw_only=True, tag_field="effect", tag="set"):
    """Sets an attribute of the member to the value of an expression."""

    set: str
    value: str


class AddTo(Effect, frozen=True, kw_only=True, tag_field="effect", tag="add_to"):
    """Puts the member on a static segment."""

    add_to: str


class RemoveFrom(Effect, frozen=True, kw_only=True, tag_field="effect", tag="remove_from"):
    """Takes the member off a static segment."""

    remove_from: str


class Receipt(Effect, frozen=True, kw_only=True, tag_field="effect", tag="receipt"):
    """A line for the receipt: a code, worded with `{field}` places in each language; `fields` are expressions."""

    receipt: str
    say: Text
    fields: Fields = {}


class Cashier(Effect, frozen=True, kw_only=True, tag_field="effect", tag="cashier"):
    """A line for the cashier."""

    cashier: str
    say: Text
    fields: Fields = {}


class Emit(Effect, frozen=True, kw_only=True, tag_field="effect", tag="event"):
    """An event for the world: a name of the program's own and fields that are expressions."""

    event: str
    fields: Fields = {}


class Badge(Effect, frozen=True, kw_only=True, tag_field="effect", tag="badge"):
    """Gives the member a badge; its title and picture are those of the definition that gives it."""

    badge: str


class Progress(Effect, frozen=True, kw_only=True, tag_field="effect", tag="progress"):
    """Adds `amount`, a formula, to what the member has reached in a challenge that they are in."""

    progress: str
    amount: str = "1"


class Freeze(Effect, frozen=True, kw_only=True, tag_field="effect", tag="freeze"):
    """Lets the running streak of a metric miss `by` periods more."""

    freeze: str
    by: int = 1


class Slots(Effect, frozen=True, kw_only=True, tag_field="effect", tag="slots"):
    """More picks of a choice, `by` so many: through the running period, or through the date that `until` gives."""

    slots: str
    by: int = 1
    until: str | None = None


class SetTier(Effect, frozen=True, kw_only=True, tag_field="effect", tag="tier"):
    """Gives a level of the ladder `tier`, for the span `until` or for as long as one that is reached. It is not lowered
    before that, and lowers nobody who stands higher.
    """

    tier: str
    level: str
    until: Span | None = None


class Refuse(Effect, frozen=True, kw_only=True, tag_field="effect", tag="refuse"):
    """The activity is refused with a reason; nothing of it is written but the answer."""

    refuse: str
    say: Text


class HoldForReview(Effect, frozen=True, kw_only=True, tag_field="effect", tag="hold"):
    """What this activity earns waits (pending, without a date) until a person says yes."""

    hold: str
    say: Text


class Play(Effect, frozen=True, kw_only=True, tag_field="effect", tag="play"):
    """Plays of a draw, or tickets for it: `times` of them, rounded down."""

    play: str
    times: str = "1"


class On(StrEnum):
    """What a discount is taken off."""

    LINES = "lines"
    """Each line that matches, by itself; a formula may read `line`."""
    BASKET = "basket"
    """The sum of the lines that match, spread over them."""
    SHIPPING = "shipping"
    """The sum of the lines of kind shipping."""


class Which(StrEnum):
    """Which of the units that match."""

    ALL = "all"
    CHEAPEST = "cheapest"
    """The `count` cheapest."""
    NTH = "nth"
    """Every `count`-th, counted from the dearest."""


class Reduction(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How much comes off: exactly one of these formulas. `percent` of the price; `amount` of money off in all;
    `per_unit` off each unit; `fixed` is the price for a unit (off the basket: for all of it; of a bundle: for one) in
    place of its own."""

    percent: str | None = None
    amount: str | None = None
    per_unit: str | None = None
    fixed: str | None = None


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """`count` units of the lines for which a condition holds."""

    lines: str
    count: int = 1


class Priced(Effect, frozen=True, kw_only=True):
    """What effects on the price have in common. `group` is the stacking group in which they meet; `rollback` says what
    a return does to the price that they made.

    Of lines of kind deposit or gift_card, and of groups with `discounts: false`, no effect takes anything.
    """

    group: str | None = None
    rollback: Rollback = Rollback.KEEP
    funding: tuple[Share, ...] = ()


class Discount(Priced, frozen=True, kw_only=True, tag_field="effect", tag="discount"):
    """Takes money off the price, before anything is earned; at most `at_most` money in all.

    With `buy`, for each `buy.count` units of its lines that are bought, `count` units of the matched lines are reduced,
    the cheapest first (`which: cheapest`). With `bundle`, so many units of each part make one bundle, which is reduced
    as a whole. `times` is how many units (with `buy`: how many times; with `bundle`: how many bundles) at most.
    """

    discount: Reduction
    on: On = On.LINES
    which: Which = Which.ALL
    count: int = 1
    times: int | None = None
    at_most: int | None = None
    buy: Part | None = None
    bundle: tuple[Part, ...] = ()


class FreeItem(Priced, frozen=True, kw_only=True, tag_field="effect", tag="free_item"):
    """Makes so many units of the matched lines free, the cheapest first; with `buy` so many for each `buy.count` units
    that are bought. `sku` names goods that the till may add where the basket does not have them."""

    free_item: int = 1
    sku: str | None = None
    buy: Part | None = None
    times: int | None = None


class GiveOffer(Effect, frozen=True, kw_only=True, tag_field="effect", tag="offer"):
    """Gives the member an offer."""

    offer: str


class GiveVoucher(Effect, frozen=True, kw_only=True, tag_field="effect", tag="voucher"):
    """Gives the member a code of a campaign, which stands on the receipt. When what it was given for comes back, a code
    that was not used is cancelled, unless `on_reversal` keeps it."""

    voucher: str
    on_reversal: OnReversal = OnReversal.REVERSE


class GiveReward(Effect, frozen=True, kw_only=True, tag_field="effect", tag="reward"):
    """Orders a reward for the member, without its price."""

    reward: str


class Entitlement(Effect, frozen=True, kw_only=True, tag_field="effect", tag="service"):
    """A service outside: insurance, an interest rate. It lasts for the span `until`, or until it is withdrawn; somebody
    outside may have to confirm it `within` a time."""

    service: str
    terms: Fields = {}
    until: Span | None = None
    within: Span | None = None


class Enlist(Effect, frozen=True, kw_only=True, tag_field="effect", tag="plan"):
    """Puts the member into a plan, for a span or for its period."""

    plan: str
    until: Span | None = None


EFFECTS: dict[str, type[Effect]] = {
    "give": Give,
    "multiply": Multiply,
    "take": Take,
    "convert": Convert,
    "extend": Extend,
    "set": SetAttribute,
    "add_to": AddTo,
    "remove_from": RemoveFrom,
    "receipt": Receipt,
    "cashier": Cashier,
    "event": Emit,
    "badge": Badge,
    "progress": Progress,
    "freeze": Freeze,
    "slots": Slots,
    "tier": SetTier,
    "refuse": Refuse,
    "hold": HoldForReview,
    "play": Play,
    "discount": Discount,
    "free_item": FreeItem,
    "offer": GiveOffer,
    "voucher": GiveVoucher,
    "reward": GiveReward,
    "service": Entitlement,
    "plan": Enlist,
}
"""The one table from the key that tags an effect to its Struct."""

AnyEffect = (
    Give
    | Multiply
    | Take
    | Convert
    | Extend
    | SetAttribute
    | AddTo
    | RemoveFrom
    | Receipt
    | Cashier
    | Emit
    | Badge
    | Progress
    | Freeze
    | Slots
    | SetTier
    | Refuse
    | HoldForReview
    | Play
    | Discount
    | FreeItem
    | GiveOffer
    | GiveVoucher
    | GiveReward
    | Entitlement
    | Enlist
)
"""What a stored rule decodes to."""
