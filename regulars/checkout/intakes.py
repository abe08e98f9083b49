"""From what a till sent to what `activities` takes. Pure: the moment, the actor and the key come in with the call."""

from __future__ import annotations

from typing import Final, NoReturn
from uuid import UUID

from regulars.access.contracts import Actor, ScopeMissing
from regulars.activities.contracts import Circumstances, Identifier, Intake, LineIn, Quoted, SaleRef, Verdict
from regulars.activities.service import Call, answers_for, circumstances
from regulars.checkout import quantities
from regulars.checkout.bodies import (
    ActivityBody,
    AdjustBody,
    AdjustmentBody,
    BasketBody,
    CaptureBody,
    ExchangeBody,
    ExtendHoldBody,
    HoldBody,
    LineBody,
    ProfileBody,
    PurchaseBody,
    QuoteBody,
    ReturnBody,
    ReturnedLineBody,
    ReviewBody,
    SaleBody,
    VoidBody,
)
from regulars.checkout.contracts import (
    BasketTooLarge,
    DuplicateLine,
    EitherQuantityOrAmount,
    HasItsOwnOperation,
    SaleNotNamed,
)
from regulars.checkout.imagined import SimulateBody
from regulars.engine.contracts.activity import (
    Adjustment,
    HoldAction,
    Payment,
    PointsPayment,
    ProfileChange,
    ReturnedLine,
)
from regulars.engine.contracts.gifts import ReferralAct
from regulars.kit import ids
from regulars.kit.errors import ValidationFault
from regulars.kit.i18n import Text
from regulars.kit.money import AMOUNT_MAX
from regulars.members.contracts import MemberRef, NoIdentifier

# Types whose own operation checks more than this one could.
_ELSEWHERE: Final = {
    "voucher": "POST /v1/vouchers/redeem",
    "order": "POST /v1/members/{member_id}/orders",
    "purchase": "POST /v1/purchases",
    "return": "POST /v1/returns",
    "hold": "POST /v1/holds",
    "verdict": "POST /v1/activities/{activity_id}/review",
    "extend": "POST /v1/members/{member_id}/points/extend",
    "reinstate": "POST /v1/members/{member_id}/points/reinstate",
    "erase": "POST /v1/members/{member_id}/erase",
    "moved_out": "POST /v1/members/{member_id}/merge",
    "household": "POST /v1/members/{member_id}/household",
    "challenge": "POST /v1/members/{member_id}/challenges/{challenge}/join",
    "offer": "POST /v1/members/{member_id}/offers/{offer}/give",
    "choice": "POST /v1/members/{member_id}/choices/{choice}",
    "consent": "PUT /v1/members/{member_id}/consents",
    "invitation": "POST /v1/members/{member_id}/referral",
    "transfer": "POST /v1/members/{member_id}/transfers",
    "tier": "POST /v1/members/{member_id}/tiers/{ladder}",
    "plan": "POST /v1/members/{member_id}/plan",
}
# Those that only Regulars itself hands in.
_OURS: Final = frozenset({"enrolled", "moved_in", "prize", "referral", "referral_undone", "run", "tick"})
# What moves points by hand, or changes what is known of a member, is a right of its own.
_SCOPES: Final = {"adjust": "activities:write", "profile": "members:write"}


# What staff do with a contest is a right of its own; whoever enters or votes is a member at a till or in an app.
_STAFF_ACTS: Final = {"accept", "reject", "judge"}
# What these types name something with: no program defines these fields, so nobody else looks at their type.
_NAMING: Final = {"board": ("board", "act", "entry", "proof", "reason"), "play": ("draw",)}


def quote(call: Call, body: QuoteBody) -> Intake:
    """A basket that nobody buys yet. Raises the faults of a basket."""
    return _basket(call, body, type=body.type)


def purchase(call: Call, body: PurchaseBody, quoted: Quoted | None) -> Intake:
    """A purchase. Raises the faults of a basket."""
    return _basket(call, body, type="purchase", quoted=quoted)


def exchange(call: Call, body: ExchangeBody) -> Intake:
    """Goods back and goods out in one activity (L14). Raises the faults of a basket and of a sale."""
    return _basket(call, body, type="purchase", sale=_sale(body.sale, body.returned, None, body.reason, "returned"))


def give_back(call: Call, body: ReturnBody) -> Intake:
    """A return. Raises SaleNotNamed, DuplicateLine, EitherQuantityOrAmount, MalformedQuantity, QuantityTooFine,
    HasItsOwnOperation, ValidationFault.
    """
    if body.type != "return":
        _not_elsewhere(body.type)
    return Intake(
        type=body.type,
        sale=_sale(body.sale, body.lines, body.amount, body.reason, "lines"),
        currency=body.currency,
        lines=() if body.settled is None else (LineIn(no=1, amount=body.settled),),
        settled=body.settled is not None,
        who=() if body.member is None else _who(body.member),
        fields=dict(body.fields),
        may_enrol=False,
        **circumstances(call, body),
    )


def void(call: Call, body: VoidBody, *, purchase: str) -> Intake:
    """All of a purchase back, because it did not happen. Raises MalformedId."""
    ids.from_wire("act", purchase)
    return Intake(
        type="return",
        sale=SaleRef(activity_id=purchase, reason=body.reason or "void"),
        may_enrol=False,
        **circumstances(call, body),
    )


def review(call: Call, body: ReviewBody, *, activity: str) -> Intake:
    """A person's yes or no to an activity that waits. Raises MalformedId."""
    ids.from_wire("act", activity)
    return Intake(
        type="verdict",
        sale=SaleRef(activity_id=activity),
        verdict=Verdict(
            approves=body.verdict == "approve",
            by=answers_for(call.actor),
            reason=body.reason,
            person=bool(call.actor.staff_id or call.actor.answerable),
        ),
        may_enrol=False,
        **circumstances(call, body),
    )


def place_hold(call: Call, body: HoldBody) -> Intake:
    """Points set aside. Raises NoIdentifier."""
    return Intake(
        type="hold",
        who=_who(body.member),
        hold=HoldAction(act="place", currency=body.currency, points=body.points, ttl_s=body.ttl_s),
        **circumstances(call, body),
    )


def capture_hold(call: Call, body: CaptureBody, *, hold_id: UUID, member: str) -> Intake:
    """Held points taken from the member (`mem_...`) who holds them."""
    return _end_hold(call, body, HoldAction(act="capture", points=body.points, hold_id=hold_id), member)


def void_hold(call: Call, body: VoidBody, *, hold_id: UUID, member: str) -> Intake:
    """Held points given back to the member (`mem_...`) who holds them."""
    return _end_hold(call, body, HoldAction(act="void", hold_id=hold_id, reason=body.reason), member)


def extend_hold(call: Call, body: ExtendHoldBody, *, hold_id: UUID, member: str) -> Intake:
    """Held points that stay set aside for longer."""
    return _end_hold(call, body, HoldAction(act="extend", ttl_s=body.ttl_s, hold_id=hold_id), member)


def _fields(call: Call, body: ActivityBody) -> dict[str, object]:
    """The fields as they came; of the jury everybody speaks for themselves."""
    fields: dict[str, object] = dict(body.fields)
    if body.type == "board" and fields.get("act") == "judge":
        fields["judge"] = str(call.actor.staff_id or call.actor.key_id)
    return fields


def activity(call: Call, body: ActivityBody) -> Intake:
    """Anything else. Raises HasItsOwnOperation, ScopeMissing, ValidationFault, NoIdentifier and the faults of lines."""
    _not_elsewhere(body.type)
    _belongs("adjustment", body.adjustment is not None, body.type == "adjust")
    _belongs("profile", body.profile is not None, body.type == "profile")
    for name in _NAMING.get(body.type, ()):
        if not isinstance(body.fields.get(name, ""), str):
            reasons = Text(en="must be text", ru="должно быть текстом", ro="trebuie să fie text")
            raise ValidationFault(field=f"fields.{name}", reason=reasons.en, reasons=reasons)
    scope = _SCOPES.get(body.type)
    if body.type == "board" and body.fields.get("act") in _STAFF_ACTS:
        scope = "activities:write"
    if scope is not None and not _as_till(body.profile) and not call.actor.may(scope):
        raise ScopeMissing(scope=scope)
    return Intake(
        type=body.type,
        who=_who(body.member),
        lines=_lines(body.lines),
        currency=body.currency,
        fields=_fields(call, body),
        adjustment=_adjustment(body.adjustment),
        profile=_profile(call.actor, body.profile),
        referral=_joined(body.referral),
        **circumstances(call, body),
    )


def _not_elsewhere(kind: str) -> None:
    if kind in _OURS:
        reasons = Text(
            en=f"nobody hands in {kind}: it comes of itself",
            ru=f"{kind} не передают: это происходит само",
            ro=f"{kind} nu se trimite: se întâmplă de la sine",
        )
        raise ValidationFault(field="type", reason=reasons.en, reasons=reasons)
    if kind in _ELSEWHERE:
        raise HasItsOwnOperation(type=kind, operation=_ELSEWHERE[kind])


def _belongs(field: str, given: bool, wanted: bool) -> None:
    if given and not wanted:
        reasons = Text(
            en="does not go with this type of activity",
            ru="не подходит к этому типу активности",
            ro="nu se potrivește cu acest tip de activitate",
        )
        raise ValidationFault(field=field, reason=reasons.en, reasons=reasons)
    if wanted and not given:
        missing = Text(en="is missing", ru="не указано", ro="lipsește")
        raise ValidationFault(field=field, reason=missing.en, reasons=missing)


def _adjustment(body: AdjustmentBody | None) -> Adjustment | None:
    if body is None:
        return None
    return adjustment(body, field="adjustment.points")


def adjustment(body: AdjustmentBody | AdjustBody, *, field: str) -> Adjustment:
    """Points given or taken by hand. Raises ValidationFault where it is neither."""
    if not body.points:
        reasons = Text(en="must not be 0", ru="не должно быть 0", ro="nu trebuie să fie 0")
        raise ValidationFault(field=field, reason=reasons.en, reasons=reasons)
    return Adjustment(currency=body.currency, points=body.points, reason=body.reason, note=body.note)


def _as_till(body: ProfileBody | None) -> bool:
    """Whether a till changes what the program lets tills change. Segments are not among it."""
    return body is not None and body.as_ == "till" and not body.add_to and not body.remove_from


def _profile(actor: Actor, body: ProfileBody | None) -> ProfileChange | None:
    """A change in a role that the key proves. Raises ScopeMissing."""
    if body is None:
        return None
    # What the desk confirms counts as proven: it has seen a document. A key that stands at a till has seen none,
    # whatever it calls itself.
    is_desk = actor.staff_id is not None or actor.may("activities:write")
    if body.as_ == "desk" and not is_desk:
        raise ScopeMissing(scope="activities:write")
    role = body.as_ or (None if is_desk else "member")
    return ProfileChange(attributes=dict(body.attributes), role=role, add_to=body.add_to, remove_from=body.remove_from)


def _end_hold(call: Call, body: Circumstances, action: HoldAction, member: str) -> Intake:
    who = (Identifier("member", member),)
    return Intake(type="hold", who=who, hold=action, may_enrol=False, **circumstances(call, body))


def _basket(
    call: Call, body: BasketBody, *, type: str, quoted: Quoted | None = None, sale: SaleRef | None = None
) -> Intake:
    _currencies_once([wish.currency for wish in body.pay])
    return Intake(
        type=type,
        who=_who(body.member),
        lines=_lines(body.lines),
        currency=body.currency,
        payments=tuple(Payment(kind=payment.kind, amount=payment.amount) for payment in body.payments),
        pay=tuple(
            PointsPayment(currency=wish.currency, points=-1 if wish.points == "max" else wish.points)
            for wish in body.pay
        ),
        fields=dict(body.fields),
        codes=body.vouchers,
        rewards=body.rewards,
        activates=body.activates,
        session=body.session,
        referral=_joined(body.referral),
        quoted=quoted,
        sale=sale,
        **circumstances(call, body),
    )


def _joined(code: str | None) -> ReferralAct | None:
    return None if code is None else ReferralAct(act="joined", code=code)


def imagined(call: Call, body: SimulateBody) -> Intake:
    """An activity of a member who is only imagined. Raises the faults of a body."""
    _currencies_once([wish.currency for wish in body.pay])
    return Intake(
        type=body.type,
        lines=_lines(body.lines),
        payments=tuple(Payment(kind=payment.kind, amount=payment.amount) for payment in body.payments),
        pay=tuple(
            PointsPayment(currency=wish.currency, points=-1 if wish.points == "max" else wish.points)
            for wish in body.pay
        ),
        fields=dict(body.fields),
        **circumstances(call, body),
    )


def _currencies_once(currencies: list[str]) -> None:
    for place, currency in enumerate(currencies):
        if currency in currencies[:place]:
            reasons = Text(
                en=f"{currency} is there twice; name each currency once",
                ru=f"{currency} указана дважды; назовите каждую валюту один раз",
                ro=f"{currency} apare de două ori; numiți fiecare monedă o singură dată",
            )
            raise ValidationFault(field=f"pay[{place}].currency", reason=reasons.en, reasons=reasons)


def _who(member: MemberRef) -> tuple[Identifier, ...]:
    found = tuple(Identifier(kind=kind, value=value) for kind, value in member.names())
    if not found:
        raise NoIdentifier
    return found


def _lines(lines: tuple[LineBody, ...]) -> tuple[LineIn, ...]:
    made = tuple(
        LineIn(
            no=place + 1 if line.no is None else line.no,
            amount=line.amount,
            sku=line.sku,
            name=line.name,
            category=line.category,
            brand=line.brand,
            kind=line.kind,
            tags=line.tags,
            quantity=1000
            if line.quantity == 1
            else quantities.thousandths(line.quantity, field=f"lines[{place}].quantity"),
            unit=line.unit,
        )
        for place, line in enumerate(lines)
    )
    _once_each([line.no for line in made])
    if sum(line.amount for line in made) > AMOUNT_MAX:
        raise BasketTooLarge(most=AMOUNT_MAX)
    return made


def _once_each(numbers: list[int]) -> None:
    if len(set(numbers)) != len(numbers):
        raise DuplicateLine(no=next(no for place, no in enumerate(numbers) if no in numbers[:place]))


def _sale(
    sale: SaleBody, lines: tuple[ReturnedLineBody, ...], amount: int | None, reason: str | None, field: str
) -> SaleRef:
    if sale.activity_id is None and (sale.source is None or sale.document is None):
        raise SaleNotNamed
    if sale.activity_id is not None:
        ids.from_wire("act", sale.activity_id)
    if lines and amount is not None:
        _both("amount")
    _once_each([line.no for line in lines])
    return SaleRef(
        activity_id=sale.activity_id,
        source=sale.source,
        document=sale.document,
        lines=tuple(_returned(line, f"{field}[{place}]") for place, line in enumerate(lines)),
        amount=amount,
        reason=reason,
    )


def _returned(line: ReturnedLineBody, field: str) -> ReturnedLine:
    if line.quantity is not None and line.amount is not None:
        _both(field)
    quantity = None if line.quantity is None else quantities.thousandths(line.quantity, field=f"{field}.quantity")
    return ReturnedLine(no=line.no, quantity=quantity, amount=line.amount)


def _both(field: str) -> NoReturn:
    raise EitherQuantityOrAmount(field=field)
