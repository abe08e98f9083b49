"""Pay-outs on a real database: each member exactly once, by two at once, resumed after a stop; failed payments back once;
the file adds up to the debits; the ledger holds.
"""

from __future__ import annotations

import asyncio
import contextlib
import csv
import io
import json
from typing import Any

import pytest

from regulars.access.contracts import Actor
from regulars.activities import service as activities
from regulars.cli import checking
from regulars.kit import edge, ids
from regulars.kit.settings import Settings
from regulars.payouts import service as payouts
from regulars.payouts.contracts import (
    CurrencyNotPaidOut,
    LineFailed,
    NoSuchPayoutLine,
    PayoutLineFailed,
    PayoutNotDue,
    PayoutUnfinished,
)
from regulars.program import service as program
from tests.api.conftest import new_key, running
from tests.checkout.test_picking import Shop

PROGRAM = """
program: {name: bank, languages: [en, ru, ro], money: EUR, zone: Europe/Chisinau}
currencies:
  cash: {kind: money, scale: 2, expiry: never, value: 1, cost: {house: 1},
         pay_out: {smallest: 5.00, account: iban}}
activities:
  payment: {basket: true}
attributes:
  iban: {type: text, edits: [member, desk], purpose: service}
purposes:
  service: {texts: {v1: {en: Service, ru: Услуга, ro: Serviciu}}}
rules:
  back: {kind: base, trigger: payment, effects: [{give: cash, amount: "basket.base * 0.01"}]}
"""
MONTHLY = PROGRAM.replace("smallest: 5.00", "monthly: day 10, smallest: 5.00")
SCOPES = ("till", "members:read", "members:write", "activities:write", "ledger:read")


class Bank(Shop):
    """A bank with a few members."""

    settings: Settings
    runtime: Any

    async def spend(self, phone: str, amount: int, iban: str | None = None) -> str:
        body = {"type": "payment", "member": {"phone": phone}, "lines": [{"amount": amount}]}
        answer = await self.call("POST", "/v1/activities", body, status=201)
        member = str(answer["member"]["id"])
        if iban is not None:
            changed = {"type": "profile", "member": {"id": member}, "profile": {"attributes": {"iban": iban}}}
            await self.call("POST", "/v1/activities", changed, status=201)
        return member

    async def has(self) -> list[Any]:
        return await self.rows("select active from regulars.balance order by account_id")

    async def make(self) -> Any:
        return await payouts.make(self.runtime, program_id=1, currency="cash", now=edge.now(), by="test")

    async def holds(self) -> bool:
        report = await checking.ledger(self.database, self.settings, program_id=1, freeze=False)
        return report.breaks == ()


@pytest.fixture
async def bank(home, address, database):
    token = await new_key(database, program="bank", scopes=SCOPES)
    async with database.transaction(programs=[1]) as tx:
        await program.publish(tx, program_id=1, text=PROGRAM, by="test", now=edge.now())
    settings = Settings(home=home, rate_limit_per_s=1_000_000, rate_limit_burst=1_000_000)
    async with running(settings, address) as client:
        client.headers["authorization"] = f"Bearer {token}"
        bank = Bank(client, database)
        bank.settings = settings
        await bank.spend("+37369000001", 100000, "MD01")
        await bank.spend("+37369000002", 60050, "MD02")
        await bank.spend("+37369000003", 49900, "MD03")
        await bank.spend("+37369000004", 80000)
        # Another process than the server's, as the command line is.
        async with activities.Runtime(settings, database) as bank.runtime:
            yield bank


async def test_a_pay_out_over_http_with_its_file_and_a_failed_line(bank: Bank) -> None:
    made = await bank.call("POST", "/v1/payouts", {"currency": "cash"}, status=201)
    # 10.00 and 6.00 (6.0050 rounds down); 4.99 is below 5.00; the fourth has no account.
    by_amount = sorted((line["amount"], line["state"], line["reason"]) for line in made["lines"])
    assert by_amount == [(0, "skipped", "account_missing"), (600, "paid", None), (1000, "paid", None)]
    assert (made["payments"], made["total"]) == (2, 1600)
    answer = await bank.client.get(f"/v1/payouts/{made['id']}/file")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert sorted((row["account"], row["amount"], row["currency"]) for row in rows) == [
        ("MD01", "10.00", "EUR"),
        ("MD02", "6.00", "EUR"),
    ]
    (line,) = [one for one in made["lines"] if one["amount"] == 600]
    failed = {"lines": [{"no": line["no"], "reason": "AC04"}]}
    for _ in range(2):
        shown = await bank.call("POST", f"/v1/payouts/{made['id']}/fail", failed, status=200)
        (told,) = [one for one in shown["lines"] if one["no"] == line["no"]]
        assert (told["state"], told["reason"]) == ("failed", "AC04")
    assert sorted(await bank.has()) == [(0,), (499,), (600,), (800,)]
    wrong = await bank.call("POST", f"/v1/payouts/{made['id']}/confirm", {"lines": [line["no"]]}, status=409)
    assert wrong["code"] == "payout_line_failed"
    done = await bank.call("POST", f"/v1/payouts/{made['id']}/confirm", {}, status=200)
    assert sorted(one["state"] for one in done["lines"]) == ["confirmed", "failed", "skipped"]
    assert (await bank.call("GET", "/v1/payouts"))["items"][0]["id"] == made["id"]
    unknown = await bank.call("POST", "/v1/payouts", {"currency": "points"}, status=422)
    assert unknown["code"] == "currency_not_paid_out"
    assert await bank.holds()


async def test_two_at_once_debit_everybody_once(bank: Bank) -> None:
    made = await asyncio.gather(*(bank.make() for _ in range(3)))
    assert len({one.payout_id for one in made}) == 1
    assert sorted(await bank.has()) == [(0,), (0,), (499,), (800,)]
    assert await bank.rows("select count(*), sum(amount) from regulars.entry where kind = 'pay_out'") == [(2, 1600)]
    assert sum(points for (points,) in await bank.rows("select points from regulars.payout_line")) == 1600
    assert await bank.holds()


async def test_stopped_at_any_moment_it_goes_on_where_it_stood(bank: Bank) -> None:
    for seconds in (0.001, 0.01, 0.03, 0.06):
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(bank.make(), seconds)
    made = await bank.make()
    assert made.finished_at is not None
    assert await bank.rows("select sum(points) from regulars.payout_line") == [(1600,)]
    assert await bank.rows("select count(*), sum(amount) from regulars.entry where kind = 'pay_out'") == [(2, 1600)]
    assert await bank.holds()


async def test_what_was_debited_and_not_noted_is_noted_by_the_next(bank: Bank) -> None:
    await bank.make()
    async with bank.database.transaction(programs=[1]) as tx:
        await tx.execute("update regulars.payout set finished_at = null")
        await tx.execute("update regulars.payout_line set state = 'wanted', points = 0, activity_id = null")
    (payout_id,) = (await bank.rows("select payout_id from regulars.payout"))[0]
    with pytest.raises(PayoutUnfinished):
        await payouts.confirm(bank.runtime, program_id=1, payout_id=payout_id)
    again = await bank.make()
    assert (again.payout_id, again.total, len(again.paid)) == (payout_id, 1600, 2)
    assert again.finished_at is not None
    assert await bank.rows("select count(*), sum(amount) from regulars.entry where kind = 'pay_out'") == [(2, 1600)]


async def test_a_month_is_paid_once_and_not_before_its_day(bank: Bank) -> None:
    async with bank.database.transaction(programs=[1]) as tx:
        await program.publish(tx, program_id=1, text=MONTHLY, by="test", now=edge.now())
    bank.runtime.programs.forget(1)
    # Not earlier than what happened already: the clock of an account never goes back.
    year = edge.now().year + 1

    async def on(day: int, month: int = 4) -> Any:
        now = edge.now().replace(year=year, month=month, day=day, hour=9)
        return await payouts.make(bank.runtime, program_id=1, currency="cash", now=now, by="test")

    with pytest.raises(PayoutNotDue) as early:
        await on(9)
    assert early.value.day == 10
    april = await on(10)
    assert (april.period, april.total) == (f"{year}-04", 1600)
    assert (await on(25)).payout_id == april.payout_id
    assert (await on(10, month=5)).payout_id != april.payout_id


async def test_a_monthly_pay_out_is_made_by_itself_once_its_day_has_come(bank: Bank) -> None:
    year = edge.now().year + 1

    async def due(day: int, month: int = 4) -> int:
        now = edge.now().replace(year=year, month=month, day=day, hour=9)
        return await payouts.make_due(bank.runtime, now=now)

    # One that is not monthly waits until somebody asks.
    assert await due(10) == 0
    async with bank.database.transaction(programs=[1]) as tx:
        await program.publish(tx, program_id=1, text=MONTHLY, by="test", now=edge.now())
    bank.runtime.programs.forget(1)
    assert [await due(9), await due(10), await due(11), await due(9, month=5)] == [0, 1, 0, 0]
    assert sorted(row[0] for row in await bank.has()) == [0, 0, 499, 800]
    assert await due(28, month=5) == 1
    made = await bank.rows("select period, made_by from regulars.payout order by period")
    assert [tuple(row) for row in made] == [(f"{year}-04", "schedule"), (f"{year}-05", "schedule")]
    # Somebody was stopped in the middle of it: it goes on, and pays nobody twice.
    async with bank.database.transaction(programs=[1]) as tx:
        await tx.execute("update regulars.payout set finished_at = null where period like '%-05'")
    assert (await due(29, month=5), await due(29, month=5)) == (1, 0)
    assert await bank.holds()


async def test_what_is_told_of_lines_must_be_theirs(bank: Bank) -> None:
    made = await bank.make()
    skipped = next(line.no for line in made.lines if line.state == "skipped")
    for no in (skipped, 99):
        with pytest.raises(NoSuchPayoutLine):
            await payouts.fail(
                bank.runtime,
                program_id=1,
                payout_id=made.payout_id,
                failed=[LineFailed(no=no)],
                now=edge.now(),
            )
    paid = next(line.no for line in made.lines if line.state == "paid")
    # Told by two at once, it comes back once.
    await asyncio.gather(
        *(
            payouts.fail(
                bank.runtime, program_id=1, payout_id=made.payout_id, failed=[LineFailed(no=paid)], now=edge.now()
            )
            for _ in range(3)
        )
    )
    assert len(await bank.rows("select 1 from regulars.entry where kind = 'pay_out' and to_book = 'active'")) == 1
    with pytest.raises(PayoutLineFailed):
        await payouts.confirm(bank.runtime, program_id=1, payout_id=made.payout_id, lines=[paid])
    with pytest.raises(CurrencyNotPaidOut):
        await payouts.make(bank.runtime, program_id=1, currency="none", now=edge.now(), by="test")
    assert ids.to_wire("pay", made.payout_id).startswith("pay_")


async def test_L50_a_pay_out_under_one_key_is_made_once_and_answered_with_the_same_bytes(bank: Bank) -> None:
    async def ask(key: str, body: Any, path: str = "/v1/payouts") -> Any:
        return await bank.client.post(path, json=body, headers={"Idempotency-Key": key} if key else {})

    asked = {"currency": "cash"}
    raced = await asyncio.gather(*(ask("april", asked) for _ in range(4)))
    assert ({one.status_code for one in raced}, len({one.content for one in raced})) == ({201}, 1)
    await bank.spend("+37369000001", 100000)
    # Without its key this would be another pay-out: it is not monthly.
    again = await ask("april", asked)
    assert (again.content, again.headers["idempotency-replayed"]) == (raced[0].content, "true")
    assert await bank.rows("select count(*) from regulars.payout") == [(1,)]
    made = raced[0].json()
    (line,) = [one["no"] for one in made["lines"] if one["amount"] == 600]
    failed = {"lines": [{"no": line, "reason": "AC04"}]}
    told = [await ask("no-such-account", failed, f"/v1/payouts/{made['id']}/fail") for _ in range(2)]
    confirmed = [await ask("arrived", {}, f"/v1/payouts/{made['id']}/confirm") for _ in range(2)]
    for first, second in (told, confirmed):
        assert (first.status_code, second.content, second.headers["idempotency-replayed"]) == (
            200,
            first.content,
            "true",
        )
    other = await ask("april", {"currency": "points"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert [(await ask("", asked)).json()["code"], (await ask("a b", asked)).json()["code"]] == [
        "idempotency_key_missing",
        "idempotency_key_malformed",
    ]
    assert (await ask("may", asked)).json()["id"] != made["id"]
    assert await bank.holds()


async def test_a_pay_out_that_was_killed_is_found_again_by_its_key(bank: Bank) -> None:
    async with bank.database.read(programs=[1]) as tx:
        client = await tx.fetchval("select key_id from regulars.api_key")
    actor = Actor(program_id=1, key_id=client, label="till", scopes=frozenset(SCOPES))
    call = activities.Call(actor=actor, key="april", digest=b"d" * 32, at=edge.now())
    killed = asyncio.create_task(payouts.make_under_key(bank.runtime, call, currency="cash"))
    while not (begun := await bank.rows("select account_id from regulars.claim where key = 'april'")):  # noqa: ASYNC110 - a row of another transaction: nobody can set an event for it
        await asyncio.sleep(0)
    killed.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await killed
    # Somebody else finished it under another key meanwhile; under its own it is still that one.
    made = await bank.make()
    await bank.spend("+37369000001", 100000)
    reply = await payouts.make_under_key(bank.runtime, call, currency="cash")
    found = json.loads(reply.body)
    assert (found["id"], found["total"], reply.replayed) == (ids.to_wire("pay", made.payout_id), 1600, False)
    assert begun == [(made.payout_id,)]
    assert (await payouts.make_under_key(bank.runtime, call, currency="cash")).body == reply.body
    assert await bank.rows("select count(*), sum(amount) from regulars.entry where kind = 'pay_out'") == [(2, 1600)]


async def test_an_account_that_no_file_can_carry_is_skipped_before_anything_is_debited(bank: Bank) -> None:
    wrong = ("MD05\r\nMD99", "MD\t06", "   ", "=1+1", "+373", "-1", "@SUM(A1)")
    for number, iban in enumerate(wrong):
        await bank.spend(f"+3736900001{number}", 100000, iban)
    made = await bank.make()
    reasons = sorted(line.reason or line.state for line in made.lines)
    assert reasons == ["account_malformed"] * len(wrong) + ["account_missing", "paid", "paid"]
    assert sorted(row[0] for row in await bank.has()) == [0, 0, 499, 800, *[1000] * len(wrong)]
    rows = list(csv.DictReader(io.StringIO(payouts.payments(made))))
    assert sorted(row["account"] for row in rows) == ["MD01", "MD02"]
    assert await bank.holds()
