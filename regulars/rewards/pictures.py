"""What is shown of rewards today: pictures and long texts of the directory, beside what the program says of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from regulars.directory import service as directory
from regulars.directory.contracts import Picture
from regulars.kit.database import Transaction

Pictures = dict[str, tuple[Picture, ...]]


async def of(runtime: Any, tx: Transaction, *, program_id: int, rewards: Sequence[str], now: dt.datetime) -> Pictures:
    """What is shown of each of these rewards on the program's day, the first first. Raises NothingPublished."""
    await runtime.programs.ready(program_id)
    day = now.astimezone(runtime.programs.at(program_id, now).zone).date()
    return await directory.shown_of(tx, program_id=program_id, rewards=rewards, day=day)
