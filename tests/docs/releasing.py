"""The cafe of docs/releases.md: two people, a server and a terminal; what is typed and what comes back, in turn.

`python -m tests.docs.releasing` types the page and writes the answers of today into it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.docs import session as pages
from tests.docs import shop
from tests.docs.session import Block, Session
from tests.docs.shop import Shop

PAGE = Path(__file__).resolve().parents[2] / "docs" / "releases.md"
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")
_NAMES = re.compile(r"\b(stf|key)_[0-9A-Z]{26}")


def told(page: str, at: Shop, session: Session) -> Iterator[tuple[Block, Any]]:
    """Each block `json` and `text` of the page with what came of the command before it."""
    settings = at.second.splitlines()[0] + "\n"
    came: Any = None
    terminal = [block for block in pages.blocks(page) if block.kind == "bash"][2:]
    for block in pages.blocks(page):
        if block.kind == "sh":
            came = session.curl(block.text)
        elif block in terminal:
            came = at.types(settings + "exec 2>&1\n" + block.text).stdout
        elif block.kind in {"json", "text"}:
            yield block, came


def masked(said: str) -> str:
    """What a command says, without what differs from run to run."""
    return "\n".join(line.rstrip() for line in _NAMES.sub(r"<\1>", _MOMENT.sub("<moment>", said)).splitlines())


def rewritten(page: str, at: Shop, session: Session) -> str:
    """The page with the answers of this run."""
    for block, came in reversed(list(told(page, at, session))):
        text = came if block.kind == "text" else pages.layout(came) + "\n"
        page = page[: block.start] + text + page[block.end :]
    return page


if __name__ == "__main__":
    with shop.opened(PAGE) as (here, session):
        PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8"), here, session), encoding="utf-8")
