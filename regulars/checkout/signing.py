"""What a till signs, and whether it did. Pure; the secret bytes of a new key come in."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


def pair(secret: bytes) -> tuple[str, bytes]:
    """The private key of 32 secret bytes, as the PEM text that a till keeps, and the public one that we keep."""
    private = Ed25519PrivateKey.from_private_bytes(secret)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem.decode(), private.public_key().public_bytes_raw()


def canonical(item: dict[str, Any], *, till: str) -> bytes:
    """The bytes that are signed: the item without its signature and with its till (`til_...`), as JSON with sorted keys
    and nothing between the signs, in UTF-8."""
    signed = {name: value for name, value in item.items() if name != "signature"} | {"till": till}
    return json.dumps(signed, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def holds(signature: str, message: bytes, *, public_key: bytes) -> bool:
    """Whether this till signed exactly this message."""
    try:
        raw = base64.b64decode(signature, validate=True)
        Ed25519PublicKey.from_public_bytes(public_key).verify(raw, message)
    except (binascii.Error, ValueError, InvalidSignature):
        return False
    return True
