"""How far a file was taken in, so that an interrupted import goes on from there."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Final

import msgspec

_PIECE_BYTES: Final = 1 << 20


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """By part: the last row whose chunk was acknowledged. `counts` are the outcomes so far."""

    done: tuple[int, ...]
    counts: dict[str, int] = {}
    finished: bool = False

    def start(self, part: int, parts: int) -> int:
        """The row after which a part goes on; with another number of parts, the row that all have passed."""
        return self.done[part] if parts == len(self.done) else min(self.done)


def digest(path: Path, *scope: str) -> str:
    """A name for this content in this scope (program, kind): the same file again has the same name."""
    total = hashlib.sha256("\0".join(scope).encode())
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            total.update(piece)
    return total.hexdigest()


def load(home: Path, name: str) -> Mark | None:
    """The mark of a file; None where it was never begun, or where the mark cannot be read."""
    try:
        return msgspec.json.decode(_place(home, name).read_bytes(), type=Mark)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None


def save(home: Path, name: str, mark: Mark) -> None:
    """Keep a mark. Written whole or not at all; what is lost is done again, and counted as seen before."""
    place = _place(home, name)
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_suffix(f".{os.getpid()}")
    draft.write_bytes(msgspec.json.encode(mark))
    draft.replace(place)


def _place(home: Path, name: str) -> Path:
    return home / "imports" / f"{name}.json"
