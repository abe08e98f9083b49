"""How many activities may wait, and how many of them go together, so that who is let in is answered soon."""

from __future__ import annotations

import math
from typing import Final

BURST_S: Final = 0.25
"""What comes at once may wait for so long; whatever else comes meanwhile is turned away, and then it is a flood."""
CROWD: Final = 200
"""So many may always come at once, however slowly they are written."""
TURN_S: Final = 0.05
"""So long a batch may take in a flood: who is let in waits for the one under way and for its own."""
TIMES: Final = 3
"""Where a batch costs much in any case it may take so many times that: with shorter ones less would be written in all,
and what could be written would be turned away."""
TOGETHER: Final = 16
"""So many go together in a flood at least, and twice as many may wait."""
RELIEF_S: Final = 1.0
"""A flood is over when nobody was turned away for so long."""


class Pace:
    """How long a batch takes by its size, learnt from the last few: so much in any case, and so much for each."""

    __slots__ = ("_counts", "_products", "_squares", "_times_s", "_weight", "each_s", "fixed_s")

    FADES: Final = 0.9
    """How much of what is known stays with each batch."""
    SPREAD: Final = 0.1
    """Batches of nearly one size say nothing of what one more costs, only how slow all is."""
    EACH_LEAST: Final = 0.25
    """At least so much of the time goes with the size, whatever a few odd batches say."""

    def __init__(self) -> None:
        self._weight = self._counts = self._times_s = self._squares = self._products = 0.0
        self.fixed_s = self.each_s = 0.0

    def learn(self, count: int, took_s: float) -> None:
        """A batch of so many took so long."""
        keep = self.FADES
        self._weight = self._weight * keep + 1
        self._counts = self._counts * keep + count
        self._times_s = self._times_s * keep + took_s
        self._squares = self._squares * keep + count * count
        self._products = self._products * keep + count * took_s
        mean, mean_s = self._counts / self._weight, self._times_s / self._weight
        spread = self._squares / self._weight - mean * mean
        known_s = self.took_s(mean)
        if spread > (self.SPREAD * mean) ** 2:
            each_s = (self._products / self._weight - mean * mean_s) / spread
        else:
            each_s = self.each_s * mean_s / known_s if known_s else mean_s / mean
        self.each_s = min(max(each_s, self.EACH_LEAST * mean_s / mean), mean_s / mean)
        self.fixed_s = max(mean_s - self.each_s * mean, 0.0)

    def took_s(self, count: float) -> float:
        """How long a batch of so many takes."""
        return self.fixed_s + self.each_s * count

    def fits(self, within_s: float) -> int:
        """How many are written in one batch within so long, or within `TIMES` what it costs in any case."""
        left_s = max(within_s, TIMES * self.fixed_s) - self.fixed_s
        return int(left_s / self.each_s) if self.each_s > 0 else 0


class Room:
    """How many activities may wait, and the most that go together. A burst finds room for what is written in a
    quarter of a second; in a flood batches are as large as they are written in time, and only so many are let in as
    the next one of each lane takes: an answer that comes late is worth less than a 503 at once."""

    __slots__ = ("_batch_most", "_lanes", "_most", "_pace", "_refused_at_s", "batch", "left")

    def __init__(self, *, lanes: int, batch_most: int, most: int) -> None:
        self._lanes = lanes
        self._batch_most = batch_most
        self._most = most
        self._pace = Pace()
        self._refused_at_s = -math.inf
        self.left = most
        """The most that may wait now."""
        self.batch = batch_most
        """The most that may go together now."""

    def admits(self, waiting: int, now_s: float) -> bool:
        """Whether one more may wait beside so many; that somebody is turned away is remembered."""
        if waiting < self.left:
            return True
        self._refused_at_s = now_s
        return False

    def learn(self, count: int, took_s: float, now_s: float) -> None:
        """A lane wrote a batch of so many in so many seconds."""
        self._pace.learn(count, max(took_s, 1e-6))
        if now_s - self._refused_at_s > RELIEF_S:
            self.batch = self._batch_most
            in_time = self._lanes * self.batch * BURST_S / self._pace.took_s(self.batch)
            self.left = min(max(int(in_time), CROWD), self._most)
        else:
            # It shrinks at once and grows by and by: one quick batch says little.
            self.batch = min(max(self._pace.fits(TURN_S), TOGETHER), 2 * self.batch, self._batch_most)
            self.left = min(self._lanes * max(self.batch, TOGETHER), self._most)
