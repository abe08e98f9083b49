"""A small program that has one of everything, for tests to change and break."""

from __future__ import annotations

from regulars.program import reader
from regulars.program.checks import run
from regulars.program.contracts.report import Fault, Report

BASE = """program: {name: corner, languages: [en, ru, ro], money: EUR, zone: Europe/Chisinau}
currencies:
  points: {title: {en: Points, ru: Баллы, ro: Puncte}, value: 0.01, cost: {house: 0.01}, spend: {step: 10}}
  cash: {title: {en: Cash, ru: Деньги, ro: Bani}, kind: money, scale: 2, value: 1, cost: {house: 1}, caps: {day: 50.00}}
activities:
  purchase: {basket: true, fields: {note: text}}
  return: {basket: true, reverses: purchase}
  visit: {fields: {minutes: int}, purpose: service}
attributes:
  birth_date: {type: date, purpose: service, wakes: true}
  pets: {type: records, key: name, fields: {name: text, born: date}, purpose: service, wakes: true}
  size: {type: text, purpose: service}
purposes:
  service: {title: {en: Service, ru: Сервис, ro: Servicii}, texts: {v1: {en: We serve, ru: Служим, ro: Servim}}}
lists:
  tobacco: [CIGARS, CIGARETTES]
tables:
  season: {keys: {month: int}, columns: {percent: int}, rows: [[1, 10], [2, 20]]}
groups:
  smoke: {lines: "line.category in lists.tobacco", earns: false}
metrics:
  buys: {count: activities, where: "type == 'purchase'"}
  spend: {sum: "basket.total", window: 30 days}
  top: {max: "basket.total"}
  row: {streak: week, freeze: 1}
  by_shelf: {sum: "line.amount", over: lines, by: "line.category"}
  cards: {distinct: "card.id", window: 1 hour, per: cashier}
segments:
  new: {if: "member.metrics.buys <= 1"}
  club: {static: true}
rules:
  base: {kind: base, trigger: purchase, effects: [{give: points, amount: "basket.base", carry: true}]}
  double: {trigger: purchase, lines: "!('smoke' in line.groups)", effects: [{multiply: points, by: 2}]}
  hello: {trigger: purchase, audience: new, effects: [{receipt: hi, say: {en: Hi, ru: Привет, ro: Salut}}]}
  birthday: {trigger: {date: member.attributes.birth_date, every: year}, effects: [{give: points, amount: "50"}]}
  month: {trigger: {period: calendar month, ended: true}, effects: [{give: points, amount: "1"}]}
limits:
  spend: {metric: spend, at_most: 500.00, then: alert}
"""


def report(text: str) -> Report:
    return run.source(reader.read(text))


def changed(*pairs: tuple[str, str]) -> str:
    text = BASE
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def place(text: str, marker: str) -> tuple[int, int]:
    """Line and column of a marker, counted from 1."""
    at = text.index(marker)
    return text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1


def only(found: Report) -> Fault:
    assert len(found.faults) == 1, [(one.code, one.path, one.message("en")) for one in found.faults]
    return found.faults[0]
