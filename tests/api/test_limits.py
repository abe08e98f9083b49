"""The token bucket, with the time in our hands."""

from __future__ import annotations

from uuid import UUID

from regulars.api.limits import Buckets

A, B = UUID(int=1), UUID(int=2)


def test_a_burst_is_allowed_and_then_the_rate() -> None:
    buckets = Buckets(rate_per_s=2, burst=3)
    assert [buckets.take(A, now_s=0).wait_s for _ in range(4)] == [0, 0, 0, 1]
    # Half a second brings one back.
    assert [buckets.take(A, now_s=0.5).wait_s for _ in range(2)] == [0, 1]


def test_each_key_has_a_bucket_of_its_own() -> None:
    buckets = Buckets(rate_per_s=1, burst=1)
    assert buckets.take(A, now_s=0).wait_s == 0
    assert buckets.take(A, now_s=0).wait_s == 1
    assert buckets.take(B, now_s=0).wait_s == 0


def test_a_key_with_a_rate_of_its_own_is_held_to_it() -> None:
    buckets = Buckets(rate_per_s=1000, burst=1000)
    first = buckets.take(A, now_s=0, rate_per_minute=6)
    assert (first.limit, first.window_s, first.remaining, first.reset_s) == (6, 60, 5, 10)
    for _ in range(5):
        buckets.take(A, now_s=0, rate_per_minute=6)
    assert buckets.take(A, now_s=0, rate_per_minute=6).wait_s == 10


def test_a_clock_that_goes_back_takes_nothing_away() -> None:
    buckets = Buckets(rate_per_s=1, burst=5)
    assert buckets.take(A, now_s=100).remaining == 4
    assert buckets.take(A, now_s=50).remaining == 3
