"""What the demo remembers between runs, in `$REGULARS_HOME/demo`."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import msgspec

from regulars.kit.settings import Settings


class State(msgspec.Struct, frozen=True, kw_only=True):
    """`weeks` is by how much the year was moved when it was first loaded: a later run must load the same days."""

    program_id: int
    weeks: int = 0
    token: str
    preset: str
    through: dt.date | None = None
    """The last day of a history that was made: a later run must make the same."""
    goods: bool = False
    members: int | None = None
    done: tuple[int, ...] = ()
    finished: bool = False


def load(settings: Settings) -> State | None:
    """What an earlier run left; None at first, or where it cannot be read."""
    try:
        return msgspec.json.decode(_path(settings).read_bytes(), type=State)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None


def save(settings: Settings, state: State) -> None:
    """Keep it, readable by its owner only, since it holds the demo's key."""
    path = _path(settings)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(msgspec.json.encode(state))
    draft.replace(path)


def _path(settings: Settings) -> Path:
    return settings.home / "demo" / "state.json"
