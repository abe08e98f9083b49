"""The forms of YAML that are shorter than the Structs: triggers, effects, measures, schedules, texts, expiry."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec

from regulars.program import choice_forms, dealing_forms, ladder_forms, reward_forms, words
from regulars.program.contracts.definitions import EarnCap, Expiry, Measure, Metric, Over, Pending
from regulars.program.contracts.effects import EFFECTS, AnyEffect
from regulars.program.contracts.fields import FieldDefinition, FieldType
from regulars.program.contracts.triggers import TRIGGERS, AnyTrigger, OnActivity
from regulars.program.contracts.values import Period, Schedule, Span, Text, Window, WindowKind
from regulars.program.convert import MISSING, Converter, Missing
from regulars.program.faults import unknown
from regulars.program.nodes import Mapping, Node, Scalar, Sequence


class _Between(msgspec.Struct, frozen=True):
    from_: dt.date | None = msgspec.field(default=None, name="from")
    until: dt.date | None = None


class _Schedule(msgspec.Struct, frozen=True):
    zone: str = "store"
    from_: dt.date | None = msgspec.field(default=None, name="from")
    until: dt.date | None = None


class _Inactivity(msgspec.Struct, frozen=True):
    inactivity: Span
    resets: tuple[str, ...] = ()


class _Awaited(msgspec.Struct, frozen=True):
    until: str
    within: Span


class Forms(Converter):
    """A converter that knows the short forms."""

    def __init__(self) -> None:
        super().__init__()
        self.special = {
            AnyTrigger: self.trigger,
            AnyEffect: self.effect,
            Schedule: self.schedule,
            Text: self.text,
            Window: self.window,
            Expiry: self.expiry,
            Pending: self.pending,
            FieldDefinition: self.field,
            tuple[EarnCap, ...]: self.caps,
        }
        self.special |= ladder_forms.readers(self)
        self.special |= choice_forms.readers(self)
        self.special |= dealing_forms.readers(self)
        self.special |= reward_forms.readers(self)

    def trigger(self, node: Node, path: str) -> Any:
        """`purchase`, `[purchase, visit]`, `{date: ...}`, `{period: ..., ended: true}`."""
        if isinstance(node, Scalar):
            return OnActivity(types=(node.text,))
        if isinstance(node, Sequence):
            types = self.sequence(node, str, path)
            return OnActivity(types=types) if types else self.tell("empty_list", node, path)
        tags = [name for name in node.items if name in TRIGGERS]
        if len(tags) != 1:
            return self.tell("unknown_trigger", node, path, known=", ".join(TRIGGERS))
        if tags[0] == "activity":
            return self.trigger(node.items["activity"], path)
        return self.struct(node, TRIGGERS[tags[0]], path)

    def effect(self, node: Node, path: str) -> Any:
        """`{give: points, amount: "..."}`: the key names the effect."""
        if not isinstance(node, Mapping):
            return self.tell("expected_mapping", node, path)
        tags = [name for name in node.items if name in EFFECTS]
        if not tags:
            first = next(iter(node.items), "")
            key = node.keys.get(first)
            if key is None:
                return self.tell("empty_value", node, path)
            return self._unknown_effect(key, path)
        if len(tags) > 1:
            return self.tell("several_effects", node, path, names=", ".join(tags))
        return self.struct(node, EFFECTS[tags[0]], path)

    def _unknown_effect(self, key: Scalar, path: str) -> Missing:
        self.faults.append(
            unknown("effect", path, name=key.text, known=EFFECTS, line=key.line, column=key.column),
        )
        return MISSING

    def text(self, node: Node, path: str) -> Any:
        """`{en: ..., ru: ..., ro: ...}`."""
        if not isinstance(node, Mapping):
            return self.tell("text_without_language", node, path)
        return self.struct(node, Text, path)

    def window(self, node: Node, path: str) -> Any:
        """A short text, or `{from: ..., until: ...}`."""
        if not isinstance(node, Mapping):
            return self.scalar(node, Window, path)
        between = self.struct(node, _Between, path)
        if isinstance(between, Missing):
            return MISSING
        if between.from_ is None and between.until is None:
            return self.tell("empty_value", node, path)
        return Window(kind=WindowKind.BETWEEN, from_=between.from_, until=between.until)

    def schedule(self, node: Node, path: str) -> Any:
        """`{days: [TU, SA-SU], hours: 17:00-19:00, zone: store, from: ..., until: ...}`."""
        if not isinstance(node, Mapping):
            return self.tell("expected_mapping", node, path)
        days: list[int] = []
        for item, place in self._one_or_many(node, "days", path):
            days += self._read(item, place, words.days, "MO, TU-FR, SA-SU") or ()
        hours = [
            self._read(item, place, words.hours, "17:00-19:00")
            for item, place in self._one_or_many(node, "hours", path)
        ]
        rest = Mapping(node.line, node.column)
        for name, item in node.items.items():
            if name not in {"days", "hours"}:
                rest.items[name], rest.keys[name] = item, node.keys[name]
        given = {"days": tuple(sorted(set(days))), "hours": tuple(pair for pair in hours if pair is not None)}
        found = self.struct(rest, _Schedule, path)
        if isinstance(found, Missing):
            return MISSING
        return Schedule(zone=found.zone, from_=found.from_, until=found.until, **given)

    def expiry(self, node: Node, path: str) -> Any:
        """`never`, `12 months`, `{dates: [06-30, 12-31]}`, `{inactivity: 180 days, resets: [purchase]}`."""
        if isinstance(node, Scalar):
            if node.text == "never":
                return Expiry(never=True)
            length = self._read(node, path, words.life, "never, 12 months, 90 days")
            return MISSING if length is None else Expiry(span=length)
        if not isinstance(node, Mapping):
            return self.tell("expected_mapping", node, path)
        if "dates" in node.items and len(node.items) == 1:
            return Expiry(dates=self._dates(node, path))
        found = self.struct(node, _Inactivity, path)
        return MISSING if isinstance(found, Missing) else Expiry(inactivity=found.inactivity, resets=found.resets)

    def pending(self, node: Node, path: str) -> Any:
        """`none`, `14 days`, `{dates: [01-01]}`, `{until: settled, within: 30 days}`."""
        if isinstance(node, Scalar):
            if node.text == "none":
                return Pending()
            length = self._read(node, path, words.span, "none, 14 days, 2 hours")
            return MISSING if length is None else Pending(span=length)
        if not isinstance(node, Mapping):
            return self.tell("expected_mapping", node, path)
        if "dates" in node.items and len(node.items) == 1:
            return Pending(dates=self._dates(node, path))
        found = self.struct(node, _Awaited, path)
        return MISSING if isinstance(found, Missing) else Pending(until=found.until, within=found.within)

    def field(self, node: Node, path: str) -> Any:
        """A bare type, or the fields of a FieldDefinition."""
        if isinstance(node, Scalar):
            kind = self.scalar(node, FieldType, path)
            return MISSING if kind is MISSING else FieldDefinition(type=kind)
        return self.struct(node, FieldDefinition, path)

    def caps(self, node: Node, path: str) -> Any:
        """`{calendar month: 3000}`, or a list of `{period, at_most, reject}`."""
        if isinstance(node, Mapping):
            found = self.mapping(node, Period, int, path, scaled=True)
            return tuple(EarnCap(period=period, at_most=most) for period, most in found.items())
        return self.sequence(node, EarnCap, path)

    def metric(self, node: Node, path: str, name: str) -> Any:
        """A metric names its measure by its own key: `sum: "basket.total"`, `count: lines`, `streak: week`."""
        if not isinstance(node, Mapping):
            return self.tell("expected_mapping", node, path)
        measures = [key for key in node.items if key in {measure.value for measure in Measure}]
        if len(measures) != 1:
            known = ", ".join(measure.value for measure in Measure)
            return self.tell("one_measure", node, path, found=", ".join(measures) or "-", known=known)
        measure = Measure(measures[0])
        item = node.items[measures[0]]
        given: dict[str, Any] = {"name": name, "measure": measure}
        match measure:
            case Measure.COUNT:
                given["over"] = self.value(item, Over, f"{path}.count")
            case Measure.STREAK:
                given["streak"] = self.value(item, Period, f"{path}.streak")
            case _:
                given["value"] = self.value(item, str, f"{path}.value")
        if MISSING in given.values():
            return MISSING
        rest = Mapping(node.line, node.column)
        for key, part in node.items.items():
            if key != measures[0]:
                rest.items[key], rest.keys[key] = part, node.keys[key]
        if "measure" in rest.items or "value" in rest.items:
            return self.tell("one_measure", node, path, found="measure, value", known=measures[0])
        return self.struct(rest, Metric, path, given=given)

    def _dates(self, node: Mapping, path: str) -> tuple[tuple[int, int], ...]:
        found = [
            self._read(item, place, words.month_day, "12-31") for item, place in self._one_or_many(node, "dates", path)
        ]
        return tuple(sorted(pair for pair in found if pair is not None))

    def _one_or_many(self, node: Mapping, name: str, path: str) -> list[tuple[Node, str]]:
        item = node.items.get(name)
        if item is None:
            return []
        self.spots[f"{path}.{name}"] = item
        if isinstance(item, Sequence):
            return [(part, f"{path}.{name}[{place}]") for place, part in enumerate(item.items)]
        return [(item, f"{path}.{name}")]

    def _read(self, node: Node, path: str, read: Any, expected: str) -> Any:
        self.spots[path] = node
        if not isinstance(node, Scalar):
            self.tell("expected_value", node, path, expected=expected)
            return None
        found = self._understood(node, path, read, expected)
        return None if found is MISSING else found
