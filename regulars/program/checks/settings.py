"""The settings of the program, and the fields that every definition has."""

from __future__ import annotations

import re
import string
import zoneinfo
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from regulars.kit import i18n, money
from regulars.program.checks.context import Context
from regulars.program.contracts.base import Definition
from regulars.program.contracts.boards import Board, Draw
from regulars.program.contracts.challenges import Challenge
from regulars.program.contracts.choices import Choice
from regulars.program.contracts.definitions import KINDS, Currency, Purpose, Rule
from regulars.program.contracts.effects import AnyEffect, Badge, Cashier, HoldForReview, Receipt, Refuse
from regulars.program.contracts.households import Household
from regulars.program.contracts.ladders import Ladder
from regulars.program.contracts.plans import Plan
from regulars.program.contracts.report import Fault
from regulars.program.contracts.values import Text
from regulars.program.contracts.workflow import APPROVALS_MAX
from regulars.program.faults import fault, unknown

_SHOWN: Final = (Currency, Purpose, Challenge, Ladder, Choice, Board, Draw, Household, Plan)
"""What people meet by its title; a metric, a segment or a limit they do not."""


def check(context: Context) -> Iterator[Fault]:
    """Money, zone, languages, region; dates and texts of every definition."""
    settings = context.program.program
    if not money.is_currency(settings.money):
        yield fault("unknown_money", "program.money", found=settings.money)
    yield from zone(settings.zone, "program.zone")
    for place, language in enumerate(settings.languages):
        if language not in i18n.LANGUAGES:
            yield unknown("language", f"program.languages[{place}]", name=language, known=i18n.LANGUAGES)
    if not settings.languages:
        yield fault("empty_list", "program.languages")
    if not re.fullmatch("[A-Z]{2}", settings.region):
        yield fault("unknown_region", "program.region", found=settings.region)
    if not 0 <= settings.approvals <= APPROVALS_MAX:
        yield fault("approvals_out_of_range", "program.approvals", found=settings.approvals)
    languages = tuple(language for language in settings.languages if language in i18n.LANGUAGES)
    for kind in KINDS:
        for name, definition in getattr(context.program, kind).items():
            yield from _definition(f"{kind}.{name}", definition, languages)


def zone(name: str, path: str) -> Iterator[Fault]:
    """A zone of the time zone database."""
    if name not in zoneinfo.available_timezones():
        yield unknown("zone", path, name=name, known=zoneinfo.available_timezones())


def _definition(path: str, definition: Definition, languages: tuple[str, ...]) -> Iterator[Fault]:
    if definition.from_ is not None and definition.until is not None and definition.until <= definition.from_:
        yield fault("dates_reversed", f"{path}.until", from_=definition.from_, until=definition.until)
    if isinstance(definition, _SHOWN) and definition.title == Text():
        yield fault("missing_title", path)
    # A badge has the title of what gives it; any other rule may do without one.
    elif isinstance(definition, Rule) and definition.title == Text() and _gives_badge(definition):
        yield fault("badge_without_title", path)
    yield from complete(definition.title, f"{path}.title", languages)
    yield from complete(definition.text, f"{path}.text", languages)
    if isinstance(definition, Purpose):
        for version, text in definition.texts.items():
            yield from complete(text, f"{path}.texts.{version}", languages, required=True)
    if isinstance(definition, Choice):
        for option, called in definition.names.items():
            yield from complete(called, f"{path}.names.{option}", languages, required=True)
    if isinstance(definition, (Rule, Challenge)):
        yield from _said(f"{path}.effects", definition.effects, languages)
    if isinstance(definition, Challenge):
        for name, step in definition.steps.items():
            yield from complete(step.title, f"{path}.steps.{name}.title", languages)
            yield from _said(f"{path}.steps.{name}.effects", step.effects, languages)


def _gives_badge(rule: Rule) -> bool:
    return any(isinstance(effect, Badge) for effect in rule.effects)


def _said(path: str, effects: Sequence[AnyEffect], languages: tuple[str, ...]) -> Iterator[Fault]:
    for place, effect in enumerate(effects):
        if isinstance(effect, (Receipt, Cashier, Refuse, HoldForReview)):
            fields = effect.fields if isinstance(effect, (Receipt, Cashier)) else {}
            spot = f"{path}[{place}].say"
            yield from complete(effect.say, spot, languages, required=True)
            yield from _fillable(effect.say, spot, fields)


def complete(text: Text, path: str, languages: tuple[str, ...], *, required: bool = False) -> Iterator[Fault]:
    """A text has a wording in every language, or, unless it is required, in none."""
    missing = [language for language in languages if not getattr(text, language, "")]
    if missing and (required or len(missing) < len(languages)):
        yield fault("missing_translation", path, languages=", ".join(missing))


def _fillable(text: Text, path: str, fields: Mapping[str, str]) -> Iterator[Fault]:
    for language in i18n.LANGUAGES:
        wording = getattr(text, language)
        try:
            named = {name for _, name, _, _ in string.Formatter().parse(wording) if name is not None}
        except ValueError as problem:
            yield fault("bad_text", f"{path}.{language}", problem=problem)
            continue
        for name in sorted(named - set(fields)):
            known = ", ".join(sorted(fields)) or "-"
            yield fault("unknown_text_field", f"{path}.{language}", name=name or "{}", known=known)
