"""A member's tiers for whoever reads them: where they stand, what is missing to the next, what keeps it."""

from __future__ import annotations

import datetime as dt
from typing import Final

from regulars.engine import climbing, counting, periods, words
from regulars.engine.compiled import Compiled
from regulars.engine.contracts.decision import Message
from regulars.engine.contracts.view import Missing, TierSeen
from regulars.engine.ladders import standing
from regulars.engine.ladders.plan import BELOW, LadderPlan, Measure
from regulars.engine.work import Work
from regulars.language import contracts as language
from regulars.program.contracts.values import Text

TO: Final = "member"
_HELD: Final = {
    standing.REACHED: "reached",
    standing.BY_HAND: "by_hand",
    standing.LENT: "lent",
    standing.GRACE: "grace",
}


def pass_reviews(work: Work, compiled: Compiled) -> None:
    """Let a late sweeper make no difference to what is shown: reviews that have come due are worked out here, and
    nothing of it is written. Raises LotsNeeded.
    """
    day = climbing.next_day(work, compiled, periods.date(work.account.day)) if compiled.ladders else None
    while day is not None and day <= work.today:
        work.numbers.move_to(day)
        counting.show(work, compiled)
        climbing.pass_day(work, compiled, day)
        day = climbing.next_day(work, compiled, day)


def seen(work: Work, compiled: Compiled) -> tuple[TierSeen, ...]:
    """The tiers of a member as of now; metrics have to be in the scope."""
    return tuple(_seen(work, compiled, plan) for plan in compiled.ladders if plan.is_in_force(work.today))


def _seen(work: Work, compiled: Compiled, plan: LadderPlan) -> TierSeen:
    stand = climbing.stand_of(work, plan)
    place = max(climbing.place_of(plan, stand), plan.base)
    numbers = tuple(one.value(work.scope) for one in plan.measures)
    reached = plan.reached(work.scope)
    above = max(place, reached) + 1 if plan.at_once else max(place + 1, reached)
    following = above if above < len(plan.levels) else None
    to_next = _missing(compiled, plan, numbers, following) if following is not None else ()
    through = periods.date(stand.until) - dt.timedelta(days=1) if stand.until else None
    lost_on = plan.grace_ends(stand.until) if stand.until and stand.held in _WITH_GRACE else stand.until
    keeps = stand.until > 0 and reached >= place
    to_keep = _missing(compiled, plan, numbers, place) if stand.until and not keeps else ()
    level = plan.level(place)
    return TierSeen(
        ladder=plan.name,
        title=words.wording(plan.definition.title),
        main=plan.is_main,
        level=level,
        level_title=_title(plan, place),
        benefits=tuple(words.wording(one) for one in plan.definition.levels[level].benefits) if level else (),
        since=periods.date(stand.since) if level else None,
        through=through,
        held=_HELD[stand.held],
        projected=plan.level(_projected(plan, place, reached, ends=bool(stand.until))),
        next=plan.level(following) if following is not None else None,
        next_title=_title(plan, following) if following is not None else {},
        all_measures=plan.all,
        missing=to_next,
        to_keep=to_keep,
        lost_on=periods.date(lost_on) if lost_on and not keeps else None,
        warned=stand.until > 0 and stand.warned.get(level or "") == stand.until,
        says=(
            *_says(plan, "tier.missing", to_next, following),
            *_says(plan, "tier.to_keep", to_keep, place, through=through),
        ),
    )


_WITH_GRACE: Final = frozenset({standing.REACHED, standing.GRACE})


def _projected(plan: LadderPlan, place: int, reached: int, *, ends: bool) -> int:
    """Where the next review would put the member if nothing more happened."""
    if reached >= place:
        return reached
    return plan.lowered(place, reached) if ends else place


def _missing(compiled: Compiled, plan: LadderPlan, numbers: tuple[int, ...], place: int | None) -> tuple[Missing, ...]:
    found = []
    for one, number in zip(plan.measures, numbers, strict=True):
        need = one.needs[place] if place is not None and place >= 0 else None
        if need is None or (plan.all and number >= need):
            continue
        kind: language.Type = language.Amount(one.scale) if one.scale else language.INT
        found.append(
            Missing(
                measure=one.name,
                title=_measure_title(compiled, one),
                need=words.plain(need, kind),
                have=words.plain(number, kind),
                missing=words.plain(max(need - number, 0), kind),
            )
        )
    return tuple(found)


def _measure_title(compiled: Compiled, measure: Measure) -> dict[str, str]:
    """What people call a measure: the title of the metric or currency that it is, else its name."""
    parts = measure.text.strip().split(".")
    definition: object = None
    if measure.text.strip().startswith("member.metrics.") and len(parts) == 3:
        definition = compiled.program.metrics.get(parts[2])
    elif measure.text.strip().startswith("member.balances.") and len(parts) == 3:
        definition = compiled.program.currencies.get(parts[2])
    title = getattr(definition, "title", Text())
    name = measure.name or (parts[2] if definition is not None else "")
    return words.wording(title) or words.wording(Text(en=name))


def _title(plan: LadderPlan, place: int) -> dict[str, str]:
    return climbing.level_title(plan, place) if place != BELOW else {}


def _says(
    plan: LadderPlan, code: str, missing: tuple[Missing, ...], place: int | None, *, through: dt.date | None = None
) -> tuple[Message, ...]:
    if place is None:
        return ()
    fields: dict[str, object] = {"level": _title(plan, place)}
    if through is not None:
        fields["through"] = through.isoformat()
    return tuple(
        Message(to=TO, code=code, fields={**fields, "measure": one.title, "missing": one.missing}) for one in missing
    )
