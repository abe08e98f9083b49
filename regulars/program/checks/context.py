"""What the checks share: the program, its places, every expression checked once, and the names of things."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Final

import msgspec

from regulars.language import contracts as language
from regulars.language import service as rules
from regulars.language.contracts import Expression, Schema, Type
from regulars.program.contracts.audiences import segment_named
from regulars.program.contracts.challenges import Challenge
from regulars.program.contracts.definitions import ALWAYS, NEVER, Measure, Over, Program, Rule
from regulars.program.contracts.effects import (
    AnyEffect,
    Cashier,
    Convert,
    Discount,
    Emit,
    FreeItem,
    Give,
    On,
    Per,
    Play,
    Priced,
    Progress,
    Receipt,
    Reduction,
    Refuse,
    SetAttribute,
    Slots,
    Take,
)
from regulars.program.contracts.ladders import Ladder
from regulars.program.contracts.offers import Offer
from regulars.program.contracts.places import Places
from regulars.program.contracts.referrals import converted
from regulars.program.contracts.reward_steps import AnyStep, Credit
from regulars.program.contracts.reward_steps import Effects as EffectsStep
from regulars.program.contracts.transfers import sent
from regulars.program.contracts.triggers import BUILT_IN_TYPES, AnyTrigger, OnActivity, OnEvent, OnRun
from regulars.program.contracts.vouchers import Voucher

LISTENED: Final = ("enrolled", "profile")
BOARD_CLOSED: Final = OnEvent(event="board.closed")
DRAW_PLAYED: Final = OnEvent(event="draw.played")
REWARD_ORDERED: Final = OnEvent(event="reward.ordered")
"""What the prizes of boards and draws may read stands under `event.`, as if a rule listened."""


class Written(msgspec.Struct, frozen=True):
    """An expression of the program: where it stands, what it may read, and what it must give."""

    path: str
    text: str
    schema: Schema
    want: Type | None


class Context:
    """One program under check. Expressions are checked at the first asking and kept."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.places = Places(program)

    @property
    def types(self) -> tuple[str, ...]:
        """Activity types that a rule may listen to."""
        return (*self.program.activities, *LISTENED)

    @cached_property
    def written(self) -> tuple[Written, ...]:
        """Every expression of the program, in the order of the file."""
        return tuple(_all(self.program, self.places))

    @cached_property
    def checked(self) -> dict[str, Expression | language.ExpressionFaults]:
        """Path -> the checked expression, or what is wrong with it."""
        found: dict[str, Expression | language.ExpressionFaults] = {}
        for one in self.written:
            try:
                found[one.path] = rules.check(one.text, one.schema, one.want)
            except language.ExpressionFaults as faults:
                found[one.path] = faults
        return found

    def expression(self, path: str) -> Expression | None:
        """The expression at a path, if it stands there and checks."""
        found = self.checked.get(path)
        return None if isinstance(found, language.ExpressionFaults) else found


def has_basket(program: Program, name: str) -> bool:
    """Whether activities of this type carry lines; an unknown one is told elsewhere."""
    kind = program.activities.get(name)
    return name not in BUILT_IN_TYPES if kind is None else kind.basket


def refuses(rule: Rule) -> bool:
    """Whether the rule is looked at before the price, because it may refuse the activity."""
    return any(isinstance(effect, Refuse) for effect in rule.effects)


def reprices(rule: Rule) -> bool:
    """Whether the rule is looked at before the price, because it changes it."""
    return any(isinstance(effect, Priced) for effect in rule.effects)


def _all(program: Program, places: Places) -> Iterator[Written]:
    for name, group in program.groups.items():
        yield Written(f"groups.{name}.lines", group.lines, places.group(), language.BOOL)
    for name, kind in program.activities.items():
        if kind.approve not in {ALWAYS, NEVER}:
            yield Written(f"activities.{name}.approve", kind.approve, places.limit((name,)), language.BOOL)
    for name, metric in program.metrics.items():
        schema = places.metric(metric.over)
        if metric.value is not None:
            want = language.NUMBER if metric.measure is Measure.SUM else None
            yield Written(f"metrics.{name}.value", metric.value, schema, want)
        if metric.where is not None:
            yield Written(f"metrics.{name}.where", metric.where, schema, language.BOOL)
        if metric.by is not None:
            yield Written(f"metrics.{name}.by", metric.by, schema, None)
    for name, segment in program.segments.items():
        if segment.if_ is not None:
            yield Written(f"segments.{name}.if", segment.if_, places.segment(), language.BOOL)
    for name, partner in program.partners.items():
        if partner.stores is not None:
            yield Written(f"partners.{name}.stores", partner.stores, places.partner(), language.BOOL)
    for name, rule in program.rules.items():
        yield from _rule(f"rules.{name}", rule, places)
    for name, limit in program.limits.items():
        if limit.if_ is not None:
            schema = places.limit(limit.applies_to)
            yield Written(f"limits.{name}.if", limit.if_, schema, language.BOOL)
    yield from _games(program, places)
    for name, challenge in program.challenges.items():
        yield from _challenge(f"challenges.{name}", challenge, places)
    yield from _choices(program, places)
    for name, offer in program.offers.items():
        yield from _offer(f"offers.{name}", offer, places)
    yield from _rewards(program, places)
    for name, voucher in program.vouchers.items():
        if voucher.audience is not None and segment_named(voucher.audience) is None:
            yield Written(f"vouchers.{name}.audience", voucher.audience, places.segment(), language.BOOL)
        yield from _rule(f"vouchers.{name}", voucher_rule(name, voucher, program), places)
    yield from _referrals(program, places)
    for name, ladder in program.ladders.items():
        yield from _ladder(f"ladders.{name}", ladder, places)


def _referrals(program: Program, places: Places) -> Iterator[Written]:
    """The conditions of referrals, what both sides get, and the fees of points that are passed on."""
    for name, referral in program.referrals.items():
        path = f"referrals.{name}"
        yield Written(f"{path}.converts", referral.converts, places.metric(Over.ACTIVITIES), language.BOOL)
        trigger, given = converted(name), referral.effects
        for side, done in (("both", given.both), ("referrer", given.referrer), ("friend", given.friend)):
            yield from effects(f"{path}.effects.{side}", done, trigger, places)
        for place, done in enumerate(given.levels):
            yield from effects(f"{path}.effects.levels[{place}]", done, trigger, places)
    for name, currency in program.currencies.items():
        if currency.transfer is not None and currency.transfer.fee is not None:
            fee = currency.transfer.fee
            yield Written(f"currencies.{name}.transfer.fee", fee, places.rule(sent(name)), language.NUMBER)


def _ladder(path: str, ladder: Ladder, places: Places) -> Iterator[Written]:
    mode = "all" if ladder.qualify.all_ else "any"
    for name, text in ladder.qualify.formulas.items():
        yield Written(
            f"{path}.qualify.{mode}.{name}" if name else f"{path}.qualify", text, places.ladder(), language.NUMBER
        )
    if ladder.lifetime is not None:
        yield Written(f"{path}.lifetime.total", ladder.lifetime.total, places.ladder(), language.NUMBER)


def _rule(path: str, rule: Rule, places: Places) -> Iterator[Written]:
    early = refuses(rule) or reprices(rule)
    here = places.rule(rule.trigger, before_price=early)
    if rule.audience is not None and segment_named(rule.audience) is None:
        yield Written(f"{path}.audience", rule.audience, places.segment(), language.BOOL)
    run = rule.trigger.audience if isinstance(rule.trigger, OnRun) else None
    if run is not None and segment_named(run) is None:
        yield Written(f"{path}.trigger.audience", run, places.segment(), language.BOOL)
    if rule.if_ is not None:
        yield Written(f"{path}.if", rule.if_, here, language.BOOL)
    if rule.lines is not None:
        lines = places.line(rule.trigger, before_price=early)
        yield Written(f"{path}.lines", rule.lines, lines, language.BOOL)
    yield from effects(f"{path}.effects", rule.effects, rule.trigger, places, early=refuses(rule))


def effects(
    path: str, done: Sequence[AnyEffect], trigger: AnyTrigger, places: Places, *, early: bool = False
) -> Iterator[Written]:
    """The expressions of some effects, which stand at `path` as a list and see what this trigger shows."""
    here = places.rule(trigger, before_price=early)
    for place, effect in enumerate(done):
        spot = f"{path}[{place}]"
        match effect:
            case Give(amount=amount, per=per):
                schema = {
                    Per.BASKET: here,
                    Per.PAYMENT: places.payment(trigger),
                }.get(per) or places.line(trigger, before_price=early)
                yield Written(f"{spot}.amount", amount, schema, language.NUMBER)
            case Discount() | FreeItem():
                yield from _price(spot, effect, trigger, places)
            case Take(amount=amount) | Convert(amount=amount) | Progress(amount=amount):
                yield Written(f"{spot}.amount", amount, here, language.NUMBER)
            case Play(times=times):
                yield Written(f"{spot}.times", times, here, language.NUMBER)
            case Slots(until=str() as until):
                yield Written(f"{spot}.until", until, here, language.DATE)
            case SetAttribute(value=value):
                yield Written(f"{spot}.value", value, here, None)
            case Receipt(fields=fields) | Cashier(fields=fields) | Emit(fields=fields):
                for name, text in fields.items():
                    yield Written(f"{spot}.fields.{name}", text, here, None)
            case _:
                pass


def _price(path: str, effect: Discount | FreeItem, trigger: AnyTrigger, places: Places) -> Iterator[Written]:
    line, here = places.line(trigger, before_price=True), places.rule(trigger, before_price=True)
    if isinstance(effect, Discount):
        for kind in Reduction.__struct_fields__:
            text = getattr(effect.discount, kind)
            if text is not None:
                by_line = effect.on is On.LINES and not effect.bundle and kind != "amount"
                yield Written(f"{path}.discount.{kind}", text, line if by_line else here, language.NUMBER)
        for place, part in enumerate(effect.bundle):
            yield Written(f"{path}.bundle[{place}].lines", part.lines, line, language.BOOL)
    if effect.buy is not None:
        yield Written(f"{path}.buy.lines", effect.buy.lines, line, language.BOOL)


def _challenge(path: str, challenge: Challenge, places: Places) -> Iterator[Written]:
    here = places.challenge(challenge)
    if challenge.audience is not None and segment_named(challenge.audience) is None:
        yield Written(f"{path}.audience", challenge.audience, places.segment(), language.BOOL)
    if challenge.if_ is not None:
        yield Written(f"{path}.if", challenge.if_, places.segment(), language.BOOL)
    for part, text in (("goal", challenge.goal), ("target", challenge.target)):
        if text is not None:
            yield Written(f"{path}.{part}", text, here, language.NUMBER)
    yield from effects(f"{path}.effects", challenge.effects, of_challenge("completed", challenge.name), places)
    for name, step in challenge.steps.items():
        if step.goal is not None:
            yield Written(f"{path}.steps.{name}.goal", step.goal, here, language.NUMBER)
        yield Written(f"{path}.steps.{name}.target", step.target, here, language.NUMBER)
        yield from effects(f"{path}.steps.{name}.effects", step.effects, of_challenge("step", challenge.name), places)


def as_rule(name: str, offer: Offer, program: Program) -> Rule:
    """An offer as the rule that carries it out."""
    path = f"offers.{name}"
    types = offer.on or tuple(one for one, kind in program.activities.items() if kind.basket and kind.reverses is None)
    trigger = OnActivity(types=types, of=path)
    return Rule(name=path, trigger=trigger, if_=offer.if_, lines=offer.lines, effects=offer.effects)


def voucher_rule(name: str, voucher: Voucher, program: Program) -> Rule:
    """A voucher as the rule that carries it out."""
    path = f"vouchers.{name}"
    types = voucher.on or tuple(
        one for one, kind in program.activities.items() if kind.basket and kind.reverses is None
    )
    trigger = OnActivity(types=types, of=path)
    return Rule(name=path, trigger=trigger, if_=voucher.if_, lines=voucher.lines, effects=voucher.effects)


def _offer(path: str, offer: Offer, places: Places) -> Iterator[Written]:
    if offer.audience is not None and segment_named(offer.audience) is None:
        yield Written(f"{path}.audience", offer.audience, places.segment(), language.BOOL)
    for name, text in offer.params.items():
        yield Written(f"{path}.params.{name}", text, places.segment(), None)
    yield from _rule(path, as_rule(path.partition(".")[2], offer, places.program), places)


def _rewards(program: Program, places: Places) -> Iterator[Written]:
    """The conditions and prices of rewards, and what their steps and types do."""
    here = places.limit(("order",), before_price=True)
    for name, kind in program.reward_types.items():
        yield from _reward_steps(f"reward_types.{name}.steps", kind.steps, places)
    for name, reward in program.rewards.items():
        path = f"rewards.{name}"
        if reward.audience is not None and segment_named(reward.audience) is None:
            yield Written(f"{path}.audience", reward.audience, places.segment(), language.BOOL)
        if reward.if_ is not None:
            yield Written(f"{path}.if", reward.if_, here, language.BOOL)
        for place, price in enumerate(reward.prices):
            for currency, text in price.points.items():
                yield Written(f"{path}.prices[{place}].{currency}", text, here, language.NUMBER)
        yield from _reward_steps(f"{path}.steps", reward.steps, places)
        own = program.reward_types.get(reward.type or "")
        if own is not None and own.effects:
            types = tuple(one for one, of in program.activities.items() if of.basket and of.reverses is None)
            rule = Rule(name=path, trigger=OnActivity(types=types, of=path), lines=reward.lines, effects=own.effects)
            yield from _rule(path, rule, places)


def _reward_steps(path: str, steps: Sequence[AnyStep], places: Places) -> Iterator[Written]:
    for place, step in enumerate(steps):
        if isinstance(step, Credit):
            yield Written(f"{path}[{place}].amount", step.amount, places.rule(REWARD_ORDERED), language.NUMBER)
        elif isinstance(step, EffectsStep):
            yield from effects(f"{path}[{place}].effects", step.effects, REWARD_ORDERED, places)


def of_challenge(event: str, name: str) -> OnEvent:
    """What the prizes of a challenge see: the event of being done, and `goal`."""
    return OnEvent(event=f"challenge.{event}", name=name)


def _games(program: Program, places: Places) -> Iterator[Written]:
    """The expressions of boards and draws."""
    for kind, games in (("boards", program.boards), ("draws", program.draws)):
        for name, game in games.items():
            if game.audience is not None and segment_named(game.audience) is None:
                yield Written(f"{kind}.{name}.audience", game.audience, places.segment(), language.BOOL)
    for name, board in program.boards.items():
        if board.within is not None:
            yield Written(f"boards.{name}.within", board.within, places.segment(), language.TEXT)
        for rank, done in board.prizes.items():
            yield from effects(f"boards.{name}.prizes.{rank}", done, BOARD_CLOSED, places)
    for name, draw in program.draws.items():
        for prize, one in draw.prizes.items():
            yield from effects(f"draws.{name}.prizes.{prize}.effects", one.effects, DRAW_PLAYED, places)
        yield from effects(f"draws.{name}.otherwise", draw.otherwise, DRAW_PLAYED, places)


def _choices(program: Program, places: Places) -> Iterator[Written]:
    """The formulas of choices."""
    for name, choice in program.choices.items():
        yield Written(f"choices.{name}.pick", choice.pick, places.choice(), language.NUMBER)
        if choice.offered is not None:
            yield Written(f"choices.{name}.offered", choice.offered, places.choice(option=True), language.BOOL)
