"""Where orders may be told: the addresses of the operator's settings, and nothing else. Each call is signed."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import msgspec
from standardwebhooks import Webhook
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from regulars.kit import keyring

TIMEOUT_S: Final = 10.0
ANSWER_BYTES_MAX: Final = 16_384
_AGAIN: Final = frozenset({408, 409, 423, 425, 429})
"""Answers below 500 after which the same call may still succeed."""
_AT_ONCE: Final = 2
"""Tries of one round: a connection that breaks is worth a second one; what lasts longer waits for the next round."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a call: `ok`, or a fault; `final` where trying again would come to the same."""

    ok: bool
    final: bool = False
    fault: str = ""
    detail: dict[str, Any] = {}


def parse(text: str) -> dict[str, str]:
    """Targets by name out of a setting such as `lounge=https://partner.example/hook`; what is no web address is left
    out."""
    found = {}
    for pair in text.split():
        name, _, url = pair.partition("=")
        parts = urlsplit(url)
        if name and parts.scheme in {"http", "https"} and parts.hostname and not parts.username:
            found[name] = url
    return found


def secret(home: Path, target: str) -> str:
    """The secret that a target verifies calls with, as Standard Webhooks write it."""
    made = keyring.digest(keyring.key(home, "webhooks"), target)
    return "whsec_" + base64.b64encode(made).decode()


async def tell(
    client: httpx.AsyncClient,
    url: str,
    body: Mapping[str, Any],
    *,
    message_id: str,
    signed_with: str,
    now: dt.datetime,
) -> Told:
    """Call a target. Who gets the same `message_id` twice has been told before: it is the idempotency key."""
    content = msgspec.json.encode(body)
    headers = {
        "content-type": "application/json",
        "idempotency-key": message_id,
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(signed_with).sign(message_id, now, content.decode()),
    }
    again = AsyncRetrying(
        stop=stop_after_attempt(_AT_ONCE),
        wait=wait_random_exponential(multiplier=0.05, max=0.5),
        retry=retry_if_exception_type(httpx.ConnectError),
        reraise=True,
    )
    try:
        return await again(_call, client, url, content, headers)
    except httpx.HTTPError as fault:
        return Told(ok=False, fault=f"{type(fault).__name__}: {fault}"[:300])


async def _call(client: httpx.AsyncClient, url: str, content: bytes, headers: Mapping[str, str]) -> Told:
    async with client.stream("POST", url, content=content, headers=dict(headers)) as answer:
        raw = b""
        async for part in answer.aiter_bytes():
            raw += part
            if len(raw) > ANSWER_BYTES_MAX:
                break
    if answer.is_success:
        return Told(ok=True, detail=_detail(raw))
    final = 400 <= answer.status_code < 500 and answer.status_code not in _AGAIN
    # A redirect is not followed: it would lead where the operator has not said that anybody may call.
    return Told(ok=False, final=final, fault=f"HTTP {answer.status_code}", detail=_detail(raw))


def _detail(raw: bytes) -> dict[str, Any]:
    """What of an answer is kept with the order: the plain fields of a small JSON object."""
    try:
        found = msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return {}
    if not isinstance(found, dict):
        return {}
    plain = {str(name)[:64]: value for name, value in list(found.items())[:20] if _is_plain(value)}
    return {name: value[:1000] if isinstance(value, str) else value for name, value in plain.items()}


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | bool) or (isinstance(value, int) and abs(value) < 2**53)
