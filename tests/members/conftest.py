"""Names, keys and moments that the tests of this room share."""

from __future__ import annotations

import datetime as dt

import pytest

from regulars.members import service as members
from regulars.members.contracts import Found, Keys, Wanted

NOW = dt.datetime(2027, 3, 10, 9, 0, tzinfo=dt.UTC)


@pytest.fixture
def keys():
    return Keys(lookup=b"l" * 32, personal=b"p" * 32)


@pytest.fixture
def want(keys):
    def build(*who: tuple[str, str], program_id: int = 1, now: dt.datetime = NOW, **how) -> Wanted:
        names = members.named(list(who), region="MD")
        return members.wanted(keys, names, program_id=program_id, now=now, **how)

    return build


@pytest.fixture
def enrol(keys):
    """Write members as the apply statement of a batch would."""

    async def write(tx, found: Found, *who: tuple[str, str], program_id: int = 1, now: dt.datetime = NOW) -> None:
        assert found.account_id is not None
        assert found.member_id is not None
        row = members.enrolled(
            keys,
            account_id=found.account_id,
            member_id=found.member_id,
            program_id=program_id,
            named=members.named(list(who), region="MD"),
            card=found.new_card,
            enrolled_at=now,
        )
        sql, count = members.enrol_sql(2)
        arguments = members.enrol_arguments([row])
        assert len(arguments) == count
        await tx.fetch(
            f"with ok as (select unnest($1::uuid[]) account_id), {sql} select 1", [row.account_id], *arguments
        )

    return write
