"""Rules, challenges and rewards that wake each other: for ever, further than a decision follows, or for a while only."""

from __future__ import annotations

import pytest

from regulars.program import service as program

BASE = """
program: {name: p, money: EUR, zone: UTC, languages: [en]}
currencies:
  points: {title: {en: Points}, cost: {house: 1}}
  stars: {title: {en: Stars}, cost: {house: 1}}
  later: {title: {en: Later}, cost: {house: 1}, pending: 14 days}
activities: {purchase: {basket: true}, visit: {}}
metrics:
  earned: {sum: "entry.amount", over: entries, where: "entry.kind == 'earn' && entry.currency == 'points'"}
  stars: {sum: "entry.amount", over: entries, where: "entry.kind == 'earn' && entry.currency == 'stars'"}
  bought: {sum: "entry.amount", over: entries, where: "entry.kind == 'earn' && entry.rule == 'base'"}
  gifts: {count: entries, where: "entry.kind == 'earn'"}
segments:
  rich: {if: "member.balances.points > 100"}
  ready: {if: "member.balances.later > 100"}
  poor: {if: "member.balances.points < 10"}
  in_plan: {if: "member.plan == 'gold'"}
plans:
  gold: {title: {en: Gold}, price: 5.00, period: 1 month}
  silver: {title: {en: Silver}, price: 3.00, period: 1 month}
  free: {title: {en: Free}, period: 1 month}
rewards:
  mug: {title: {en: Mug}, prices: [{points: "5"}], steps: [{credit: points, amount: "1"}]}
  cup: {title: {en: Cup}, prices: [{points: "5"}], steps: [{effects: [{reward: mug}]}]}
  rare: {title: {en: Rare}, prices: [{points: "5"}], steps: [{credit: stars, amount: "1"}], limits: {day: 1}}
  sent: {title: {en: Sent}, prices: [{points: "5"}], steps: [{parcel: [packed]}, {effects: [{badge: got}]}]}
ladders:
  status: {title: {en: Status}, qualify: "member.metrics.earned + member.metrics.gifts", levels: {green: 0, gold: 1000}}
limits:
  much: {metric: earned, at_most: 500, then: alert}
"""


def listening(**rules: str) -> str:
    """Rules from `event | effect`, with more fields of the rule after another bar."""
    lines = ["rules:", '  base: {trigger: visit, effects: [{give: points, amount: "1"}]}']
    for name, text in rules.items():
        event, effect, *more = text.split(" | ")
        lines.append(
            f"  {name}: {{trigger: {{event: {event}}}, effects: [{effect}]{''.join(', ' + one for one in more)}}}"
        )
    return "\n".join(lines) + "\n"


def challenge(name: str, fields: str) -> str:
    return f"  {name}: {{title: {{en: {name}}}, {fields}}}\n"


def told(text: str) -> list[tuple[str, str]]:
    found = program.check(BASE + text)
    return [(one.code, one.path) for one in (*found.faults, *found.warnings) if not one.code.endswith("_title")]


AGAIN = 'recurrence: again, goal: "member.metrics.stars", target: "100"'


@pytest.mark.parametrize(
    ("text", "circle"),
    [
        (
            listening(a="plan.renewed | {plan: gold}"),
            "plan.renewed gold -> rules.a -> plan.renewed gold",
        ),
        (
            listening(a="plan.ended, name: gold | {plan: gold}", b="plan.ended, name: silver | {plan: silver}"),
            "plan.ended gold -> rules.a -> plan.ended silver -> rules.b -> plan.ended gold",
        ),
        (
            listening(a="reward.ordered | {reward: mug}"),
            "reward.ordered mug -> rules.a -> reward.ordered mug",
        ),
        (
            listening(a="reward.fulfilled, name: sent | {reward: sent}"),
            "reward.fulfilled sent -> rules.a -> reward.fulfilled sent",
        ),
        (
            listening(a="reward.ordered, name: mug | {reward: cup}"),
            "reward.ordered cup -> rewards.cup -> reward.ordered mug -> rules.a -> reward.ordered cup",
        ),
        (
            listening(a="segment.entered, name: rich | {take: points, amount: '50'}")
            + "  b: {trigger: {event: segment.left, name: rich}, effects: [{give: points, amount: '60'}]}\n",
            "segment.entered rich -> rules.a -> segment.left rich -> rules.b -> segment.entered rich",
        ),
        (
            listening(
                a="segment.entered, name: poor | {convert: stars, to: points, rate: 2, amount: '50'}",
                b="segment.left, name: poor | {convert: points, to: stars, rate: 1, amount: '500'}",
            ),
            "segment.entered poor -> rules.a -> segment.left poor -> rules.b -> segment.entered poor",
        ),
        (
            listening(a="voucher.given | {voucher: v}")
            + "vouchers: {v: {title: {en: V}, codes: {shared: WELCOME}, effects: "
            "[{give: points, amount: '1'}]}}\n",
            "voucher.given v -> rules.a -> voucher.given v",
        ),
        (
            listening(a="challenge.completed, name: c | {give: stars, amount: '50 + 50'}")
            + "challenges:\n"
            + challenge("c", AGAIN),
            "challenge.completed c -> rules.a -> challenge.completed c",
        ),
        (
            "challenges:\n"
            + challenge("c", AGAIN + ', effects: [{give: points, amount: "10"}]')
            + challenge(
                "d",
                'recurrence: again, goal: "member.metrics.earned * 2", target: "10", '
                'effects: [{give: stars, amount: "50"}]',
            ),
            "challenge.completed c -> challenges.c -> challenge.completed d -> challenges.d -> challenge.completed c",
        ),
        (
            "challenges:\n"
            + challenge("c", AGAIN + ', effects: [{badge: b}, {give: stars, amount: "60"}]')
            + listening(a="badge.given | {give: stars, amount: '40'}"),
            "badge.given b -> rules.a -> challenge.completed c -> challenges.c -> badge.given b",
        ),
    ],
)
def test_circles_over_what_is_caused_are_refused(text: str, circle: str) -> None:
    found = [one for one in program.check(BASE + text).faults if one.code == "rules_in_circle"]
    assert [one.texts.en for one in found] == [f"These rules wake each other in a circle: {circle}."]
    assert found[0].line
    assert all((found[0].mends.en, found[0].mends.ru, found[0].mends.ro))


@pytest.mark.parametrize(
    "fields",
    [
        AGAIN + ', effects: [{give: stars, amount: "100"}]',
        AGAIN + ', steps: {half: {target: "50", effects: [{give: stars, amount: "60"}]}}, '
        'effects: [{give: stars, amount: "40"}]',
        'recurrence: again, goal: "member.metrics.gifts", target: "1", effects: [{give: stars, amount: "1"}]',
        'recurrence: again, goal: "member.balances.points", target: "5", effects: [{give: points, amount: "5"}]',
    ],
)
def test_a_challenge_that_pays_in_what_it_counts_is_refused(fields: str) -> None:
    text = "challenges:\n" + challenge("c", fields)
    assert [path for code, path in told(text) if code == "challenge_pays_itself"] == ["challenges.c.effects"]


@pytest.mark.parametrize(
    "text",
    [
        "challenges:\n" + challenge("c", AGAIN + ', effects: [{give: stars, amount: "99"}]'),
        "challenges:\n" + challenge("c", AGAIN + ', times: 3, effects: [{give: stars, amount: "100"}]'),
        "challenges:\n"
        + challenge("c", 'goal: "member.metrics.stars", target: "1", effects: [{give: stars, amount: "100"}]'),
        "challenges:\n" + challenge("c", AGAIN + ', effects: [{give: points, amount: "100"}]'),
        "challenges:\n"
        + challenge(
            "c",
            'recurrence: again, goal: "member.metrics.bought", target: "1", effects: [{give: points, amount: "9"}]',
        ),
        listening(a="tier.up | {give: points, amount: '1000'}"),
        listening(a="limit.hit | {give: points, amount: '1000'}"),
        listening(a="segment.entered, name: rich | {give: points, amount: '50'}"),
        listening(
            a="segment.entered, name: rich | {give: points, amount: '50'}",
            b="segment.left, name: rich | {take: points, amount: '60'}",
        ),
        listening(
            a="segment.entered, name: ready | {take: later, amount: '50'}",
            b="segment.left, name: ready | {give: later, amount: '60'}",
        ),
        listening(a="segment.entered, name: rich | {take: points, amount: '50'}"),
        listening(a="plan.started | {plan: gold}"),
        listening(a="plan.ended | {plan: free}"),
        listening(a="plan.ended | {plan: free}", b="tier.up | {plan: gold}"),
        listening(a="segment.left, name: in_plan | {plan: free}", b="tier.up | {plan: gold}"),
        listening(a="reward.ordered | {reward: rare}"),
        listening(a="reward.ordered | {reward: mug} | if: \"event.name != 'mug'\""),
        listening(a="reward.ordered | {reward: mug} | per_member: {day: 1}"),
        listening(a="reward.ordered | {reward: mug} | cooldown: 1 day"),
        listening(a="badge.given, name: got | {reward: sent}"),
        listening(a="service.started | {service: lounge}"),
    ],
)
def test_control_what_ends_by_itself_is_published(text: str) -> None:
    assert told(text) == []


CHAIN = {f"r{number}": f"badge.given, name: b{number} | {{badge: b{number + 1}}}" for number in range(1, 5)}


def test_a_chain_longer_than_a_decision_follows_is_warned_of() -> None:
    first = "  r0: {trigger: purchase, effects: [{badge: b1}]}\n"
    last = "badge.given, name: b5 | {give: points, amount: '7'}"
    assert told(listening(**CHAIN) + first) == []
    found = program.check(BASE + listening(**CHAIN, r5=last) + first).warnings
    found = tuple(one for one in found if one.code == "chain_too_long")
    assert [(one.code, one.path) for one in found] == [("chain_too_long", "rules.r5")]
    assert "badge.given b1 -> rules.r1 -> rules.r2 -> rules.r3 -> rules.r4 -> rules.r5" in found[0].texts.en


def test_challenges_on_the_way_take_no_round_and_rules_of_a_circle_are_told_once() -> None:
    by_challenge = "challenges:\n" + challenge("c", 'goal: "0", target: "3", effects: [{badge: b3}]')
    rules = CHAIN | {"r2": "badge.given, name: b2 | {progress: c}", "r5": "badge.given, name: b5 | {event: far}"}
    first = "  r0: {trigger: purchase, effects: [{badge: b1}]}\n"
    assert told(by_challenge + listening(**rules) + first) == [("chain_too_long", "rules.r5")]
    circle = listening(a="badge.given | {badge: b}")
    assert told(circle) == [("rules_in_circle", "rules.a")]
