"""The world of the model over the real database, through the door of activities. Time is the model's own, so the second
half of a move is carried out here at that moment, as the worker would."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import itertools
from collections.abc import Coroutine
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from regulars.activities import moves, moving, receiving
from regulars.activities import service as activities
from regulars.activities.contracts import Identifier, Intake, LineIn, Reply, SaleRef
from regulars.activities.service import Runtime
from regulars.engine.contracts.activity import Adjustment, HoldAction, PointsPayment, ReturnedLine
from regulars.engine.contracts.gifts import TransferAct
from regulars.engine.contracts.households import Moving
from regulars.engine.contracts.view import View
from regulars.kit.errors import RegularsError
from regulars.ledger import service as ledger
from regulars.members import service as members
from regulars.members.service import Home
from tests.laws import past

T = TypeVar("T")
NOBODY = UUID(int=9999)
_towns = itertools.count(1)

_ROWS = """
select (select count(*) from regulars.entry where account_id = any($1)),
    (select count(*) from regulars.lot where account_id = any($1)),
    (select count(*) from regulars.lot_use where account_id = any($1)),
    (select count(*) from regulars.activity where account_id = any($1)),
    (select count(*) from regulars.event where account_id = any($1)),
    (select sum(version) from regulars.account where account_id = any($1)),
    (select md5(string_agg(b::text, ',' order by account_id, currency)) from regulars.balance b
        where account_id = any($1)),
    (select md5(string_agg(h::text, ',' order by account_id, hold_id)) from regulars.hold h where account_id = any($1))
"""
_LOTS = """
select expires_at, remaining, held, pending, funder from regulars.lot
where account_id = $1 and currency = $2 and remaining > 0
"""


class DatabaseWorld:
    """The verbs of the model, handed in as a till does. Each gives None, or the code of the refusal."""

    def __init__(self, loop: asyncio.AbstractEventLoop, runtime: Runtime, program_id: int, now: dt.datetime) -> None:
        self.loop, self.runtime, self.program_id, self.now = loop, runtime, program_id, now
        self.town = next(_towns)
        self.told = itertools.count(1)
        self.sales: list[str] = []
        self.returns: list[str] = []
        self.holds: dict[int, UUID] = {}
        self.members: dict[int, UUID] = {}
        self.homes: dict[int, Home] = {}
        self.seen: dict[UUID, View] = {}
        """What was looked at since the last act."""
        self.left: dict[UUID, int] = {}
        """How many entries an account had when its member was merged into somebody."""
        self.answered: list[tuple[Intake, Reply]] = []
        self.shown: list[tuple[UUID, dt.datetime, past.Numbers]] = []
        """What was seen of an account when."""

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    async def fetch(self, sql: str, *values: Any) -> list[Any]:
        async with self.runtime.database.read(programs=[self.program_id]) as tx:
            return await tx.fetch(sql, *values)

    def phone(self, member: int) -> str:
        return f"+40722{self.town * 10 + member:06d}"

    async def home(self, member: int) -> Home:
        """Where somebody is; looked up once between moves."""
        if member not in self.homes:
            async with self.runtime.database.read(programs=[self.program_id]) as tx:
                self.homes[member] = await members.home(tx, program_id=self.program_id, member_id=self.members[member])
        return self.homes[member]

    def intake(self, member: int, type_: str, **given: Any) -> Intake:
        number = next(self.told)
        self.seen.clear()
        body = repr((self.town, number, type_, sorted((name, str(value)) for name, value in given.items())))
        return Intake(
            program_id=self.program_id,
            client_id=UUID(int=7),
            key=f"{self.town}-{number}",
            digest=hashlib.sha256(body.encode()).digest(),
            type=type_,
            received_at=self.now,
            occurred_at=given.pop("occurred_at", self.now),
            who=(Identifier("phone", self.phone(member)),),
            source=f"till-{self.town}",
            document=f"d{number}",
            till=f"till-{self.town}",
            **given,
        )

    def do(self, member: int, type_: str, **given: Any) -> tuple[Intake, Reply]:
        """One activity. A refusal changes no row but its claim and answer (I13)."""
        made = self.intake(member, type_, **given)
        rows = self.run(self.rows())
        reply = self.submit(made)
        self.answered.append((made, reply))
        if reply.status >= 400:
            assert self.run(self.rows()) == rows, "I13"
        else:
            self.run(self.check(member))
        return made, reply

    def submit(self, intake: Intake) -> Reply:
        """The answer to an activity that is handed in."""
        return self.run(activities.submit(self.runtime, intake))

    async def rows(self) -> tuple[Any, ...]:
        """How much is written of all members, and in which state."""
        accounts = [(await self.home(one)).account_id for one in self.members]
        return tuple((await self.fetch(_ROWS, accounts))[0])

    async def check(self, *whose: int) -> None:
        """I1 to I7 and the chain, by the ledger's own check; nothing is posted where somebody left (I14)."""
        for member in whose:
            if member not in self.members:
                continue
            there = await self.home(member)
            async with self.runtime.database.read(programs=[self.program_id]) as tx:
                report = await ledger.check_account(
                    tx, program_id=self.program_id, key=self.runtime.ledger_key, account_id=there.account_id
                )
            assert [str(one) for one in report.breaks] == []
        for account_id, entries in self.left.items():
            [row] = await self.fetch("select count(*) as n from regulars.entry where account_id = $1", account_id)
            assert row["n"] == entries, "I14"

    def buy(
        self, member: int, amounts: list[int], units: list[int], pay: int, since: dt.datetime | None = None
    ) -> str | None:
        late = {} if since is None else {"occurred_at": since}
        made, reply = self.do(member, "purchase", **basket(amounts, units, pay), **late)
        if reply.status == 201:
            self.sales.append(made.document or "")
            if member not in self.members:
                [row] = self.run(
                    self.fetch("select member_id from regulars.activity where activity_id = $1", reply.activity_id)
                )
                self.members[member] = row["member_id"]
        return code(reply)

    def swap(
        self,
        number: int,
        member: int,
        asked: dict[int, int] | int | None,
        amounts: list[int],
        units: list[int],
        pay: int,
    ) -> str | None:
        sale = self.sold(number, asked)
        made, reply = self.do(member, "purchase", **basket(amounts, units, pay), sale=sale, may_enrol=False)
        if reply.status == 201:
            self.sales.append(made.document or "")
        return code(reply)

    def sold(self, number: int, asked: dict[int, int] | int | None) -> SaleRef:
        """A sale, and what of it comes back: units of lines, money, or all that is left."""
        returned: tuple[ReturnedLine, ...] = ()
        if isinstance(asked, dict):
            returned = tuple(ReturnedLine(no=line + 1, quantity=1000 * units) for line, units in asked.items())
        amount = asked if isinstance(asked, int) else None
        return SaleRef(source=f"till-{self.town}", document=self.sales[number], lines=returned, amount=amount)

    def give_back(self, number: int, member: int, asked: dict[int, int] | int | None) -> str | None:
        made, reply = self.do(member, "return", sale=self.sold(number, asked), may_enrol=False)
        if reply.status == 201:
            self.returns.append(made.document or "")
        return code(reply)

    def undo(self, number: int, member: int) -> str | None:
        """The last return never was (L18)."""
        back = SaleRef(source=f"till-{self.town}", document=self.returns[-1])
        return code(self.do(member, "return", sale=back, may_enrol=False)[1])

    def hold(self, member: int, points: int, ttl: dt.timedelta, number: int) -> str | None:
        said = HoldAction(act="place", currency="points", points=points, ttl_s=int(ttl.total_seconds()))
        reply = self.do(member, "hold", hold=said)[1]
        self.holds[number] = reply.activity_id or NOBODY if reply.status == 201 else NOBODY
        return code(reply)

    def capture(self, member: int, number: int, points: int | None) -> str | None:
        said = HoldAction(act="capture", hold_id=self.holds.get(number, NOBODY), points=points)
        return code(self.do(member, "hold", hold=said)[1])

    def void(self, member: int, number: int) -> str | None:
        said = HoldAction(act="void", hold_id=self.holds.get(number, NOBODY))
        return code(self.do(member, "hold", hold=said)[1])

    def extend(self, member: int, number: int, ttl: dt.timedelta, new: int) -> str | None:
        held = self.holds.get(number, NOBODY)
        said = HoldAction(act="extend", hold_id=held, ttl_s=int(ttl.total_seconds()))
        reply = self.do(member, "hold", hold=said)[1]
        self.holds[new] = reply.activity_id or NOBODY if reply.status == 201 else NOBODY
        return code(reply)

    def adjust(self, member: int, points: int) -> str | None:
        said = Adjustment(currency="points", points=points, reason="goodwill")
        return code(self.do(member, "adjust", adjustment=said)[1])

    def exchange(self, member: int, points: int) -> str | None:
        said = TransferAct(act="exchange", currency="points", points=points, to="miles")
        return code(self.do(member, "transfer", transfer=said)[1])

    def send(self, member: int, to: int, points: int) -> str | None:
        said = TransferAct(act="send", currency="points", points=points)
        return self.run(self.move(self.intake(member, "transfer", transfer=said), to=self.phone(to)))

    async def move(self, intake: Intake, *, to: str | None = None) -> str | None:
        """Both halves of a move, the second at the model's time; nothing is in transit then (I10)."""
        if to is not None:
            found = await receiving.send(self.runtime, intake, (("phone", to),))
            if isinstance(found, Reply):
                return code(found)
            intake = found
        rows = await self.rows()
        reply = await activities.submit(self.runtime, intake)
        if reply.status >= 400:
            assert await self.rows() == rows, "I13"
            return code(reply)
        async with self.runtime.database.read(programs=[self.program_id]) as tx:
            begun = await moves.of_activity(tx, program_id=self.program_id, activity_id=reply.activity_id or NOBODY)
        assert begun is not None
        async with self.runtime.database.lane() as lane:
            begun = msgspec.structs.replace(begun, left_at=self.now)
            ended = await moving.finish(self.runtime, lane, begun, now=self.now)
        self.homes.clear()
        [row] = await self.fetch(
            "select coalesce(sum(case when to_book = 'transit' then amount else -amount end), 0)::bigint as n"
            " from regulars.entry where program_id = $1 and 'transit' in (from_book, to_book)",
            self.program_id,
        )
        assert row["n"] == 0, "I10"
        await self.check(*self.members)
        return code(moving.reply(ended))

    def merge(self, member: int, into: int) -> str | None:
        return self.run(self.merged(member, into))

    async def merged(self, member: int, into: int) -> str | None:
        left, there = await self.home(member), await self.home(into)
        said = Moving(
            act="leave",
            kind="merge",
            member_id=self.members[member],
            account_id=there.account_id,
            into_id=there.member_id,
            reason="twice",
        )
        made = self.moved(member, said, left)
        done = await self.move(made)
        [row] = await self.fetch("select count(*) as n from regulars.entry where account_id = $1", left.account_id)
        self.left[left.account_id] = row["n"]
        return done

    def moved(self, member: int, said: Moving, there: Home) -> Intake:
        made = self.intake(member, "moved_out", moving=said, may_enrol=False)
        return msgspec.structs.replace(made, who=(), account_id=there.account_id, member_id=there.member_id)

    def unmerge(self, member: int) -> str | None:
        return self.run(self.unmerged(member))

    async def unmerged(self, member: int) -> str | None:
        there = await self.home(member)
        async with self.runtime.database.read(programs=[self.program_id]) as tx:
            came = await activities.luggage_of(tx, program_id=self.program_id, member_id=self.members[member])
        assert came is not None
        said = Moving(
            act="leave",
            kind="unmerge",
            member_id=self.members[member],
            account_id=came.account_id,
            into_id=there.member_id,
            reason="two after all",
            luggage=came.luggage,
        )
        left = self.left.pop(came.account_id)
        done = await self.move(self.moved(member, said, there))
        if done is not None:
            self.left[came.account_id] = left
        return done

    def tick(self, member: int) -> None:
        """A sweeper looks, and what is seen stays the same (LAW8)."""
        seen = [self.balance(one, name) for one in self.members for name in ("points", "miles")]
        self.run(activities.sweep(self.runtime, now=self.now))
        self.seen.clear()
        assert [self.balance(one, name) for one in self.members for name in ("points", "miles")] == seen, "LAW8"

    def retry(self, place: int) -> None:
        """Once more, under its key, and under another with its document (LAW3, L50, L52): the same answer. With another
        body neither goes: it is said which of them was used before (L51, L52). No new row."""
        made, first = self.answered[place % len(self.answered)]
        rows = self.run(self.rows())
        again = self.run(activities.submit(self.runtime, made))
        assert (again.replayed, again.status, again.body) == (True, first.status, first.body), "LAW3"
        if first.status == 201:
            other = msgspec.structs.replace(made, key=f"{made.key}-again-{next(self.told)}")
            twice = self.run(activities.submit(self.runtime, other))
            assert (twice.status, twice.body) == (first.status, first.body), "L52"
            body = hashlib.sha256(made.digest).digest()
            changed = msgspec.structs.replace(other, key=f"{other.key}-other", digest=body)
            assert self.fault_of(changed) == (409, "document_taken"), "L52"
        misused = msgspec.structs.replace(made, digest=hashlib.sha256(made.digest).digest())
        assert self.fault_of(misused) == (422, "idempotency_key_reused"), "L51"
        assert self.run(self.rows()) == rows, "LAW3"

    def fault_of(self, intake: Intake) -> tuple[int, str | None]:
        """What is said of an activity that may not be handed in."""
        try:
            reply = self.submit(intake)
        except RegularsError as fault:
            return fault.status, fault.code
        return reply.status, code(reply)

    def balance(self, member: int, currency: str) -> tuple[int, int, int, int]:
        member_id = self.run(self.home(member)).member_id
        if member_id not in self.seen:
            self.seen[member_id] = self.run(self.look(member))
        found = next((one for one in self.seen[member_id].balances if one.currency == currency), None)
        return (0, 0, 0, 0) if found is None else (found.active, found.pending, found.held, found.arrears)

    async def look(self, member: int) -> View:
        """What a member sees, of whom nothing is shared; it is kept, to be asked for later."""
        there = await self.home(member)
        view = await activities.look(self.runtime, program_id=self.program_id, member_id=there.member_id, now=self.now)
        told = {one.currency: (one.active, one.pending, one.held, one.arrears) for one in view.balances}
        numbers = {currency: found for currency, found in told.items() if found != past.NOTHING}
        self.shown.append((there.account_id, self.now, numbers))
        return view

    def decide_again(self) -> None:
        """At the end of a history: what it came to again and said then, and who pays for it (LAW11, I8, I9)."""
        self.run(self.told_again())

    async def told_again(self) -> None:
        await self.check_shown()
        await self.check_past()
        await past.check_funders(self.runtime, self.program_id)

    async def check_shown(self) -> None:
        """Of an account asked as of then, what was shown then (I8)."""
        later = self.now + dt.timedelta(hours=1)
        for account_id, at, numbers in self.shown[::5]:
            assert await past.said_then(self.runtime, self.program_id, account_id, at=at, now=later) == numbers, "I8"

    async def check_past(self) -> None:
        """Each account decided again from nothing (LAW11)."""
        accounts = {(await self.home(one)).account_id for one in self.members} | self.left.keys()
        for account_id in sorted(accounts):
            there = await past.stored(self.runtime, self.program_id, account_id)
            assert await past.decided_again(self.runtime, self.program_id, account_id) == there, "LAW11"

    def lots(self, member: int, currency: str) -> list[tuple[str, int, int, bool, str]]:
        rows = self.run(self.fetch(_LOTS, self.run(self.home(member)).account_id, currency))
        return sorted((str(row[0]), *tuple(row)[1:]) for row in rows)


def basket(amounts: list[int], units: list[int], pay: int) -> dict[str, Any]:
    """The lines of a purchase, and what of it points are to pay."""
    lines = tuple(
        LineIn(no=no, amount=amount, quantity=1000 * many)
        for no, (amount, many) in enumerate(zip(amounts, units, strict=True), 1)
    )
    return {"lines": lines, "pay": (PointsPayment(currency="points", points=pay),) if pay else ()}


def code(reply: Reply) -> str | None:
    """The refusal's code."""
    return None if reply.status < 400 else str(msgspec.json.decode(reply.body)["code"])
