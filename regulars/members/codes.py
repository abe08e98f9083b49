"""The rotating code that a member's app shows for redemption: time-based, per card, made without a network. Pure."""

from __future__ import annotations

import base64
import datetime as dt
import hmac
from typing import Final

import pyotp

from regulars.members import identity

STEP_S: Final = 30
DIGITS: Final = 8
SECRET_BYTES: Final = 20


def step_of(at: dt.datetime) -> int:
    """The half minute since 1970 that a moment lies in."""
    return int(at.timestamp()) // STEP_S


def code_of(secret: bytes, step: int) -> str:
    """The eight digits of a half minute."""
    return _totp(secret).generate_otp(step)


def matching_step(secret: bytes, code: str, at: dt.datetime) -> int | None:
    """The half minute that the code belongs to: this one, the one before or the one after; None if it is wrong or too
    old.
    """
    now = step_of(at)
    found = None
    # All three are looked at, whichever fits, so that the time taken tells nothing.
    for step in (now - 1, now, now + 1):
        if hmac.compare_digest(code_of(secret, step).encode(), code.encode()):
            found = step
    return found


def payload(number: str, code: str | None = None) -> str:
    """What the QR code says."""
    return f"{identity.QR_PREFIX}.{number}" if code is None else f"{identity.QR_PREFIX}.{number}.{code}"


def otpauth(secret: bytes, *, label: str, issuer: str) -> str:
    """The address by which an app takes the secret over."""
    return _totp(secret).provisioning_uri(name=label, issuer_name=issuer)


def _totp(secret: bytes) -> pyotp.TOTP:
    return pyotp.TOTP(base64.b32encode(secret).decode(), digits=DIGITS, interval=STEP_S)
