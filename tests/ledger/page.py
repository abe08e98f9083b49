"""Writes docs/ledger-cases.md from the stories that the tests run: `python -m tests.ledger.page`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.cases import stories
from tests.cases.stories import Step, Story

PAGE = Path(__file__).resolve().parents[2] / "docs" / "ledger-cases.md"
HEAD = """# What happens in each case

Every awkward case has one decided answer. Below each stand the examples that `tests/cases` runs, over HTTP and, where it can be told so, from a file: what
is done, and what the member has afterwards. This page is written from those files (`python -m tests.ledger.page`); a test holds it to them. How points are
kept, and what finance does with them, is in [ledger.md](ledger.md). Unless an example says otherwise, points are worth 0.01, live twelve months to the end of
the month, are earned at 1 per 1.00, and what a return finds spent is owed.

"""
_PEOPLE = {"desk": "the desk"}


def page() -> str:
    """The whole page."""
    return HEAD + "\n".join(part for name in stories.names() for part in _case(stories.read(name)))


def _case(said: dict[str, Any]) -> Iterator[str]:
    yield f"## L{said['case']} {said['title']}\n"
    yield _plain(said["text"]) + "\n"
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
    return re.sub(r" \((?:DESIGN|SPEED|TRUST|PROGRAM)\.md[^)]*\)", "", " ".join(text.split()))


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + ("" if text.endswith(".") else ".")


def _story(story: Story, said: dict[str, Any], *, several: bool) -> Iterator[str]:
    if several:
        yield f"**{_sentence(story.name.replace('_', ' ')).rstrip('.')}**\n"
    if said.get("program"):
        yield f"Here: `{_short(said['program'])}`\n"
    yield "| when | what | then |"
    yield "|---|---|---|"
    for step in story.steps:
        why = str(step.said.get("why", ""))
        what = _what(step)
        yield f"| {_when(step)} | {_cell(what + (': ' if what and why else '') + why)} | {_cell(_then(step))} |"
    yield ""


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


def _when(step: Step) -> str:
    if "at" not in step.said and "happened" not in step.said:
        return ""
    late = f", happened {step.happened:%-d %b %H:%M}" if "happened" in step.said else ""
    return f"{step.at:%-d %B %Y, %H:%M}{late}"


def _what(step: Step) -> str:
    said = step.said
    who = _PEOPLE.get(step.who, step.who)
    for act, words in _ACTS.items():
        if act in said:
            name = f" ({said['as']})" if "as" in said else ""
            return f"{who} {words(said)}{name}"
    return f"{who} looks" if step.who != "ann" else ""


def _goods(lines: Any) -> str:
    return ", ".join(_amount(one) for one in lines)


def _amount(one: Any) -> str:
    if not isinstance(one, dict):
        return f"{one:.2f}"
    quantity = f"{one['quantity']} for " if one.get("quantity", 1) != 1 else ""
    rest = {name: value for name, value in one.items() if name not in ("amount", "quantity")}
    amount = f"{one['amount']:.2f}" if isinstance(one.get("amount"), float) else str(one.get("amount", ""))
    return f"{quantity}{amount}{' ' + _short(rest) if rest else ''}".strip()


def _bought(said: dict[str, Any]) -> str:
    if "swap" in said:
        return f"brings {said['swap']} back and takes {_goods(said['buy'])}"
    paid = f", paying with {_sums(said['pay'])}" if "pay" in said else ""
    rewards = f", taking {_short(said['rewards'])}" if "rewards" in said else ""
    return f"buys {_goods(said['buy'])}{paid}{rewards}"


def _brought_back(said: dict[str, Any]) -> str:
    what = said["back"] if isinstance(said["back"], str) else _short(said["back"])
    if "amount" in said:
        return f"brings back {said['amount']:.2f} of {what}"
    if "lines" in said:
        units = ", ".join(
            f"{one['quantity']} of line {one['no']}" if "quantity" in one else f"line {one['no']}"
            for one in said["lines"]
            if isinstance(one, dict) and "no" in one
        )
        return f"brings back {units or _short(said['lines'])} of {what}"
    return f"brings back all of {what}"


def _sums(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    return ", ".join(f"{_number(number)} {currency}" for currency, number in value.items())


def _number(value: Any) -> str:
    return f"{value:,}" if type(value) is int else f"{value:,.2f}" if isinstance(value, float) else str(value)


_ACTS: dict[str, Callable[[dict[str, Any]], str]] = {
    "buy": _bought,
    "back": _brought_back,
    "settle": lambda said: f"settles {said['settle']}: {said['type']} {said.get('settled', 0):.2f}",
    "void": lambda said: f"voids {said['void']}",
    "do": lambda said: f"does: {said['do']}",
    "adjust": lambda said: f"is given by hand {_sums(said['adjust'])} ({said['reason']})",
    "again": lambda said: f"sends {said['again']} again",
    "hold": lambda said: f"has {_sums(said['hold'])} set aside",
    "capture": lambda said: (
        f"has {_number(said['points']) + ' of ' if 'points' in said else ''}{said['capture']} captured"
    ),
    "release": lambda said: f"has {said['release']} voided",
    "send": lambda said: f"sends {_sums(said['send'])} to {said['to']}",
    "merge": lambda said: f"is merged into {said['merge']}",
    "unmerge": lambda said: f"is parted from {said['unmerge']} again",
    "call": lambda said: ", ".join(f"`{verb.upper()} {path}`" for verb, path in said["call"].items() if verb != "body"),
    "publish": lambda said: f"finds a new release: `{_short(said['publish'])}`",
    "sweep": lambda _: "is looked at by the worker",
}


def _then(step: Step) -> str:
    said = step.said
    return "; ".join(words for name, word in _THEN.items() if name in said for words in [word(said[name])] if words)


def _by_currency(word: str) -> Callable[[Any], str]:
    def words(value: Any) -> str:
        if not isinstance(value, dict):
            return f"{word} {_number(value)}"
        return ", ".join(f"{word} {_number(number)}{_of(currency)}" for currency, number in value.items())

    return words


def _of(currency: str) -> str:
    return "" if currency == "points" else f" {currency}"


def _gives(value: Any) -> str:
    if not value:
        return "gives nothing"
    return ", ".join(
        f"{number:+,}{_of(currency)}" if type(number) is int else f"{number:+}{_of(currency)}"
        for currency, number in value.items()
    )


def _lots(value: Any) -> str:
    found = []
    for currency, lots in value.items():
        each = [f"{_number(left)} to {day}" if day else f"{_number(left)} without end" for left, day in lots]
        found.append(f"lots{_of(currency)}: {', '.join(each) or 'none'}")
    return "; ".join(found)


_THEN: dict[str, Callable[[Any], str]] = {
    "refused": lambda value: f"refused: `{value}`",
    "gives": _gives,
    "to_pay": lambda value: f"to pay {value:.2f}",
    "has": _by_currency("has"),
    "pending": _by_currency("waiting"),
    "held": _by_currency("held"),
    "owes": _by_currency("owes"),
    "others": lambda value: "; ".join(f"{who}: {_others(one)}" for who, one in value.items()),
    "lots": _lots,
    "writes": lambda value: "entries: " + ", ".join(f"{kind} {_number(amount)}" for kind, amount in value),
    "shares": lambda value: f"by line: {_short(value)}",
    "liability": lambda value: f"owed by funder: {_short(value)}",
}


def _others(said: dict[str, Any]) -> str:
    return "; ".join(_THEN[name](one) for name, one in said.items() if name in _THEN)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE}: {len(page().splitlines())} lines")
