"""Writes a Program as YAML that the reader reads back to the same values: only what differs from the defaults."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable
from typing import Any, Final

import msgspec

from regulars.program import choice_forms, dealing_forms, emitter, ladder_forms, reward_forms, words
from regulars.program.contracts.audiences import segment_named
from regulars.program.contracts.boards import Board
from regulars.program.contracts.challenges import Challenge, Step
from regulars.program.contracts.choices import Choice
from regulars.program.contracts.definitions import (
    KINDS,
    Currency,
    EarnCap,
    Expiry,
    Group,
    Limit,
    Measure,
    Metric,
    Pending,
    Program,
    Rule,
    Segment,
    Table,
)
from regulars.program.contracts.effects import (
    EFFECTS,
    Cashier,
    Convert,
    Emit,
    Give,
    Part,
    Play,
    Progress,
    Receipt,
    Reduction,
    SetAttribute,
    Slots,
    Take,
)
from regulars.program.contracts.fields import FieldDefinition, FieldType
from regulars.program.contracts.ladders import Lifetime
from regulars.program.contracts.offers import Offer
from regulars.program.contracts.places import Places
from regulars.program.contracts.referrals import Referral
from regulars.program.contracts.reward_steps import Credit
from regulars.program.contracts.rewards import Price, Reward
from regulars.program.contracts.transfers import Transfer
from regulars.program.contracts.triggers import OnActivity
from regulars.program.contracts.values import Ratio, Schedule, Span, Text, Window
from regulars.program.contracts.vouchers import Voucher
from regulars.program.convert import BY_CURRENCY, MONEY, SCALED, fields
from regulars.program.emitter import Expression

_EXPRESSIONS: Final = frozenset(
    {
        (Group, "lines"),
        (Metric, "where"),
        (Metric, "by"),
        (Segment, "if_"),
        (Rule, "if_"),
        (Rule, "lines"),
        (Limit, "if_"),
        (Lifetime, "total"),
        (Challenge, "goal"),
        (Challenge, "target"),
        (Challenge, "if_"),
        (Step, "goal"),
        (Step, "target"),
        (Progress, "amount"),
        (Choice, "pick"),
        (Offer, "if_"),
        (Offer, "lines"),
        (Offer, "params"),
        (Voucher, "if_"),
        (Voucher, "lines"),
        (Credit, "amount"),
        (Reward, "if_"),
        (Reward, "lines"),
        (Reduction, "percent"),
        (Reduction, "amount"),
        (Reduction, "per_unit"),
        (Reduction, "fixed"),
        (Part, "lines"),
        (Choice, "offered"),
        (Give, "amount"),
        (Take, "amount"),
        (Slots, "until"),
        (Play, "times"),
        (Board, "within"),
        (Convert, "amount"),
        (SetAttribute, "value"),
        (Receipt, "fields"),
        (Cashier, "fields"),
        (Emit, "fields"),
        (Referral, "converts"),
        (Transfer, "fee"),
    }
)
_TAGS: Final = {kind: tag for tag, kind in EFFECTS.items()}


def export(program: Program) -> str:
    """The canonical text of a program, ending in a line break."""
    return emitter.emit(tree(program))


def tree(program: Program) -> dict[str, Any]:
    """A program as plain mappings, lists and texts, without what is as it would be anyway."""
    return _Writer(program).program()


class _Writer:
    def __init__(self, program: Program) -> None:
        self._program = program
        self._places = Places(program)
        self._scale = 0
        self._printers: dict[Any, Callable[[Any], Any]] = {
            Ratio: words.print_ratio,
            Span: words.print_span,
            Window: words.print_window,
            Text: lambda text: {name: getattr(text, name) for name in ("en", "ru", "ro") if getattr(text, name)},
            Schedule: self._schedule,
            Expiry: self._expiry,
            Pending: self._pending,
            FieldDefinition: self._field,
            Price: lambda price: reward_forms.print_price(price, self._places.money_scale),
            OnActivity: lambda on: on.types[0] if len(on.types) == 1 else list(on.types),
        }
        self._printers |= ladder_forms.PRINTERS | choice_forms.PRINTERS | dealing_forms.PRINTERS

    def program(self) -> dict[str, Any]:
        written: dict[str, Any] = {"program": self._struct(self._program.program)}
        for kind in KINDS:
            definitions = getattr(self._program, kind)
            if definitions:
                written[kind] = {name: self.definition(value) for name, value in definitions.items()}
        return written

    def definition(self, value: Any) -> dict[str, Any]:
        self._scale = self._scale_of(value)
        match value:
            case Metric():
                return self._metric(value)
            case Table():
                return self._table(value)
            case _:
                return self._struct(value, skip=("name",))

    def _scale_of(self, value: Any) -> int:
        match value:
            case Currency(scale=scale):
                return scale
            case Rule(effects=effects):
                for effect in effects:
                    name = getattr(effect, "give", None) or getattr(effect, "multiply", None)
                    if name is not None:
                        return self._scale_of(self._program.currencies.get(name))
            case Limit(metric=str() as name) if name in self._program.metrics:
                return self._places.metric_scale(name)
        return 0

    def _struct(self, value: Any, skip: tuple[str, ...] = ()) -> dict[str, Any]:
        written: dict[str, Any] = {}
        kind: Any = type(value)
        tag = _TAGS.get(kind)
        if tag is not None:
            written[tag] = self._value(getattr(value, tag))
        for field in fields(kind):
            part = getattr(value, field.name)
            if field.name in skip or field.encode_name in written or (not field.required and part == _default(field)):
                continue
            written[field.encode_name] = self._part(kind, field.name, part)
        return written

    def _part(self, kind: Any, name: str, part: Any) -> Any:
        if (kind, name) in _EXPRESSIONS or (name == "audience" and segment_named(part) is None):
            if isinstance(part, dict):
                return {field: Expression(text) for field, text in part.items()}
            return Expression(part)
        if (kind, name) in SCALED:
            if isinstance(part, dict):
                return {period.value: words.print_decimal(most, self._scale) for period, most in part.items()}
            return words.print_decimal(part, self._scale)
        if (kind, name) in MONEY:
            return words.print_decimal(part, self._places.money_scale)
        if (kind, name) in BY_CURRENCY:
            return {one: words.print_decimal(most, self._currency_scale(one)) for one, most in part.items()}
        if kind is Currency and name == "caps":
            return self._caps(part)
        return self._value(part)

    def _currency_scale(self, name: str) -> int:
        currency = self._program.currencies.get(name)
        return 0 if currency is None else currency.scale

    def _value(self, part: Any) -> Any:
        printer = self._printers.get(type(part))
        if printer is not None:
            return printer(part)
        if isinstance(part, enum.Enum):
            return part.value
        if isinstance(part, bool):
            return "true" if part else "false"
        if isinstance(part, dt.datetime):
            return part.isoformat(timespec="minutes")
        if isinstance(part, dt.date):
            return part.isoformat()
        if isinstance(part, (tuple, list)):
            return [self._value(item) for item in part]
        if isinstance(part, dict):
            return {str(self._value(key)): self._value(item) for key, item in part.items()}
        if isinstance(part, msgspec.Struct):
            return self._struct(part)
        return str(part)

    def _metric(self, metric: Metric) -> dict[str, Any]:
        measured: dict[str, Any] = {}
        skip = ["name", "measure", "value", "streak"]
        match metric.measure:
            case Measure.COUNT:
                measured["count"] = metric.over.value
                skip.append("over")
            case Measure.STREAK:
                measured["streak"] = self._value(metric.streak)
            case measure:
                measured[measure.value] = Expression(metric.value or "")
        return measured | self._struct(metric, skip=tuple(skip))

    def _table(self, table: Table) -> dict[str, Any]:
        written = self._struct(table, skip=("name", "rows"))
        kinds = [*table.keys.values(), *table.columns.values()]
        if table.rows:
            written["rows"] = [
                [self._cell(cell, kind) for cell, kind in zip(row, kinds, strict=True)] for row in table.rows
            ]
        return written

    def _cell(self, cell: Any, kind: FieldType) -> Any:
        if kind is FieldType.AMOUNT:
            return words.print_decimal(cell, self._places.money_scale)
        return self._value(cell)

    def _caps(self, caps: tuple[EarnCap, ...]) -> Any:
        if any(cap.reject for cap in caps):
            return [self._struct(cap) for cap in caps]
        return {cap.period.value: words.print_decimal(cap.at_most, self._scale) for cap in caps}

    def _field(self, field: FieldDefinition) -> Any:
        written = self._struct(field)
        return written["type"] if len(written) == 1 else written

    def _schedule(self, schedule: Schedule) -> dict[str, Any]:
        written: dict[str, Any] = {}
        if schedule.days:
            written["days"] = words.print_days(schedule.days)
        if schedule.hours:
            written["hours"] = [words.print_hours(pair) for pair in schedule.hours]
        return written | self._struct(schedule, skip=("days", "hours", "from_", "until")) | _dates(schedule)

    def _expiry(self, expiry: Expiry) -> Any:
        if expiry.never:
            return "never"
        if expiry.span is not None:
            return words.print_span(expiry.span)
        if expiry.dates:
            return {"dates": [words.print_month_day(day) for day in expiry.dates]}
        return self._struct(expiry)

    def _pending(self, pending: Pending) -> Any:
        if pending.span is not None:
            return words.print_span(pending.span)
        if pending.dates:
            return {"dates": [words.print_month_day(day) for day in pending.dates]}
        return self._struct(pending) or "none"


def _dates(schedule: Schedule) -> dict[str, str]:
    dates = {"from": schedule.from_, "until": schedule.until}
    return {name: date.isoformat() for name, date in dates.items() if date is not None}


def _default(field: Any) -> Any:
    if field.default is not msgspec.NODEFAULT:
        return field.default
    return field.default_factory() if field.default_factory is not msgspec.NODEFAULT else msgspec.NODEFAULT
