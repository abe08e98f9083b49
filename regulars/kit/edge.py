"""The one module that reads the clock and makes ids and secrets. Everything below the edge takes them as arguments."""

from __future__ import annotations

import os
import secrets
from datetime import UTC, datetime
from uuid import UUID

from regulars.kit import ids


def now() -> datetime:
    """The moment, aware and in UTC, in microseconds."""
    return datetime.now(UTC)


def new_id(now: datetime) -> UUID:
    """A fresh version 7 uuid of this moment."""
    return ids.uuid7(int(now.timestamp() * 1000), os.urandom(10))


def token(size_bytes: int = 32) -> str:
    """A secret that nobody can guess, as URL-safe text."""
    return secrets.token_urlsafe(size_bytes)


def random_digits(count: int) -> str:
    """`count` random decimal digits, for example the body of a card number."""
    return "".join(str(secrets.randbelow(10)) for _ in range(count))


def secret(size_bytes: int) -> bytes:
    """Random bytes for a key."""
    return os.urandom(size_bytes)
