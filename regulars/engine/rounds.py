"""What a decision causes: standing follows the numbers, segments follow both, and rules that listen to that run in
rounds, at most four.
"""

from __future__ import annotations

from typing import Final

from regulars.engine import climbing, counting, giving, segments, standing
from regulars.engine.compiled import Compiled, groups_of
from regulars.engine.contracts.decision import SegmentMove
from regulars.engine.work import Work

ROUNDS: Final = 4
"""Publishing refuses rules that wake each other for ever, and warns of more in a row; what is left ends here."""


def run(work: Work, compiled: Compiled) -> None:
    """Follow what has changed until nothing more is caused. Raises LotsNeeded."""
    climbing.show_now(work, compiled)
    for _ in range(ROUNDS):
        known = len(work.caused)
        standing.move(work, compiled)
        move_segments(work, compiled)
        caused, work.caused = work.caused, []
        if len(caused) == known and not any(type in compiled.woken for type, _ in caused):
            # Nothing new, and nobody listens to what was there.
            return
        for type, facts in caused:
            _wake(work, compiled, type, facts)
    # The last round has changed numbers too: whoever stands elsewhere now is told, and wakes nobody.
    standing.move(work, compiled)
    move_segments(work, compiled)
    late, work.caused = work.caused, []
    for type, facts in late:
        for rule in compiled.woken.get(type, ()):
            if rule.listens(facts):
                work.leave(rule.name, type, str(facts["name"]))


def _wake(work: Work, compiled: Compiled, type: str, facts: dict[str, object]) -> None:
    rules = [rule for rule in compiled.woken.get(type, ()) if rule.listens(facts)]
    if not rules:
        return
    outer = work.scope.event
    work.scope.event = facts
    counting.show(work, compiled)
    given = giving.give(work, compiled, compiled.caused, rules=rules, groups=groups_of(rules))
    counting.count_entries(work, compiled, given.claims)
    work.scope.event = outer


def move_segments(work: Work, compiled: Compiled) -> None:
    """Work out the segments once more, on what has changed, and say who moved."""
    s, member = work.scope, work.member
    now = s.member.segments
    if work.stirred or compiled.segments_read_entries or compiled.segments_read_balances:
        for currency, standing_ in work.purse.standings.items():
            s.member.balances[currency] = standing_.active
        now = segments.find(compiled.segments, s, member.statics)
        work.stirred = False
    before = set(member.segments)
    if before == set(now):
        return
    for name in now:
        if name not in before:
            _move(work, name, entered=True)
    for name in member.segments:
        if name not in now:
            _move(work, name, entered=False)
    member.segments = list(now)


def _move(work: Work, segment: str, *, entered: bool) -> None:
    work.moves.append(SegmentMove(work.member_id, segment, entered))
    work.cause("segment.entered" if entered else "segment.left", segment)
