"""Files of activities: one row an activity, or one row a basket line, where rows of one document stand together."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

import msgspec

from regulars.activities.contracts import Intake, LineIn, SaleRef
from regulars.activities.importing import cells, identifiers
from regulars.activities.importing.faults import BadCell, Fault, fault
from regulars.activities.importing.rows import Record
from regulars.activities.importing.shape import Column, Context, Read, Reader, text, typed
from regulars.engine.contracts.activity import Adjustment, Payment, PointsPayment, ReturnedLine
from regulars.kit import money

LINES_MAX: Final = 500
_KINDS: Final = ("goods", "service", "shipping", "deposit", "gift_card", "fee")


class Item(msgspec.Struct, frozen=True):
    """An activity and the rows that it stands in."""

    first_row: int
    last_row: int
    intake: Intake


class BasketReader:
    """Turns rows into activities. Raises UnknownColumn, MissingColumn for a header that is not ours."""

    def __init__(self, context: Context, header: list[str] | None) -> None:
        self._context = context
        self._scale = money.decimals(context.money)
        zone = context.local()
        moment: Read = lambda cell: cells.moment(cell, zone=zone)  # noqa: E731 - a reader like its neighbours
        own_fields = {name: field for fields in context.fields.values() for name, field in fields.items()}
        self._lines = Reader(line_columns(self._scale), {})
        self._rows = Reader(
            [
                *head_columns(moment),
                *money_columns(self._scale),
                *identifiers.COLUMNS,
                *line_columns(self._scale),
                Column("lines", _lines, ""),
                Column("returned", _lines, ""),
            ],
            {
                "field": lambda name: typed(own_fields[name].type, self._scale) if name in own_fields else None,
                "pay": lambda name: self._points(name, least=1),
                "payment": lambda _: _decimals(self._scale, least=0),
                "adjust": self._points,
            },
        )
        self._rows.check_header(header)

    def _points(self, currency: str, least: int = -money.AMOUNT_MAX) -> Read | None:
        scale = self._context.currencies.get(currency)
        return None if scale is None else _decimals(scale, least=least)

    def items(self, records: Iterator[Record | Fault]) -> Iterator[Item | Fault]:
        """Activities and faults in the order of the file; a document with one broken row is not taken in at all."""
        for _, group in groupby(records, key=self._document):
            yield from self._item(list(_bounded(group)))

    def _document(self, record: Record | Fault) -> tuple[object, ...]:
        if isinstance(record, Fault):
            return ("fault", record.row)
        document = record.cells.get("document")
        if document is None or "lines" in record.cells:
            return ("row", record.row)
        return ("document", str(record.cells.get("type")), str(record.cells.get("source")), str(document))

    def _item(self, records: list[Record | Fault]) -> Iterator[Item | Fault]:
        read: list[tuple[int, dict[str, Any]]] = []
        faults: list[Fault] = []
        for record in records:
            if isinstance(record, Fault):
                faults.append(record)
                continue
            values = self._rows.read(record)
            if isinstance(values, list):
                faults += values
            else:
                read.append((record.row, values))
        if not faults:
            faults += self._disagreements(read)
        if not faults:
            built = self._build(read)
            if isinstance(built, Item):
                yield built
                return
            faults += built
        yield from faults
        if not (len(records) == 1 and isinstance(records[0], Fault)):
            broken = {one.row for one in faults}
            for row, _ in read:
                if row not in broken:
                    yield fault(row, "document", None, "document_broken", broken=min(broken))

    def _disagreements(self, read: list[tuple[int, dict[str, Any]]]) -> list[Fault]:
        (first, head), *others = read
        return [
            fault(row, name, value, "document_disagrees", first=first)
            for row, values in others
            for name, value in values.items()
            if name not in LINE_NAMES and head.get(name) != value
        ]

    def _build(self, read: list[tuple[int, dict[str, Any]]]) -> Item | list[Fault]:
        first, head = read[0]
        if not (who := identifiers.of(head)) and "sale_document" not in head:
            return [fault(first, "own_id", None, "missing_one_of", fields=", ".join(identifiers.KINDS))]
        faults = [*_adjusting_faults(first, head), *self._money_faults(first, head)]
        # Where something else goes out, what comes back has a list of its own: an exchange.
        returns = "sale_document" in head and "returned" not in head
        lines: list[LineIn] = []
        back: list[ReturnedLine] = []
        rows = self._inside(first, head, "lines", faults) if "lines" in head else read
        for returned, ones in ((returns, rows), (True, self._inside(first, head, "returned", faults))):
            for number, (row, values) in enumerate(ones, start=1):
                line = self._line(row, number, values, returned=returned) if LINE_NAMES & values.keys() else None
                if isinstance(line, Fault):
                    faults.append(line)
                elif isinstance(line, LineIn):
                    lines.append(line)
                elif line is not None:
                    back.append(line)
        if any(len({line.no for line in ones}) < len(ones) for ones in (lines, back)):
            faults.append(fault(first, "line", None, "twice_in_file", first=first))
        if faults:
            return faults
        intake = self._intake(first, head, who, tuple(lines), tuple(back))
        return Item(first, read[-1][0], intake)

    def _money_faults(self, row: int, head: dict[str, Any]) -> list[Fault]:
        """Decimals of the whole file are those of the program's money: 1250 yen are no 12.50."""
        name = head.get("currency")
        if name is None or (money.is_currency(name) and money.decimals(name) == self._scale):
            return []
        return [fault(row, "currency", name, "not_one_of", known=f"ISO 4217, {self._scale} decimals")]

    def _inside(
        self, row: int, head: dict[str, Any], name: str, faults: list[Fault]
    ) -> list[tuple[int, dict[str, Any]]]:
        """The lines that one row lists."""
        found = []
        for line in head.get(name, ()):
            values = self._lines.read(Record(row, line))
            if isinstance(values, list):
                faults += values
            else:
                found.append((row, values))
        return found

    def _line(self, row: int, number: int, values: dict[str, Any], *, returned: bool) -> LineIn | ReturnedLine | Fault:
        if "amount" in values and "amount_minor" in values:
            return fault(row, "amount", values["amount"], "both_given", one="amount", other="amount_minor")
        amount = values.get("amount", values.get("amount_minor"))
        number = values.get("line", number)
        if returned:
            return ReturnedLine(no=number, quantity=values.get("quantity"), amount=amount)
        if amount is None:
            return fault(row, "amount", None, "missing")
        return LineIn(
            no=number,
            amount=amount,
            sku=values.get("sku"),
            name=values.get("name"),
            category=values.get("category"),
            brand=values.get("brand"),
            kind=values.get("kind"),
            tags=values.get("tags", ()),
            quantity=values.get("quantity", 1000),
            unit=values.get("unit"),
        )

    def _intake(
        self, row: int, head: dict[str, Any], who: Any, lines: tuple[LineIn, ...], back: tuple[ReturnedLine, ...]
    ) -> Intake:
        context = self._context
        source = head.get("source", context.source)
        sale = None
        if "sale_document" in head:
            sale = SaleRef(
                source=head.get("sale_source", source),
                document=head["sale_document"],
                lines=back,
                amount=head.get("sale_amount"),
                reason=head.get("reason"),
            )
        if "settled" in head:
            lines = (LineIn(no=1, amount=head["settled"]),)
        by_hand = _family(head, "adjust")
        # The lines stand beside it, as they were read.
        alone = {name: value for name, value in head.items() if name != "returned"} | {"lines": None}
        content = msgspec.json.encode((alone, lines, back), enc_hook=str, order="deterministic")
        return Intake(
            program_id=context.program_id,
            client_id=context.client_id,
            key=None,
            digest=hashlib.sha256(content).digest(),
            type=head.get("type", "adjust" if by_hand else _type_of(sale, lines, back)),
            received_at=context.received_at,
            occurred_at=head["occurred_at"],
            who=who,
            source=source,
            # A row without a document is named by its place in this file, so that the same file can come again.
            document=head.get("document", f"{context.file[:16]}:{row}"),
            channel=head.get("channel"),
            store=head.get("store"),
            till=head.get("till"),
            cashier=head.get("cashier"),
            device=head.get("device"),
            currency=head.get("currency"),
            lines=lines,
            payments=tuple(Payment(kind=kind, amount=amount) for kind, amount in _family(head, "payment").items()),
            pay=tuple(PointsPayment(currency=name, points=points) for name, points in _family(head, "pay").items()),
            rewards=head.get("rewards", ()),
            codes=head.get("vouchers", ()),
            fields=_family(head, "field"),
            adjustment=next(
                (Adjustment(currency=name, points=points, reason=head["reason"]) for name, points in by_hand.items()),
                None,
            ),
            sale=sale,
            settled="settled" in head,
        )


def _type_of(sale: SaleRef | None, lines: tuple[LineIn, ...], back: tuple[ReturnedLine, ...]) -> str:
    return "purchase" if sale is None or (lines and back) else "return"


def _family(head: dict[str, Any], prefix: str) -> dict[str, Any]:
    """The cells of a family of columns such as `field.`, by the rest of their names."""
    return {name[len(prefix) + 1 :]: value for name, value in head.items() if name.startswith(f"{prefix}.")}


def _adjusting_faults(row: int, head: dict[str, Any]) -> list[Fault]:
    names = [name for name in head if name.startswith("adjust.")]
    if len(names) > 1:
        return [fault(row, names[1], head[names[1]], "both_given", one=names[0], other=names[1])]
    return [fault(row, "reason", None, "missing")] if names and "reason" not in head else []


def head_columns(moment: Read) -> tuple[Column, ...]:
    """The columns of the activity itself."""
    return (
        Column("type", text(60), "activity type; purchase where it is missing, return where sale_document is given"),
        Column("occurred_at", moment, "when it happened, ISO 8601", needed=True),
        Column("document", text(100), "receipt number; rows with the same one are lines of one basket"),
        Column("source", text(40), "the system that numbered it; import where it is missing"),
        Column("store", text(60), "store id"),
        Column("till", text(60), "till id"),
        Column("cashier", text(60), "cashier id"),
        Column("device", text(100), "device id"),
        Column("channel", text(40), "store, web, app, ..."),
        Column("currency", text(3), "ISO 4217, with as many decimals as the program's; converted with the day's rate"),
        Column("sale_document", text(100), "of a return: the document of the sale"),
        Column("sale_source", text(40), "of a return: the source of the sale"),
    )


def money_columns(scale: int) -> tuple[Column, ...]:
    """What was paid, came back or was settled, beside the lines."""
    return (
        Column("sale_amount", _decimals(scale, least=1), "of a return without lines: money back, spread over the sale"),
        Column("settled", _decimals(scale, least=0), "of what points wait for: how much of the sale was settled"),
        Column("reason", text(200), "why: of a return, and of points given or taken by hand"),
        Column("rewards", cells.texts, "rewards taken with the basket, with | between them"),
        Column("vouchers", cells.texts, "codes that were shown, with | between them"),
    )


def line_columns(scale: int) -> tuple[Column, ...]:
    """The columns of a basket line."""
    return (
        Column("line", lambda cell: cells.whole(cell, least=1, most=9999), "line number; counted where it is missing"),
        Column("sku", text(100), "number of the good"),
        Column("name", text(200), "what the receipt says"),
        Column("category", text(100), "category key; from the directory where it is missing"),
        Column("brand", text(100), "brand key; from the directory where it is missing"),
        Column("kind", lambda cell: cells.one_of(cell, _KINDS), "goods, service, shipping, deposit, gift_card or fee"),
        Column("tags", cells.texts, "texts with | between them"),
        Column("quantity", _quantity, "up to three decimals; 1 where it is missing"),
        Column("unit", text(20), "pc, kg, l, ..."),
        Column("amount", lambda cell: cells.decimal(cell, scale=scale, least=0), "of the whole line, 12.50"),
        Column("amount_minor", lambda cell: cells.whole(cell, least=0), "of the whole line in minor units, 1250"),
    )


def _decimals(scale: int, *, least: int) -> Read:
    return lambda cell: cells.decimal(cell, scale=scale, least=least)


def _quantity(cell: Any) -> int:
    return cells.decimal(cell, scale=3, least=1, most=10**12)


def _lines(cell: Any) -> list[dict[str, Any]]:
    if not isinstance(cell, list) or not all(isinstance(line, dict) for line in cell):
        raise BadCell("not_a_list")
    if len(cell) > LINES_MAX:
        raise BadCell("too_many", most=LINES_MAX)
    return [{name: value for name, value in line.items() if value is not None} for line in cell]


def _bounded(group: Iterator[Record | Fault]) -> Iterator[Record | Fault]:
    for count, record in enumerate(group, start=1):
        if count <= LINES_MAX:
            yield record
        elif count == LINES_MAX + 1:
            yield fault(record.row, "document", None, "too_many", most=LINES_MAX)


LINE_NAMES: Final = frozenset(column.name for column in line_columns(2))
