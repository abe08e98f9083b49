"""How many activities may wait: a burst a quarter of a second's worth, a flood only those that are answered in time."""

from __future__ import annotations

from regulars.activities.room import Pace, Room


def room() -> Room:
    return Room(lanes=2, batch_most=200, most=2000)


def flooded(one: Room, *, fixed_s: float, each_s: float) -> Room:
    """In a flood on a machine where each batch costs so much, and each activity in it so much."""
    for number in range(40):
        one.admits(one.left, 0.1 * number)
        one.learn(one.batch, fixed_s + each_s * one.batch, 0.1 * number)
    return one


def test_before_anything_is_known_all_of_the_room_is_there() -> None:
    one = room()
    assert (one.left, one.batch) == (2000, 200)
    assert one.admits(1999, 1.0)
    assert not one.admits(2000, 1.0)


def test_a_burst_finds_room_for_what_is_written_in_a_quarter_of_a_second() -> None:
    one = room()
    one.learn(200, 0.1, 1.0)
    # Two lanes write 200 in a tenth of a second each: 4,000 a second.
    assert (one.left, one.batch) == (1000, 200)


def test_200_may_always_come_at_once() -> None:
    one = room()
    one.learn(10, 2.0, 1.0)
    assert one.left == 200
    single = Room(lanes=8, batch_most=1, most=2000)
    single.learn(1, 0.2, 1.0)
    assert single.left == 200


def test_in_a_flood_batches_take_a_twentieth_of_a_second_and_as_many_wait_as_the_next_ones_take() -> None:
    # 5 ms a batch and 0.5 ms each: 45 ms are left for 90 of them, in each of two lanes.
    one = flooded(room(), fixed_s=0.005, each_s=0.0005)
    assert abs(one.batch - 90) <= 2
    assert one.left == 2 * one.batch


def test_a_fast_machine_keeps_its_large_batches() -> None:
    # 200 in 23 ms.
    one = flooded(room(), fixed_s=0.003, each_s=0.0001)
    assert (one.batch, one.left) == (200, 400)


def test_where_each_batch_costs_much_it_takes_three_times_that_and_no_less() -> None:
    # 100 ms whatever is written, and 5 ms each: 300 ms for a batch of 40. Shorter ones would write much less in all.
    one = flooded(room(), fixed_s=0.1, each_s=0.005)
    assert abs(one.batch - 40) <= 2
    assert one.left == 2 * one.batch


def test_where_each_activity_takes_long_a_few_go_together_and_a_few_wait() -> None:
    one = flooded(room(), fixed_s=0.001, each_s=0.02)
    assert (one.batch, one.left) == (16, 32)


def test_a_flood_is_over_when_nobody_was_turned_away_for_a_second() -> None:
    one = flooded(room(), fixed_s=0.001, each_s=0.02)
    one.learn(10, 0.2, 4.89)
    assert one.left == 32
    one.learn(10, 0.2, 4.91)
    assert (one.left, one.batch) == (200, 200)


def test_batches_of_one_size_say_how_slow_all_is_and_not_what_one_more_costs() -> None:
    pace = Pace()
    for count in (10, 100):
        pace.learn(count, 0.01 + 0.001 * count)
    assert (round(pace.fixed_s, 6), round(pace.each_s, 6)) == (0.01, 0.001)
    steady = Pace()
    for _ in range(60):
        steady.learn(50, 0.1)
    assert (round(steady.fixed_s, 6), round(steady.each_s, 6)) == (0.0, 0.002)


def test_an_odd_batch_does_not_make_activities_cost_nothing() -> None:
    pace = Pace()
    pace.learn(100, 0.1)
    pace.learn(2, 3.0)
    assert pace.each_s > 0
    assert pace.fits(0.05) >= 1
