"""A release made ready for decisions: what is looked at for each type of activity, in the order in which it is
needed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from operator import attrgetter
from typing import Any, Final
from zoneinfo import ZoneInfo

from regulars.engine import budget_plans, carried, indexing, limits, partnering, segments, voucher_plans, watching
from regulars.engine.challenges import plan as challenges
from regulars.engine.choices import plans as choices
from regulars.engine.consents import plans as purposes
from regulars.engine.contracts.activity import Activity
from regulars.engine.contracts.known import CounterRange
from regulars.engine.games import plans as games
from regulars.engine.ladders import plan as ladder_plans
from regulars.engine.limits import LimitPlan
from regulars.engine.making import Making
from regulars.engine.metrics import contribution, counters
from regulars.engine.metrics.plan import MetricPlan
from regulars.engine.offers import plans as offers
from regulars.engine.orders import plans as orders
from regulars.engine.orders import shelves
from regulars.engine.pricing import bounds
from regulars.engine.referrals import plans as referrals
from regulars.engine.rules import RulePlan
from regulars.engine.scope import Scope
from regulars.kit import money
from regulars.program.contracts.definitions import ALWAYS, NEVER, ActivityType, LimitAction, Owner, Release, TierInForce
from regulars.program.contracts.fields import FieldType
from regulars.program.contracts.midway import MidwayPolicy
from regulars.program.contracts.place_fields import COUNTED
from regulars.program.contracts.triggers import OnActivity, OnDate, OnEvent, OnPeriod, OnRun

INDEXED_FROM = 24
"""With fewer rules than this, running all of them costs less than asking the index."""
OWNERS = COUNTED
REFERRAL = "referral"
"""The type of activity by which somebody whom the member brought counts."""
RUN = "run"
"""The type of activity by which a run reaches a member, and of what rules that wait for one listen to."""
_ORDER: Final = attrgetter("order")
NAMED = frozenset({"metrics", "attributes", "balances", "tiers", "choices"})
"""Parts of a member that are kept name by name."""


class Compiled:
    """One release. Made once a process and kept; rules are compiled on their first hit."""

    def __init__(self, release: Release) -> None:
        program = carried.funded(release.program)
        self.release = release
        self.program = program
        self.made_from = Making(program)
        self.zone: ZoneInfo = self.made_from.zone
        self.money = program.program.money
        self.money_scale = money.decimals(self.money)
        self.titled: dict[str, dict[str, str]] = {}
        """By path (`offers.come_back`) the titles that were told so far, by language."""
        self._types: dict[str, TypePlan] = {}
        self._timed: TypePlan | None = None
        self._caused: TypePlan | None = None
        self.metrics = {
            name: MetricPlan(definition, slot=release.slots.get(name, -1), made_from=self.made_from)
            for name, definition in program.metrics.items()
        }
        for plan in self.metrics.values():
            plan.part = contribution.made(plan)
        self._set_contests()
        self._sort_metrics()
        self.segments = segments.plans(program.segments, self.made_from)
        self._describe_facts()
        self.limits = tuple(
            LimitPlan(
                limit,
                metric=self.metrics.get(limit.metric) if limit.metric is not None else None,
                made_from=self.made_from,
            )
            for limit in program.limits.values()
        )
        self._order_rules()
        self.stacking = bounds.stacking_plan(program)
        self.guarded = limits.guarded(self.counters, self.limits, self.rules) | games.guarded(self.draws)
        """Metrics of tills, cashiers and their like that may refuse or cut: these never lag behind."""
        self._offer_choices()
        self.rewards = orders.RewardPlans(self.made_from)
        """The rewards, each made ready when it is first asked for."""
        self.offers = offers.plans(program.offers, self.made_from, release.midway)
        self._offer_indexes: dict[str, offers.OfferIndex | None] = {}
        self._raise_ladders()
        self._watch_segments()
        self.has_standing = any(
            (self.purposes, program.plans, self.choices, self.challenges, self.ladders, self.boards)
        )
        """Whether it defines anything that a member may be, have or stand on beside points and what is given alone."""
        self.has_midway = any(
            path.startswith(("ladders.", "challenges.")) and one.policy is not MidwayPolicy.KEEP
            for path, one in release.midway.items()
        )
        """Whether some release said of ladders or challenges that who is in the middle of them does not go on."""
        self.referrals = referrals.plans(program.referrals, self.made_from)
        self.traced = referrals.traced(program.referrals)
        """What is remembered of who was seen with it: devices, cards, phones."""

    def _set_contests(self) -> None:
        """What members reach for with their numbers: challenges, boards and draws."""
        program = self.program
        self.challenges = challenges.plans(program.challenges, self.made_from, self.release.midway)
        for challenge in self.challenges.values():
            for name in challenge.metrics if challenge.backwards else ():
                # What comes late counts for its own window: its numbers are kept beside those of the running one.
                self.metrics[name].keeps = True
        self.boards = games.boards(program.boards, self.metrics, self.made_from)
        self.draws = games.draws(program.draws, self.made_from)
        for board in self.boards.values():
            if board.metric is not None:
                # What comes back lowers the cycle before, too, until its prizes are given.
                board.metric.keeps = True

    def _sort_metrics(self) -> None:
        """Metrics by whose they are and what they count, and which of their days have to be loaded."""
        plans = self.metrics.values()
        self.member_metrics = tuple(plan for plan in plans if not plan.counter)
        for plan in self.member_metrics:
            # What comes late is judged by the numbers of its own period (L32).
            plan.keeps = plan.keeps or plan.rolls
        self.activity_metrics = tuple(plan for plan in plans if not plan.over_entries)
        self.entry_metrics = tuple(plan for plan in plans if plan.over_entries)
        self.counters = tuple(plan for plan in plans if plan.counter)
        self.member_slots = frozenset(plan.slot for plan in self.member_metrics)
        self.sliding_days = tuple(sorted({plan.days for plan in self.member_metrics if plan.slides}))
        """The lengths in days of the windows whose sums slide: the day rows that left each of them have to be loaded.
        """
        self.whole_days = max((plan.whole_days for plan in self.member_metrics), default=0)
        """The longest window whose day rows have to be loaded whole, 0 without one."""

    def _describe_facts(self) -> None:
        """What the program says of lines, attributes, currencies and types of activity."""
        program = self.program
        places, each_line = self.made_from.places, self.made_from.expressions.each_line
        self.groups = tuple(
            (name, each_line(group.lines, places.group(), places.limit(before_price=True)), group)
            for name, group in program.groups.items()
        )
        self.dated_attributes = tuple(
            (name, attribute.type)
            for name, attribute in program.attributes.items()
            if attribute.type in {FieldType.DATE, FieldType.MOMENT, FieldType.RECORDS}
        )
        self.idling = tuple(
            name for name, currency in program.currencies.items() if currency.expiry.inactivity is not None
        )
        """Currencies whose points inactivity ends."""
        self.settles: dict[str, tuple[str, ...]] = {}
        """Activity types that points wait for, with the currencies of those points."""
        for name, currency in program.currencies.items():
            until = currency.pending.until
            if until is not None:
                self.settles[until] = (*self.settles.get(until, ()), name)

    def _order_rules(self) -> None:
        """The rules as they are written, then those of offers and vouchers; and by what wakes them."""
        self.rules = tuple(
            RulePlan(rule, number=number, made_from=self.made_from)
            for number, rule in enumerate((*self.program.rules.values(), *carried.rules(self.program)))
        )
        self.budgets = budget_plans.plans(self.program)
        """By path (`offers.come_back`) what may be given away in all."""
        self.budgeted = budget_plans.counted(self.budgets)
        self.partners = partnering.conditions(self.made_from)
        """Whose stores are whose."""
        self.vouchers = voucher_plans.plans(self.program.vouchers, self.rules, self.made_from)
        self.by_date = tuple(rule for rule in self.rules if isinstance(rule.definition.trigger, OnDate))
        self.by_period = tuple(rule for rule in self.rules if isinstance(rule.definition.trigger, OnPeriod))
        self.woken = woken_by(self.rules)
        """Rules by the type of event that they listen to, base rules and those of highest priority first."""

    def _offer_choices(self) -> None:
        """What members say for themselves: choices, and consents to purposes."""
        self.choices = choices.plans(self.program.choices, self.made_from)
        self.purposes = purposes.plans(self.program)
        self.purposes_by_name = {plan.name: plan for plan in self.purposes}
        self.choices_by_name = {plan.name: plan for plan in self.choices}

    def _raise_ladders(self) -> None:
        self.ladders = ladder_plans.plans(self.program.ladders, self.made_from, self.release.midway)
        for path in frozenset[str]().union(*(plan.reads for plan in self.ladders)):
            # A review looks at the period that has ended.
            metric = self.metrics.get(path.removesuffix("[]").partition(".metrics.")[2])
            if metric is not None and metric.rolls:
                metric.keeps = True
        self.tier_after = self.program.program.tier_in_force is TierInForce.AFTER and bool(self.ladders)
        """Whether a purchase is judged by the tier that it makes."""

    def _watch_segments(self) -> None:
        """What segments read, so that they are worked out again only when it has changed."""
        self.watched = watching.watches(self.member_metrics, self.segments, self.made_from.places)
        """What of moving windows a segment reads: only that makes a member due."""
        sliding = [watch.plan for watch in self.watched if watch.plan.days]
        reads = [path for segment in self.segments for path in segment.reads]
        self.volatile_segments = tuple(segment for segment in self.segments if segment.volatile)
        self.segments_read_balances = any(path.startswith("member.balances") for path in reads)
        self.segments_read_entries = any(
            pinned(path) == f"member.metrics.{plan.name}" for path in reads for plan in self.entry_metrics
        )
        self.segments_read_choices = any(path.startswith("member.choices") for path in reads)
        self.watched_slots = frozenset(plan.slot for plan in sliding)
        self.watched_days = max((plan.days for plan in sliding), default=0)

    @cached_property
    def catalogue(self) -> shelves.Index:
        """The rewards with a price, in groups that are for the same members."""
        return shelves.Index(self.made_from)

    def type(self, name: str) -> TypePlan:
        """What is looked at for a type of activity."""
        found = self._types.get(name)
        if found is None:
            rules = [
                rule
                for rule in self.rules
                if isinstance(rule.definition.trigger, OnActivity) and name in rule.definition.trigger.types
            ]
            found = self._types[name] = TypePlan(self, name, rules)
        return found

    def offers_of(self, type: str) -> offers.OfferIndex | None:
        """The offers that may count for a type of activity; None where there are none."""
        if type not in self._offer_indexes:
            mine = [plan for plan in self.offers.values() if type in plan.types]
            self._offer_indexes[type] = offers.OfferIndex(mine, self.segments) if mine else None
        return self._offer_indexes[type]

    @property
    def timed(self) -> TypePlan:
        """What is looked at when the calendar wakes rules."""
        if self._timed is None:
            self._timed = TypePlan(self, "tick", [*self.by_date, *self.by_period])
        return self._timed

    @property
    def caused(self) -> TypePlan:
        """What is looked at when an event of the decision itself wakes rules."""
        if self._caused is None:
            self._caused = TypePlan(self, "tick", [rule for rules in self.woken.values() for rule in rules])
        return self._caused

    def counts(self, metric: MetricPlan, name: str) -> bool:
        """Whether a metric over activities looks at a type: at friends who count only where it names them, since they
        are nothing that the member did."""
        return name != REFERRAL or f"'{REFERRAL}'" in (metric.definition.where or "")

    def counter_ranges(self, activity: Activity) -> tuple[CounterRange, ...]:
        """The counters to load before this activity is decided."""
        found = []
        for plan in self.type(activity.type).counters_read:
            owner = counters.owner(plan, activity)
            if owner is not None:
                found.append(counters.range_of(plan, owner, activity.occurred_at, self.zone))
                if plan.keeps:
                    found.append(counters.range_of(plan, owner, activity.occurred_at, self.zone, back=1))
        return (*found, *referrals.ranges(self.traced, activity)) if self.traced else tuple(found)


class TypePlan:
    """All that matters for one type of activity."""

    def __init__(self, compiled: Compiled, name: str, rules: Sequence[RulePlan]) -> None:
        self.name = name
        rules = sorted(rules, key=_ORDER)
        self.refusing = tuple(rule for rule in rules if rule.refuses)
        self.rules = tuple(rule for rule in rules if not rule.early and rule.carrier is None)
        self.priced = tuple(rule for rule in rules if rule.discounts and not rule.refuses and rule.carrier is None)
        """Rules that change the price: looked at before all others."""
        self.carried = tuple(rule for rule in rules if rule.carrier is not None)
        """What offers, vouchers and rewards do: only those that count for a basket are looked at."""
        self.carried_priced = tuple(rule for rule in self.carried if rule.discounts)
        self.carried_plain = tuple(rule for rule in self.carried if not rule.discounts)
        self._discounting = {rule.number: rule for rule in (*self.priced, *self.carried_priced)}
        self._pricing_by_carrier = {rule.carrier: rule for rule in self.carried_priced}
        self.groups = groups_of((*self.rules, *(rule for rule in self.carried if not rule.discounts)))
        self.price_groups = groups_of((*self.priced, *self.carried_priced))
        mine = [limit for limit in compiled.limits if limit.applies(name)]
        self.refusing_limits = tuple(limit for limit in mine if limit.action is LimitAction.REFUSE)
        self.cutting_limits = tuple(limit for limit in mine if limit.action is LimitAction.CUT)
        self.watching_limits = tuple(limit for limit in mine if limit.action in {LimitAction.HOLD, LimitAction.ALERT})
        kind = compiled.program.activities.get(name)
        self.approval = _approval(kind, name, compiled.made_from) if kind is not None else None
        """The condition under which a person approves it first."""
        self.cooling_limits = tuple(limit for limit in mine if limit.cooldown is not None and limit.is_about(name))
        self._finder = indexing.RuleFinder(self.rules, compiled.made_from) if len(self.rules) > INDEXED_FROM else None
        rule_reads = [rule.reads() for rule in rules]
        reads = frozenset().union(
            *rule_reads,
            *(segment.reads for segment in compiled.segments),
            *(limit.reads for limit in mine),
            *(_limited(limit) for limit in mine),
        )
        self.pins = tuple(sorted({pin for paths in rule_reads for path in paths if (pin := pinned(path))}))
        """What rules of this type read beyond the activity: kept with a sale, so that its return is judged alike."""
        self.pin_readers = tuple(_reader(pin) for pin in self.pins)
        self.pin_carriers = tuple(_carriers(pin, rules, rule_reads) for pin in self.pins)
        """By pin the carriers that alone read it; None where a rule does."""
        price_reads = [rule.reads() for rule in (*self.priced, *self.carried_priced)]
        self.price_pins = tuple(sorted({pin for paths in price_reads for path in paths if (pin := pinned(path))}))
        """What rules about the price read beyond the activity, as it was before it counted."""
        self.price_pin_readers = tuple(_reader(pin) for pin in self.price_pins)
        named = {pinned(path) for path in reads}
        # Those of the household are read by ladders and challenges too, whatever happens.
        self.counters_read = tuple(
            plan
            for plan in compiled.counters
            if f"{plan.per}.metrics.{plan.name}" in named or plan.per == Owner.HOUSEHOLD.value
        )
        # Ticks, profiles, holds and adjustments are ours, not something that a member did: metrics count what the
        # program names.
        # A friend who counts is one thing more.
        counted = name in compiled.program.activities or name == REFERRAL
        self.reset_by = tuple(plan for plan in compiled.member_metrics if plan.activity == name)
        self.activity_metrics = (
            tuple(
                plan for plan in compiled.activity_metrics if plan not in self.reset_by and compiled.counts(plan, name)
            )
            if counted
            else ()
        )

    def candidates(self, s: Scope) -> Sequence[RulePlan]:
        """The rules that have a chance with this basket and member, in their order; all of them where they are few."""
        rules = self.rules
        found = rules if self._finder is None else [rules[place] for place in self._finder.places(s)]
        return self.with_carried(found, s) if s.carried or s.took else found

    def with_carried(self, rules: Sequence[RulePlan], s: Scope) -> Sequence[RulePlan]:
        """Some rules with those of the carriers that count for this basket and those whose discount was taken, in their
        order.
        """
        more = [rule for rule in self.carried_plain if rule.carrier in s.carried] if s.carried else []
        if s.took:
            found = [rule for number in s.took if (rule := self._discounting.get(number)) is not None]
            more += [rule for rule in found if rule.carrier is None or rule.carrier in s.carried]
        return sorted((*rules, *more), key=_ORDER) if more else rules

    def pricing(self, carried: Collection[str]) -> Sequence[RulePlan]:
        """The rules that may change the price of a basket for which these carriers count, in their order."""
        if not carried:
            return self.priced
        if len(carried) * 8 < len(self.carried_priced):
            # Of thousands of offers a member has a few.
            found = [rule for path in carried if (rule := self._pricing_by_carrier.get(path)) is not None]
            more = sorted(found, key=_ORDER)
        else:
            more = [rule for rule in self.carried_priced if rule.carrier in carried]
        if not self.priced or not more:
            return more or self.priced
        return sorted((*self.priced, *more), key=_ORDER)


def woken_by(rules: Sequence[RulePlan]) -> dict[str, tuple[RulePlan, ...]]:
    """Rules that listen to events of a decision, by the type of event; a run is one that somebody from outside
    causes.
    """
    found: dict[str, list[RulePlan]] = {}
    for rule in sorted(rules, key=_ORDER):
        if isinstance(rule.definition.trigger, OnEvent):
            found.setdefault(rule.definition.trigger.event, []).append(rule)
        elif isinstance(rule.definition.trigger, OnRun):
            found.setdefault(RUN, []).append(rule)
    return {type: tuple(rules) for type, rules in found.items()}


def _approval(kind: ActivityType, name: str, made_from: Making) -> Callable[[Scope], bool] | None:
    if kind.approve == NEVER:
        return None
    text = "true" if kind.approve == ALWAYS else kind.approve
    return made_from.expressions.condition(text, made_from.places.limit((name,)))


def groups_of(rules: Sequence[RulePlan]) -> dict[str, tuple[RulePlan, ...]]:
    """The rules of each exclusive group, the one of highest priority first."""
    names = {rule.group for rule in rules if rule.group is not None}
    return {
        name: tuple(
            sorted((rule for rule in rules if rule.group == name), key=lambda rule: (-rule.priority, rule.number))
        )
        for name in names
    }


def pinned(path: str) -> str | None:
    """The part of a path that a sale keeps: `member.metrics.spend`, `member.attributes.pets`, `till.metrics.sales`;
    None for facts of the activity.
    """
    parts = path.replace("[]", "").split(".")
    if parts[0] == "member" and len(parts) > 1:
        return ".".join(parts[: 3 if parts[1] in NAMED else 2])
    if parts[0] in OWNERS and len(parts) > 2 and parts[1] == "metrics":
        return ".".join(parts[:3])
    if parts[0] == "household" and len(parts) > 1:
        return ".".join(parts[:2])
    return None


def _carriers(pin: str, rules: Sequence[RulePlan], reads: Sequence[frozenset[str]]) -> frozenset[str] | None:
    readers = [rule for rule, paths in zip(rules, reads, strict=True) if any(pinned(path) == pin for path in paths)]
    names = frozenset(rule.carrier for rule in readers if rule.carrier is not None)
    return names if all(rule.carrier is not None for rule in readers) else None


def _reader(pin: str) -> Callable[[Scope], Any]:
    """A function that reads a pinned part as it is now."""
    root, kind, name = (*pin.split("."), "")[:3]
    if root == "household" and not name:
        return lambda s: getattr(s.household, kind)
    if root != "member":
        return lambda s: owner.metrics[name] if (owner := s.owner(root)) is not None else None
    if not name:
        return lambda s: getattr(s.member, kind)
    if kind == "metrics":
        return lambda s: s.member.metrics[name]
    if kind == "balances":
        return lambda s: s.member.balances.get(name, 0)
    return lambda s: getattr(s.member, kind).get(name)


def _limited(limit: LimitPlan) -> frozenset[str]:
    return frozenset({f"{limit.metric.per}.metrics.{limit.metric.name}"}) if limit.metric is not None else frozenset()
