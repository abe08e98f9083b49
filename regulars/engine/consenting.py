"""Consents in a decision: which purposes a member agreed to, and what follows when they withdraw.

What stands behind a purpose that needs a consent which is not there is hidden from every expression, and from SQL.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from regulars.engine import attributes, messages, periods, words
from regulars.engine import consent_refusals as refusals
from regulars.engine.compiled import Compiled
from regulars.engine.consents import plans as purposes
from regulars.engine.consents.plans import HIDDEN, PurposePlan, key_of
from regulars.engine.contracts.activity import ConsentSaid
from regulars.engine.contracts.decision import AttributeChange, ConsentChange, Message
from regulars.engine.contracts.view import ConsentSeen
from regulars.engine.refusals import MissingPart
from regulars.engine.work import Work
from regulars.program.contracts.definitions import OnWithdrawal

RECEIPT: Final = "receipt"


def show(work: Work, compiled: Compiled) -> None:
    """Put what expressions read into the scope: consents as of the day through which time has passed."""
    if compiled.purposes:
        _show(work, compiled, periods.date(work.account.day))


def _show(work: Work, compiled: Compiled, day: dt.date) -> None:
    kept, member = work.member.consents, work.scope.member
    member.consents = tuple(
        key for plan in compiled.purposes for key in plan.keys if kept and plan.counts(key, kept, day)
    )
    withheld = frozenset(
        name
        for plan in compiled.purposes
        if plan.needs_consent and plan.is_withheld(kept, day)
        for name in plan.attributes
    )
    for name in withheld:
        member.attributes.pop(name, None)
    back = {name: work.member.attributes[name] for name in work.withheld - withheld if name in work.member.attributes}
    if back:
        program = compiled.program
        member.attributes |= attributes.restored(back, compiled.dated_attributes, program.attributes)
    if "language" in withheld or "language" in back:
        member.language = member.attributes.get("language")
    work.withheld = withheld


def move(work: Work, compiled: Compiled) -> None:
    """Nothing follows the numbers here."""


def next_day(work: Work, compiled: Compiled, after: dt.date) -> dt.date | None:
    """The first day after another on which a consent lapses by its age."""
    kept = work.member.consents
    if not kept:
        return None
    lapses = (
        plan.lapses_on(kept[key])
        for plan in compiled.purposes
        if plan.definition.renew_after is not None
        for key in plan.keys
        if key in kept
    )
    return min((day for day in lapses if day is not None and day > after), default=None)


def pass_day(work: Work, compiled: Compiled, day: dt.date) -> None:
    """At the first moment of a day: what lapses by its age counts no more."""
    if work.member.consents:
        _follow(work, compiled, day)


def settle(work: Work, compiled: Compiled) -> None:
    """What a release has changed: purposes whose data must be hidden from now on, or may be read again."""
    if compiled.purposes and (work.member.consents or work.withheld):
        _follow(work, compiled, work.today)


def arrive(work: Work, compiled: Compiled) -> None:
    """What a member brings along who has moved or was merged: all of it is in the scope and told to SQL by now."""
    work.member.consents.pop(HIDDEN, None)
    work.withheld = frozenset()
    if compiled.purposes:
        _follow(work, compiled, work.today)


def _follow(work: Work, compiled: Compiled, day: dt.date) -> None:
    """Show what counts on a day; what SQL reads of attributes follows."""
    kept, was = work.member.consents, work.scope.member.consents
    _show(work, compiled, day)
    if work.scope.member.consents != was:
        work.stirred = True
    hidden = set(kept.get(HIDDEN, ()))
    stored = work.member.attributes
    now = {
        plan.name
        for plan in compiled.purposes
        if any(name in stored and name in work.withheld for name in plan.attributes)
    }
    for plan in compiled.purposes:
        if (plan.name in now) != (plan.name in hidden):
            for name in plan.attributes:
                if name in stored:
                    value = None if plan.name in now else stored[name]
                    work.attributes.append(AttributeChange(work.member_id, name, value))
                    work.stirred = True
    if now:
        kept[HIDDEN] = sorted(now)
    else:
        kept.pop(HIDDEN, None)


def admit(work: Work, compiled: Compiled, given: Mapping[str, Any]) -> dict[str, Any]:
    """What of some attributes may be set: those whose purpose the member consents to; any may be emptied.

    Raises ConsentMissing where the purpose refuses rather than drops.
    """
    taken: dict[str, Any] = {}
    for name, value in given.items():
        if name not in work.withheld:
            taken[name] = value
            continue
        purpose = compiled.program.attributes[name].purpose
        if value is None:
            work.member.attributes.pop(name, None)
        elif compiled.purposes_by_name[purpose].refuses:
            raise refusals.ConsentMissing(what=name, purpose=purpose)
    return taken


def admit_activity(work: Work, compiled: Compiled) -> None:
    """Whether the activity may be taken at all, and its own fields. Goods come back whatever anybody consents to.

    Raises ConsentMissing.
    """
    kind = compiled.program.activities.get(work.activity.type)
    if kind is None or kind.purpose is None or work.activity.reverses is not None:
        return
    plan = compiled.purposes_by_name.get(kind.purpose)
    if plan is None or not plan.is_withheld(work.member.consents, work.today):
        return
    if plan.refuses:
        raise refusals.ConsentMissing(what=work.activity.type, purpose=plan.name)
    work.scope.fields = {}
    work.drops_fields = bool(work.activity.fields)


def say(work: Work, compiled: Compiled) -> None:
    """The member gives or withdraws consents. Raises the cases of `consent_refusals`, MissingPart."""
    said = work.activity.consents
    if not said:
        raise MissingPart(type=work.activity.type, part="consents")
    for one in said:
        plan = compiled.purposes_by_name.get(one.purpose)
        if plan is None:
            raise refusals.UnknownPurpose(purpose=one.purpose, known=", ".join(compiled.purposes_by_name))
        if one.channel is not None and one.channel not in plan.definition.channels:
            known = ", ".join(plan.definition.channels)
            raise refusals.UnknownChannel(purpose=one.purpose, channel=one.channel, known=known)
        if one.version is not None and one.version not in plan.definition.texts:
            raise refusals.UnknownTextVersion(purpose=one.purpose, version=one.version)
    for one in said:
        _say(work, compiled, compiled.purposes_by_name[one.purpose], one)
    _follow(work, compiled, work.today)


def _say(work: Work, compiled: Compiled, plan: PurposePlan, said: ConsentSaid) -> None:
    kept, day = work.member.consents, work.today
    before = {key for key in plan.keys if plan.counts(key, kept, day)}
    version = said.version or plan.version
    _note(work, plan, said.channel, said, version)
    if not said.given and said.channel is None:
        # Whoever takes back the purpose takes back every way to be reached for it: none comes back by itself.
        for one in plan.definition.channels:
            if kept.get(key_of(plan.name, one), (0,))[0]:
                _note(work, plan, one, said, version)
    after = {key for key in plan.keys if plan.counts(key, kept, day)}
    for key in plan.keys:
        if (key in before) != (key in after):
            channel = key.partition(":")[2] or None
            code = "consent.given" if key in after else "consent.withdrawn"
            work.cause(code, plan.name, channel=channel)
            work.messages.append(_told(plan, code, channel))
    withdrawn = not said.given and said.channel is None and plan.needs_consent
    if withdrawn and plan.definition.on_withdrawal is OnWithdrawal.CLEAR:
        _clear(work, plan)


def _told(plan: PurposePlan, code: str, channel: str | None) -> Message:
    """A line about what counts now, by the title of the purpose where it has one."""
    title, text = words.wording(plan.definition.title), messages.TEXTS[code]
    suffix = f" ({channel})" if channel is not None else ""
    say = {
        language: getattr(text, language).replace("{purpose}", f"{called}{suffix}")
        for language, called in title.items()
    }
    return Message(to=RECEIPT, code=code, fields={"purpose": key_of(plan.name, channel)}, say=say)


def _note(work: Work, plan: PurposePlan, channel: str | None, said: ConsentSaid, version: str) -> None:
    work.member.consents[key_of(plan.name, channel)] = [int(said.given), version, periods.number(work.today)]
    work.consents.append(
        ConsentChange(
            member_id=work.member_id,
            purpose=plan.name,
            channel=channel,
            given=said.given,
            version=version,
            source=said.source or work.activity.source,
            proof=said.proof,
        )
    )


def _clear(work: Work, plan: PurposePlan) -> None:
    """Empty what is held for a purpose: in the state, for expressions, and for SQL."""
    cleared = [name for name in plan.attributes if work.member.attributes.pop(name, None) is not None]
    for name in cleared:
        work.scope.member.attributes.pop(name, None)
        work.attributes.append(AttributeChange(work.member_id, name, None))
        work.stirred = True
    if cleared:
        work.hear("profile.changed", attributes=sorted(cleared))


def seen(work: Work, compiled: Compiled) -> tuple[ConsentSeen, ...]:
    """Every purpose, what the member said of it, and what it is used for."""
    return tuple(_seen(work, compiled, plan) for plan in compiled.purposes)


def _seen(work: Work, compiled: Compiled, plan: PurposePlan) -> ConsentSeen:
    kept, day = work.member.consents, work.today
    said = kept.get(plan.name)
    lapses = plan.lapses_on(said) if said is not None else None
    return ConsentSeen(
        purpose=plan.name,
        title=words.wording(plan.definition.title),
        version=plan.version,
        texts={version: words.wording(text) for version, text in plan.definition.texts.items()},
        needs_consent=plan.needs_consent,
        counts=plan.counts(plan.name, kept, day),
        given=None if said is None else bool(said[0]),
        given_version=None if said is None else said[1],
        said_on=None if said is None else periods.date(said[2]),
        lapses_on=lapses,
        channels={channel: plan.counts(key_of(plan.name, channel), kept, day) for channel in plan.definition.channels},
        attributes=plan.attributes,
        activities=tuple(name for name, kind in compiled.program.activities.items() if kind.purpose == plan.name),
    )


def merged(compiled: Compiled, name: str, mine: list[Any], theirs: list[Any]) -> list[Any]:
    """What two members who are one said of the same purpose: a refusal on either side wins (L64)."""
    return purposes.merged(name, mine, theirs)
