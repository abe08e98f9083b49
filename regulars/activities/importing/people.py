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
from regulars.activities.importing.shape import Column, Context, Read, Reader, text, typed
from regulars.engine.contracts.activity import ConsentSaid, ProfileChange
from regulars.kit import money


class MemberReader:
    """Turns rows into enrolments. Raises UnknownColumn, MissingColumn for a header that is not ours."""

    def __init__(self, context: Context, header: list[str] | None) -> None:
        self._context = context
        self._scale = money.decimals(context.money)
        zone = context.local()
        moment: Read = lambda cell: cells.moment(cell, zone=zone)  # noqa: E731 - a reader like its neighbours
        self._rows = Reader(
            [*identifiers.COLUMNS, *columns(moment)], {"attribute": self._attribute, "consent": self._consent}
        )
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

    def _consent(self, name: str) -> Read | None:
        purpose, dot, channel = name.partition(".")
        channels = self._context.purposes.get(purpose)
        return None if channels is None or (dot and channel not in channels) else cells.yes_no

    def _intake(self, values: dict[str, Any]) -> Intake:
        context = self._context
        given = {name.partition(".")[2]: value for name, value in values.items() if name.startswith("attribute.")}
        said = tuple(_said(name, value, values) for name, value in values.items() if name.startswith("consent."))
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
            consents=said,
        )


def _said(name: str, given: bool, values: dict[str, Any]) -> ConsentSaid:
    _, purpose, channel = f"{name}.".split(".")[:3]
    return ConsentSaid(
        purpose=purpose,
        given=given,
        channel=channel or None,
        version=values.get("consent_version"),
        source=values.get("consent_source"),
    )


def columns(moment: Read) -> tuple[Column, ...]:
    """The columns of a member, beside the identifiers, attribute.<name> and consent.<purpose>[.<channel>]."""
    return (
        Column("joined_at", moment, "when they joined, ISO 8601; now where it is missing"),
        Column("consent_version", text(64), "version of the text they said yes or no to; the one in force if missing"),
        Column("consent_source", text(64), "where they said it; the file if missing"),
    )
