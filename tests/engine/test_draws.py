"""Draws: what luck says is what anybody can work out; odds, limits, age, price and budget each decide."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from regulars.engine import service as engine
from regulars.engine.contracts.activity import Activity
from regulars.engine.contracts.decision import Decision, Outcome
from regulars.engine.contracts.games import FactsNeeded, Luck, Played
from regulars.engine.games import wheel
from regulars.program.contracts.boards import Draw, Drawn, Prize
from regulars.program.contracts.definitions import Attribute, Segment
from regulars.program.contracts.effects import Play
from regulars.program.contracts.fields import FieldType
from regulars.program.contracts.triggers import OnEvent
from regulars.program.contracts.values import Period, Ratio
from tests.engine.shop import Shop, at, base, give, rule

SEED = bytes(range(32))


def luck_of(activity: Activity, **fields: Any) -> Luck:
    value = hmac.new(SEED, activity.activity_id.bytes, hashlib.sha256).hexdigest()
    return Luck(value=value, **fields)


class Lucky(Shop):
    """A shop whose activities get their luck when it is asked for, and which counts what all members have won."""

    def ask(self, activity: Activity, **options: Any) -> Decision:
        try:
            return super().ask(activity, **options)
        except FactsNeeded as need:
            self.asked = need.draws
            used = {
                item: value for (key, item), value in self.counters.items() if key.metric == f"draws.{need.draws[0]}"
            }
            lucky = {name: luck_of(activity, used=used) for name in need.draws}
            return super().ask(replace(activity, luck={**activity.luck, **lucky}), **options)

    def spin(self, draw: str = "wheel") -> Decision:
        return self.do(self.activity("play", fields={"draw": draw}))


def prize(n: int, d: int = 1, points: int = 0, **fields: Any) -> Prize:
    return Prize(odds=Ratio(n, d), effects=(give(str(points)),) if points else (), **fields)


def wheel_of(prizes: dict[str, Prize], **fields: Any) -> Draw:
    return Draw(name="wheel", prizes=prizes, **fields)


SURE = {"cup": prize(1, 1, 7)}
PLAYS = rule("spin", Play(play="wheel"))


def plays(decision: Decision) -> list[tuple[str | None, str | None]]:
    return [(row.drawn, row.prize) for row in decision.games if isinstance(row, Played)]


def test_a_rule_gives_a_play_and_the_prize_is_named_after_the_draw() -> None:
    shop = Lucky(wheel_of(SURE), PLAYS)
    decision = shop.buy(1000)
    assert [(one.rule, one.points) for one in decision.fired] == [("draws.wheel", 7)]
    assert plays(decision) == [("cup", "cup")]
    assert [event.data for event in decision.events if event.type == "draw.played"] == [
        {"name": "wheel", "prize": "cup"}
    ]
    assert [one.code for one in decision.messages if one.code.startswith("draw")] == ["draw.won"]
    assert shop.active() == 7


def test_what_luck_says_is_what_anybody_works_out() -> None:
    # An independent computation in other words: HMAC of the activity's 16 bytes, SHA-256 with the number, 8 bytes.
    prizes = {"a": prize(1, 4, 1), "b": prize(1, 3, 2)}
    shop = Lucky(wheel_of(prizes), rule("spin", Play(play="wheel", times="20")))
    drawn = [one for one, _ in plays(shop.buy(1000))]
    mine = []
    for n in range(20):
        luck = hmac.digest(SEED, UUID(int=1001).bytes, "sha256")
        fraction = int(hashlib.sha256(luck + bytes([0, 0, 0, n])).hexdigest()[:16], 16) / 2**64
        mine.append("a" if fraction < 0.25 else "b" if fraction < 0.25 + 1 / 3 else None)
    assert drawn == mine
    assert {"a", "b", None} == set(mine)


def test_the_same_activity_again_draws_the_same() -> None:
    prizes = {"a": prize(1, 2, 1), "b": prize(1, 2, 2)}
    one, other = Lucky(wheel_of(prizes), PLAYS), Lucky(wheel_of(prizes), PLAYS)
    for _ in range(10):
        assert one.buy(100).recorded == other.buy(100).recorded
        assert one.state == other.state


def test_shares_of_the_wheel_are_exact() -> None:
    third = [("a", Ratio(1, 3)), ("b", Ratio(1, 3)), ("c", Ratio(1, 3))]
    assert wheel.choose(0, third) == "a"
    # 2^64 = 3 x 6148914691236517205 + 1: the first roll beyond a third is ...206.
    assert wheel.choose(6148914691236517205, third) == "a"
    assert wheel.choose(6148914691236517206, third) == "b"
    assert wheel.choose(2**64 - 1, third) == "c"
    assert wheel.choose(2**64 - 1, [("a", Ratio(99, 100))]) is None


def frequencies(odds: list[tuple[str, Ratio]], declared: dict[str, float], rolls: int) -> float:
    """How far what was drawn lies from what was declared: the chi-squared sum over all outcomes."""
    found: dict[str, int] = {}
    for number in range(rolls):
        value = hmac.new(SEED, number.to_bytes(16, "big"), hashlib.sha256).hexdigest()
        drawn = wheel.choose(wheel.roll(value, 0), odds) or "nothing"
        found[drawn] = found.get(drawn, 0) + 1
    return sum((found.get(name, 0) - share * rolls) ** 2 / (share * rolls) for name, share in declared.items())


def test_prizes_come_as_often_as_declared_and_a_false_declaration_is_noticed() -> None:
    odds = [("car", Ratio(1, 100)), ("cup", Ratio(1, 4)), ("pen", Ratio(1, 3))]
    true = {"car": 0.01, "cup": 0.25, "pen": 1 / 3, "nothing": 1 - 0.01 - 0.25 - 1 / 3}
    # Three degrees of freedom: beyond 16.3 once in a thousand.
    assert frequencies(odds, true, 20_000) < 16.3
    # Negative control: the same rolls do not fit odds that are 2 points in a hundred away.
    false = {"car": 0.01, "cup": 0.27, "pen": 1 / 3, "nothing": 1 - 0.01 - 0.27 - 1 / 3}
    assert frequencies(odds, false, 20_000) > 16.3


def test_a_play_that_wins_nothing_gets_what_is_otherwise() -> None:
    shop = Lucky(wheel_of({"never": prize(1, 10**9, 500)}, otherwise=(give("2"),)), PLAYS)
    decision = shop.buy(1000)
    assert plays(decision) == [(None, None)]
    assert shop.active() == 2


def test_a_play_is_paid_for_and_refused_when_short() -> None:
    shop = Lucky(wheel_of(SURE, price={"points": Ratio(5)}), base())
    assert shop.spin().refusal is not None
    shop.buy(800)
    decision = shop.spin()
    assert [(one.rule, one.points) for one in decision.fired] == [("draws.wheel", -5), ("draws.wheel", 7)]
    assert shop.active() == 10
    refusal = Lucky(wheel_of(SURE, price={"points": Ratio(5)})).spin().refusal
    assert refusal is not None
    assert refusal.code == "insufficient_points"


def test_without_a_price_a_play_cannot_be_bought() -> None:
    refusal = Lucky(wheel_of(SURE)).spin().refusal
    assert refusal is not None
    assert refusal.code == "not_for_sale"
    refusal = Lucky(wheel_of(SURE)).spin("whel").refusal
    assert refusal is not None
    assert (refusal.code, refusal.fields) == ("unknown_game", {"game": "draws.whel", "known": "wheel"})
    refusal = Lucky(wheel_of(SURE)).spin("").refusal
    assert refusal is not None
    assert (refusal.code, refusal.fields) == ("missing_part", {"type": "play", "part": "draw"})


def test_so_many_plays_in_a_period() -> None:
    shop = Lucky(wheel_of(SURE, price={"points": Ratio(1)}, plays={Period.DAY: 2}), base())
    shop.buy(1000)
    shop.spin(), shop.spin()
    third = shop.spin()
    assert third.refusal is not None
    assert (third.refusal.code, third.refusal.fields["most"]) == ("no_plays_left", 2)
    shop.now += dt.timedelta(days=1)
    assert shop.spin().outcome is Outcome.ACCEPTED


def test_a_rule_gives_no_more_plays_than_a_period_has() -> None:
    shop = Lucky(wheel_of(SURE, plays={Period.DAY: 2}), rule("spin", Play(play="wheel", times="basket.total / 10.00")))
    # 59.99 / 10.00: 5 plays, of which 2 a day.
    assert len(plays(shop.buy(5999))) == 2
    assert len(plays(shop.buy(5999))) == 0


def test_times_are_rounded_down() -> None:
    shop = Lucky(wheel_of(SURE), rule("spin", Play(play="wheel", times="basket.total / 10.00")))
    assert len(plays(shop.buy(5999))) == 5
    assert len(plays(shop.buy(999))) == 0


BORN = Attribute(name="birth_date", type=FieldType.DATE, purpose="service")


@pytest.mark.parametrize(
    ("born", "may"),
    [("2008-03-02", True), ("2008-03-03", False), (None, False), ("2008-02-29", True)],
)
def test_who_is_too_young_or_of_unknown_age_does_not_play(born: str | None, may: bool) -> None:
    # The day is 2 March 2026: 18 are those born on 2 March 2008 and before.
    shop = Lucky(BORN, wheel_of(SURE, price={"points": Ratio(1)}, age=18), base(), PLAYS)
    if born is not None:
        shop.profile(birth_date=born)
    assert bool(plays(shop.buy(1000))) is may
    spun = shop.spin()
    assert (spun.outcome is Outcome.ACCEPTED) is may
    if spun.refusal is not None:
        assert spun.refusal.code == "too_young_to_play"


def test_the_age_may_stand_in_another_attribute() -> None:
    born = Attribute(name="born", type=FieldType.DATE, purpose="service")
    shop = Lucky(BORN, born, wheel_of(SURE, age=18, born="born"), PLAYS)
    shop.profile(birth_date="1990-01-01")
    assert plays(shop.buy(1000)) == []
    shop.profile(born="1990-01-01")
    assert len(plays(shop.buy(1000))) == 1


def test_only_its_audience_plays_on_its_days() -> None:
    club = Segment(name="club", static=True)
    shop = Lucky(club, wheel_of(SURE, audience="club"), PLAYS)
    assert plays(shop.buy(1000)) == []
    condition = Lucky(wheel_of(SURE, audience="member.balances.points > 5", price={"points": Ratio(1)}), base())
    refused = condition.spin().refusal
    assert refused is not None
    assert refused.code == "game_not_for_member"
    condition.buy(600)
    assert condition.spin().outcome is Outcome.ACCEPTED
    dated = Lucky(wheel_of(SURE, price={"points": Ratio(1)}, until=dt.date(2026, 3, 3)), base())
    dated.buy(600)
    assert dated.spin().outcome is Outcome.ACCEPTED
    dated.now += dt.timedelta(days=1)
    refused = dated.spin().refusal
    assert refused is not None
    assert refused.code == "game_not_open"


def test_a_prize_that_is_gone_wins_nothing_and_says_what_was_drawn() -> None:
    shop = Lucky(wheel_of({"cup": prize(1, 1, 7, at_most={Period.MONTH: 2})}), PLAYS)
    found = [plays(shop.buy(100))[0] for _ in range(3)]
    assert found == [("cup", "cup"), ("cup", "cup"), ("cup", None)]
    assert shop.active() == 14
    shop.now = at("2026-04-01 10:00")
    # A new month has its own; the counter of the old one is not read.
    shop.counters.clear()
    assert plays(shop.buy(100)) == [("cup", "cup")]


def test_what_others_won_counts() -> None:
    shop = Lucky(wheel_of({"cup": prize(1, 1, 7, at_most={Period.EVER: 5})}), PLAYS)
    activity = shop.activity("purchase", lines=())
    won = replace(activity, luck={"wheel": luck_of(activity, used={"e/cup": 5})})
    assert plays(shop.do(won)) == [("cup", None)]
    last = shop.activity("purchase", lines=())
    assert plays(shop.do(replace(last, luck={"wheel": luck_of(last, used={"e/cup": 4})}))) == [("cup", "cup")]


def test_the_whole_draw_has_a_budget_of_prizes_also_within_one_activity() -> None:
    prizes = {"a": prize(1, 2, 1), "b": prize(1, 2, 1)}
    shop = Lucky(wheel_of(prizes, at_most={Period.DAY: 3}), rule("spin", Play(play="wheel", times="5")))
    assert [given is not None for _, given in plays(shop.buy(100))] == [True, True, True, False, False]
    assert {item: value for (_, item), value in shop.counters.items() if item == "d/"} == {"d/": 3}


def test_rules_listen_to_what_was_won() -> None:
    hears = rule(
        "hears", give("3"), trigger=OnEvent(event="draw.played", name="wheel"), **{"if": "event.prize == 'cup'"}
    )
    shop = Lucky(wheel_of(SURE), PLAYS, hears)
    assert [(one.rule, one.points) for one in shop.buy(100).fired] == [("draws.wheel", 7), ("hears", 3)]


def test_in_a_quote_nothing_is_drawn() -> None:
    shop = Lucky(wheel_of(SURE), PLAYS)
    activity = shop.activity("purchase", lines=())
    decision = shop.ask(replace(activity, luck={"wheel": Luck(value="")}))
    assert plays(decision) == []
    assert decision.fired == ()


def test_a_program_without_plays_needs_no_luck() -> None:
    shop = Lucky(wheel_of(SURE), base())
    shop.buy(1000)
    assert not hasattr(shop, "asked")


def test_tickets_wait_for_the_end() -> None:
    car = Prize(winners=1, effects=(give("900"),))
    lottery = Draw(name="lottery", drawn=Drawn.AT_END, prizes={"car": car})
    shop = Lucky(lottery, rule("ticket", Play(play="lottery", times="2")))
    decision = shop.buy(100)
    rows = [row for row in decision.games if isinstance(row, Played)]
    assert [(row.n, row.ticket, row.prize) for row in rows] == [(0, True, None), (1, True, None)]
    # March 2026 is month 2026 x 12 + 2.
    assert {row.cycle for row in rows} == {24314}
    won = shop.do(shop.activity("prize", fields={"game": "draws.lottery", "prize": "car", "cycle": 24314}))
    assert [(one.rule, one.points) for one in won.fired] == [("draws.lottery", 900)]
    assert [event.data for event in won.events if event.type == "draw.played"] == [{"name": "lottery", "prize": "car"}]


def test_a_blocked_card_does_not_pay_for_a_play() -> None:
    shop = Lucky(wheel_of(SURE, price={"points": Ratio(5)}), base())
    shop.buy(800)
    refusal = shop.do(shop.activity("play", fields={"draw": "wheel"}), card_blocked=True).refusal
    assert refusal is not None
    assert refusal.code == "card_blocked"


def test_the_engine_asks_for_luck_only_when_something_is_played() -> None:
    shop = Shop(wheel_of(SURE), PLAYS)
    with pytest.raises(FactsNeeded) as need:
        engine.decide(shop.compiled, shop.known(shop.activity("visit")), shop.activity("purchase"), now=shop.now)
    assert need.value.draws == ("wheel",)
    assert (
        engine.decide(shop.compiled, shop.known(shop.activity("visit")), shop.activity("visit"), now=shop.now).fired
        == ()
    )
