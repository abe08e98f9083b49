"""Makes faults from the table of texts, and finds the name that a person meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

import msgspec

from regulars.kit.i18n import Text
from regulars.program import fault_texts
from regulars.program.contracts.report import Fault, Severity


def fault(code: str, path: str, *, line: int = 0, column: int = 0, offset: int = 0, **params: Any) -> Fault:
    """A fault worded from the table of texts; `params` fill the places of its sentences. Raises KeyError."""
    severity, texts, mends = fault_texts.TABLE[code]
    shown = {name: _shown(value) for name, value in params.items()}
    return Fault(
        code=code,
        severity=Severity(severity),
        path=path,
        line=line,
        column=column,
        offset=offset,
        texts=_filled(texts, shown),
        mends=_filled(mends, shown),
    )


def unknown(what: str, path: str, *, name: str, known: Iterable[str], **place: int) -> Fault:
    """A name that does not exist, with the nearest that does. `what` is a key of `fault_texts.THINGS`."""
    near = nearest(name, known)
    thing = fault_texts.THINGS[what]
    if near is None:
        names = ", ".join(sorted(known)[:12])
        made = fault("unknown_name", path, name=name, known=names or "-", **place)
    else:
        made = fault("unknown_name_near", path, name=name, near=near, **place)
    texts = Text(
        en=made.texts.en.replace("{thing}", thing.en),
        ru=made.texts.ru.replace("{thing}", thing.ru),
        ro=made.texts.ro.replace("{thing}", thing.ro),
    )
    return msgspec.structs.replace(made, code=f"unknown_{what}", texts=texts)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that a person most likely meant."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return near[0] if near else None


def _filled(text: Text, params: dict[str, str]) -> Text:
    class Places(dict[str, str]):
        def __missing__(self, key: str) -> str:
            return "{" + key + "}"

    places = Places(params)
    return Text(en=text.en.format_map(places), ru=text.ru.format_map(places), ro=text.ro.format_map(places))


def _shown(value: object) -> str:
    shown = str(value)
    # A place in a sentence must stay a place: braces of a marketer's text are not ours to fill.
    return shown if len(shown) <= 120 else shown[:117] + "..."
