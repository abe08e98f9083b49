"""The sentences of warnings about names that people would read as they stand in the program."""

from __future__ import annotations

from typing import Final

from regulars.program.fault_rows import Row
from regulars.program.fault_rows import warning_row as _warning

_TITLE: Final = (
    "Add title: {{en: ..., ru: ..., ro: ...}}.",
    "Добавьте title: {{en: ..., ru: ..., ro: ...}}.",
    "Adăugați title: {{en: ..., ru: ..., ro: ...}}.",
)

TITLES: Final[dict[str, Row]] = {
    "missing_title": _warning(
        "People will see the bare name.", "Люди увидят техническое имя.", "Oamenii vor vedea numele tehnic.", _TITLE
    ),
    "badge_without_title": _warning(
        "People will see the bare name of the badge: it has the title of the rule that gives it.",
        "Люди увидят техническое имя значка: его название берётся у правила, которое его даёт.",
        "Oamenii vor vedea numele tehnic al insignei: titlul ei este al regulii care o dă.",
        _TITLE,
    ),
    "level_without_title": _warning(
        "People will see the bare name of the level.",
        "Люди увидят техническое имя уровня.",
        "Oamenii vor vedea numele tehnic al nivelului.",
        (
            "Write {{from: 100, title: {{en: ..., ru: ..., ro: ...}}}}.",
            "Укажите {{from: 100, title: {{en: ..., ru: ..., ro: ...}}}}.",
            "Scrieți {{from: 100, title: {{en: ..., ru: ..., ro: ...}}}}.",
        ),
    ),
    "option_without_name": _warning(
        "People will see the bare names of options: {names}.",
        "Люди увидят технические имена вариантов: {names}.",
        "Oamenii vor vedea numele tehnice ale opțiunilor: {names}.",
        ("Add each to names.", "Добавьте каждое в names.", "Adăugați fiecare la names."),
    ),
    "refusal_without_text": _warning(
        "Whoever is refused is not told why.",
        "Кому отказано, тот не узнает почему.",
        "Celui refuzat nu i se spune de ce.",
        (
            "Add text: {{en: ..., ru: ..., ro: ...}}.",
            "Добавьте text: {{en: ..., ru: ..., ro: ...}}.",
            "Adăugați text: {{en: ..., ru: ..., ro: ...}}.",
        ),
    ),
}
