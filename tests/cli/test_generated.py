"""Histories made from a preset's table: the same each time, in the order of time, whoever makes which part."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from itertools import pairwise
from uuid import UUID

import msgspec
import pytest

from regulars.cli.demo import generated
from regulars.cli.demo.generated import GeneratedPlan

PRESETS = ("bank", "cafe", "club", "fashion", "fuel", "lender", "pharmacy")
TYPES = frozenset({"purchase", "return", "review", "loan_taken", "repayment", "payment", "settled", "chargeback"})
ATTRIBUTES = frozenset({"birth_date", "language", "first_name", "size", "loans"})


def plan(preset: str, **changed: object) -> GeneratedPlan:
    made = GeneratedPlan(
        preset=preset,
        program_id=1,
        client_id=UUID(int=1),
        received_at=dt.datetime(2026, 11, 22, 8, 0, tzinfo=dt.UTC),
        through=dt.date(2026, 11, 21),
        currency="MDL",
        zone="Europe/Chisinau",
        attributes=ATTRIBUTES,
        types=TYPES,
        members=25,
    )
    return msgspec.structs.replace(made, **changed)


@pytest.mark.parametrize("preset", PRESETS)
def test_the_same_table_gives_the_same_history_and_parts_add_up_to_it(preset: str) -> None:
    whole = list(generated.intakes(plan(preset)))
    assert whole == list(generated.intakes(plan(preset)))
    shared = [one for part in range(3) for one in generated.intakes(plan(preset), part=part, parts=3)]
    assert Counter(one.digest for one in shared) == Counter(one.digest for one in whole)
    # A day later the same days are told, to the same bytes: what was loaded is known again.
    later = plan(preset, received_at=dt.datetime(2026, 11, 23, 8, 0, tzinfo=dt.UTC))
    known = {one.digest for one in generated.intakes(later)}
    assert {one.digest for one in whole if one.occurred_at != one.received_at} <= known


@pytest.mark.parametrize("preset", PRESETS)
def test_each_member_lives_forward_from_joining_and_nothing_lies_ahead(preset: str) -> None:
    made = plan(preset)
    seen: dict[str, dt.datetime] = {}
    for one in generated.intakes(made):
        assert one.occurred_at is not None
        assert one.occurred_at <= made.received_at
        for who in one.who:
            assert seen.get(who.value, one.occurred_at) <= one.occurred_at
            seen[who.value] = one.occurred_at
    assert len(seen) == 25


@pytest.mark.parametrize("preset", PRESETS)
def test_every_activity_has_a_document_of_its_own(preset: str) -> None:
    documents = Counter((one.source, one.document) for one in generated.intakes(plan(preset)))
    assert [name for name, count in documents.items() if count > 1] == []


def test_what_the_program_does_not_know_is_left_out() -> None:
    made = list(generated.intakes(plan("fashion", types=frozenset({"purchase"}), attributes=frozenset({"size"}))))
    assert {one.type for one in made} == {"profile", "purchase"}
    known = {name for one in made if one.profile is not None for name in one.profile.attributes}
    assert known == {"size"}


def test_names_come_in_three_languages_and_loans_are_sometimes_late() -> None:
    facts = [one.profile.attributes for one in generated.intakes(plan("cafe")) if one.profile is not None]
    assert {one["language"] for one in facts} == {"en", "ru", "ro"}
    paid = [one for one in generated.intakes(plan("lender", members=100)) if one.type == "repayment"]
    on_time = sum(bool(one.fields["on_time"]) for one in paid)
    # Eighty of a hundred come in time, seventeen late, three never: about 82 % of those that come.
    assert 0.75 < on_time / len(paid) < 0.9


def test_what_comes_back_was_bought_before() -> None:
    made = list(generated.intakes(plan("fashion", members=60)))
    bought = {one.document: one for one in made if one.type == "purchase"}
    returned = [one for one in made if one.type == "return"]
    assert returned
    for one in returned:
        assert one.sale is not None
        sale = bought[one.sale.document]
        assert sale.occurred_at is not None
        assert one.occurred_at is not None
        assert sale.occurred_at < one.occurred_at
        assert {line.no for line in one.sale.lines} <= {line.no for line in sale.lines}


def test_a_plan_is_tried_and_renewed_before_what_is_paid_ends() -> None:
    made = [one for one in generated.intakes(plan("club", members=60)) if one.type == "plan"]
    said: dict[str, list[dt.datetime]] = {}
    for one in made:
        assert one.occurred_at is not None
        assert one.plan is not None
        assert one.plan.act == ("renewed" if one.who[0].value in said else "started")
        said.setdefault(one.who[0].value, []).append(one.occurred_at)
    assert said
    for moments in said.values():
        # Thirteen days of the fourteen of a trial, then at most the 28 days of a February.
        assert [(later - one).days for one, later in pairwise(moments)][:1] in ([], [13])
        assert all((later - one).days == 28 for one, later in pairwise(moments[1:]))


def test_a_payment_is_settled_or_charged_back_by_its_number() -> None:
    made = list(generated.intakes(plan("bank", members=60)))
    paid = {str(one.fields["rrn"]): one for one in made if one.type == "payment"}
    after = [one for one in made if one.type in {"settled", "chargeback"}]
    assert {one.type for one in after} == {"settled", "chargeback"}
    for one in after:
        assert one.sale is not None
        sold = paid[str(one.sale.document)]
        assert sum(line.amount for line in one.lines) <= sum(line.amount for line in sold.lines)


def test_most_members_of_the_bank_have_an_account_to_be_paid_to() -> None:
    made = plan("bank", attributes=ATTRIBUTES | {"iban"}, members=100)
    profiles = [one.profile for one in generated.intakes(made) if one.type == "profile" and one.profile is not None]
    accounts = [str(one.attributes["iban"]) for one in profiles if "iban" in one.attributes]
    assert 70 <= len(accounts) < 100
    for account in accounts:
        # ISO 13616: the country and the check digits moved to the end, letters as numbers, leave 1.
        turned = account[4:] + account[:4]
        assert (len(account), account[:2]) == (24, "MD")
        assert int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1
