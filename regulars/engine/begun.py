"""What members of an account are in the middle of, as its stored state says."""

from __future__ import annotations

from collections import Counter

from regulars.engine import state as states
from regulars.engine.attempts import JOINED
from regulars.engine.offers.held import ACTIVE, GIVEN


def begun(state: bytes) -> Counter[tuple[str, str]]:
    """By kind and name, how many members have begun a challenge and not ended it, have picked of a choice, or have an
    offer that was given to them and that they may still use."""
    account = states.decode(state)
    found: Counter[tuple[str, str]] = Counter()
    for member in account.members:
        for name, standing in member.challenges.items():
            if standing.now is not None and standing.now.state == JOINED:
                found["challenges", name] += 1
        for name, held in member.offers.items():
            if held.state in {GIVEN, ACTIVE}:
                found["offers", name] += 1
        for name in member.choices:
            found["choices", name] += 1
    for name, standing in account.team.items():
        if standing.now is not None and standing.now.state == JOINED:
            found["challenges", name] += len(account.members)
    return found


def relatives(state: bytes) -> Counter[tuple[str, str]]:
    """By household definition and role, how many members the account has in it; nothing for somebody alone."""
    belonging = states.decode(state).household
    if belonging is None or not belonging.kind:
        return Counter()
    return Counter((belonging.kind, role) for role in belonging.roles.values())
