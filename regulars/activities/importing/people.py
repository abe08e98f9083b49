"""Files of members: one row a member, with identifiers and attributes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import msgspec

from regulars.activities.contracts import Intake
from regulars.activities.importing import cells, identifiers
from regulars.activities.importing.baskets import Item
from regulars.activities.importing.faults import Fault, fault
from regulars.activities.importing.rows import Record
from regulars.activities.importing.shape import Column, Context, Read, Reader, typed
from regulars.engine.contracts.activity import ProfileChange
from regulars.kit import money


class MemberReader:
    """Turns rows into enrolments. Raises UnknownColumn, MissingColumn for a header that is not ours."""

    def __init__(self, context: Context, header: list[str] | None) -> None:
        self._context = context
        self._scale = money.decimals(context.money)
        zone = context.local()
        moment: Read = lambda cell: cells.moment(cell, zone=zone)  # noqa: E731 - a reader like its neighbours
        self._rows = Reader([*identifiers.COLUMNS, *columns(moment)], {"attribute": self._attribute})
        self._rows.check_header(header)

    def items(self, records: Iterator[Record | Fault]) -> Iterator[Item | Fault]:
        """Enrolments and faults in the order of the file."""
        for record in records:
            if isinstance(record, Fault):
                yield record
                continue
            values = self._rows.read(record)
            if isinstance(values, list):
                yield from values
            elif not identifiers.of(values):
                yield fault(record.row, "own_id", None, "missing_one_of", fields=", ".join(identifiers.KINDS))
            else:
                yield Item(record.row, record.row, self._intake(values))

    def _attribute(self, name: str) -> Read | None:
        kind = self._context.attributes.get(name)
        return None if kind is None else typed(kind, self._scale)

    def _intake(self, values: dict[str, Any]) -> Intake:
        context = self._context
        given = {name.partition(".")[2]: value for name, value in values.items() if name.startswith("attribute.")}
        who = identifiers.of(values)
        digest = hashlib.sha256(msgspec.json.encode(values, enc_hook=str, order="deterministic")).digest()
        return Intake(
            program_id=context.program_id,
            client_id=context.client_id,
            key=None,
            digest=digest,
            type="profile" if given else "enrolled",
            received_at=context.received_at,
            occurred_at=values.get("joined_at", context.received_at),
            who=who,
            source=f"{context.source}:members",
            # The content is part of the name: the same row again is seen before, a changed one is a change.
            document=f"{who[0].kind}:{hashlib.sha256(who[0].value.encode()).hexdigest()[:24]}:{digest.hex()[:16]}",
            profile=ProfileChange(attributes=given) if given else None,
        )


def columns(moment: Read) -> tuple[Column, ...]:
    """The columns of a member, beside the identifiers and attribute.<name>."""
    return (Column("joined_at", moment, "when they joined, ISO 8601; now where it is missing"),)
