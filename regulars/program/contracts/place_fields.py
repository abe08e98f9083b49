"""The fields of the records that every program has: basket, line, payment, store, member, entry, event."""

from __future__ import annotations

from typing import Final

from regulars.kit.i18n import Text
from regulars.language.contracts import DATE, INT, TEXT, TIMESTAMP, Amount, Field, ListOf, Record

COUNTED: Final = ("card", "till", "cashier", "device", "store", "partner", "program", "household")
"""Things beside the member that metrics may count for; each is a root with an `id`."""


def _help(en: str, ru: str, ro: str) -> Text:
    return Text(en, ru, ro)


def basket(money_scale: int, *, before_price: bool) -> dict[str, Field]:
    """Fields of `basket`; what only exists once the price is decided is left out `before_price`."""
    money = Amount(money_scale)
    # Before the price is decided there is only the price on the shelf.
    total = "{b}.gross" if before_price else "{b}.total"
    fields = {
        "total": Field(money, total, help=_help("sum of all lines", "сумма чека", "totalul bonului")),
        "lines": Field(
            ListOf(Record("line"), typical=30, largest=500),
            "{b}.lines",
            help=_help("the lines", "позиции чека", "liniile bonului"),
        ),
        "payments": Field(
            ListOf(Record("payment"), typical=2, largest=20),
            "{b}.payments",
            help=_help("how it was paid", "способы оплаты", "modurile de plată"),
        ),
        "currency": Field(
            TEXT, "{b}.currency", help=_help("currency that was paid in", "валюта оплаты", "moneda plății")
        ),
    }
    if before_price:
        return fields
    return fields | {
        "gross": Field(
            money, "{b}.gross", help=_help("sum before discounts", "сумма до скидок", "suma înainte de reduceri")
        ),
        "discount": Field(
            money, "{b}.discount", help=_help("taken off by discounts", "сумма скидок", "suma reducerilor")
        ),
        "base": Field(
            money,
            "{b}.base",
            help=_help("the part that earns", "сумма, на которую начисляются баллы", "suma care aduce puncte"),
        ),
        "paid": Field(
            money, "{b}.paid", help=_help("part paid with points", "часть, оплаченная баллами", "plătit cu puncte")
        ),
    }


def line(money_scale: int, *, before_price: bool = False) -> dict[str, Field]:
    """Fields of a basket line that are known before the price is decided; the amounts are those at that time."""
    money = Amount(money_scale)
    amount, price = ("{b}.gross", "{b}.shelf_price") if before_price else ("{b}.amount", "{b}.price")
    return {
        "no": Field(INT, "{b}.no", help=_help("number of the line", "номер позиции", "numărul liniei")),
        "sku": Field(TEXT, "{b}.sku", nullable=True, help=_help("code of the goods", "код товара", "codul produsului")),
        "name": Field(TEXT, "{b}.name", nullable=True, help=_help("name", "название", "denumirea")),
        "kind": Field(
            TEXT,
            "{b}.kind",
            help=_help(
                "goods, service, shipping, deposit, gift_card or fee",
                "goods (товар), service, shipping, deposit, gift_card или fee",
                "goods (marfă), service, shipping, deposit, gift_card sau fee",
            ),
        ),
        "category": Field(TEXT, "{b}.category", nullable=True, help=_help("category", "категория", "categoria")),
        "department": Field(TEXT, "{b}.department", nullable=True, help=_help("department", "отдел", "raionul")),
        "path": Field(
            ListOf(TEXT, typical=3, largest=10),
            "{b}.path",
            help=_help("the category and all above it", "категория и все над ней", "categoria și toate de deasupra"),
        ),
        "brand": Field(TEXT, "{b}.brand", nullable=True, help=_help("brand", "марка", "marca")),
        "tags": Field(
            ListOf(TEXT, typical=3, largest=20), "{b}.tags", help=_help("tags", "метки товара", "etichetele")
        ),
        "quantity": Field(Amount(3), "{b}.quantity", help=_help("how much or many", "количество", "cantitatea")),
        "unit": Field(
            TEXT, "{b}.unit", nullable=True, help=_help("unit of quantity", "единица измерения", "unitatea de măsură")
        ),
        "amount": Field(money, amount, help=_help("money for the whole line", "сумма позиции", "suma liniei întregi")),
        "price": Field(money, price, help=_help("money for one unit", "цена единицы", "prețul unei unități")),
        "groups": Field(
            ListOf(TEXT, typical=3, largest=50),
            "{b}.groups",
            help=_help("groups of the program", "группы программы", "grupurile programului"),
        ),
    }


def line_priced(money_scale: int) -> dict[str, Field]:
    """Fields of a basket line that exist once the price is decided."""
    money = Amount(money_scale)
    return {
        "gross": Field(
            money, "{b}.gross", help=_help("money before discounts", "сумма до скидок", "suma înainte de reduceri")
        ),
        "discount": Field(
            money, "{b}.discount", help=_help("taken off by discounts", "сумма скидок", "suma reducerilor")
        ),
        "base": Field(
            money,
            "{b}.base",
            help=_help("the part that earns", "сумма, на которую начисляются баллы", "suma care aduce puncte"),
        ),
        "paid": Field(
            money, "{b}.paid", help=_help("part paid with points", "часть, оплаченная баллами", "plătit cu puncte")
        ),
    }


def payment(money_scale: int) -> dict[str, Field]:
    """Fields of a payment."""
    return {
        "kind": Field(TEXT, "{b}.kind", help=_help("card, cash and so on", "карта, наличные и т. д.", "card, numerar")),
        "amount": Field(
            Amount(money_scale), "{b}.amount", help=_help("money paid so", "сумма оплаты", "suma plătită astfel")
        ),
    }


ENTRY_KINDS: Final = (
    "earn",
    "activate",
    "cancel",
    "reverse",
    "owe",
    "repay",
    "write_off",
    "hold",
    "capture",
    "release",
    "spend",
    "refund",
    "expire",
    "reinstate",
    "forfeit",
    "adjust",
    "rollover",
    "transfer",
    "merge",
    "convert",
    "buy",
    "pay_out",
)
"""What `entry.kind` may be."""


def entry(scale: int) -> dict[str, Field]:
    """Fields of a points entry; `amount` at the largest scale of the program's currencies."""
    return {
        "kind": Field(
            TEXT, "{b}.kind", help=_help("earn, spend, expire ...", "earn, spend, expire ...", "earn, spend")
        ),
        "currency": Field(TEXT, "{b}.currency", help=_help("which points", "какие баллы", "ce puncte")),
        "amount": Field(Amount(scale) if scale else INT, "{b}.amount", help=_help("how many", "сколько", "câte")),
        "rule": Field(TEXT, "{b}.rule", nullable=True, help=_help("rule that gave them", "правило", "regula")),
        "funder": Field(TEXT, "{b}.funder", nullable=True, help=_help("who pays", "кто платит", "cine plătește")),
    }


HOUSEHOLD: Final = {
    "size": Field(INT, "{b}.size", help=_help("how many are in it", "сколько в ней человек", "câți membri are")),
    "role": Field(
        TEXT, "{b}.role", nullable=True, help=_help("the member's role", "роль участника", "rolul membrului")
    ),
    "name": Field(TEXT, "{b}.name", nullable=True, help=_help("which household", "какая семья", "care familie")),
}
"""The household of the member; somebody alone is one of size 1 without a name."""

STORE: Final = {
    "id": Field(TEXT, "{b}.id", nullable=True, help=_help("number of the store", "код магазина", "codul magazinului")),
    "name": Field(TEXT, "{b}.name", nullable=True, help=_help("name", "название", "denumirea")),
    "city": Field(TEXT, "{b}.city", nullable=True, help=_help("city", "город", "orașul")),
    "region": Field(TEXT, "{b}.region", nullable=True, help=_help("region", "регион", "regiunea")),
    "chain": Field(TEXT, "{b}.chain", nullable=True, help=_help("chain", "сеть", "rețeaua")),
    "zone": Field(TEXT, "{b}.zone", nullable=True, help=_help("time zone", "часовой пояс", "fusul orar")),
    "tags": Field(ListOf(TEXT, typical=3, largest=20), "{b}.tags", help=_help("tags", "метки магазина", "etichetele")),
}

MEMBER: Final = {
    "id": Field(TEXT, "{b}.id", help=_help("number of the member", "номер участника", "numărul membrului")),
    "joined_on": Field(DATE, "{b}.joined_on", help=_help("day of joining", "дата вступления", "data înscrierii")),
    "enrolled_at": Field(
        TIMESTAMP, "{b}.enrolled_at", help=_help("moment of joining", "момент вступления", "momentul înscrierii")
    ),
    "language": Field(TEXT, "{b}.language", nullable=True, help=_help("language", "язык", "limba")),
    "attributes": Field(
        Record("attributes"), "{b}.attributes", help=_help("what is known", "что известно", "ce se știe")
    ),
    "metrics": Field(Record("metrics"), "{b}.metrics", help=_help("numbers", "показатели", "indicatori")),
    "segments": Field(
        ListOf(TEXT, typical=5, largest=200),
        "{b}.segments",
        help=_help("segments that the member is in", "сегменты участника", "segmentele membrului"),
    ),
    "balances": Field(Record("balances"), "{b}.balances", help=_help("points", "балансы", "soldurile")),
    "tier": Field(
        TEXT, "{b}.tier", nullable=True, help=_help("tier of the main ladder", "основной уровень", "nivelul principal")
    ),
    "tiers": Field(
        Record("tiers"), "{b}.tiers", help=_help("tier on each ladder", "уровень по каждой лестнице", "nivelurile")
    ),
    "choices": Field(Record("choices"), "{b}.choices", help=_help("what is picked", "выбор участника", "ce a ales")),
    "plan": Field(
        TEXT, "{b}.plan", nullable=True, help=_help("paid membership", "платное членство", "abonamentul plătit")
    ),
    "badges": Field(
        ListOf(TEXT, typical=3, largest=200),
        "{b}.badges",
        help=_help("badges that the member has", "значки участника", "insignele membrului"),
    ),
    "consents": Field(
        ListOf(TEXT, typical=3, largest=200),
        "{b}.consents",
        help=_help(
            "purposes consented to, and purpose:channel",
            "цели, на которые есть согласие, и цель:канал",
            "scopurile consimțite și scop:canal",
        ),
    ),
}

EVENT_DATE: Final = {"date": Field(DATE, "{b}['date']", help=_help("the date", "дата", "data"))}
EVENT_PERIOD: Final = {
    "period_start": Field(
        DATE, "{b}['period_start']", help=_help("first day", "первый день периода", "prima zi a perioadei")
    ),
    "period_end": Field(
        DATE, "{b}['period_end']", help=_help("first day after it", "день после периода", "ziua de după perioadă")
    ),
}
