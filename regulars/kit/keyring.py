"""Secrets of this installation, one file each in `$REGULARS_HOME/secrets`, made once and readable by the owner only.

Machines that share one database share this folder too: card codes, quotes and lookups are keyed with it.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from pathlib import Path
from typing import Final, Literal

from regulars.kit import edge

SIZE_BYTES: Final = 32

# What each key protects. A new purpose gets a key of its own, so that any of them can be rotated alone.
Purpose = Literal[
    "lookup",
    "quote",
    "card",
    "ledger",
    "api_key",
    "database",
    "cursor",
    "personal",
    "audit",
    "draws",
    "webhooks",
    "vouchers",
]


def key(home: Path, purpose: Purpose) -> bytes:
    """The key for a purpose, 32 bytes; made on first use. Safe when several processes start at once."""
    path = home / "secrets" / f"{purpose}.key"
    try:
        return bytes.fromhex(path.read_text())
    except FileNotFoundError:
        return _make(path)


def digest(secret: bytes, *parts: str) -> bytes:
    """A keyed hash of some texts, 32 bytes. The parts cannot run into each other."""
    message = b"".join(len(raw).to_bytes(4, "big") + raw for raw in (part.encode() for part in parts))
    return hmac.new(secret, message, hashlib.sha256).digest()


def _make(path: Path) -> bytes:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{edge.token(6)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(edge.secret(SIZE_BYTES).hex())
        file.flush()
        os.fsync(file.fileno())
    # A link fails where the name exists: of two processes that start at once, one key wins and both read that one.
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return bytes.fromhex(path.read_text())
