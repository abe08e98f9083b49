"""The three commands that the demo prints, made of a real member, real goods and a real basket of theirs."""

from __future__ import annotations

import shlex
from typing import Any, Final

import msgspec

from regulars.cli.demo import story
from regulars.cli.demo.habits import Scene
from regulars.kit import edge

# The first household of the data: in a demo of few members too.
MEMBER: Final = "1"


def of(url: str, token: str, scene: Scene) -> list[tuple[str, str]]:
    """(what it shows, the command), each working as printed. Raises StoryFailed."""
    till = story.Till(url, token)
    found = till.post("identify", "/v1/members/identify", {"member": {"own_id": MEMBER}})
    page = till.get("history", f"/v1/members/{found['id']}/activities?limit=1")
    why = f"/v1/activities/{page['items'][0]['activity_id']}/explanation"
    asked = ("why did their last activity earn what it earned?", _curl(url, token, why, None))
    if scene.type != "purchase":
        who = {"type": scene.type, "member": {"own_id": MEMBER}}
        what: dict[str, Any] = who | story.told(scene, edge.random_digits(scene.digits))
        known = f"/v1/members/{found['id']}"
        return [
            ("who is this member?", _curl(url, token, known, None)),
            ("they do something", _curl(url, token, "/v1/activities", what, key="try-$(date +%s)")),
            asked,
        ]
    basket = {"member": {"own_id": MEMBER}, "store": scene.store, "lines": list(scene.lines[:3])}
    return [
        ("what would this basket bring?", _curl(url, token, "/v1/quotes", basket)),
        ("the same, bought", _curl(url, token, "/v1/purchases", basket, key="try-$(date +%s)")),
        asked,
    ]


def _curl(url: str, token: str, path: str, body: dict[str, Any] | None, *, key: str = "") -> str:
    parts = ["curl -s", f"{url}{path}", f"-H 'Authorization: Bearer {token}'"]
    if key:
        # In double quotes, so that the shell puts in a new number each time.
        parts.append(f'-H "Idempotency-Key: {key}"')
    if body is not None:
        parts += ["-H 'Content-Type: application/json'", f"-d {shlex.quote(msgspec.json.encode(body).decode())}"]
    return " ".join(parts)
