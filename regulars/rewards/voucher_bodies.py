"""What comes in and goes out where codes of vouchers are asked about."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from regulars.activities.contracts import Body, Circumstances, Name, Session, VoucherCode
from regulars.codes.contracts import Batch
from regulars.kit.reasons import Reason
from regulars.members.contracts import MemberRef

LONGEST_LOCK_S: Final = 86_400


class CodeBody(Body, frozen=True, kw_only=True):
    """A code, as typed or scanned."""

    code: VoucherCode


class LockBody(CodeBody, frozen=True, kw_only=True):
    """Set a code aside: whoever pays under the same `session` uses it, nobody else until it is over."""

    session: Session
    ttl_s: (
        Annotated[int, Meta(ge=1, le=LONGEST_LOCK_S, description="How long; the campaign's own time if left out.")]
        | None
    ) = None


class UnlockBody(CodeBody, frozen=True, kw_only=True):
    """Let a code go that this session set aside."""

    session: Session


class RedeemBody(Circumstances, frozen=True, kw_only=True):
    """Use codes without a basket."""

    member: MemberRef
    vouchers: Annotated[tuple[VoucherCode, ...], Meta(min_length=1, max_length=20)]
    session: Session | None = None


class GiveBody(Circumstances, frozen=True, kw_only=True):
    """Give the member a code of a campaign; `reason` is kept, with who it was."""

    voucher: Name
    reason: Reason


class StateBody(Body, frozen=True, kw_only=True):
    """Block codes, by themselves or by their ids, or open them again."""

    state: Literal["blocked", "open"]
    codes: Annotated[tuple[VoucherCode, ...], Meta(max_length=1000)] = ()
    ids: Annotated[tuple[str, ...], Meta(max_length=1000)] = ()


class CodeOut(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A code: `state` is open, blocked, idle (a gift card not sold yet), cancelled or locked; `uses_left` how often it
    still counts, `value` what is still to be had of it, in the smallest unit. `code` only for whoever holds it.
    """

    id: str
    voucher: str
    state: str
    ending: str
    code: str | None = None
    title: dict[str, str] = {}
    uses_left: int | None = None
    value: int | None = None
    currency: str | None = None
    member: str | None = None
    batch: str | None = None
    given_on: dt.date | None = None
    from_at: dt.datetime | None = None
    until: dt.date | None = None
    until_at: dt.datetime | None = None
    locked_until: dt.datetime | None = None
    by_itself: bool = False


class CodesOut(msgspec.Struct, frozen=True):
    """Codes, and where the next page begins."""

    items: tuple[CodeOut, ...]
    next_cursor: str | None = None


class BatchesOut(msgspec.Struct, frozen=True):
    """How many codes each batch has."""

    items: tuple[Batch, ...]


class LockedOut(msgspec.Struct, frozen=True):
    """Until when a code is set aside; None: it is not."""

    locked_until: dt.datetime | None


class ChangedOut(msgspec.Struct, frozen=True):
    """How many codes that changed."""

    changed: int
