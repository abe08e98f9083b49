"""Rewards: somebody can have them, what they cost can be spent, and what they are made of is there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, Final

from regulars.kit import money
from regulars.language import service as rules
from regulars.program.checks.context import Context
from regulars.program.checks.givers import giving
from regulars.program.contracts.audiences import segment_named
from regulars.program.contracts.definitions import Currency, CurrencyKind, Program
from regulars.program.contracts.effects import Give, GiveReward, GiveVoucher
from regulars.program.contracts.fields import FieldType
from regulars.program.contracts.report import Fault
from regulars.program.contracts.reward_steps import (
    AnyStep,
    Credit,
    Effects,
    IssueCode,
    OfferStep,
    Parcel,
)
from regulars.program.contracts.rewards import Reward, RewardType
from regulars.program.contracts.vouchers import Voucher
from regulars.program.faults import fault, unknown

_PARTS: Final = 100
"""So many things one order is made of at most: all of them are asked, counted and done in one decision."""
_VARIANT: Final = re.compile(r"[\w .-]{1,64}")


def check(context: Context) -> Iterator[Fault]:
    """Each type and each reward by itself, and who gives what."""
    program = context.program
    given = set()
    for path, effect in giving(program, GiveReward):
        given.add(effect.reward)
        if effect.reward not in program.rewards:
            yield unknown("reward", f"{path}.reward", name=effect.reward, known=program.rewards)
    for name, kind in program.reward_types.items():
        yield from _type(f"reward_types.{name}", kind, program)
    worths = Worths(context)
    parts = {part for reward in program.rewards.values() for part in (*reward.choose, *reward.bundle)}
    for name, reward in program.rewards.items():
        path = f"rewards.{name}"
        if not reward.prices and name not in given | parts:
            yield fault("reward_never_had", path)
        yield from _who(path, reward, program)
        yield from _prices(path, reward, context)
        yield from _parts(path, reward, program)
        yield from _variants(path, reward, program)
        yield from _steps(f"{path}.steps", reward.steps, program)
        yield from _worth(path, reward, context, worths)
        if worths.parts(reward) > _PARTS:
            yield fault("reward_too_many_parts", path, parts=worths.parts(reward), most=_PARTS)


def _type(path: str, kind: RewardType, program: Program) -> Iterator[Fault]:
    if kind.purpose is not None and kind.purpose not in program.purposes:
        yield unknown("purpose", f"{path}.purpose", name=kind.purpose, known=program.purposes)
    for name, field in kind.form.items():
        if field.personal and kind.purpose is None:
            yield fault("form_personal_purpose", f"{path}.form.{name}", name=name)
        if field.smallest is not None and field.largest is not None and field.smallest > field.largest:
            yield fault("form_sizes", f"{path}.form.{name}", smallest=field.smallest, largest=field.largest)
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


def _prices(path: str, reward: Reward, context: Context) -> Iterator[Fault]:
    program = context.program
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
            amount = _number(f"{spot}.{name}", context)
            if amount is not None and amount <= 0:
                yield fault("price_not_positive", f"{spot}.{name}")


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


def _worth(path: str, reward: Reward, context: Context, worths: Worths) -> Iterator[Fault]:
    """What it is worth, and what it gives, against what a member gives for it, where these are plain numbers."""
    program = context.program
    minor = _minor(program)
    credited = _credited(reward, context)
    worth = worths.of(reward)
    costs = [_price(place, reward, context) for place in range(len(reward.prices))]
    prices = [
        Fraction(price.money or 0, minor) + points
        for price, cost in zip(reward.prices, costs, strict=True)
        if cost is not None and (points := in_money(cost, program)) is not None
    ]
    if worth is not None and prices and worth > min(prices):
        yield fault("reward_pays_out", path, worth=_shown(worth), price=_shown(min(prices)))
    elif in_money(credited, program) is None:
        yield from _returns(path, credited, costs)
    yield from _beyond_partner(path, reward, credited, program)


def _returns(path: str, credited: Mapping[str, Fraction], costs: list[dict[str, Fraction] | None]) -> Iterator[Fault]:
    """A currency that nobody put a value on is held against itself."""
    for currency, amount in credited.items():
        least = min((cost[currency] for cost in costs if cost is not None and set(cost) == {currency}), default=None)
        if least is not None and amount > least:
            yield fault("reward_gives_back", path, currency=currency, credited=_shown(amount), price=_shown(least))


def _beyond_partner(path: str, reward: Reward, credited: Mapping[str, Fraction], program: Program) -> Iterator[Fault]:
    partner = program.partners.get(reward.owner or "")
    if partner is None or partner.budget is None:
        return
    for currency, amount in credited.items():
        size = partner.budget.points.get(currency)
        scale = 10 ** program.currencies[currency].scale if currency in program.currencies else 1
        if size is not None and amount * scale > size:
            left = Fraction(size, scale)
            yield fault("reward_beyond_partner", path, currency=currency, credited=_shown(amount), size=_shown(left))


def _credited(reward: Reward, context: Context) -> dict[str, Fraction]:
    """What one order credits, by currency in whole units: its own steps, those of its type, and all of a bundle. What
    is no plain number is left out."""
    rewards, found = context.program.rewards, dict[str, Fraction]()
    waiting, seen = [reward], {reward.name}
    while waiting:
        one = waiting.pop()
        for currency, amount in _own_credits(one, context).items():
            found[currency] = found.get(currency, Fraction(0)) + amount
        parts = [rewards[name] for name in dict.fromkeys(one.bundle) if name in rewards and name not in seen]
        seen.update(part.name for part in parts)
        waiting += parts
    return found


def _own_credits(reward: Reward, context: Context) -> dict[str, Fraction]:
    found = dict[str, Fraction]()
    for path, steps in _steps_of(reward, context.program):
        for spot, currency in _credits(path, steps):
            amount = _number(spot, context)
            if amount is not None:
                found[currency] = found.get(currency, Fraction(0)) + amount
    return found


def _steps_of(reward: Reward, program: Program) -> Iterator[tuple[str, tuple[AnyStep, ...]]]:
    yield f"rewards.{reward.name}.steps", reward.steps
    kind = program.reward_types.get(reward.type or "")
    if kind is not None:
        yield f"reward_types.{reward.type}.steps", kind.steps


class Worths:
    """What rewards are worth at least, in the program's money: each is worked out once, however often it is a part."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._found: dict[str, Fraction | None] = {}
        self._parts: dict[str, int] = {}

    def of(self, reward: Reward) -> Fraction | None:
        """What was stated, or what one order gives if that is more: points, codes that carry money, all of a bundle,
        the dearest that can be chosen. None where nothing of it is known."""
        if reward.name not in self._found:
            # A reward that is a part of itself is told elsewhere.
            self._found[reward.name] = None
            self._found[reward.name] = self._worked_out(reward)
        return self._found[reward.name]

    def parts(self, reward: Reward) -> int:
        """Of how many parts it is made, itself among them, each as often as it is there."""
        if reward.name not in self._parts:
            self._parts[reward.name] = 0
            made = [self.parts(one) for one in self._named(reward.bundle)]
            self._parts[reward.name] = (
                1 + sum(made) + max((self.parts(one) for one in self._named(reward.choose)), default=0)
            )
        return self._parts[reward.name]

    def _worked_out(self, reward: Reward) -> Fraction | None:
        program = self._context.program
        stated = None if reward.value is None else Fraction(reward.value, _minor(program))
        credited = _own_credits(reward, self._context)
        given = [in_money(credited, program) if credited else None, *self._codes(reward)]
        given += [self.of(one) for one in self._named(reward.bundle)]
        chosen = [worth for one in self._named(reward.choose) if (worth := self.of(one)) is not None]
        known = [one for one in (*given, max(chosen, default=None)) if one is not None]
        return max(
            (one for one in (stated, sum(known, Fraction(0)) if known else None) if one is not None), default=None
        )

    def _named(self, names: tuple[str, ...]) -> list[Reward]:
        rewards = self._context.program.rewards
        return [rewards[name] for name in names if name in rewards]

    def _codes(self, reward: Reward) -> Iterator[Fraction | None]:
        """What the codes that it issues are worth by their campaign."""
        program = self._context.program
        for _, steps in _steps_of(reward, program):
            for step in steps:
                effects = step.effects if isinstance(step, Effects) else ()
                names = [one.voucher for one in effects if isinstance(one, GiveVoucher)]
                for name in [step.issue_code] if isinstance(step, IssueCode) else names:
                    yield _code_worth(program.vouchers.get(name), program)


def _code_worth(voucher: Voucher | None, program: Program) -> Fraction | None:
    if voucher is None or voucher.value is None:
        return None
    gift = program.currencies.get(voucher.gift or "")
    if gift is None:
        return Fraction(voucher.value, _minor(program))
    return in_money({gift.name: Fraction(voucher.value, 10**gift.scale)}, program)


def _minor(program: Program) -> int:
    return 10 ** money.decimals(program.program.money) if money.is_currency(program.program.money) else 100


def _credits(path: str, steps: tuple[AnyStep, ...]) -> Iterator[tuple[str, str]]:
    for place, step in enumerate(steps):
        if isinstance(step, Credit):
            yield f"{path}[{place}].amount", step.credit
        elif isinstance(step, Effects):
            for number, effect in enumerate(step.effects):
                if isinstance(effect, Give):
                    yield f"{path}[{place}].effects[{number}].amount", effect.give


def _price(place: int, reward: Reward, context: Context) -> dict[str, Fraction] | None:
    """The points of a price by currency, in whole units; None where one of them is no plain number."""
    found = {}
    for name in reward.prices[place].points:
        amount = _number(f"rewards.{reward.name}.prices[{place}].{name}", context)
        if amount is None:
            return None
        found[name] = amount
    return found


def _number(path: str, context: Context) -> Fraction | None:
    """What the formula at a path always comes to; None where it reads anything."""
    checked = context.expression(path)
    if checked is None or checked.fields or checked.volatile:
        return None
    schema = next(one.schema for one in context.written if one.path == path)
    found = rules.to_python(checked, schema)(*(None for _ in schema.params))
    return Fraction(found, 10**checked.scale)


def in_money(points: Mapping[str, Fraction], program: Program) -> Fraction | None:
    """What points are worth in the program's money; None where one of the currencies has no value."""
    found = Fraction(0)
    for name, amount in points.items():
        value = _value_of(program.currencies.get(name))
        if value is None:
            return None
        found += amount * value
    return found


def _value_of(currency: Currency | None) -> Fraction | None:
    """What a whole unit of a currency is worth, in the program's money."""
    if currency is None or currency.value is None:
        return None
    return Fraction(currency.value.n, currency.value.d)


def _shown(amount: Fraction) -> str:
    return f"{float(amount):.2f}"
