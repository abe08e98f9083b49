"""How sure it is that the member is there: the rotating codes of a batch, checked and spent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from regulars.members import codes, queries, sealed
from regulars.members.contracts import CodeFault, Keys, MemberErased, Strength, Wanted
from regulars.members.session import Session


async def of_codes(
    tx: Session, wanted: Sequence[Wanted], shown: Mapping[int, Any], *, keys: Keys, now: dt.datetime, writing: bool
) -> dict[int, tuple[Strength, CodeFault | None]]:
    """How each rotating code did, by place; a wrong one is left out.

    A code is spent by one activity. A retry of that activity may show it again: it is still the same act.
    """
    steps = {place: _step(wanted[place], row, keys, now) for place, row in shown.items()}
    good = [(place, step) for place, step in steps.items() if step is not None]
    if not good:
        return {}
    accounts = [shown[place]["account_id"] for place, _ in good]
    cards = [shown[place]["card_id"] for place, _ in good]
    spending = [at for at, (place, _) in enumerate(good) if wanted[place].spend_code_for is not None]
    if writing and spending:
        await tx.fetch(
            queries.USE_STEPS,
            [accounts[at] for at in spending],
            [cards[at] for at in spending],
            [good[at][1] for at in spending],
            [wanted[good[at][0]].program_id for at in spending],
            [wanted[good[at][0]].spend_code_for for at in spending],
            now,
        )
    rows = await tx.fetch(queries.STEPS, list(range(len(good))), accounts, cards, [step for _, step in good])
    used = {row["nr"]: row["activity_id"] for row in rows}
    return {
        place: (Strength.STATIC, CodeFault.USED)
        if used.get(at) not in {None, wanted[place].spend_code_for}
        else (Strength.ROTATING, None)
        for at, (place, _) in enumerate(good)
    }


def _step(one: Wanted, row: Any, keys: Keys, now: dt.datetime) -> int | None:
    if one.code is None:
        return None
    try:
        key = sealed.unwrap(keys.personal, row["wrapped_key"], member_id=row["member_id"])
        secret = sealed.unseal(key, row["sealed_secret"], member_id=row["member_id"], what="card secret")
    except MemberErased:
        return None
    return codes.matching_step(secret, one.code, one.code_at or now)
