"""Rewards: somebody can have them, what they cost can be spent, and what they are made of is there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, Final

import msgspec

from regulars.kit import money
from regulars.program.checks.context import Context
from regulars.program.contracts.audiences import segment_named
from regulars.program.contracts.definitions import Currency, CurrencyKind, Program
from regulars.program.contracts.effects import GiveReward
from regulars.program.contracts.fields import FieldType
from regulars.program.contracts.report import Fault
from regulars.program.contracts.reward_steps import (
    AnyStep,
    Credit,
    IssueCode,
    OfferStep,
    Parcel,
)
from regulars.program.contracts.rewards import Reward, RewardType
from regulars.program.faults import fault, unknown

_NUMBER: Final = re.compile(r"[0-9]+(\.[0-9]+)?")
_VARIANT: Final = re.compile(r"[\w .-]{1,64}")


def check(context: Context) -> Iterator[Fault]:
    """Each type and each reward by itself, and who gives what."""
    program = context.program
    given = set()
    for path, effect in _givers(program, ""):
        given.add(effect.reward)
        if effect.reward not in program.rewards:
            yield unknown("reward", f"{path}.reward", name=effect.reward, known=program.rewards)
    for name, kind in program.reward_types.items():
        yield from _type(f"reward_types.{name}", kind, program)
    parts = {part for reward in program.rewards.values() for part in (*reward.choose, *reward.bundle)}
    for name, reward in program.rewards.items():
        path = f"rewards.{name}"
        if not reward.prices and name not in given | parts:
            yield fault("reward_never_had", path)
        yield from _who(path, reward, program)
        yield from _prices(path, reward, program)
        yield from _parts(path, reward, program)
        yield from _variants(path, reward, program)
        yield from _steps(f"{path}.steps", reward.steps, program)
        yield from _worth(path, reward, program)


def _givers(value: object, path: str) -> Iterator[tuple[str, GiveReward]]:
    """Wherever in a program an effect gives a reward, with its place."""
    if isinstance(value, GiveReward):
        yield path, value
    elif isinstance(value, msgspec.Struct):
        for field in msgspec.structs.fields(value):
            yield from _givers(getattr(value, field.name), f"{path}.{field.encode_name}".lstrip("."))
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from _givers(one, f"{path}.{name}")
    elif isinstance(value, tuple):
        for place, one in enumerate(value):
            yield from _givers(one, f"{path}[{place}]")


def _type(path: str, kind: RewardType, program: Program) -> Iterator[Fault]:
    if kind.purpose is not None and kind.purpose not in program.purposes:
        yield unknown("purpose", f"{path}.purpose", name=kind.purpose, known=program.purposes)
    for name, field in kind.form.items():
        if field.personal and kind.purpose is None:
            yield fault("form_personal_purpose", f"{path}.form.{name}", name=name)
    yield from _steps(f"{path}.steps", kind.steps, program)


def _steps(path: str, steps: tuple[AnyStep, ...], program: Program) -> Iterator[Fault]:
    for place, step in enumerate(steps):
        spot = f"{path}[{place}]"
        known: tuple[str, Mapping[str, Any], str, str] | None = None
        match step:
            case Credit(credit=name):
                known = ("currency", program.currencies, name, "credit")
            case IssueCode(issue_code=name):
                known = ("name", program.vouchers, name, "issue_code")
            case OfferStep(offer=name):
                known = ("name", program.offers, name, "offer")
            case Parcel(parcel=stages) if not stages or len(set(stages)) < len(stages):
                yield fault("parcel_stages", f"{spot}.parcel")
        if known is not None and known[2] not in known[1]:
            yield unknown(known[0], f"{spot}.{known[3]}", name=known[2], known=known[1])


def _who(path: str, reward: Reward, program: Program) -> Iterator[Fault]:
    if reward.type is not None and reward.type not in program.reward_types:
        yield unknown("reward_type", f"{path}.type", name=reward.type, known=program.reward_types)
    if reward.audience is not None:
        segment = segment_named(reward.audience)
        if segment is not None and segment not in program.segments:
            yield unknown("segment", f"{path}.audience", name=segment, known=program.segments)
    kind = program.reward_types.get(reward.type or "")
    if reward.lines is not None and kind is not None and not kind.effects:
        yield fault("lines_without_effects", f"{path}.lines")
    if reward.from_ is not None and reward.until is not None and reward.until <= reward.from_:
        yield fault("dates_reversed", path, from_=reward.from_, until=reward.until)
    for period, most in reward.limits.items():
        if most < 1:
            yield fault("reward_limit", f"{path}.limits.{period.value}")


def _prices(path: str, reward: Reward, program: Program) -> Iterator[Fault]:
    for place, price in enumerate(reward.prices):
        spot = f"{path}.prices[{place}]"
        if not price.points and not price.money:
            yield fault("price_empty", spot)
        for name in price.points:
            currency = program.currencies.get(name)
            if currency is None:
                yield unknown("currency", f"{spot}.{name}", name=name, known=program.currencies)
            elif currency.kind is CurrencyKind.STATUS:
                yield fault("price_not_spendable", f"{spot}.{name}", currency=name)


def _parts(path: str, reward: Reward, program: Program) -> Iterator[Fault]:
    for field, names in (("choose", reward.choose), ("bundle", reward.bundle)):
        for place, name in enumerate(names):
            spot = f"{path}.{field}[{place}]"
            if name not in program.rewards:
                yield unknown("reward", spot, name=name, known=program.rewards)
            elif program.rewards[name].choose:
                yield fault("reward_nested_choice", spot, name=name)
    circle = _circle(reward.name, program)
    if circle:
        yield fault("reward_circle", path, circle=" > ".join(circle))


def _circle(name: str, program: Program) -> list[str]:
    """The way from a reward back to itself; empty where there is none."""
    ways = [[name]]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        reward = program.rewards.get(way[-1])
        for part in (*reward.choose, *reward.bundle) if reward is not None else ():
            if part == name:
                return [*way, part]
            if part not in seen:
                seen.add(part)
                ways.append([*way, part])
    return []


def _variants(path: str, reward: Reward, program: Program) -> Iterator[Fault]:
    for place, name in enumerate(reward.variants):
        if not _VARIANT.fullmatch(name) or name in reward.variants[:place]:
            yield fault("variant_name", f"{path}.variants[{place}]", name=name)
    if reward.variant_of is None:
        return
    attribute = program.attributes.get(reward.variant_of)
    if attribute is None or attribute.type is not FieldType.TEXT:
        yield fault("variant_unpicked", f"{path}.variant_of", name=reward.variant_of)
    if not reward.variants:
        yield fault("variants_missing", f"{path}.variant_of")


def _worth(path: str, reward: Reward, program: Program) -> Iterator[Fault]:
    """What it is worth against what a member gives for it, where both are plain numbers."""
    minor = 10 ** money.decimals(program.program.money) if money.is_currency(program.program.money) else 100
    worth = _paid_out(reward, program) if reward.value is None else Fraction(reward.value, minor)
    prices = [
        one for price in reward.prices if (one := _money_of(price.points, price.money, program, minor)) is not None
    ]
    if worth is None or not prices or worth <= min(prices):
        return
    yield fault("reward_pays_out", path, worth=_shown(worth), price=_shown(min(prices)))


def _paid_out(reward: Reward, program: Program) -> Fraction | None:
    kind = program.reward_types.get(reward.type or "")
    found = Fraction(0)
    for step in (*reward.steps, *(kind.steps if kind is not None else ())):
        if isinstance(step, Credit):
            value = _value_of(program.currencies.get(step.credit))
            if value is None or not _NUMBER.fullmatch(step.amount):
                return None
            found += Fraction(step.amount) * value
    return found


def _money_of(points: Mapping[str, str], beside: int | None, program: Program, minor: int) -> Fraction | None:
    found = Fraction(beside or 0, minor)
    for name, text in points.items():
        value = _value_of(program.currencies.get(name))
        if value is None or not _NUMBER.fullmatch(text):
            return None
        found += Fraction(text) * value
    return found


def _value_of(currency: Currency | None) -> Fraction | None:
    """What a whole unit of a currency is worth, in the program's money."""
    if currency is None or currency.value is None:
        return None
    return Fraction(currency.value.n, currency.value.d)


def _shown(amount: Fraction) -> str:
    return f"{float(amount):.2f}"
