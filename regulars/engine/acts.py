"""Activities of our own types: what each does before metrics and rules look at it. One table from type to act."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from regulars.engine import (
    actions,
    attributes,
    by_hand,
    challenging,
    choosing,
    climbing,
    consenting,
    crossing,
    dealing,
    erasing,
    households,
    offering,
    ordering,
    periods,
    playing,
    referring,
    refusals,
    subscribing,
    vouching,
)
from regulars.engine import state as states
from regulars.engine.compiled import RUN, Compiled
from regulars.engine.contracts.activity import HoldAction
from regulars.engine.points import holding
from regulars.engine.work import Work
from regulars.kit import ids

Act = Callable[[Work, Compiled], None]


def act(work: Work, compiled: Compiled) -> None:
    """Do what this type of activity is, if it is one of ours. Raises Refused cases and those of points, LotsNeeded."""
    kind = work.activity.type
    if kind in ACTS:
        ACTS[kind](work, compiled)
    elif kind not in compiled.program.activities:
        raise refusals.TypeNotInProgram(type=kind)


def _nothing(work: Work, compiled: Compiled) -> None:
    """Time has passed; that was all."""


def _run(work: Work, compiled: Compiled) -> None:
    """A run has come to this member; a rule that another release took away no longer hears of it."""
    work.caused.append((RUN, {"name": str(work.activity.fields.get("rule"))}))


def _enrol(work: Work, compiled: Compiled) -> None:
    member, activity = work.member, work.activity
    joined_on = periods.local_date(activity.occurred_at, compiled.zone)
    member.enrolled_ms = states.ms(activity.occurred_at)
    member.joined_day = periods.number(joined_on)
    work.scope.member.joined_on = joined_on
    work.scope.member.enrolled_at = activity.occurred_at
    work.hear("member.enrolled")
    if activity.consents and activity.profile is None:
        consenting.say(work, compiled)
    if activity.profile is not None:
        for name, attribute in compiled.program.attributes.items():
            if attribute.required and activity.profile.role is not None and name not in activity.profile.attributes:
                raise refusals.MissingPart(type=activity.type, part=f"profile.attributes.{name}")
        _profile(work, compiled)


def _profile(work: Work, compiled: Compiled) -> None:
    change = work.activity.profile
    if change is None:
        raise refusals.MissingPart(type=work.activity.type, part="profile")
    if work.activity.consents:
        # Said first: what comes with them may need them.
        consenting.say(work, compiled)
    definitions = compiled.program.attributes
    there = work.scope.member.attributes
    checked = {
        name: attributes.checked(name, value, definitions, current=there.get(name))
        for name, value in change.attributes.items()
    }
    checked = _without_claims(work, compiled, checked, change.role)
    for segment in (*change.add_to, *change.remove_from):
        definition = compiled.program.segments.get(segment)
        if definition is None or not definition.static:
            raise refusals.UnknownStaticSegment(segment=segment)
    for name, value in consenting.admit(work, compiled, checked).items():
        actions.set_attribute(work, name, value)
    for segment in change.add_to:
        actions.move_static(work, segment, adds=True)
    for segment in change.remove_from:
        actions.move_static(work, segment, adds=False)
    work.hear("profile.changed", attributes=sorted(checked))


def _without_claims(work: Work, compiled: Compiled, checked: dict[str, object], role: str | None) -> dict[str, object]:
    """What may be set now; what has to be verified by somebody else is put aside until they set it."""
    now: dict[str, object] = {}
    for name, value in checked.items():
        definition = compiled.program.attributes[name]
        attributes.allow(name, value, definition, role)
        aside = f"{name}{attributes.CLAIMED}"
        if attributes.is_claim(definition, role):
            work.member.attributes[aside] = states.kept(value)
            work.hear("attribute.claimed", attribute=name, role=role, verified_by=definition.verified_by)
        else:
            work.member.attributes.pop(aside, None)
            now[name] = value
    return now


def _order(work: Work, compiled: Compiled) -> None:
    currencies = ordering.spends(work, compiled)
    if currencies:
        households.check_spending(work, compiled, currencies)
    ordering.act(work, compiled)


def _hold(work: Work, compiled: Compiled) -> None:
    hold = work.activity.hold
    if hold is None or hold.act not in HOLD_ACTS:
        raise refusals.MissingPart(type=work.activity.type, part="hold")
    HOLD_ACTS[hold.act](work, compiled, hold)


def _place(work: Work, compiled: Compiled, hold: HoldAction) -> None:
    if work.known.card_blocked:
        raise refusals.CardBlocked
    if hold.currency is None or hold.points is None or hold.points <= 0:
        raise refusals.MissingPart(type="hold", part="currency, points")
    _currency(compiled, hold.currency)
    households.check_spending(work, compiled, [hold.currency])
    placed = holding.place(work.purse, hold.currency, hold.points, hold_id=work.activity.activity_id, ttl_s=hold.ttl_s)
    work.hear("hold.placed", hold=ids.to_wire("hld", placed.hold_id), currency=hold.currency, points=hold.points)


def _capture(work: Work, compiled: Compiled, hold: HoldAction) -> None:
    if hold.hold_id is None:
        raise refusals.MissingPart(type="hold", part="hold_id")
    placed = work.purse.holds.get(hold.hold_id)
    if placed is not None:
        # A hold may have come along with somebody who joined as one who does not spend what is shared.
        households.check_spending(work, compiled, [placed.currency])
    uses = holding.capture(work.purse, hold.hold_id, hold.points)
    work.hear("hold.captured", hold=ids.to_wire("hld", hold.hold_id), points=sum(use.amount for use in uses))


def _void(work: Work, compiled: Compiled, hold: HoldAction) -> None:
    if hold.hold_id is None:
        raise refusals.MissingPart(type="hold", part="hold_id")
    holding.void(work.purse, hold.hold_id)
    work.hear("hold.voided", hold=ids.to_wire("hld", hold.hold_id))


def _extend(work: Work, compiled: Compiled, hold: HoldAction) -> None:
    if hold.hold_id is None:
        raise refusals.MissingPart(type="hold", part="hold_id")
    longer = holding.extend(work.purse, hold.hold_id, new_id=work.activity.activity_id, ttl_s=hold.ttl_s)
    was, now = ids.to_wire("hld", hold.hold_id), ids.to_wire("hld", longer.hold_id)
    work.hear("hold.extended", hold=now, before=was, currency=longer.currency, points=longer.amount)


def _currency(compiled: Compiled, name: str) -> None:
    if name not in compiled.program.currencies:
        raise refusals.UnknownPointsCurrency(currency=name)


HOLD_ACTS: Final[dict[str, Callable[[Work, Compiled, HoldAction], None]]] = {
    "place": _place,
    "capture": _capture,
    "void": _void,
    "extend": _extend,
}
ACTS: Final[dict[str, Act]] = {
    "tick": _nothing,
    "run": _run,
    "enrolled": _enrol,
    "profile": _profile,
    **dict.fromkeys(by_hand.DOES, by_hand.act),
    erasing.ERASE: erasing.act,
    "hold": _hold,
    "play": playing.play,
    "board": playing.act,
    "prize": playing.prize,
    "order": _order,
    "verdict": _nothing,
    "choice": choosing.pick,
    "consent": consenting.say,
    "offer": offering.act,
    "tier": climbing.act,
    "challenge": challenging.act,
    "household": households.act,
    "plan": subscribing.act,
    "voucher": vouching.act,
    "invitation": referring.act,
    "referral": referring.reward,
    "referral_undone": referring.undo,
    "moved_out": crossing.leave,
    "moved_in": crossing.arrive,
    "transfer": dealing.act,
}
"""The types that are not made in a program."""
