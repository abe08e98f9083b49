"""What the till hears: a decision put into the one answer shape, and the words of the receipt in each language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec

from regulars.activities import worded
from regulars.activities.contracts import (
    Answer,
    BalanceOut,
    DiscountOut,
    ExpiringOut,
    HoldOut,
    LineOut,
    MemberOut,
    MessageOut,
    NotTakenOut,
    OrderOut,
    PaidOut,
    Quoted,
    Reply,
)
from regulars.engine import service as engine
from regulars.kit import i18n, ids

if TYPE_CHECKING:
    from collections.abc import Mapping

    from regulars.engine.contracts.activity import Activity
    from regulars.engine.contracts.decision import Decision, Message, Refusal
    from regulars.engine.contracts.known import Known
    from regulars.engine.service import Compiled
    from regulars.kit.errors import RegularsError
    from regulars.kit.i18n import Text

encode: Final = msgspec.json.Encoder().encode
words = worded.message
PROBLEMS: Final = "/problems/"
"""Where the server explains a code; the same path as of every other problem."""


def answer(activity: Activity, decision: Decision, after: Known, *, member: MemberOut, compiled: Compiled) -> Answer:
    """The answer to an accepted activity; `after` is the account once it is applied."""
    titles = worded.titles(compiled)
    paid_amount = sum(paid.amount for paid in decision.paid)
    off = sum(one.amount for one in decision.discounts)
    # What is settled was asked for with its sale; only what comes back of that is new.
    settles = activity.reverses is not None and activity.type in compiled.settles
    goods = 0 if settles else activity.total
    return Answer(
        type=activity.type,
        occurred_at=activity.occurred_at,
        activity_id=ids.to_wire("act", activity.activity_id),
        member=member,
        release=compiled.release.number,
        total=activity.total,
        to_pay=goods - off - paid_amount - decision.returned,
        returned=decision.returned,
        currency=compiled.money,
        points=decision.points,
        lines=_lines(decision),
        discount=off,
        discounts=_discounts(compiled, decision),
        not_taken=_not_taken(compiled, decision),
        paid=_paid(decision),
        balances=tuple(
            BalanceOut(
                currency=balance.currency,
                active=balance.active,
                pending=balance.pending,
                held=balance.held,
                arrears=balance.arrears,
            )
            for balance in engine.shown(compiled, after, activity.member_id)
        ),
        expiring=tuple(
            ExpiringOut(currency=one.currency, points=one.points, expires_at=one.expires_at)
            for one in decision.expiring
        ),
        offers=decision.offers,
        messages=tuple(_message(message, titles) for message in decision.messages),
        holds=tuple(
            HoldOut(
                id=ids.to_wire("hld", hold.hold_id),
                currency=hold.currency,
                points=hold.amount,
                captured=hold.captured,
                state=hold.state.value,
                expires_at=hold.expires_at,
            )
            for hold in decision.movement.holds
        ),
        orders=_orders(decision),
        waiting=decision.case is not None and decision.case.asks_first,
    )


def _orders(decision: Decision) -> tuple[OrderOut, ...]:
    # Of an order that changed several times what it came to.
    last = {row.order_id: row for row in decision.orders}
    return tuple(
        OrderOut(
            id=ids.to_wire("ord", row.order_id),
            reward=row.reward,
            state=row.state,
            step=row.step,
            does=row.does,
            target=row.target,
            stage=row.stage,
            due_at=row.due_at,
            service=row.service,
            ends_at=row.ends_at,
        )
        for row in last.values()
    )


def accepted(
    activity: Activity,
    decision: Decision,
    after: Known,
    *,
    member: MemberOut,
    compiled: Compiled,
    quoted: Quoted | None,
    version: int,
) -> Reply:
    """The bytes to store and send of a yes, held against its quote; `version` is the account's before this
    activity."""
    given = answer(activity, decision, after, member=member, compiled=compiled)
    if quoted is not None:
        changed = _changed(quoted, given, account_id=activity.account_id, version=version)
        given = msgspec.structs.replace(given, as_quoted=not changed, changed=changed)
    return Reply(status=201, body=encode(given), activity_id=activity.activity_id)


def _changed(quoted: Quoted, given: Answer, *, account_id: UUID, version: int) -> dict[str, object]:
    """What is not as the quote said: only then is it told that the member moved or that a release came in between."""
    paid = {one.currency: one.points for one in given.paid}
    changed: dict[str, object] = {}
    if quoted.points != given.points:
        changed["points"] = {"quoted": quoted.points, "now": given.points}
    if quoted.paid != paid:
        changed["paid"] = {"quoted": quoted.paid, "now": paid}
    off = by_source(given)
    if quoted.discounts != off:
        changed["discounts"] = {"quoted": quoted.discounts, "now": off}
    if quoted.account_id != account_id and version > 0:
        changed["member"] = {"moved": True}
    if changed and quoted.version != version:
        changed["version"] = {"quoted": quoted.version, "now": version}
    if changed and quoted.release != given.release:
        changed["release"] = {"quoted": quoted.release, "now": given.release}
    return changed


def refused(refusal: Refusal, compiled: Compiled | None = None) -> Reply:
    """A refusal as problem details (RFC 9457), with its words in every language, so that a replay is the same to the
    byte. Without the release that refused, definitions are called by their names."""
    more = {} if refusal.by is None else {"by": refusal.by}
    return _problem(refusal.code, refusal.status, refused_in_words(refusal, compiled), _fields(refusal), **more)


def refused_by(fault: RegularsError) -> Reply:
    """What is wrong with an activity, as the refusal that it comes to once its turn has come."""
    texts = {str(language): fault.text(language) for language in i18n.LANGUAGES}
    fields = {name: value for name, value in fault.fields.items() if not isinstance(value, i18n.Text)}
    return _problem(fault.code, fault.status, texts, fields)


def _problem(code: str, status: int, texts: dict[str, str], fields: dict[str, Any], **more: Any) -> Reply:
    problem = {
        "type": PROBLEMS + code,
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "code": code,
        "detail": texts["en"],
        "texts": texts,
        "fields": fields,
        **more,
    }
    return Reply(status=status, body=encode(problem))


def refused_in_words(refusal: Refusal, compiled: Compiled | None = None) -> dict[str, str]:
    """The words of a refusal by language."""
    return worded.refusal(refusal, _fields(refusal), compiled)


def _fields(refusal: Refusal) -> dict[str, Any]:
    return {name: _on_the_wire(name, value, refusal.fields) for name, value in refusal.fields.items()}


def _on_the_wire(name: str, value: Any, fields: Mapping[str, Any]) -> Any:
    # The engine counts quantities in thousandths and knows holds by their bare ids; a till does neither.
    if name == "hold_id" and isinstance(value, UUID):
        return ids.to_wire("hld", value)
    if name in ("asked", "left") and fields.get("measure") == "quantity":
        units, rest = divmod(value, 1000)
        return f"{units}.{rest:03d}".rstrip("0").rstrip(".")
    return value


def _lines(decision: Decision) -> tuple[LineOut, ...]:
    points: dict[int, dict[str, int]] = {}
    for no, currency, amount in decision.per_line:
        points.setdefault(no, {})[currency] = amount
    paid = {one.no: one for one in decision.paid}
    off: dict[int, int] = {}
    for discount in decision.discounts:
        for no, amount in discount.per_line:
            off[no] = off.get(no, 0) + amount
    return tuple(
        LineOut(
            no=no,
            points=points.get(no, {}),
            discount=off.get(no, 0),
            paid_points={paid[no].currency: paid[no].points} if no in paid else {},
            paid_amount=paid[no].amount if no in paid else 0,
        )
        for no in sorted(points.keys() | paid.keys() | off.keys())
    )


def by_source(answer: Answer) -> dict[str, int]:
    """What each rule, offer and voucher takes off the price."""
    return {one.source: one.amount for one in answer.discounts}


def _discounts(compiled: Compiled, decision: Decision) -> tuple[DiscountOut, ...]:
    found: dict[str, DiscountOut] = {}
    for one in decision.discounts:
        before = found.get(one.source)
        lines = dict(before.lines) if before is not None else {}
        for no, amount in one.per_line:
            lines[no] = lines.get(no, 0) + amount
        funders = dict(before.funders) if before is not None else {}
        for name, amount in one.funders:
            funders[name] = funders.get(name, 0) + amount
        found[one.source] = DiscountOut(
            source=one.source,
            title=engine.titled(compiled, one.source),
            amount=one.amount + (before.amount if before is not None else 0),
            lines=lines,
            funders=funders,
            cut_by=one.cut_by or (before.cut_by if before is not None else None),
        )
    return tuple(found.values())


def _not_taken(compiled: Compiled, decision: Decision) -> tuple[NotTakenOut, ...]:
    return tuple(
        NotTakenOut(
            source=one.source,
            title=engine.titled(compiled, one.source),
            because=one.because,
            instead=one.instead,
            sku=one.sku,
        )
        for one in decision.not_taken
    )


def _paid(decision: Decision) -> tuple[PaidOut, ...]:
    sums: dict[str, tuple[int, int]] = {}
    for one in decision.paid:
        points, amount = sums.get(one.currency, (0, 0))
        sums[one.currency] = (points + one.points, amount + one.amount)
    return tuple(PaidOut(currency=name, points=points, amount=amount) for name, (points, amount) in sums.items())


def _message(message: Message, titles: Mapping[str, Text]) -> MessageOut:
    return MessageOut(to=message.to, code=message.code, fields=message.fields, text=words(message, titles))
