"""Consents: what a member agreed to, what stands behind it, and what follows when they withdraw."""

from __future__ import annotations

from typing import Any

import pytest

from regulars.engine import consenting
from regulars.engine import service as engine
from regulars.engine import state as states
from regulars.engine.contracts.activity import ConsentSaid, ProfileChange
from regulars.engine.contracts.decision import Decision
from regulars.engine.contracts.view import ConsentSeen
from regulars.program.contracts.definitions import (
    ActivityType,
    Attribute,
    Needs,
    OnWithdrawal,
    Purpose,
    Segment,
    Withheld,
)
from regulars.program.contracts.effects import SetAttribute
from regulars.program.contracts.fields import FieldDefinition, FieldType
from regulars.program.contracts.triggers import OnActivity, OnEvent
from regulars.program.contracts.values import Span, Text, Unit
from tests.engine.shop import MEMBER, Shop, at, base, give, rule
from tests.engine.town import ANN, BOB, Town

ONE = {"v1": Text(en="Why")}
TWO = {"v1": Text(en="Why"), "v2": Text(en="Why, again")}


def interests(**fields: Any) -> Purpose:
    given = {"texts": ONE, "channels": ("sms", "email"), "needs": Needs.CONSENT} | fields
    return Purpose(name="interests", **given)


HOBBY = Attribute(name="hobby", type=FieldType.TEXT, purpose="interests")
FISHERS = Segment(name="fishers", if_="member.attributes.hobby == 'fish'")
AGREED = rule("agreed", give("5"), if_="'interests' in member.consents")


def say(shop: Shop, given: bool = True, channel: str | None = None, **fields: Any) -> Decision:
    said = ConsentSaid(purpose=fields.pop("purpose", "interests"), given=given, channel=channel, **fields)
    return shop.do(shop.activity("consent", consents=(said,)))


def refused(decision: Decision) -> str | None:
    return decision.refusal.code if decision.refusal is not None else None


def heard(decision: Decision) -> list[tuple[str, Any]]:
    return [
        (one.type, one.data.get("channel"))
        for one in decision.events
        if one.type.startswith("consent.") and "name" in one.data
    ]


def seen(shop: Shop) -> ConsentSeen:
    known = shop.known(shop.activity("tick"))
    return next(
        one
        for one in engine.view(shop.compiled, known, member_id=MEMBER, at=shop.now).consents
        if one.purpose == "interests"
    )


def moves(decision: Decision) -> list[tuple[str, bool]]:
    return [(move.segment, move.entered) for move in decision.segments]


def test_nothing_is_assumed_and_a_rule_reads_what_is_said_at_once() -> None:
    shop = Shop(base(), AGREED, interests())
    assert shop.buy(1000).points == {"points": 10}
    say(shop)
    assert shop.buy(1000).points == {"points": 15}
    say(shop, given=False)
    assert shop.buy(1000).points == {"points": 10}


def test_each_channel_is_consented_to_by_itself_and_counts_only_with_its_purpose() -> None:
    by_sms = rule("sms", give("1"), if_="'interests:sms' in member.consents")
    by_mail = rule("mail", give("2"), if_="'interests:email' in member.consents")
    shop = Shop(base(), by_sms, by_mail, interests())
    say(shop, channel="sms")
    assert shop.buy(1000).points == {"points": 10}
    say(shop)
    assert shop.buy(1000).points == {"points": 11}
    say(shop, channel="email")
    assert shop.buy(1000).points == {"points": 13}
    say(shop, given=False, channel="sms")
    assert shop.buy(1000).points == {"points": 12}


def test_whoever_takes_back_a_purpose_takes_back_every_channel_for_good() -> None:
    shop = Shop(base(), interests())
    say(shop)
    say(shop, channel="sms")
    withdrawn = say(shop, given=False)
    assert [(one.channel, one.given) for one in withdrawn.consents] == [(None, False), ("sms", False)]
    assert heard(withdrawn) == [("consent.withdrawn", None), ("consent.withdrawn", "sms")]
    say(shop)
    assert seen(shop).channels == {"sms": False, "email": False}


def test_a_channel_of_a_purpose_that_stands_on_the_contract_needs_no_other_consent() -> None:
    by_sms = rule("sms", give("1"), if_="'interests:sms' in member.consents")
    shop = Shop(base(), by_sms, interests(needs=Needs.CONTRACT))
    say(shop, channel="sms")
    assert shop.buy(1000).points == {"points": 11}


def test_rules_hear_of_consents_once_and_may_give_points_for_them() -> None:
    given = rule("given", give("50"), trigger=OnEvent(event="consent.given", name="interests"))
    taken = rule("taken", give("1"), trigger=OnEvent(event="consent.withdrawn", name="interests"))
    shop = Shop(given, taken, interests())
    assert say(shop).points == {"points": 50}
    assert say(shop).points == {}
    assert say(shop, given=False).points == {"points": 1}
    assert say(shop, given=False).points == {}


def test_every_word_is_kept_for_the_history_also_when_it_changes_nothing() -> None:
    shop = Shop(interests(texts=TWO))
    (first,) = say(shop, version="v1", source="app", proof="screen 3").consents
    assert (first.purpose, first.channel, first.given, first.version, first.source, first.proof) == (
        "interests",
        None,
        True,
        "v1",
        "app",
        "screen 3",
    )
    (again,) = say(shop).consents
    assert (again.version, again.source) == ("v2", "api")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"purpose": "news"}, "unknown_purpose"),
        ({"channel": "pigeon"}, "unknown_channel"),
        ({"version": "v9"}, "unknown_text_version"),
    ],
)
def test_what_does_not_exist_is_refused(fields: dict[str, Any], code: str) -> None:
    shop = Shop(interests())
    assert refused(say(shop, **fields)) == code
    assert shop.state == b""


def test_a_refusal_names_the_purposes_there_are() -> None:
    refusal = say(Shop(interests()), purpose="news").refusal
    assert refusal is not None
    assert refusal.fields == {"purpose": "news", "known": "interests"}


def test_an_activity_that_says_nothing_is_refused() -> None:
    shop = Shop(interests())
    assert refused(shop.do(shop.activity("consent"))) == "missing_part"


def test_data_that_needs_consent_is_refused_without_it() -> None:
    shop = Shop(HOBBY, interests())
    decision = shop.profile(hobby="fish")
    assert decision.refusal is not None
    assert (decision.refusal.code, decision.refusal.fields) == (
        "consent_missing",
        {"what": "hobby", "purpose": "interests"},
    )
    say(shop)
    assert refused(shop.profile(hobby="fish")) is None


def test_or_it_is_dropped_and_the_rest_is_taken() -> None:
    size = Attribute(name="size", type=FieldType.TEXT, purpose="service")
    service = Purpose(name="service", texts=ONE)
    shop = Shop(HOBBY, size, service, interests(without=Withheld.DROP))
    decision = shop.profile(hobby="fish", size="M")
    assert [change.name for change in decision.attributes] == ["size"]
    assert states.decode(shop.state).members[0].attributes == {"size": "M"}


def test_a_purpose_that_stands_on_the_contract_needs_no_consent() -> None:
    shop = Shop(HOBBY, FISHERS, interests(needs=Needs.CONTRACT))
    assert moves(shop.profile(hobby="fish")) == [("fishers", True)]


def test_a_rule_cannot_set_what_nobody_consented_to() -> None:
    sets = rule("sets", SetAttribute(set="hobby", value="'fish'"))
    shop = Shop(HOBBY, sets, interests())
    assert shop.buy(1000).attributes == ()
    say(shop)
    assert [change.value for change in shop.buy(1000).attributes] == ["fish"]


def test_withdrawn_means_that_nothing_reads_it_from_then_on() -> None:
    fish = rule("fish", give("3"), if_="member.attributes.hobby == 'fish'")
    shop = Shop(base(), fish, HOBBY, FISHERS, interests())
    say(shop)
    assert moves(shop.profile(hobby="fish")) == [("fishers", True)]
    assert shop.buy(1000).points == {"points": 13}
    withdrawn = say(shop, given=False)
    assert moves(withdrawn) == [("fishers", False)]
    assert [(change.name, change.value) for change in withdrawn.attributes] == [("hobby", None)]
    assert shop.buy(1000).points == {"points": 10}
    # It was kept: whoever consents again finds it again.
    given = say(shop)
    assert moves(given) == [("fishers", True)]
    assert [(change.name, change.value) for change in given.attributes] == [("hobby", "fish")]
    assert shop.buy(1000).points == {"points": 13}


def test_withdrawn_and_cleared_means_that_it_is_gone() -> None:
    shop = Shop(HOBBY, FISHERS, interests(on_withdrawal=OnWithdrawal.CLEAR))
    say(shop)
    shop.profile(hobby="fish")
    withdrawn = say(shop, given=False)
    assert moves(withdrawn) == [("fishers", False)]
    assert [(change.name, change.value) for change in withdrawn.attributes] == [("hobby", None)]
    assert states.decode(shop.state).members[0].attributes == {}
    assert moves(say(shop)) == []


def test_the_channel_alone_withdrawn_leaves_the_data() -> None:
    shop = Shop(HOBBY, interests(on_withdrawal=OnWithdrawal.CLEAR))
    say(shop)
    say(shop, channel="sms")
    shop.profile(hobby="fish")
    assert say(shop, given=False, channel="sms").attributes == ()


def test_what_is_hidden_may_be_emptied() -> None:
    shop = Shop(HOBBY, interests())
    say(shop)
    shop.profile(hobby="fish")
    say(shop, given=False)
    assert refused(shop.profile(hobby=None)) is None
    assert states.decode(shop.state).members[0].attributes == {}


REVIEW = ActivityType(name="review", purpose="interests", fields={"about": FieldDefinition(type=FieldType.TEXT)})
ABOUT = rule("about", give("4"), trigger=OnActivity(types=("review",)), if_="about == 'fish'")


def test_an_activity_whose_purpose_needs_consent_is_refused_or_loses_its_fields() -> None:
    strict, lenient = Shop(REVIEW, ABOUT, interests()), Shop(REVIEW, ABOUT, interests(without=Withheld.DROP))
    refusal = strict.do(strict.activity("review", fields={"about": "fish"}))
    assert refused(refusal) == "consent_missing"
    dropped = lenient.do(lenient.activity("review", fields={"about": "fish"}))
    assert (dropped.points, dropped.drops_fields) == ({}, True)
    for shop in (strict, lenient):
        say(shop)
        taken = shop.do(shop.activity("review", fields={"about": "fish"}))
        assert (taken.points, taken.drops_fields) == ({"points": 4}, False)


def test_goods_come_back_whatever_anybody_consents_to() -> None:
    back = ActivityType(name="return", reverses="purchase", purpose="interests")
    shop = Shop(base(), back, interests())
    shop.buy(1000)
    assert shop.back(shop.last()).points == {"points": -10}


def test_a_new_text_counts_out_older_consents_only_where_it_is_said() -> None:
    renewed, kept = Shop(base(), AGREED, interests()), Shop(base(), AGREED, interests())
    for shop in (renewed, kept):
        say(shop)
    renewed.publish(base(), AGREED, interests(texts=TWO, renew=True))
    kept.publish(base(), AGREED, interests(texts=TWO))
    assert renewed.buy(1000).points == {"points": 10}
    assert kept.buy(1000).points == {"points": 15}
    assert (seen(renewed).counts, seen(renewed).given_version, seen(renewed).version) == (False, "v1", "v2")
    say(renewed)
    assert renewed.buy(1000).points == {"points": 15}


def test_a_release_that_asks_anew_hides_the_data_until_the_member_says_yes() -> None:
    shop = Shop(HOBBY, FISHERS, interests())
    say(shop)
    shop.profile(hobby="fish")
    shop.publish(HOBBY, FISHERS, interests(texts=TWO, renew=True))
    asked = shop.tick()
    assert moves(asked) == [("fishers", False)]
    assert [(change.name, change.value) for change in asked.attributes] == [("hobby", None)]
    assert shop.tick().attributes == ()
    assert moves(say(shop)) == [("fishers", True)]


def test_a_consent_lapses_by_its_age_with_or_without_a_tick() -> None:
    shop = Shop(base(), AGREED, HOBBY, FISHERS, interests(renew_after=Span(24, Unit.MONTH)))
    say(shop)
    shop.profile(hobby="fish")
    assert shop.review_at == at("2028-03-01 22:00")  # midnight of 2 March in Chisinau
    shop.now = at("2028-03-01 21:59")
    assert shop.buy(1000).points == {"points": 15}
    shop.now = at("2028-03-01 22:00")
    lapsed = shop.buy(1000)
    assert (lapsed.points, moves(lapsed)) == ({"points": 10}, [("fishers", False)])
    assert seen(shop).lapses_on == at("2028-03-02 00:00").date()


def test_saying_yes_again_lets_it_count_anew() -> None:
    shop = Shop(base(), AGREED, interests(renew_after=Span(12, Unit.MONTH)))
    say(shop)
    shop.now = at("2026-09-01 10:00")
    assert heard(say(shop)) == []
    shop.now = at("2027-08-31 10:00")
    assert shop.buy(1000).points == {"points": 15}
    shop.now = at("2027-09-01 10:00")
    assert shop.buy(1000).points == {"points": 10}


def test_a_member_sees_what_each_purpose_is_used_for() -> None:
    shop = Shop(HOBBY, REVIEW, interests())
    say(shop, channel="email")
    found = seen(shop)
    assert (found.attributes, found.activities, found.given, found.counts) == (("hobby",), ("review",), None, False)
    assert (found.texts, found.channels) == (
        {"v1": {"en": "Why", "ru": "Why", "ro": "Why"}},
        {"sms": False, "email": False},
    )


def test_a_refusal_on_either_side_wins_when_two_members_become_one() -> None:
    # L64
    shop = Shop(interests())
    yes, no, later = [1, "v1", 20000], [0, "v1", 19000], [1, "v2", 20001]
    assert consenting.merged(shop.compiled, "interests", yes, no) == no
    assert consenting.merged(shop.compiled, "interests", no, yes) == no
    assert consenting.merged(shop.compiled, "interests", yes, later) == later


def test_whoever_joins_may_say_yes_with_their_data() -> None:
    shop = Shop(HOBBY, interests(), FISHERS)
    change = ProfileChange(attributes={"hobby": "fish"})
    yes, no = ConsentSaid(purpose="interests", given=True), ConsentSaid(purpose="interests", given=False)
    assert refused(shop.do(shop.activity("profile", profile=change, consents=(no,)))) == "consent_missing"
    joined = shop.do(shop.activity("enrolled", profile=change, consents=(yes,)))
    assert (moves(joined), len(joined.consents)) == ([("fishers", True)], 1)
    other = Shop(interests())
    assert len(other.do(other.activity("enrolled", consents=(yes,))).consents) == 1


def test_nothing_is_kept_of_consents_that_nobody_gave() -> None:
    shop = Shop(base(), HOBBY, interests())
    shop.buy(1000)
    assert states.decode(shop.state).members[0].consents == {}


def test_L64_merged_with_somebody_who_refused_nothing_reads_it_any_more() -> None:
    town = Town(base(), HOBBY, FISHERS, interests())
    for who, given in ((ANN, True), (BOB, False)):
        at_home = town.at(who)
        at_home.do(at_home.activity("consent", consents=(ConsentSaid(purpose="interests", given=given),)))
    town.at(ANN).profile(hobby="fish")
    assert town.at(ANN).member().segments == ["fishers"]
    town.merge(BOB, ANN)
    merged = town.at(ANN)
    assert merged.member().segments == []
    assert merged.member().consents["interests"][0] == 0
    last = merged.done[merged.last()][1]
    assert [(change.name, change.value) for change in last.attributes][-1:] == [("hobby", None)]
