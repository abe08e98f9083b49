"""What each field of an attribute decides: who edits, who verifies, what must stay, and single records by their key."""

from __future__ import annotations

from typing import Any

import pytest

from regulars.engine import service as engine
from regulars.engine.contracts.activity import ProfileChange
from regulars.engine.contracts.decision import Decision
from regulars.program.contracts.definitions import Attribute, Segment
from regulars.program.contracts.fields import FieldDefinition, FieldType
from regulars.program.contracts.triggers import OnDate
from regulars.program.contracts.values import Span, Unit
from tests.engine.shop import MEMBER, Shop, at, base, give, rule

LOANS = Attribute(
    name="loans",
    type=FieldType.RECORDS,
    key="id",
    fields={
        "id": FieldDefinition(type=FieldType.TEXT, largest=8),
        "amount": FieldDefinition(type=FieldType.AMOUNT, required=True),
        "due_on": FieldDefinition(type=FieldType.DATE),
        "paid": FieldDefinition(type=FieldType.BOOL),
    },
    purpose="service",
    wakes=True,
)
OWING = Segment(name="owing", if_="member.attributes.loans.exists(l, l.paid == false)")


def change(shop: Shop, role: str | None = None, **attributes: Any) -> Decision:
    return shop.do(shop.activity("profile", profile=ProfileChange(attributes=attributes, role=role)))


def there(shop: Shop) -> dict[str, Any]:
    return dict(engine.view(shop.compiled, shop.known(shop.activity("tick")), member_id=MEMBER, at=shop.now).attributes)


def segments(shop: Shop) -> tuple[str, ...]:
    return engine.view(shop.compiled, shop.known(shop.activity("tick")), member_id=MEMBER, at=shop.now).segments


def first(due: str = "2026-04-01") -> dict[str, Any]:
    return {"id": "a-1", "amount": 10000, "due_on": due, "paid": False}


def test_records_are_added_changed_and_removed_by_their_key() -> None:
    shop = Shop(LOANS, OWING, base())
    change(shop, loans={"add": [first(), {"id": "a-2", "amount": 20000, "due_on": "2026-05-01", "paid": False}]})
    change(shop, loans={"change": [{"id": "a-1", "paid": True}]})
    assert [(one["id"], one["paid"], str(one["due_on"])) for one in there(shop)["loans"]] == [
        ("a-1", True, "2026-04-01"),
        ("a-2", False, "2026-05-01"),
    ]
    assert segments(shop) == ("owing",)
    change(shop, loans={"remove": ["a-2"], "add": [{"id": "a-3", "amount": 1}]})
    assert [one["id"] for one in there(shop)["loans"]] == ["a-1", "a-3"]
    # Without `paid` it is not false but empty.
    assert segments(shop) == ()


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ({"add": [first()]}, "a new id"),
        ({"change": [{"id": "zz", "paid": True}]}, "a id that is there"),
        ({"remove": ["zz"]}, "a id that is there"),
        ({"add": [{"id": "b"}]}, "a value: it is required"),
        ({"add": [{"amount": 5}]}, "a value: it is required"),
        ({"add": [{"id": "123456789", "amount": 5}]}, "at most 8"),
        ({"change": [{"id": "a-1", "colour": "red"}]}, "id, amount, due_on, paid"),
        ({"add": "a-9"}, "a list"),
        ([first(), first()], "each id once"),
        ({"swap": []}, "at most 50 records"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_changes(patch: Any, expected: str) -> None:
    shop = Shop(LOANS, base())
    change(shop, loans=[first()])
    refused = change(shop, loans=patch).refusal
    assert refused is not None
    assert (refused.code, refused.fields["expected"]) == ("attribute_invalid", expected)
    assert [one["paid"] for one in there(shop)["loans"]] == [False]


NICK = Attribute(name="nick", type=FieldType.TEXT, edits=("member", "till"), purpose="service")
LIMIT = Attribute(name="limit", type=FieldType.INT, edits=("desk",), purpose="service")
FREE = Attribute(name="free", type=FieldType.TEXT, purpose="service")


@pytest.mark.parametrize(
    ("role", "allowed"),
    [(None, "nick limit free"), ("member", "nick free"), ("desk", "limit free"), ("till", "nick")],
)
def test_only_those_named_may_edit(role: str | None, allowed: str) -> None:
    """A system of the operator's own may all; a till only what is named for it."""
    for name, value in {"nick": "x", "limit": 5, "free": "y"}.items():
        shop = Shop(NICK, LIMIT, FREE, base())
        refused = change(shop, role, **{name: value}).refusal
        assert (refused is None) == (name in allowed.split()), (role, name)
        if refused is not None:
            assert (refused.code, refused.status) == ("attribute_not_editable", 403)
            assert there(shop) == {}


def test_what_must_be_verified_is_seen_once_it_is() -> None:
    student = Attribute(name="student", type=FieldType.BOOL, verified_by="desk", purpose="service")
    shop = Shop(student, Segment(name="students", if_="member.attributes.student == true"), base())
    claimed = change(shop, "member", student=True)
    assert [event.data for event in claimed.events if event.type == "attribute.claimed"] == [
        {"attribute": "student", "role": "member", "verified_by": "desk"}
    ]
    assert (there(shop), segments(shop), claimed.attributes) == ({}, (), ())
    change(shop, "desk", student=True)
    assert (there(shop), segments(shop)) == ({"student": True}, ("students",))


def test_what_is_required_cannot_be_removed_and_an_enrolment_that_tells_of_a_person_tells_it() -> None:
    phone = Attribute(name="born", type=FieldType.TEXT, required=True, purpose="service")
    shop = Shop(phone, FREE, base())
    missing = shop.do(shop.activity("enrolled", profile=ProfileChange(attributes={"free": "x"}, role="desk")))
    assert missing.refusal is not None
    assert missing.refusal.fields["part"] == "profile.attributes.born"
    assert shop.do(shop.activity("enrolled", profile=ProfileChange(attributes={"born": "x"}, role="desk"))).state
    refused = change(shop, born=None).refusal
    assert refused is not None
    assert refused.fields == {"attribute": "born", "expected": "a value: it is required"}


def test_a_date_of_a_record_wakes_a_rule_for_each_record_that_reads_it() -> None:
    """What did not come by its day: the instalment that is still unpaid three days later."""
    trigger = OnDate(date="member.attributes.loans[].due_on", after=Span(3, Unit.DAY))
    late = rule("late", give("event.record.amount / 10"), trigger=trigger, **{"if": "event.record.paid == false"})
    shop = Shop(LOANS, base(), late)
    shop.now = at("2026-03-02 10:00")
    change(
        shop,
        loans=[
            first("2026-04-01"),
            {**first("2026-04-01"), "id": "a-2", "amount": 5000},
            {**first("2026-04-20"), "id": "a-3"},
        ],
    )
    assert shop.review_at == at("2026-04-03 21:00")
    change(shop, loans={"change": [{"id": "a-2", "paid": True}]})
    shop.now = at("2026-04-03 21:00")
    # 100.00 of the first: ten points; the second is paid, the third not yet due.
    assert shop.tick().points == {"points": 10}
    change(shop, loans={"remove": ["a-3"]})
    shop.now = at("2026-05-30 10:00")
    assert shop.tick().points == {}


def test_what_is_sensitive_decides_and_is_not_shown() -> None:
    illness = Attribute(name="illness", type=FieldType.TEXT, sensitive=True, purpose="service")
    shop = Shop(illness, base(), rule("care", give("5"), **{"if": "member.attributes.illness == 'asthma'"}))
    change(shop, illness="gout")
    (why,) = [one for one in shop.buy(1000, trace=True).trace if one.rule == "care"]
    assert why.condition is not None
    assert why.condition.reads == {"member.attributes.illness": "***"}
    assert "gout" not in repr(why)
    change(shop, illness="asthma")
    assert shop.buy(1000).points == {"points": 15}


def test_a_field_of_a_record_is_neither_larger_nor_smaller_than_it_may_be() -> None:
    fields = {
        "name": FieldDefinition(type=FieldType.TEXT, smallest=2, largest=4),
        "age": FieldDefinition(type=FieldType.INT, smallest=0),
    }
    shop = Shop(Attribute(name="pets", type=FieldType.RECORDS, key="name", fields=fields, purpose="service"))
    for wrong, field in (({"name": "R"}, "name"), ({"name": "Rexus"}, "name"), ({"name": "Rex", "age": -1}, "age")):
        refusal = change(shop, pets={"add": [wrong]}).refusal
        assert refusal is not None
        assert refusal.fields["attribute"] == f"pets.{field}"
    assert change(shop, pets={"add": [{"name": "Rex", "age": 0}]}).refusal is None
