"""The program of the model, as a marketer writes it, in some of the ways that a currency may choose."""

from __future__ import annotations

from tests.laws.model import Climate

CLIMATES = (
    Climate(),
    Climate(negative="arrears", ceiling=120, life_days=30, pending_days=2),
    Climate(negative="to_zero", life_days=None, oldest_first=True),
    Climate(negative="own_lot", pending_days=3),
    Climate(negative="pending_only", pending_days=2, life_days=12),
    Climate(gold=True, fee=1),
    Climate(cap=400, shared=True, life_days=15),
    Climate(negative="to_zero", cap=300, rejects=True, pending_days=1, life_days=None),
)

_PROGRAM = """
program: {name: model, title: {en: Model, ru: Модель, ro: Model}, money: EUR, zone: Europe/Bucharest}
purposes:
  service: {title: {en: Service, ru: Обслуживание, ro: Serviciu}, texts: {v1: {en: To serve, ru: Служить, ro: Servicii}}}
currencies:
  points:
    title: {en: Points, ru: Баллы, ro: Puncte}
    expiry: $expiry
    round_up: day
$pending$caps    negative: $negative
    spend: {order: $order}
    value: 0.01
    cost: {house: 0.008, brand: 0.01}
    hold_ttl: 1 day
    hold_longest: 7 days
    exchange: {to: {miles: 1/3}, least: 3}
    transfer: {least: 2, fee: "$fee"}
  miles: {title: {en: Miles, ru: Мили, ro: Mile}, expiry: never, value: 0.02, cost: {house: 0.02, brand: 0.03}}
activities:
  purchase: {title: {en: Purchase, ru: Покупка, ro: Cumpărătură}, basket: true, purpose: service}
  return: {title: {en: Return, ru: Возврат, ro: Retur}, basket: true, reverses: purchase, purpose: service}
metrics:
  spend: {sum: "basket.total", where: "type == 'purchase'"}
ladders:
  status:
    title: {en: Status, ru: Статус, ro: Statut}
    qualify: "member.metrics.spend"
    valid_until: 20 years
    levels: {green: 0, gold: $gold}
rules:
  base:
    title: {en: Base, ru: Основа, ro: Bază}
    kind: base
    trigger: purchase
    effects: [{give: points, amount: "basket.base * (member.tier == 'gold' ? 40 : 20)"$funding}]
  big:
    title: {en: Big, ru: Много, ro: Mult}
    trigger: purchase
    if: "basket.total >= 10.00"
    effects: [{give: points, amount: "50"$funding}]
"""


def text_of(climate: Climate) -> str:
    """The program in YAML."""
    chosen = {
        "expiry": "never" if climate.life_days is None else f"{climate.life_days} days",
        "pending": f"    pending: {climate.pending_days} days\n" if climate.pending_days else "",
        "caps": _caps(climate),
        "funding": ", funding: [{by: house, share: 0.6}, {by: brand, share: 0.4}]" if climate.shared else "",
        "negative": climate.negative,
        "order": "oldest_first" if climate.oldest_first else "expiring_first",
        "fee": str(climate.fee),
        "gold": "60.00" if climate.gold else "9000000.00",
    }
    text = _PROGRAM
    for name, value in chosen.items():
        text = text.replace(f"${name}", value)
    if climate.ceiling is not None:
        text = text.replace("    value: 0.01\n", f"    value: 0.01\n    arrears_ceiling: {climate.ceiling}\n", 1)
    return text


def _caps(climate: Climate) -> str:
    if climate.cap is None:
        return ""
    rejects = ", reject: true" if climate.rejects else ""
    return f"    caps: [{{period: day, at_most: {climate.cap}{rejects}}}]\n"
