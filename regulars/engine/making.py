"""What the plans of a release are made from."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from regulars.engine.expressions import Expressions
from regulars.program.contracts.definitions import Program
from regulars.program.contracts.places import Places


class Making:
    """A program, the places of its expressions, and the expressions checked so far."""

    __slots__ = ("expressions", "places", "program", "zone")

    def __init__(self, program: Program) -> None:
        self.program = program
        self.places = Places(program)
        self.expressions = Expressions()
        self.zone = ZoneInfo(program.program.zone)
