"""An account that is only imagined: its state made of facts that somebody thought up, so that `decide` can be asked
what it would do. Nothing here decides.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

import msgspec

from regulars.engine import asking, attributes, deciding, periods, segments
from regulars.engine import ladder_refusals as ladders
from regulars.engine import state as states
from regulars.engine.choices import picks
from regulars.engine.compiled import Compiled
from regulars.engine.contracts.known import DayRow, Known
from regulars.engine.contracts.points import Balance, Lot, LotId
from regulars.engine.ladders.plan import BELOW, LadderPlan
from regulars.engine.ladders.standing import Stand
from regulars.engine.metrics import plan as plans
from regulars.engine.metrics.days import Days
from regulars.engine.metrics.members import MemberNumbers
from regulars.engine.metrics.plan import MetricPlan, Shape
from regulars.engine.state import AccountState, MemberState
from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text
from regulars.language import contracts as language
from regulars.program.contracts.definitions import Measure
from regulars.program.contracts.values import WindowKind

DISTINCT_MAX: Final = 1000
_HOUSE: Final = "house"


class Imagined(msgspec.Struct, frozen=True, kw_only=True):
    """A member before the activity: points in each currency's smallest unit, metrics as they would be read at that
    moment (money in minor units), static segments, tiers by ladder, picks by choice.

    What is not said follows from the rest: tiers and segments from the metrics, the other numbers are 0. A tier that is
    said is where the member begins: what they buy moves it as it would any other.
    """

    joined_on: dt.date | None = None
    attributes: dict[str, Any] = {}
    balances: dict[str, int] = {}
    metrics: dict[str, Any] = {}
    segments: tuple[str, ...] = ()
    tiers: dict[str, str] = {}
    choices: dict[str, tuple[str, ...]] = {}


class NotInProgram(RegularsError):
    """The imagined member has something that the program does not know."""

    status = 422
    texts = Text(en="The program has no {path}.", ru="В программе нет {path}.", ro="Programul nu are {path}.")
    path: str


class CannotBeImagined(RegularsError):
    """The number is not the member's own, or is counted by the minute: there is no such state of a member."""

    status = 422
    texts = Text(
        en="{metric} is not a number of the member alone and cannot be imagined.",
        ru="{metric} - не число самого участника, его нельзя представить.",
        ro="{metric} nu este un număr doar al membrului și nu poate fi imaginat.",
    )
    metric: str


class ImaginedValueWrong(RegularsError):
    """A value is not of the type that the program gives it."""

    status = 422
    texts = Text(
        en="{path} must be {expected}.", ru="{path}: ожидается {expected}.", ro="{path}: se așteaptă {expected}."
    )
    path: str
    expected: str


class SegmentFollows(RegularsError):
    """The segment has a condition, so that nobody is put into it: imagine what the condition reads."""

    status = 422
    texts = Text(
        en="Who is in {segment} follows from its condition. Imagine what that reads instead.",
        ru="Состав {segment} следует из условия. Задайте то, что оно читает.",
        ro="Cine este în {segment} rezultă din condiția lui. Imaginați ceea ce citește aceasta.",
    )
    segment: str


def imagine(compiled: Compiled, who: Imagined, *, account_id: UUID, member_id: UUID, at: dt.datetime) -> Known:
    """An account of one member as it would be loaded at a moment.

    Raises NotInProgram, CannotBeImagined, ImaginedValueWrong, SegmentFollows, AttributeInvalid, UnknownLadder,
    UnknownLevel.
    """
    today = periods.local_date(at, compiled.zone)
    joined_on = min(who.joined_on or today, today)
    joined_at = min(
        at, dt.datetime(joined_on.year, joined_on.month, joined_on.day, 12, tzinfo=compiled.zone).astimezone(dt.UTC)
    )
    account = states.new((member_id,), joined_on=joined_on, enrolled_at=joined_at, release=compiled.release.number)
    account.day = periods.number(today)
    member = account.members[0]
    member.attributes = _attributes(compiled, who)
    member.statics = _statics(compiled, who)
    rows = _count(compiled, who.metrics, member, member_id, joined_on=joined_on, today=today, at=at)
    member.choices = _choices(compiled, who, today)
    known = Known(
        account_id=account_id,
        members=(member_id,),
        version=1,
        clock=joined_at,
        metric_day=today,
        balances=_balances(compiled, who),
        lots=_lots(compiled, who, account_id, member_id, joined_at),
        days=rows,
        enrolled_at=joined_at,
    )
    _stand(compiled, who, account, known, member_id, at)
    return msgspec.structs.replace(known, state=states.encode(account))


def _attributes(compiled: Compiled, who: Imagined) -> dict[str, Any]:
    definitions = compiled.program.attributes
    values = {name: attributes.checked(name, value, definitions) for name, value in who.attributes.items()}
    return {name: states.kept(value) for name, value in values.items() if value is not None}


def _statics(compiled: Compiled, who: Imagined) -> list[str]:
    for name in who.segments:
        definition = compiled.program.segments.get(name)
        if definition is None:
            raise NotInProgram(path=f"segments.{name}")
        if not definition.static:
            raise SegmentFollows(segment=name)
    return sorted(set(who.segments))


def _choices(compiled: Compiled, who: Imagined, today: dt.date) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, picked in who.choices.items():
        plan = compiled.choices_by_name.get(name)
        if plan is None:
            raise NotInProgram(path=f"choices.{name}")
        wrong = [option for option in picked if plan.records is None and option not in plan.options]
        if wrong:
            raise ImaginedValueWrong(path=f"choices.{name}", expected=", ".join(plan.options))
        index = plan.index(today)
        found[name] = kept = picks.new(index)
        kept[picks.STINTS] = [[plan.start_ms(index), 1, list(picked), compiled.release.number]]
    return found


def _balances(compiled: Compiled, who: Imagined) -> tuple[Balance, ...]:
    for currency, amount in who.balances.items():
        if currency not in compiled.program.currencies:
            raise NotInProgram(path=f"currencies.{currency}")
        if amount < 0:
            raise ImaginedValueWrong(path=f"balances.{currency}", expected="0, 1, 2, ...")
    return tuple(Balance(currency=name, active=amount, version=1) for name, amount in who.balances.items() if amount)


def _lots(
    compiled: Compiled, who: Imagined, account_id: UUID, member_id: UUID, earned_at: dt.datetime
) -> tuple[Lot, ...]:
    """One lot a currency that never ends: what one thinks up is there to be spent, not to die in the middle of it."""
    return tuple(
        Lot(
            lot_id=LotId(account_id, n),
            member_id=member_id,
            currency=currency,
            granted=amount,
            remaining=amount,
            earned_at=earned_at,
            active_at=earned_at,
            expires_at=None,
            expires_on=None,
            zone=compiled.program.program.zone,
            source_id=account_id,
            release=compiled.release.number,
            funder=next(iter(compiled.program.currencies[currency].cost), _HOUSE),
        )
        for n, (currency, amount) in enumerate(who.balances.items(), start=1)
        if amount
    )


def _count(
    compiled: Compiled,
    metrics: Mapping[str, Any],
    member: MemberState,
    member_id: UUID,
    *,
    joined_on: dt.date,
    today: dt.date,
    at: dt.datetime,
) -> tuple[DayRow, ...]:
    days = Days(())
    numbers = MemberNumbers(
        member_id,
        numbers=member.metrics,
        days=days,
        today=today,
        plans=compiled.member_metrics,
        joined_on=joined_on,
    )
    for name, value in metrics.items():
        plan = compiled.metrics.get(name)
        if plan is None:
            raise NotInProgram(path=f"metrics.{name}")
        if plan.counter:
            raise CannotBeImagined(metric=name)
        if plan.shape is Shape.STREAK:
            _run(plan, _whole(name, value), member, today)
            continue
        part = _PARTS[plan.shape](plan, value)
        numbers.add(plan, part, sign=1, day=_day(plan, joined_on, today), at_ms=states.ms(at))
    return days.written()


def _day(plan: MetricPlan, joined_on: dt.date, today: dt.date) -> dt.date:
    """A day on which something must have happened for a metric to read it today."""
    if plan.kind is WindowKind.PREVIOUS:
        return plan.first_day(plan.index(today, joined_on) - 1, joined_on)
    return today


def _run(plan: MetricPlan, length: int, member: MemberState, today: dt.date) -> None:
    # Up to the period before this one: what the activity does to it is the question.
    if length:
        member.metrics[plan.slot] = [periods.index(plan.streak, today) - 1, length, 0, 1]


def _number(plan: MetricPlan, value: Any) -> int:
    return _whole(plan.name, value)


def _by_key(plan: MetricPlan, value: Any) -> dict[str, int]:
    if not isinstance(value, dict):
        raise ImaginedValueWrong(path=f"metrics.{plan.name}", expected="{key: number, ...}")
    return {str(key): _whole(plan.name, number) for key, number in value.items() if number}


def _items(plan: MetricPlan, value: Any) -> list[Any]:
    if plan.measure is Measure.DISTINCT:
        count = _whole(plan.name, value)
        if count > DISTINCT_MAX:
            raise ImaginedValueWrong(path=f"metrics.{plan.name}", expected=f"0 ... {DISTINCT_MAX}")
        # Others than any that an activity brings.
        return [f"~{n}" for n in range(count)]
    return [_stored(plan, value)]


def _moments(plan: MetricPlan, value: Any) -> list[Any]:
    return [_stored(plan, value)]


_PARTS: Final[dict[Shape, Callable[[MetricPlan, Any], Any]]] = {
    Shape.NUMBER: _number,
    Shape.BY_KEY: _by_key,
    Shape.ITEMS: _items,
    Shape.MOMENTS: _moments,
}


def _stored(plan: MetricPlan, value: Any) -> Any:
    path = f"metrics.{plan.name}"
    try:
        if plan.value_type == language.DATE:
            return plans.stored(dt.date.fromisoformat(value))
        if plan.value_type == language.TIMESTAMP:
            return plans.stored(dt.datetime.fromisoformat(value))
    except (TypeError, ValueError) as fault:
        raise ImaginedValueWrong(path=path, expected="2026-01-31, 2026-01-31T10:00:00Z") from fault
    if plan.value_type == language.TEXT:
        if not isinstance(value, str):
            raise ImaginedValueWrong(path=path, expected='"..."')
        return value
    return _whole(plan.name, value)


def _whole(name: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ImaginedValueWrong(path=f"metrics.{name}", expected="0, 1, 2, ...")
    return value


def _stand(
    compiled: Compiled, who: Imagined, account: AccountState, known: Known, member_id: UUID, at: dt.datetime
) -> None:
    """Put the member where the imagined numbers put them, without a word about it: on ladders, then in segments."""
    member = account.members[0]
    for ladder, level in who.tiers.items():
        plan = next((one for one in compiled.ladders if one.name == ladder), None)
        if plan is None:
            raise ladders.UnknownLadder(ladder=ladder)
        if level not in plan.places:
            raise ladders.UnknownLevel(ladder=ladder, level=level, known=", ".join(plan.levels))
        member.tiers[ladder] = _stood(plan, plan.places[level], account)
    known = msgspec.structs.replace(known, state=states.encode(account))
    work = deciding.begin(compiled, known, asking.look(known, member_id, at), at)
    work.scope.member.metrics = work.numbers.values(compiled.member_metrics)
    for plan in compiled.ladders:
        place = plan.reached(work.scope)
        if plan.name not in who.tiers and place != BELOW:
            member.tiers[plan.name] = _stood(plan, place, account)
            work.scope.member.tiers[plan.name] = plan.level(place)
            if plan.is_main:
                work.scope.member.tier = plan.level(place)
    member.segments = list(segments.find(compiled.segments, work.scope, member.statics))


def _stood(plan: LadderPlan, place: int, account: AccountState) -> list[Any]:
    """A standing as the state keeps it: reached today, so that what is bought may raise it like anybody's."""
    stand, joined_on = Stand(), periods.date(account.members[0].joined_day)
    until = plan.ends(place, periods.date(account.day), joined_on, more=0)
    stand.set(plan, place, since=account.day, until=until)
    return stand.kept()
