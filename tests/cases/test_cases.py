"""Every numbered case of docs/ledger.md that is a story, over the real HTTP API and again by bulk import.

`stories.py` says how a case is written down. Balances are looked at where the story looks at them: over HTTP as they are
answered then; by file, where all of it comes in afterwards, by what the entries say counted at that moment. In the end
both must have left the same entries, lots, uses of lots, holds and balances, and books that hold together.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest

from tests.cases import seen, stories
from tests.cases.conftest import Street
from tests.cases.seen import Books
from tests.cases.shop import ACTS, ONLINE, Answered, Shop
from tests.cases.stories import Step, Story

_BOOK = {"has": "active", "pending": "pending", "held": "held", "owes": "arrears"}
CASES = stories.names()
"""Of all files: what is in them is read by the test of the case alone."""


@pytest.mark.parametrize("case", CASES)
async def test_case(street: Street, case: str) -> None:
    for story in stories.told(stories.read(case)):
        await _told_both_ways(street, story)


async def _told_both_ways(street: Street, story: Story) -> None:
    online = await street.shop(story)
    await _online(online, story)
    over_http = await _close(street, online, story)
    assert await _differs(online, over_http, story) == []
    if story.online is None:
        bulk = await street.shop(story)
        answered = await _by_file(street, bulk, story)
        by_file = await _close(street, bulk, story)
        assert await _tells_apart(bulk, by_file, story, answered) == []
        assert _apart(by_file, over_http) == []


def _apart(one: Books, other: Books) -> list[str]:
    """Rows that one of two books has and the other has not."""
    mine, theirs = one.plain(), other.plain()
    return [
        f"{side} {name} {row}"
        for name, rows in mine.items()
        for side, here, there in (("file", rows, theirs[name]), ("HTTP", theirs[name], rows))
        for row in here
        if here.count(row) != there.count(row)
    ] or ([] if mine == theirs else ["in another order"])


async def _online(shop: Shop, story: Story) -> None:
    """The story as it goes, each step looked at when it is done."""
    for step in story.steps:
        shop.clock.set(step.at)
        answered = await _live(shop, step)
        found = await _seen(shop, step, answered)
        assert found == _wanted(shop, step), _told(story, step, "HTTP")


async def _live(shop: Shop, step: Step) -> Answered | None:
    if "publish" in step.said:
        await shop.publish(step.said["publish"])
    if "sweep" in step.said:
        await shop.sweep()
    return await shop.act(step) if _acts(step) else None


def _acts(step: Step) -> bool:
    return bool(ACTS.keys() & step.said.keys()) or "again" in step.said


async def _by_file(street: Street, shop: Shop, story: Story) -> dict[int, Answered]:
    """What a till can tell afterwards comes in by file, in pieces between what the desk does meanwhile."""
    answered: dict[int, Answered] = {}
    waiting: list[Step] = []

    async def taken_in() -> None:
        if waiting:
            async with shop.database.lane() as lane:
                outcomes = await shop.take_in(waiting, lane, street.folder)
            answered.update((step.number, one) for step, one in zip(waiting, outcomes, strict=True))
            waiting.clear()

    for step in story.steps:
        if _is_online(story, step) or "sweep" in step.said:
            shop.clock.set(step.at)
            await taken_in()
            live = await _live(shop, step)
            if live is not None:
                answered[step.number] = live
        elif "publish" in step.said:
            shop.clock.set(step.at)
            await shop.publish(step.said["publish"])
        elif _acts(step):
            waiting.append(step)
    shop.clock.set(story.steps[-1].at)
    await taken_in()
    return answered


def _is_online(story: Story, step: Step) -> bool:
    """Whether a step is one that no file has, or sends such a one once more."""
    if "again" in step.said:
        return _is_online(story, next(one for one in story.steps if one.name == step.said["again"]))
    return bool(ONLINE.keys() & step.said.keys())


async def _close(street: Street, shop: Shop, story: Story) -> Books:
    """What time has done is written down, and the books are checked."""
    # The sweeper waits a minute before it writes what time has done (L26).
    shop.clock.set(story.steps[-1].at + dt.timedelta(minutes=2))
    if await shop.is_due():
        await shop.sweep()
    for who in {step.who for step in story.steps} | {
        who for step in story.steps for who in step.said.get("others", ())
    }:
        await shop.member(who)
    assert await seen.sound(shop, street.key) == []
    return await seen.books(shop)


def _wanted(shop: Shop, step: Step) -> dict[str, Any]:
    """What a step says will come of it, in smallest units."""
    said = step.said
    found = {name: said[name] for name in stories.EXPECTATIONS if name in said and name not in {"writes", "answer"}}
    for name in ("gives", *_BOOK):
        if name in found:
            found[name] = {currency: shop.whole(currency, one) for currency, one in found[name].items()}
    for who, theirs in found.get("others", {}).items():
        found["others"] = found["others"] | {
            who: {
                name: {currency: shop.whole(currency, one) for currency, one in ones.items()}
                for name, ones in theirs.items()
            }
        }
    if "liability" in found:
        found["liability"] = {funder: shop.money(amount) for funder, amount in found["liability"].items()}
    if "to_pay" in found:
        found["to_pay"] = shop.money(found["to_pay"])
    if "lots" in found:
        found["lots"] = {
            currency: [[shop.whole(currency, left), None if day is None else str(day)] for left, day in ones]
            for currency, ones in found["lots"].items()
        }
    if _acts(step):
        found.setdefault("refused", None)
    return found


async def _seen(shop: Shop, step: Step, answered: Answered | None) -> dict[str, Any]:
    """The same as it is over HTTP."""
    said, found = step.said, dict[str, Any]()
    body = None if answered is None or answered.refused else answered.body
    if answered is not None:
        found["refused"] = answered.refused
    if "gives" in said and body is not None:
        found["gives"] = {currency: points for currency, points in body["points"].items() if points}
    if "to_pay" in said and body is not None:
        found["to_pay"] = body["to_pay"]
    if "says" in said and body is not None:
        found["says"] = [code for code in said["says"] if code in {one["code"] for one in body["messages"]}]
    if "shares" in said and body is not None:
        found["shares"] = {
            currency: [one["points"].get(currency, 0) for one in body["lines"]] for currency in said["shares"]
        }
    if "liability" in said:
        told = await shop.get("/v1/ledger/liability")
        found["liability"] = {one["funder"]: one["cost"] for one in told["items"] if one["cost"]}
    if "answer" in said and body is not None:
        assert said["answer"].items() <= body.items(), body
    found |= await _balances(shop, step.who, said)
    if "others" in said:
        found["others"] = {who: await _balances(shop, who, theirs) for who, theirs in said["others"].items()}
    if "lots" in said:
        lots = await seen.open_lots(shop, step.who)
        found["lots"] = {currency: lots.get(currency, []) for currency in said["lots"]}
    return found


async def _balances(shop: Shop, who: str, said: dict[str, Any]) -> dict[str, Any]:
    if not _BOOK.keys() & said.keys():
        return {}
    told = await shop.get(f"/v1/members/{await shop.member(who)}")
    has = {one["currency"]: one for one in told["balances"]}
    return {
        name: {currency: has.get(currency, {}).get(_BOOK[name], 0) for currency in said[name]}
        for name in _BOOK
        if name in said
    }


async def _differs(shop: Shop, books: Books, story: Story) -> list[Any]:
    """Where the entries of an act are not as a step says."""
    found: list[Any] = []
    for step in story.steps:
        if "writes" in step.said:
            written = books.written(step.document)
            wanted = [[kind, shop.whole("points", amount)] for kind, amount in step.said["writes"]]
            if written != wanted:
                found.append((_told(story, step, "entries"), written, wanted))
    if story.entries is not None:
        ann = await seen.home(shop, "ann", story.steps[-1].at)
        ends = [
            (one.kind, one.amount, one.effective_at)
            for one in books.entries
            if (one.account_id, one.currency) == (ann, "points")
        ]
        if ends != list(story.entries):
            found.append((f"L{story.case}", story.name, "in the end", ends, story.entries))
    return found


async def _tells_apart(shop: Shop, books: Books, story: Story, answered: dict[int, Answered]) -> list[Any]:
    """Where what came in by file is not as the story says: outcomes, points of each act, balances of the moment."""
    given = await _points_given(shop, story)
    found = await _differs(shop, books, story)
    for step in story.steps:
        told_later = {
            "to_pay",
            "says",
            "shares",
            "liability",
            "lots",
            *(_BOOK if step.said.get("known") == "then" else ()),
        }
        wanted = {name: one for name, one in _wanted(shop, step).items() if name not in told_later}
        is_: dict[str, Any] = {}
        if step.number in answered:
            is_["refused"] = answered[step.number].refused
        if "gives" in wanted:
            is_["gives"] = given.get(step.document, {})
        for name in _BOOK:
            if name in wanted:
                is_[name] = await _at(shop, books, step, step.who, name, wanted[name])
        if "others" in wanted:
            is_["others"] = {
                who: {name: await _at(shop, books, step, who, name, currencies) for name, currencies in theirs.items()}
                for who, theirs in wanted["others"].items()
            }
        if is_ != wanted:
            found.append((_told(story, step, "file"), is_, wanted))
    return found


async def _at(shop: Shop, books: Books, step: Step, who: str, name: str, currencies: dict[str, int]) -> dict[str, int]:
    """What somebody had at the moment of a step by the entries, in a household also what is their own."""
    account = await seen.home(shop, who, step.at)
    return {
        currency: sum(books.at(account, one, step.at)[_BOOK[name]] for one in (currency, f"{currency}@{who}"))
        for currency in currencies
    }


async def _points_given(shop: Shop, story: Story) -> dict[str, dict[str, int]]:
    found = {}
    for who in {step.who for step in story.steps if "gives" in step.said}:
        told = await shop.get(f"/v1/members/{await shop.member(who)}/activities?limit=100")
        for one in told["items"]:
            found[one["document"]] = {currency: points for currency, points in one["points"].items() if points}
    return found


def _told(story: Story, step: Step, way: str) -> tuple[Any, ...]:
    return (f"L{story.case}", story.name, f"step {step.number}", str(step.at), way, step.said.get("why"))


async def test_control_a_rule_that_is_another_is_noticed_both_ways(street: Street) -> None:
    (story,) = stories.told(stories.read("L03"))
    twice = {
        "base": {"kind": "base", "trigger": "purchase", "effects": [{"give": "points", "amount": "basket.base * 2"}]}
    }
    wrong = msgspec.structs.replace(story, program=stories.changed(story.program, {"rules": twice}))
    with pytest.raises(AssertionError, match="HTTP"):
        await _online(await street.shop(wrong), wrong)
    online, bulk = await street.shop(story), await street.shop(wrong)
    await _online(online, story)
    answered = await _by_file(street, bulk, story)
    books = await _close(street, bulk, story)
    assert [found[0][2:5:2] for found in await _tells_apart(bulk, books, story, answered)] == [
        ("step 1", "file"),
        ("step 2", "file"),
    ]
    assert _apart(books, await _close(street, online, story)) != []


async def test_control_books_that_were_changed_are_noticed(street: Street) -> None:
    (story,) = stories.told(stories.read("L03"))
    shop = await street.shop(story)
    await _online(shop, story)
    async with shop.database.transaction(programs=[shop.program_id]) as tx:
        await tx.execute("update regulars.lot set remaining = remaining - 1 where remaining > 0")
    assert await seen.sound(shop, street.key) != []
