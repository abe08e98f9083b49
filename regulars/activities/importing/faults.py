"""What can be wrong with a file, and with one row of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from regulars.kit import i18n
from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text

FOUND_MAX: Final = 80

TEXTS: Final[Mapping[str, Text]] = {
    "broken_text": Text(
        en="the bytes are no {encoding}; save the file as UTF-8 or name its encoding",
        ru="байты не соответствуют {encoding}; сохраните файл в UTF-8 или укажите кодировку",
        ro="octeții nu sunt {encoding}; salvați fișierul în UTF-8 sau numiți codarea",
    ),
    "control_character": Text(
        en="a control character; only printable text is taken",
        ru="управляющий символ; принимается только печатный текст",
        ro="un caracter de control; se acceptă doar text tipăribil",
    ),
    "cell_too_long": Text(
        en="at most {most} characters are taken",
        ru="допускается не более {most} символов",
        ro="se acceptă cel mult {most} caractere",
    ),
    "row_too_long": Text(
        en="a row may have at most {most} characters; look for a quote that is never closed",
        ru="строка может содержать не более {most} символов; проверьте незакрытую кавычку",
        ro="un rând poate avea cel mult {most} caractere; căutați ghilimele neînchise",
    ),
    "wrong_cell_count": Text(
        en="{given} cells, but the header has {expected}",
        ru="ячеек: {given}, а в заголовке: {expected}",
        ro="{given} celule, dar antetul are {expected}",
    ),
    "broken_csv": Text(
        en="cannot be read as CSV: {reason}",
        ru="не читается как CSV: {reason}",
        ro="nu poate fi citit ca CSV: {reason}",
    ),
    "not_json": Text(
        en="each line must be one JSON object: {reason}",
        ru="каждая строка должна быть одним объектом JSON: {reason}",
        ro="fiecare linie trebuie să fie un obiect JSON: {reason}",
    ),
    "unknown_field": Text(
        en="there is no such field; known are: {known}",
        ru="такого поля нет; известны: {known}",
        ro="nu există acest câmp; sunt cunoscute: {known}",
    ),
    "missing": Text(en="must be given", ru="обязательное поле", ro="trebuie completat"),
    "missing_one_of": Text(
        en="one of {fields} must be given",
        ru="нужно указать одно из полей: {fields}",
        ro="trebuie completat unul dintre: {fields}",
    ),
    "not_text": Text(en="must be text", ru="должен быть текст", ro="trebuie să fie text"),
    "not_whole": Text(
        en="must be a whole number, such as 1250",
        ru="должно быть целое число, например 1250",
        ro="trebuie să fie un număr întreg, de exemplu 1250",
    ),
    "not_decimal": Text(
        en="must be a number with a point, such as 12.50, without spaces or signs of currency",
        ru="должно быть число с точкой, например 12.50, без пробелов и знаков валюты",
        ro="trebuie să fie un număr cu punct, de exemplu 12.50, fără spații sau simbol de monedă",
    ),
    "too_many_decimals": Text(
        en="at most {most} decimals are taken",
        ru="допускается знаков после точки: не более {most}",
        ro="se acceptă cel mult {most} zecimale",
    ),
    "out_of_range": Text(
        en="must lie between {least} and {most}",
        ru="должно быть от {least} до {most}",
        ro="trebuie să fie între {least} și {most}",
    ),
    "not_a_moment": Text(
        en="must be a date and time of ISO 8601, such as 2026-03-05T17:30:00+02:00",
        ru="нужны дата и время по ISO 8601, например 2026-03-05T17:30:00+02:00",
        ro="trebuie să fie dată și oră ISO 8601, de exemplu 2026-03-05T17:30:00+02:00",
    ),
    "no_zone": Text(
        en="says no time zone; write +02:00 or Z behind it, or name the zone of the file",
        ru="нет часового пояса; допишите +02:00 или Z либо укажите пояс файла",
        ro="nu are fus orar; scrieți +02:00 sau Z după el ori numiți fusul fișierului",
    ),
    "not_a_date": Text(
        en="must be a date, such as 2026-03-05",
        ru="должна быть дата, например 2026-03-05",
        ro="trebuie să fie o dată, de exemplu 2026-03-05",
    ),
    "not_yes_no": Text(en="must be true or false", ru="должно быть true или false", ro="trebuie să fie true sau false"),
    "not_one_of": Text(en="must be one of {known}", ru="одно из: {known}", ro="unul dintre: {known}"),
    "not_a_list": Text(
        en="must be texts with | between them",
        ru="тексты, разделённые знаком |",
        ro="texte despărțite prin |",
    ),
    "too_many": Text(en="at most {most} are taken", ru="допускается не более {most}", ro="se acceptă cel mult {most}"),
    "both_given": Text(
        en="give {one} or {other}, not both",
        ru="укажите {one} или {other}, но не оба",
        ro="dați {one} sau {other}, nu ambele",
    ),
    "document_disagrees": Text(
        en="differs from row {first}, the first of this document",
        ru="отличается от строки {first}, первой строки этого документа",
        ro="diferă de rândul {first}, primul al acestui document",
    ),
    "document_broken": Text(
        en="not taken in, since row {broken} of the same document is broken",
        ru="не загружено: в строке {broken} того же документа ошибка",
        ro="nu a fost preluat: rândul {broken} al aceluiași document este greșit",
    ),
    "twice_in_file": Text(
        en="came already in row {first} of this file",
        ru="уже есть в строке {first} этого файла",
        ro="a apărut deja în rândul {first} al acestui fișier",
    ),
}


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong in one row: `code` names a text of `TEXTS`, or an error of the engine, worded then by `say`."""

    row: int
    field: str
    found: str
    code: str
    data: dict[str, object] = {}
    say: Text | None = None

    def text(self, language: str) -> str:
        """What is right, in `language`."""
        # What the engine says is worded already: a bracket in it is a bracket.
        return i18n.fill(TEXTS[self.code], language, self.data) if self.say is None else i18n.pick(self.say, language)


class BadCell(Exception):
    """Thrown by the readers of cells; the row and field are known to whoever calls them."""

    def __init__(self, code: str, **data: object) -> None:
        super().__init__(code)
        self.code = code
        self.data = data


def fault(row: int, field: str, found: object, code: str, **data: object) -> Fault:
    """A fault with what was found cut to a length that a person reads."""
    if found is None:
        return Fault(row=row, field=field, found="", code=code, data=data)
    # Broken bytes and controls would break the page that they are shown on.
    text = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in str(found)[:FOUND_MAX])
    return Fault(row=row, field=field, found=text, code=code, data=data)


def refused(row: int, error: RegularsError, *, found: str = "") -> Fault:
    """A fault for a row that the engine refused."""
    say = Text(en=error.text("en"), ru=error.text("ru"), ro=error.text("ro"))
    field = str(error.fields.get("field", ""))
    return Fault(row=row, field=field, found=found[:FOUND_MAX], code=error.code, say=say)


class UnreadableFile(RegularsError):
    """The file cannot be opened or is not what its name says."""

    status = 422
    texts = Text(
        en="{file} cannot be read: {reason}",
        ru="Не удаётся прочитать {file}: {reason}",
        ro="{file} nu poate fi citit: {reason}",
    )
    file: str
    reason: str


class UnknownColumn(RegularsError):
    """The header names a column that this kind of file does not have."""

    status = 422
    texts = Text(
        en="Column '{column}' means nothing here. Known are: {known}.",
        ru="Неизвестный столбец «{column}». Известны: {known}.",
        ro="Coloana „{column}” nu este cunoscută. Sunt cunoscute: {known}.",
    )
    column: str
    known: str


class MissingColumn(RegularsError):
    """The header lacks a column that each row needs."""

    status = 422
    texts = Text(
        en="The header lacks '{column}'. It has: {given}.",
        ru="В заголовке нет столбца «{column}». Есть: {given}.",
        ro="Antetul nu are coloana „{column}”. Are: {given}.",
    )
    column: str
    given: str


class ColumnTwice(RegularsError):
    """The header names a column twice."""

    status = 422
    texts = Text(
        en="Column '{column}' stands twice in the header.",
        ru="Столбец «{column}» указан в заголовке дважды.",
        ro="Coloana „{column}” apare de două ori în antet.",
    )
    column: str
