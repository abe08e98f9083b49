"""What a release must leave as it is while members are in the middle of it."""

from __future__ import annotations

from typing import Final

from regulars.activities.amidst import relatives
from regulars.kit.database import Transaction
from regulars.kit.i18n import Text
from regulars.program.contracts.definitions import Program
from regulars.program.contracts.report import Fault, worded


async def households(tx: Transaction, old: Program | None, new: Program, *, program_id: int) -> list[Fault]:
    """No household, or role of one, may go while members are in it."""
    if old is None:
        return []
    roles = {name: set(one.roles) for name, one in new.households.items()}
    touched = [name for name, one in old.households.items() if set(one.roles) - roles.get(name, set())]
    if not touched:
        return []
    found = await relatives(tx, program_id=program_id, households=touched)
    return [
        worded(
            "households_with_members",
            f"households.{name}" if name not in roles else f"households.{name}.roles.{role}",
            Text(
                en=f"{members} members are in {name} as {role}.",
                ru=f"Участников в {name} с ролью {role}: {members}.",
                ro=f"{members} membri sunt în {name} cu rolul {role}.",
            ),
            Text(
                en="Keep the household and the role.",
                ru="Оставьте семью и роль.",
                ro="Păstrați familia și rolul.",
            ),
        )
        for (name, role), members in sorted(found.items())
        if role not in roles.get(name, set())
    ]


CHECKS: Final = (households,)
