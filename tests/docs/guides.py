"""The guides of presets: what they type is typed at a real server, and what they say of an answer is held against it.

A block `sh` is typed; the block `json` after it says what of the answer matters, and everything that it says must be there.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from tests.docs import session as pages
from tests.docs.session import Session

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "presets"
_KEY = re.compile(r"^(\w+)=\$\(.*?key create (.*)\)$", re.MULTILINE)
_SCOPE = re.compile(r"--scope (\S+)")
_FED = ("/v1/stores", "/v1/goods")


def keys(preset: str) -> dict[str, list[str]]:
    """The keys that a guide has made, by the name that it gives to their tokens, with their scopes."""
    page = (FOLDER / f"{preset}.md").read_text(encoding="utf-8")
    return {name: _SCOPE.findall(made) for name, made in _KEY.findall(page)}


def said(preset: str, session: Session) -> Iterator[tuple[str, Any, Any]]:
    """(the command, what the guide says of its answer, the answer), in the order of the guide."""
    page = (FOLDER / f"{preset}.md").read_text(encoding="utf-8")
    command, came = "", None
    for block in pages.blocks(page):
        if block.kind == "sh" and block.text.startswith("curl"):
            command, came = block.text, session.curl(block.text)
            if "-X PUT" in command and any(path in command for path in _FED):
                # What is fed takes effect at the tills within two seconds.
                time.sleep(2.2)
        elif block.kind == "sh":
            for name, _, path in pages.kept(block):
                session.keep(name, path)
        elif block.kind == "json":
            yield command, msgspec.json.decode(block.text), came


def holds(said: Any, came: Any) -> bool:
    """Whether everything that is said is there: of objects the named fields, of lists each element in its place."""
    if isinstance(said, dict):
        return isinstance(came, dict) and all(name in came and holds(part, came[name]) for name, part in said.items())
    if isinstance(said, list):
        alike = isinstance(came, list) and len(said) == len(came)
        return alike and all(holds(one, other) for one, other in zip(said, came, strict=True))
    return bool(said == came)
