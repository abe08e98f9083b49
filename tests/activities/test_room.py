"""How many activities may wait: a burst all, a flood only those that are answered in time."""

from __future__ import annotations

from regulars.activities.batcher import Room


def room() -> Room:
    return Room(lanes=2, batch_most=200, most=2000)


def test_before_anything_is_known_and_while_batches_are_small_all_of_the_room_is_there() -> None:
    one = room()
    assert one.left == 2000
    one.learn(99, 5.0)
    assert one.left == 2000


def test_while_batches_are_full_only_so_many_wait_as_are_written_in_time() -> None:
    one = room()
    one.learn(200, 0.04)
    # Two lanes write 200 in 40 ms each: 10,000 a second, of which 0.1 s may wait.
    assert one.left == 1000
    one.learn(200, 0.4)
    # Never less than a batch: else a slow disk would turn away what tills send at once.
    assert one.left == 200
    one.learn(200, 0.000_001)
    assert one.left == 2000


def test_batches_of_one_leave_room_for_many() -> None:
    one = Room(lanes=8, batch_most=1, most=2000)
    one.learn(1, 0.02)
    assert one.left == 200


def test_when_the_flood_is_over_all_of_the_room_is_there_again() -> None:
    one = room()
    one.learn(150, 0.4)
    assert one.left == 200
    one.learn(10, 0.01)
    assert one.left == 2000
