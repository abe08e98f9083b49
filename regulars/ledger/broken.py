"""Wording a break: which row of which table, what it says and what it should say. Pure."""

from __future__ import annotations

from uuid import UUID

from regulars.engine.contracts.points import LotId
from regulars.ledger.contracts import Break
from regulars.ledger.history import History


def broken(
    history: History,
    invariant: str,
    table: str,
    key: str,
    text: str,
    *,
    column: str = "",
    stored: object = "",
    expected: object = "",
) -> Break:
    """A break of one balance; `key` is the rest of the row's primary key."""
    own = f"account_id = '{history.account_id}'"
    if table not in ("lot", "hold"):
        own += f" and currency = '{history.currency}'"
    return Break(
        invariant=invariant,
        text=text,
        table=table,
        key=f"{own} and {key}" if key else own,
        column=column,
        stored=str(stored),
        expected=str(expected),
        account_id=history.account_id,
        currency=history.currency,
    )


def entry_key(version: int) -> str:
    """The row of an entry."""
    return f"version = {version}"


def lot_key(lot_id: LotId) -> str:
    """The row of a lot."""
    return f"activity_id = '{lot_id.activity_id}' and n = {lot_id.n}"


def use_key(version: int, lot_id: LotId) -> str:
    """The row of a lot use."""
    return f"version = {version} and lot_activity_id = '{lot_id.activity_id}' and lot_n = {lot_id.n}"


def hold_key(hold_id: UUID) -> str:
    """The row of a hold."""
    return f"hold_id = '{hold_id}'"
