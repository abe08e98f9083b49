"""The sentences of faults about households."""

from __future__ import annotations

from typing import Final

from regulars.program.fault_rows import Row
from regulars.program.fault_rows import fault_row as _fault

HOUSEHOLDS: Final[dict[str, Row]] = {
    "household_size": _fault(
        "A household has 2 to {most} members, not {size}.",
        "В семье от 2 до {most} участников, а не {size}.",
        "O familie are între 2 și {most} membri, nu {size}.",
    ),
    "household_without_roles": _fault(
        "Nobody could be in this household: it has no roles.",
        "В этой семье никого не может быть: нет ролей.",
        "În această familie nu ar putea fi nimeni: nu are roluri.",
        (
            "Leave roles out for owner, adult and child, or define at least one.",
            "Не указывайте roles (тогда owner, adult и child) или задайте хотя бы одну.",
            "Nu indicați roles (atunci owner, adult și child) sau definiți cel puțin unul.",
        ),
    ),
    "nobody_may_invite": _fault(
        "Whoever founds this household may not invite, so nobody ever joins.",
        "Основатель этой семьи не может приглашать, и никто не вступит.",
        "Cel care întemeiază familia nu poate invita, deci nimeni nu intră.",
        (
            "Give the first role may_invite: true, or let members join with a code.",
            "Задайте первой роли may_invite: true или разрешите вступать по коду.",
            "Dați primului rol may_invite: true sau permiteți intrarea cu un cod.",
        ),
    ),
    "pooled_twice": _fault(
        "{name} is named twice.",
        "{name} указано дважды.",
        "{name} apare de două ori.",
    ),
}
