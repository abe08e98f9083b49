"""A short story at the till, told over HTTP as a till would: join, buy, pay with points, return, explain."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec

from regulars.cli.demo.habits import Scene
from regulars.kit import edge
from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text


class StoryFailed(RegularsError):
    """A step of the story was answered otherwise than it must be."""

    texts = Text(
        en="The story at the till stopped at '{step}': {http_status} {answer}",
        ru="Сценарий на кассе остановился на шаге «{step}»: {http_status} {answer}",
        ro="Povestea de la casă s-a oprit la „{step}”: {http_status} {answer}",
    )
    step: str
    http_status: int
    answer: str


class Till:
    """A till with a key, as any client of the API."""

    def __init__(self, url: str, token: str) -> None:
        self._client = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=30.0)

    def post(self, step: str, path: str, body: dict[str, Any], *, key: str | None = None) -> Any:
        """The answer to a body; a key makes it safe to repeat. Raises StoryFailed."""
        headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
        return _read(step, self._client.post(path, content=msgspec.json.encode(body), headers=headers))

    def get(self, step: str, path: str) -> Any:
        """What is there. Raises StoryFailed."""
        return _read(step, self._client.get(path))


def tell(url: str, token: str, scene: Scene) -> dict[str, Any]:
    """Play the story with a fresh phone number and give what came of each step. Raises StoryFailed."""
    till = Till(url, token)
    run = edge.random_digits(scene.digits)
    who = {"phone": f"{scene.phone}{run}"}
    found = _bought(till, scene, run, who) if scene.type == "purchase" else _done(till, scene, run, who)
    activity = found.pop("activity_id")
    why = till.get("explain", f"/v1/activities/{activity}/explanation")
    return found | {
        "rules_fired": sorted(rule["rule"] for rule in why["rules"] if rule["fired"]),
        "rules_explained": len(why["rules"]),
    }


def _bought(till: Till, scene: Scene, run: str, who: dict[str, str]) -> dict[str, Any]:
    circumstances = {"store": scene.store, "till": "1", "cashier": "7", "source": "demo"}
    basket = {"member": who, "lines": list(scene.lines), **circumstances}
    quoted = till.post("quote", "/v1/quotes", basket)
    committed = basket | {"document": f"{run}-1", "token": quoted["token"]}
    bought = till.post("commit", "/v1/purchases", committed, key=f"{run}-1")
    again = till.post("repeat", "/v1/purchases", committed, key=f"{run}-1")
    card = {"member": {"card": bought["member"]["card"]}, "lines": list(scene.lines), **circumstances}
    pay = {"pay": [{"currency": scene.pays, "points": "max"}]} if scene.pays is not None else {}
    paid = till.post("pay", "/v1/purchases", card | {"document": f"{run}-2"} | pay, key=f"{run}-2")
    back = {"sale": {"activity_id": bought["activity_id"]}, "lines": [{"no": 1, "quantity": 1}], "reason": "damaged"}
    returned = till.post("return", "/v1/returns", back | {"document": f"{run}-3"} | circumstances, key=f"{run}-3")
    return {
        "activity_id": bought["activity_id"],
        "member": bought["member"]["id"],
        "quoted_points": quoted.get("points", {}),
        "points": bought.get("points", {}),
        "as_quoted": bought.get("as_quoted"),
        "replay_is_the_same": again == bought,
        "paid": paid.get("paid", []),
        "returned": returned.get("points", {}),
        "balances": returned.get("balances", []),
    }


def told(scene: Scene, run: str) -> dict[str, Any]:
    """What an activity that is no purchase says of itself; `run` is the number of what is numbered."""
    numbers = {} if scene.numbered is None else {scene.numbered: run}
    where = {} if scene.store is None else {"store": scene.store}
    lines = {"lines": list(scene.lines)} if scene.lines else {}
    return {"fields": scene.fields | numbers} | where | lines


def _done(till: Till, scene: Scene, run: str, who: dict[str, str]) -> dict[str, Any]:
    body = {"type": scene.type, "member": who, "source": "demo", "document": f"{run}-1"} | told(scene, run)
    done = till.post("record", "/v1/activities", body, key=f"{run}-1")
    again = till.post("repeat", "/v1/activities", body, key=f"{run}-1")
    return {
        "activity_id": done["activity_id"],
        "member": done["member"]["id"],
        "points": done.get("points", {}),
        "replay_is_the_same": again == done,
        "balances": done.get("balances", []),
    }


def _read(step: str, answer: httpx.Response) -> Any:
    if answer.status_code >= 300:
        raise StoryFailed(step=step, http_status=answer.status_code, answer=answer.text[:400])
    return msgspec.json.decode(answer.content)
