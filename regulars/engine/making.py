"""What the plans of a release are made from."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from regulars.engine.expressions import Expressions
from regulars.program.contracts.definitions import Program
from regulars.program.contracts.places import Places
from regulars.program.contracts.values import Schedule


class Making:
    """A program, the places of its expressions, and the expressions checked so far."""

    __slots__ = ("expressions", "places", "program", "schedules", "zone")

    def __init__(self, program: Program) -> None:
        self.program = program
        self.places = Places(program)
        self.expressions = Expressions()
        self.zone = ZoneInfo(program.program.zone)
        self.schedules: dict[Schedule, Schedule] = {}

    def schedule(self, wanted: Schedule) -> Schedule:
        """The same object for equal schedules: thousands of rules share a few, and a decision asks each once."""
        return self.schedules.setdefault(wanted, wanted)
