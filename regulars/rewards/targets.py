"""Where orders may be told: the addresses of the operator's settings, and nothing else. Each call is signed."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import functools
import ssl
import zlib
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
"""How long a call may take in all, with its second try and its answer to the last byte."""
ANSWER_BYTES_MAX: Final = 65_536
"""How much of an answer is read, and how much it may be once it is unpacked; of more nothing is kept."""
_UNPACKED: Final = {"gzip": 31, "deflate": 15}
"""Packings of an answer that are undone, by the window that zlib asks for."""
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
    within_s: float = TIMEOUT_S,
) -> Told:
    """Call a target, `within_s` seconds in all. Who gets the same `message_id` twice has been told before: it is the
    idempotency key."""
    content = msgspec.json.encode(body)
    headers = {
        "content-type": "application/json",
        "accept-encoding": "identity",
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
        async with asyncio.timeout(within_s):
            return await again(_call, client, url, content, headers)
    except TimeoutError:
        return Told(ok=False, fault=f"no whole answer within {within_s:g} s")
    except httpx.HTTPError as fault:
        return Told(ok=False, fault=f"{type(fault).__name__}: {fault}"[:300])


def client() -> httpx.AsyncClient:
    """What calls are made with."""
    return httpx.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False, verify=_certificates())


@functools.cache
def _certificates() -> ssl.SSLContext:
    # Read once: it takes as long as the call itself.
    return httpx.create_ssl_context()


async def _call(client: httpx.AsyncClient, url: str, content: bytes, headers: Mapping[str, str]) -> Told:
    async with client.stream("POST", url, content=content, headers=dict(headers)) as answer:
        raw = bytearray()
        async for part in answer.aiter_raw():
            raw += part
            if len(raw) > ANSWER_BYTES_MAX:
                break
    detail = _detail(_unpacked(bytes(raw), answer.headers.get("content-encoding", "")))
    if answer.is_success:
        return Told(ok=True, detail=detail)
    final = 400 <= answer.status_code < 500 and answer.status_code not in _AGAIN
    # A redirect is not followed: it would lead where the operator has not said that anybody may call.
    return Told(ok=False, final=final, fault=f"HTTP {answer.status_code}", detail=detail)


def _unpacked(raw: bytes, packing: str) -> bytes:
    """An answer as it was meant, though nobody asked for it packed; empty where it is too long, or cannot be read."""
    packing = packing.strip().lower()
    if packing not in {"", "identity"}:
        window = _UNPACKED.get(packing)
        try:
            # Never more than is kept: a small answer may unpack to gigabytes.
            raw = b"" if window is None else zlib.decompressobj(window).decompress(raw, ANSWER_BYTES_MAX + 1)
        except zlib.error:
            return b""
    return raw if len(raw) <= ANSWER_BYTES_MAX else b""


def _detail(raw: bytes) -> dict[str, Any]:
    """What of an answer is kept with the order: the plain fields of a small JSON object. Anything else says no more
    than its status."""
    try:
        found = msgspec.json.decode(raw)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    plain = {name[:64]: value for name, value in list(found.items())[:20] if _is_plain(value) and _is_plain(name)}
    return {name: value[:1000] if isinstance(value, str) else value for name, value in plain.items()}


def _is_plain(value: Any) -> bool:
    if isinstance(value, str):
        # The database keeps no text with a zero in it.
        return "\0" not in value
    return isinstance(value, bool) or (isinstance(value, int) and abs(value) < 2**53)
