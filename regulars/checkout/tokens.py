"""The token of a quote: what the quote was decided on, signed, so that a commit can be held against it. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import Final

import msgspec

from regulars.activities.contracts import Quoted
from regulars.checkout.contracts import BadQuoteToken

_MAC_BYTES: Final = 16


class _Promise(msgspec.Struct, frozen=True, array_like=True):
    program_id: int
    quoted: Quoted


_DECODER: Final = msgspec.msgpack.Decoder(_Promise)
_ENCODER: Final = msgspec.msgpack.Encoder()


def sign(quoted: Quoted, *, program_id: int, key: bytes) -> str:
    """The token for a quote of this program; `key` is the installation's key for quotes."""
    payload = _ENCODER.encode(_Promise(program_id, quoted))
    return base64.urlsafe_b64encode(_mac(payload, key) + payload).decode().rstrip("=")


def read(token: str, *, program_id: int, key: bytes) -> Quoted:
    """What the quote was decided on. Raises BadQuoteToken: not ours, changed on the way, or of another program."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as fault:
        raise BadQuoteToken from fault
    mac, payload = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(payload, key)):
        raise BadQuoteToken
    promise = _DECODER.decode(payload)
    if promise.program_id != program_id:
        raise BadQuoteToken
    return promise.quoted


def _mac(payload: bytes, key: bytes) -> bytes:
    return hmac.new(key, payload, hashlib.sha256).digest()[:_MAC_BYTES]
