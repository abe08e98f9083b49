"""The page of the language for people, written from the function table: `python -m regulars.language.page`."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from regulars.kit.i18n import LANGUAGES, pick
from regulars.language import limits
from regulars.language.functions import FUNCTIONS, MACROS

INTRODUCTION = """\
# The rule language

Every condition and every formula of a program is one expression: who is in a segment, when a rule earns, how many
points, what a metric counts. The syntax is a part of CEL. This page is written from the function table
(`python -m regulars.language.page > docs/language.md`); a test fails when it is stale.

```
{samples}
```

## Values

| value | written | note |
|---|---|---|
| text | `'gold'`, `"gold"` | compared with `==` and `!=` only |
| yes/no | `true`, `false` | |
| whole number | `3` | at most {digits} digits |
| amount | `20.00` | at most {decimals} decimals; `basket.total >= 20` is right too |
| date | `date('2026-01-31')` | a day, in no zone |
| moment | `timestamp('2026-01-31T10:00:00Z')` | becomes a day or an hour in a zone |
| period | `duration('90m')`, `days(30)` | |
| list | `['gold', 'platinum']` | at most {items} values; longer ones are `lists.<name>` |
| empty | `null` | what is not known |

- `/` gives 6 decimals, rounded half away from zero; by zero it gives 0. `%` has the sign of its left side.
- A formula may give a fraction: the currency or the rule says how it is rounded.

## Operators, loosest first

`? :` · `||` · `&&` · `== != < <= > >= in` · `+ -` · `* / %` · `! -` · `.field` `['name']` call. A comment runs from
`//` to the end of its line. A choice between `?` and `:` stands in brackets.

## Empty values

| | result |
|---|---|
| `<  <=  >  >=  in` and tests of a text, with an empty value | no |
| `x == null`, `null == null` | yes when x is empty; yes |
| `x != 'gold'`, `!x`, with x empty | **yes** |
| arithmetic, a date function, with an empty value | empty |
| `x ? a : b` with x empty | b |
| a list that is absent | no elements |
| a formula that ends in empty | 0 |

## Walks over a list

{walks}

At most {walks_deep} walks inside one another, and {steps} steps one after another.

"""
TITLES = {
    "list": ("Lists", "Списки", "Liste"),
    "text": ("Texts", "Тексты", "Texte"),
    "number": ("Numbers", "Числа", "Numere"),
    "time": ("Dates and moments", "Даты и моменты", "Date și momente"),
    "other": ("Other", "Прочее", "Altele"),
}
HEADINGS = ("## Functions", "## Функции", "## Funcții")
COLUMNS = (("written", "gives", "example"), ("пишется", "даёт", "пример"), ("se scrie", "dă", "exemplu"))
ZONES = (
    "Without a zone named, `today()`, `hour()` and the like use the store's zone if there is one, else the program's.",
    "Если пояс не назван, `today()`, `hour()` и подобные берут пояс магазина, а без магазина — пояс программы.",
    "Fără un fus numit, `today()`, `hour()` ș.a. folosesc fusul magazinului, iar fără magazin pe cel al programului.",
)
SAMPLES = (
    "type == 'purchase' && basket.lines.exists(l, l.category == 'pet' && l.quantity >= 2)",
    "member.metrics.spend_30d > 200.00 && !('lapsed' in member.segments)",
    "basket.lines.filter(l, l.category == 'pet').map(l, l.amount).sum() * 2",
    "member.birth_date.daysToAnniversary() <= 7 ? 2 : 1",
)


def page() -> str:
    """The page as Markdown."""
    head = INTRODUCTION.format(
        samples="\n".join(SAMPLES), digits=limits.CONSTANT_DIGITS, decimals=limits.DECIMALS, items=limits.LIST_ITEMS,
        walks="\n".join(_walks()), walks_deep=limits.WALKS, steps=limits.CHAIN_STEPS,
    )  # fmt: skip
    return head + "\n".join(line for at in range(len(LANGUAGES)) for line in _functions(at))


def _walks() -> Iterator[str]:
    yield "| walk | gives | |"
    yield "|---|---|---|"
    for name, (example, text) in MACROS.items():
        yield f"| `{name}` | {text.en} | `{example}` |"


def _functions(at: int) -> Iterator[str]:
    yield from (HEADINGS[at], "", ZONES[at], "")
    for group, titles in TITLES.items():
        written, gives, example = COLUMNS[at]
        yield from (f"### {titles[at]}", "", f"| {written} | {gives} | {example} |", "|---|---|---|")
        for row in FUNCTIONS:
            if row.group == group:
                yield f"| `{row.usage}` | {pick(row.help, LANGUAGES[at])} | `{row.example}` |"
        yield ""


if __name__ == "__main__":
    sys.stdout.write(page())
