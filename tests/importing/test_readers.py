from __future__ import annotations

import datetime as dt
import gzip
import json
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from regulars.activities.contracts import Identifier, LineIn
from regulars.activities.importing import feed, rows
from regulars.activities.importing.baskets import Item
from regulars.activities.importing.errors_file import ErrorsFile
from regulars.activities.importing.faults import (
    ColumnTwice,
    Fault,
    MissingColumn,
    UnknownColumn,
    UnreadableFile,
    refused,
)
from regulars.activities.importing.records import Listed
from regulars.activities.importing.shape import Context
from regulars.engine.contracts.activity import Adjustment, ConsentSaid, Payment, PointsPayment, ReturnedLine
from regulars.kit.cells import harmless
from regulars.program.contracts.fields import FieldDefinition, FieldType

CONTEXT = Context(
    program_id=1,
    client_id=UUID(int=7),
    received_at=dt.datetime(2026, 3, 10, tzinfo=dt.UTC),
    money="EUR",
    zone="Europe/Chisinau",
    file="f" * 64,
    currencies={"points": 0, "cash": 2},
    fields={"visit": {"rating": FieldDefinition(type=FieldType.INT)}},
    attributes={"birth_date": FieldType.DATE, "age": FieldType.TEXT},
    purposes={"offers": ("sms",)},
)
HEADER = "own_id,document,occurred_at,sku,name,quantity,amount\n"


def read(
    path: Path, kind: Literal["activities", "members"] = "activities", **context: Any
) -> tuple[list[Item], list[Fault]]:
    import msgspec

    found = list(feed.intakes(feed.look(path), kind, msgspec.structs.replace(CONTEXT, **context)))
    return [one for one in found if isinstance(one, Item)], [one for one in found if isinstance(one, Fault)]


def told(faults: list[Fault]) -> list[tuple[int, str, str, str]]:
    return [(one.row, one.field, one.found, one.code) for one in faults]


def write(folder: Path, text: str, *, encoding: str = "utf-8", name: str = "file.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


RUSSIAN = "7,Чек-1,2026-03-05T12:30:00,10,Молоко свежее,1.5,12.50\n"
ROMANIAN = "7,Bon-1,2026-03-05T12:30:00,10,Brânză de vaci și pâine țărănească,1.5,12.50\n".replace("ș", "ş").replace(
    "ț", "ţ"
)
BROKEN = "8,B,2026-03-05T12:30:00,10,x,1.2345,12.50\n8,C,yesterday,10,x,1,-1\n,D,2026-03-05T12:30:00,10,x,1,1.00\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1251"])
def test_russian_file_with_broken_rows_is_read_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    items, faults = read(write(tmp_path, HEADER + RUSSIAN + BROKEN, encoding=encoding))
    assert [item.intake.document for item in items] == ["Чек-1"]
    assert items[0].intake.lines == (LineIn(no=1, amount=1250, sku="10", name="Молоко свежее", quantity=1500),)
    assert told(faults) == [
        (3, "quantity", "1.2345", "too_many_decimals"),
        (4, "occurred_at", "yesterday", "not_a_moment"),
        (4, "amount", "-1", "out_of_range"),
        (5, "own_id", "", "missing_one_of"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1250"])
def test_romanian_file_is_read_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    items, faults = read(write(tmp_path, HEADER + ROMANIAN, encoding=encoding))
    assert faults == []
    assert items[0].intake.lines[0].name == "Brânză de vaci şi pâine ţărănească"


def test_named_encoding_wins_over_detection(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + ROMANIAN, encoding="cp1250")
    source = feed.look(path, encoding="cp1251")
    item = next(feed.intakes(source, "activities", CONTEXT))
    assert isinstance(item, Item)
    # ş is 0xBA in cp1250, which cp1251 reads as є.
    assert item.intake.lines[0].name is not None
    assert "єi" in item.intake.lines[0].name


def test_moment_without_zone_is_local_time_of_the_file(tmp_path: Path) -> None:
    items, _ = read(write(tmp_path, HEADER + RUSSIAN))
    assert items[0].intake.occurred_at == dt.datetime(2026, 3, 5, 10, 30, tzinfo=dt.UTC)


def test_moment_without_zone_is_refused_where_the_file_names_none(tmp_path: Path) -> None:
    items, faults = read(write(tmp_path, HEADER + RUSSIAN), zone=None)
    assert items == []
    assert told(faults) == [(2, "occurred_at", "2026-03-05T12:30:00", "no_zone")]


def test_one_broken_byte_costs_one_row_of_a_utf8_file(tmp_path: Path) -> None:
    good = "".join(f"7,D{n},2026-03-05T12:30:00Z,10,Молоко,1,1.00\n" for n in range(3))
    path = tmp_path / "file.csv"
    path.write_bytes((HEADER + good).encode() + b"7,D9,2026-03-05T12:30:00Z,10,\xff,1,1.00\n")
    items, faults = read(path)
    assert len(items) == 3
    assert [(one.row, one.field, one.code) for one in faults] == [(5, "name", "broken_text")]


def test_rows_of_one_document_are_lines_of_one_basket(tmp_path: Path) -> None:
    text = (
        HEADER
        + "7,A,2026-03-05T12:30:00Z,1,,1,1.00\n7,A,2026-03-05T12:30:00Z,2,,2,3\n7,B,2026-03-05T12:30:00Z,1,,1,1.00\n"
    )
    items, faults = read(write(tmp_path, text))
    assert faults == []
    assert [(item.intake.document, [line.amount for line in item.intake.lines]) for item in items] == [
        ("A", [100, 300]),
        ("B", [100]),
    ]
    assert [(item.first_row, item.last_row) for item in items] == [(2, 3), (4, 4)]
    assert [line.no for line in items[0].intake.lines] == [1, 2]


def test_document_with_a_broken_row_is_not_taken_in_at_all(tmp_path: Path) -> None:
    text = (
        HEADER
        + "7,A,2026-03-05T12:30:00Z,1,,1,1.00\n7,A,2026-03-05T12:30:00Z,2,,0,3\n7,A,2026-03-05T12:30:00Z,2,,1,3\n"
    )
    items, faults = read(write(tmp_path, text))
    assert items == []
    assert told(faults) == [
        (3, "quantity", "0", "out_of_range"),
        (2, "document", "", "document_broken"),
        (4, "document", "", "document_broken"),
    ]


def test_rows_of_one_document_must_agree(tmp_path: Path) -> None:
    text = HEADER + "7,A,2026-03-05T12:30:00Z,1,,1,1.00\n8,A,2026-03-05T12:30:00Z,2,,1,3\n"
    items, faults = read(write(tmp_path, text))
    assert items == []
    assert told(faults)[0] == (3, "own_id", "8", "document_disagrees")


def test_return_names_its_sale(tmp_path: Path) -> None:
    text = "type,document,occurred_at,sale_document,line,quantity,amount\nreturn,R1,2026-03-05T12:30:00Z,A,2,1,\n"
    items, faults = read(write(tmp_path, text))
    assert faults == []
    sale = items[0].intake.sale
    assert sale is not None
    assert (sale.source, sale.document, sale.lines) == ("import", "A", (ReturnedLine(no=2, quantity=1000),))


@pytest.mark.parametrize(
    "amount", ["12,50", "1e3", "NaN", "inf", "１２", "12.505", "0x10", "9007199254740992", "--1", "1 000"]
)
def test_hostile_amounts_are_refused(tmp_path: Path, amount: str) -> None:
    text = HEADER.replace(",", ";") + f"7;A;2026-03-05T12:30:00Z;1;;1;{amount}\n"
    items, faults = read(write(tmp_path, text))
    assert items == []
    assert [one.field for one in faults] == ["amount"]


def test_ndjson_takes_nested_lines_and_own_fields(tmp_path: Path) -> None:
    basket = {
        "own_id": 7,
        "document": "A",
        "occurred_at": "2026-03-05T12:30:00Z",
        "lines": [{"sku": "1", "amount": "1.5"}, {"sku": 2, "amount_minor": 250}],
    }
    visit = {"type": "visit", "own_id": "7", "occurred_at": "2026-03-05T12:30:00Z", "fields": {"rating": 5}}
    text = "\n".join(
        [json.dumps(basket), json.dumps(visit), "{", '["no object"]', json.dumps(visit | {"fields": {"rate": 5}})]
    )
    items, faults = read(write(tmp_path, text, name="file.ndjson"))
    assert [line.amount for line in items[0].intake.lines] == [150, 250]
    assert items[0].intake.who == (Identifier(kind="own_id", value="7"),)
    assert (items[1].intake.type, items[1].intake.fields, items[1].intake.document) == (
        "visit",
        {"rating": 5},
        "ffffffffffffffff:2",
    )
    assert [(one.row, one.field, one.code) for one in faults] == [
        (3, "", "not_json"),
        (4, "", "not_json"),
        (5, "field.rate", "unknown_field"),
    ]


def test_points_and_tenders_that_paid_are_columns_of_their_names(tmp_path: Path) -> None:
    text = "own_id,document,occurred_at,amount,pay.points,pay.cash,payment.card,rewards\n"
    (item,), faults = read(write(tmp_path, text + "7,A,2026-03-05T12:30:00Z,40.00,1000,2.50,27.50,mug|cup\n"))
    assert faults == []
    assert item.intake.pay == (
        PointsPayment(currency="points", points=1000),
        PointsPayment(currency="cash", points=250),
    )
    assert item.intake.payments == (Payment(kind="card", amount=2750),)
    assert item.intake.rewards == ("mug", "cup")


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        ({"pay": {"miles": 3}}, "pay.miles", "unknown_field"),
        ({"pay": {"points": "1.5"}}, "pay.points", "too_many_decimals"),
        ({"pay": {"points": 0}}, "pay.points", "out_of_range"),
        ({"payments": {"card": -1}}, "payment.card", "out_of_range"),
        ({"adjust": {"points": 3}}, "reason", "missing"),
        ({"adjust": {"points": 3, "cash": 1}, "reason": "x"}, "adjust.cash", "both_given"),
        ({"adjust": {"points": "NaN"}, "reason": "x"}, "adjust.points", "not_decimal"),
        ({"sale_document": "A", "sale_amount": "0.00"}, "sale_amount", "out_of_range"),
    ],
)
def test_what_is_wrong_with_points_is_told_by_column(
    tmp_path: Path, cells: dict[str, Any], column: str, code: str
) -> None:
    row = {"own_id": "7", "document": "B", "occurred_at": "2026-03-05T12:30:00Z", "amount": "5.00", **cells}
    items, faults = read(write(tmp_path, json.dumps(row) + "\n", name="file.ndjson"))
    assert (items, [(one.field, one.code) for one in faults]) == ([], [(column, code)])


def test_points_by_hand_money_back_and_exchanges_come_in_by_file(tmp_path: Path) -> None:
    at = {"occurred_at": "2026-03-05T12:30:00Z"}
    rows = [
        {"own_id": "7", "document": "G", **at, "adjust": {"cash": "-1.50"}, "reason": "opening balance"},
        {"document": "R", **at, "sale_document": "A", "sale_amount": "10.00", "reason": "chargeback"},
        {"document": "S", **at, "type": "settled", "sale_document": "A", "settled": "96.40"},
        {
            "own_id": "7",
            "document": "E",
            **at,
            "sale_document": "A",
            "returned": [{"line": 2, "quantity": "1"}],
            "lines": [{"amount": "3.00"}],
        },
    ]
    items, faults = read(write(tmp_path, "".join(json.dumps(row) + "\n" for row in rows), name="file.ndjson"))
    assert faults == []
    by_hand, back, settled, exchange = [item.intake for item in items]
    assert (by_hand.type, by_hand.adjustment) == (
        "adjust",
        Adjustment(currency="cash", points=-150, reason="opening balance"),
    )
    assert (back.type, back.sale and (back.sale.amount, back.sale.reason)) == ("return", (1000, "chargeback"))
    assert (settled.type, settled.lines) == ("settled", (LineIn(no=1, amount=9640),))
    assert exchange.type == "purchase"
    assert exchange.lines == (LineIn(no=1, amount=300),)
    assert exchange.sale is not None
    assert exchange.sale.lines == (ReturnedLine(no=2, quantity=1000),)


def test_parquet_gives_the_same_as_csv(tmp_path: Path) -> None:
    csv_items, _ = read(
        write(tmp_path, HEADER + "7,A,2026-03-05T12:30:00Z,1,Milk,1.5,12.5\n7,A,2026-03-05T12:30:00Z,2,Tea,1,0.3\n")
    )
    table = pa.table({
        "own_id": ["7", "7"],
        "document": ["A", "A"],
        "occurred_at": pa.array([dt.datetime(2026, 3, 5, 12, 30)] * 2, pa.timestamp("us", tz="UTC")),
        "sku": ["1", "2"],
        "name": ["Milk", "Tea"],
        "quantity": [1.5, 1.0],
        "amount": [12.5, 0.3],
    })  # fmt: skip
    path = tmp_path / "file.parquet"
    pq.write_table(table, path)
    items, faults = read(path)
    assert faults == []
    assert [item.intake for item in items] == [item.intake for item in csv_items]


def test_parquet_double_that_is_no_whole_cent_is_refused(tmp_path: Path) -> None:
    table = pa.table({"own_id": ["7"], "occurred_at": ["2026-03-05T12:30:00Z"], "amount": [0.1 + 0.2]})
    path = tmp_path / "file.parquet"
    pq.write_table(table, path)
    items, faults = read(path)
    assert items == []
    assert told(faults) == [(1, "amount", "0.30000000000000004", "too_many_decimals")]


def test_members_get_attributes_by_their_types(tmp_path: Path) -> None:
    text = "own_id,phone,attribute.birth_date\n7,+37369123456,1990-02-28\n8,,1990-02-30\n9,+37369123457,\n"
    items, faults = read(write(tmp_path, text), kind="members")
    assert [item.intake.type for item in items] == ["profile", "enrolled"]
    assert items[0].intake.who == (Identifier(kind="own_id", value="7"), Identifier(kind="phone", value="+37369123456"))
    assert items[0].intake.profile is not None
    assert items[0].intake.profile.attributes == {"birth_date": "1990-02-28"}
    assert told(faults) == [(3, "attribute.birth_date", "1990-02-30", "not_a_date")]


def test_members_bring_along_what_they_agreed_to(tmp_path: Path) -> None:
    text = (
        "own_id,joined_at,attribute.age,consent.offers,consent.offers.sms,consent_version\n"
        "7,2025-03-01T09:00:00Z,old,yes,no,v1\n8,,,no,,\n9,,,maybe,,\n"
    )
    items, faults = read(write(tmp_path, text), kind="members")
    assert [item.intake.type for item in items] == ["profile", "enrolled"]
    assert items[0].intake.consents == (
        ConsentSaid(purpose="offers", given=True, version="v1"),
        ConsentSaid(purpose="offers", given=False, channel="sms", version="v1"),
    )
    assert items[1].intake.consents == (ConsentSaid(purpose="offers", given=False),)
    assert told(faults) == [(4, "consent.offers", "maybe", "not_yes_no")]


def test_a_consent_to_nothing_that_exists_is_an_unknown_column(tmp_path: Path) -> None:
    for column in ("consent.news", "consent.offers.pigeon"):
        with pytest.raises(UnknownColumn):
            read(write(tmp_path, f"own_id,{column}\n7,yes\n"), kind="members")


def test_goods_and_stores_are_read_as_records(tmp_path: Path) -> None:
    goods = list(
        feed.listed(
            feed.look(write(tmp_path, "sku,name,tags,kind\n1,Milk,bio|local,goods\n1,Tea,,\n2,Tea,,toy\n")), "goods"
        )
    )
    assert goods[0] == Listed(2, {"sku": "1", "name": "Milk", "tags": ("bio", "local"), "kind": "goods"})
    assert told([one for one in goods if isinstance(one, Fault)]) == [
        (3, "sku", "1", "twice_in_file"),
        (4, "kind", "toy", "not_one_of"),
    ]
    text = "store,zone,latitude,longitude\ns1,Europe/Chisinau,47.01,28.86\ns2,Mars/Base,,\ns3,,47.01,\n"
    stores = list(feed.listed(feed.look(write(tmp_path, text, name="stores.csv")), "stores"))
    assert stores[0] == Listed(2, {"store": "s1", "zone": "Europe/Chisinau", "latitude": 47.01, "longitude": 28.86})
    assert told([one for one in stores if isinstance(one, Fault)]) == [
        (3, "zone", "Mars/Base", "not_one_of"),
        (4, "longitude", "", "missing"),
    ]


def test_unknown_column_names_its_neighbour(tmp_path: Path) -> None:
    with pytest.raises(UnknownColumn) as caught:
        read(write(tmp_path, "own_id,ocurred_at,amount\n"))
    assert caught.value.column == "ocurred_at"
    assert caught.value.known.startswith("occurred_at")


def test_missing_and_doubled_columns_are_told_before_any_row(tmp_path: Path) -> None:
    with pytest.raises(MissingColumn) as missing:
        read(write(tmp_path, "own_id,amount\n"))
    assert missing.value.column == "occurred_at"
    with pytest.raises(ColumnTwice):
        read(write(tmp_path, "own_id,Own ID,occurred_at\n"))


@pytest.mark.parametrize(
    ("name", "part"), [("a.xlsx", "as CSV"), ("a.zip", "unpack"), ("a.doc", ".csv"), ("gone.csv", "no such file")]
)
def test_files_of_other_kinds_say_what_to_do(tmp_path: Path, name: str, part: str) -> None:
    if "gone" not in name:
        (tmp_path / name).write_bytes(b"PK")
    with pytest.raises(UnreadableFile) as caught:
        feed.look(tmp_path / name)
    assert part in caught.value.reason


def test_huge_cells_and_rows_cost_one_row_each(tmp_path: Path) -> None:
    long_cell = "x" * 20_000
    long_row = "y" * 3_000_000
    text = (
        HEADER + f"7,A,2026-03-05T12:30:00Z,1,{long_cell},1,1.00\n{long_row}\n7,B,2026-03-05T12:30:00Z,1,,1,1.00\n7,C\n"
    )
    items, faults = read(write(tmp_path, text))
    assert [item.intake.document for item in items] == ["B"]
    assert [(one.row, one.code) for one in faults] == [
        (2, "cell_too_long"),
        (3, "row_too_long"),
        (5, "wrong_cell_count"),
    ]
    assert all(len(one.found) <= 80 for one in faults)


def test_packed_file_is_read_and_a_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file.csv.gz"
    path.write_bytes(gzip.compress((HEADER + RUSSIAN).encode()))
    assert len(read(path)[0]) == 1
    bomb = tmp_path / "bomb.csv.gz"
    with gzip.open(bomb, "wb") as file:
        file.write(HEADER.encode())
        for _ in range(80):
            file.write(b" " * (1 << 20))
    with pytest.raises(UnreadableFile) as caught:
        read(bomb)
    assert "100 times" in caught.value.reason


def test_file_that_is_no_parquet_is_told(tmp_path: Path) -> None:
    path = tmp_path / "file.parquet"
    path.write_bytes(b"own_id,amount\n" * 100)
    with pytest.raises(UnreadableFile):
        rows.columns(feed.look(path))


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_formula_cells_are_made_harmless(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


def test_errors_file_runs_nothing_and_names_what_is_right(tmp_path: Path) -> None:
    _, faults = read(write(tmp_path, HEADER + "7,A,2026-03-05T12:30:00Z,1,,1,=cmd|calc\n"))
    with ErrorsFile(tmp_path / "e.csv", language="ru") as errors:
        for one in faults:
            errors.add(one)
    lines = (tmp_path / "e.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "row,field,found,expected,code"
    assert lines[1].startswith("2,amount,'=cmd|calc,\"должно быть число с точкой")


def test_no_errors_file_without_errors(tmp_path: Path) -> None:
    with ErrorsFile(tmp_path / "e.csv"):
        pass
    assert not (tmp_path / "e.csv").exists()


def test_parts_share_the_members_and_nothing_is_lost(tmp_path: Path) -> None:
    text = HEADER + "".join(f"{n % 7},D{n},2026-03-05T12:30:00Z,1,,1,1.00\n" for n in range(50)) + "x,E,never,1,,1,1\n"
    source = feed.look(write(tmp_path, text))
    shares = [list(feed.intakes(source, "activities", CONTEXT, part, 3)) for part in range(3)]
    members = [{item.intake.who[0].value for item in share if isinstance(item, Item)} for share in shares]
    assert members[0] | members[1] | members[2] == set("0123456")
    assert not members[0] & members[1] | members[1] & members[2] | members[0] & members[2]
    assert sum(isinstance(one, Item) for share in shares for one in share) == 50
    assert sum(isinstance(one, Fault) for share in shares for one in share) == 1
    assert [
        one.first_row for one in feed.intakes(source, "activities", CONTEXT, after=49) if isinstance(one, Item)
    ] == [50, 51]


def test_what_the_engine_says_is_told_word_for_word() -> None:
    # A bracket in it is no place for a field.
    said = refused(1, UnreadableFile(file="a{b}.csv", reason="{'plan': 'plus'}"))
    assert said.text("en") == "a{b}.csv cannot be read: {'plan': 'plus'}"
    assert said.text("ro") == "a{b}.csv nu poate fi citit: {'plan': 'plus'}"
