"""Leaderboards: scores follow the metric, cycles begin anew, what comes back lowers them, prizes go by rank."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from regulars.engine.contracts.decision import Decision
from regulars.engine.contracts.games import Entry, EntrySeen, Score, Vote
from regulars.kit import ids
from regulars.program.contracts.boards import Best, Board, BoardJoin, Entries, Proof, Ties
from regulars.program.contracts.definitions import Attribute, Measure, Metric, Segment
from regulars.program.contracts.effects import Emit, Receipt
from regulars.program.contracts.fields import FieldType
from regulars.program.contracts.triggers import OnEvent
from regulars.program.contracts.values import Period, Text, Window, WindowKind
from tests.engine.shop import MEMBER, Shop, at, base, give, rule

MONTH = Window(kind=WindowKind.PERIOD, period=Period.MONTH)
SPEND = Metric(name="spend", measure=Measure.SUM, value="basket.total", where="type == 'purchase'", window=MONTH)
MARCH = 2026 * 12 + 2


def board(**fields: Any) -> Board:
    return Board(name="top", metric="spend", **fields)


def scores(decision: Decision) -> list[tuple[int, int | None]]:
    return [(row.cycle, row.score) for row in decision.games if isinstance(row, Score)]


def says(shop: Shop, act: str, **fields: Any) -> Decision:
    seen = fields.pop("seen", None)
    return shop.do(shop.activity("board", fields={"board": "top", "act": act, **fields}, entry=seen))


def test_a_score_follows_the_metric_and_begins_anew_with_the_cycle() -> None:
    shop = Shop(SPEND, board())
    assert scores(shop.buy(1000)) == [(MARCH, 1000)]
    assert scores(shop.buy(500)) == [(MARCH, 1500)]
    assert scores(shop.do(shop.activity("visit"))) == []
    shop.now = at("2026-04-02 10:00")
    assert scores(shop.buy(200)) == [(MARCH + 1, 200)]


def test_the_moment_of_a_score_is_when_it_was_reached() -> None:
    shop = Shop(SPEND, board())
    shop.now = at("2026-03-05 10:00")
    late = shop.buy(1000, occurred_at=at("2026-03-04 09:30"))
    assert [row.reached_at for row in late.games if isinstance(row, Score)] == [at("2026-03-04 09:30")]


def test_what_comes_back_lowers_the_running_cycle_and_the_one_before() -> None:
    shop = Shop(SPEND, board())
    shop.buy(1000)
    march = shop.last()
    shop.buy(300)
    assert scores(shop.back(march, amount=400)) == [(MARCH, 900)]
    shop.now = at("2026-04-02 10:00")
    shop.buy(200)
    assert scores(shop.back(march, amount=600)) == [(MARCH, 300)]
    shop.now = at("2026-05-20 10:00")
    shop.buy(100)
    # Two cycles ago: nothing of it is known any more, and its prizes were given.
    assert scores(shop.back(march)) == []


def test_who_has_nothing_left_stands_nowhere() -> None:
    shop = Shop(SPEND, board())
    shop.buy(1000)
    assert scores(shop.back(shop.last())) == [(MARCH, None)]


def test_only_who_asks_stands_on_a_board_by_tap_and_who_leaves_is_gone() -> None:
    shop = Shop(SPEND, board(join=BoardJoin.TAP))
    assert scores(shop.buy(1000)) == []
    assert scores(says(shop, "join")) == [(MARCH, 1000)]
    assert scores(shop.buy(100)) == [(MARCH, 1100)]
    assert scores(says(shop, "leave")) == [(MARCH, None)]
    assert scores(shop.buy(100)) == []
    assert scores(says(shop, "join")) == [(MARCH, 1200)]


def test_who_leaves_a_board_of_all_is_gone_from_both_cycles() -> None:
    shop = Shop(SPEND, board())
    shop.buy(1000)
    shop.now = at("2026-04-02 10:00")
    shop.buy(200)
    left = says(shop, "leave")
    assert scores(left) == [(MARCH, None), (MARCH + 1, None)]
    assert [event.type for event in left.events if event.type.startswith("board")] == ["board.recorded", "board.left"]


def test_the_audience_is_asked_and_who_falls_out_of_it_stays_in_what_is_over() -> None:
    club = Segment(name="club", static=True)
    shop = Shop(SPEND, club, board(audience="club"))
    assert scores(shop.buy(1000)) == []
    refusal = says(shop, "join").refusal
    assert refusal is not None
    assert refusal.code == "game_not_for_member"
    own = Shop(SPEND, board(audience="member.metrics.spend >= 10.00 && member.metrics.spend < 50.00"))
    assert scores(own.buy(900)) == []
    assert scores(own.buy(200)) == [(MARCH, 1100)]
    assert scores(own.buy(5000)) == [(MARCH, None)]


CITY = Attribute(name="city", type=FieldType.TEXT, purpose="service")


def test_within_ranks_by_group_and_who_has_none_is_not_ranked() -> None:
    shop = Shop(SPEND, CITY, board(within="member.attributes.city"))
    assert scores(shop.buy(1000)) == []
    shop.profile(city="Bălți")
    placed = shop.buy(100)
    assert [(row.within, row.score) for row in placed.games if isinstance(row, Score)] == [("Bălți", 1100)]
    moved = shop.profile(city="Cahul")
    assert [(row.within, row.score) for row in moved.games if isinstance(row, Score)] == [("Cahul", 1100)]


def test_a_name_is_shown_only_with_consent() -> None:
    nick = Attribute(name="nick", type=FieldType.TEXT, purpose="service")
    shop = Shop(SPEND, nick, board(shows="nick", consent="fame"))
    shop.profile(nick="Ion")
    assert [row.shown for row in shop.buy(1000).games if isinstance(row, Score)] == [None]


def test_a_board_between_its_days() -> None:
    shop = Shop(SPEND, board(from_=dt.date(2026, 3, 3), until=dt.date(2026, 3, 20)))
    assert scores(shop.buy(1000)) == []
    shop.now = at("2026-03-05 10:00")
    assert scores(shop.buy(100)) == [(MARCH, 1100)]
    sale = shop.last()
    shop.now = at("2026-03-21 10:00")
    # After its last day it only falls.
    assert scores(shop.buy(5000)) == []
    later = shop.last()
    assert scores(shop.back(later)) == []
    assert scores(shop.back(sale)) == [(MARCH, 1000)]


def test_a_metric_of_ever_fits_a_board_that_ends_once() -> None:
    ever = Metric(name="spend", measure=Measure.SUM, value="basket.total", where="type == 'purchase'")
    shop = Shop(ever, board(cycle=Period.EVER))
    shop.buy(1000)
    shop.now = at("2027-04-02 10:00")
    assert scores(shop.buy(200)) == [(0, 1200)]


PRIZES = {
    "1": (give("1000"), Emit(event="champion")),
    "2-3": (give("500"),),
    "top 50 %": (give("10 * event.rank"),),
}


def ends(shop: Shop, rank: int, **fields: Any) -> Decision:
    facts = {"game": "boards.top", "cycle": MARCH, "rank": rank, "score": 900, "of": 20, **fields}
    return shop.do(shop.activity("prize", fields=facts))


def points(decision: Decision) -> list[tuple[str, int]]:
    return [(one.rule, one.points) for one in decision.fired]


def test_prizes_by_rank_are_named_after_the_board_and_the_first_that_fits_counts() -> None:
    shop = Shop(SPEND, board(prizes=PRIZES))
    first = ends(shop, 1)
    assert points(first) == [("boards.top", 1000)]
    assert "champion" in [event.type for event in first.events]
    assert [event.data for event in first.events if event.type == "board.closed"] == [
        {"name": "top", "rank": 1, "score": 900, "tied": 1}
    ]
    assert points(ends(shop, 3)) == [("boards.top", 500)]
    # Half of 20 is 10.
    assert points(ends(shop, 10)) == [("boards.top", 100)]
    assert points(ends(shop, 11)) == []


def test_shared_ties_each_get_the_whole_prize() -> None:
    shop = Shop(SPEND, board(prizes=PRIZES, ties=Ties.SHARED))
    assert points(ends(shop, 1, tied=3, turn=2)) == [("boards.top", 1000)]


def test_split_ties_divide_the_places_that_they_take_and_lose_nothing() -> None:
    # Three take places 1, 2 and 3: 1000 + 500 + 500 = 2000, each prize divided by three with the rest to the first.
    # 1000 = 334 + 333 + 333; 500 = 167 + 167 + 166, twice.
    shop = Shop(SPEND, board(prizes=PRIZES, ties=Ties.SPLIT))
    found = [ends(shop, 1, tied=3, turn=turn) for turn in range(3)]
    assert [sum(given for _, given in points(one)) for one in found] == [
        334 + 167 + 167,
        333 + 167 + 167,
        333 + 166 + 166,
    ]
    assert shop.active() == 2000
    # What is no points each of them gets.
    assert ["champion" in [event.type for event in one.events] for one in found] == [True, True, True]


def test_rules_listen_to_a_closed_board() -> None:
    hears = rule("hears", give("event.rank"), trigger=OnEvent(event="board.closed", name="top"))
    shop = Shop(SPEND, board(), hears)
    assert points(ends(shop, 4)) == [("hears", 4)]


def test_a_prize_of_a_board_that_is_no_more_is_refused() -> None:
    shop = Shop(SPEND)
    refusal = ends(shop, 1).refusal
    assert refusal is not None
    assert refusal.code == "unknown_game"


def test_caps_of_the_currency_cut_a_prize() -> None:
    from regulars.program.contracts.definitions import Currency, EarnCap
    from regulars.program.contracts.values import Ratio

    capped = Currency(name="points", value=Ratio(1, 100), caps=(EarnCap(Period.DAY, 600),))
    shop = Shop(capped, SPEND, board(prizes=PRIZES))
    assert points(ends(shop, 1)) == [("boards.top", 600)]


# -- contests

OTHER = UUID(int=99)
ENTRY = UUID(int=5)
WIRE = ids.to_wire("act", ENTRY)


def contest(**fields: Any) -> Shop:
    day = fields.pop("until", None)
    return Shop(Board(name="top", entries=Entries(**fields), until=day))


def seen(state: str = "accepted", member: UUID = OTHER, cycle: int = MARCH) -> EntrySeen:
    return EntrySeen(board="top", cycle=cycle, member_id=member, state=state)


def code(decision: Decision) -> str | None:
    return None if decision.refusal is None else decision.refusal.code


def rows(decision: Decision, kind: type) -> list[Any]:
    return [row for row in decision.games if isinstance(row, kind)]


def test_an_entry_needs_its_proof_and_waits_for_staff() -> None:
    shop = contest(proof=Proof.LINK)
    assert code(says(shop, "enter", proof="my cat")) == "proof_missing"
    entered = says(shop, "enter", proof="https://example.org/cat.jpg")
    assert [(row.state, row.proof, row.cycle) for row in rows(entered, Entry)] == [
        ("pending", "https://example.org/cat.jpg", MARCH)
    ]
    assert code(says(shop, "enter", proof="https://example.org/dog.jpg")) == "no_plays_left"
    shop.now = at("2026-04-01 10:00")
    assert code(says(shop, "enter", proof="https://example.org/dog.jpg")) is None


def test_without_moderation_an_entry_counts_at_once() -> None:
    shop = contest(proof=Proof.NONE, moderated=False, per_member=2)
    assert [row.state for row in rows(says(shop, "enter"), Entry)] == ["accepted"]
    assert code(says(shop, "enter")) is None
    assert code(says(shop, "enter")) == "no_plays_left"
    assert code(says(contest(), "enter")) == "proof_missing"


def test_staff_accept_or_reject_with_a_reason() -> None:
    shop = contest()
    mine = seen("pending", MEMBER)
    assert code(says(shop, "reject", entry=WIRE, seen=mine)) == "missing_part"
    rejected = says(shop, "reject", entry=WIRE, reason="not a cat", seen=mine)
    assert [(row.state, row.reason) for row in rows(rejected, Entry)] == [("rejected", "not a cat")]
    assert [row.state for row in rows(says(shop, "accept", entry=WIRE, seen=mine), Entry)] == ["accepted"]
    assert code(says(shop, "accept", entry=WIRE, seen=seen("pending", OTHER))) == "entry_not_found"
    assert [row.state for row in rows(says(shop, "withdraw", entry=WIRE, seen=mine), Entry)] == ["withdrawn"]
    assert code(says(shop, "accept", entry=WIRE, seen=seen("withdrawn", MEMBER))) == "entry_not_open"


def test_a_member_votes_for_others_once_each_and_so_often_a_cycle() -> None:
    shop = contest(votes=2)
    assert [row.points for row in rows(says(shop, "vote", entry=WIRE, seen=seen()), Vote)] == [1]
    assert code(says(shop, "vote", entry=WIRE, seen=seen())) == "voted_already"
    assert code(says(shop, "vote", entry=ids.to_wire("act", UUID(int=6)), seen=seen(member=MEMBER))) == "own_entry"
    assert code(says(shop, "vote", entry=ids.to_wire("act", UUID(int=6)), seen=seen("pending"))) == "entry_not_open"
    old = seen(cycle=MARCH - 1)
    assert code(says(shop, "vote", entry=ids.to_wire("act", UUID(int=6)), seen=old)) == "entry_not_open"
    assert code(says(shop, "vote", entry=ids.to_wire("act", UUID(int=6)), seen=seen())) is None
    assert code(says(shop, "vote", entry=ids.to_wire("act", UUID(int=7)), seen=seen())) == "no_plays_left"
    shop.now = at("2026-04-01 10:00")
    assert code(says(shop, "vote", entry=ids.to_wire("act", UUID(int=8)), seen=seen(cycle=MARCH + 1))) is None


def test_a_jury_counts_as_declared() -> None:
    shop = contest(votes=0, jury=5)
    judged = says(shop, "judge", entry=WIRE, points=7, judge="ana", seen=seen(member=MEMBER))
    assert [(row.points, row.judge) for row in rows(judged, Vote)] == [(35, "ana")]
    assert code(says(shop, "judge", entry=WIRE, points=101, judge="ana", seen=seen(member=MEMBER))) == "missing_part"
    assert code(says(shop, "vote", entry=WIRE, seen=seen())) == "no_plays_left"
    assert (
        code(says(contest(), "judge", entry=WIRE, points=7, judge="ana", seen=seen(member=MEMBER))) == "not_a_contest"
    )


def test_a_board_with_a_metric_takes_no_entries() -> None:
    assert code(says(Shop(SPEND, board()), "enter", proof="x")) == "not_a_contest"
    assert code(says(Shop(SPEND, board()), "vote", entry=WIRE, seen=seen())) == "not_a_contest"
    assert code(says(contest(until=dt.date(2026, 3, 1)), "enter", proof="x")) == "game_not_open"
    assert code(says(Shop(SPEND, board()), "dance")) == "unknown_act"
    assert code(says(Shop(SPEND, board()), "")) == "missing_part"


def test_lowest_first_is_for_the_ranking_and_changes_no_score() -> None:
    shop = Shop(SPEND, board(best=Best.LOWEST))
    assert scores(shop.buy(1000)) == [(MARCH, 1000)]


def test_the_state_of_who_plays_nothing_is_empty() -> None:
    from regulars.engine import state

    shop = Shop(SPEND, board(join=BoardJoin.TAP), base(), rule("r", Receipt(receipt="x", say=Text(en="x"))))
    shop.buy(1000)
    assert state.decode(shop.state).members[0].games == {}


def test_of_two_who_become_one_a_refusal_stays_and_votes_count_both() -> None:
    from regulars.engine import playing
    from regulars.engine.games.standings import ASKED, LEFT, Standing

    compiled = Shop(SPEND, board()).compiled
    one, other = Standing(), Standing()
    one.wish, one.entered, one.voted = ASKED, 1, [b"a"]
    other.wish, other.entered, other.voted = LEFT, 2, [b"a", b"b"]
    both = Standing(playing.merged(compiled, "top", one.kept(), other.kept()))
    assert (both.wish, both.entered, both.voted) == (LEFT, 3, [b"a", b"b"])
    assert Standing(playing.merged(compiled, "top", [], one.kept())).wish == ASKED
