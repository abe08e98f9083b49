"""What can be wrong with a question about many members, and with a run for them."""

from __future__ import annotations

from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text


class StillPreparing(RegularsError):
    """The condition reads a metric that the filler has not counted for everybody yet."""

    status = 409
    texts = Text(
        en="Release {release} is still preparing: {percent} % of the members are done. Ask again when it is ready.",
        ru="Релиз {release} ещё готовится: обработано {percent} % участников. Спросите снова, когда он будет готов.",
        ro="Versiunea {release} se pregătește încă: {percent} % din membri sunt gata. Întrebați din nou când e gata.",
    )
    release: int
    percent: int


class NoSuchRun(RegularsError):
    """No rule of the program in force is triggered by a run of this name."""

    status = 404
    texts = Text(
        en="No rule '{rule}' of this program is triggered by a run.",
        ru="В этой программе нет правила «{rule}» с запуском.",
        ro="În acest program nu există regula „{rule}” declanșată de o rulare.",
    )
    rule: str


class RunNotUnderWay(RegularsError):
    """Only a run that has begun and not ended can be paused, continued or cancelled."""

    status = 409
    texts = Text(
        en="The run of '{rule}' is not under way: it is {state}.",
        ru="Запуск «{rule}» сейчас не выполняется: его состояние {state}.",
        ro="Rularea „{rule}” nu este în curs: starea ei este {state}.",
    )
    rule: str
    state: str


class NoSuchSegment(RegularsError):
    """The program in force has no segment of this name."""

    status = 404
    texts = Text(
        en="There is no segment '{segment}' in this program. There are: {known}.",
        ru="В программе нет сегмента «{segment}». Есть: {known}.",
        ro="Programul nu are segmentul „{segment}”. Există: {known}.",
    )
    segment: str
    known: str


class SegmentNotStatic(RegularsError):
    """A segment with a condition is nobody's to fill by hand."""

    status = 409
    texts = Text(
        en="The segment '{segment}' has a condition: nobody can be put into it by hand.",
        ru="У сегмента «{segment}» есть условие: добавить в него вручную нельзя.",
        ro="Segmentul „{segment}” are o condiție: nimeni nu poate fi adăugat manual.",
    )
    segment: str


class TooManyToAsk(RegularsError):
    """The condition has no SQL, and asking so many members one by one would keep tills waiting."""

    status = 422
    texts = Text(
        en="No SQL says this, and there are more than {most} members to ask one by one. Use regulars segment count.",
        ru="Это нельзя выразить в SQL, а участников больше {most}. Используйте regulars segment count.",
        ro="Condiția nu se poate scrie în SQL, iar membrii sunt peste {most}. Folosiți regulars segment count.",
    )
    most: int
