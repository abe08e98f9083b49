"""A member passes points on to another: out of one account, into the other, and back where they are refused (L35,
L36). No decision touches two accounts.
"""

from __future__ import annotations

import datetime as dt
from typing import Final
from uuid import UUID

import msgspec

from regulars.engine import caps, households, periods, refusals, transfer_refusals
from regulars.engine.actions import PointsFormula
from regulars.engine.compiled import Compiled
from regulars.engine.contracts.gifts import TransferAct
from regulars.engine.contracts.households import Departure
from regulars.engine.contracts.points import LotUse
from regulars.engine.points import spending, transferring
from regulars.engine.points.purse import total
from regulars.engine.points.transferring import Parcel
from regulars.engine.work import Work
from regulars.kit import ids
from regulars.program.contracts.definitions import Currency
from regulars.program.contracts.transfers import Transfer, TransferTo, sent

SEND: Final = "send"
RECEIVE: Final = "receive"
HOME: Final = "home"


class Sent(msgspec.Struct, frozen=True, array_like=True):
    """Points on their way: what the other side makes lots of, and what the sender gets back should it refuse."""

    currency: str
    points: int
    day: int
    """The local day on which they left: whose period they count in."""
    parcels: tuple[Parcel, ...]
    fee: tuple[LotUse, ...] = ()
    idle_at: dt.datetime | None = None


_encode: Final = msgspec.msgpack.Encoder().encode
unpack: Final = msgspec.msgpack.Decoder(Sent).decode


def send(work: Work, compiled: Compiled, asked: TransferAct) -> None:
    """The first half: points leave for somebody else. Raises Refused cases and those of points, LotsNeeded."""
    if asked.to_member is None or asked.to_account is None:
        raise transfer_refusals.ReceiverUnknown
    if asked.points <= 0:
        raise refusals.MissingPart(type=work.activity.type, part="points")
    currency = compiled.program.currencies[asked.currency]
    terms = currency.transfer
    if terms is None:
        raise transfer_refusals.TransferNotAllowed(currency=currency.name)
    if work.known.card_blocked:
        raise refusals.CardBlocked
    households.check_spending(work, compiled, [currency.name])
    _check_receiver(work, currency, terms, asked)
    _check_size(work, currency, terms, asked.points)
    idle_at = work.purse.standing(currency.name).idle_at
    parcels = transferring.send(work.purse, currency.name, asked.points)
    fee = _fee(work, compiled, currency, terms, asked.points)
    for period in terms.per:
        caps.add(work.member.used, _path(currency), period, work.day, asked.points)
    luggage = Sent(currency.name, asked.points, periods.number(work.day), parcels, fee, idle_at)
    work.departure = Departure(
        kind=SEND,
        member_id=work.member_id,
        account_id=asked.to_account,
        to_id=asked.to_member,
        luggage=_encode(luggage),
    )
    _tell(work, compiled, "points.sent", luggage, to=ids.to_wire("mem", asked.to_member), fee=total(fee))


def receive(work: Work, compiled: Compiled, asked: TransferAct) -> None:
    """The second half: they arrive, with their dates, earned by nobody. Raises ReceiverFull, ReceiverGone."""
    luggage = _luggage(work, asked)
    belonging = work.account.household
    if belonging is not None and belonging.gone is not None:
        raise transfer_refusals.ReceiverGone
    currency = compiled.program.currencies[luggage.currency]
    if currency.largest_balance is not None:
        standing = work.purse.standing(currency.name)
        # What is owed is paid first and takes no room.
        room = currency.largest_balance + standing.arrears - standing.active - standing.pending
        if luggage.points > room:
            raise transfer_refusals.ReceiverFull(currency=currency.name, room=max(room, 0))
    transferring.receive(work.purse, currency.name, luggage.parcels, idle_at=luggage.idle_at)
    _tell(work, compiled, "points.received", luggage, **_from(asked))


def come_home(work: Work, compiled: Compiled, asked: TransferAct) -> None:
    """The other side refused: points go back to the lots they came from, and the fee with them. Raises LotsNeeded."""
    luggage = _luggage(work, asked)
    transferring.take_home(work.purse, luggage.currency, luggage.parcels)
    if luggage.fee:
        spending.refund(work.purse, luggage.currency, total(luggage.fee), uses=luggage.fee)
    terms = compiled.program.currencies[luggage.currency].transfer
    for period in terms.per if terms is not None else ():
        path = _path(compiled.program.currencies[luggage.currency])
        caps.add(work.member.used, path, period, periods.date(luggage.day), -luggage.points)
    _tell(work, compiled, "points.came_back", luggage)


def _check_receiver(work: Work, currency: Currency, terms: Transfer, asked: TransferAct) -> None:
    belonging = work.account.household
    together = belonging is not None and bool(belonging.kind) and asked.to_account == work.activity.account_id
    shared = together and belonging is not None and currency.name in belonging.pooled
    if asked.to_member == work.member_id or shared or (asked.to_account == work.activity.account_id and not together):
        raise transfer_refusals.TransferToOneself(currency=currency.name)
    if terms.to is TransferTo.HOUSEHOLD and not together:
        raise transfer_refusals.TransferOutsideHousehold(currency=currency.name)


def _check_size(work: Work, currency: Currency, terms: Transfer, points: int) -> None:
    if points < terms.least:
        raise transfer_refusals.TransferTooSmall(currency=currency.name, least=terms.least)
    if terms.most is not None and points > terms.most:
        raise transfer_refusals.TransferTooLarge(currency=currency.name, asked=points, possible=terms.most)
    for period, most in terms.per.items():
        left = max(most - caps.used(work.member.used, _path(currency), period, work.day), 0)
        if points > left:
            raise transfer_refusals.TransferTooLarge(
                currency=currency.name, asked=points, possible=left, period=period.value
            )


def _fee(work: Work, compiled: Compiled, currency: Currency, terms: Transfer, points: int) -> tuple[LotUse, ...]:
    """What the transfer costs, spent from what is left (L36)."""
    if terms.fee is None:
        return ()
    formula = PointsFormula(terms.fee, currency.name, sent(currency.name), compiled.made_from)
    outer, work.scope.event = work.scope.event, {"name": currency.name, "points": _shown(compiled, currency, points)}
    try:
        fee = formula.points(work)
    finally:
        work.scope.event = outer
    return spending.spend(work.purse, currency.name, fee, rule=_path(currency)) if fee else ()


def _luggage(work: Work, asked: TransferAct) -> Sent:
    if not asked.luggage:
        raise refusals.MissingPart(type=work.activity.type, part="transfer.luggage")
    return unpack(asked.luggage)


def _tell(work: Work, compiled: Compiled, type: str, luggage: Sent, **data: object) -> None:
    currency = compiled.program.currencies[luggage.currency]
    work.hear(type, name=luggage.currency, points=luggage.points, **data)
    # Rules compare it with amounts of other currencies; the world reads whole numbers of the smallest unit.
    work.caused.append((type, {"name": luggage.currency, "points": _shown(compiled, currency, luggage.points)}))
    work.stirred = True


def _shown(compiled: Compiled, currency: Currency, points: int) -> int:
    shown: int = points * 10 ** (compiled.made_from.places.entry_scale - currency.scale)
    return shown


def _from(asked: TransferAct) -> dict[str, object]:
    sender: UUID | None = asked.from_member
    return {} if sender is None else {"sender": ids.to_wire("mem", sender)}


def _path(currency: Currency) -> str:
    return f"currencies.{currency.name}.transfer"
