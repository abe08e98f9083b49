"""What each activity took of what is shared and runs out, as rows of their own: a budget, a stock or the uses of a code
are the sum of them (I12). Each row is signed, and the seal of its activity says how many it has."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any, Final

import msgspec

from regulars.engine import service as engine
from regulars.kit import arrays

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from regulars.engine.contracts.known import CounterValue

_COLUMNS: Final = (
    ("account_id", "uuid"),
    ("activity_id", "uuid"),
    ("n", "int"),
    ("program_id", "int"),
    ("metric", "text"),
    ("owner", "text"),
    ("bucket", "text"),
    ("item", "text"),
    ("amount", "bigint"),
    ("hash", "bytea"),
)
_DRAWS: Final = "draws."
_encode: Final = msgspec.msgpack.Encoder().encode


def is_traced(metric: str, item: str) -> bool:
    """Whether a number is something that runs out, and its sum is held against its uses: what was cut, what was told
    and what a window of a metric counts is not."""
    return (engine.is_quota(metric) and item == engine.QUOTA_USED) or metric.startswith(_DRAWS)


def of(counters: Iterable[CounterValue]) -> tuple[CounterValue, ...]:
    """What a decision took of it, or gave back."""
    return tuple(one for one in counters if one.value and is_traced(one.key.metric, one.item))


def signature(
    key: bytes,
    *,
    account_id: UUID,
    activity_id: UUID,
    n: int,
    program_id: int,
    metric: str,
    owner: str,
    bucket: str,
    item: str,
    amount: int,
) -> bytes:
    """The keyed hash of one row."""
    row = ("use/1", account_id, activity_id, n, program_id, metric, owner, bucket, item, amount)
    return hmac.digest(key, _encode(row), "sha256")


def sql(first: int) -> tuple[str, int]:
    """A CTE that writes them, for the accounts in `ok`."""
    names = arrays.names(_COLUMNS)
    text = (
        f"shared_out as (insert into regulars.counter_use ({names}) select {names} "
        f"from {arrays.source(_COLUMNS, first)} join ok using (account_id))"
    )
    return text, len(_COLUMNS)


def arguments(written: Sequence[Any], *, key: bytes) -> list[Any]:
    """The arrays for it."""
    rows = [
        _row(key, account_id, program_id, activity_id, n, one)
        for account_id, program_id, activity_id, uses in written
        for n, one in enumerate(uses, 1)
    ]
    return arrays.of(rows, len(_COLUMNS))


def _row(
    key: bytes, account_id: UUID, program_id: int, activity_id: UUID, n: int, one: CounterValue
) -> tuple[Any, ...]:
    metric, owner, bucket = one.key.metric, one.key.owner, one.key.bucket
    signed = signature(
        key, account_id=account_id, activity_id=activity_id, n=n, program_id=program_id, metric=metric, owner=owner,
        bucket=bucket, item=one.item, amount=one.value,
    )  # fmt: skip
    return account_id, activity_id, n, program_id, metric, owner, bucket, one.item, one.value, signed
