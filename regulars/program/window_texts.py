"""The sentences of faults about dates, days and hours that never meet."""

from __future__ import annotations

from typing import Final

from regulars.program.fault_rows import Row
from regulars.program.fault_rows import fault_row as _fault

WINDOWS: Final[dict[str, Row]] = {
    "schedule_apart": _fault(
        "The dates of the rule and those of its schedule never meet.",
        "Даты правила и даты его расписания не пересекаются.",
        "Datele regulii și cele ale programului ei nu se întâlnesc.",
        (
            "Make the dates overlap, or keep one pair of them.",
            "Сделайте даты пересекающимися или оставьте одну пару.",
            "Faceți datele să se suprapună sau păstrați o pereche.",
        ),
    ),
    "days_outside": _fault(
        "None of its days lies between {from_} and {until}.",
        "Ни один из его дней не попадает между {from_} и {until}.",
        "Niciuna din zilele ei nu este între {from_} și {until}.",
        (
            "Name other days, or longer dates.",
            "Укажите другие дни или даты подольше.",
            "Numiți alte zile sau date mai lungi.",
        ),
    ),
    "never_awake": _fault(
        "It is woken at {when}, and then it is never awake.",
        "Оно запускается в {when}, а в это время никогда не действует.",
        "Este pornită la {when}, iar atunci nu este niciodată trează.",
        (
            "Move the moment, the dates or the hours so that they meet; hours may go over midnight.",
            "Сдвиньте момент, даты или часы, чтобы они совпали; часы могут идти через полночь.",
            "Mutați momentul, datele sau orele ca să se întâlnească; orele pot trece de miezul nopții.",
        ),
    ),
}
