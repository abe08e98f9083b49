"""By what a sale is found that something undoes: its document, or the number that its type is known by."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from regulars.activities import prepare
from regulars.activities.contracts import Intake, SaleRef
from regulars.program.contracts.definitions import ActivityType
from tests.engine.shop import program

PAYMENT = ActivityType(name="payment", basket=True, natural_key=("rrn",))
PROGRAM = program(PAYMENT, ActivityType(name="chargeback", reverses="payment"))


def intake(type: str, sale: SaleRef | None = None, **fields: object) -> Intake:
    return Intake(
        program_id=1,
        client_id=UUID(int=1),
        key=None,
        digest=b"",
        type=type,
        received_at=dt.datetime(2026, 3, 2, tzinfo=dt.UTC),
        source="cards",
        document="9",
        sale=sale,
        fields=fields,
    )


def test_a_payment_that_has_a_number_is_found_by_it() -> None:
    back = intake("chargeback", SaleRef(document="0001"))
    assert prepare.sale_key(back, PROGRAM) == prepare.natural_key(intake("payment", rrn="0001"), PROGRAM)
    elsewhere = intake("chargeback", SaleRef(source="acquirer", document="0001"))
    assert prepare.sale_key(elsewhere, PROGRAM) == ("acquirer/payment", "0001")


def test_a_purchase_is_found_by_its_document() -> None:
    assert prepare.sale_key(intake("return", SaleRef(document="9")), PROGRAM) == ("cards", "9")
    assert prepare.natural_key(intake("purchase"), PROGRAM) == ("cards", "9")


def test_what_is_named_by_id_or_undoes_nothing_has_none() -> None:
    assert prepare.sale_key(intake("return", SaleRef(activity_id="act_1")), PROGRAM) is None
    assert prepare.sale_key(intake("purchase"), PROGRAM) is None
