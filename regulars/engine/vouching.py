"""Vouchers in a decision: codes shown or held by the member, whether they count, their use, and codes given.

What a code does is a rule that is carried by it (`carried`); how often it counts is a number that nobody passes
(`quotas`). `MemberState.vouchers` is, by campaign, what the member was given and has not used up:
[16 bytes of the code's id, the day on which it was given, the first day on which it is valid no more (0: always)].
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from msgspec.structs import replace

from regulars.engine import caps, counting, ordered, periods, remaining, segments
from regulars.engine import voucher_refusals as refusals
from regulars.engine.carried import BEFORE, REDEEM
from regulars.engine.compiled import Compiled
from regulars.engine.contracts.decision import Message
from regulars.engine.contracts.gifts import CodeChange, CodeGiven, CodeSeen, CodesNeeded
from regulars.engine.contracts.known import CounterKey
from regulars.engine.contracts.view import VoucherHeld
from regulars.engine.earning import Firing
from regulars.engine.points import calendar
from regulars.engine.points import earning as purses
from regulars.engine.quotas import EVER
from regulars.engine.refusals import MissingPart
from regulars.engine.voucher_plans import VoucherPlan
from regulars.engine.voucher_wishes import VoucherWished
from regulars.engine.work import Work
from regulars.kit import ids
from regulars.kit.errors import RegularsError
from regulars.program.contracts.values import Period
from regulars.program.contracts.vouchers import Voucher

USE: Final = "use"
ACTIVATE: Final = remaining.ACTIVATE
HELD: Final = "held"
IDLE: Final = "idle"
CANCELLED: Final = "cancelled"
LOCKED: Final = "locked"
GIFT_LINE: Final = remaining.GIFT_LINE
PIECE: Final = 1000
"""One of something, in thousandths."""
HELD_MOST: Final = 20
"""How many codes of one campaign a member keeps: they are in the state that every activity reads."""
HELD_IN_ALL: Final = 60
CODES: Final = "_codes"
"""Among the facts of a voucher that counts: the ids of its codes."""

Kept = list[Any]


def show(work: Work, compiled: Compiled) -> None:
    """Nothing yet: which codes count is known once the lines have their groups (`check`)."""


def check(work: Work, compiled: Compiled) -> None:
    """Let the codes that were shown count, and those of the member that count by themselves, on the numbers before this
    activity. Raises Refused cases for those that were shown, CodesNeeded, QuotasNeeded."""
    _ask_for_held(work, compiled)
    codes = work.activity.codes
    if not codes:
        return
    counting.show(work, compiled)
    work.scope.member.segments = segments.find(compiled.segments, work.scope, work.member.statics)
    sold = 0
    for seen in sorted(codes, key=lambda one: one.act == HELD):
        if seen.act == ACTIVATE:
            _sell(work, compiled, seen, sold)
            sold += 1
            continue
        if seen.act == HELD and not _counts_by_itself(work, compiled, seen.voucher):
            # Read for something else: a return asks what became of a code that it brings back.
            continue
        fault = _count(work, compiled, seen)
        if fault is not None and seen.act == USE:
            raise fault


def _ask_for_held(work: Work, compiled: Compiled) -> None:
    """What the member has and counts by itself: its row says whether it is blocked or set aside."""
    if work.known.quotas is None or not work.member.vouchers:
        return
    seen = {one.code_id for one in work.activity.codes}
    wanted = {
        UUID(bytes=held[0])
        for name, kept in work.member.vouchers.items()
        if _counts_by_itself(work, compiled, name)
        for held in kept
    }
    if wanted - seen:
        raise CodesNeeded(frozenset(wanted), {})


def _counts_by_itself(work: Work, compiled: Compiled, voucher: str) -> bool:
    plan = compiled.vouchers.get(voucher)
    activity = work.activity.type
    return plan is not None and plan.by_itself and activity in plan.types and activity != REDEEM


def _count(work: Work, compiled: Compiled, seen: CodeSeen) -> RegularsError | None:
    """Let a code count for this basket, or say why it does not."""
    plan = compiled.vouchers.get(seen.voucher)
    if plan is None:
        return refusals.UnknownVoucher(shown=seen.code)
    facts: dict[str, Any] = {
        "code": seen.code,
        "value": seen.value or plan.definition.value or 0,
        CODES: [seen.code_id.bytes],
        BEFORE: plan.numbers(work.scope),
    }
    fault = (
        _unusable(work, plan, seen)
        or _out_of_time(work, compiled, plan, seen)
        or _used_up(work, plan, seen)
        or _unmet(work, plan, seen, facts)
    )
    if fault is not None:
        return fault
    if plan.definition.gift is None:
        if plan.path in work.scope.carried:
            return refusals.VoucherTwice(shown=seen.code, voucher=plan.name)
        work.scope.carried[plan.path] = facts
    else:
        _load(work, plan, seen)
    work.vouched.append(seen)
    return None


def _unusable(work: Work, plan: VoucherPlan, seen: CodeSeen) -> RegularsError | None:
    if seen.state == "open" and not plan.assigned and _is_anybodys(plan, seen):
        # Whoever shows it may use it: most codes are so.
        return None
    of: dict[str, Any] = {"shown": seen.code, "voucher": plan.name}
    if seen.state == LOCKED:
        return refusals.VoucherLocked(**of)
    if seen.state == IDLE:
        return refusals.VoucherNotSold(**of)
    if seen.state != "open":
        return refusals.VoucherBlocked(**of)
    mine = _held(work, plan.name, seen.code_id) is not None
    if seen.given and not mine:
        # Given by an activity: used up by its holder, or not theirs.
        return (
            refusals.VoucherUsedUp(**of, whose="code", most=plan.most or 1)
            if seen.member_id == work.member_id
            else refusals.VoucherNotYours(**of)
        )
    if seen.member_id is not None and not mine and seen.member_id != work.member_id:
        return refusals.VoucherNotYours(**of)
    if plan.assigned and seen.member_id is None and not mine:
        return refusals.VoucherNotGiven(**of)
    return None


def _is_anybodys(plan: VoucherPlan, seen: CodeSeen) -> bool:
    """Whether a code of an open campaign is nobody's in particular: also one that a member was given, if its row says
    when it ends. One of a file may be a member's alone."""
    if not seen.given:
        return seen.member_id is None
    return plan.definition.window is None or seen.until_at is not None


def _out_of_time(work: Work, compiled: Compiled, plan: VoucherPlan, seen: CodeSeen) -> RegularsError | None:
    if plan.lasts and seen.from_at is None and seen.until_at is None and not work.member.vouchers:
        return None
    definition, of = plan.definition, {"shown": seen.code, "voucher": plan.name}
    at, day = work.activity.occurred_at, work.day
    held = _held(work, plan.name, seen.code_id)
    if definition.from_ is not None and day < definition.from_:
        return refusals.VoucherNotYet(**of, begins_at=definition.from_)
    if seen.from_at is not None and at < seen.from_at:
        return refusals.VoucherNotYet(**of, begins_at=seen.from_at)
    if definition.until is not None and day >= definition.until:
        return refusals.VoucherOver(**of, ended_at=definition.until)
    if seen.until_at is not None and at >= seen.until_at:
        return refusals.VoucherOver(**of, ended_at=seen.until_at)
    if held is not None and held[2] and periods.number(day) >= held[2]:
        return refusals.VoucherOver(**of, ended_at=periods.date(held[2]))
    return None


def uses_key(plan: VoucherPlan, code_id: UUID) -> CounterKey:
    """How often a code counted."""
    return CounterKey(f"uses:{plan.name}", f"code:{code_id}", EVER)


def _used_up(work: Work, plan: VoucherPlan, seen: CodeSeen) -> RegularsError | None:
    if plan.unlimited:
        return None
    uses, of = plan.definition.uses, {"shown": seen.code, "voucher": plan.name}
    if plan.most is not None and not work.quotas.allows(uses_key(plan, seen.code_id), 1, plan.most):
        return refusals.VoucherUsedUp(**of, whose="code", most=plan.most)
    for most, period, whose in ((uses.member, Period.EVER, "member"), (uses.day, Period.DAY, "day")):
        if most is not None:
            used = caps.used(work.member.used, plan.path, period, work.day)
            used += sum(one.voucher == plan.name for one in work.vouched)
            if used >= most:
                return refusals.VoucherUsedUp(**of, whose=whose, most=most)
    return None


def _unmet(work: Work, plan: VoucherPlan, seen: CodeSeen, facts: dict[str, Any]) -> RegularsError | None:
    if work.activity.type == REDEEM and plan.definition.gift is None and plan.only_priced:
        return refusals.VoucherNeedsBasket(shown=seen.code, voucher=plan.name)
    failed = plan.failed(work.scope, facts)
    if failed is None:
        return None
    return refusals.VoucherCondition(shown=seen.code, voucher=plan.name, failed=failed[0], condition=failed[1])


def _load(work: Work, plan: VoucherPlan, seen: CodeSeen) -> None:
    """The money of a gift card becomes the member's: it can pay for this very basket."""
    currency = plan.definition.gift or ""
    value = seen.value or plan.definition.value or 0
    if value:
        purses.earn(work.purse, currency, value, rule=plan.path, funding=plan.definition.funding)
        work.hear("gift_card.loaded", voucher=plan.name, currency=currency, points=value, **_told(seen.code_id))


def _sell(work: Work, compiled: Compiled, seen: CodeSeen, place: int) -> None:
    """A gift card is sold with this basket: from now on it is good. Raises VoucherNotForSale, VoucherWithoutLine,
    GiftCardLine."""
    plan = compiled.vouchers.get(seen.voucher)
    if plan is None or plan.definition.gift is None or seen.state != IDLE:
        raise refusals.VoucherNotForSale(shown=seen.code)
    lines = [line for line in work.scope.basket.lines if line.kind == GIFT_LINE]
    if place >= len(lines):
        raise refusals.VoucherWithoutLine(shown=seen.code)
    if lines[place].quantity != PIECE or lines[place].amount <= 0:
        raise refusals.GiftCardLine(shown=seen.code, line=lines[place].no)
    value = seen.value or plan.definition.value or lines[place].amount
    # Read with the use of it: whoever shows it at the same moment is decided after this.
    work.quotas.allows(uses_key(plan, seen.code_id), 1, plan.most)
    until = _until(plan.definition, work.day)
    until_at = None if until is None else calendar.first_instant(until, compiled.zone)
    work.codes.append(CodeChange(code_id=seen.code_id, state="open", value=value, until_at=until_at))
    work.cause("voucher.activated", plan.name, value=value, **_told(seen.code_id))


def act(work: Work, compiled: Compiled) -> None:
    """A code is given by hand, or codes are used without a basket. Raises UnknownVoucherCampaign, MissingPart."""
    said = work.activity.voucher
    if said is None or said.act not in ("give", "redeem"):
        raise MissingPart(type=work.activity.type, part="voucher")
    if said.act == "redeem":
        if not work.activity.codes:
            raise MissingPart(type=work.activity.type, part="vouchers")
        return
    if said.voucher not in compiled.vouchers:
        raise refusals.UnknownVoucherCampaign(
            voucher=said.voucher or "", known=", ".join(sorted(compiled.vouchers)) or "-"
        )
    work.asked.append(VoucherWished(said.voucher, "by_hand"))


def move(work: Work, compiled: Compiled) -> None:
    """Give the codes that effects asked for. Raises CodesNeeded."""
    if not work.asked:
        return
    wishes = [wish for wish in work.asked if isinstance(wish, VoucherWished)]
    if wishes:
        work.asked = [wish for wish in work.asked if not isinstance(wish, VoucherWished)]
    _ask_for_more(work, wishes)
    for wish in wishes:
        _give(work, compiled, compiled.vouchers[wish.voucher], wish.rule)


def _ask_for_more(work: Work, wishes: Sequence[VoucherWished]) -> None:
    """All codes that are wanted now are asked for at once: each asking is another load of the account."""
    if work.known.quotas is None:
        return
    more: dict[str, int] = {}
    for wish in wishes:
        more[wish.voucher] = more.get(wish.voucher, len(work.issued.get(wish.voucher, ()))) + 1
    there = work.activity.issued
    lacking = {name: count for name, count in more.items() if count > len(there.get(name, ()))}
    if lacking:
        raise CodesNeeded(frozenset(), lacking)


def use(work: Work, compiled: Compiled, firings: Sequence[Firing]) -> None:
    """Write down the uses of codes that did something for this basket; where something better stood in their place they
    stay as they were."""
    if not work.vouched:
        return
    fired = {firing.rule.number: firing for firing in firings}
    for seen in work.vouched:
        plan = compiled.vouchers[seen.voucher]
        firing = fired.get(plan.rule.number)
        if plan.definition.gift is not None or (firing is not None and firing.did_something(work.scope)):
            _use(work, plan, seen)
        elif firing is not None:
            firing.used = False


def _use(work: Work, plan: VoucherPlan, seen: CodeSeen) -> None:
    if plan.most is None:
        ordered.note_code(work.member.rewards.values(), plan.name, seen.code_id, 1)
    else:
        key = uses_key(plan, seen.code_id)
        work.quotas.take(key, 1)
        if not work.quotas.after(key):
            forget(work, plan.name, seen.code_id)
    note(work, plan, work.day, 1)
    work.cause("voucher.used", plan.name, **_told(seen.code_id))


def note(work: Work, plan: VoucherPlan, day: dt.date, times: int) -> None:
    """Count the member's own uses of a campaign, where it limits them."""
    uses = plan.definition.uses
    for most, period in ((uses.member, Period.EVER), (uses.day, Period.DAY)):
        if most is not None:
            caps.add(work.member.used, plan.path, period, day, times)


def _give(work: Work, compiled: Compiled, plan: VoucherPlan, rule: str) -> None:
    given = work.issued.setdefault(plan.name, [])
    there = work.activity.issued.get(plan.name, ())
    if _is_full(work, plan.name):
        _forget_used(work, compiled)
    if _is_full(work, plan.name):
        work.hear("voucher.short", voucher=plan.name, rule=rule, cause="too_many")
        return
    if len(given) < len(there):
        one = there[len(given)]
    else:
        # In the imagination codes have no letters.
        one = CodeGiven(code_id=UUID(bytes=bytes([len(given)]) + work.activity.activity_id.bytes[1:]))
    one = replace(one, rule=rule)
    given.append(one)
    if one.code_id is None:
        work.hear("voucher.short", voucher=plan.name, rule=rule, cause="none_left")
        return
    until = keep(work, plan, one.code_id, work.day)
    if not one.shared:
        until_at = None if until is None else calendar.first_instant(until, compiled.zone)
        work.codes.append(CodeChange(code_id=one.code_id, member_id=work.member_id, until_at=until_at))
    work.cause("voucher.given", plan.name, rule=rule, **_told(one.code_id))
    _say(work, plan, one, until)


def _is_full(work: Work, voucher: str) -> bool:
    kept = work.member.vouchers
    return len(kept.get(voucher, ())) >= HELD_MOST or sum(map(len, kept.values())) >= HELD_IN_ALL


def _forget_used(work: Work, compiled: Compiled) -> None:
    """Codes that somebody else has shown by now make room for others."""
    for name, kept in list(work.member.vouchers.items()):
        plan = compiled.vouchers.get(name)
        if plan is None or plan.most is None or plan.assigned:
            continue
        for held in kept:
            code_id = UUID(bytes=held[0])
            if not work.quotas.allows(uses_key(plan, code_id), 1, plan.most):
                forget(work, name, code_id)


def issue(work: Work, compiled: Compiled, voucher: str, by: str) -> UUID | None:
    """Give a code now; None where there is none left, or the member keeps too many. Raises CodesNeeded."""
    _ask_for_more(work, [VoucherWished(voucher, by)])
    before = len(work.issued.get(voucher, ()))
    _give(work, compiled, compiled.vouchers[voucher], by)
    given = work.issued.get(voucher, [])
    return given[-1].code_id if len(given) > before else None


def withdraw(work: Work, compiled: Compiled, voucher: str, code_id: UUID) -> None:
    """A code that the member was given is theirs no more, and nobody's; one that was used stays used, and is no good
    should its use come back. Raises QuotasNeeded."""
    plan = compiled.vouchers.get(voucher)
    if plan is None:
        return
    if plan.definition.codes.shared is None:
        work.codes.append(CodeChange(code_id=code_id, state=CANCELLED))
    if plan.most is not None:
        # All that is left of it is taken: whoever shows it at this very moment is decided after this.
        work.quotas.grant(uses_key(plan, code_id), plan.most, plan.most)
    if any(held[0] == code_id.bytes for held in work.member.vouchers.get(voucher, ())):
        forget(work, voucher, code_id)
        work.cause("voucher.ended", voucher, **_told(code_id))


def is_used(work: Work, compiled: Compiled, voucher: str, code_id: UUID) -> bool:
    """Whether a code counted, whoever showed it; of codes without a limit their orders know. Raises QuotasNeeded."""
    plan = compiled.vouchers.get(voucher)
    if plan is None or plan.most is None:
        return False
    return work.quotas.allows(uses_key(plan, code_id), plan.most, plan.most) < plan.most


def keep(work: Work, plan: VoucherPlan, code_id: UUID, day: dt.date) -> dt.date | None:
    """The member has a code from a day on; gives the first day on which it is valid no more."""
    until = _until(plan.definition, day)
    forget(work, plan.name, code_id)
    held = [code_id.bytes, periods.number(day), 0 if until is None else periods.number(until)]
    work.member.vouchers[plan.name] = [*work.member.vouchers.get(plan.name, []), held]
    return until


def _say(work: Work, plan: VoucherPlan, one: CodeGiven, until: dt.date | None) -> None:
    title = plan.definition.title
    fields: dict[str, object] = {
        "voucher": {"en": title.en or plan.name, "ru": title.ru or plan.name, "ro": title.ro or plan.name},
        "code": one.code,
    }
    if until is not None:
        fields["through"] = (until - dt.timedelta(days=1)).isoformat()
    work.messages.append(
        Message(to="receipt", code="voucher.given" if until is None else "voucher.given_until", fields=fields)
    )


def _until(definition: Voucher, day: dt.date) -> dt.date | None:
    """The first day on which a code given on a day is valid no more; None: it ends with the campaign."""
    return None if definition.window is None else calendar.add(day, definition.window)


def issued(work: Work) -> dict[str, tuple[CodeGiven, ...]]:
    """What was given, as it is kept: without the codes themselves."""
    return {name: tuple(replace(one, code="") for one in given) for name, given in work.issued.items() if given}


def next_day(work: Work, compiled: Compiled, after: dt.date) -> dt.date | None:
    """The first day after another on which a code of the member ends."""
    if not work.member.vouchers:
        return None
    ends = [held[2] for kept in work.member.vouchers.values() for held in kept if held[2] > periods.number(after)]
    return periods.date(min(ends)) if ends else None


def pass_day(work: Work, compiled: Compiled, day: dt.date) -> None:
    """Codes whose time is over are the member's no more."""
    for name in list(work.member.vouchers):
        for held in list(work.member.vouchers[name]):
            if held[2] and held[2] <= periods.number(day):
                forget(work, name, UUID(bytes=held[0]))
                work.cause("voucher.ended", name, **_told(UUID(bytes=held[0])))


def _held(work: Work, voucher: str, code_id: UUID) -> Kept | None:
    kept = work.member.vouchers.get(voucher)
    return None if kept is None else next((held for held in kept if held[0] == code_id.bytes), None)


def forget(work: Work, voucher: str, code_id: UUID) -> None:
    """A code is the member's no more."""
    kept = [held for held in work.member.vouchers.get(voucher, ()) if held[0] != code_id.bytes]
    if kept:
        work.member.vouchers[voucher] = kept
    else:
        work.member.vouchers.pop(voucher, None)


def _told(code_id: UUID) -> dict[str, str]:
    # Who hears of a code learns its id, never the code.
    return {"id": ids.to_wire("vch", code_id)}


def seen(work: Work, compiled: Compiled) -> tuple[VoucherHeld, ...]:
    """The codes that the member has, those that end first before the others."""
    found = [
        VoucherHeld(
            code_id=UUID(bytes=held[0]),
            voucher=name,
            title={key: getattr(plan.definition.title, key) for key in ("en", "ru", "ro")},
            given_on=periods.date(held[1]),
            until=periods.date(held[2]) if held[2] else None,
            by_itself=plan.by_itself,
        )
        for name, kept in work.member.vouchers.items()
        if (plan := compiled.vouchers.get(name)) is not None
        for held in kept
    ]
    return tuple(sorted(found, key=lambda one: (one.until or dt.date.max, one.given_on, one.code_id)))


def merged(compiled: Compiled, name: str, mine: list[Kept], theirs: list[Kept]) -> list[Kept]:
    """Codes of both (L65)."""
    own = {held[0] for held in mine}
    return [*mine, *(held for held in theirs if held[0] not in own)]


def parted(mine: dict[str, list[Kept]], theirs: dict[str, list[Kept]]) -> None:
    """Codes that came with somebody go home with them (L66)."""
    for name, kept in theirs.items():
        gone = {held[0] for held in kept}
        left = [held for held in mine.get(name, ()) if held[0] not in gone]
        if left:
            mine[name] = left
        else:
            mine.pop(name, None)
