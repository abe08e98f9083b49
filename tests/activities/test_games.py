"""Boards and draws on a database: rows of scores and plays, ranks, prizes at the end, and a proof that anybody can do."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import hmac
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from regulars.activities import closing, lucky, standings
from regulars.activities import games as games_read
from regulars.activities.contracts import Answer
from regulars.activities.service import Runtime
from regulars.engine import service as engine
from regulars.kit import ids
from regulars.kit.database import Database
from tests.activities.conftest import NOW, SHOP, Shop, open_shop

GAMES = (
    SHOP.replace(
        "metrics:\n",
        'metrics:\n  spend_month: {sum: "basket.total", where: "type == \'purchase\'", window: calendar month}\n',
    )
    + """
  spins: {trigger: visit, effects: [{play: wheel}]}
  tickets: {trigger: visit, effects: [{play: lottery}]}
boards:
  top:
    title: {en: Top, ru: Топ, ro: Top}
    metric: spend_month
    ties: split
    prizes_after: 2 days
    prizes: {1: [{give: points, amount: "1000"}], 2-3: [{give: points, amount: "100"}]}
  photo:
    title: {en: Photo, ru: Фото, ro: Foto}
    entries: {jury: 2}
    prizes: {1: [{give: points, amount: "300"}]}
draws:
  wheel:
    title: {en: Wheel, ru: Колесо, ro: Roata}
    plays: {calendar month: 10}
    prizes:
      cup: {odds: 1/2, at_most: {ever: 3}, effects: [{give: points, amount: "7"}]}
  lottery:
    title: {en: Lottery, ru: Лотерея, ro: Loterie}
    drawn: at end
    prizes: {car: {winners: 1, effects: [{give: points, amount: "5000"}]}, pen: {winners: 2, effects: [{give: points, amount: "5"}]}}
"""
)
NOVEMBER = 2026 * 12 + 10
NOBODY = UUID(int=1)
AFTER = dt.datetime(2026, 12, 3, 0, 5, tzinfo=dt.UTC)


@pytest.fixture
async def games(database: Database, home: Path) -> AsyncIterator[Shop]:
    async with open_shop(database, home, GAMES) as shop:
        yield shop


async def close(shop: Shop, now: dt.datetime, limit: int = 200) -> int:
    async with shop.runtime.database.lane() as lane:
        return await closing.close(shop.runtime, lane, programs=[shop.program_id], now=now, limit=limit)


def board(shop: Shop) -> Any:
    return shop.runtime.programs.current(shop.program_id).program.boards["top"]


async def rows(shop: Shop, text: str) -> list[tuple[Any, ...]]:
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        return [tuple(row) for row in await tx.fetch(text)]


async def ranks(shop: Shop) -> list[tuple[int, int]]:
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        found = await standings.top(tx, board(shop), program_id=shop.program_id, cycle=NOVEMBER, within="", limit=10)
    return [(one.rank, one.score) for one in found]


async def three(shop: Shop) -> list[Answer]:
    return [
        await shop.buy(amount, phone=f"+3736900000{number}", received_at=NOW + dt.timedelta(minutes=number))
        for number, amount in enumerate((5000, 3000, 3000))
    ]


async def balance(shop: Shop, answer: Answer) -> int:
    member = ids.from_wire("mem", answer.member.id)
    found = await rows(shop, f"select active from regulars.balance where account_id = '{member}'")
    return int(found[0][0])


async def test_scores_are_rows_and_ranks_are_counted(games: Shop) -> None:
    await three(games)
    assert await ranks(games) == [(1, 5000), (2, 3000), (2, 3000)]
    await games.buy(2500, phone="+37369000002")
    assert await ranks(games) == [(1, 5500), (2, 5000), (3, 3000)]


async def test_pages_go_on_where_the_last_one_ended(games: Shop) -> None:
    for number in range(7):
        await games.buy(1000 * (number // 2 + 1), phone=f"+3736900000{number}")
    async with games.runtime.database.read(programs=[games.program_id]) as tx:
        asked: dict[str, Any] = {"program_id": games.program_id, "cycle": NOVEMBER, "within": ""}
        whole = await standings.top(tx, board(games), limit=10, **asked)
        paged = []
        after = None
        while page := await standings.top(tx, board(games), limit=2, after=after, **asked):
            paged += page
            after = page[-1]
        assert paged == whole
        assert [one.rank for one in whole] == [1, 2, 2, 4, 4, 6, 6]
        near, _ = await standings.around(
            tx,
            board(games),
            account_id=whole[3].account_id,
            member_id=whole[3].member_id,
            reach=1,
            **{key: value for key, value in asked.items() if key != "within"},
        )
    assert near == whole[2:5]


async def test_prizes_are_given_once_after_the_days_of_returns(games: Shop) -> None:
    first, second, third = await three(games)
    assert await close(games, AFTER - dt.timedelta(days=2)) == 0
    assert await close(games, AFTER) == 3
    # 1000 for the first; the two others share 100 and 100 of places 2 and 3.
    assert [await balance(games, one) for one in (first, second, third)] == [50 + 1000, 30 + 100, 30 + 100]
    assert await close(games, AFTER) == 0
    assert await close(games, AFTER + dt.timedelta(days=5)) == 0
    assert await rows(
        games, "select cycle, paid_at is not null from regulars.game_cycle where game = 'boards.top'"
    ) == [(NOVEMBER, True)]


async def test_what_comes_back_before_the_prizes_changes_who_wins(games: Shop) -> None:
    from regulars.activities.contracts import SaleRef

    first, second, third = await three(games)
    back = games.intake(
        "return", sale=SaleRef(activity_id=first.activity_id, amount=4000), received_at=NOW + dt.timedelta(days=11)
    )
    assert (await games.submit(back)).status == 201
    assert await close(games, AFTER) == 3
    # 1000 and 100 of places 1 and 2 between the two; the first has 100 for place 3.
    assert [await balance(games, one) for one in (second, third)] == [30 + 550, 30 + 550]
    assert await balance(games, first) == 10 + 100


async def test_a_worker_that_is_killed_in_the_middle_goes_on_with_the_same_winners(games: Shop) -> None:
    first, second, third = await three(games)
    assert await close(games, AFTER, limit=1) == 1
    # What is bought or comes back now changes nothing of what is written down.
    await rows(games, "select 1")
    # As if it had been killed after the activity and before it could note that it is paid.
    async with games.runtime.database.transaction(programs=[games.program_id]) as tx:
        await tx.execute("update regulars.game_winner set paid_at = null")
    assert await close(games, AFTER + dt.timedelta(days=1)) == 3
    assert [await balance(games, one) for one in (first, second, third)] == [1050, 130, 130]


async def test_two_workers_at_once_give_each_prize_once(games: Shop) -> None:
    first, second, third = await three(games)
    await asyncio.gather(close(games, AFTER), close(games, AFTER))
    assert await close(games, AFTER) == 0
    assert [await balance(games, one) for one in (first, second, third)] == [1050, 130, 130]


async def visits(shop: Shop, count: int, at: dt.datetime = NOW) -> list[Answer]:
    replies = [
        await shop.submit(
            shop.intake("visit", phone=f"+373690{number:05d}", received_at=at + dt.timedelta(seconds=number))
        )
        for number in range(count)
    ]
    assert {reply.status for reply in replies} == {201}
    return [msgspec.json.decode(reply.body, type=Answer) for reply in replies]


async def test_what_was_drawn_follows_from_the_seed_that_is_shown_afterwards(games: Shop) -> None:
    await visits(games, 12)
    secret = lucky.seed(games.runtime.draw_key, program_id=games.program_id, draw="wheel", cycle=NOVEMBER)
    played = await rows(
        games, "select activity_id, n, drawn, prize from regulars.draw_play where draw = 'wheel' order by activity_id"
    )
    assert len(played) == 12
    won = 0
    for activity_id, n, drawn, prize in played:
        # In other words than the program's own: half of all rolls begin with a byte below 128.
        luck = hmac.new(secret, activity_id.bytes, hashlib.sha256).digest()
        cup = hashlib.sha256(luck + n.to_bytes(4, "big")).digest()[0] < 128
        assert drawn == ("cup" if cup else None)
        assert prize == (drawn if won < 3 else None)
        won += prize is not None
    assert won == 3


async def test_the_last_prizes_are_never_given_twice_whoever_plays_at_once(games: Shop) -> None:
    intakes = [games.intake("visit", phone=f"+373690{number:05d}") for number in range(60)]
    replies = await asyncio.gather(*(games.submit(intake) for intake in intakes))
    assert {reply.status for reply in replies} == {201}
    assert await rows(games, "select count(*) from regulars.draw_play where prize = 'cup'") == [(3,)]
    assert await rows(
        games, "select sum(value) from regulars.counter where metric = 'draws.wheel' and item = 'e/cup'"
    ) == [(3,)]


async def test_two_servers_share_one_budget(games: Shop, database: Database) -> None:
    async with Runtime(games.runtime.settings, database) as other:
        twin = Shop(other, games.program_id)
        intakes = [games.intake("visit", phone=f"+373690{number:05d}") for number in range(60)]
        replies = await asyncio.gather(
            *((games if number % 2 else twin).submit(intake) for number, intake in enumerate(intakes))
        )
    assert {reply.status for reply in replies} == {201}
    assert await rows(games, "select count(*) from regulars.draw_play where prize = 'cup'") == [(3,)]


async def test_a_lottery_is_drawn_among_its_tickets_once_a_member(games: Shop) -> None:
    answers = await visits(games, 8)
    await visits(games, 8, NOW + dt.timedelta(hours=1))
    december = dt.datetime(2026, 12, 1, 12, 0, tzinfo=dt.UTC)
    assert await close(games, december) == 3
    secret = lucky.seed(games.runtime.draw_key, program_id=games.program_id, draw="lottery", cycle=NOVEMBER)
    tickets = await rows(
        games, "select activity_id, n, member_id from regulars.draw_play where draw = 'lottery' and ticket"
    )
    assert len(tickets) == 16
    rolled = sorted(
        (hashlib.sha256(hmac.digest(secret, one.bytes, "sha256") + bytes(4)).digest()[:8], one, member)
        for one, _, member in tickets
    )
    expected = list(dict.fromkeys(member for _, _, member in rolled))[:3]
    found = await rows(games, "select member_id from regulars.game_winner where game = 'draws.lottery' order by place")
    assert [member for (member,) in found] == expected
    assert len(answers) == 8


async def test_a_replay_draws_the_same(games: Shop) -> None:
    from regulars.activities import queries, replay

    await visits(games, 6)
    async with games.runtime.database.read(programs=[games.program_id]) as tx:
        accounts = [row["account_id"] for row in await tx.fetch("select account_id from regulars.account")]
        for account_id in accounts:
            recorded = await queries.of_account(tx, account_id=account_id)
            state = await tx.fetchval("select state from regulars.account where account_id = $1", account_id)
            steps = list(
                replay.replay(
                    account_id,
                    [(activity, number) for activity, number, _ in recorded],
                    choose=lambda activity, number: games.runtime.programs.numbered(activity.program_id, number),
                )
            )
            assert [step.decision.recorded for step in steps] == [decision for _, _, decision in recorded]
            assert steps[-1].decision.state == state


async def test_a_quote_does_not_say_what_would_be_won(games: Shop) -> None:
    from regulars.activities import service as activities

    found = await activities.quote(games.runtime, games.intake("visit", phone="+37369123456"), now=NOW)
    assert isinstance(found, tuple)
    assert [one.code for one in found[0].messages if one.code.startswith("draw.w")] == []


def test_seeds_differ_by_program_draw_and_cycle_and_are_hidden_behind_their_hash() -> None:
    key = bytes(32)
    seeds = [
        lucky.seed(key, program_id=program_id, draw=draw, cycle=cycle)
        for program_id in (1, 11)
        for draw in ("a", "b")
        for cycle in (1, 2)
    ]
    assert len(set(seeds)) == 8
    assert all(one != other for one, other in pairwise(sorted(seeds)))
    assert lucky.commitment(seeds[0]) == hashlib.sha256(seeds[0]).hexdigest()


def test_when_prizes_are_due() -> None:
    # A cycle that ends with January and waits a month is due on the last day of February.
    from regulars.program.contracts.values import Period, Span, Unit

    end = engine.cycle_end(Period.MONTH, 2026 * 12)
    assert end == dt.date(2026, 2, 1)
    assert engine.days_after(dt.date(2026, 1, 31), Span(1, Unit.MONTH)) == dt.date(2026, 2, 28)
    assert engine.days_after(end, Span(14, Unit.DAY)) == dt.date(2026, 2, 15)
    assert engine.days_after(end, Span(5, Unit.HOUR)) == dt.date(2026, 2, 2)
    assert engine.days_after(end, None) == end


async def page_of(shop: Shop, name: str = "top", **asked: Any) -> games_read.BoardOut:
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        return await games_read.board_page(
            shop.runtime, tx, program_id=shop.program_id, name=name, now=asked.pop("now", NOW), **asked
        )


async def test_a_board_shows_invented_names_and_nobodys_id(games: Shop) -> None:
    answers = await three(games)
    page = await page_of(games)
    assert (page.from_, page.until, page.closed, page.scale) == (dt.date(2026, 11, 1), dt.date(2026, 12, 1), False, 2)
    assert [(one.rank, one.score) for one in page.places] == [(1, 5000), (2, 3000), (2, 3000)]
    assert all(set(one.name) == {"en", "ru", "ro"} for one in page.places)
    shown = msgspec.json.encode(page).decode()
    assert not any(answer.member.id in shown for answer in answers)
    again = await page_of(games)
    assert again == page
    first = await page_of(games, limit=2)
    assert first.next_cursor is not None
    assert (await page_of(games, limit=2, cursor=first.next_cursor)).places == page.places[2:]


async def test_a_board_around_a_member_marks_them(games: Shop) -> None:
    _, second, _ = await three(games)
    page = await page_of(games, around=ids.from_wire("mem", second.member.id))
    assert [(one.rank, one.me) for one in page.places] == [(1, False), (2, True), (2, False)]
    stranger = await page_of(games, around=NOBODY)
    assert stranger.places == ()


async def test_a_closed_cycle_is_shown_as_closed(games: Shop) -> None:
    await three(games)
    await close(games, AFTER)
    page = await page_of(games, now=AFTER, on=dt.date(2026, 11, 20))
    assert page.closed
    assert len(page.places) == 3
    assert (await page_of(games, now=AFTER)).places == ()


async def test_the_proof_hides_the_seed_until_the_cycle_is_over(games: Shop) -> None:
    await visits(games, 3)

    async def proof(at: dt.datetime, name: str = "wheel") -> games_read.ProofOut:
        async with games.runtime.database.read(programs=[games.program_id]) as tx:
            return await games_read.proof(
                games.runtime, tx, program_id=games.program_id, name=name, now=at, on=dt.date(2026, 11, 20)
            )

    running, over = await proof(NOW), await proof(AFTER)
    assert running.seed is None
    assert {one.roll for one in running.plays} == {None}
    assert over.seed is not None
    assert hashlib.sha256(bytes.fromhex(over.seed)).hexdigest() == running.commitment == over.commitment
    for play in over.plays:
        luck = hmac.digest(bytes.fromhex(over.seed), bytes.fromhex(play.id), "sha256")
        rolled = int.from_bytes(hashlib.sha256(luck + play.n.to_bytes(4, "big")).digest()[:8], "big")
        assert play.roll == str(rolled)
        assert play.drawn == ("cup" if rolled < 2**63 else None)
    # Tickets wait for the draw, not only for the end of the cycle.
    assert (await proof(AFTER, "lottery")).seed is None
    await close(games, AFTER)
    assert (await proof(AFTER, "lottery")).seed is not None


async def test_a_member_reads_places_plays_left_and_entries(games: Shop) -> None:
    first, *_ = await three(games)
    member_id = ids.from_wire("mem", first.member.id)
    await games.submit(games.intake("visit", phone="+37369000000"))
    entered = games.intake("board", phone="+37369000000", fields={"board": "photo", "act": "enter", "proof": "My cat"})
    assert (await games.submit(entered)).status == 201
    async with games.runtime.database.read(programs=[games.program_id]) as tx:
        found = await games_read.of_member(games.runtime, tx, program_id=games.program_id, member_id=member_id, now=NOW)
    assert [(one.board, one.rank, one.score) for one in found.boards] == [("top", 1, 5000)]
    assert {one.draw: (one.plays_left, one.tickets) for one in found.draws} == {
        "wheel": ({"calendar month": 9}, 0),
        "lottery": ({}, 1),
    }
    assert [(one.board, one.state, one.proof, one.points) for one in found.entries] == [
        ("photo", "pending", "My cat", 0)
    ]


async def test_a_contest_from_entry_to_prize(games: Shop) -> None:
    async def act(phone: str, **fields: Any) -> tuple[int, dict[str, Any]]:
        reply = await games.submit(games.intake("board", phone=phone, fields={"board": "photo", **fields}))
        return reply.status, msgspec.json.decode(reply.body)

    one, other, third = "+37369000001", "+37369000002", "+37369000003"
    _, cat = await act(one, act="enter", proof="A cat")
    _, dog = await act(other, act="enter", proof="A dog")
    assert (await act(third, act="vote", entry=cat["activity_id"]))[0] == 409
    for phone, entry in ((one, cat), (other, dog)):
        assert (await act(phone, act="accept", entry=entry["activity_id"]))[0] == 201
    assert (await act(one, act="vote", entry=cat["activity_id"]))[0] == 409
    assert (await act(third, act="vote", entry=cat["activity_id"]))[0] == 201
    assert (await act(third, act="vote", entry=cat["activity_id"]))[0] == 409
    # The jury counts double: two points are four votes.
    assert (await act(other, act="judge", entry=dog["activity_id"], points=2, judge="ana"))[0] == 201
    assert (await act(one, act="vote", entry="act_06DQ8V0M2KQ7A4RYD1T3ZC5E9G"))[0] == 404
    page = await page_of(games, "photo")
    assert [(place.rank, place.score, place.entry) for place in page.places] == [
        (1, 4, dog["activity_id"]),
        (2, 1, cat["activity_id"]),
    ]
    assert await close(games, AFTER) == 1
    won = await rows(games, "select member_id from regulars.game_winner where game = 'boards.photo'")
    assert [ids.to_wire("mem", member_id) for (member_id,) in won] == [dog["member"]["id"]]
    found = await rows(games, "select sum(active) from regulars.balance where currency = 'points' and active = 300")
    assert found == [(300,)]


async def test_who_leaves_a_board_has_no_row(games: Shop) -> None:
    await three(games)
    left = games.intake("board", phone="+37369000000", fields={"board": "top", "act": "leave"})
    assert (await games.submit(left)).status == 201
    assert await ranks(games) == [(1, 3000), (1, 3000)]


async def test_the_check_on_the_page_about_games_passes_and_notices_a_false_play(games: Shop) -> None:
    page = (Path(__file__).parents[2] / "docs" / "games.md").read_text(encoding="utf-8")
    code = page.partition("```python\n")[2].partition("```")[0]
    known: dict[str, Any] = {}
    exec(compile(code, "games.md", "exec"), known)  # noqa: S102 - the page tells readers to run it, so the test does; the text is our own
    await visits(games, 6)
    async with games.runtime.database.read(programs=[games.program_id]) as tx:
        asked: dict[str, Any] = {"program_id": games.program_id, "now": AFTER, "on": dt.date(2026, 11, 20)}
        proof = msgspec.to_builtins(await games_read.proof(games.runtime, tx, name="wheel", **asked))
    assert len(proof["plays"]) == 6
    known["check"](proof)
    # Negative control: one play that says something else.
    proof["plays"][3]["drawn"] = "cup" if proof["plays"][3]["drawn"] is None else None
    with pytest.raises(AssertionError):
        known["check"](proof)
