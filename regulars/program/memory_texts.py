"""The sentences about what a member has to remember under a program."""

from __future__ import annotations

from typing import Final

from regulars.program.fault_rows import Row
from regulars.program.fault_rows import fault_row as _fault
from regulars.program.fault_rows import warning_row as _warning

_MEND: Final = (
    "Define fewer at a time, or with fewer steps: every activity reads and writes all of it.",
    "Задайте меньше одновременно или с меньшим числом шагов: каждое действие читает и пишет всё это.",
    "Definiți mai puține deodată sau cu mai puțini pași: fiecare activitate citește și scrie totul.",
)

MEMORY: Final[dict[str, Row]] = {
    "remembers_too_much": _fault(
        "A member in everything would have about {bytes} bytes to remember; {most} is the most. Heaviest: {heaviest}.",
        "Об участнике всего сразу пришлось бы помнить около {bytes} байт; предел {most}. Больше всего: {heaviest}.",
        "Despre un membru aflat în toate s-ar ține minte circa {bytes} octeți; cel mult {most}. Mai ales: {heaviest}.",
        _MEND,
    ),
    "remembers_much": _warning(
        "A member in everything would have about {bytes} of {most} bytes to remember, and a household more."
        " Heaviest: {heaviest}.",
        "Об участнике всего сразу пришлось бы помнить около {bytes} из {most} байт, о семье больше."
        " Больше всего: {heaviest}.",
        "Despre un membru aflat în toate s-ar ține minte circa {bytes} din {most} octeți, despre o familie mai mult."
        " Mai ales: {heaviest}.",
        _MEND,
    ),
}
