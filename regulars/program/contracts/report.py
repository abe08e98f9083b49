"""What a check of a program answers: faults and warnings, each with its place and its sentences in three languages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum

import msgspec

from regulars.kit import i18n
from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text
from regulars.program.contracts.definitions import Program


class Severity(StrEnum):
    """A fault stops a release; a warning does not."""

    FAULT = "fault"
    WARNING = "warning"


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One thing wrong with a program. `line` and `column` count from 1 and are 0 where the program came without a file.

    `path` names the definition and field, `rules.cup.effects[0].amount`. `offset` is the place inside an expression.
    """

    code: str
    severity: Severity = Severity.FAULT
    path: str
    line: int = 0
    column: int = 0
    offset: int = 0
    texts: Text
    mends: Text

    def message(self, language: str) -> str:
        """What is wrong, in en, ru or ro."""
        return i18n.pick(self.texts, language)

    def mend(self, language: str) -> str:
        """What to do about it."""
        return i18n.pick(self.mends, language)


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All that a check found, in the order of the file.

    The costs are those of all its expressions together, each once, in units of 10 to 15 ns: over typical baskets, and
    over the largest that are let in.
    """

    faults: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()
    cost_typical: int = 0
    cost_worst: int = 0

    @property
    def ok(self) -> bool:
        """Whether a release may be made of it."""
        return not self.faults


def worded(code: str, path: str, texts: Text, mends: Text, *, offset: int = 0) -> Fault:
    """A fault whose sentences come from elsewhere: from the rule language, or from another room's check."""
    return Fault(code=code, path=path, offset=offset, texts=texts, mends=mends)


Check = Callable[[Program], Iterable[Fault]]
"""A check of another room: pure, over a whole program."""


class ProgramNotAccepted(RegularsError):
    """The program has faults; nothing was released. `report` has them all, each with its place and its mend."""

    status = 422
    texts = Text(
        en="The program has {count} {count:fault|faults}. The first: {first}",
        ru="В программе {count} {count:ошибка|ошибки|ошибок}. Первая: {first}",
        ro="Programul are {count} {count:greșeală|greșeli|de greșeli}. Prima: {first}",
    )
    report: Report
    count: int
    first: str

    def text(self, language: str) -> str:
        """How many faults there are, and the first of them."""
        first = self.report.faults[0]
        place = f"{first.line}:{first.column} " if first.line else ""
        said = f"{place}{first.path}: {first.message(language)} {first.mend(language)}".strip()
        return i18n.fill(self.texts, language, {"count": self.count, "first": said})


class NothingReleased(RegularsError):
    """The program exists, but no release of it was ever published."""

    status = 409
    texts = Text(
        en="Program {program_id} has no release yet. Publish one first.",
        ru="У программы {program_id} ещё нет релиза. Сначала опубликуйте его.",
        ro="Programul {program_id} nu are încă nicio versiune publicată. Publicați una mai întâi.",
    )
    program_id: int


class ReleaseOvertaken(RegularsError):
    """Somebody else published at the same moment; look at what is in force now, then publish again."""

    status = 409
    texts = Text(
        en="Somebody else has just published release {number}. Look at it, then publish again.",
        ru="Только что кто-то другой опубликовал релиз {number}. Посмотрите его и опубликуйте снова.",
        ro="Altcineva tocmai a publicat versiunea {number}. Consultați-o, apoi publicați din nou.",
    )
    number: int


class DraftConflict(RegularsError):
    """A release since the draft began changed the same definitions; `paths` names them, to be shown side by side."""

    status = 409
    texts = Text(
        en="Draft {draft} and a release after {base} both change: {paths}. Look at both and decide.",
        ru="Черновик {draft} и релиз после {base} меняют одно и то же: {paths}. Сравните и выберите.",
        ro="Ciorna {draft} și o versiune de după {base} schimbă același lucru: {paths}. Comparați și alegeți.",
    )
    draft: str
    base: int
    paths: tuple[str, ...]

    def text(self, language: str) -> str:
        """Which definitions both change."""
        fields = {"draft": self.draft, "base": self.base, "paths": ", ".join(self.paths)}
        return i18n.fill(self.texts, language, fields)
