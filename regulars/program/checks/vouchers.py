"""Vouchers: codes that nobody guesses and no two campaigns share, who may use them, and effects that can be done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from regulars.kit import spelling
from regulars.program.checks import rules
from regulars.program.checks.context import Context, voucher_rule
from regulars.program.checks.givers import giving
from regulars.program.contracts.audiences import segment_named
from regulars.program.contracts.definitions import CurrencyKind, RuleKind
from regulars.program.contracts.effects import Give, GiveVoucher, HoldForReview, Refuse
from regulars.program.contracts.report import Fault
from regulars.program.contracts.values import Unit
from regulars.program.contracts.vouchers import Holder, Voucher
from regulars.program.faults import fault, unknown

REDEEM: Final = "voucher"
NARROW: Final = 10**9
_CLOCK: Final = frozenset({Unit.HOUR, Unit.MINUTE})
_LOCK_MINUTES: Final = {Unit.MINUTE: 1, Unit.HOUR: 60, Unit.DAY: 1440}
_MOST_LOCK: Final = 1440
_SHORTEST: Final = 4


def check(context: Context) -> Iterator[Fault]:
    """Each campaign by itself, the codes that all share, and who gives some."""
    program = context.program
    for path, effect in giving(program, GiveVoucher):
        if effect.voucher not in program.vouchers:
            yield unknown("name", f"{path}.voucher", name=effect.voucher, known=program.vouchers)
    based = {
        effect.give
        for rule in program.rules.values()
        if rule.kind is RuleKind.BASE
        for effect in rule.effects
        if isinstance(effect, Give)
    }
    shared: dict[str, str] = {}
    for name, voucher in program.vouchers.items():
        path = f"vouchers.{name}"
        yield from _codes(path, name, voucher, shared)
        yield from _who(path, voucher, context)
        yield from _when(path, voucher)
        yield from _uses(path, voucher)
        yield from _does(path, name, voucher, context, based)
        missing = [one for one in program.program.languages if not getattr(voucher.title, one, "")]
        if missing:
            yield fault("voucher_untranslated", f"{path}.title", languages=", ".join(missing))


def _codes(path: str, name: str, voucher: Voucher, shared: dict[str, str]) -> Iterator[Fault]:
    codes = voucher.codes
    for field in ("shared", "pattern"):
        text = getattr(codes, field)
        if text is not None and (found := spelling.foreign(text)):
            yield fault("voucher_code_letters", f"{path}.codes.{field}", written=text, found=found)
    if codes.shared is not None and codes.pattern is not None:
        yield fault("voucher_codes_both", f"{path}.codes")
    if codes.pattern is not None:
        there = 10 ** codes.pattern.count("#") * 32 ** codes.pattern.count("@")
        if there == 1:
            yield fault("voucher_pattern_fixed", f"{path}.codes.pattern", pattern=codes.pattern)
        elif there < NARROW:
            yield fault("voucher_pattern_narrow", f"{path}.codes.pattern", pattern=codes.pattern, combinations=there)
    if codes.shared is not None:
        form = spelling.normal(codes.shared)
        if len(form) < _SHORTEST:
            yield fault("voucher_code_short", f"{path}.codes.shared", shared=codes.shared)
        other = shared.setdefault(form, name)
        if other != name:
            yield fault("voucher_shared_twice", f"{path}.codes.shared", shared=codes.shared, other=other)
        if voucher.holder is Holder.ASSIGNED:
            yield fault("voucher_shared_assigned", f"{path}.holder")


def _who(path: str, voucher: Voucher, context: Context) -> Iterator[Fault]:
    segment = segment_named(voucher.audience) if voucher.audience is not None else None
    if segment is not None and segment not in context.program.segments:
        yield unknown("segment", f"{path}.audience", name=segment, known=context.program.segments)
    known = (*context.program.activities, REDEEM)
    for place, name in enumerate(voucher.on):
        if name not in known:
            yield unknown("activity", f"{path}.on[{place}]", name=name, known=known)


def _when(path: str, voucher: Voucher) -> Iterator[Fault]:
    window, lock = voucher.window, voucher.lock
    if window is not None and (window.unit in _CLOCK or window.count <= 0):
        yield fault("voucher_window", f"{path}.window", found=f"{window.count} {window.unit.value}")
    if lock is not None and not 0 < lock.count * _LOCK_MINUTES.get(lock.unit, _MOST_LOCK + 1) <= _MOST_LOCK:
        yield fault("voucher_lock", f"{path}.lock", found=f"{lock.count} {lock.unit.value}")
    if voucher.from_ is not None and voucher.until is not None and voucher.until <= voucher.from_:
        yield fault("dates_reversed", path, from_=voucher.from_, until=voucher.until)


def _uses(path: str, voucher: Voucher) -> Iterator[Fault]:
    for name in ("code", "member", "day"):
        most = getattr(voucher.uses, name)
        if most is not None and most <= 0:
            yield fault("not_positive", f"{path}.uses.{name}")
    if voucher.value is not None and voucher.value <= 0:
        yield fault("not_positive", f"{path}.value")


def _does(path: str, name: str, voucher: Voucher, context: Context, based: set[str]) -> Iterator[Fault]:
    if voucher.gift is not None:
        currency = context.program.currencies.get(voucher.gift)
        if currency is None:
            yield unknown("currency", f"{path}.gift", name=voucher.gift, known=context.program.currencies)
        elif currency.kind is not CurrencyKind.MONEY or currency.value is None:
            yield fault("voucher_gift_currency", f"{path}.gift", currency=voucher.gift)
        if voucher.effects:
            yield fault("voucher_gift_effects", f"{path}.effects")
        return
    if not voucher.effects:
        yield fault("no_effects", path)
    yield from rules.effects(f"{path}.effects", voucher_rule(name, voucher, context.program), context, based)
    for place, effect in enumerate(voucher.effects):
        if isinstance(effect, Refuse | HoldForReview):
            yield fault("voucher_refuses", f"{path}.effects[{place}]")
    if voucher.funding:
        given = {getattr(one, "give", None) or getattr(one, "multiply", None) or "" for one in voucher.effects}
        for funded in sorted(given):
            yield from rules.shares(path, funded, voucher.funding, context)
