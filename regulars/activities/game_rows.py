"""Scores, plays, entries and votes of a batch as arrays for the statement that writes it: a row a key, in one order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from regulars.engine.contracts.games import Entry, GameRow, Played, Score, Vote
from regulars.kit import arrays

_SCORE: Final = (
    ("account_id", "uuid"),
    ("program_id", "int"),
    ("board", "text"),
    ("cycle", "int"),
    ("member_id", "uuid"),
    ("within", "text"),
    ("score", "bigint"),
    ("reached_at", "timestamptz"),
    ("shown", "text"),
)
_PLAY: Final = (
    ("account_id", "uuid"),
    ("activity_id", "uuid"),
    ("draw", "text"),
    ("n", "int"),
    ("program_id", "int"),
    ("member_id", "uuid"),
    ("cycle", "int"),
    ("played_at", "timestamptz"),
    ("ticket", "bool"),
    ("drawn", "text"),
    ("prize", "text"),
)
_ENTRY: Final = (
    ("account_id", "uuid"),
    ("entry_id", "uuid"),
    ("program_id", "int"),
    ("board", "text"),
    ("cycle", "int"),
    ("member_id", "uuid"),
    ("state", "text"),
    ("proof", "text"),
    ("reason", "text"),
    ("changed_at", "timestamptz"),
)
_VOTE: Final = (
    ("account_id", "uuid"),
    ("entry_id", "uuid"),
    ("judge", "text"),
    ("program_id", "int"),
    ("board", "text"),
    ("cycle", "int"),
    ("points", "bigint"),
    ("voted_at", "timestamptz"),
)

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


def scores_sql(first: int) -> tuple[str, int]:
    """Scores as they are after the batch; who stands nowhere any more has no row."""
    return (
        f"""placed as materialized (
    select t.* from {arrays.source(_SCORE, first)} join ok using (account_id)
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
        len(_SCORE),
    )


def scores(written: Sequence[Written]) -> list[Any]:
    """The last score of each member, board and cycle."""
    last = {
        (account_id, program_id, game.board, game.cycle, game.member_id): game
        for account_id, program_id, _, _, game in written
        if isinstance(game, Score)
    }
    return arrays.of([(*key, *_score(last[key])) for key in sorted(last)], len(_SCORE))


def _score(one: Score) -> tuple[Any, ...]:
    return one.within, one.score, one.reached_at, one.shown


def plays_sql(first: int) -> tuple[str, int]:
    """Plays and tickets: rows that never change."""
    names = arrays.names(_PLAY)
    return (
        f"""played as (
    insert into regulars.draw_play ({names}) select {names}
    from {arrays.source(_PLAY, first)} join ok using (account_id) order by account_id, activity_id, draw, n
)""",
        len(_PLAY),
    )


def plays(written: Sequence[Written]) -> list[Any]:
    """All plays of the batch."""
    return arrays.of(
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
        len(_PLAY),
    )


def contests_sql(first: int) -> tuple[str, int]:
    """Entries with their last state, and votes."""
    entry, vote = arrays.names(_ENTRY), arrays.names(_VOTE)
    return (
        f"""entered as (
    insert into regulars.board_entry as x ({entry}) select {entry}
    from {arrays.source(_ENTRY, first)} join ok using (account_id) order by account_id, entry_id
    on conflict (account_id, entry_id) do update set state = excluded.state, reason = excluded.reason,
        changed_at = excluded.changed_at
), voted as (
    insert into regulars.board_vote as x ({vote}) select {vote}
    from {arrays.source(_VOTE, first + len(_ENTRY))} join ok using (account_id) order by account_id, entry_id, judge
    on conflict (account_id, entry_id, judge) do update set points = excluded.points, voted_at = excluded.voted_at
)""",
        len(_ENTRY) + len(_VOTE),
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
    return [
        *arrays.of([(*key, *entries[key]) for key in sorted(entries)], len(_ENTRY)),
        *arrays.of([(*key, *votes[key]) for key in sorted(votes)], len(_VOTE)),
    ]
