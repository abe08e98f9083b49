"""What an expression may read in each place of a program: the schemas of the rule language, made from the definitions.

`Places(program)` is pure and keeps each schema it has built. The parameters of compiled functions: `s` is the scope of
one decision, beside it `line`, `entry` or `payment` where the place walks them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import structs

from regulars.kit import money
from regulars.kit.i18n import Text
from regulars.language import contracts as language
from regulars.language import service as rules
from regulars.language.contracts import Amount, Field, ListOf, Record, Root, Schema, Type
from regulars.program.contracts import carriers
from regulars.program.contracts import place_fields as kinds
from regulars.program.contracts.caused import CAUSED, MOVED, REFERRED
from regulars.program.contracts.challenges import Challenge
from regulars.program.contracts.definitions import Measure, Metric, Over, Owner, Program
from regulars.program.contracts.fields import FieldDefinition, FieldType
from regulars.program.contracts.ladders import main
from regulars.program.contracts.triggers import AnyTrigger, OnActivity, OnDate, OnEvent, OnPeriod, OnRun

ALL_ROOTS: Final = (
    "member basket line type now source channel store card till cashier device partner program household event goal "
    "entry payment lists tables offer voucher reward"
).split()
"""Names that begin an expression; an activity's own field cannot have one of them."""


class Places:
    """The schemas of one program. Every method returns the same Schema for the same arguments."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.money_scale = money.decimals(program.program.money) if money.is_currency(program.program.money) else 2
        self.entry_scale = max((currency.scale for currency in program.currencies.values()), default=0)
        """Scale of `entry.amount`: the largest of all currencies, so that entries of different ones compare."""
        self._schemas: dict[tuple[str, tuple[str, ...], bool], Schema] = {}
        self._metric_types: dict[str, Type] = {}
        self._goal_scales: dict[str, int] = {}
        self._lists = {
            name: language.ListValues(field_type(values.type, self.money_scale), frozenset(values.values))
            for name, values in program.lists.items()
        }
        self._tables = {name: self._table(name) for name in program.tables}

    def rule(self, trigger: AnyTrigger, *, before_price: bool = False) -> Schema:
        """Conditions and formulas of a rule; `before_price` where it refuses, which happens before points are paid."""
        types, event = _of_trigger(trigger)
        return self._schema("rule", types, ("s",), before_price=before_price, event=event)

    def line(self, trigger: AnyTrigger, *, before_price: bool = False) -> Schema:
        """`lines` of a rule and formulas per line or unit."""
        types, event = _of_trigger(trigger)
        return self._schema("line", types, ("s", "line"), before_price=before_price, event=event)

    def payment(self, trigger: AnyTrigger) -> Schema:
        """Formulas per payment."""
        types, event = _of_trigger(trigger)
        return self._schema("payment", types, ("s", "payment"), event=event)

    def limit(self, types: Iterable[str] = (), *, before_price: bool = False) -> Schema:
        """Conditions of a limit over activities of these types (none named: of all)."""
        return self._schema("limit", tuple(types), ("s",), before_price=before_price)

    def group(self) -> Schema:
        """`lines` of a group: facts of the goods and of the activity, never of the member."""
        return self._schema("group", (), ("s", "line"), before_price=True)

    def partner(self) -> Schema:
        """`stores` of a partner: facts of the store alone."""
        return self._schema("partner", (), ("s",), before_price=True)

    def metric(self, over: Over) -> Schema:
        """Filters, values and keys of metrics over activities, lines or entries; never the member."""
        params = {Over.ACTIVITIES: ("s",), Over.LINES: ("s", "line"), Over.ENTRIES: ("s", "entry")}[over]
        return self._schema(f"metric over {over.value}", (), params)

    def segment(self) -> Schema:
        """Conditions of segments and audiences: the member and `now`."""
        return self._schema("segment", (), ("s",))

    def ladder(self) -> Schema:
        """Formulas of ladders: the member and `now`."""
        return self._schema("ladder", (), ("s",))

    def choice(self, *, option: bool = False) -> Schema:
        """Formulas of choices: the member and `now`; `option` beside them where each option is asked about."""
        return self._schema("choice option", (), ("s", "option")) if option else self._schema("choice", (), ("s",))

    def challenge(self, challenge: Challenge) -> Schema:
        """Goals and targets of a challenge: numbers of the member, or of the household where it is a team's."""
        return self._schema("challenge" if challenge.team is None else "team challenge", (), ("s",))

    def goal_scale(self, name: str) -> int:
        """Decimals of what a challenge counts: the most that any of its goals and targets has."""
        if name not in self._goal_scales:
            challenge = self.program.challenges[name]
            texts = [challenge.goal, challenge.target]
            for step in challenge.steps.values():
                texts += [step.goal, step.target]
            here = self.challenge(challenge)
            self._goal_scales[name] = max((_scale(text, here) for text in texts if text is not None), default=0)
        return self._goal_scales[name]

    def metric_type(self, name: str) -> Type:
        """The type of a metric's number; a whole number where its expression does not check."""
        if name not in self._metric_types:
            metric = self.program.metrics[name]
            self._metric_types[name] = language.INT
            self._metric_types[name] = self._value_type(metric)
        return self._metric_types[name]

    def metric_scale(self, name: str) -> int:
        """Decimals of a metric's number."""
        kind = self.metric_type(name)
        return kind.scale if isinstance(kind, Amount) else 0

    def _value_type(self, metric: Metric) -> Type:
        if metric.measure in {Measure.COUNT, Measure.DISTINCT, Measure.STREAK} or metric.value is None:
            return language.INT
        try:
            return rules.check(metric.value, self.metric(metric.over), None).type
        except language.ExpressionFaults:
            return language.INT

    def _schema(
        self,
        place: str,
        types: tuple[str, ...],
        params: tuple[str, ...],
        *,
        before_price: bool = False,
        event: str | None = None,
    ) -> Schema:
        key = (f"{place}/{event}", types, before_price)
        if key not in self._schemas:
            self._schemas[key] = self._build(place, types, params, before_price=before_price, event=event)
        return self._schemas[key]

    def _build(
        self, place: str, types: tuple[str, ...], params: tuple[str, ...], *, before_price: bool, event: str | None
    ) -> Schema:
        roots = self._roots(place, types, params, event)
        records = self._records(place, before_price=before_price, event=event)
        foreign = {name: _hint(place) for name in ALL_ROOTS if name not in roots}
        if place in _OF_MEMBER:
            for kind in self.program.activities.values():
                foreign |= dict.fromkeys(kind.fields, language.SEGMENT_READS_MEMBER)
        return Schema(
            name=place,
            params=params,
            roots=roots,
            records=records,
            lists=self._lists,
            tables=self._tables,
            money_scale=self.money_scale,
            zone="s.zone",
            foreign_roots=foreign,
            version=_version(roots, records, self._lists, self._tables),
        )

    def _roots(self, place: str, types: tuple[str, ...], params: tuple[str, ...], event: str | None) -> dict[str, Root]:
        roots = {"now": Root("now", language.TIMESTAMP, "s.now", help=_ROOT_HELP["now"])}
        walked = {"line": "line", "entry": "entry", "payment": "payment"}
        for name in params[1:]:
            roots[name] = Root(
                name, Record(walked[name]) if name in walked else language.TEXT, name, help=_ROOT_HELP[name]
            )
        if place in _OF_MEMBER:
            shared = {} if place == "segment" else {"household": _ACTIVITY_ROOTS["household"]}
            return roots | {"member": _MEMBER_ROOT} | shared
        if place == "partner":
            return {"store": _ACTIVITY_ROOTS["store"]}
        roots |= _ACTIVITY_ROOTS
        if place == "group":
            return {name: root for name, root in roots.items() if name not in kinds.COUNTED or name == "store"}
        if not place.startswith("metric"):
            roots["member"] = _MEMBER_ROOT
        carrier = carriers.root_of(event)
        if carrier is not None:
            roots[carrier] = Root(carrier, Record(carrier), "s.carrier", help=carriers.ROOT_HELP[carrier])
        elif event is not None:
            roots["event"] = Root("event", Record("event"), "s.event", help=_ROOT_HELP["event"])
            if "/" in event:
                roots["goal"] = Root("goal", Record("goal"), "s.event", help=_ROOT_HELP["goal"])
        return roots | self._own_fields(types, taken=roots)

    def _own_fields(self, types: tuple[str, ...], taken: Mapping[str, Root]) -> dict[str, Root]:
        roots: dict[str, Root] = {}
        for name in types or tuple(self.program.activities):
            kind = self.program.activities.get(name)
            for field, of in kind.fields.items() if kind is not None else ():
                if field not in taken and field not in ALL_ROOTS and of.type is not FieldType.RECORDS:
                    python = f"s.fields.get({field!r})"
                    roots[field] = Root(field, field_type(of.type, self.money_scale, of), python, nullable=True)
        return roots

    def _records(self, place: str, *, before_price: bool, event: str | None) -> dict[str, Mapping[str, Field]]:
        line = kinds.line(self.money_scale, before_price=before_price)
        if place == "group":
            del line["groups"]
        if not before_price:
            line |= kinds.line_priced(self.money_scale)
        records: dict[str, Mapping[str, Field]] = {
            "basket": kinds.basket(self.money_scale, before_price=before_price),
            "line": line,
            "payment": kinds.payment(self.money_scale),
            "entry": kinds.entry(self.entry_scale),
            "event": _EVENTS.get((event or "").partition("/")[0], {}),
            "goal": self._goal(event),
            "offer": self._offer(event),
            "voucher": carriers.of_voucher(self.money_scale),
            "reward": {},
            "store": kinds.STORE,
            "member": self._member(),
        }
        for name in kinds.COUNTED:
            records.setdefault(name, {"id": _ID} | (kinds.HOUSEHOLD if name == "household" else {}))
        if place in {"group", "partner"} or place.startswith("metric"):
            # A metric that read another one would depend on the order of reckoning: only what runs after may read them.
            return records
        records |= self._member_records()
        kind, _, attribute = (event or "").partition("/")
        if kind == "date" and attribute:
            record = Field(Record(f"attribute {attribute}"), "{b}['record']", help=_RECORD_HELP)
            records["event"] = {**records["event"], "record": record}
        if records["event"] is REFERRED:
            total = structs.replace(REFERRED["total"], type=Amount(self.money_scale))
            records["event"] = {**REFERRED, "total": total}
        if records["event"] is MOVED and self.entry_scale:
            points = structs.replace(MOVED["points"], type=Amount(self.entry_scale))
            records["event"] = {**MOVED, "points": points}
        for owner in kinds.COUNTED:
            own = self._metrics(Owner(owner), records)
            if own:
                records[f"metrics of {owner}"] = own
                records[owner] = {**records[owner], "metrics": Field(Record(f"metrics of {owner}"), "{b}.metrics")}
        return records

    def _member(self) -> dict[str, Field]:
        ladder = self.program.ladders.get(main(self.program.program.main_ladder, self.program.ladders) or "")
        if ladder is None:
            return kinds.MEMBER
        return kinds.MEMBER | {"tier": structs.replace(kinds.MEMBER["tier"], order=tuple(ladder.levels))}

    def _member_records(self) -> dict[str, Mapping[str, Field]]:
        records: dict[str, Mapping[str, Field]] = {}
        attributes: dict[str, Field] = {}
        for name, attribute in self.program.attributes.items():
            kind = field_type(attribute.type, self.money_scale)
            if attribute.type is FieldType.RECORDS:
                record = f"attribute {name}"
                kind = ListOf(Record(record), typical=2, largest=50)
                records[record] = {
                    field: Field(field_type(of.type, self.money_scale, of), f"{{b}}.get({field!r})", nullable=True)
                    for field, of in attribute.fields.items()
                    if of.type is not FieldType.RECORDS
                }
            attributes[name] = Field(kind, f"{{b}}.get({name!r})", nullable=True, help=_titled(attribute.title))
        records["attributes"] = attributes
        records["metrics"] = self._metrics(Owner.MEMBER, records)
        records["tiers"] = {
            name: Field(
                language.TEXT,
                f"{{b}}.get({name!r})",
                nullable=True,
                help=_titled(ladder.title),
                order=tuple(ladder.levels),
            )
            for name, ladder in self.program.ladders.items()
        }
        records["choices"] = {
            name: Field(
                ListOf(language.TEXT, typical=3, largest=50), f"{{b}}.get({name!r}, ())", help=_titled(choice.title)
            )
            for name, choice in self.program.choices.items()
        }
        records["balances"] = {
            name: Field(
                Amount(currency.scale) if currency.scale else language.INT,
                f"{{b}}.get({name!r}, 0)",
                help=_titled(currency.title),
            )
            for name, currency in self.program.currencies.items()
        }
        return records

    def _metrics(self, owner: Owner, records: dict[str, Mapping[str, Field]]) -> dict[str, Field]:
        fields: dict[str, Field] = {}
        for name, metric in self.program.metrics.items():
            if metric.per is not owner:
                continue
            kind = self.metric_type(name)
            empty = metric.measure in {Measure.MIN, Measure.MAX, Measure.FIRST, Measure.LAST}
            if metric.by is not None:
                record = f"metric {name}"
                records[record] = {
                    "key": Field(language.TEXT, "{b}['key']"),
                    "value": Field(kind, "{b}['value']", nullable=empty),
                }
                fields[name] = Field(
                    ListOf(Record(record), typical=10, largest=50), f"{{b}}[{name!r}]", help=_titled(metric.title)
                )
            else:
                fields[name] = Field(kind, f"{{b}}[{name!r}]", nullable=empty, help=_titled(metric.title))
        return fields

    def _goal(self, event: str | None) -> Mapping[str, Field]:
        name = (event or "").partition("/")[2]
        if name not in self.program.challenges:
            return {}
        scale = self.goal_scale(name)
        kind = Amount(scale) if scale else language.INT
        return {
            "progress": Field(kind, "{b}['progress']", help=_GOAL_HELP["progress"]),
            "target": Field(kind, "{b}['target']", help=_GOAL_HELP["target"]),
        }

    def _offer(self, event: str | None) -> Mapping[str, Field]:
        kind, _, name = (event or "").partition(".")
        offer = self.program.offers.get(name) if kind == "offers" else None
        return {} if offer is None else carriers.of_offer({one: self.param(name, one) for one in offer.params})

    def param(self, offer: str, name: str) -> tuple[Type, bool]:
        """The type of an offer's parameter, and whether it may be empty; a whole number where its formula does not
        check."""
        try:
            found = rules.check(self.program.offers[offer].params[name], self.segment(), None)
        except language.ExpressionFaults:
            return language.INT, False
        return found.type, found.nullable

    def _table(self, name: str) -> language.TableValues:
        table = self.program.tables[name]
        keys = tuple((key, field_type(kind, self.money_scale)) for key, kind in table.keys.items())
        columns = tuple((column, field_type(kind, self.money_scale)) for column, kind in table.columns.items())
        kinds_of = (*table.keys.values(), *table.columns.values())
        rows: dict[tuple[object, ...], Mapping[str, object]] = {}
        for row in table.rows:
            if len(row) == len(kinds_of):
                values = tuple(_cell(value, kind) for value, kind in zip(row, kinds_of, strict=True))
                rows[values[: len(keys)]] = dict(zip(table.columns, values[len(keys) :], strict=True))
        return language.TableValues(keys=keys, columns=columns, rows=rows)


def field_type(kind: FieldType, money_scale: int, of: FieldDefinition | None = None) -> Type:
    """The language's type of an attribute or field; amounts are money of the program."""
    simple: dict[FieldType, Type] = {
        FieldType.TEXT: language.TEXT,
        FieldType.BOOL: language.BOOL,
        FieldType.INT: language.INT,
        FieldType.AMOUNT: Amount(money_scale),
        FieldType.DATE: language.DATE,
        FieldType.MOMENT: language.TIMESTAMP,
    }
    largest = of.largest if of is not None and of.largest is not None else 200
    return simple.get(kind) or ListOf(language.TEXT, typical=min(5, largest), largest=largest)


def _cell(value: object, kind: FieldType) -> object:
    # Rows are stored as texts and numbers, so that they read and write as JSON; the language wants real dates.
    if kind is FieldType.DATE:
        return dt.date.fromisoformat(str(value))
    if kind is FieldType.MOMENT:
        return dt.datetime.fromisoformat(str(value))
    return value


def _of_trigger(trigger: AnyTrigger) -> tuple[tuple[str, ...], str | None]:
    match trigger:
        case OnActivity(types=types, of=of):
            return types, of
        case OnDate(date=path):
            # A date of a record comes with the record.
            attribute = path.split(".")[2] if path.count(".") > 1 else ""
            return (), f"date/{attribute.removesuffix('[]')}" if attribute.endswith("[]") else "date"
        case OnPeriod():
            return (), "period"
        case OnEvent(event=event, name=str() as name) if event.startswith("challenge."):
            # Its numbers have the scale of this one challenge.
            return (), f"{event}/{name}"
        case OnEvent(event=event):
            return (), event
        case OnRun():
            return (), None


def _scale(text: str, place: Schema) -> int:
    try:
        return rules.check(text, place, language.NUMBER).scale
    except language.ExpressionFaults:
        return 0


def _hint(place: str) -> str:
    if place in _OF_MEMBER:
        return language.SEGMENT_READS_MEMBER
    return language.METRIC_READS_ACTIVITY if place.startswith("metric") else language.NOT_HERE


def _titled(title: object) -> Text:
    return Text(getattr(title, "en", ""), getattr(title, "ru", ""), getattr(title, "ro", ""))


def _version(*parts: object) -> str:
    return hashlib.blake2b(repr(parts).encode(), digest_size=8).hexdigest()


_OF_MEMBER: Final = frozenset({"segment", "ladder", "choice", "choice option", "challenge", "team challenge"})
"""Places that see a member and the time, and no activity."""
_GOAL_HELP: Final = {
    "progress": Text("what is reached", "достигнуто", "ce s-a atins"),
    "target": Text("what was to be reached", "сколько нужно", "cât trebuie"),
}
_RECORD_HELP: Final = Text("the record that the date stands in", "запись с этой датой", "înregistrarea cu această dată")
_EVENTS: Final = {"date": kinds.EVENT_DATE, "period": kinds.EVENT_PERIOD, **CAUSED}
"""What stands under `event.`, by what woke the rule."""

_ID: Final = Field(
    language.TEXT,
    "{b}.id",
    nullable=True,
    help=Text("its number or name", "номер или имя", "numărul sau numele"),
)

_ROOT_HELP: Final = {
    "now": Text("when it happened", "когда это произошло", "când s-a întâmplat"),
    "line": Text("the basket line looked at", "рассматриваемая позиция чека", "linia de bon examinată"),
    "entry": Text("the entry of points looked at", "рассматриваемая проводка баллов", "înregistrarea examinată"),
    "payment": Text("the payment looked at", "рассматриваемая оплата", "plata examinată"),
    "option": Text("the option looked at", "рассматриваемый вариант", "opțiunea examinată"),
    "goal": Text("what the challenge wants", "цель задания", "ce cere provocarea"),
    "event": Text("what woke the rule", "что запустило правило", "ce a declanșat regula"),
}

_MEMBER_ROOT: Final = Root(
    "member", Record("member"), "s.member", help=Text("the member", "участник программы", "membrul programului")
)

_ACTIVITY_ROOTS: Final = {
    "type": Root("type", language.TEXT, "s.type", help=Text("what happened", "что произошло", "ce s-a întâmplat")),
    "source": Root("source", language.TEXT, "s.source", help=Text("who told us", "кто сообщил", "cine ne-a spus")),
    "channel": Root(
        "channel",
        language.TEXT,
        "s.channel",
        nullable=True,
        help=Text("store, web, app and so on", "магазин, сайт, приложение и т. д.", "magazin, site, aplicație etc."),
    ),
    "basket": Root("basket", Record("basket"), "s.basket", help=Text("the basket", "чек", "coșul")),
    "store": Root("store", Record("store"), "s.store", nullable=True, help=Text("the store", "магазин", "magazinul")),
    "card": Root("card", Record("card"), "s.card", help=Text("the card shown", "карта", "cardul")),
    "till": Root("till", Record("till"), "s.till", help=Text("the till", "касса", "casa")),
    "cashier": Root("cashier", Record("cashier"), "s.cashier", help=Text("the cashier", "кассир", "casierul")),
    "device": Root("device", Record("device"), "s.device", help=Text("the device", "устройство", "dispozitivul")),
    "partner": Root(
        "partner", Record("partner"), "s.partner", help=Text("the chain of the store", "сеть магазина", "rețeaua")
    ),
    "program": Root(
        "program", Record("program"), "s.program", help=Text("the whole program", "вся программа", "întregul program")
    ),
    "household": Root(
        "household",
        Record("household"),
        "s.household",
        help=Text("the member's household", "семья участника", "familia membrului"),
    ),
}
