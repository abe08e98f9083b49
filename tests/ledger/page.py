"""Writes docs/ledger-cases.md from the stories that the tests run: `python -m tests.ledger.page`."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.cases import stories
from tests.cases.stories import Step, Story

PAGE = Path(__file__).resolve().parents[2] / "docs" / "ledger-cases.md"
HEAD = """# What happens in each case

Every awkward case has one decided answer. Below each stand the examples that `tests/cases` runs, over HTTP and, where it can be told so, from a file: what
is done, and what the member has afterwards. This page is written from those files (`python -m tests.ledger.page`); a test holds it to them. How points are
kept, and what finance does with them, is in [ledger.md](ledger.md). Unless an example says otherwise, points are worth 0.01, live for ever, are earned at 1
per 1.00, and what a return finds spent is owed. Moments are local time of the program: Bucharest, unless the example names another `zone`; where none stands,
it is a minute after the row above.

"""
Money = Callable[[Any], str]
"""An amount with the decimals of its money."""
_PEOPLE = {"desk": "the desk"}
_BACK = {"chargeback": "charges back"}
"""How a return of such a type is called; others bring goods."""


def page() -> str:
    """The whole page."""
    return HEAD + "\n".join(part for name in stories.names() for part in _case(stories.read(name)))


def _case(said: dict[str, Any]) -> Iterator[str]:
    yield f"## L{said['case']} {said['title']}\n"
    yield _plain(said.get("for_page", said["text"])) + "\n"
    if "waits" in said:
        yield f"**Waits:** {_sentence(said['waits'])}\n"
    told = stories.told(said)
    for story, one in zip(told, [said] if "steps" in said else said.get("stories", ()), strict=True):
        yield from _story(story, one, several=len(told) > 1)
    if said.get("tests"):
        named = ", ".join(f"`tests/{one}`" for one in said["tests"])
        yield f"{'The rest is' if told else 'It is'} shown by {named}.\n"


def _plain(text: str) -> str:
    # The design page is for engineers; where it points to its neighbours, a reader here has nothing to follow.
    there = r"(?:DESIGN|SPEED|TRUST|PROGRAM)\.md"
    return re.sub(rf" \({there}[^)]*\)|; {there}[^.;]*", "", " ".join(text.split()))


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + ("" if text.endswith(".") else ".")


def _story(story: Story, said: dict[str, Any], *, several: bool) -> Iterator[str]:
    if several:
        yield f"**{_sentence(story.name.replace('_', ' ')).rstrip('.')}**\n"
    if said.get("program"):
        yield f"Here: `{_short(said['program'])}`\n"
    yield "| when | what | then |"
    yield "|---|---|---|"
    zone = ZoneInfo(story.program["program"]["zone"])
    for step in story.steps:
        why = str(step.said.get("why", ""))
        what = _what(step, _money(story, step))
        then = _then(step, _money(story, step))
        yield f"| {_when(step, zone)} | {_cell(what + (': ' if what and why else '') + why)} | {_cell(then)} |"
    yield ""
    if story.entries is not None:
        all_of_them = (f"{kind} {_number(points)} on {_moment(at, zone)}" for kind, points, at in story.entries)
        yield f"All entries of ann's points in the end: {'; '.join(all_of_them)}.\n"


def _money(story: Story, step: Step) -> Money:
    other = f" {step.said['currency']}" if "currency" in step.said else ""
    return lambda amount: f"{amount:,.{story.money_decimals}f}{other}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _short(value: Any) -> str:
    if isinstance(value, dict):
        # A title that only repeats the name is put there by the stories.
        said = {name: one for name, one in value.items() if name != "title" or not isinstance(one, dict)}
        return "{" + ", ".join(f"{name}: {_short(one)}" for name, one in said.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_short(one) for one in value) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value).replace("`", "'")


def _when(step: Step, zone: ZoneInfo) -> str:
    if step.number > 1 and "at" not in step.said and "happened" not in step.said:
        return ""
    happened = step.happened.astimezone(zone)
    late = f", happened {happened:%-d %b %H:%M}{_seconds(happened)}" if "happened" in step.said else ""
    return _moment(step.at, zone) + late


def _moment(at: dt.datetime, zone: ZoneInfo) -> str:
    there = at.astimezone(zone)
    return f"{there:%-d %B %Y, %H:%M}{_seconds(there)}"


def _seconds(at: dt.datetime) -> str:
    return f":{at:%S}" if at.second else ""


def _what(step: Step, money: Money) -> str:
    said = step.said
    who = _PEOPLE.get(step.who, step.who)
    for act, words in _ACTS.items():
        if act in said:
            name = f" ({said['as']})" if "as" in said else ""
            return f"{who} {words(said, money)}{name}"
    return f"{who} looks" if step.who != "ann" else ""


def _goods(lines: Any, money: Money) -> str:
    return ", ".join(_amount(one, money) for one in lines)


def _amount(one: Any, money: Money) -> str:
    if not isinstance(one, dict):
        return money(one)
    quantity = f"{one['quantity']} for " if one.get("quantity", 1) != 1 else ""
    rest = {name: value for name, value in one.items() if name not in ("amount", "quantity")}
    amount = money(one["amount"]) if "amount" in one else ""
    return f"{quantity}{amount}{' ' + _short(rest) if rest else ''}".strip()


def _bought(said: dict[str, Any], money: Money) -> str:
    if "swap" in said:
        return f"brings {said['swap']} back and takes {_goods(said['buy'], money)}"
    paid = f", paying with {_sums(said['pay'])}" if "pay" in said else ""
    rewards = f", taking {_short(said['rewards'])}" if "rewards" in said else ""
    return f"buys {_goods(said['buy'], money)}{paid}{rewards}"


def _brought_back(said: dict[str, Any], money: Money) -> str:
    what, does = said["back"], _BACK.get(said.get("type", ""), "brings back")
    if "amount" in said:
        return f"{does} {money(said['amount'])} of {what}"
    if "lines" in said:
        return f"{does} {', '.join(_line_back(one, money) for one in said['lines'])} of {what}"
    return f"{does} all of {what}"


def _by_hand(said: dict[str, Any], _: Money) -> str:
    ((currency, number),) = said["adjust"].items()
    sum_ = f"{_number(abs(number))} {currency}"
    does = f"is given {sum_} by hand" if number > 0 else f"has {sum_} taken away by hand"
    return f"{does} ({said['reason']})"


def _line_back(one: dict[str, Any], money: Money) -> str:
    parts = [str(one["quantity"])] if "quantity" in one else []
    parts += [money(one["amount"])] if "amount" in one else []
    return f"{' for '.join(parts)} of line {one['no']}" if parts else f"line {one['no']}"


def _called(said: dict[str, Any], _: Money) -> str:
    body = said["call"].get("body")
    sent = f" {json.dumps(body, ensure_ascii=False, default=str)}" if body else ""
    return f"`POST {said['call']['post']}{sent}`"


def _sums(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    return ", ".join(f"{_number(number)} {currency}" for currency, number in value.items())


def _number(value: Any) -> str:
    return f"{value:,}" if type(value) is int else f"{value:,.2f}" if isinstance(value, float) else str(value)


_ACTS: dict[str, Callable[[dict[str, Any], Money], str]] = {
    "buy": _bought,
    "back": _brought_back,
    "settle": lambda said, money: f"settles {said['settle']}: {said['type']} {money(said.get('settled', 0))}",
    "void": lambda said, _: f"voids {said['void']}",
    "do": lambda said, _: f"does: {said['do']}",
    "adjust": _by_hand,
    "again": lambda said, _: f"sends {said['again']} again",
    "hold": lambda said, _: f"has {_sums(said['hold'])} set aside",
    "capture": lambda said, _: (
        f"has {_number(said['points']) + ' of ' if 'points' in said else ''}{said['capture']} captured"
    ),
    "release": lambda said, _: f"has {said['release']} voided",
    "send": lambda said, _: f"sends {_sums(said['send'])} to {said['to']}",
    "merge": lambda said, _: f"is merged into {said['merge']}",
    "unmerge": lambda said, _: f"is parted from {said['unmerge']} again",
    "call": _called,
    "publish": lambda said, _: f"finds a new release: `{_short(said['publish'])}`",
    "sweep": lambda *_: "is looked at by the worker",
}


def _then(step: Step, money: Money) -> str:
    said = step.said
    return "; ".join(
        words for name, word in _THEN.items() if name in said for words in [word(said[name], money)] if words
    )


def _by_currency(word: str) -> Callable[[Any, Money], str]:
    def words(value: Any, _: Money) -> str:
        if not isinstance(value, dict):
            return f"{word} {_number(value)}"
        return ", ".join(f"{word} {_number(number)}{_of(currency)}" for currency, number in value.items())

    return words


def _of(currency: str) -> str:
    return "" if currency == "points" else f" {currency}"


def _gives(value: Any, _: Money) -> str:
    if not value:
        return "gives nothing"
    return ", ".join(
        f"{number:+,}{_of(currency)}" if type(number) is int else f"{number:+}{_of(currency)}"
        for currency, number in value.items()
    )


def _lots(value: Any, _: Money) -> str:
    found = []
    for currency, lots in value.items():
        each = [f"{_number(left)} to {day}" if day else f"{_number(left)} without end" for left, day in lots]
        found.append(f"lots{_of(currency)}: {', '.join(each) or 'none'}")
    return "; ".join(found)


_THEN: dict[str, Callable[[Any, Money], str]] = {
    "refused": lambda value, _: f"refused: `{value}`",
    "gives": _gives,
    "to_pay": lambda value, money: f"to pay {money(value)}",
    "has": _by_currency("has"),
    "pending": _by_currency("waiting"),
    "held": _by_currency("held"),
    "owes": _by_currency("owes"),
    "others": lambda value, money: "; ".join(f"{who}: {_others(one, money)}" for who, one in value.items()),
    "lots": _lots,
    "writes": lambda value, _: "entries: " + ", ".join(f"{kind} {_number(amount)}" for kind, amount in value),
    "shares": lambda value, _: f"by line: {_short(value)}",
    "liability": lambda value, money: f"owed by funder: {_owed(value, money)}",
}


def _owed(value: dict[str, Any], money: Money) -> str:
    return ", ".join(f"{funder} {money(amount)}" for funder, amount in value.items()) or "nothing"


def _others(said: dict[str, Any], money: Money) -> str:
    return "; ".join(_THEN[name](one, money) for name, one in said.items() if name in _THEN)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE}: {len(page().splitlines())} lines")
