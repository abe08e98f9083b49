"""What a return does to vouchers: a use comes back with the goods that it was for, a code that the sale gave and nobody
used is cancelled, and so is a gift card that the sale sold (L4).
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from regulars.engine import at_till, vouching
from regulars.engine import voucher_refusals as refusals
from regulars.engine.contracts.gifts import CodeChange, CodeSeen
from regulars.engine.judging import Judged, TakingBack
from regulars.engine.voucher_plans import VoucherPlan
from regulars.kit import ids
from regulars.program.contracts.effects import GiveVoucher, OnReversal


def take_back(taking: TakingBack) -> None:
    """Do all of it, under the release of the sale. Raises GiftCardUsed, QuotasNeeded."""
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
    """A use, once nothing is left of what it was for; where the return was undone, it is used again (L18)."""
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
    vouching.note(work, plan, taking.sale_day, -1)
    if seen.given and not any(held[0] == seen.code_id.bytes for held in work.member.vouchers.get(plan.name, ())):
        vouching.keep(work, plan, seen.code_id, taking.sale_day)
    work.cause("voucher.returned", plan.name, id=ids.to_wire("vch", seen.code_id))


def _use_again(taking: TakingBack, plan: VoucherPlan, seen: CodeSeen) -> list[bytes]:
    """The return was undone: the code is used again, unless somebody used it meanwhile; then it is said to be short."""
    work = taking.work
    vouching.note(work, plan, taking.sale_day, 1)
    if plan.most is None:
        return []
    key = vouching.uses_key(plan, seen.code_id)
    used = work.quotas.grant(key, 1, plan.most)
    if not work.quotas.after(key):
        vouching.forget(work, plan.name, seen.code_id)
    return [] if used else [seen.code_id.bytes]


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
    """A code that was not used; one that was stays used."""
    work = taking.work
    if code_id.bytes not in _ids(work.member.vouchers.get(plan.name, ())):
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
    """A gift card goes back with its line, if nobody used it. Raises GiftCardUsed."""
    sold = [one for one in taking.sale.codes if one.act == vouching.ACTIVATE]
    lines = [place for place, line in enumerate(taking.sale.lines) if line.kind == vouching.GIFT_LINE]
    place = lines[sold.index(seen)]
    if not _stands(taking.before, place) or _stands(taking.after, place):
        return
    key, most = vouching.uses_key(plan, seen.code_id), plan.most or 1
    if taking.work.quotas.allows(key, most, most) < most:
        raise refusals.GiftCardUsed(shown=seen.code)
    taking.work.codes.append(CodeChange(code_id=seen.code_id, state=vouching.CANCELLED))
    taking.work.cause("voucher.ended", plan.name, id=ids.to_wire("vch", seen.code_id))


def _stands(judged: Judged, place: int) -> bool:
    return any(one.place == place and one.is_there for one in judged.rest)
