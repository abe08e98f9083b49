"""A page that shows a session at the till: its commands are run, its answers compared or written anew.

In such a page a block `sh` is typed, and the block `json` after it is what came back (`json short`: but for the lines of
the receipt). `NAME=value  # path of the answer`
keeps a part of the last answer for later commands.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec

_BLOCK = re.compile(r"^```([\w. ]+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_KEPT = re.compile(r"^(\w+)=(\S*) +# ([\w.]+) of the answer", re.MULTILINE)
_WIDTH = 118
_RECEIPT = ("messages", "expiring")
# What differs from run to run by its nature.
_MASKS = (
    (re.compile(r"\b([a-z]{3})_[0-9A-Z]{26}(?:\.\d+)?\b"), r"<\1>"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "<uuid>"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z"), "<moment>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d\b"), "<date>"),
    (re.compile(r"^\d{12}$"), "<card>"),
    (re.compile(r"^[\w-]{40,99}$"), "<cursor>"),
    (re.compile(r"^[\w-]{100,}$|^[\w-]{24}\.\.\.$"), "<token>"),
    (re.compile(r"\b\d{1,2} [a-zа-яă-ț]+ \d{4}\b", re.IGNORECASE), "<date>"),
    (re.compile(r"^\d+\.\d+$"), "<position>"),
    (re.compile(r"^-----BEGIN [A-Z ]+-----.*", re.DOTALL), "<key>"),
)


class Block(msgspec.Struct, frozen=True):
    """A fenced block of a page: its language, its text, and where the text stands."""

    kind: str
    text: str
    start: int
    end: int


def blocks(page: str) -> list[Block]:
    """All fenced blocks of a page."""
    return [Block(found[1], found[2], found.start(2), found.end(2)) for found in _BLOCK.finditer(page)]


class Session:
    """Somebody who types what a page says at a running server; `folder` has their files, `office` is the token of a
    manager's key."""

    def __init__(self, url: str, token: str, *, office: str = "", folder: Path | None = None) -> None:
        self._client = httpx.Client(timeout=10)
        self._kept = {"URL": url, "AUTH": f"Authorization: Bearer {token}", "JSON": "Content-Type: application/json"}
        self._kept["OFFICE"] = f"Authorization: Bearer {office}"
        self._folder = folder or Path()
        self._last: Any = None

    def close(self) -> None:
        self._client.close()

    def curl(self, command: str) -> Any:
        """What a call of curl answers."""
        for name, value in self._kept.items():
            command = command.replace(f"${name}", value)
        asked = _curl(command, self._folder)
        came = self._client.request(asked.method, asked.url, headers=asked.headers, content=asked.body)
        if asked.saves:
            (self._folder / asked.saves).write_bytes(came.content)
        self._last = came.json()
        return self._last

    def save(self, block: Block) -> None:
        """Save a program under the name that its first line gives."""
        name = block.text.partition("\n")[0].removeprefix("# ").strip()
        (self._folder / name).write_text(block.text, encoding="utf-8")

    def run(self, command: str) -> None:
        """Run a program that was saved."""
        here = command.replace("python", sys.executable, 1)
        subprocess.run(["bash", "-ec", here], cwd=self._folder, check=True)

    def keep(self, name: str, path: str) -> str:
        """Keep a part of the last answer under a name."""
        value = self._last
        try:
            for part in path.split("."):
                value = value[int(part) if part.isdigit() else part]
        except (KeyError, IndexError, TypeError) as fault:
            raise LookupError(f"{path} is not in {self._last}") from fault
        self._kept[name] = str(value)
        return str(value)


def kept(block: Block) -> list[tuple[str, str, str]]:
    """What a block keeps of the last answer: name, the value of today, and where it stands."""
    return _KEPT.findall(block.text)


def typed(page: str, session: Session) -> Iterator[tuple[Block, Any]]:
    """Each block of a page that has something of this run in it, with what it is now: an answer, or kept parts."""
    came: Any = None
    for block in blocks(page):
        if block.kind == "sh" and block.text.startswith("curl"):
            came = session.curl(block.text)
        elif block.kind == "python":
            session.save(block)
        elif block.kind == "sh" and block.text.startswith("python"):
            session.run(block.text)
        elif block.kind.startswith("json"):
            yield block, shown(came, short=block.kind == "json short")
        elif block.kind == "sh" and (kept := _KEPT.findall(block.text)):
            yield block, {name: shown(session.keep(name, path), short=False) for name, _, path in kept}


def shown(value: Any, *, short: bool) -> Any:
    """An answer as a page shows it: long tokens cut, and the receipt left out of a short one."""
    if isinstance(value, dict):
        return {name: shown(part, short=short) for name, part in value.items() if not (short and name in _RECEIPT)}
    if isinstance(value, list):
        return [shown(part, short=short) for part in value]
    if isinstance(value, str) and value.startswith("-----BEGIN"):
        return f"{value.splitlines()[0]}..."
    return f"{value[:24]}..." if isinstance(value, str) and re.fullmatch(r"[\w-]{100,}", value) else value


def masked(value: Any) -> Any:
    """A value without what differs from run to run."""
    if isinstance(value, dict):
        return {name: masked(part) for name, part in value.items()}
    if isinstance(value, list):
        return [masked(part) for part in value]
    if isinstance(value, str):
        for mask, word in _MASKS:
            value = mask.sub(word, value)
    return value


def layout(value: Any, *, indent: int = 0) -> str:
    """JSON for people: on one line where it fits."""
    short = json.dumps(value, ensure_ascii=False)
    if len(short) + indent <= _WIDTH or not isinstance(value, dict | list) or not value:
        return short
    inner, outer = " " * (indent + 2), " " * indent
    if isinstance(value, dict):
        parts = [f"{json.dumps(name)}: {layout(part, indent=indent + 2)}" for name, part in value.items()]
    else:
        parts = [layout(part, indent=indent + 2) for part in value]
    first, last = ("{", "}") if isinstance(value, dict) else ("[", "]")
    return f"{first}\n{inner}" + f",\n{inner}".join(parts) + f"\n{outer}{last}"


def rewritten(page: str, session: Session) -> str:
    """The page with the answers of this run."""
    for block, came in reversed(list(typed(page, session))):
        text = layout(came) + "\n" if block.kind != "sh" else block.text
        for name, value, _ in _KEPT.findall(text) if block.kind == "sh" else ():
            text = text.replace(f"{name}={value} ", f"{name}={came[name]} ", 1)
        page = page[: block.start] + text + page[block.end :]
    return page


class Asked(msgspec.Struct, frozen=True):
    """What a call of curl asks for, and into which file it puts the answer."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None
    saves: str


def _curl(command: str, folder: Path) -> Asked:
    words = iter(shlex.split(command.replace("\\\n", " ")))
    method, url, saves, headers, body = "", "", "", {}, None
    for word in words:
        if word == "-H":
            name, _, value = next(words).partition(":")
            headers[name.strip()] = value.strip()
        elif word in {"-d", "--data-binary"}:
            given = next(words)
            body = (folder / given[1:]).read_bytes() if given.startswith("@") else given.encode()
        elif word == "-o":
            saves = next(words)
        elif word == "-X":
            method = next(words)
        elif word.startswith("http"):
            url = word
    if body is not None and "Content-Type" not in headers:
        headers["Content-Type"] = "application/x-www-form-urlencoded"  # as curl does
    return Asked(method or ("GET" if body is None else "POST"), url, headers, body, saves)
