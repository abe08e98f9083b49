"""How the command line speaks: tables and progress for people, plain lines where nobody looks, JSON for programs."""

from __future__ import annotations

import locale
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import msgspec

from regulars.kit import i18n
from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Language

if TYPE_CHECKING:
    from rich.console import Console

_QUIET_S: Final = 2.0


def language() -> Language:
    """The language of the person at the terminal, by LC_ALL, LC_MESSAGES, LANG."""
    said = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "en")
    return i18n.language_of(said)


def console(*, errors: bool = False) -> Console:
    """Where people read; on a pipe it writes plain text of any width."""
    from rich.console import Console

    wide = None if sys.stdout.isatty() else 200
    return Console(stderr=errors, highlight=False, soft_wrap=True, width=wide)


def say(text: str) -> None:
    """A line for a person. On stderr, so that what a program reads stays alone on stdout."""
    print(text, file=sys.stderr, flush=True)


def counted(count: int, one: str, many: str = "") -> str:
    """`1 member`, `2 members`; `many` where an s is not enough."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def data(value: object) -> None:
    """A value for a program: one JSON document on stdout."""
    print(msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2).decode(), flush=True)


def table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], *, right: frozenset[int] = frozenset()
) -> None:
    """Rows in columns; those in `right` are numbers."""
    from rich.table import Table

    made = Table(title=title or None, title_justify="left")
    for place, column in enumerate(columns):
        made.add_column(column, justify="right" if place in right else "left")
    for row in rows:
        made.add_row(*(_cell(value) for value in row))
    console().print(made)


def failed(error: RegularsError) -> None:
    """Tell of a case that we know, and what to do next where the case does not say it."""
    if "--json" in sys.argv:
        data({"error": error.code, "text": error.text(language()), "fields": error.fields})
        return
    say(f"{error.text(language())}")
    if (hint := _HINTS.get(error.code)) is not None:
        say(hint)


def _cell(value: object) -> str:
    from rich.markup import escape

    return escape("" if value is None else f"{value:,}" if type(value) is int else str(value))


class Progress:
    """How far something is: `advance` adds to it, `note` changes what stands beside it."""

    def __init__(self) -> None:
        self._count = 0

    def advance(self, count: int = 1) -> None:
        """So many more are done."""
        self._count += count

    def reach(self, done: int, of: int | None = None) -> None:
        """So many are done in all, of so many where that is known by now."""
        self.advance(max(0, done - self._count))
        if of is not None:
            self.expect(of)

    def note(self, text: str) -> None:
        """What is going on."""

    def expect(self, total: int) -> None:
        """So many it will be, where only the work itself finds out."""


@contextmanager
def progress(title: str, total: int | None, *, unit: str = "rows") -> Iterator[Progress]:
    """A bar with count and rate in a terminal, a line every two seconds elsewhere. Without a `unit` there is nothing to
    count: it says how long it has been going on."""
    if sys.stderr.isatty():
        with _bar(title, total, unit) as bar:
            yield bar
        return
    lines = _Lines(title, total, unit)
    yield lines
    lines.finish()


@contextmanager
def _bar(title: str, total: int | None, unit: str) -> Iterator[Progress]:
    from rich import progress as rich_progress

    columns: list[Any] = [
        rich_progress.TextColumn("{task.description}"),
        rich_progress.BarColumn(),
        *([rich_progress.MofNCompleteColumn()] if unit else []),
        rich_progress.TextColumn("{task.fields[rate]}"),
        rich_progress.TimeRemainingColumn(),
        rich_progress.TextColumn("{task.fields[note]}"),
    ]
    with rich_progress.Progress(*columns, console=console(errors=True), transient=False) as bar:
        yield _Bar(bar, bar.add_task(title, total=total, rate="", note=""), unit)


class _Bar(Progress):
    def __init__(self, bar: Any, task: Any, unit: str) -> None:
        super().__init__()
        self._bar = bar
        self._task = task
        self._unit = unit
        self._began = time.monotonic()

    def advance(self, count: int = 1) -> None:
        super().advance(count)
        took_s = time.monotonic() - self._began
        rate = f"{self._count / max(took_s, 1e-6):,.0f} {self._unit}/s" if self._unit else f"for {took_s:.0f} s now"
        self._bar.update(self._task, advance=count, rate=rate)

    def note(self, text: str) -> None:
        self._bar.update(self._task, note=text)

    def expect(self, total: int) -> None:
        self._bar.update(self._task, total=total)


class _Lines(Progress):
    def __init__(self, title: str, total: int | None, unit: str) -> None:
        super().__init__()
        self._title = title
        self._total = total
        self._unit = unit
        self._note = ""
        self._began = self._said = time.monotonic()

    def advance(self, count: int = 1) -> None:
        super().advance(count)
        if time.monotonic() - self._said >= _QUIET_S:
            self._say()

    def note(self, text: str) -> None:
        self._note = text

    def expect(self, total: int) -> None:
        self._total = total

    def finish(self) -> None:
        if time.monotonic() - self._began >= _QUIET_S:
            self._say()

    def _say(self) -> None:
        self._said = time.monotonic()
        took_s = self._said - self._began
        if not (self._unit and self._count):
            say(f"{self._title}, for {took_s:.0f} s now {self._note}".rstrip())
            return
        rate = self._count / max(took_s, 1e-6)
        of = "" if self._total is None else f" of {self._total:,}"
        say(f"{self._title}: {self._count:,}{of} {self._unit}, {rate:,.0f}/s {self._note}".rstrip())


def encoding() -> str:
    """The encoding of the terminal, for `doctor`."""
    return locale.getpreferredencoding(False)


_HINTS: Final = {
    "unknown_program": "See `regulars program list`; `regulars demo` makes one to try.",
    "server_did_not_start": "See `regulars doctor`.",
    "unknown_setting": "See `regulars doctor --settings`.",
}
