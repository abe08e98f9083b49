"""A till without a connection: it numbers and signs what it does, keeps it, and tells of it when it can."""

from __future__ import annotations

import base64
import datetime as dt
import itertools
import json
from collections.abc import Sequence
from typing import Any

import httpx
from cryptography.hazmat.primitives.serialization import load_pem_private_key


class OfflineTill:
    """One till with its key; `queue` is what it did so far. `ahead` is how far its clock is ahead of ours."""

    def __init__(
        self, client: httpx.AsyncClient, *, admin: str, token: str, ahead: dt.timedelta = dt.timedelta()
    ) -> None:
        self.client, self.admin, self.token, self.ahead = client, admin, token, ahead
        self.id = self.name = ""
        self.queue: list[dict[str, Any]] = []
        self._numbers = itertools.count(1)
        self._key: Any = None

    async def register(self, name: str = "2", *, floor: int = 0) -> OfflineTill:
        body = {"name": name, "store": "s1", "floor": floor}
        made = await self.client.post("/v1/tills", json=body, headers={"authorization": f"Bearer {self.admin}"})
        assert made.status_code == 201, made.text
        self.id, self.name = made.json()["till"]["id"], name
        self._key = load_pem_private_key(made.json()["private_key"].encode(), None)
        return self

    def now(self) -> dt.datetime:
        """What its clock says."""
        return dt.datetime.now(dt.UTC) + self.ahead

    def signed(self, number: int, **act: Any) -> dict[str, Any]:
        """An act under a number, signed as docs/till.md says."""
        item = {"number": number, **act}
        message = json.dumps({**item, "till": self.id}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return {**item, "signature": base64.b64encode(self._key.sign(message.encode())).decode()}

    def does(self, kind: str, *, minutes_ago: float = 5, number: int | None = None, **body: Any) -> dict[str, Any]:
        """Do something: it joins the queue."""
        at = self.now() - dt.timedelta(minutes=minutes_ago)
        chosen = next(self._numbers) if number is None else number
        act = self.signed(chosen, **{kind: {"occurred_at": at.isoformat(), "source": f"till-{self.name}", **body}})
        self.queue.append(act)
        return act

    def sells(self, phone: str, *amounts: int, points: int = 0, **more: Any) -> dict[str, Any]:
        """A sale of lines of these amounts to whom this phone names, some of it paid with points."""
        lines = [{"amount": amount} for amount in amounts]
        pay = {"pay": [{"currency": "points", "points": points}]} if points else {}
        return self.does("purchase", member={"phone": phone}, lines=lines, **pay, **more)

    async def post(
        self, acts: Sequence[dict[str, Any]] | None = None, *, till_time: dt.datetime | None = None
    ) -> httpx.Response:
        """Tell of some acts, or of the whole queue."""
        told = self.queue if acts is None else acts
        body = {"till_time": (till_time or self.now()).isoformat(), "activities": list(told)}
        headers = {"authorization": f"Bearer {self.token}"}
        return await self.client.post(f"/v1/tills/{self.id}/activities", json=body, headers=headers)

    async def tells(self, acts: Sequence[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
        """The same, which must be taken; the answer."""
        answer = await self.post(acts, **more)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def seen(self) -> dict[str, Any]:
        """The till as the server sees it."""
        answer = await self.client.get(f"/v1/tills/{self.id}", headers={"authorization": f"Bearer {self.token}"})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


def outcomes(told: dict[str, Any]) -> list[tuple[int | None, str, bool, str | None]]:
    """Number, outcome, whether it was told before, and what was wrong, of each act of an answer."""
    return [
        (one["number"], one["outcome"], one.get("replayed", False), one.get("problem", {}).get("code"))
        for one in told["results"]
    ]
