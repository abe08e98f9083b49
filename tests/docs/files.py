"""The files of docs/import.md: written where the shop of docs/till.md is, taken in, and what is said compared.

`python -m tests.docs.files` writes the tables of columns and what is said today into the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from regulars.activities.importing import baskets, identifiers, people, records
from regulars.activities.importing.shape import Column
from tests.docs import session as pages
from tests.docs import shop
from tests.docs.session import Block
from tests.docs.shop import Shop

PAGE = Path(__file__).resolve().parents[2] / "docs" / "import.md"
_TABLE = re.compile(r"^\| column of (\w+) \| what \|\n(?:\|.*\n)*", re.MULTILINE)

_PROGRESS = re.compile(r"^\S+: [\d,]+ .*/s\n", re.MULTILINE)
_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"


def said(page: str, at: Shop) -> Iterator[tuple[Block, str]]:
    """Each block `text` of the page with what the commands before it say."""
    settings = at.second.splitlines()[0] + "\n"
    heard = ""
    for block in pages.blocks(page):
        if "." in block.kind:
            (at.folder / block.kind.split()[1]).write_text(block.text, encoding="utf-8")
        elif block.kind == "bash":
            # Other pages publish programs of their own at the same shop.
            typed = block.text.replace("regulars import ", "regulars import --program corner ")
            heard = _PROGRESS.sub("", at.types(settings + "exec 2>&1\n" + typed).stdout).replace(_MARK, "")
        elif block.kind == "text":
            yield block, heard


def tables(page: str) -> dict[str, str]:
    """The tables of columns that stand in the page."""
    return {found[1]: found[0] for found in _TABLE.finditer(page)}


def table(kind: str) -> str:
    """The table of columns as it must be."""
    rows = [f"| `{one.name}`{' *' if one.needed else ''} | {_meaning(one)} |" for one in _columns()[kind]]
    return "\n".join([f"| column of {kind} | what |", "|---|---|", *rows]) + "\n"


def _meaning(column: Column) -> str:
    return column.meaning.replace("|", "\\|") or "a list of lines"


def _columns() -> dict[str, Sequence[Column]]:
    return {
        **records.COLUMNS,
        "members": (*identifiers.COLUMNS, *people.columns(str)),
        "activities": (
            *baskets.head_columns(str),
            *baskets.money_columns(2),
            *identifiers.COLUMNS,
            *baskets.line_columns(2),
        ),
    }


def rewritten(page: str, at: Shop) -> str:
    """The page with the columns and the words of today."""
    for block, heard in reversed(list(said(page, at))):
        page = page[: block.start] + heard + page[block.end :]
    return _TABLE.sub(lambda found: table(found[1]), page)


if __name__ == "__main__":
    with shop.opened() as (here, _):
        PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8"), here), encoding="utf-8")
