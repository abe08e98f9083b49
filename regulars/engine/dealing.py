"""What members do with points beside spending them: exchange, buying and giving back, pay-outs and their return. One
table from the act to what it does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from regulars.engine import caps, households, periods, recording, refusals, sending, words
from regulars.engine.compiled import Compiled
from regulars.engine.contracts.decision import Fired, Message
from regulars.engine.contracts.gifts import TransferAct
from regulars.engine.contracts.known import Sale
from regulars.engine.contracts.points import LotId, LotUse
from regulars.engine.dealing_refusals import (
    AccountMalformed,
    AccountMissing,
    DealTooLarge,
    DealUndone,
    ExchangeSpent,
    NotExchangeable,
    NothingLeftOfIt,
    NotPaidOut,
    NotSuchADeal,
    PointsNotSold,
    PriceDiffers,
    WithdrawalOver,
    payable,
)
from regulars.engine.points import adjusting, buying, calendar, paying_out
from regulars.engine.points.errors import BalanceFrozen, InsufficientPoints
from regulars.engine.recording import Recorded
from regulars.engine.work import Work
from regulars.kit.money import round_ratio
from regulars.language import contracts as language
from regulars.program.contracts.definitions import Currency
from regulars.program.contracts.values import Period, Span, Unit

RECEIPT: Final = "receipt"
ALL: Final = -1
"""As many points as there are."""
_LEGAL: Final = Span(14, Unit.DAY)
"""What was bought may be given back that long, also where it is not sold any more."""


def act(work: Work, compiled: Compiled) -> None:
    """Do what is asked. Raises Refused cases, those of points and of dealings, LotsNeeded."""
    asked = work.activity.transfer
    if asked is None or asked.act not in DEALINGS:
        raise refusals.MissingPart(type=work.activity.type, part="transfer")
    if asked.of is not None:
        asked = replace(asked, currency=_spoken_of(work, asked).currency)
    if asked.currency not in compiled.program.currencies:
        if asked.of is not None:
            raise NotSuchADeal
        raise refusals.UnknownPointsCurrency(currency=asked.currency)
    DEALINGS[asked.act](work, compiled, asked)


def _exchange(work: Work, compiled: Compiled, asked: TransferAct) -> None:
    """Turn points into another currency at the rate of the day (L76)."""
    currency = compiled.program.currencies[asked.currency]
    terms, to = currency.exchange, asked.to or ""
    if terms is None or to not in terms.to:
        raise NotExchangeable(currency=currency.name, to=to)
    _may_spend(work, compiled, currency.name)
    available = work.purse.available(currency.name)
    wanted = available - available % terms.step if asked.points == ALL else asked.points
    _check_frozen(work, currency.name)
    if wanted > available:
        raise InsufficientPoints(currency=currency.name, asked=wanted, available=available)
    if wanted % terms.step:
        possible = min(wanted - wanted % terms.step, available)
        raise refusals.PointsStep(currency=currency.name, asked=wanted, step=terms.step, possible=possible)
    _within_least(currency, wanted, max(terms.least, 1), available)
    _within_periods(work, currency, wanted, terms.per, deal="exchange")
    path = f"currencies.{currency.name}.exchange"
    done = adjusting.convert(work.purse, currency.name, to, wanted, rate=terms.to[to], rule=path)
    if not done.given:
        raise refusals.PointsLeast(currency=currency.name, asked=wanted, least=_makes_one(compiled, asked), possible=0)
    _use_periods(work, currency, done.taken, terms.per, deal="exchange")
    work.dealt = {currency.name: done.uses}
    work.fired.append(Fired(rule=path, effect=0, currency=currency.name, points=-done.taken))
    work.fired.append(Fired(rule=path, effect=0, currency=to, points=done.given))
    shown = {"to": to, "given": _shown(done.given, compiled.program.currencies[to])}
    fields = {"currency": currency.name, "points": _shown(done.taken, currency), **shown}
    work.messages.append(Message(to=RECEIPT, code="points.exchanged", fields=fields))
    work.cause("points.exchanged", currency.name, to=to, points=done.taken, given=done.given)


def _makes_one(compiled: Compiled, asked: TransferAct) -> int:
    """The fewest points that make the smallest unit of the other currency."""
    currency, to = compiled.program.currencies[asked.currency], compiled.program.currencies[asked.to or ""]
    rate = currency.exchange.to[to.name] if currency.exchange is not None else None
    if rate is None:
        return 0
    fewest: int = -(-rate.d * 10**currency.scale // (rate.n * 10**to.scale))
    return fewest


def _undo(work: Work, compiled: Compiled, asked: TransferAct) -> None:
    """Staff undo an exchange: what it gave goes, what it took comes back to its lots, at the rate of that day."""
    sale, recorded = _earlier(work, asked, "exchange")
    done = sale.activity.transfer
    path = f"currencies.{asked.currency}.exchange"
    moved = {currency: points for rule, currency, points in recorded.others if rule == path}
    if done is None or done.to is None:
        raise NotSuchADeal
    given = moved[done.to]
    _check_frozen(work, done.to)
    work.purse.require_lots(done.to)
    lots = [x for x in work.purse.lots.values() if _is_of(x.source_id, x.lot_id, sale) and x.currency == done.to]
    left = sum(lot.remaining - lot.held for lot in lots)
    if left < given:
        raise ExchangeSpent(currency=done.to, given=given, left=left)
    uses = _uses(recorded, asked.currency)
    adjusting.undo_conversion(work.purse, asked.currency, done.to, given, lots=lots, uses=uses, rule=path)
    terms = compiled.program.currencies[asked.currency].exchange
    day = periods.local_date(sale.activity.occurred_at, compiled.zone)
    for period in terms.per if terms is not None else ():
        caps.add(work.member.used, path, period, day, moved[asked.currency])
    work.fired.append(Fired(rule=path, effect=0, currency=done.to, points=-given))
    work.fired.append(Fired(rule=path, effect=0, currency=asked.currency, points=-moved[asked.currency]))
    work.hear("points.exchange_undone", name=asked.currency, to=done.to, points=given, reason=asked.reason)


def _is_of(source_id: UUID, lot_id: LotId, sale: Sale) -> bool:
    return sale.activity.activity_id in (source_id, lot_id.activity_id)


def _buy(work: Work, compiled: Compiled, asked: TransferAct) -> None:
    """Sell points to the member: a lot of their own, at its price."""
    currency = compiled.program.currencies[asked.currency]
    terms = currency.buy
    if terms is None:
        raise PointsNotSold(currency=currency.name)
    if asked.points <= 0 or asked.money is None:
        raise refusals.MissingPart(type=work.activity.type, part="points, money")
    if asked.points % terms.step:
        down = asked.points - asked.points % terms.step
        raise refusals.PointsStep(currency=currency.name, asked=asked.points, step=terms.step, possible=down)
    if terms.most is not None and asked.points > terms.most:
        raise DealTooLarge(currency=currency.name, asked=asked.points, possible=terms.most)
    _within_periods(work, currency, asked.points, terms.per, deal="buy")
    price = round_ratio(
        asked.points * terms.price.n * 10**compiled.money_scale, terms.price.d * 10**currency.scale, "half_up"
    )
    if asked.money != price:
        raise PriceDiffers(price=price, paid=asked.money)
    path = f"currencies.{currency.name}.buy"
    buying.buy(work.purse, currency.name, asked.points, price=price, rule=path)
    _use_periods(work, currency, asked.points, terms.per, deal="buy")
    work.fired.append(Fired(rule=path, effect=0, currency=currency.name, points=asked.points))
    _say(work, compiled, "points.bought", currency, asked.points, price)
    work.cause("points.bought", currency.name, points=asked.points, money=price)


def _give_back(work: Work, compiled: Compiled, asked: TransferAct) -> None:
    """Take bought points back for the money of what is unspent of them (L81)."""
    currency = compiled.program.currencies[asked.currency]
    sale, _ = _earlier(work, asked, "buy")
    bought = sale.activity
    length = currency.buy.withdrawal if currency.buy is not None else _LEGAL
    ends_at, through = calendar.span_end(length, since=bought.occurred_at, zone=compiled.zone)
    if work.scope.now >= ends_at:
        raise WithdrawalOver(through=through.isoformat())
    path = f"currencies.{currency.name}.buy"
    _check_frozen(work, currency.name)
    back = buying.give_back(work.purse, currency.name, bought.activity_id, rule=path)
    if not back.points:
        raise NothingLeftOfIt
    for period in currency.buy.per if currency.buy is not None else ():
        day = periods.local_date(bought.occurred_at, compiled.zone)
        caps.add(work.member.used, path, period, day, -back.points)
    work.returned = back.money
    work.fired.append(Fired(rule=path, effect=0, currency=currency.name, points=-back.points))
    _say(work, compiled, "points.given_back", currency, back.points, back.money)
    work.hear("points.given_back", name=currency.name, points=back.points, money=back.money)


def _pay_out(work: Work, compiled: Compiled, asked: TransferAct) -> None:
    """Take what the member has into a file of payments."""
    currency = compiled.program.currencies[asked.currency]
    terms = currency.pay_out
    if terms is None:
        raise NotPaidOut(currency=currency.name)
    account = work.scope.member.attributes.get(terms.account)
    if not account:
        raise AccountMissing(attribute=terms.account)
    if not payable(account):
        raise AccountMalformed(attribute=terms.account)
    available = work.purse.available(currency.name)
    points = available if asked.points == ALL else asked.points
    _check_frozen(work, currency.name)
    _within_least(currency, points, max(terms.smallest, 1), available)
    path = f"currencies.{currency.name}.pay_out"
    work.dealt = {currency.name: paying_out.pay_out(work.purse, currency.name, points, rule=path)}
    work.fired.append(Fired(rule=path, effect=0, currency=currency.name, points=-points))
    _say(work, compiled, "points.paid_out", currency, points, points)
    work.cause("points.paid_out", currency.name, points=points)


def _returned(work: Work, compiled: Compiled, asked: TransferAct) -> None:
    """A payment did not arrive: its points come back to the lots that they came from."""
    currency = compiled.program.currencies[asked.currency]
    _, recorded = _earlier(work, asked, "pay_out")
    path = f"currencies.{currency.name}.pay_out"
    points = paying_out.come_back(work.purse, currency.name, _uses(recorded, currency.name))
    work.fired.append(Fired(rule=path, effect=0, currency=currency.name, points=points))
    _say(work, compiled, "points.pay_out_failed", currency, points, 0)
    work.cause("points.pay_out_failed", currency.name, points=points)


def _spoken_of(work: Work, asked: TransferAct) -> TransferAct:
    sale = work.known.sale
    done = sale.activity.transfer if sale is not None else None
    if sale is None or done is None or asked.of != sale.activity.activity_id:
        raise NotSuchADeal
    return done


def _earlier(work: Work, asked: TransferAct, what: str) -> tuple[Sale, Recorded]:
    """The deal that is spoken of, once. Raises NotSuchADeal, DealUndone."""
    sale = work.known.sale
    if sale is None or asked.of is None or _spoken_of(work, asked).act != what:
        raise NotSuchADeal
    if sale.returns:
        raise DealUndone
    return sale, recording.decode(sale.decision)


def _uses(recorded: Recorded, currency: str) -> tuple[LotUse, ...]:
    return tuple(
        LotUse(LotId(UUID(bytes=use.activity_id), use.n), use.amount)
        for with_ in recorded.paid
        if with_.currency == currency
        for use in with_.uses
    )


def _may_spend(work: Work, compiled: Compiled, currency: str) -> None:
    if work.known.card_blocked:
        raise refusals.CardBlocked
    households.check_spending(work, compiled, [currency])


def _check_frozen(work: Work, currency: str) -> None:
    """Nothing leaves a balance that somebody looks into. Raises BalanceFrozen."""
    if work.purse.is_frozen(currency):
        raise BalanceFrozen(currency=currency)


def _within_least(currency: Currency, wanted: int, least: int, available: int) -> None:
    if wanted < least:
        possible = available if available >= least else 0
        raise refusals.PointsLeast(currency=currency.name, asked=wanted, least=least, possible=possible)


def _within_periods(work: Work, currency: Currency, points: int, most: Mapping[Period, int], *, deal: str) -> None:
    path = f"currencies.{currency.name}.{deal}"
    for period, at_most in most.items():
        left = at_most - caps.used(work.member.used, path, period, work.day)
        if points > left:
            raise DealTooLarge(currency=currency.name, asked=points, possible=max(left, 0), period=period.value)


def _use_periods(work: Work, currency: Currency, points: int, most: Mapping[Period, int], *, deal: str) -> None:
    for period in most:
        caps.add(work.member.used, f"currencies.{currency.name}.{deal}", period, work.day, points)


def _say(work: Work, compiled: Compiled, code: str, currency: Currency, points: int, money: int) -> None:
    amount = words.plain(money, language.Amount(compiled.money_scale))
    fields: dict[str, object] = {"currency": currency.name, "points": _shown(points, currency), "amount": amount}
    work.messages.append(Message(to=RECEIPT, code=code, fields=fields))


def _shown(points: int, currency: Currency) -> object:
    return words.plain(points, language.Amount(currency.scale) if currency.scale else language.INT)


DEALINGS: Final[dict[str, Callable[[Work, Compiled, TransferAct], None]]] = {
    "exchange": _exchange,
    "undo": _undo,
    "buy": _buy,
    "give_back": _give_back,
    "pay_out": _pay_out,
    "returned": _returned,
    sending.SEND: sending.send,
    sending.RECEIVE: sending.receive,
    sending.HOME: sending.come_home,
}
"""What a member does with points, by the act that the activity names."""
