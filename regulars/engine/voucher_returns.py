"""What a return does to vouchers: a use comes back with the goods that it was for, a code that the sale gave and nobody
used is cancelled, and so is a gift card that the sale sold (L4). A return that is undone takes all of it again (L18).
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from regulars.engine import at_till, caps, ordered, remaining, vouching
from regulars.engine import voucher_refusals as refusals
from regulars.engine.contracts.gifts import CodeChange, CodeSeen, CodesNeeded
from regulars.engine.judging import Judged, TakingBack
from regulars.engine.voucher_plans import VoucherPlan
from regulars.kit import ids
from regulars.program.contracts.effects import GiveVoucher, OnReversal
from regulars.program.contracts.values import Period


def take_back(taking: TakingBack) -> None:
    """Do all of it, under the release of the sale. Raises GiftCardUsed, VoucherUsedSince, CodesNeeded, QuotasNeeded."""
    for seen in taking.sale.codes:
        plan = taking.compiled.vouchers.get(seen.voucher)
        if plan is None:
            continue
        if seen.act == vouching.ACTIVATE:
            _take_gift_card(taking, plan, seen)
        elif plan.rule.number in taking.recorded.fired:
            _give_back(taking, plan, seen)
    for name, given in taking.sale.issued.items():
        plan = taking.compiled.vouchers.get(name)
        for one in given if plan is not None else ():
            if plan is not None and one.code_id is not None and _is_undone(taking, name, one.rule):
                _cancel(taking, plan, one.code_id, shared=one.shared)


def _give_back(taking: TakingBack, plan: VoucherPlan, seen: CodeSeen) -> None:
    """A use, once nothing is left of what it was for; where the return was undone, it is used again (L18). A code whose
    own sale came back too is nobody's any more."""
    facts = taking.recorded.carried[plan.path]
    if not plan.definition.gives_back or seen.code_id.bytes not in facts[vouching.CODES]:
        return
    was, is_now = _is_there(taking.before, plan, facts), _is_there(taking.after, plan, facts)
    if was == is_now:
        return
    work, path = taking.work, f"{at_till.AGAIN}{plan.path}"
    if is_now:
        work.scope.carried.setdefault(path, {at_till.SHORT: []})[at_till.SHORT] += _use_again(taking, plan, seen)
        return
    short = at_till.last_undone(taking, plan.path).get(at_till.SHORT, ())
    if plan.most is not None and seen.code_id.bytes not in short:
        key = vouching.uses_key(plan, seen.code_id)
        work.quotas.allows(key, 1, plan.most)
        work.quotas.take(key, -1)
    if plan.most is None:
        ordered.note_code(work.member.rewards.values(), plan.name, seen.code_id, -1)
    vouching.note(work, plan, taking.sale_day, -1)
    if seen.given and seen.code_id.bytes not in _ids(work.member.vouchers.get(plan.name, ())):
        if _is_cancelled(taking, seen):
            work.cause("voucher.ended", plan.name, id=ids.to_wire("vch", seen.code_id))
            return
        if seen.member_id in {None, taking.sale.member_id}:
            # Whoever only showed it never had it.
            vouching.keep(work, plan, seen.code_id, taking.sale_day)
    work.cause("voucher.returned", plan.name, id=ids.to_wire("vch", seen.code_id))


def _is_cancelled(taking: TakingBack, seen: CodeSeen) -> bool:
    """Whether what a used code was given for came back since: then its row says so. Raises CodesNeeded."""
    work = taking.work
    now = next((one for one in work.activity.codes if one.code_id == seen.code_id), None)
    if now is None and work.known.quotas is not None:
        raise CodesNeeded(frozenset({seen.code_id}), {})
    return now is not None and now.state == vouching.CANCELLED


def _use_again(taking: TakingBack, plan: VoucherPlan, seen: CodeSeen) -> list[bytes]:
    """The return was undone: the code is used again. Where somebody used it meanwhile, the return stays; a later return
    of the rest, by which it counts again, is not refused for that: the code is said to be short. Raises
    VoucherUsedSince."""
    work = taking.work
    if taking.undone is not None and not _has_use(taking, plan, seen):
        raise refusals.VoucherUsedSince(shown=seen.code, voucher=plan.name)
    vouching.note(work, plan, taking.sale_day, 1)
    if plan.most is None:
        ordered.note_code(work.member.rewards.values(), plan.name, seen.code_id, 1)
        return []
    key = vouching.uses_key(plan, seen.code_id)
    used = work.quotas.grant(key, 1, plan.most)
    if not work.quotas.after(key):
        vouching.forget(work, plan.name, seen.code_id)
    return [] if used else [seen.code_id.bytes]


def _has_use(taking: TakingBack, plan: VoucherPlan, seen: CodeSeen) -> bool:
    """Whether the code, and the member on the day of the sale, has a use left."""
    work, uses = taking.work, plan.definition.uses
    if plan.most is not None and not work.quotas.allows(vouching.uses_key(plan, seen.code_id), 1, plan.most):
        return False
    return all(
        most is None or caps.used(work.member.used, plan.path, period, taking.sale_day) < most
        for most, period in ((uses.member, Period.EVER), (uses.day, Period.DAY))
    )


def _is_there(judged: Judged, plan: VoucherPlan, facts: dict[str, object]) -> bool:
    """Whether something is left of the lines that a code was for."""
    if judged.is_empty:
        return False
    if not plan.rule.ready:
        plan.rule.prepare()
    if plan.rule.lines is None:
        return True
    judged.scope.carrier = facts
    return True in plan.rule.lines(judged.scope)


def _is_undone(taking: TakingBack, voucher: str, rule: str) -> bool:
    """Whether what a code was given for came back with this return, and takes it along."""
    plan = next((one for one in taking.compiled.rules if one.name == rule), None)
    if plan is None:
        return False
    gives = [one for one in plan.definition.effects if isinstance(one, GiveVoucher) and one.voucher == voucher]
    if all(one.on_reversal is not OnReversal.REVERSE for one in gives):
        return False
    if plan.number in taking.before.fired or taking.before.is_empty:
        return plan.number not in taking.after.fired and not taking.before.is_empty
    # Something that the sale caused gave it: it goes with the whole of the sale.
    return taking.takes_all


def _cancel(taking: TakingBack, plan: VoucherPlan, code_id: UUID, *, shared: bool) -> None:
    """A code that was not used; one that was stays used, and is no good should its use come back."""
    work = taking.work
    if code_id.bytes not in _ids(work.member.vouchers.get(plan.name, ())):
        if not shared:
            work.codes.append(CodeChange(code_id=code_id, state=vouching.CANCELLED))
        return
    if plan.most is not None and not shared:
        work.quotas.allows(vouching.uses_key(plan, code_id), plan.most, plan.most)
    vouching.forget(work, plan.name, code_id)
    if not shared:
        work.codes.append(CodeChange(code_id=code_id, state=vouching.CANCELLED))
    work.cause("voucher.ended", plan.name, id=ids.to_wire("vch", code_id))


def _ids(kept: Iterable[vouching.Kept]) -> set[bytes]:
    return {held[0] for held in kept}


def _take_gift_card(taking: TakingBack, plan: VoucherPlan, seen: CodeSeen) -> None:
    """A gift card goes back with its line, if nobody used it; where the return was undone, it is good again with what
    it was sold for. Raises GiftCardUsed."""
    sold = [one for one in taking.sale.codes if one.act == vouching.ACTIVATE]
    place = remaining.cards(taking.sale)[sold.index(seen)]
    was, is_now = _stands(taking.before, place), _stands(taking.after, place)
    if was == is_now:
        return
    key, most = vouching.uses_key(plan, seen.code_id), plan.most or 1
    if taking.work.quotas.allows(key, most, most) < most:
        raise refusals.GiftCardUsed(shown=seen.code)
    if is_now:
        value = seen.value or plan.definition.value or taking.sale.lines[place].amount
        taking.work.codes.append(CodeChange(code_id=seen.code_id, state="open", value=value))
        taking.work.cause("voucher.activated", plan.name, value=value, id=ids.to_wire("vch", seen.code_id))
        return
    taking.work.codes.append(CodeChange(code_id=seen.code_id, state=vouching.CANCELLED))
    taking.work.cause("voucher.ended", plan.name, id=ids.to_wire("vch", seen.code_id))


def _stands(judged: Judged, place: int) -> bool:
    return any(one.place == place and one.is_there for one in judged.rest)
