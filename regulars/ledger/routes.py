"""The books over HTTP: what is owed in points, and the day book."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, get
from litestar.params import FromQuery
from msgspec import Meta

from regulars.access import service as access
from regulars.kit import http
from regulars.kit.errors import ValidationFault
from regulars.kit.http import Example
from regulars.kit.i18n import Text
from regulars.ledger import service as ledger
from regulars.ledger.contracts import TooRecent
from regulars.ledger.journal import Booking
from regulars.ledger.liability import Liability


class LiabilityOut(msgspec.Struct, frozen=True, kw_only=True):
    """What is owed at a moment; `cost` in minor units of the program's money."""

    at: dt.datetime
    items: tuple[Liability, ...]


class JournalOut(msgspec.Struct, frozen=True, kw_only=True):
    """Bookings by day; `cost` in minor units of the program's money."""

    items: tuple[Booking, ...]


Moment = Annotated[dt.datetime, Meta(tz=True)]
_YEAR: Final = dt.timedelta(days=366)
_MOMENT: Final = Text(
    en="expected a date and time with zone between 1970 and 2200, for example 2027-01-31T17:00:00Z",
    ru="нужны дата и время с зоной между 1970 и 2200 годами, например 2027-01-31T17:00:00Z",
    ro="se așteaptă o dată și oră cu zonă între 1970 și 2200, de exemplu 2027-01-31T17:00:00Z",
)
_PERIOD: Final = Text(
    en="must come after since, by a year at most",
    ru="должно быть позже since, не более чем на год",
    ro="trebuie să fie după since, cu cel mult un an",
)
_ZONE: Final = Text(
    en="expected a zone such as Europe/Chisinau",
    ru="нужна зона, например Europe/Chisinau",
    ro="se așteaptă o zonă, de exemplu Europe/Chisinau",
)


def _moment(field: str, text: str | None) -> dt.datetime | None:
    if text is None:
        return None
    try:
        # A plus sign in an address is read as a space.
        at = msgspec.convert(text.replace(" ", "+"), Moment)
    except msgspec.ValidationError as fault:
        raise ValidationFault(field=field, reason=_MOMENT.en, reasons=_MOMENT) from fault
    # The ends of what a date can be cannot be moved to another zone.
    if not 1970 <= at.year <= 2200:
        raise ValidationFault(field=field, reason=_MOMENT.en, reasons=_MOMENT)
    return at


@get(
    "/v1/ledger/liability",
    guards=[access.requires("ledger:read")],
    opt=http.describes(
        summary="What is owed in points",
        detail="By currency and funder: what remains of all lots, each at the cost of its issue. `as_of` is a moment "
        "at least 15 s ago: what was posted by then.",
        tag="Points",
        scope="ledger:read",
        answer=LiabilityOut,
        query={"as_of": str},
        errors=(TooRecent,),
        examples=(
            Example(
                summary="A brand and the house",
                answer={
                    "at": "2026-11-21T16:20:00Z",
                    "items": [
                        {
                            "currency": "points",
                            "funder": "brand",
                            "accounts": 120,
                            "points": 61000,
                            "pending": 0,
                            "cost": 122000,
                        },
                        {
                            "currency": "points",
                            "funder": "house",
                            "accounts": 410,
                            "points": 940000,
                            "pending": 12000,
                            "cost": 752000,
                        },
                    ],
                },
            ),
        ),
    ),
)
async def liability(request: Request[Any, Any, Any], as_of: FromQuery[str | None] = None) -> Response[bytes]:
    """The debt of the program as of now, or of a moment. Raises TooRecent."""
    program_id, now = access.actor_of(request).program_id, http.now(request)
    at = _moment("as_of", as_of)
    async with request.app.state.database.read(programs=[program_id]) as tx:
        found = await ledger.liability(tx, program_id=program_id, now=now, as_of=at)
    return http.answer(LiabilityOut(at=at or now, items=tuple(found)))


@get(
    "/v1/ledger/journal",
    guards=[access.requires("ledger:read")],
    opt=http.describes(
        summary="The day book",
        detail="What moved from one book (debit) to another (credit), by day of posting in `zone`, currency, "
        "funder and kind, in points and at cost. `since` is included, `until` is not and lies at "
        "least 15 s ago; a year at most.",
        tag="Points",
        scope="ledger:read",
        answer=JournalOut,
        query={"since": str, "until": str, "zone": str},
        errors=(TooRecent,),
        examples=(
            Example(
                summary="A day of a brand's points",
                answer={
                    "items": [
                        {
                            "day": "2027-03-10",
                            "currency": "points",
                            "funder": "brand",
                            "kind": "earn",
                            "debit": "issued",
                            "credit": "active",
                            "movements": 120,
                            "points": 61000,
                            "cost": 122000,
                        }
                    ]
                },
            ),
        ),
    ),
)
async def journal(
    request: Request[Any, Any, Any],
    since: FromQuery[str | None] = None,
    until: FromQuery[str | None] = None,
    zone: FromQuery[str] = "UTC",
) -> Response[bytes]:
    """The bookings of a time. Raises TooRecent."""
    program_id, now = access.actor_of(request).program_id, http.now(request)
    # What was left out is told by its name, as what cannot be read is.
    begin, end = _moment("since", since or ""), _moment("until", until or "")
    if begin is None or end is None or not begin < end <= begin + _YEAR:
        raise ValidationFault(field="until", reason=_PERIOD.en, reasons=_PERIOD)
    if zone not in zoneinfo.available_timezones():
        raise ValidationFault(field="zone", reason=_ZONE.en, reasons=_ZONE)
    async with request.app.state.database.read(programs=[program_id]) as tx:
        found = await ledger.journal(tx, program_id=program_id, since=begin, until=end, zone=zone, now=now)
    return http.answer(JournalOut(items=tuple(found)))


ROUTES: Final[list[Any]] = [liability, journal]
