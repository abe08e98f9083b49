"""Games in a decision: leaderboards, draws, contests."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from regulars.engine import awarding, caps, contests, counting, periods, refusals, sharing
from regulars.engine.compiled import Compiled
from regulars.engine.contracts.decision import Fired, Message
from regulars.engine.contracts.games import FactsNeeded, Played, Score
from regulars.engine.contracts.known import CounterKey, CounterValue
from regulars.engine.game_wishes import Plays, Won
from regulars.engine.games import wheel
from regulars.engine.games.plans import BoardPlan, DrawPlan, bucket
from regulars.engine.games.refusals import (
    GameNotForMember,
    GameNotOpen,
    NoPlaysLeft,
    NotForSale,
    TooYoungToPlay,
    UnknownGame,
)
from regulars.engine.games.standings import ASKED, LEFT, UNWRITTEN, Standing
from regulars.engine.metrics import counters
from regulars.engine.points import spending
from regulars.engine.work import Work
from regulars.kit.errors import RegularsError
from regulars.program.contracts.boards import Best, BoardJoin, Ties
from regulars.program.contracts.values import Period

RECEIPT = "receipt"


def show(work: Work, compiled: Compiled) -> None:
    """Nothing of games is read by expressions but what stands under `event.`."""


def move(work: Work, compiled: Compiled) -> None:
    """Play what effects and activities asked for, give what was won, and follow the scores. Raises LotsNeeded,
    FactsNeeded."""
    if work.asked:
        mine = [one for one in work.asked if isinstance(one, Plays | Won)]
        if mine:
            work.asked = [one for one in work.asked if not isinstance(one, Plays | Won)]
            for one in mine:
                if isinstance(one, Plays):
                    _play_all(work, compiled, one)
                else:
                    _award(work, compiled, one)
    for plan in compiled.boards.values():
        if plan.metric is not None:
            _score(work, compiled, plan)


def next_day(work: Work, compiled: Compiled, after: dt.date) -> dt.date | None:
    """Cycles end without anybody's doing: the prizes come as activities of their own."""
    return None


def pass_day(work: Work, compiled: Compiled, day: dt.date) -> None:
    """Nothing comes due by itself."""


# -- boards


def _score(work: Work, compiled: Compiled, plan: BoardPlan) -> None:
    kept = work.member.games.get(plan.name)
    held = Standing(kept)
    today = work.numbers.today
    held.move_to(plan.cycle(today))
    off = held.wish == LEFT
    group = None if off else _group(work, compiled, plan, held)
    score = None if group is None else _running(plan, held.score, _number(work, plan, today), is_open=plan.runs(today))
    before = held.before
    if before is not None:
        # Who has left the audience stays in what is over; what comes back lowers it until the prizes are given.
        before = None if off else _running(plan, before, _before(work, plan, held.cycle), is_open=plan.runs(today))
    if kept is None and score is None:
        return
    shown = _shown(work, plan)
    renamed = held.is_named != int(shown is not None) or plan.definition.shows in {one.name for one in work.attributes}
    if held.before is not None and (before != held.before or renamed):
        _write(work, plan, held.cycle - 1, held.group_before, before, shown)
    if score != held.score or (score is not None and (renamed or group != held.group)):
        _write(work, plan, held.cycle, held.group if group is None else group, score, shown)
    held.before, held.score, held.group = before, score, group or ""
    held.is_named = int(shown is not None)
    _keep(work, plan.name, held)


def _running(plan: BoardPlan, held: int | None, found: int | None, *, is_open: bool) -> int | None:
    """A score as it is now. After the last day of a board it only falls, with what comes back."""
    if is_open or held is None or held == UNWRITTEN:
        return None if held is None and not is_open else found
    falls = found is not None and plan.definition.best is Best.HIGHEST
    return min(held, found) if falls and found is not None else held if found is not None else None


def _group(work: Work, compiled: Compiled, plan: BoardPlan, held: Standing) -> str | None:
    """The group in which the member is ranked; None where they are not on the board."""
    wanted = held.wish == ASKED if plan.definition.join is BoardJoin.TAP else held.wish != LEFT
    if not wanted or not plan.audience.has(work.scope):
        return None
    if plan.within is None:
        return ""
    if not work.scope.member.metrics:
        counting.show(work, compiled)
    found = plan.within(work.scope)
    return None if found is None else str(found)


def _number(work: Work, plan: BoardPlan, day: dt.date) -> int | None:
    found = None if plan.metric is None else work.numbers.on(plan.metric, day)
    # Nobody stands on a board with nothing.
    return int(found) if found else None


def _before(work: Work, plan: BoardPlan, cycle: int) -> int | None:
    if plan.definition.cycle is Period.EVER:
        return None
    return _number(work, plan, periods.first_day(plan.definition.cycle, cycle - 1))


def _shown(work: Work, plan: BoardPlan) -> str | None:
    definition = plan.definition
    if definition.shows is None or definition.consent not in work.scope.member.consents:
        return None
    value = work.scope.member.attributes.get(definition.shows)
    return None if value is None else str(value)


def _write(work: Work, plan: BoardPlan, cycle: int, group: str, score: int | None, shown: str | None) -> None:
    work.games.append(
        Score(
            board=plan.name,
            cycle=cycle,
            member_id=work.member_id,
            within=group,
            score=score,
            reached_at=work.scope.now,
            shown=shown,
        )
    )


def _keep(work: Work, name: str, held: Standing) -> None:
    kept = held.kept()
    if kept:
        work.member.games[name] = kept
    else:
        work.member.games.pop(name, None)


def leave(work: Work) -> None:
    """Take a member who leaves the account for another one off all boards: there they are put on them again."""
    for name, kept in work.member.games.items():
        held = Standing(kept)
        for cycle, score in ((held.cycle - 1, held.before), (held.cycle, held.score)):
            if score is not None:
                work.games.append(
                    Score(
                        board=name,
                        cycle=cycle,
                        member_id=work.member_id,
                        within=held.group,
                        score=None,
                        reached_at=work.scope.now,
                    )
                )
        held.before = None if held.before is None else UNWRITTEN
        held.score = None if held.score is None else UNWRITTEN
        work.member.games[name] = held.kept()


def merged(compiled: Compiled, name: str, mine: list[Any], theirs: list[Any]) -> list[Any]:
    """What a member keeps of a board when another one becomes them: whoever left has left, votes and entries count
    both; scores follow the metrics."""
    one, other = Standing(mine), Standing(theirs)
    one.wish = LEFT if LEFT in {one.wish, other.wish} else max(one.wish, other.wish)
    if other.cycle == one.cycle:
        one.entered += other.entered
        one.voted += [vote for vote in other.voted if vote not in one.voted]
    return one.kept()


def act(work: Work, compiled: Compiled) -> None:
    """The activity `board`: somebody joins or leaves a board, enters a contest, votes, judges. Raises what
    `games.refusals` has, MissingPart."""
    fields = work.activity.fields
    name, wish = str(fields.get("board", "")), str(fields.get("act", ""))
    plan = compiled.boards.get(name)
    if not name:
        raise refusals.MissingPart(type=work.activity.type, part="board")
    if plan is None:
        raise UnknownGame(game=f"boards.{name[:60]}", known=", ".join(compiled.boards))
    if wish in _WISHES:
        held = Standing(work.member.games.get(plan.name))
        if wish == "join" and not plan.audience.has(work.scope):
            raise GameNotForMember(game=f"boards.{plan.name}")
        held.wish = _WISHES[wish]
        _keep(work, plan.name, held)
        work.hear("board.joined" if wish == "join" else "board.left", name=plan.name)
        return
    held = Standing(work.member.games.get(plan.name))
    held.move_to(plan.cycle(periods.local_date(work.activity.received_at, compiled.zone)))
    contests.act(work, plan, held)
    _keep(work, plan.name, held)


_WISHES = {"join": ASKED, "leave": LEFT}


# -- what is won at the end


def prize(work: Work, compiled: Compiled) -> None:
    """The activity `prize`: what a closed cycle brings to one winner."""
    fields = work.activity.fields
    numbers = {name: _int(fields.get(name)) for name in ("cycle", "rank", "score", "tied", "turn", "of")}
    numbers["tied"] = max(numbers["tied"], 1)
    game, _, name = str(fields.get("game", "")).partition(".")
    known: dict[str, Collection[str]] = {"boards": compiled.boards, "draws": compiled.draws}
    if name not in known.get(game, ()):
        raise UnknownGame(game=f"{game}.{name}", known=", ".join(known.get(game, ())))
    work.asked.append(Won(game=game, name=name, prize=str(fields.get("prize", "")), **numbers))


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0


def _award(work: Work, compiled: Compiled, won: Won) -> None:
    if won.game == "draws":
        _award_ticket(work, compiled, compiled.draws[won.name], won)
        return
    plan = compiled.boards[won.name]
    work.cause("board.closed", plan.name, rank=won.rank, score=won.score, tied=won.tied)
    _say(work, "board.prize", board=plan.name, rank=won.rank)
    facts: dict[str, object] = {"name": plan.name, "rank": won.rank, "score": won.score, "tied": won.tied}
    if plan.definition.ties is Ties.SPLIT and won.tied > 1:
        taken = [(place, plan.prize(place, won.of)) for place in range(won.rank, won.rank + won.tied)]
        rules = [(rule, {**facts, "rank": place}) for place, rule in taken if rule is not None]
        sharing.share(work, compiled, rules, won.tied, won.turn)
    elif (rule := plan.prize(won.rank, won.of)) is not None:
        awarding.give(work, compiled, rule, facts)


def _award_ticket(work: Work, compiled: Compiled, plan: DrawPlan, won: Won) -> None:
    drawn = plan.prizes.get(won.prize)
    work.cause("draw.played", plan.name, prize=won.prize)
    _say(work, "draw.won", draw=plan.name, prize=won.prize)
    if drawn is not None:
        awarding.give(work, compiled, drawn.rule, {"name": plan.name, "prize": won.prize})


# -- draws


def play(work: Work, compiled: Compiled) -> None:
    """The activity `play`: a member pays for a play. Raises what `games.refusals` has, InsufficientPoints,
    LotsNeeded, MissingPart."""
    name = str(work.activity.fields.get("draw") or "")
    plan = compiled.draws.get(name)
    if not name:
        raise refusals.MissingPart(type=work.activity.type, part="draw")
    if plan is None:
        raise UnknownGame(game=f"draws.{name[:60]}", known=", ".join(compiled.draws))
    if not plan.definition.price:
        raise NotForSale(game=plan.metric)
    if work.known.card_blocked:
        raise refusals.CardBlocked
    hindrance = _hindrance(work, compiled, plan)
    if hindrance is not None:
        raise hindrance
    for currency, price in plan.definition.price.items():
        points = price.n * 10 ** compiled.program.currencies[currency].scale // price.d
        spending.spend(work.purse, currency, points, rule=plan.metric)
        work.fired.append(Fired(rule=plan.metric, effect=0, currency=currency, points=-points))
    work.asked.append(Plays(plan.name, 1, paid=True))


def _hindrance(work: Work, compiled: Compiled, plan: DrawPlan) -> RegularsError | None:
    """Why the member may not play now."""
    definition = plan.definition
    if not plan.runs(work.day):
        return GameNotOpen(game=plan.metric)
    if not plan.audience.has(work.scope):
        return GameNotForMember(game=plan.metric)
    if definition.age is not None and not _old_enough(work, definition.born, definition.age):
        return TooYoungToPlay(game=plan.metric, age=definition.age)
    for period, most in definition.plays.items():
        if caps.used(work.member.used, _key(plan), period, work.day) >= most:
            return NoPlaysLeft(game=plan.metric, period=period.value, most=most)
    return None


def _old_enough(work: Work, born: str, age: int) -> bool:
    birthday = work.scope.member.attributes.get(born)
    if not isinstance(birthday, dt.date):
        return False
    day = work.day
    had = (day.month, day.day) >= (birthday.month, birthday.day)
    return day.year - birthday.year - (not had) >= age


def _key(plan: DrawPlan) -> str:
    """How the state counts a member's plays: rules have `#` too, but no dot."""
    return f"{plan.metric}#"


def _play_all(work: Work, compiled: Compiled, asked: Plays) -> None:
    plan = compiled.draws.get(asked.draw)
    if plan is None:
        return
    for _ in range(asked.times):
        if _hindrance(work, compiled, plan) is not None:
            return
        for period in plan.definition.plays:
            caps.add(work.member.used, _key(plan), period, work.day, 1)
        _play(work, compiled, plan)


def _play(work: Work, compiled: Compiled, plan: DrawPlan) -> None:
    day = periods.local_date(work.activity.received_at, compiled.zone)
    n = sum(isinstance(row, Played) and row.draw == plan.name for row in work.games)
    if plan.at_end:
        _note(work, plan, day, n, ticket=True)
        _say(work, "draw.ticket", draw=plan.name)
        return
    luck = work.activity.luck.get(plan.name)
    if luck is None:
        raise FactsNeeded(draws=(plan.name,))
    if not luck.value:
        return
    drawn = wheel.choose(wheel.roll(luck.value, n), plan.odds)
    given = drawn if drawn is not None and _is_left(work, plan, drawn, luck.used) else None
    _note(work, plan, day, n, drawn=drawn, prize=given)
    if given is not None:
        _count(work, plan, given, day)
    work.cause("draw.played", plan.name, prize=given)
    rule = plan.otherwise if given is None else plan.prizes[given].rule
    if given is not None:
        _say(work, "draw.won", draw=plan.name, prize=given)
    elif plan.otherwise is None:
        _say(work, "draw.nothing", draw=plan.name)
    if rule is not None:
        awarding.give(work, compiled, rule, {"name": plan.name, "prize": given})


def _note(
    work: Work,
    plan: DrawPlan,
    day: dt.date,
    n: int,
    *,
    drawn: str | None = None,
    prize: str | None = None,
    ticket: bool = False,
) -> None:
    work.games.append(
        Played(
            draw=plan.name,
            cycle=plan.cycle(day),
            n=n,
            member_id=work.member_id,
            at=work.activity.received_at,
            drawn=drawn,
            prize=prize,
            ticket=ticket,
        )
    )


def _is_left(work: Work, plan: DrawPlan, prize: str, used: dict[str, int]) -> bool:
    won = [row.prize for row in work.games if isinstance(row, Played) and row.draw == plan.name and row.prize]
    for name, _, most in plan.items(prize):
        mine = won.count(prize) if name.endswith(f"/{prize}") else len(won)
        if used.get(name, 0) + mine >= most:
            return False
    return True


def _count(work: Work, plan: DrawPlan, prize: str, day: dt.date) -> None:
    for name, period, _ in plan.items(prize):
        key = CounterKey(plan.metric, counters.PROGRAM, bucket(period, day))
        work.counters.append(CounterValue(key, name, 1))


def _say(work: Work, code: str, **fields: object) -> None:
    work.messages.append(Message(to=RECEIPT, code=code, fields=fields))
