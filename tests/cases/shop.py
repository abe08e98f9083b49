"""One shop in one way: what a till and a desk say over HTTP, and the same as rows of a file that is taken in."""

from __future__ import annotations

import datetime as dt
import json
import re
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from regulars.access import service as access
from regulars.activities import service as activities
from regulars.activities.service import importing
from regulars.directory import service as directory
from regulars.directory.contracts import RateIn, StoreIn
from regulars.kit import edge
from regulars.kit.database import Database, Lane
from regulars.kit.errors import RegularsError
from regulars.program import service as programs
from tests.cases.stories import Step, Story, changed, release

SCOPES = (
    "till", "members:read", "members:write", "activities:write", "activities:approve", "ledger:read", "events:read",
    "program:write",
)  # fmt: skip
SOURCE = "case"


class Clock:
    """What `edge.now` says while a case is told."""

    def __init__(self) -> None:
        self.at = edge.now()

    def __call__(self) -> dt.datetime:
        return self.at

    def set(self, at: dt.datetime) -> None:
        self.at = at.astimezone(dt.UTC)


class Answered:
    """What became of an act: the points that it gave, or the code of a refusal; over HTTP the whole answer."""

    def __init__(self, body: dict[str, Any] | None = None, refused: str | None = None) -> None:
        self.body = body
        self.refused = refused


class Shop:
    """A program of its own, with a client."""

    def __init__(
        self, client: httpx.AsyncClient, database: Database, runtime: activities.Runtime, clock: Clock
    ) -> None:
        self.client, self.database, self.runtime, self.clock = client, database, runtime, clock
        self.program_id = 0
        self.ids: dict[str, str] = {}
        """Of activities and holds, by what a story calls them."""
        self.members: dict[str, str] = {}
        self._headers: dict[str, str] = {}
        self._keys = count(1)
        self._sent: dict[str, tuple[str, dict[str, Any], str]] = {}

    async def open(self, story: Story, *, key: str) -> None:
        """Publish the program a day before the story begins, and make a key."""
        self.story, self.program = story, story.program
        self.clock.set(story.steps[0].at - dt.timedelta(days=1))
        now = self.clock()
        async with self.database.transaction(programs=[]) as tx:
            made = await access.create_program(tx, key=key, name=key, now=now)
        self.program_id, self.ids["program"] = made.program_id, key
        await self._key()
        if story.stores:
            async with self.database.transaction(programs=[self.program_id]) as tx:
                await directory.put_stores(
                    tx, program_id=self.program_id, rows=[StoreIn(**one) for one in story.stores], now=now
                )
        if story.rates:
            async with self.database.transaction(programs=[self.program_id]) as tx:
                rates = [RateIn(**one) for one in story.rates]
                await directory.put_rates(tx, program_id=self.program_id, rows=rates, now=now)
        await self.publish({})

    async def _key(self, by: str = "till") -> dict[str, str]:
        """The header of somebody's key, who gets one when they first need it."""
        if by not in self._headers:
            now = self.clock()
            async with self.database.transaction(programs=[self.program_id]) as tx:
                issued = await access.create_key(
                    tx,
                    program_id=self.program_id,
                    key_id=edge.new_id(now),
                    label=by,
                    scopes=SCOPES,
                    secret=edge.token(32),
                    now=now,
                )
            self._headers[by] = f"Bearer {issued.token}"
        return {"authorization": self._headers[by]}

    async def publish(self, by: dict[str, Any]) -> None:
        """Another release."""
        self.program = changed(self.program, by)
        async with self.database.transaction(programs=[self.program_id]) as tx:
            await programs.publish(
                tx, program_id=self.program_id, text=release(self.program), by="test", now=self.clock()
            )
        self.runtime.programs.forget(self.program_id)

    async def sweep(self) -> None:
        """The worker's round, until nothing is due."""
        while await activities.sweep(self.runtime, now=self.clock()):
            pass

    async def is_due(self) -> bool:
        """Whether time has something to do: the worker's round costs more than to ask."""
        async with self.database.read(programs=[self.program_id]) as tx:
            return bool(
                await tx.fetchval("select exists (select from regulars.due where review_at <= $1)", self.clock())
            )

    async def get(self, path: str) -> Any:
        answer = await self.client.get(path, headers=await self._key())
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def member(self, who: str) -> str:
        """The id of somebody by their phone."""
        if who not in self.members:
            body = {"member": _own(who)}
            answer = await self.client.post("/v1/members/identify", json=body, headers=await self._key())
            self.members[who] = answer.json()["id"]
        return self.members[who]

    async def _card(self, who: str) -> None:
        """Learn the id and the number of somebody's card."""
        (card,) = (await self.get(f"/v1/members/{await self.member(who)}/cards"))["items"]
        self.ids[f"{who}-card"], self.ids[f"{who}-number"] = card["id"], card["number"]

    def name(self, step: Step) -> dict[str, str]:
        """How a till names whom a step is about."""
        named = step.said.get("named", "own_id")
        if named == "id":
            return {"id": self.members[step.who]}
        return {"card": self.ids[f"{step.who}-number"]} if named == "card" else _own(step.who)

    async def act(self, step: Step) -> Answered:
        """Do over HTTP what a step says. The answer is 201 or 202, or a refusal of the product's own."""
        if "again" in step.said:
            path, body, key = self._sent[step.said["again"]]
            if step.said.get("key") == "other":
                key = f"{key}-other"
        else:
            path, body = await self._request(step)
            key = f"{self.program_id}-{next(self._keys)}"
        self._sent[step.name] = (path, body, key)
        headers = await self._key(step.said.get("by", "till")) | {"idempotency-key": key}
        answer = await self.client.post(path, json=body, headers=headers)
        found = answer.json()
        assert answer.status_code < 500, (path, answer.text)
        if answer.status_code >= 400:
            return Answered(found, found["code"])
        self._remember(step, found)
        return Answered(found)

    def _remember(self, step: Step, answer: dict[str, Any]) -> None:
        if answer.get("activity_id") is not None:
            self.ids[step.name] = answer["activity_id"]
        for kind in ("hold", "order"):
            if answer.get(f"{kind}s") and answer.get("type") == kind:
                self.ids[step.name] = answer[f"{kind}s"][0]["id"]
        if isinstance(answer.get("member"), dict) and step.who not in self.members and "call" not in step.said:
            self.members[step.who] = answer["member"]["id"]

    async def _request(self, step: Step) -> tuple[str, dict[str, Any]]:
        request: tuple[str, dict[str, Any]] = await ACTS[_act_of(step.said)](self, step)
        return request

    def _when(self, step: Step) -> dict[str, Any]:
        where: dict[str, Any] = {
            name: step.said[name] for name in ("store", "till", "cashier", "channel", "device") if name in step.said
        }
        return {
            "source": SOURCE,
            "document": step.document,
            **({"occurred_at": step.happened.isoformat()} if "happened" in step.said else {}),
            **where,
        }

    def _basket(self, step: Step) -> dict[str, Any]:
        said = step.said
        body: dict[str, Any] = {"member": self.name(step), "lines": [self._line(one) for one in said["buy"]]}
        if "pay" in said:
            body["pay"] = [
                {"currency": name, "points": "max" if points == "max" else self.whole(name, points)}
                for name, points in said["pay"].items()
            ]
        if "payments" in said:
            body["payments"] = [{"kind": kind, "amount": self.money(one)} for kind, one in said["payments"].items()]
        for name in ("rewards", "vouchers", "fields", "currency"):
            if name in said:
                body[name] = said[name]
        return body | self._when(step)

    def _line(self, said: Any) -> dict[str, Any]:
        given = dict(said) if isinstance(said, dict) else {"amount": said}
        given["amount"] = self.money(given["amount"])
        return {name: str(value) if name == "quantity" else value for name, value in given.items()}

    def money(self, amount: object) -> int:
        """In minor units."""
        return _scaled(amount, self.story.money_decimals)

    def whole(self, currency: str, points: object) -> int:
        """In the smallest unit of a currency of points."""
        return _scaled(points, self.story.scale(currency))

    async def _buy(self, step: Step) -> tuple[str, dict[str, Any]]:
        type = step.said.get("type", "purchase")
        if type == "purchase":
            return "/v1/purchases", self._basket(step)
        return "/v1/activities", self._basket(step) | {"type": type}

    def _sale(self, name: str) -> dict[str, Any]:
        return {"source": SOURCE, "document": self._document(name)}

    def _document(self, name: str) -> str:
        for step in self.story.steps:
            if step.name == name:
                return step.document
        return name

    def _lines_back(self, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            {
                "no": one["no"],
                **({"quantity": str(one["quantity"])} if "quantity" in one else {}),
                **({"amount": self.money(one["amount"])} if "amount" in one else {}),
            }
            for one in lines
        ]

    async def _back(self, step: Step) -> tuple[str, dict[str, Any]]:
        said = step.said
        body = {"sale": self._sale(said["back"]), **self._when(step)}
        if "lines" in said:
            body["lines"] = self._lines_back(said["lines"])
        if "amount" in said:
            body["amount"] = self.money(said["amount"])
        for name in ("reason", "type", "currency"):
            if name in said:
                body[name] = said[name]
        return "/v1/returns", body

    async def _settle(self, step: Step) -> tuple[str, dict[str, Any]]:
        said = step.said
        body = {"type": said["type"], "sale": self._sale(said["settle"]), **self._when(step)}
        return "/v1/returns", body | ({"settled": self.money(said["settled"])} if "settled" in said else {})

    async def _swap(self, step: Step) -> tuple[str, dict[str, Any]]:
        returned = self._lines_back(step.said["returned"])
        return "/v1/exchanges", self._basket(step) | {"sale": self._sale(step.said["swap"]), "returned": returned}

    async def _void(self, step: Step) -> tuple[str, dict[str, Any]]:
        return f"/v1/purchases/{self.ids[step.said['void']]}/void", self._when(step)

    async def _adjust(self, step: Step) -> tuple[str, dict[str, Any]]:
        ((currency, points),) = step.said["adjust"].items()
        by_hand = {"currency": currency, "points": self.whole(currency, points), "reason": step.said["reason"]}
        return "/v1/activities", {
            "type": "adjust",
            "member": self.name(step),
            "adjustment": by_hand,
            **self._when(step),
        }

    async def _do(self, step: Step) -> tuple[str, dict[str, Any]]:
        body = {"type": step.said["do"], "member": self.name(step), "fields": step.said.get("fields", {})}
        return "/v1/activities", body | self._when(step)

    async def _hold(self, step: Step) -> tuple[str, dict[str, Any]]:
        ((currency, points),) = step.said["hold"].items()
        asked = {"currency": currency, "points": self.whole(currency, points)}
        longer = {"ttl_s": step.said["ttl_s"]} if "ttl_s" in step.said else {}
        return "/v1/holds", {"member": self.name(step), **asked, **longer, **self._when(step)}

    async def _capture(self, step: Step) -> tuple[str, dict[str, Any]]:
        points = {"points": step.said["points"]} if "points" in step.said else {}
        return f"/v1/holds/{self.ids[step.said['capture']]}/capture", points | self._when(step)

    async def _release(self, step: Step) -> tuple[str, dict[str, Any]]:
        return f"/v1/holds/{self.ids[step.said['release']]}/void", self._when(step)

    async def _send(self, step: Step) -> tuple[str, dict[str, Any]]:
        ((currency, points),) = step.said["send"].items()
        body = {"to": _own(step.said["to"]), "currency": currency, "points": self.whole(currency, points)}
        return f"/v1/members/{await self.member(step.who)}/transfers", body | self._when(step)

    async def _merge(self, step: Step) -> tuple[str, dict[str, Any]]:
        into = await self.member(step.said["merge"])
        return f"/v1/members/{await self.member(step.who)}/merge", {"into": into, "reason": "same person"}

    async def _unmerge(self, step: Step) -> tuple[str, dict[str, Any]]:
        return f"/v1/members/{await self.member(step.said['unmerge'])}/unmerge", {"reason": "two people"}

    async def _call(self, step: Step) -> tuple[str, dict[str, Any]]:
        said = step.said["call"]
        whole = json.dumps([said["post"], said.get("body", {})], default=str)
        for name in re.findall(r"<([a-z-]+)>", whole):
            if name.endswith("-card"):
                await self._card(name.removesuffix("-card"))
            whole = whole.replace(f"<{name}>", self.ids.get(name) or await self.member(name))
        path, body = json.loads(whole)
        return path, body

    async def take_in(self, steps: list[Step], lane: Lane, folder: Path) -> list[Answered]:
        """Take steps in as a file, now."""
        path = folder / f"{self.program_id}-{steps[0].number}.ndjson"
        path.write_text("".join(json.dumps(self._row(step)) + "\n" for step in steps), encoding="utf-8")
        async with self.database.read(programs=[self.program_id]) as tx:
            current = await programs.current(tx, program_id=self.program_id)
        context = importing.context_of(
            current.program,
            program_id=self.program_id,
            client_id=edge.new_id(self.clock()),
            received_at=self.clock(),
            zone=None,
            file=importing.digest(path),
        )
        items = list(importing.intakes(importing.look(path), "activities", context))
        faults = [one for one in items if isinstance(one, importing.Fault)]
        assert not faults, faults
        intakes = [one.intake for one in items if isinstance(one, importing.Item)]
        outcomes = await activities.import_chunk(self.runtime, lane, intakes)
        return [_outcome(one) for one in outcomes]

    def _columns(self, step: Step) -> dict[str, str]:
        return {_COLUMNS.get(kind, kind): value for kind, value in self.name(step).items()}

    def _row(self, step: Step) -> dict[str, Any]:
        said = step.said
        if "again" in said:
            return self._row(next(one for one in self.story.steps if one.name == said["again"]))
        row: dict[str, Any] = {
            "occurred_at": step.happened.isoformat(),
            "source": SOURCE,
            "document": step.document,
            # What comes back is whose the sale was.
            **({} if _act_of(said) in {"back", "settle", "void"} else self._columns(step)),
        }
        for name in (
            "type",
            "reason",
            "store",
            "till",
            "cashier",
            "channel",
            "device",
            "currency",
            "fields",
            "pay",
            "payments",
        ):
            if name in said:
                row[name] = said[name]
        for name in ("rewards", "vouchers"):
            if name in said:
                row[name] = list(said[name])
        for act in ("back", "settle", "swap", "void"):
            if act in said:
                row |= {"sale_document": self._document(said[act]), "sale_source": SOURCE}
        row |= _ROWS.get(_act_of(said), lambda _: {})(said)
        if "buy" in said:
            row["lines"] = [_file_line(one) for one in said["buy"]]
        found: dict[str, Any] = _texts(row)
        return found


def _own(who: str) -> dict[str, str]:
    return {"own_id": who}


def _act_of(said: dict[str, Any]) -> str:
    # An exchange has a basket as well.
    return "swap" if "swap" in said else next(iter(ACTS.keys() & said.keys()))


_COLUMNS = {"id": "member"}
"""What a file calls otherwise than a till."""


def _back_row(said: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    if "lines" in said:
        row["lines"] = [_returned(one) for one in said["lines"]]
    if "amount" in said:
        row["sale_amount"] = said["amount"]
    return row


def _returned(said: dict[str, Any]) -> dict[str, Any]:
    return {"line" if name == "no" else name: value for name, value in said.items()}


def _file_line(said: Any) -> dict[str, Any]:
    return _returned(said) if isinstance(said, dict) else {"amount": said}


_ROWS: dict[str, Any] = {
    "back": _back_row,
    "settle": lambda said: {"settled": said["settled"]} if "settled" in said else {},
    "void": lambda said: {"reason": said.get("reason", "void")},
    "swap": lambda said: {"returned": [_returned(one) for one in said["returned"]]},
    "do": lambda said: {"type": said["do"]},
    "adjust": lambda said: {"adjust": said["adjust"]},
}


def _texts(value: Any) -> Any:
    """Numbers with decimals as texts, which no reader takes for a binary fraction."""
    if isinstance(value, dict):
        return {name: _texts(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_texts(one) for one in value]
    if isinstance(value, float):
        return format(Decimal(str(value)), "f")
    return value.isoformat() if isinstance(value, dt.date) else value


def _outcome(one: Any) -> Answered:
    if one.outcome != "refused":
        return Answered()
    if isinstance(one.fault, RegularsError):
        return Answered(refused=one.fault.code)
    if one.fault is not None:
        raise one.fault
    return Answered(refused=one.refusal.code)


def _scaled(amount: object, scale: int) -> int:
    exact = Decimal(str(amount)).scaleb(scale)
    assert exact == int(exact), amount
    return int(exact)


ACTS: dict[str, Any] = {
    "buy": Shop._buy,
    "back": Shop._back,
    "settle": Shop._settle,
    "swap": Shop._swap,
    "void": Shop._void,
    "adjust": Shop._adjust,
    "do": Shop._do,
    "hold": Shop._hold,
    "capture": Shop._capture,
    "release": Shop._release,
    "send": Shop._send,
    "merge": Shop._merge,
    "unmerge": Shop._unmerge,
    "call": Shop._call,
}
ONLINE = {
    "hold": "a till's word of the moment: only its answer names the hold",
    "capture": "names a hold by its id",
    "release": "names a hold by its id",
    "send": "points passed on are two activities, of two members",
    "merge": "a desk's decision about two members",
    "unmerge": "a desk's decision about two members",
    "call": "a route of the desk or the app, no history of a till",
}
"""Acts that no file has, and why: in the way by file they are done over HTTP between two files."""
