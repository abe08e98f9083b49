"""Rules: what wakes them, when they are awake, and what they do."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Final

from regulars.language import contracts as language
from regulars.language.contracts import Amount
from regulars.program import words
from regulars.program.checks.context import Context, has_basket
from regulars.program.checks.givers import giving
from regulars.program.checks.limits import cooldown
from regulars.program.checks.settings import zone
from regulars.program.contracts.audiences import segment_named
from regulars.program.contracts.caused import CAUSED
from regulars.program.contracts.definitions import Measure, Rule, RuleKind
from regulars.program.contracts.effects import (
    AddTo,
    AnyEffect,
    Badge,
    Convert,
    Extend,
    Freeze,
    Give,
    HoldForReview,
    Multiply,
    Per,
    Play,
    Points,
    Priced,
    Progress,
    Refuse,
    RemoveFrom,
    SetAttribute,
    Take,
)
from regulars.program.contracts.fields import FieldType
from regulars.program.contracts.places import field_type
from regulars.program.contracts.report import Fault
from regulars.program.contracts.triggers import OnActivity, OnDate, OnEvent, OnPeriod, OnRun
from regulars.program.contracts.values import Period, Share
from regulars.program.faults import fault, unknown


def check(context: Context) -> Iterator[Fault]:
    """Each rule by itself, then the exclusive groups."""
    based = {
        effect.give
        for rule in context.program.rules.values()
        if rule.kind is RuleKind.BASE
        for effect in rule.effects
        if isinstance(effect, Give)
    }
    for name, rule in context.program.rules.items():
        path = f"rules.{name}"
        yield from _trigger(path, rule, context)
        yield from _awake(path, rule, context)
        yield from _caps(path, rule)
        if not rule.effects:
            yield fault("no_effects", path)
        yield from effects(f"{path}.effects", rule, context, based)
        yield from _funding(path, rule, context)
    yield from _groups(context)


def _funding(path: str, rule: Rule, context: Context) -> Iterator[Fault]:
    """Who pays where an effect names nobody: shares that are right for each currency that such effects give."""
    if not rule.funding:
        return
    unfunded = [one for one in rule.effects if isinstance(one, (Points, Priced)) and not one.funding]
    if not unfunded:
        yield fault("funding_of_nothing", f"{path}.funding")
    given = {getattr(one, "give", None) or getattr(one, "multiply", None) or "" for one in unfunded}
    for currency in sorted(given):
        yield from shares(path, currency, rule.funding, context)


def effects(path: str, rule: Rule, context: Context, based: set[str] | None = None) -> Iterator[Fault]:
    """The effects of a rule, or of what gives them like one, which stand at `path` as a list; `based` are the
    currencies that base rules give."""
    for place, effect in enumerate(rule.effects):
        yield from _effect(f"{path}[{place}]", effect, rule, context, based or set())


def date_paths(context: Context) -> tuple[str, ...]:
    """The dates that may wake a rule."""
    paths = ["member.joined_on"]
    for name, attribute in context.program.attributes.items():
        if not attribute.wakes:
            continue
        if attribute.type is FieldType.DATE:
            paths.append(f"member.attributes.{name}")
        for field, of in attribute.fields.items():
            if of.type is FieldType.DATE:
                paths.append(f"member.attributes.{name}[].{field}")
    return tuple(paths)


def _trigger(path: str, rule: Rule, context: Context) -> Iterator[Fault]:
    spot = f"{path}.trigger"
    match rule.trigger:
        case OnActivity(types=types):
            for place, name in enumerate(types):
                if name not in context.types:
                    one = f"{spot}[{place}]" if len(types) > 1 else spot
                    yield unknown("activity", one, name=name, known=context.types)
                elif rule.lines is not None and not has_basket(context.program, name):
                    yield fault("needs_basket", f"{path}.lines", name=name)
        case OnDate(date=date, after=after, before=before, every=every):
            known = date_paths(context)
            if date not in known:
                yield fault("date_path", f"{spot}.date", found=date, known=", ".join(known))
            if after is not None and before is not None:
                yield fault("date_both", spot)
            if every not in {None, "year"}:
                yield fault("date_every", f"{spot}.every", found=every)
        case OnPeriod(period=period, ended=ended):
            if period in {Period.EVER, Period.ACTIVITY} or not ended:
                yield fault("period_trigger", spot)
        case OnEvent(event=event, name=name):
            yield from _listens(spot, event, name, context)
        case OnRun(audience=audience):
            segment = None if audience is None else segment_named(audience)
            if segment is not None and segment not in context.program.segments:
                yield unknown("segment", f"{spot}.audience", name=segment, known=context.program.segments)
    if rule.lines is not None and not isinstance(rule.trigger, OnActivity):
        yield fault("needs_basket", f"{path}.lines", name="event")


def badges(context: Context) -> tuple[str, ...]:
    """The names of badges that something gives."""
    return tuple(sorted({effect.badge for _, effect in giving(context.program, Badge)}))


LISTENED: Final = {
    "segment": "segments",
    "tier": "ladders",
    "challenge": "challenges",
    "limit": "limits",
    "choice": "choices",
    "board": "boards",
    "draw": "draws",
    "consent": "purposes",
    "household": "households",
    "points": "currencies",
    "plan": "plans",
    "offer": "offers",
    "voucher": "vouchers",
    "reward": "rewards",
    "referral": "referrals",
}
"""The kind of definition that each family of events is about."""
_UNDEFINED: Final = frozenset({"service"})
"""What no definition names: a service is called what whoever begins it calls it."""


def _listens(spot: str, event: str, name: str | None, context: Context) -> Iterator[Fault]:
    if event not in CAUSED:
        yield unknown("event", f"{spot}.event", name=event, known=CAUSED)
        return
    family = event.partition(".")[0]
    if family in _UNDEFINED:
        return
    known = badges(context) if family == "badge" else getattr(context.program, LISTENED[family])
    if name is not None and name not in known:
        yield unknown("name", f"{spot}.name", name=name, known=known)


def _awake(path: str, rule: Rule, context: Context) -> Iterator[Fault]:
    if rule.audience is not None:
        name = segment_named(rule.audience)
        if name is not None and name not in context.program.segments:
            yield unknown("segment", f"{path}.audience", name=name, known=context.program.segments)
    schedule = rule.schedule
    if schedule is None:
        return
    if schedule.zone not in {"store", "program"}:
        yield from zone(schedule.zone, f"{path}.schedule.zone")
    for place, (start, end) in enumerate(schedule.hours):
        if start == end and start.hour + start.minute:
            yield fault("hours_empty", f"{path}.schedule.hours[{place}]")
    if schedule.from_ is not None and schedule.until is not None and schedule.until <= schedule.from_:
        yield fault("dates_reversed", f"{path}.schedule", from_=schedule.from_, until=schedule.until)


def _caps(path: str, rule: Rule) -> Iterator[Fault]:
    given = sorted({_given(effect) for effect in rule.effects} - {""})
    if rule.caps and len(given) != 1:
        yield fault("caps_of_several", f"{path}.caps", found=", ".join(given) or "-")
    for period, most in rule.caps.items():
        if most <= 0:
            yield fault("not_positive", f"{path}.caps.{period.value}")
    yield from cooldown(path, rule.cooldown)
    for period, times in rule.per_member.items():
        if times <= 0:
            yield fault("not_positive", f"{path}.per_member.{period.value}")
        if period is Period.ACTIVITY:
            yield fault("every_activity", f"{path}.per_member", what="per_member")


def _given(effect: AnyEffect) -> str:
    match effect:
        case Give(give=currency) | Multiply(multiply=currency):
            return currency
        case _:
            return ""


def _effect(path: str, effect: AnyEffect, rule: Rule, context: Context, based: set[str]) -> Iterator[Fault]:
    match effect:
        case Give():
            yield from _gives(path, effect, rule, context)
        case Multiply(multiply=name, funding=funding, by=by):
            yield from _currency(name, f"{path}.multiply", context)
            yield from shares(path, name, funding, context)
            yield from _basket(path, rule, context)
            if by.n <= 0:
                yield fault("not_positive", f"{path}.by")
            if name in context.program.currencies and name not in based:
                yield fault("multiply_without_base", f"{path}.multiply", currency=name)
        case Take(take=name):
            yield from _currency(name, f"{path}.take", context)
        case Convert(convert=name, to=other, rate=rate):
            yield from _currency(name, f"{path}.convert", context)
            yield from _currency(other, f"{path}.to", context)
            if name == other:
                yield fault("convert_same", f"{path}.to")
            if rate.n <= 0:
                yield fault("not_positive", f"{path}.rate")
        case Extend(extend=name):
            yield from _currency(name, f"{path}.extend", context)
        case AddTo(add_to=name):
            yield from _static(name, f"{path}.add_to", context)
        case RemoveFrom(remove_from=name):
            yield from _static(name, f"{path}.remove_from", context)
        case SetAttribute():
            yield from _set(path, effect, context)
        case Progress(progress=name):
            if name not in context.program.challenges:
                yield unknown("name", f"{path}.progress", name=name, known=context.program.challenges)
        case Freeze(freeze=name, by=by):
            metric = context.program.metrics.get(name)
            if metric is None:
                yield unknown("metric", f"{path}.freeze", name=name, known=context.program.metrics)
            elif metric.measure is not Measure.STREAK:
                yield fault("freeze_of_no_streak", f"{path}.freeze", name=name)
            if by <= 0:
                yield fault("not_positive", f"{path}.by")
        case Play(play=name):
            if name not in context.program.draws:
                yield unknown("name", f"{path}.play", name=name, known=context.program.draws)
        case Refuse() | HoldForReview() if not isinstance(rule.trigger, OnActivity):
            yield fault("needs_activity", path, what="refuse" if isinstance(effect, Refuse) else "hold")
        case _:
            pass


def _gives(path: str, effect: Give, rule: Rule, context: Context) -> Iterator[Fault]:
    yield from _currency(effect.give, f"{path}.give", context)
    # Whoever pays a cost that stands here need not stand in the currency's.
    yield from shares(path, effect.give if effect.cost is None else "", effect.funding, context)
    if effect.cost is not None and effect.cost.n < 0:
        yield fault("not_positive", f"{path}.cost")
    if effect.per is not Per.BASKET:
        yield from _basket(path, rule, context)


def _currency(name: str, path: str, context: Context) -> Iterator[Fault]:
    if name not in context.program.currencies:
        yield unknown("currency", path, name=name, known=context.program.currencies)


def shares(path: str, currency: str, funding: tuple[Share, ...], context: Context) -> Iterator[Fault]:
    """Who pays for points of a currency (`""`: for anything else): shares that add up to 1, each known to it."""
    if not funding:
        return
    total = sum((Fraction(one.share.n, one.share.d) for one in funding), Fraction(0))
    if total != 1:
        shown = words.print_ratio(words.exact(total))
        yield fault("shares_not_one", f"{path}.funding", sum=shown)
    seen: set[str] = set()
    defined = context.program.currencies.get(currency)
    for place, one in enumerate(funding):
        spot = f"{path}.funding[{place}]"
        if one.by in seen:
            yield fault("funder_twice", f"{spot}.by", name=one.by)
        seen.add(one.by)
        if one.share.n <= 0:
            yield fault("not_positive", f"{spot}.share")
        if defined is not None and one.by not in defined.cost:
            yield fault("funder_without_cost", f"{spot}.by", name=one.by, currency=currency)


def _basket(path: str, rule: Rule, context: Context) -> Iterator[Fault]:
    names = rule.trigger.types if isinstance(rule.trigger, OnActivity) else ("event",)
    for name in names:
        if not isinstance(rule.trigger, OnActivity) or not has_basket(context.program, name):
            yield fault("needs_basket", path, name=name)


def _static(name: str, path: str, context: Context) -> Iterator[Fault]:
    segment = context.program.segments.get(name)
    if segment is None:
        yield unknown("segment", path, name=name, known=context.program.segments)
    elif not segment.static:
        yield fault("segment_not_static", path, name=name)


def _set(path: str, effect: SetAttribute, context: Context) -> Iterator[Fault]:
    attribute = context.program.attributes.get(effect.set)
    if attribute is None:
        yield unknown("attribute", f"{path}.set", name=effect.set, known=context.program.attributes)
        return
    if attribute.type is FieldType.RECORDS:
        yield fault("set_records", f"{path}.set")
        return
    value = context.expression(f"{path}.value")
    if value is None or value.type == language.NULL:
        return
    wanted = field_type(attribute.type, context.places.money_scale)
    fits = value.type == wanted or (
        isinstance(wanted, Amount) and (value.type == language.INT or value.scale <= wanted.scale)
    )
    if not fits:
        shown: dict[str, Any] = {"expected": attribute.type.value, "found": getattr(value.type, "code", "amount")}
        yield fault("set_type", f"{path}.value", name=effect.set, **shown)


def _groups(context: Context) -> Iterator[Fault]:
    """Of rules, offers and vouchers of one group the one of highest priority counts: it is said which that is."""
    first: dict[tuple[str, int], str] = {}
    for kind in ("rules", "offers", "vouchers"):
        for name, definition in getattr(context.program, kind).items():
            if definition.group is None:
                continue
            path = f"{kind}.{name}"
            holder = first.setdefault((definition.group, definition.priority), path)
            if holder != path:
                shown: dict[str, Any] = {"group": definition.group, "priority": definition.priority}
                yield fault("same_priority", f"{path}.group", first=holder, second=path, **shown)
