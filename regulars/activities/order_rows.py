"""Orders of rewards of a batch as arrays for the statement that writes them: a row an order, as it is after it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from regulars.engine.contracts.orders import OrderRow
from regulars.kit import arrays

Written = tuple[UUID, int, OrderRow]
"""Account, program, and the order as it is."""

_COLUMNS: Final = (
    ("account_id", "uuid"),
    ("order_id", "uuid"),
    ("program_id", "int"),
    ("member_id", "uuid"),
    ("reward", "text"),
    ("state", "text"),
    ("step", "int"),
    ("does", "text"),
    ("target", "text"),
    ("stage", "text"),
    ("service", "text"),
    ("placed_at", "timestamptz"),
    ("changed_at", "timestamptz"),
    ("due_at", "timestamptz"),
    ("next_at", "timestamptz"),
    ("ends_at", "timestamptz"),
)
_SAID: Final = (*_COLUMNS, ("form", "text"), ("detail", "text"))
_NAMES: Final = arrays.names(_COLUMNS)
_KEPT: Final = {"account_id", "order_id", "program_id", "placed_at"}
_encode: Final = msgspec.json.Encoder().encode


def sql(first: int) -> tuple[str, int]:
    """Orders as they are now. What was filled in stays, what is known of an order adds up, also when it has come with
    its member from another account; tries begin anew with each step."""
    changed = ", ".join(f"{name} = excluded.{name}" for name, _ in _COLUMNS if name not in _KEPT)
    return (
        f"""ordered as (
    insert into regulars.reward_order as x ({_NAMES}, form, detail)
    select {_NAMES}, coalesce(t.form::jsonb, l.form), coalesce(l.detail, '{{}}') || t.detail::jsonb
    from {arrays.source(_SAID, first)}
    left join lateral (
        select b.form, b.detail from regulars.reward_order b
        where b.program_id = t.program_id and b.order_id = t.order_id order by b.changed_at desc limit 1
    ) l on true
    join ok using (account_id) order by account_id, order_id
    on conflict (account_id, order_id) do update set {changed},
        form = coalesce(excluded.form, x.form), detail = x.detail || excluded.detail,
        tries = case when x.step = excluded.step and x.stage = excluded.stage then x.tries else 0 end,
        fault = case when x.step = excluded.step then x.fault end
)""",
        len(_SAID),
    )


def arguments(written: Sequence[Written]) -> list[Any]:
    """The last state of each order, with all that was said of it."""
    last: dict[tuple[UUID, UUID], tuple[int, OrderRow]] = {}
    for account_id, program_id, row in written:
        key = (account_id, row.order_id)
        _, before = last.get(key, (program_id, None))
        last[key] = (program_id, row if before is None else _after(before, row))
    return arrays.of([_row(key, *last[key]) for key in sorted(last)], len(_SAID))


def _after(before: OrderRow, row: OrderRow) -> OrderRow:
    form = before.form if row.form is None else row.form
    return msgspec.structs.replace(row, form=form, detail={**before.detail, **row.detail})


def _row(key: tuple[UUID, UUID], program_id: int, row: OrderRow) -> tuple[Any, ...]:
    return (
        *key,
        program_id,
        row.member_id,
        row.reward,
        row.state,
        row.step,
        row.does,
        row.target,
        row.stage,
        row.service,
        row.placed_at,
        row.changed_at,
        row.due_at,
        row.next_at,
        row.ends_at,
        None if row.form is None else _encode(row.form).decode(),
        _encode(row.detail).decode(),
    )
