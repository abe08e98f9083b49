"""A short story at the till, told over HTTP as a till would: join, buy, pay with points, return, explain."""

from __future__ import annotations

from typing import Any, Final

import httpx
import msgspec

from regulars.kit import edge
from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text

# Goods of the data at their usual prices: milk, bananas, pork, a ham, beef. Together above a hundred dollars, so that
# the first basket earns enough points to pay a part of the second.
BASKET: Final[list[dict[str, Any]]] = [
    {"sku": "1029743", "quantity": 2, "amount": 490},
    {"sku": "1082185", "quantity": "1.250", "unit": "lb", "amount": 124},
    {"sku": "12810391", "quantity": 2, "amount": 3288},
    {"sku": "12731432", "quantity": 2, "amount": 2206},
    {"sku": "12262778", "quantity": 4, "amount": 4024},
]
STORE: Final = "367"


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


def tell(url: str, token: str) -> dict[str, Any]:
    """Play the story with a fresh phone number and give what came of each step. Raises StoryFailed."""
    till = Till(url, token)
    # An exchange that exists, since a number outside its numbering plan is refused.
    run = f"736{edge.random_digits(4)}"
    circumstances = {"store": STORE, "till": "1", "cashier": "7", "source": "demo"}
    basket = {"member": {"phone": f"+1 212 {run}"}, "lines": BASKET, **circumstances}
    quoted = till.post("quote", "/v1/quotes", basket)
    bought = till.post(
        "commit", "/v1/purchases", basket | {"document": f"{run}-1", "token": quoted["token"]}, key=f"{run}-1"
    )
    again = till.post(
        "repeat", "/v1/purchases", basket | {"document": f"{run}-1", "token": quoted["token"]}, key=f"{run}-1"
    )
    card = {"member": {"card": bought["member"]["card"]}, "lines": BASKET, **circumstances}
    paying = card | {"document": f"{run}-2", "pay": [{"currency": "points", "points": "max"}]}
    paid = till.post("pay with points", "/v1/purchases", paying, key=f"{run}-2")
    back = {"sale": {"activity_id": bought["activity_id"]}, "lines": [{"no": 1, "quantity": 1}], "reason": "damaged"}
    returned = till.post("return", "/v1/returns", back | {"document": f"{run}-3"} | circumstances, key=f"{run}-3")
    why = till.get("explain", f"/v1/activities/{bought['activity_id']}/explanation")
    return {
        "member": bought["member"]["id"],
        "quoted_points": quoted.get("points", {}),
        "points": bought.get("points", {}),
        "as_quoted": bought.get("as_quoted"),
        "replay_is_the_same": again == bought,
        "paid": paid.get("paid", []),
        "returned": returned.get("points", {}),
        "balances": returned.get("balances", []),
        "rules_fired": sorted(rule["rule"] for rule in why["rules"] if rule["fired"]),
        "rules_explained": len(why["rules"]),
    }


def _read(step: str, answer: httpx.Response) -> Any:
    if answer.status_code >= 300:
        raise StoryFailed(step=step, http_status=answer.status_code, answer=answer.text[:400])
    return msgspec.json.decode(answer.content)
