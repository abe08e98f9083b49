"""Codes are bearer secrets worth money: they are found by a keyed hash and kept sealed, so that neither a copy of the
database nor a log gives one away.
"""

from __future__ import annotations

import hmac
from functools import lru_cache
from pathlib import Path
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from regulars.codes import patterns
from regulars.codes.contracts import CodeKeys
from regulars.kit import keyring

ID_BYTES: Final = 16
_NONCE_BYTES: Final = 12


def keys(home: Path) -> CodeKeys:
    """The keys of this installation."""
    secret = keyring.key(home, "vouchers")
    return CodeKeys(lookup=keyring.digest(secret, "lookup"), seal=keyring.digest(secret, "seal"))


def id_of(keys: CodeKeys, program_id: int, code: str) -> UUID:
    """The id of a code, however it is written: the same for ever, and nobody without the key can work it out."""
    return id_of_normal(keys, program_id, patterns.normal(code))


def id_of_normal(keys: CodeKeys, program_id: int, form: str) -> UUID:
    """The same of a normal form."""
    return UUID(bytes=id_under(lookup_of(keys, program_id), form))


def lookup_of(keys: CodeKeys, program_id: int) -> bytes:
    """The key under which the codes of a program are found."""
    return _of_program(keys.lookup, program_id)


def id_under(lookup: bytes, form: str) -> bytes:
    """The bytes of the id of a normal form."""
    return hmac.digest(lookup, form.encode(), "sha256")[:ID_BYTES]


@lru_cache(maxsize=256)
def _of_program(key: bytes, program_id: int) -> bytes:
    # A key of each program: the same code of two programs has nothing in common.
    return keyring.digest(key, str(program_id))


def seal(cipher: AESGCM, code_id: UUID, code: str) -> bytes:
    """The sealed form. A code is sealed under its own id, which no other code has, so its id serves as the nonce."""
    return seal_bytes(cipher, code_id.bytes, code)


def seal_bytes(cipher: AESGCM, code_id: bytes, code: str) -> bytes:
    """The same for the bytes of an id."""
    return cipher.encrypt(code_id[:_NONCE_BYTES], code.encode(), code_id)


def unseal(cipher: AESGCM, code_id: UUID, sealed: bytes) -> str:
    """The code. Raises cryptography.exceptions.InvalidTag where the key is not the one it was sealed under."""
    return cipher.decrypt(code_id.bytes[:_NONCE_BYTES], sealed, code_id.bytes).decode()


def cipher(keys: CodeKeys) -> AESGCM:
    """What seals and opens."""
    return AESGCM(keys.seal)
