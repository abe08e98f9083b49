"""The numbered cases of docs/ledger.md as stories in YAML: `L01.yaml` to `L84.yaml`, worked out by hand.

A file has `case`, `title`, `text` (the decision as the design says it), perhaps `for_page` (what its page says instead), and a story, several `stories`, `tests` elsewhere
that show the rest of it, or what it `waits` for; `alone` says why a case without a story is over HTTP alone. A story has a `program` (what differs from `base.yaml`; several releases come by the step
`publish`), `begins` (a day; where it plays otherwise than in the spring of 2027), `stores`, `rates`, `steps`, and perhaps `entries`: all that
is in ann's books of points in the end, and when each counts. `online` says why no file can tell it.

A step has `at` (local time of the program; a minute after the step before if left out), `who` (ann if left out; `named` by `id` or `card` instead of their own number), one
act, `why` (the working) and what is expected of it: `gives` (points by currency, of this act alone), `has`, `pending`,
`held`, `owes` (of whom the step is about; `others` has the same for other people), `lots` (what is left and its last
day, in spend order; `known: then` where a file tells later what changes them), `writes` (kinds and amounts of entries), `refused` (the code), and what an answer says, which a
file does not: `to_pay`, `says`, `shares` (points of each line), `liability` (what each funder
owes, in money), `answer`. Points are whole units, money has its decimals.

The acts of the till: `buy` (lines, with `pay`, `payments`, `rewards`, `type`), `back` (of a sale by `as`, with `lines`
or `amount`), `settle`, `swap` (an exchange: `returned`, and `buy`), `void`, `do` (a type of the program's own, with
`fields`), `adjust`, and `again` (a step before, sent once more); those that no file has: `hold`, `capture`, `release`,
`send`, `merge`, `unmerge`, `call` (any other route). `publish` is a release, `sweep` the worker's round.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
from copy import deepcopy
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from ruamel.yaml import YAML

FOLDER = Path(__file__).parent
EXPECTATIONS = (
    "gives",
    "has",
    "pending",
    "held",
    "owes",
    "others",
    "lots",
    "writes",
    "refused",
    "to_pay",
    "says",
    "shares",
    "liability",
    "answer",
)


class Step(msgspec.Struct, frozen=True):
    """One line of a story: when it is, what is done, what comes of it."""

    number: int
    at: dt.datetime
    said: dict[str, Any]

    @property
    def who(self) -> str:
        return str(self.said.get("who", "ann"))

    @property
    def name(self) -> str:
        """What later steps call it; also the document of its receipt."""
        return str(self.said.get("as", f"step-{self.number}"))

    @property
    def document(self) -> str:
        return str(self.said.get("document", self.name))

    @property
    def happened(self) -> dt.datetime:
        """Before `at` for what arrives late."""
        return _moment(self.said["happened"], self.at) if "happened" in self.said else self.at


class Story(msgspec.Struct, frozen=True):
    """A shop and what happens in it."""

    case: int
    name: str
    program: dict[str, Any]
    steps: tuple[Step, ...]
    online: str | None
    """Why it is told over HTTP alone; none: by file as well."""
    entries: tuple[tuple[str, int, dt.datetime], ...] | None
    """All entries of ann's points in the end: kind, amount, and when it counts."""
    stores: tuple[dict[str, Any], ...]
    rates: tuple[dict[str, Any], ...]

    @property
    def money_decimals(self) -> int:
        return {"JPY": 0, "KWD": 3}.get(self.program["program"]["money"], 2)

    def scale(self, currency: str) -> int:
        return int(self.program["currencies"][currency].get("scale", 0))


def names() -> list[str]:
    """The names of all files: L01 to L84."""
    return sorted(path.stem for path in FOLDER.glob("L*.yaml"))


@functools.cache
def read(name: str) -> dict[str, Any]:
    """What a file says; nobody changes it."""
    said = _read(FOLDER / f"{name}.yaml")
    assert name == f"L{said['case']:02}", name
    return said


def told(said: dict[str, Any]) -> list[Story]:
    """The stories of a file."""
    ones = [said] if "steps" in said else said.get("stories", ())
    return [_story(said["case"], n, one) for n, one in enumerate(ones, start=1)]


def release(program: dict[str, Any]) -> str:
    """A program as the text that is published."""
    # JSON is YAML too, and keeps the order of levels.
    return json.dumps(program, default=str)


def changed(program: dict[str, Any], by: dict[str, Any]) -> dict[str, Any]:
    """A program with some definitions put in place of others; null takes one away."""
    made = deepcopy(program)
    for kind, definitions in by.items():
        if kind in {"program", "stacking"}:
            made[kind] = {**made.get(kind, {}), **definitions}
            continue
        for name, definition in definitions.items():
            if definition is None:
                made[kind].pop(name)
            else:
                made.setdefault(kind, {})[name] = definition
    return _titled(made)


def _titled(program: dict[str, Any]) -> dict[str, Any]:
    # Whatever members read needs words; in a case it is called by its name.
    for kind in (
        "currencies",
        "rules",
        "ladders",
        "challenges",
        "rewards",
        "households",
        "vouchers",
        "offers",
        "reward_types",
    ):
        for name, definition in program.get(kind, {}).items():
            definition.setdefault("title", {"en": name})
    return program


def _story(case: int, number: int, said: dict[str, Any]) -> Story:
    program = changed(_base(), said.get("program") or {})
    at = dt.datetime.combine(dt.date.fromisoformat(str(said.get("begins", "2027-03-01"))), dt.time(9))
    before = at.replace(tzinfo=ZoneInfo(program["program"]["zone"]))
    steps = []
    for place, one in enumerate(said["steps"], start=1):
        before = _moment(one["at"], before) if "at" in one else before + dt.timedelta(minutes=1)
        steps.append(Step(place, before, one))
    entries = said.get("entries")
    return Story(
        case=case,
        name=said.get("name", str(number)),
        program=program,
        steps=tuple(steps),
        online=said.get("online"),
        entries=None if entries is None else tuple((kind, n, _moment(at, before)) for kind, n, at in entries),
        stores=tuple(said.get("stores", ())),
        rates=tuple(said.get("rates", ())),
    )


@functools.cache
def _base() -> dict[str, Any]:
    return _read(FOLDER / "base.yaml")


def _moment(said: object, like: dt.datetime) -> dt.datetime:
    if isinstance(said, dt.datetime):
        found = said
    elif isinstance(said, dt.date):
        found = dt.datetime.combine(said, dt.time(12))
    else:
        found = dt.datetime.fromisoformat(str(said))
        found = found if len(str(said)) > len("2027-03-01") else found.replace(hour=12)
    # A fold or a zone may be written; else it is the wall clock of the program.
    return found if found.tzinfo else found.replace(tzinfo=like.tzinfo)


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    return found
