"""A pay-out as it goes out: on the wire, and in the file for the bank."""

from __future__ import annotations

import csv
import io

from regulars.kit import ids
from regulars.payouts.contracts import Payout, PayoutLine, PayoutLineOut, PayoutOut


def shown(made: Payout) -> PayoutOut:
    """A pay-out as it goes out."""
    return PayoutOut(
        id=ids.to_wire("pay", made.payout_id),
        currency=made.currency,
        period=made.period if "-" in made.period else "",
        made_by=made.made_by,
        made_at=made.made_at,
        finished_at=made.finished_at,
        payments=len(made.paid),
        total=made.total,
        money=made.money,
        lines=tuple(_line(line) for line in made.lines),
    )


def _line(line: PayoutLine) -> PayoutLineOut:
    return PayoutLineOut(
        no=line.no,
        member=ids.to_wire("mem", line.member_id),
        state=line.state,
        amount=line.points,
        activity_id=None if line.activity_id is None else ids.to_wire("act", line.activity_id),
        returned_by=None if line.returned_id is None else ids.to_wire("act", line.returned_id),
        reason=line.reason,
    )


def payments(made: Payout) -> str:
    """The file for the bank, CSV: a header, then one row a payment. Amounts are decimals of the program's money."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["line", "reference", "account", "amount", "currency", "member"])
    for line in made.paid:
        rows.writerow(
            [
                line.no,
                f"{made.payout_id.hex[-12:]}-{line.no}",
                line.bank_account,
                _decimal(line.points, made.scale),
                made.money,
                ids.to_wire("mem", line.member_id),
            ]
        )
    return out.getvalue()


def _decimal(amount: int, scale: int) -> str:
    if not scale:
        return str(amount)
    return f"{amount // 10**scale}.{amount % 10**scale:0{scale}d}"
