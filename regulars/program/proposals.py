"""The rows of releases that are to be: proposals, their approvals, and the one head that gives out numbers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from regulars.kit.database import Transaction
from regulars.kit.errors import NotFound
from regulars.program.contracts.definitions import Program
from regulars.program.contracts.midway import MidwayPolicy
from regulars.program.contracts.report import Report
from regulars.program.contracts.workflow import OPEN, Approval, BacktestState, Proposal, State

_REPORT: Final = msgspec.json.Decoder(Report)
_MIDWAY: Final = msgspec.json.Decoder(dict[str, MidwayPolicy])
_PROGRAM: Final = msgspec.msgpack.Decoder(Program)
_COLUMNS: Final = """number, state, base, digest, draft, rolled_back_to, note, midway, report, checked_at, proposed_by,
    proposers, proposed_at, publish_at, changed_by, changed_at, reason, overtaken_by, backtest_state, backtest,
    backtest_at"""


async def lock(tx: Transaction, *, program_id: int) -> int:
    """Take turns: until the transaction ends, nobody else proposes, approves or publishes in this program.

    Gives the last number that a release or a proposal has.
    """
    # Several may come at once, each with seconds of work beside us: who waits for a turn, or is kept waiting in the
    # middle of one, is not ended for that. The transaction as a whole is bounded all the same.
    await tx.execute("set local idle_in_transaction_session_timeout = '9s'")
    await tx.execute("set local lock_timeout = '4s'")
    await tx.execute(
        "insert into release_head (program_id, last) values ($1, 0) on conflict do nothing",
        program_id,
    )
    last: int = await tx.fetchval("select last from release_head where program_id = $1 for update", program_id)
    return last


async def take(tx: Transaction, *, program_id: int, number: int) -> None:
    """Note that a number is given out; under the lock."""
    await tx.execute("update release_head set last = $2 where program_id = $1", program_id, number)


async def insert(tx: Transaction, *, program_id: int, proposal: Proposal, program: Program, text: str) -> None:
    """Write a new one; under the lock, which keeps its number free."""
    await tx.execute(
        """insert into proposal (program_id, number, state, base, text, body, digest, draft, rolled_back_to, note,
            midway, report, checked_at, proposed_by, proposers, proposed_at, changed_by, changed_at, reason)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)""",
        program_id,
        proposal.number,
        proposal.state.value,
        proposal.base,
        text.encode(),
        msgspec.msgpack.encode(program),
        proposal.digest,
        proposal.draft,
        proposal.rolled_back_to,
        proposal.note,
        msgspec.json.encode(proposal.midway),
        msgspec.json.encode(proposal.report),
        proposal.checked_at,
        proposal.proposed_by,
        list(proposal.proposers),
        proposal.proposed_at,
        proposal.changed_by,
        proposal.changed_at,
        proposal.reason,
    )


async def store(tx: Transaction, *, program_id: int, proposal: Proposal) -> None:
    """Write what may change of one that was loaded under the lock."""
    await tx.execute(
        """update proposal set state = $3, report = $4, checked_at = $5, publish_at = $6, changed_by = $7,
            changed_at = $8, reason = $9, overtaken_by = $10
        where program_id = $1 and number = $2""",
        program_id,
        proposal.number,
        proposal.state.value,
        msgspec.json.encode(proposal.report),
        proposal.checked_at,
        proposal.publish_at,
        proposal.changed_by,
        proposal.changed_at,
        proposal.reason,
        proposal.overtaken_by,
    )


async def find(tx: Transaction, *, program_id: int, number: int) -> Proposal | None:
    """One proposal, if there is one of that number."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from proposal where program_id = $1 and number = $2", program_id, number
    )
    return None if row is None else _proposal(row)


async def published_as(tx: Transaction, *, program_id: int, number: int) -> Proposal | None:
    """The proposal that was brought over another release and published under a number, if one was."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from proposal where program_id = $1 and overtaken_by = $2 and state = $3",
        program_id,
        number,
        State.PUBLISHED.value,
    )
    return None if row is None else _proposal(row)


async def load(tx: Transaction, *, program_id: int, number: int) -> Proposal:
    """One proposal. Raises NotFound."""
    found = await find(tx, program_id=program_id, number=number)
    if found is None:
        raise NotFound(kind="proposed release", id=str(number))
    return found


async def content(tx: Transaction, *, program_id: int, number: int) -> tuple[Program, str]:
    """What a proposal says: the program, and its text as it was handed in. Raises NotFound."""
    row = await tx.fetchrow("select body, text from proposal where program_id = $1 and number = $2", program_id, number)
    if row is None:
        raise NotFound(kind="proposed release", id=str(number))
    return _PROGRAM.decode(row["body"]), bytes(row["text"]).decode()


async def below(tx: Transaction, *, program_id: int, number: int, limit: int, still_open: bool) -> list[Proposal]:
    """Proposals before a number, the newest first; all, or those that may still be published."""
    rows = await tx.fetch(
        f"""select {_COLUMNS} from proposal where program_id = $1 and number < $2::bigint and state = any($4)
        order by number desc limit $3""",
        program_id,
        number,
        limit,
        [state.value for state in (OPEN if still_open else State)],
    )
    return [_proposal(row) for row in rows]


async def of_draft(tx: Transaction, *, program_id: int, draft: str) -> list[Proposal]:
    """The proposals of a draft that may still be published."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from proposal where program_id = $1 and draft = $2 and state = any($3) order by number",
        program_id,
        draft,
        [state.value for state in OPEN],
    )
    return [_proposal(row) for row in rows]


async def waiting(tx: Transaction, *, program_id: int) -> list[Proposal]:
    """Those that wait for approvals or for somebody to publish them."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from proposal where program_id = $1 and state = any($2) order by number",
        program_id,
        [State.PROPOSED.value, State.APPROVED.value],
    )
    return [_proposal(row) for row in rows]


async def due(tx: Transaction, *, program_id: int, now: dt.datetime) -> list[int]:
    """The numbers of those whose moment has come, the earliest first."""
    rows = await tx.fetch(
        """select number from proposal where program_id = $1 and state = $2 and publish_at <= $3
        order by publish_at, number""",
        program_id,
        State.SCHEDULED.value,
        now,
    )
    return [row["number"] for row in rows]


async def approve(tx: Transaction, *, program_id: int, number: int, approval: Approval) -> bool:
    """Write a yes; false where this person said it before."""
    added = await tx.execute(
        """insert into approval (program_id, number, staff_id, digest, note, approved_at)
        values ($1, $2, $3, $4, $5, $6) on conflict do nothing""",
        program_id,
        number,
        approval.staff_id,
        approval.digest,
        approval.note,
        approval.approved_at,
    )
    return added == 1


async def approvals(tx: Transaction, *, program_id: int, number: int, digest: bytes) -> list[Approval]:
    """Who said yes to exactly this digest, in the order in which they did."""
    rows = await tx.fetch(
        """select staff_id, digest, note, approved_at from approval
        where program_id = $1 and number = $2 and digest = $3 order by approved_at, staff_id""",
        program_id,
        number,
        digest,
    )
    return [
        Approval(
            staff_id=row["staff_id"], digest=bytes(row["digest"]), note=row["note"], approved_at=row["approved_at"]
        )
        for row in rows
    ]


async def set_backtest(
    tx: Transaction,
    *,
    program_id: int,
    number: int,
    state: BacktestState,
    was: Sequence[BacktestState | None],
    summary: bytes | None,
    now: dt.datetime,
) -> bool:
    """Move the backtest of a proposal on from one of the states `was`; false where it is in none of them."""
    changed = await tx.execute(
        """update proposal set backtest_state = $3, backtest = $4, backtest_at = $5
        where program_id = $1 and number = $2 and coalesce(backtest_state, '') = any($6)""",
        program_id,
        number,
        state.value,
        summary,
        now,
        ["" if one is None else one.value for one in was],
    )
    return changed == 1


async def backtests(tx: Transaction, *, program_id: int) -> list[tuple[int, BacktestState]]:
    """The proposals whose backtest is wanted, or was begun and not ended, oldest first."""
    rows = await tx.fetch(
        """select number, backtest_state from proposal where program_id = $1 and backtest_state = any($2)
        order by number""",
        program_id,
        [BacktestState.WANTED.value, BacktestState.RUNNING.value],
    )
    return [(row["number"], BacktestState(row["backtest_state"])) for row in rows]


def _proposal(row: Any) -> Proposal:
    return Proposal(
        number=row["number"],
        state=State(row["state"]),
        base=row["base"],
        digest=bytes(row["digest"]),
        draft=row["draft"],
        rolled_back_to=row["rolled_back_to"],
        note=row["note"],
        midway=_MIDWAY.decode(row["midway"]),
        report=_REPORT.decode(row["report"]),
        checked_at=row["checked_at"],
        proposed_by=row["proposed_by"],
        proposers=tuple(UUID(str(one)) for one in row["proposers"]),
        proposed_at=row["proposed_at"],
        publish_at=row["publish_at"],
        changed_by=row["changed_by"],
        changed_at=row["changed_at"],
        reason=row["reason"],
        overtaken_by=row["overtaken_by"],
        backtest_state=None if row["backtest_state"] is None else BacktestState(row["backtest_state"]),
        backtest=None if row["backtest"] is None else msgspec.Raw(row["backtest"]),
        backtest_at=row["backtest_at"],
    )
