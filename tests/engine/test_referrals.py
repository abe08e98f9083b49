"""Referrals by hand: who counts, what each side gets, and what goes back (L4, L64)."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec

from regulars.engine.contracts.activity import ReturnedLine, Review
from regulars.engine.contracts.decision import Decision, Outcome
from regulars.engine.contracts.gifts import ReferralAct
from regulars.engine.referred import Referred
from regulars.kit import ids
from regulars.program.contracts.budgets import Budget
from regulars.program.contracts.challenges import Challenge
from regulars.program.contracts.definitions import ActivityType, Limit, LimitAction, Measure, Metric, Over
from regulars.program.contracts.effects import Badge
from regulars.program.contracts.households import Household
from regulars.program.contracts.ladders import Ladder, Level, Qualify
from regulars.program.contracts.referrals import Referral, ReferralEffects, Same, Undone
from regulars.program.contracts.triggers import OnEvent
from regulars.program.contracts.values import Period, Ratio, Span, Unit
from tests.engine.friends import Friends
from tests.engine.shop import at, base, give, rule
from tests.engine.town import ANN, BOB, CAT, DAN

CONVERTS = "type == 'purchase' && basket.total >= 300.00"
BOTH = ReferralEffects(both=(give("500"),))


def friend(**fields: Any) -> Referral:
    given: dict[str, Any] = {"converts": CONVERTS, "effects": BOTH, "within": Span(30, Unit.DAY), **fields}
    return Referral(name="friend", **given)


def ladder_of(formula: str, **levels: int) -> Ladder:
    made = {name: Level(from_={"": Ratio(least)} if least else {}) for name, least in levels.items()}
    return Ladder(name="status", qualify=Qualify(formulas={"": formula}), levels=made)


def heard(done: Decision, type: str) -> list[dict[str, object]]:
    return [event.data for event in done.events if event.type == type]


def code(done: Decision) -> str | None:
    return None if done.refusal is None else done.refusal.code


def test_a_friend_who_counts_brings_points_to_both_sides() -> None:
    town = Friends(friend())
    assert town.invited(BOB, by=ANN).outcome is Outcome.ACCEPTED
    town.buy(BOB, 29999)
    town.carry()
    assert (town.active(ANN), town.active(BOB)) == (0, 0)
    done = town.buy(BOB, 30000)
    assert heard(done, "referral.converted") == [{"name": "friend", "side": "friend", "level": 0, "total": 30000}]
    town.carry()
    assert (town.active(ANN), town.active(BOB)) == (500, 500)
    town.buy(BOB, 30000)
    assert town.carry() == []
    assert (town.active(ANN), town.active(BOB)) == (500, 500)


def test_a_budget_bounds_what_all_sides_get_and_a_return_gives_its_room_back() -> None:
    town = Friends(friend(budget=Budget(points={"points": 1200}), on_reversal=Undone.REVERSE))
    for one in (BOB, CAT):
        town.invited(one, by=ANN)
    town.buy(BOB, 30000)
    sale = town.at(BOB).last()
    town.carry()
    assert (town.active(ANN), town.active(BOB)) == (500, 500)
    # 200 of 1,200 are left for Cat, and nothing for Ann.
    cut = town.buy(CAT, 30000)
    told = town.carry()
    assert (cut.points, town.active(ANN), town.active(CAT)) == ({"points": 200}, 500, 200)
    assert heard(told[0], "referral.converted")[0]["side"] == "referrer"
    town.back(BOB, sale)
    town.carry()
    assert (town.active(ANN), town.active(BOB)) == (0, 0)
    # What both had given back is there for the next.
    town.invited(DAN, by=ANN)
    town.buy(DAN, 30000)
    town.carry()
    assert (town.active(ANN), town.active(DAN)) == (500, 500)


def test_a_budget_of_uses_counts_each_member_who_is_rewarded() -> None:
    town = Friends(friend(budget=Budget(uses=3)))
    for one in (BOB, CAT):
        town.invited(one, by=ANN)
        town.buy(one, 30000)
        town.carry()
    assert (town.active(ANN), town.active(BOB), town.active(CAT)) == (500, 500, 500)


def test_each_side_may_get_something_beside_what_both_get() -> None:
    effects = ReferralEffects(both=(give("100"),), referrer=(give("event.total / 100"),), friend=(give("7"),))
    town = Friends(friend(effects=effects))
    town.invited(BOB, by=ANN)
    town.buy(BOB, 45000)
    town.carry()
    # 100 and a hundredth of 450.00, rounded down.
    assert (town.active(ANN), town.active(BOB)) == (104, 107)


def test_those_above_get_what_their_level_gets_and_nobody_above_them() -> None:
    effects = ReferralEffects(referrer=(give("100"),), levels=((give("50"),), (give("25"),)))
    town = Friends(friend(effects=effects))
    eve = UUID(int=0xE)
    for one, by in ((BOB, ANN), (CAT, BOB), (DAN, CAT), (eve, DAN)):
        assert town.invited(one, by=by).outcome is Outcome.ACCEPTED
        town.carry()
    town.buy(eve, 30000)
    town.carry()
    assert [town.active(one) for one in (eve, DAN, CAT, BOB, ANN)] == [0, 100, 50, 25, 0]


def test_word_never_goes_round_in_a_ring() -> None:
    effects = ReferralEffects(referrer=(give("100"),), levels=((give("50"),),))
    town = Friends(friend(effects=effects))
    town.invited(BOB, by=ANN)
    # Before word of it has reached anybody, Ann takes Bob's code: both hear of it, and neither has brought the other.
    town.invited(ANN, by=BOB)
    town.carry()
    town.buy(BOB, 30000)
    town.buy(ANN, 30000)
    assert town.carry() == []
    assert (town.active(ANN), town.active(BOB)) == (0, 0)


def test_what_two_got_who_took_each_others_codes_at_the_same_moment_goes_back() -> None:
    effects = ReferralEffects(both=(give("500"),), levels=((give("50"),),))
    for at_once in (False, True):
        town = Friends(friend(effects=effects))
        for one, other in ((ANN, BOB), (BOB, ANN)):
            if at_once:
                said = ReferralAct(act="joined", referral="friend", code="X", referrer_id=other)
                town.buy(one, 30000, referral=said)
            else:
                town.invited(one, by=other)
                town.buy(one, 30000)
        assert (town.active(ANN), town.active(BOB)) == (500, 500), at_once
        told = town.carry()
        assert (town.active(ANN), town.active(BOB)) == (0, 0), at_once
        # Each hears it twice: of what they got as a friend, and of what they got for the other.
        assert sum(len(heard(one, "referral.undone")) for one in told) == 4
        for one in (ANN, BOB):
            known = town.at(one).member().referral
            assert known is not None, at_once
            assert known.friends == {"friend": [1, 0]}, at_once
        town.buy(BOB, 30000)
        assert (town.carry(), town.active(ANN), town.active(BOB)) == ([], 0, 0)


def test_who_has_brought_somebody_is_no_newcomer() -> None:
    town = Friends(friend())
    town.invited(BOB, by=ANN)
    town.carry()
    assert code(town.invited(ANN, by=BOB)) == "referral_too_late"


def test_a_code_is_taken_once_right_after_joining_and_before_the_first_basket() -> None:
    town = Friends(friend(join=Span(5, Unit.DAY)))
    assert code(town.invited(BOB, by=None)) == "referral_code_unknown"
    assert code(town.invited(BOB, by=ANN, referral="other")) == "referral_code_unknown"
    assert code(town.invited(BOB, by=BOB)) == "self_referral"
    town.invited(BOB, by=ANN)
    assert code(town.invited(BOB, by=CAT)) == "referred_already"
    town.buy(CAT, 100)
    assert code(town.invited(CAT, by=ANN)) == "referral_too_late"
    # A visit carries no basket.
    town.do(DAN, "visit")
    assert town.invited(DAN, by=ANN).outcome is Outcome.ACCEPTED
    eve = UUID(int=0xE)
    town.do(eve, "visit")
    # Through the fifth day after 2 March: until midnight of the 8th in Chisinau.
    town.now = at("2026-03-07 22:00")
    assert code(town.invited(eve, by=ANN)) == "referral_too_late"


def test_a_code_with_the_first_basket_counts_at_once_and_one_that_is_wrong_stops_nothing() -> None:
    town = Friends(friend(), base())
    said = ReferralAct(act="joined", referral="friend", code="X", referrer_id=ANN)
    town.buy(BOB, 30000, referral=said)
    assert len(town.carry()) == 1
    assert (town.active(ANN), town.active(BOB)) == (500, 800)
    assert town.state(ANN).members[0].referral == Referred(friends={"friend": [1, 1]})
    done = town.buy(ANN, 10000, referral=msgspec.structs.replace(said, referrer_id=ANN))
    assert done.outcome is Outcome.ACCEPTED
    assert [(one.to, one.fields["why"]) for one in done.messages if one.code == "referral.refused"] == [
        ("cashier", "referral_too_late")
    ]


def test_what_comes_late_counts_if_it_happened_in_time() -> None:
    for day, points in (("2026-03-12 20:00", 500), ("2026-03-12 22:00", 0), ("2026-03-01 10:00", 0)):
        town = Friends(friend(within=Span(10, Unit.DAY)))
        town.invited(BOB, by=ANN)
        # Ten days after 2 March end with the 12th in Chisinau, at 22:00 UTC.
        town.now = at("2026-04-20 10:00")
        town.buy(BOB, 30000, occurred_at=at(day))
        town.carry()
        assert (day, town.active(ANN), town.active(BOB)) == (day, points, points)


def test_without_a_time_a_friend_counts_however_late() -> None:
    town = Friends(friend(within=None))
    town.invited(BOB, by=ANN)
    town.now = at("2027-08-20 10:00")
    town.buy(BOB, 30000)
    town.carry()
    assert (town.active(ANN), town.active(BOB)) == (500, 500)


def test_a_referral_that_is_over_takes_no_codes() -> None:
    town = Friends(friend(from_=dt.date(2026, 3, 3), until=dt.date(2026, 4, 1)))
    assert code(town.invited(BOB, by=ANN)) == "referral_code_unknown"
    town.now = at("2026-03-31 20:00")
    assert town.invited(CAT, by=ANN).outcome is Outcome.ACCEPTED
    town.now = at("2026-03-31 21:30")
    assert code(town.invited(DAN, by=ANN)) == "referral_code_unknown"


def test_a_referrer_is_rewarded_so_often_in_a_period_and_the_friend_gets_theirs_all_the_same() -> None:
    town = Friends(friend(limits={Period.YEAR: 2}))
    for one in (BOB, CAT, DAN):
        town.invited(one, by=ANN)
        sale = town.buy(one, 30000)
        assert sale.points == {"points": 500}
    done = town.carry()
    assert town.active(ANN) == 1000
    assert heard(done[-1], "referral.limited") == [
        {"name": "friend", "period": "calendar year", "friend": ids.to_wire("mem", DAN)}
    ]
    # A friend who counts no more makes room in the year.
    town.back(BOB, town.at(BOB).last())
    town.carry()
    eve = UUID(int=0xE)
    town.invited(eve, by=ANN)
    town.buy(eve, 30000)
    town.carry()
    assert (town.active(ANN), town.active(eve)) == (1500, 500)


def test_rules_may_listen_and_read_the_tier_of_the_referrer() -> None:
    ladder = ladder_of("member.metrics.spend", basic=0, premium=500)
    spend = Metric(name="spend", measure=Measure.SUM, value="basket.total", over=Over.ACTIVITIES)
    double = rule(
        "double",
        give("500"),
        trigger=OnEvent(event="referral.converted"),
        **{"if": "event.side == 'referrer' && member.tier == 'premium'"},
    )
    town = Friends(friend(), double, ladder, spend)
    town.buy(ANN, 60000)
    for one, by in ((BOB, ANN), (DAN, CAT)):
        town.invited(one, by=by)
        town.buy(one, 30000)
    town.carry()
    assert [town.active(one) for one in (ANN, BOB, CAT, DAN)] == [1000, 500, 500, 500]


def test_friends_who_count_may_be_counted() -> None:
    friends = Metric(name="friends", measure=Measure.COUNT, over=Over.ACTIVITIES, where="type == 'referral'")
    town = Friends(friend(), friends)
    for one in (BOB, CAT):
        town.invited(one, by=ANN)
        town.buy(one, 30000)
    town.carry()
    assert (town.metric(ANN, "friends"), town.metric(BOB, "friends")) == (2, 0)
    town.back(BOB, town.at(BOB).last())
    town.carry()
    assert town.metric(ANN, "friends") == 1


def test_L4_what_waits_is_taken_back_and_a_person_looks_at_the_rest() -> None:
    pending = ReferralEffects(both=(give("500", pending=Span(14, Unit.DAY)),))
    for days, undone in ((3, (0, 0)), (20, (500, 500))):
        town = Friends(friend(effects=pending))
        town.invited(BOB, by=ANN)
        town.buy(BOB, 30000)
        sale = town.at(BOB).last()
        town.carry()
        assert (town.has(ANN).pending, town.has(BOB).pending) == (500, 500)
        town.now += dt.timedelta(days=days)
        back = town.back(BOB, sale)
        [there] = town.carry()
        town.at(ANN).tick()
        cases = [heard(one, "case.opened") for one in (back, there)]
        assert [len(one) for one in cases] == ([0, 0] if days == 3 else [1, 1])
        assert (town.active(ANN), town.active(BOB)) == undone
        assert (town.has(ANN).pending, town.has(BOB).pending) == (0, 0)


def test_L4_on_reversal_says_what_goes_back() -> None:
    left = {Undone.REVERSE: (0, 0, 0), Undone.KEEP: (500, 500, 0), Undone.REVIEW: (500, 500, 2)}
    for mode, (ann, bob, cases) in left.items():
        town = Friends(friend(on_reversal=mode))
        town.invited(BOB, by=ANN)
        town.buy(BOB, 30000)
        sale = town.at(BOB).last()
        town.carry()
        done = [town.back(BOB, sale), *town.carry()]
        asked = [event for one in done for event in heard(one, "case.opened")]
        assert (mode, town.active(ANN), town.active(BOB), len(asked)) == (mode, ann, bob, cases)


def test_L4_a_part_that_comes_back_undoes_it_only_where_the_rest_would_not_count() -> None:
    town = Friends(friend(on_reversal=Undone.REVERSE))
    town.invited(BOB, by=ANN)
    town.buy(BOB, 30000, 5000, 10000)
    sale = town.at(BOB).last()
    town.carry()
    town.back(BOB, sale, ReturnedLine(no=3))
    assert (town.carry(), town.active(ANN), town.active(BOB)) == ([], 500, 500)
    town.back(BOB, sale, ReturnedLine(no=1))
    town.carry()
    assert (town.active(ANN), town.active(BOB)) == (0, 0)
    # Once undone, nothing counts any more, nor is it undone again.
    town.buy(BOB, 30000)
    town.back(BOB, sale, ReturnedLine(no=2))
    assert town.carry() == []


def test_L4_what_those_above_and_what_rules_gave_goes_back_too() -> None:
    effects = ReferralEffects(referrer=(give("100"),), levels=((give("50"),),))
    more = rule("more", give("10"), trigger=OnEvent(event="referral.converted"), **{"if": "event.side == 'referrer'"})
    town = Friends(friend(effects=effects, on_reversal=Undone.REVERSE), more)
    for one, by in ((BOB, ANN), (CAT, BOB)):
        town.invited(one, by=by)
        town.carry()
    town.buy(CAT, 30000)
    sale = town.at(CAT).last()
    town.carry()
    assert (town.active(ANN), town.active(BOB)) == (60, 110)
    town.back(CAT, sale)
    town.carry()
    assert (town.active(ANN), town.active(BOB)) == (0, 0)


def test_L64_who_brought_themselves_gives_everything_back() -> None:
    for one, into in ((BOB, ANN), (ANN, BOB)):
        town = Friends(friend(), base())
        town.invited(BOB, by=ANN)
        town.buy(BOB, 30000)
        sale = town.at(BOB).last()
        town.carry()
        assert (town.active(ANN), town.active(BOB)) == (500, 800)
        town.merge(one, into)
        town.carry()
        assert (one, town.active(into)) == (one, 300)
        # Nothing of it comes again, and nothing goes twice.
        town.back(BOB, sale)
        assert (town.carry(), town.active(into)) == ([], 0)


def test_L64_merged_before_they_count_they_never_do() -> None:
    town = Friends(friend())
    town.invited(BOB, by=ANN)
    town.carry()
    town.merge(BOB, ANN)
    town.buy(ANN, 30000)
    assert (town.carry(), town.active(ANN)) == ([], 0)


def test_word_reaches_whom_the_referrer_is_now() -> None:
    town = Friends(friend(on_reversal=Undone.REVERSE))
    town.invited(BOB, by=ANN)
    town.carry()
    town.merge(ANN, CAT)
    town.buy(BOB, 30000)
    sale = town.at(BOB).last()
    town.carry()
    assert town.active(CAT) == 500
    town.merge(CAT, DAN)
    town.back(BOB, sale)
    town.carry()
    assert (town.active(DAN), town.active(BOB)) == (0, 0)


def test_taken_apart_each_has_their_own_friends_again() -> None:
    town = Friends(friend())
    town.invited(BOB, by=ANN)
    town.buy(BOB, 30000)
    town.invited(DAN, by=CAT)
    town.carry()
    before = [town.state(one).members[0].referral for one in (ANN, CAT)]
    town.merge(ANN, CAT)
    assert town.at(CAT).member().referral == Referred(friends={"friend": [2, 1]})
    town.unmerge(ANN)
    assert [town.state(one).members[0].referral for one in (ANN, CAT)] == before


def test_who_shares_a_device_a_card_or_a_phone_brings_themselves() -> None:
    cases: dict[Same, dict[str, Any]] = {
        Same.DEVICE: {"device": "phone-1"},
        Same.CARD: {"card": "card-1"},
        Same.PHONE: {"traces": ("phone:ab",)},
    }
    for kind, shown in cases.items():
        for asked in (kind, *(other for other in cases if other is not kind)):
            town = Friends(friend(same_person=(asked,)))
            town.do(ANN, "visit", **shown)
            joined = town.invited(BOB, by=ANN, **shown)
            assert (kind, asked, code(joined)) == (kind, asked, "self_referral" if asked is kind else None)
            town.invited(CAT, by=ANN)
            counts = town.buy(CAT, 30000, **shown)
            refused = [{"name": "friend", "by": kind.value}] if asked is kind else []
            assert heard(counts, "referral.refused") == refused


def test_whichever_of_the_two_was_seen_with_it_last_they_are_one() -> None:
    shown: tuple[tuple[Same, dict[str, Any]], ...] = (
        (Same.DEVICE, {"device": "phone-1"}),
        (Same.CARD, {"card": "card-1"}),
        (Same.PHONE, {"traces": ("phone:ab",)}),
    )
    for kind, with_it in shown:
        for first, then in ((BOB, ANN), (ANN, BOB)):
            for last in ({}, {"device": "other"}):
                town = Friends(friend())
                town.invited(BOB, by=ANN)
                town.do(first, "visit", **with_it)
                town.do(then, "visit", **with_it)
                counts = town.buy(BOB, 30000, **last)
                assert heard(counts, "referral.refused") == [{"name": "friend", "by": kind.value}]
                assert counts.counted == {"same person": [kind.value]}
                assert town.carry()[1:] == []
                assert (town.active(ANN), town.active(BOB)) == (0, 0)


def test_what_was_shared_before_the_code_was_given_is_asked_with_the_code() -> None:
    town = Friends(friend())
    town.do(BOB, "visit", device="phone")
    town.do(ANN, "visit", device="phone")
    assert code(town.invited(BOB, by=ANN)) == "self_referral"
    # What another shared with them is not the referrer's.
    assert code(town.invited(BOB, by=CAT)) is None


def test_what_very_many_were_seen_with_says_nothing_of_two_of_them() -> None:
    for others, by in ((48, ["device"]), (50, [])):
        town = Friends(friend())
        town.invited(BOB, by=ANN)
        town.do(BOB, "visit", device="terminal")
        for number in range(others):
            town.do(UUID(int=0x1000 + number), "visit", device="terminal")
        town.do(ANN, "visit", device="terminal")
        counts = town.buy(BOB, 30000)
        assert [one["by"] for one in heard(counts, "referral.refused")] == by


def test_one_who_uses_their_own_device_again_is_nobody_else() -> None:
    town = Friends(friend())
    town.invited(BOB, by=ANN, device="bob")
    town.do(BOB, "visit", device="bob")
    town.do(ANN, "visit", device="ann")
    assert heard(town.buy(BOB, 30000, device="bob"), "referral.refused") == []


def test_who_shares_a_household_brings_themselves() -> None:
    for same in (True, False):
        family = Household(name="family", size=3)
        town = Friends(friend(same_person=(Same.HOUSEHOLD,) if same else (Same.CARD,)), family)
        town.do(ANN, "visit")
        town.do(BOB, "visit")
        town.found(ANN, "family")
        town.household(ANN, "invite", member_id=BOB)
        town.join(BOB, of=ANN)
        assert code(town.invited(BOB, by=ANN)) == ("self_referral" if same else None)


def test_the_past_is_decided_again_to_the_same() -> None:
    town = Friends(friend())
    town.do(ANN, "visit", device="shared")
    town.invited(BOB, by=ANN)
    done = town.buy(BOB, 30000, device="shared")
    assert done.counted == {"same person": ["device"]}


def test_a_metric_that_does_not_name_friends_counts_none() -> None:
    everything = Metric(name="everything", measure=Measure.COUNT, over=Over.ACTIVITIES)
    town = Friends(friend(), everything)
    town.do(ANN, "visit")
    town.invited(BOB, by=ANN)
    town.buy(BOB, 30000)
    town.carry()
    assert town.metric(ANN, "everything") == 1
    town.back(BOB, town.at(BOB).last())
    town.carry()
    assert town.metric(ANN, "everything") == 1


def test_a_friend_beyond_the_limit_makes_no_room_when_they_go() -> None:
    badge = ReferralEffects(referrer=(Badge(badge="host"),))
    town = Friends(friend(effects=badge, limits={Period.YEAR: 1}), Challenge(name="host", goal="1", target="2"))
    sales = {}
    for one in (BOB, CAT):
        town.invited(one, by=ANN)
        town.buy(one, 30000)
        sales[one] = town.at(one).last()
        town.carry()
    assert town.at(ANN).member().badges["host"][0] == 1
    town.back(CAT, sales[CAT])
    town.carry()
    town.invited(DAN, by=ANN)
    town.buy(DAN, 30000)
    assert [code(one) or len(heard(one, "referral.limited")) for one in town.carry()] == [0, 1]
    # Bob was rewarded: with him the year has room again.
    town.back(BOB, sales[BOB])
    town.carry()
    eve = UUID(int=0xE)
    town.invited(eve, by=ANN)
    town.buy(eve, 30000)
    assert [len(heard(one, "referral.limited")) for one in town.carry()] == [0, 0]
    assert town.at(ANN).member().badges["host"][0] == 2


def test_a_trace_is_written_once() -> None:
    town = Friends(friend())
    for _ in range(3):
        town.do(ANN, "visit", device="phone")
    assert sorted(town.shared.values()) == [1]


def test_what_waits_for_a_person_counts_with_their_yes_and_what_is_rejected_no_more() -> None:
    photo = ActivityType(name="photo", approve="always")
    for approves, points in ((True, 500), (False, 0)):
        town = Friends(friend(converts="type == 'photo'", on_reversal=Undone.REVERSE), photo)
        town.invited(BOB, by=ANN)
        town.carry()
        town.do(BOB, "photo", by="till")
        shown = town.at(BOB).last()
        assert town.carry() == []
        town.now += dt.timedelta(days=5)
        town.do(BOB, "verdict", review=Review(activity_id=shown, approves=approves, by="staff"))
        town.carry()
        assert (approves, town.active(ANN), town.active(BOB)) == (approves, points, points)


def test_what_a_limit_held_back_and_a_person_rejects_counts_no_more() -> None:
    hold = Limit(name="odd", if_="basket.total >= 300.00", then=LimitAction.HOLD)
    town = Friends(friend(on_reversal=Undone.REVERSE), hold)
    town.invited(BOB, by=ANN)
    town.buy(BOB, 30000, by="till")
    sale = town.at(BOB).last()
    town.carry()
    assert town.active(ANN) == 500
    town.do(BOB, "verdict", review=Review(activity_id=sale, approves=False, by="staff"))
    town.carry()
    assert (town.active(ANN), town.has(BOB).pending, town.active(BOB)) == (0, 0, 0)
