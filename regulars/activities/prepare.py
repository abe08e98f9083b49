"""What a till sent, held against the program: is the type known, are its fields right, may it be this old. Pure."""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from regulars.activities import faults, foreign
from regulars.activities.contracts import Intake, SaleRef
from regulars.engine import service as engine
from regulars.engine.contracts.activity import Activity, Foreign, Line, Payment, Reversal, Review, Store
from regulars.kit import ids
from regulars.kit import money as kit_money
from regulars.kit.errors import ValidationFault
from regulars.kit.i18n import Text
from regulars.program.contracts.definitions import NEVER, ActivityType, Program
from regulars.program.contracts.fields import FieldDefinition, FieldType
from regulars.program.contracts.triggers import BUILT_IN_TYPES
from regulars.program.contracts.values import Span, Unit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_CLOCKS_DIFFER_S: Final = 300
"""What a till's clock may be ahead by for a built-in type; the program's own types say so themselves."""
_TAKE_POINTS: Final = frozenset({"hold", "transfer", "order", "play", "choice", *engine.BY_HAND})
"""Types that take points of the member, or give what is there a later end, by themselves."""
_ABOUT_ACTS: Final = frozenset({"verdict", "transfer", "referral_undone"})
"""Types of ours that speak of an earlier activity, each in its own way."""

# Arithmetic with days and zones stays inside what a date can be.
_YEARS: Final = range(1900, 2201)
_DAYS: Final = {Unit.MINUTE: 0, Unit.HOUR: 0, Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 31, Unit.YEAR: 366}
_SECONDS: Final = {Unit.MINUTE: 60, Unit.HOUR: 3600, Unit.DAY: 86400, Unit.WEEK: 604800}


def check(intake: Intake, program: Program) -> dt.datetime:
    """When it happened, once everything that needs no database was found right. Raises the faults of this room."""
    kind = program.activities.get(intake.type)
    if kind is None and intake.type not in BUILT_IN_TYPES:
        raise faults.NoSuchActivityType(type=intake.type, known=", ".join(sorted(program.activities)))
    foreign.check(intake, program)
    if kind is not None:
        if kind.sources and intake.source not in kind.sources:
            raise faults.SourceNotAllowed(type=intake.type, source=intake.source, allowed=", ".join(kind.sources))
        if kind.proof is not None and not intake.fields.get(kind.proof):
            raise faults.FieldFault(field=kind.proof, found="missing", expected="a proof")
        if intake.lines and not kind.basket:
            raise ValidationFault(field="lines", reason=f"an activity of type {intake.type} carries no basket")
        for name in sorted(intake.fields.keys() - kind.fields.keys()):
            raise faults.FieldFault(
                field=name, found="unknown field", expected=", ".join(sorted(kind.fields)) or "none"
            )
        for name, field in kind.fields.items():
            _check_field(name, field, intake.fields.get(name))
    total = sum(line.amount for line in intake.lines)
    if total > kit_money.AMOUNT_MAX:
        raise ValidationFault(field="lines", reason=f"the basket's total is above {kit_money.AMOUNT_MAX}")
    if intake.profile is not None:
        _check_dates(intake.profile.attributes, program)
    if intake.payments:
        _check_payments(
            sum(payment.amount for payment in intake.payments), total, carries=kind is not None and kind.basket
        )
    if intake.sale is not None and intake.type not in _ABOUT_ACTS:
        _check_reversal(intake, intake.sale, program)
    return _occurred_at(intake, kind)


def _check_reversal(intake: Intake, sale: SaleRef, program: Program) -> None:
    """What speaks of a sale gives goods back, brings others for them, or says how much of it was settled."""
    kind = program.activities.get(intake.type)
    settles = any(currency.pending.until == intake.type for currency in program.currencies.values())
    exchanges = kind is not None and kind.basket and bool(intake.lines) and not intake.settled
    if intake.type != "return" and (kind is None or kind.reverses is None) and not (settles or exchanges):
        reasons = Text(
            en=f"{intake.type} undoes nothing",
            ru=f"{intake.type} ничего не отменяет",
            ro=f"{intake.type} nu anulează nimic",
        )
        raise ValidationFault(field="type", reason=reasons.en, reasons=reasons)
    if intake.settled and not settles:
        reasons = Text(
            en=f"no points wait for {intake.type}",
            ru=f"баллы не ждут {intake.type}",
            ro=f"niciun punct nu așteaptă {intake.type}",
        )
        raise ValidationFault(field="settled", reason=reasons.en, reasons=reasons)
    if intake.settled and (sale.lines or sale.amount is not None):
        reasons = Text(
            en="is of the whole sale: name no lines and no amount beside it",
            ru="относится ко всей продаже: не указывайте рядом позиции и сумму",
            ro="este al întregii vânzări: nu indicați linii sau sumă alături",
        )
        raise ValidationFault(field="settled", reason=reasons.en, reasons=reasons)


def _check_dates(attributes: Mapping[str, object], program: Program) -> None:
    for name, value in attributes.items():
        known = program.attributes.get(name)
        if known is None or known.type not in (FieldType.DATE, FieldType.MOMENT) or not isinstance(value, str):
            continue
        kind = dt.date if known.type is FieldType.DATE else dt.datetime
        # What is no date at all the engine says in its own words.
        with contextlib.suppress(ValueError):
            if kind.fromisoformat(value).year not in _YEARS:
                reasons = Text(
                    en="must lie between 1900 and 2200",
                    ru="должно быть между 1900 и 2200",
                    ro="trebuie să fie între 1900 și 2200",
                )
                field = f"profile.attributes.{name}"
                raise ValidationFault(field=field, reason=reasons.en, reasons=reasons)


def _check_payments(paid: int, total: int, *, carries: bool) -> None:
    if not carries:
        reasons = Text(
            en="only an activity with a basket is paid for",
            ru="оплата бывает только у активности с корзиной",
            ro="se plătește doar o activitate cu coș",
        )
        raise ValidationFault(field="payments", reason=reasons.en, reasons=reasons)
    if paid > total:
        reasons = Text(
            en=f"the payments add up to {paid}, the basket to {total}; what is paid is never more",
            ru=f"сумма оплат {paid}, сумма корзины {total}; оплачено не может быть больше",
            ro=f"plățile însumează {paid}, coșul {total}; nu se plătește niciodată mai mult",
        )
        raise ValidationFault(field="payments", reason=reasons.en, reasons=reasons)


def _occurred_at(intake: Intake, kind: ActivityType | None) -> dt.datetime:
    at = intake.occurred_at or intake.received_at
    ahead_s = int((at - intake.received_at).total_seconds())
    allowed_s = seconds(kind.future) if kind is not None else _CLOCKS_DIFFER_S
    if ahead_s > allowed_s:
        raise faults.InTheFuture(ahead_s=ahead_s, allowed_s=allowed_s)
    # A clock that is ahead by less than clocks differ says now (L59).
    return min(at, intake.received_at)


def is_late(intake: Intake, program: Program, occurred_at: dt.datetime) -> bool:
    """Whether it came later than its type allows without a person's yes (L32)."""
    kind = program.activities.get(intake.type)
    if kind is None or kind.reverses is not None:
        # What comes back comes back, however late (L19).
        return False
    allowed_days = kind.back_dating.count * _DAYS[kind.back_dating.unit]
    return (intake.received_at - occurred_at).days > allowed_days


def seconds(span: Span) -> int:
    """The length of minutes, hours, days or weeks."""
    return span.count * _SECONDS.get(span.unit, 0)


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_FITS: Final[dict[FieldType, tuple[str, Callable[[Any], bool]]]] = {
    FieldType.TEXT: ("a text", lambda value: isinstance(value, str)),
    FieldType.BOOL: ("true or false", lambda value: isinstance(value, bool)),
    FieldType.INT: ("a whole number", _is_int),
    FieldType.AMOUNT: ("an amount in whole minor units", _is_int),
    FieldType.DATE: ("a date such as 2026-01-31, from 1900 to 2200", lambda value: _parses(dt.date, value)),
    FieldType.MOMENT: (
        "a moment with its zone such as 2026-01-31T10:00:00Z, from 1900 to 2200",
        lambda value: _parses(dt.datetime, value),
    ),
    FieldType.TEXTS: (
        "a list of texts",
        lambda value: isinstance(value, list) and all(isinstance(x, str) for x in value),
    ),
    FieldType.RECORDS: (
        "a list of records",
        lambda value: isinstance(value, list) and all(isinstance(x, dict) for x in value),
    ),
}


def _parses(kind: type[dt.date], value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        parsed = kind.fromisoformat(value)
    except ValueError:
        return False
    if parsed.year not in _YEARS:
        return False
    return not isinstance(parsed, dt.datetime) or parsed.tzinfo is not None


def _check_field(name: str, field: FieldDefinition, value: Any) -> None:
    if value is None:
        if field.required:
            raise faults.FieldFault(field=name, found="missing", expected=_FITS[field.type][0])
        return
    expected, fits = _FITS[field.type]
    if not fits(value):
        raise faults.FieldFault(field=name, found=f"{type(value).__name__} {str(value)[:40]!r}", expected=expected)
    size = abs(value) if _is_int(value) else len(value) if isinstance(value, (str, list)) else 0
    largest = field.largest if field.largest is not None else kit_money.AMOUNT_MAX if _is_int(value) else 1000
    if size > largest:
        raise faults.FieldFault(field=name, found=f"size {size}", expected=f"at most {largest}")
    least = value if _is_int(value) else size
    if field.smallest is not None and least < field.smallest:
        raise faults.FieldFault(field=name, found=f"size {least}", expected=f"at least {field.smallest}")


def typed_fields(intake: Intake, program: Program) -> dict[str, object]:
    """The activity's own fields as the rules read them: dates and moments are no longer text."""
    kind = program.activities.get(intake.type)
    if kind is None or not intake.fields:
        return dict(intake.fields)
    return {name: _typed(kind.fields[name].type, value) for name, value in intake.fields.items()}


def _typed(kind: FieldType, value: Any) -> object:
    if kind is FieldType.DATE and isinstance(value, str):
        return dt.date.fromisoformat(value)
    if kind is FieldType.MOMENT and isinstance(value, str):
        return dt.datetime.fromisoformat(value).astimezone(dt.UTC)
    return value


def natural_key(intake: Intake, program: Program) -> tuple[str, str] | None:
    """(source, document) that names this activity for ever: of the fields that its type declares, or as the till gave
    it."""
    kind = program.activities.get(intake.type)
    if kind is not None and kind.natural_key:
        values = [intake.fields.get(name) for name in kind.natural_key]
        if all(value is not None for value in values):
            return f"{intake.source}/{intake.type}", "/".join(str(value) for value in values)
    return None if intake.document is None else (intake.source, intake.document)


def sale_key(intake: Intake, program: Program) -> tuple[str, str] | None:
    """The natural key of the sale that an activity undoes, where it is named by source and document: of a type that
    declares fields for it (the number of a payment), the document is what these fields say.
    """
    sale = intake.sale
    if sale is None or sale.document is None:
        return None
    source, kind = sale.source or intake.source, program.activities.get(intake.type)
    sold = None if kind is None or kind.reverses is None else program.activities.get(kind.reverses)
    return (f"{source}/{sold.name}" if sold is not None and sold.natural_key else source), sale.document


def goes_back(intake: Intake) -> bool:
    """Whether it speaks of a sale as a return or an exchange does, so that it may come before it (L15)."""
    return intake.sale is not None and intake.type not in _ABOUT_ACTS


def activity(
    intake: Intake,
    program: Program,
    *,
    activity_id: UUID,
    account_id: UUID,
    member_id: UUID,
    occurred_at: dt.datetime,
    lines: tuple[Line, ...],
    store: Store | None,
    sale: UUID | None,
    card: str | None,
    card_blocked: bool,
    earner: UUID | None = None,
    undoes: UUID | None = None,
    late: bool = False,
    answered: bool = True,
    online: bool = False,
    paid: tuple[Payment, ...] | None = None,
    abroad: Foreign | None = None,
    traces: tuple[str, ...] = (),
) -> Activity:
    """The activity as the engine reads it and as it is stored; `answered` says whether somebody answers for it, as
    nobody does for a row of an old history; `online` that whoever handed it in hears what became of it before the
    goods go. `paid` are the payments in the program's money, where they came in another one, `abroad`."""
    reference = intake.sale
    return Activity(
        activity_id=activity_id,
        program_id=intake.program_id,
        type=intake.type,
        account_id=account_id,
        member_id=member_id,
        occurred_at=occurred_at,
        received_at=intake.received_at,
        source=intake.source,
        document=intake.document,
        channel=intake.channel,
        store=store,
        till=intake.till,
        cashier=intake.cashier,
        device=intake.device,
        card=card,
        currency=intake.currency,
        lines=lines,
        total=sum(line.amount for line in lines),
        payments=intake.payments if paid is None else paid,
        foreign=abroad,
        pay=intake.pay,
        fields=typed_fields(intake, program),
        reverses=None
        if sale is None or reference is None or intake.verdict is not None or intake.transfer is not None
        else Reversal(
            activity_id=sale, lines=reference.lines, amount=reference.amount, reason=reference.reason, undoes=undoes
        ),
        hold=intake.hold,
        adjustment=intake.adjustment,
        extension=intake.extension,
        erasure=intake.erasure,
        profile=intake.profile,
        choice=intake.choice,
        challenge=intake.challenge,
        tier=intake.tier,
        consents=intake.consents,
        moving=intake.moving,
        household=intake.household,
        rewards=intake.rewards,
        offer=intake.offer,
        voucher=intake.voucher,
        order=intake.order,
        plan=intake.plan,
        referral=intake.referral,
        traces=traces,
        transfer=intake.transfer,
        earner=earner,
        review=_review(intake, sale),
        late=late,
        by=(intake.by or str(intake.client_id)) if answered and _may_wait(intake, program) else None,
        offline=intake.offline,
        at_arrival=online and occurred_at < intake.received_at and _takes_points(intake),
        # Kept with the activity, so that a replay knows what the till could not do.
        notes=({"card": "blocked"} if card_blocked else {}) | ({"clock": "ahead"} if intake.clock_ahead else {}),
    )


def _review(intake: Intake, of: UUID | None) -> Review | None:
    said = intake.verdict
    if said is None or of is None:
        return None
    return Review(activity_id=of, approves=said.approves, by=said.by, reason=said.reason, person=said.person)


def _takes_points(intake: Intake) -> bool:
    return bool(intake.pay or intake.rewards) or intake.type in _TAKE_POINTS


def _may_wait(intake: Intake, program: Program) -> bool:
    """Whether a person may have to approve it, so that it must be known who handed it in."""
    kind = program.activities.get(intake.type)
    return (kind is not None and kind.approve != NEVER) or intake.type in engine.BY_HAND


def entry_of(intake: Intake) -> UUID | None:
    """The entry of a contest that an activity speaks of, if it names one at all."""
    named = intake.fields.get("entry") if intake.type == "board" else None
    try:
        return None if not isinstance(named, str) else ids.from_wire("act", named)
    except (ids.MalformedId, ids.WrongKindOfId):
        return None


def is_card_blocked(activity: Activity) -> bool:
    """Whether the card shown was blocked when it happened."""
    return activity.notes.get("card") == "blocked"


def local_day(at: dt.datetime, zone: str) -> dt.date:
    """The day that a moment lies in, in the program's zone."""
    return at.astimezone(ZoneInfo(zone)).date()
