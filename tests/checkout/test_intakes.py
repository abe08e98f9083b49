"""What a till sends becomes an Intake: nothing is lost, nothing is guessed, and what cannot be is refused in words."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec
import pytest

from regulars.access.contracts import Actor, ScopeMissing
from regulars.activities.contracts import Identifier, LineIn
from regulars.activities.service import Call
from regulars.checkout import bodies, intakes, quantities
from regulars.checkout.contracts import (
    BasketTooLarge,
    DuplicateLine,
    EitherQuantityOrAmount,
    HasItsOwnOperation,
    MalformedQuantity,
    QuantityTooFine,
    SaleNotNamed,
)
from regulars.engine.contracts.activity import HoldAction, PointsPayment, ReturnedLine
from regulars.kit import ids, strict
from regulars.kit.errors import ValidationFault
from regulars.members.contracts import NoIdentifier

NOW = dt.datetime(2026, 11, 21, 16, 20, tzinfo=dt.UTC)
SALE = ids.to_wire("act", UUID(int=17))
HOLD = UUID(int=18)


def call(*scopes: str) -> Call:
    actor = Actor(program_id=3, key_id=UUID(int=5), label="till", scopes=frozenset(scopes or ("till",)))
    return Call(actor=actor, key="k-1", digest=b"d", at=NOW)


def body(kind: Any, **given: Any) -> Any:
    return strict.decode(msgspec.json.encode(given), msgspec.json.Decoder(kind))


def basket(**given: Any) -> dict[str, Any]:
    return {"member": {"phone": "+37369123456"}, "lines": [{"amount": 100}], **given}


@pytest.mark.parametrize(
    ("given", "thousandths"),
    [(1, 1000), (12, 12_000), ("2", 2000), ("0.001", 1), ("1.25", 1250), ("1.250", 1250), ("10.5", 10_500)],
)
def test_a_quantity_becomes_thousandths(given: int | str, thousandths: int) -> None:
    assert quantities.thousandths(given, field="q") == thousandths


@pytest.mark.parametrize("given", [0, -1, "0", "0.000", "-1", "+1", "1.", ".5", "1,5", " 1", "1e3", "１", "", 2**53])
def test_what_is_no_quantity_is_refused(given: int | str) -> None:
    with pytest.raises(MalformedQuantity):
        quantities.thousandths(given, field="lines[0].quantity")


def test_four_decimals_have_an_error_of_their_own() -> None:
    with pytest.raises(QuantityTooFine) as refused:
        quantities.thousandths("1.2345", field="lines[2].quantity")
    assert refused.value.text("en") == (
        "lines[2].quantity: 1.2345 has more than three decimals. Round it at the till, where the price was made."
    )


@pytest.mark.parametrize(("thousandths", "text"), [(1000, "1"), (1250, "1.25"), (1, "0.001"), (10_500, "10.5")])
def test_a_quantity_is_written_as_a_till_would(thousandths: int, text: str) -> None:
    assert quantities.text(thousandths) == text


def test_a_purchase_keeps_everything_that_the_till_said() -> None:
    sent = body(
        bodies.PurchaseBody,
        member={"card": "904417382056", "own_id": "A-7"},
        lines=[
            {"amount": 598, "sku": "1", "quantity": 2},
            {"no": 9, "amount": 374, "quantity": "1.250", "unit": "kg", "tags": ["bio"], "kind": "goods"},
        ],
        payments=[{"kind": "cash", "amount": 972}],
        pay=[{"currency": "points", "points": "max"}, {"currency": "stamps", "points": 4}],
        occurred_at="2026-11-21T18:19:00+02:00",
        document="17",
        store="31",
        till="4",
        fields={"bag": True},
    )
    made = intakes.purchase(call(), sent, None)
    assert (made.program_id, made.client_id, made.key, made.digest) == (3, UUID(int=5), "k-1", b"d")
    assert (made.type, made.received_at) == ("purchase", NOW)
    assert made.occurred_at == dt.datetime(2026, 11, 21, 16, 19, tzinfo=dt.UTC)
    assert made.who == (Identifier("card", "904417382056"), Identifier("own_id", "A-7"))
    assert made.lines == (
        LineIn(no=1, amount=598, sku="1", quantity=2000),
        LineIn(no=9, amount=374, quantity=1250, unit="kg", tags=("bio",), kind="goods"),
    )
    assert made.pay == (PointsPayment(currency="points", points=-1), PointsPayment(currency="stamps", points=4))
    assert (made.source, made.document, made.store, made.till) == ("api", "17", "31", "4")
    assert made.fields == {"bag": True}
    assert made.may_enrol is True


def test_our_own_id_is_a_member() -> None:
    made = intakes.purchase(call(), body(bodies.PurchaseBody, **basket(member={"id": "mem_x"})), None)
    assert made.who == (Identifier("member", "mem_x"),)


def test_a_member_who_is_nobody_is_refused() -> None:
    with pytest.raises(NoIdentifier):
        intakes.purchase(call(), body(bodies.PurchaseBody, **basket(member={})), None)


def test_two_lines_of_one_number_are_refused() -> None:
    lines = [{"amount": 1}, {"amount": 2, "no": 7}, {"amount": 3, "no": 7}]
    with pytest.raises(DuplicateLine) as refused:
        intakes.purchase(call(), body(bodies.PurchaseBody, **basket(lines=lines)), None)
    assert refused.value.fields == {"no": 7}


def test_lines_that_add_up_to_too_much_are_refused() -> None:
    lines = [{"amount": 2**53 - 1}, {"amount": 1}]
    with pytest.raises(BasketTooLarge):
        intakes.purchase(call(), body(bodies.PurchaseBody, **basket(lines=lines)), None)


def test_five_hundred_lines_are_taken_and_one_more_is_not() -> None:
    taken = intakes.purchase(call(), body(bodies.PurchaseBody, **basket(lines=[{"amount": 1}] * 500)), None)
    assert [line.no for line in taken.lines] == list(range(1, 501))
    with pytest.raises(ValidationFault) as refused:
        body(bodies.PurchaseBody, **basket(lines=[{"amount": 1}] * 501))
    assert refused.value.text("en") == "lines: has more than 500 items"


def test_a_return_names_its_sale_and_its_lines() -> None:
    sent = body(
        bodies.ReturnBody,
        sale={"activity_id": SALE},
        lines=[{"no": 1, "quantity": "0.5"}, {"no": 2, "amount": 30}, {"no": 3}],
        reason="damaged",
    )
    made = intakes.give_back(call(), sent)
    assert made.sale is not None
    assert (made.sale.activity_id, made.sale.reason) == (SALE, "damaged")
    assert made.sale.lines == (ReturnedLine(no=1, quantity=500), ReturnedLine(no=2, amount=30), ReturnedLine(no=3))
    assert (made.type, made.who, made.may_enrol) == ("return", (), False)


@pytest.mark.parametrize("sale", [{}, {"source": "pos"}, {"document": "17"}])
def test_a_return_of_nothing_in_particular_is_refused(sale: dict[str, str]) -> None:
    with pytest.raises(SaleNotNamed):
        intakes.give_back(call(), body(bodies.ReturnBody, sale=sale))


def test_units_and_money_of_one_line_cannot_both_decide() -> None:
    sent = body(bodies.ReturnBody, sale={"activity_id": SALE}, lines=[{"no": 1, "quantity": 1, "amount": 5}])
    with pytest.raises(EitherQuantityOrAmount) as refused:
        intakes.give_back(call(), sent)
    assert refused.value.fields == {"field": "lines[0]"}


def test_holds_are_placed_captured_and_voided() -> None:
    placed = intakes.place_hold(
        call(), body(bodies.HoldBody, member={"card": "1"}, currency="points", points=200, ttl_s=60)
    )
    assert placed.hold == HoldAction(act="place", currency="points", points=200, ttl_s=60)
    captured = intakes.capture_hold(call(), body(bodies.CaptureBody, points=150), hold_id=HOLD, member="mem_x")
    assert captured.hold == HoldAction(act="capture", points=150, hold_id=HOLD)
    assert captured.who == (Identifier("member", "mem_x"),)
    voided = intakes.void_hold(call(), body(bodies.VoidBody), hold_id=HOLD, member="mem_x")
    assert voided.hold == HoldAction(act="void", hold_id=HOLD)


def test_an_exchange_gives_back_and_buys() -> None:
    sent = body(bodies.ExchangeBody, **basket(sale={"activity_id": SALE}, returned=[{"no": 1}]))
    made = intakes.exchange(call(), sent)
    assert made.type == "purchase"
    assert made.sale is not None
    assert made.sale.lines == (ReturnedLine(no=1),)
    assert made.lines == (LineIn(no=1, amount=100),)


@pytest.mark.parametrize("kind", ["purchase", "return", "hold"])
def test_types_with_an_operation_of_their_own_go_there(kind: str) -> None:
    with pytest.raises(HasItsOwnOperation) as refused:
        intakes.activity(call(), body(bodies.ActivityBody, type=kind, member={"card": "1"}))
    assert "POST /v1/" in refused.value.operation


@pytest.mark.parametrize("kind", ["tick", "enrolled", "run", "prize", "moved_in", "referral", "referral_undone"])
def test_what_comes_of_itself_is_handed_in_by_nobody(kind: str) -> None:
    words = f"type: nobody hands in {kind}: it comes of itself"
    with pytest.raises(ValidationFault, match=words):
        intakes.activity(call(), body(bodies.ActivityBody, type=kind, member={"card": "1"}))
    with pytest.raises(ValidationFault, match=words):
        intakes.give_back(call(), body(bodies.ReturnBody, type=kind, sale={"activity_id": SALE}))


def test_points_by_hand_are_a_right_of_their_own() -> None:
    change = {"currency": "points", "points": -5, "reason": "keyed wrongly"}
    sent = body(bodies.ActivityBody, type="adjust", member={"card": "1"}, adjustment=change)
    with pytest.raises(ScopeMissing):
        intakes.activity(call("till"), sent)
    made = intakes.activity(call("till", "activities:write"), sent)
    assert made.adjustment is not None
    assert made.adjustment.points == -5


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"type": "adjust"}, "adjustment: is missing"),
        ({"type": "visit", "profile": {}}, "profile: does not go with this type of activity"),
    ],
)
def test_what_belongs_to_another_type_is_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationFault) as refused:
        intakes.activity(call("admin"), body(bodies.ActivityBody, member={"card": "1"}, **given))
    assert refused.value.text("en") == words


def test_a_currency_pays_once_in_a_basket() -> None:
    pay = [{"currency": "points", "points": 5}, {"currency": "stamps", "points": 1}]
    made = intakes.purchase(call(), body(bodies.PurchaseBody, **basket(pay=pay)), None)
    assert [wish.currency for wish in made.pay] == ["points", "stamps"]
    twice = [*pay, {"currency": "points", "points": "max"}]
    for kind, build in (
        (bodies.QuoteBody, intakes.quote),
        (bodies.PurchaseBody, lambda called, sent: intakes.purchase(called, sent, None)),
    ):
        with pytest.raises(ValidationFault) as refused:
            build(call(), body(kind, **basket(pay=twice)))
        assert refused.value.text("en") == "pay[2].currency: points is there twice; name each currency once"


@pytest.mark.parametrize("returned", [{}, {"returned": []}])
def test_an_exchange_says_what_comes_back(returned: dict[str, Any]) -> None:
    with pytest.raises(ValidationFault, match="returned"):
        body(bodies.ExchangeBody, **basket(sale={"activity_id": SALE}, **returned))


@pytest.mark.parametrize(
    "at",
    [
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "1969-12-31T23:59:59Z",
        "1970-01-01T01:00:00+02:00",
        "2200-01-01T00:00:00Z",
    ],
)
def test_a_moment_that_no_till_means_is_refused(at: str) -> None:
    with pytest.raises(ValidationFault) as refused:
        intakes.purchase(call(), body(bodies.PurchaseBody, **basket(occurred_at=at)), None)
    assert refused.value.text("en") == "occurred_at: must lie between 1970 and 2200"


def test_the_first_moment_is_taken() -> None:
    made = intakes.purchase(call(), body(bodies.PurchaseBody, **basket(occurred_at="1970-01-01T02:00:00+02:00")), None)
    assert made.occurred_at == dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def test_a_review_names_its_activity_and_who_answers_for_it() -> None:
    given = body(bodies.ReviewBody, verdict="reject", reason="the photo shows another shop")
    made = intakes.review(call("activities:write"), given, activity=SALE)
    assert made.sale is not None
    assert made.verdict is not None
    assert (made.type, made.sale.activity_id, made.may_enrol) == ("verdict", SALE, False)
    assert (made.verdict.approves, made.verdict.reason) == (False, "the photo shows another shop")
    # A machine's key answers for itself; whoever handed something in under it is the same.
    assert made.verdict.by == made.by == str(UUID(int=5))
    with pytest.raises(HasItsOwnOperation):
        intakes.activity(call("activities:write"), body(bodies.ActivityBody, type="verdict", member={"card": "1"}))


def test_a_till_may_change_a_profile_as_a_till_only() -> None:
    as_till = {"attributes": {"nick": "x"}, "as": "till"}
    made = intakes.activity(
        call("till"), body(bodies.ActivityBody, type="profile", member={"card": "1"}, profile=as_till)
    )
    assert made.profile is not None
    assert made.profile.role == "till"
    as_desk = {"attributes": {"nick": "x"}, "as": "desk"}
    with pytest.raises(ScopeMissing):
        intakes.activity(call("till"), body(bodies.ActivityBody, type="profile", member={"card": "1"}, profile=as_desk))


def told(actor: Actor, **profile: Any) -> str | None:
    given = body(bodies.ActivityBody, type="profile", member={"card": "1"}, profile=profile)
    made = intakes.activity(Call(actor=actor, key="k-1", digest=b"d", at=NOW), given)
    assert made.profile is not None
    return made.profile.role


def test_who_changes_a_profile_is_what_the_key_proves() -> None:
    born = {"birth_date": "1950-01-01"}
    till = call("till", "members:write").actor
    # Neither by keeping silent nor by saying so is a till the desk, whose word counts as proven.
    assert told(till, attributes=born) == "member"
    assert told(till, attributes=born, **{"as": "till"}) == "till"
    assert told(till, attributes=born, **{"as": "member"}) == "member"
    with pytest.raises(ScopeMissing) as refused:
        told(till, attributes=born, **{"as": "desk"})
    assert refused.value.scope == "activities:write"
    person = msgspec.structs.replace(till, staff_id=UUID(int=9))
    for desk in (person, call("till", "members:write", "activities:write").actor, call("admin").actor):
        assert told(desk, attributes=born, **{"as": "desk"}) == "desk"
        assert told(desk, attributes=born) is None


def test_a_till_puts_nobody_into_a_segment() -> None:
    for change in ({"add_to": ["staff"]}, {"remove_from": ["staff"]}):
        with pytest.raises(ScopeMissing):
            told(call("till").actor, **{"as": "till"}, **change)
