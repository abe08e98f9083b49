"""What identifies a person is sealed under a key of that member, which is itself wrapped by the installation's key.

Destroying the wrapped key erases the person at once, wherever in this database something is sealed. A backup has the
key still: whoever restores one erases again (`kit.forgotten`).
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from regulars.kit import edge
from regulars.members.contracts import MemberErased, Profile

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12

_profiles = msgspec.msgpack.Decoder(Profile)


def new_key() -> bytes:
    """A key for one member."""
    return edge.secret(KEY_BYTES)


def seal(key: bytes, plain: bytes, *, member_id: UUID, what: str) -> bytes:
    """The sealed form; it opens only for the same member and the same purpose, so that sealed values cannot be
    swapped between rows.
    """
    nonce = edge.secret(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, _bound(member_id, what))


def unseal(key: bytes, sealed: bytes, *, member_id: UUID, what: str) -> bytes:
    """What was sealed. Raises MemberErased when the key does not open it."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound(member_id, what))
    except (InvalidTag, ValueError) as fault:
        raise MemberErased from fault


def wrap(personal: bytes, key: bytes, *, member_id: UUID) -> bytes:
    """A member's key as it is stored."""
    return seal(personal, key, member_id=member_id, what="key")


def unwrap(personal: bytes, wrapped: bytes | None, *, member_id: UUID) -> bytes:
    """A member's key. Raises MemberErased when it has been destroyed."""
    if wrapped is None:
        raise MemberErased
    return unseal(personal, wrapped, member_id=member_id, what="key")


def seal_profile(key: bytes, profile: Profile, *, member_id: UUID) -> bytes:
    """The sealed profile."""
    return seal(key, msgspec.msgpack.encode(profile), member_id=member_id, what="profile")


def unseal_profile(key: bytes, sealed: bytes | None, *, member_id: UUID) -> Profile:
    """The profile; an empty one where none was ever written. Raises MemberErased."""
    return Profile() if sealed is None else _profiles.decode(unseal(key, sealed, member_id=member_id, what="profile"))


def _bound(member_id: UUID, what: str) -> bytes:
    return member_id.bytes + what.encode()
