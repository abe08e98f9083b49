"""A note in the home of who serves there, so that `regulars reload` finds them and hears how it went."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from regulars.kit.settings import Settings


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A supervisor. `reloads` counts how often its processes were to be replaced; `failed`: the last time in vain."""

    pid: int
    reloads: int = 0
    failed: bool = False


def read(settings: Settings) -> Standing | None:
    """Who serves this home at this port; None where nobody does, or did not end in order."""
    try:
        found = msgspec.json.decode(_path(settings).read_bytes(), type=Standing)
        os.kill(found.pid, 0)
    except (OSError, msgspec.DecodeError):
        return None
    return found


def write(settings: Settings, standing: Standing) -> None:
    """Stand there, or say how a reload went."""
    draft = _path(settings).with_suffix(".new")
    draft.write_bytes(msgspec.json.encode(standing))
    draft.rename(_path(settings))


def remove(settings: Settings) -> None:
    """Stand there no more."""
    _path(settings).unlink(missing_ok=True)


def _path(settings: Settings) -> Path:
    # Several may serve one home, each at a port of its own.
    return settings.home / f"serving-{settings.port}.json"
