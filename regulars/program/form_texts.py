"""The sentences of faults of form: what is no YAML, no value, no field."""

from __future__ import annotations

from typing import Final

from regulars.program.fault_rows import Row
from regulars.program.fault_rows import fault_row as _fault

FORM: Final[dict[str, Row]] = {
    "file_too_large": _fault(
        "The file has {size} bytes; at most {most} are read.",
        "Размер файла {size} байт; читается не более {most}.",
        "Fișierul are {size} octeți; se citesc cel mult {most}.",
        (
            "Move long lists and tables into CSV files beside it.",
            "Вынесите длинные списки и таблицы в CSV-файлы рядом.",
            "Mutați listele și tabelele lungi în fișiere CSV alături.",
        ),
    ),
    "not_yaml": _fault(
        "This is not YAML 1.2: {problem}.", "Это не YAML 1.2: {problem}.", "Acesta nu este YAML 1.2: {problem}."
    ),
    "not_a_program": _fault(
        "The file must be a mapping that begins with program, currencies, rules and so on.",
        "Файл должен содержать разделы program, currencies, rules и другие.",
        "Fișierul trebuie să conțină secțiunile program, currencies, rules și altele.",
    ),
    "several_documents": _fault(
        "A program is one document; a second one begins here.",
        "Программа описывается одним документом; здесь начинается второй.",
        "Un program este un singur document; aici începe al doilea.",
        ("Remove the line ---.", "Удалите строку ---.", "Ștergeți linia ---."),
    ),
    "yaml_anchor": _fault(
        "Anchors and aliases are not read ({name}).",
        "Якоря и ссылки YAML не поддерживаются ({name}).",
        "Ancorele și aliasurile YAML nu sunt acceptate ({name}).",
        ("Write the value out.", "Запишите значение полностью.", "Scrieți valoarea complet."),
    ),
    "yaml_tag": _fault(
        "Tags are not read ({tag}).",
        "Теги YAML не поддерживаются ({tag}).",
        "Etichetele YAML nu sunt acceptate ({tag}).",
        (
            "Put the text in double quotes.",
            "Возьмите текст в двойные кавычки.",
            "Puneți textul între ghilimele duble.",
        ),
    ),
    "yaml_merge": _fault(
        "Merge keys (<<) are not read.",
        "Слияние ключей (<<) не поддерживается.",
        "Îmbinarea cheilor (<<) nu este acceptată.",
        ("Write the fields out.", "Запишите поля полностью.", "Scrieți câmpurile complet."),
    ),
    "key_not_text": _fault(
        "A key must be a word, not a list or a mapping.",
        "Ключ должен быть словом, а не списком или разделом.",
        "Cheia trebuie să fie un cuvânt, nu o listă sau o secțiune.",
        (
            "An expression stands in double quotes.",
            "Выражение пишется в двойных кавычках.",
            "O expresie stă între ghilimele duble.",
        ),
    ),
    "written_twice": _fault(
        "'{name}' is written twice; first in line {first}.",
        "'{name}' указано дважды; впервые в строке {first}.",
        "'{name}' apare de două ori; prima dată în linia {first}.",
        ("Keep one of them.", "Оставьте одно из них.", "Păstrați doar unul."),
    ),
    "expected_value": _fault(
        "Expected one value here, such as: {expected}.",
        "Здесь нужно одно значение, например: {expected}.",
        "Aici se așteaptă o singură valoare, de exemplu: {expected}.",
    ),
    "empty_value": _fault(
        "There is no value here.",
        "Здесь нет значения.",
        "Aici lipsește valoarea.",
        (
            "Give a value or remove the field.",
            "Укажите значение или удалите поле.",
            "Dați o valoare sau ștergeți câmpul.",
        ),
    ),
    "quoted_value": _fault(
        '"{found}" is in quotes, so it is text; expected: {expected}.',
        '"{found}" в кавычках, то есть текст; ожидается: {expected}.',
        '"{found}" este între ghilimele, deci este text; se așteaptă: {expected}.',
        ("Take the quotes off.", "Уберите кавычки.", "Scoateți ghilimelele."),
    ),
    "expected_list": _fault(
        "Expected a list here: [a, b].", "Здесь нужен список: [a, b].", "Aici se așteaptă o listă: [a, b]."
    ),
    "empty_list": _fault("The list is empty.", "Список пуст.", "Lista este goală."),
    "expected_mapping": _fault(
        "Expected fields here: {{field: value}}.",
        "Здесь нужны поля: {{поле: значение}}.",
        "Aici se așteaptă câmpuri: {{câmp: valoare}}.",
    ),
    "missing_field": _fault(
        "{thing} needs the field '{name}'.",
        "Для {thing} нужно поле '{name}'.",
        "Pentru {thing} este necesar câmpul '{name}'.",
    ),
    "unknown_field": _fault(
        "Unknown field '{name}' in {thing}.",
        "Неизвестное поле '{name}' в {thing}.",
        "Câmp necunoscut '{name}' în {thing}.",
        ("Possible are: {known}.", "Возможны: {known}.", "Posibile sunt: {known}."),
    ),
    "unknown_field_near": _fault(
        "Unknown field '{name}' in {thing}.",
        "Неизвестное поле '{name}' в {thing}.",
        "Câmp necunoscut '{name}' în {thing}.",
        ("Did you mean '{near}'?", "Возможно, '{near}'?", "Ați vrut să scrieți '{near}'?"),
    ),
    "not_understood": _fault(
        "'{found}' is not understood; expected: {expected}.",
        "Непонятно: '{found}'; ожидается: {expected}.",
        "'{found}' nu se înțelege; se așteaptă: {expected}.",
    ),
    "unknown_name": _fault(
        "There is no {thing} '{name}'.",
        "{thing} '{name}' не существует.",
        "{thing} '{name}' nu există.",
        ("There are: {known}.", "Есть: {known}.", "Există: {known}."),
    ),
    "unknown_name_near": _fault(
        "There is no {thing} '{name}'.",
        "{thing} '{name}' не существует.",
        "{thing} '{name}' nu există.",
        ("Did you mean '{near}'?", "Возможно, '{near}'?", "Ați vrut să scrieți '{near}'?"),
    ),
    "unknown_trigger": _fault(
        "Expected one trigger: an activity type, a list of them, or exactly one of {known}.",
        "Ожидается один триггер: тип события, список типов или ровно одно из {known}.",
        "Se așteaptă un declanșator: un tip de activitate, o listă sau exact unul din {known}.",
    ),
    "several_effects": _fault(
        "One effect does one thing; here stand {names}.",
        "Одно действие делает одно; здесь указаны {names}.",
        "Un efect face un singur lucru; aici sunt {names}.",
        ("Make a list item of each.", "Запишите каждое отдельным элементом.", "Scrieți fiecare ca element separat."),
    ),
    "text_without_language": _fault(
        "A text for people names its languages.",
        "Текст для людей указывается по языкам.",
        "Un text pentru oameni se scrie pe limbi.",
        (
            "Write {{en: ..., ru: ..., ro: ...}}.",
            "Напишите {{en: ..., ru: ..., ro: ...}}.",
            "Scrieți {{en: ..., ru: ..., ro: ...}}.",
        ),
    ),
    "one_measure": _fault(
        "A metric has exactly one measure; found: {found}.",
        "У показателя ровно одна мера; найдено: {found}.",
        "Un indicator are exact o măsură; găsit: {found}.",
        ("Possible are: {known}.", "Возможны: {known}.", "Posibile sunt: {known}."),
    ),
    "bad_name": _fault(
        "'{name}' cannot be a name.",
        "'{name}' не может быть именем.",
        "'{name}' nu poate fi un nume.",
        (
            "Use small Latin letters, digits and _, beginning with a letter, at most 63.",
            "Используйте строчные латинские буквы, цифры и _, первой должна быть буква, не более 63 знаков.",
            "Folosiți litere latine mici, cifre și _, începând cu o literă, cel mult 63.",
        ),
    ),
    "name_is_key": _fault(
        "The name stands before the colon already: {name}.",
        "Имя уже указано перед двоеточием: {name}.",
        "Numele este deja înaintea celor două puncte: {name}.",
        ("Remove the field name.", "Удалите поле name.", "Ștergeți câmpul name."),
    ),
    "list_too_long": _fault(
        "{size} values; a list holds at most {most}.",
        "{size} значений; в списке может быть не более {most}.",
        "{size} valori; o listă are cel mult {most}.",
    ),
    "row_length": _fault(
        "A row of this table has {expected} values: its keys, then its columns.",
        "В строке этой таблицы {expected} значений: сначала ключи, затем столбцы.",
        "Un rând al acestui tabel are {expected} valori: cheile, apoi coloanele.",
    ),
    "wrong_header": _fault(
        "{file} must begin with the line {expected}.",
        "{file} должен начинаться со строки {expected}.",
        "{file} trebuie să înceapă cu linia {expected}.",
    ),
    "file_not_beside": _fault(
        "{file} cannot be read: only files beside the program are.",
        "{file} прочитать нельзя: читаются только файлы рядом с программой.",
        "{file} nu poate fi citit: se citesc doar fișierele de lângă program.",
    ),
    "file_unreadable": _fault(
        "{file} cannot be read: {problem}.",
        "Не удалось прочитать {file}: {problem}.",
        "{file} nu se poate citi: {problem}.",
    ),
    "bad_row": _fault(
        "{file}, row {row}: '{found}' is not {expected}.",
        "{file}, строка {row}: '{found}' не соответствует {expected}.",
        "{file}, rândul {row}: '{found}' nu corespunde cu {expected}.",
    ),
}
