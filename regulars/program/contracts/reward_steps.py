"""What is done for an order of a reward, step by step: one Struct a step, one table from key to Struct.

YAML tags a step by its own key: `{webhook: lounge, confirm: true, within: 2 days}`. What Regulars does itself is done
at once; the order waits at the others until somebody says what became of them, `within` a time: after it the order
fails.
"""

from __future__ import annotations

import msgspec

from regulars.program.contracts.effects import AnyEffect
from regulars.program.contracts.values import Span, Unit

MONTH = Span(30, Unit.DAY)


class RewardStep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The base of all steps."""


class IssueCode(RewardStep, frozen=True, kw_only=True, tag_field="step", tag="issue_code"):
    """The member gets a code of a voucher campaign."""

    issue_code: str


class Credit(RewardStep, frozen=True, kw_only=True, tag_field="step", tag="credit"):
    """Points of currency `credit`; `amount` a formula in whole units, which may read the order under `event.`."""

    credit: str
    amount: str
    expires: Span | None = None
    pending: Span | None = None


class OfferStep(RewardStep, frozen=True, kw_only=True, tag_field="step", tag="offer"):
    """The member gets an offer: a discount, a price, more points, as the offer says."""

    offer: str


class Effects(RewardStep, frozen=True, kw_only=True, tag_field="step", tag="effects"):
    """Whatever else a rule may do: a badge, a tier, a play, a word on the receipt. What an order reads stands under
    `event.`."""

    effects: tuple[AnyEffect, ...]


class Outside(RewardStep, frozen=True, kw_only=True):
    """The base of what the order waits for."""

    within: Span = MONTH


class Parcel(Outside, frozen=True, kw_only=True, tag_field="step", tag="parcel"):
    """Goods are sent: the states that they pass, in order. The last one ends the step."""

    parcel: tuple[str, ...]


class Webhook(Outside, frozen=True, kw_only=True, tag_field="step", tag="webhook"):
    """A target of the operator's settings is told, again and again until it answers. With `confirm` its answer only
    says that it has heard: what came of it is confirmed, or refused, by a call of its own.
    """

    webhook: str
    confirm: bool = False


class Handover(Outside, frozen=True, kw_only=True, tag_field="step", tag="handover"):
    """Somebody hands it over, where `handover` says; whether the member may still have it is asked once more then."""

    handover: str


class Entitle(Outside, frozen=True, kw_only=True, tag_field="step", tag="service"):
    """A service begins: an insurance, a visit, a rate. It goes on for the span `lasts`, or until it is withdrawn. With
    `confirm` it begins when whoever provides it says so, else at once.
    """

    service: str
    lasts: Span | None = None
    confirm: bool = False


STEPS: dict[str, type[RewardStep]] = {
    "issue_code": IssueCode,
    "credit": Credit,
    "offer": OfferStep,
    "effects": Effects,
    "parcel": Parcel,
    "webhook": Webhook,
    "handover": Handover,
    "service": Entitle,
}
"""The one table from the key that tags a step to its Struct."""

AnyStep = IssueCode | Credit | OfferStep | Effects | Parcel | Webhook | Handover | Entitle
"""What a stored type decodes to."""
