"""What an account remembers: states stored by earlier releases are read, and looked at anew."""

from __future__ import annotations

from regulars.engine import service as engine
from regulars.engine import state as states
from regulars.program.contracts.definitions import Measure, Metric, Segment
from regulars.program.contracts.values import Period, Window, WindowKind
from tests.engine.shop import MEMBER, Shop, base

# Stored by 0.1.0 after a purchase of 123.45 on 2 March 2026 under the program of `shop` below.
OF_0_1_0 = bytes.fromhex(
    "96919ac41000000000000000000000000000000007cd5022cf0000019cadfd8900809091a3626967810092cd5efacd303981a462617365"
    "cf000139c6927290008080cd50220181a6706f696e74739192d6ff6bad69500c80c0"
)


def shop() -> Shop:
    month = Window(kind=WindowKind.PERIOD, period=Period.MONTH)
    spend = Metric(name="spend", measure=Measure.SUM, value="basket.total", window=month)
    big = Segment(name="big", if_="member.metrics.spend >= 100.00")
    return Shop(spend, big, base("basket.base / 10", carry=True))


def test_a_state_of_the_first_release_is_read_and_its_metrics_are_to_be_filled() -> None:
    read = states.decode(OF_0_1_0)
    assert [one.id for one in read.members] == [MEMBER.bytes]
    assert (read.members[0].segments, read.members[0].carries) == (["big"], {"base": 345_000_000_000_000})
    assert (read.filled, read.judged, read.household) == (0, 0, None)
    assert states.kept_under(OF_0_1_0) == (0, 0)
    assert engine.filled(OF_0_1_0) == 0


def test_the_mark_of_a_state_is_that_of_the_whole() -> None:
    one = shop()
    one.buy(12345)
    whole = states.decode(one.state)
    assert states.kept_under(one.state) == (whole.filled, whole.judged) == (1, 1)
