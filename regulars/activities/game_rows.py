"""Scores, plays, entries and votes of a batch as arrays for the statement that writes it: a row a key, in one order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from regulars.engine.contracts.games import Entry, GameRow, Played, Score, Vote

Written = tuple[UUID, int, UUID, dt.datetime, GameRow]
"""Account, program, activity, when it happened, and what it wrote."""


def is_score(game: GameRow) -> bool:
    """Whether a member moves on some board."""
    return isinstance(game, Score)


def is_play(game: GameRow) -> bool:
    """Whether somebody plays."""
    return isinstance(game, Played)


def is_contest(game: GameRow) -> bool:
    """Whether somebody enters or votes."""
    return isinstance(game, Entry | Vote)


def _columns(width: int, rows: Sequence[tuple[Any, ...]]) -> list[Any]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]


def scores_sql(first: int) -> tuple[str, int]:
    """Scores as they are after the batch; who stands nowhere any more has no row."""
    p = [f"${first + offset}" for offset in range(9)]
    return (
        f"""placed as materialized (
    select t.* from unnest({p[0]}::uuid[], {p[1]}::int[], {p[2]}::text[], {p[3]}::int[], {p[4]}::uuid[], {p[5]}::text[],
        {p[6]}::bigint[], {p[7]}::timestamptz[], {p[8]}::text[])
        as t (account_id, program_id, board, cycle, member_id, within, score, reached_at, shown)
    join ok using (account_id)
), scored as (
    insert into regulars.board_score as x
        (account_id, program_id, board, cycle, member_id, within, score, reached_at, shown)
    select account_id, program_id, board, cycle, member_id, within, score, reached_at, shown
    from placed where score is not null order by account_id, program_id, board, cycle, member_id
    on conflict (account_id, program_id, board, cycle, member_id) do update set within = excluded.within,
        score = excluded.score, shown = excluded.shown,
        reached_at = case when x.score = excluded.score then x.reached_at else excluded.reached_at end
), unscored as (
    delete from regulars.board_score x using placed p
    where p.score is null and x.account_id = p.account_id and x.program_id = p.program_id and x.board = p.board
        and x.cycle = p.cycle and x.member_id = p.member_id
)""",
        9,
    )


def scores(written: Sequence[Written]) -> list[Any]:
    """The last score of each member, board and cycle."""
    last = {
        (account_id, program_id, game.board, game.cycle, game.member_id): game
        for account_id, program_id, _, _, game in written
        if isinstance(game, Score)
    }
    return _columns(9, [(*key, *_score(last[key])) for key in sorted(last)])


def _score(one: Score) -> tuple[Any, ...]:
    return one.within, one.score, one.reached_at, one.shown


def plays_sql(first: int) -> tuple[str, int]:
    """Plays and tickets: rows that never change."""
    p = [f"${first + offset}" for offset in range(11)]
    names = "account_id, activity_id, draw, n, program_id, member_id, cycle, played_at, ticket, drawn, prize"
    return (
        f"""played as (
    insert into regulars.draw_play ({names}) select {names}
    from unnest({p[0]}::uuid[], {p[1]}::uuid[], {p[2]}::text[], {p[3]}::int[], {p[4]}::int[], {p[5]}::uuid[],
        {p[6]}::int[], {p[7]}::timestamptz[], {p[8]}::bool[], {p[9]}::text[], {p[10]}::text[])
        as t ({names}) join ok using (account_id) order by account_id, activity_id, draw, n
)""",
        11,
    )


def plays(written: Sequence[Written]) -> list[Any]:
    """All plays of the batch."""
    return _columns(
        11,
        [
            (
                account_id,
                activity_id,
                game.draw,
                game.n,
                program_id,
                game.member_id,
                game.cycle,
                game.at,
                game.ticket,
                game.drawn,
                game.prize,
            )
            for account_id, program_id, activity_id, _, game in written
            if isinstance(game, Played)
        ],
    )


def contests_sql(first: int) -> tuple[str, int]:
    """Entries with their last state, and votes."""
    p = [f"${first + offset}" for offset in range(18)]
    entry = "account_id, entry_id, program_id, board, cycle, member_id, state, proof, reason, changed_at"
    vote = "account_id, entry_id, judge, program_id, board, cycle, points, voted_at"
    return (
        f"""entered as (
    insert into regulars.board_entry as x ({entry}) select {entry}
    from unnest({p[0]}::uuid[], {p[1]}::uuid[], {p[2]}::int[], {p[3]}::text[], {p[4]}::int[], {p[5]}::uuid[],
        {p[6]}::text[], {p[7]}::text[], {p[8]}::text[], {p[9]}::timestamptz[])
        as t ({entry}) join ok using (account_id) order by account_id, entry_id
    on conflict (account_id, entry_id) do update set state = excluded.state, reason = excluded.reason,
        changed_at = excluded.changed_at
), voted as (
    insert into regulars.board_vote as x ({vote}) select {vote}
    from unnest({p[10]}::uuid[], {p[11]}::uuid[], {p[12]}::text[], {p[13]}::int[], {p[14]}::text[], {p[15]}::int[],
        {p[16]}::bigint[], {p[17]}::timestamptz[])
        as t ({vote}) join ok using (account_id) order by account_id, entry_id, judge
    on conflict (account_id, entry_id, judge) do update set points = excluded.points, voted_at = excluded.voted_at
)""",
        18,
    )


def contests(written: Sequence[Written]) -> list[Any]:
    """Entries and votes of the batch; of several states of one entry the last, with the proof that came first."""
    entries: dict[tuple[UUID, UUID], tuple[Any, ...]] = {}
    votes: dict[tuple[UUID, UUID, str], tuple[Any, ...]] = {}
    for account_id, program_id, _, at, game in written:
        if isinstance(game, Entry):
            before = entries.get((account_id, game.entry_id))
            proof = game.proof if before is None else before[5]
            entries[account_id, game.entry_id] = (
                program_id,
                game.board,
                game.cycle,
                game.member_id,
                game.state,
                proof,
                game.reason,
                game.at,
            )
        elif isinstance(game, Vote):
            votes[account_id, game.entry_id, game.judge] = (program_id, game.board, game.cycle, game.points, at)
    return _columns(10, [(*key, *entries[key]) for key in sorted(entries)]) + _columns(
        8, [(*key, *votes[key]) for key in sorted(votes)]
    )
