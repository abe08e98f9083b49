"""Choices: something to pick, days that exist, defaults and fees that can be."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Final

from regulars.program import words
from regulars.program.checks.context import Context
from regulars.program.contracts.choices import Choice, DefaultKind
from regulars.program.contracts.effects import Slots
from regulars.program.contracts.fields import FieldType
from regulars.program.contracts.report import Fault
from regulars.program.contracts.values import Period, Unit
from regulars.program.faults import fault, unknown

LONGEST: Final = {
    Period.DAY: 1,
    Period.WEEK: 7,
    Period.MONTH: 31,
    Period.QUARTER: 92,
    Period.HALF_YEAR: 184,
    Period.YEAR: 366,
}
"""The most days that a period may have."""
_DAYS: Final = {Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 28, Unit.YEAR: 365}


def check(context: Context) -> Iterator[Fault]:
    """Options, numbers, days, defaults, fees; and effects that give more picks."""
    for name, choice in context.program.choices.items():
        path = f"choices.{name}"
        options = yield from _options(path, choice, context)
        yield from _pick(path, choice, options, context)
        yield from _days(path, choice)
        yield from _default(path, choice, options, context)
        yield from _change(path, choice, context)
        bare = [option for option in choice.options.values if option not in choice.names]
        if bare:
            yield fault("option_without_name", f"{path}.names" if choice.names else path, names=", ".join(bare))
        for option in choice.names:
            if options is not None and option not in options:
                yield unknown("option", f"{path}.names.{option}", name=option, known=options)
    for name, rule in context.program.rules.items():
        for place, effect in enumerate(rule.effects):
            if isinstance(effect, Slots):
                yield from _slots(f"rules.{name}.effects[{place}]", effect, context)


def options_of(choice: Choice, context: Context) -> tuple[str, ...] | None:
    """The options that are the same for everybody; None where they are what a member has, or unknown."""
    if choice.options.records is not None:
        return None
    if choice.options.list is not None:
        values = context.program.lists.get(choice.options.list)
        return None if values is None else tuple(str(value) for value in values.values)
    return choice.options.values


def _options(path: str, choice: Choice, context: Context) -> Generator[Fault, None, tuple[str, ...] | None]:
    spot, options = f"{path}.options", choice.options
    if options.records is not None:
        attribute = context.program.attributes.get(options.records)
        if attribute is None:
            yield unknown("attribute", spot, name=options.records, known=context.program.attributes)
        else:
            key = attribute.fields.get(attribute.key or "")
            if attribute.type is not FieldType.RECORDS or key is None or key.type is not FieldType.TEXT:
                yield fault("choice_records", spot, name=options.records)
    if options.list is not None:
        values = context.program.lists.get(options.list)
        if values is None:
            yield unknown("list", spot, name=options.list, known=context.program.lists)
        elif values.type is not FieldType.TEXT:
            yield fault("choice_list", spot, name=options.list, found=values.type.value)
    found = options_of(choice, context)
    if found is not None and not found:
        yield fault("choice_without_options", spot)
    for place, option in enumerate(options.values):
        if option in options.values[:place]:
            yield fault("option_twice", f"{spot}[{place}]", name=option)
    return found


def _pick(path: str, choice: Choice, options: tuple[str, ...] | None, context: Context) -> Iterator[Fault]:
    count = constant(choice.pick)
    if count is None or context.expression(f"{path}.pick") is None:
        return
    if count < 1:
        yield fault("pick_nothing", f"{path}.pick", count=count)
    elif options and count > len(options):
        yield fault("pick_above_options", f"{path}.pick", count=count, options=len(options))


def constant(text: str) -> int | None:
    """The number that a formula is, where it is nothing else."""
    bare = text.strip()
    return int(bare) if bare.isascii() and bare.isdigit() else None


def _days(path: str, choice: Choice) -> Iterator[Fault]:
    if choice.period is Period.ACTIVITY:
        yield fault("choice_period", f"{path}.period")
        return
    days = {"opens": choice.opens.day if choice.opens else None, "decide_by": None}
    if choice.decide_by is not None:
        days["decide_by"] = choice.decide_by.day
    longest = LONGEST.get(choice.period)
    for field in ("opens", "decide_by"):
        if getattr(choice, field) is not None and longest is None:
            yield fault("choice_needs_period", f"{path}.{field}", field=field)
        day = days[field]
        if day is not None and longest is not None and day > longest:
            yield fault("day_after_period", f"{path}.{field}", day=day, period=choice.period.value, days=longest)
    before = choice.opens.before if choice.opens is not None else None
    early = before is not None and (before.unit not in _DAYS or before.count * _DAYS[before.unit] > (longest or 0))
    if early and longest is not None:
        yield fault("opens_too_early", f"{path}.opens", period=choice.period.value)


def _default(path: str, choice: Choice, options: tuple[str, ...] | None, context: Context) -> Iterator[Fault]:
    default = choice.default
    if default.kind is not DefaultKind.THESE:
        return
    for place, value in enumerate(default.values):
        if options is not None and value not in options:
            yield unknown("option", f"{path}.default[{place}]", name=value, known=options)
    count = constant(choice.pick)
    if count is not None and len(default.values) > count:
        yield fault("default_above_pick", f"{path}.default", found=len(default.values), count=count)


def _change(path: str, choice: Choice, context: Context) -> Iterator[Fault]:
    for currency, fee in choice.change.fee.items():
        spot = f"{path}.change.fee.{currency}"
        defined = context.program.currencies.get(currency)
        if defined is None:
            yield unknown("currency", spot, name=currency, known=context.program.currencies)
        elif fee.n <= 0:
            yield fault("not_positive", spot)
        elif fee.n * 10**defined.scale % fee.d:
            yield fault("fee_not_whole", spot, currency=currency, found=words.print_ratio(fee))
    # The default says it too, and means the whole period where there is no such day.
    said = choice.change.until_decide_by and (choice.change.fee or choice.change.from_tomorrow)
    if said and choice.decide_by is None:
        yield fault("change_without_day", f"{path}.change")


def _slots(path: str, effect: Slots, context: Context) -> Iterator[Fault]:
    if effect.slots not in context.program.choices:
        yield unknown("choice", f"{path}.slots", name=effect.slots, known=context.program.choices)
    if effect.by < 1:
        yield fault("not_positive", f"{path}.by")
