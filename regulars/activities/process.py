"""What the steps of a batch need of the process that they run in: the database, compiled programs, goods, secrets."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from regulars.activities.guessing import Guesses
from regulars.activities.lately import Remembered
from regulars.activities.programs import Programs
from regulars.codes import service as codes
from regulars.directory import service as directory
from regulars.kit import edge, keyring
from regulars.members import service as members

if TYPE_CHECKING:
    import datetime as dt
    from uuid import UUID

    from regulars.kit.database import Database
    from regulars.kit.settings import Settings


MOVES: Final = 2
"""How many moves between accounts a process finishes at a time."""


class Process:
    """One a process; it holds what is kept between batches. What runs by itself is in `Runtime`."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.settings = settings
        self.database = database
        self.programs = Programs(database)
        self.directory = directory.Directory()
        self.member_keys = members.keys(settings.home)
        self.ledger_key = keyring.key(settings.home, "ledger")
        self.moves = asyncio.Semaphore(MOVES)
        """Turns to finish a move: it holds a connection while it asks for others."""
        self.quotas = Remembered()
        """Budgets, stock and uses of codes that were asked for lately."""
        self.guesses = Guesses()
        """Codes shown that nobody made."""
        self.code_keys = codes.keys(settings.home)
        self.draw_key = keyring.key(settings.home, "draws")

    def new_id(self, now: dt.datetime) -> UUID:
        """A fresh id of this moment."""
        return edge.new_id(now)
