"""The load maker: plain HTTP over kept connections, in a process of its own; open loop by intended time, or closed."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from multiprocessing import get_context
from typing import Any, Final

import msgspec

from benchmarks import world

_END: Final = b"\r\n\r\n"


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What to send. `rate` per second from a clock that does not wait (open loop); 0: as fast as answers come."""

    host: str
    port: int
    token: str
    path: str
    seconds: float
    connections: int
    members: int
    run: str
    rate: float = 0.0
    seed: int = 1
    skewed: bool = False
    keyed: bool = True
    warm_up_s: float = 1.0
    codes: tuple[str, ...] = ()
    """Codes of vouchers that every basket shows."""


class Outcome(msgspec.Struct, kw_only=True):
    """What came of it after the warm-up. Latency counts from the moment a request was meant to leave."""

    count: int
    seconds: float
    p50_ms: float
    p99_ms: float
    worst_ms: float
    statuses: dict[int, int]
    cpu_share: float
    acknowledged: list[str]
    served_p99_ms: float = 0.0
    """Of those that were answered with yes."""

    @property
    def per_s(self) -> float:
        """Answers a second."""
        return self.count / self.seconds


def make(load: Load) -> Outcome:
    """Run the load in a process of its own, so that its work is not counted as the server's."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=_process, args=(load, theirs), daemon=True)
    child.start()
    theirs.close()
    try:
        found, fault = ours.recv()
    finally:
        child.join()
    if fault:
        raise RuntimeError(f"the load maker failed: {fault}")
    return msgspec.msgpack.decode(found, type=Outcome)


def _process(load: Load, pipe: Any) -> None:
    try:
        pipe.send((msgspec.msgpack.encode(asyncio.run(_run(load))), ""))
    except Exception as error:  # noqa: BLE001 - the parent must hear of it, whatever it is
        pipe.send((b"", f"{type(error).__name__}: {error}"))


class _Shared:
    def __init__(self, load: Load) -> None:
        self.load = load
        self.began = time.perf_counter()
        self.measured_from = self.began + load.warm_up_s
        self.until = self.measured_from + load.seconds
        self.source: Iterator[world.Request] = world.requests(
            run=load.run,
            seed=load.seed,
            members=load.members,
            skewed=load.skewed,
            keyed=load.keyed,
            codes=load.codes,
        )
        self.waits: list[float] = []
        self.served: list[float] = []
        self.statuses: Counter[int] = Counter()
        self.acknowledged: list[str] = []
        self.sent = 0
        self.head = (
            f"POST {load.path} HTTP/1.1\r\nhost: {load.host}\r\nauthorization: Bearer {load.token}\r\n"
            "content-type: application/json\r\n"
        ).encode()

    def intended(self) -> float | None:
        """When the next request is to leave; None when the time is over."""
        now = time.perf_counter()
        at = now if self.load.rate == 0 else self.began + self.sent / self.load.rate
        if at >= self.until or now >= self.until:
            return None
        self.sent += 1
        return at

    def packed(self) -> tuple[str, bytes]:
        """The next request as it goes over the wire."""
        one = next(self.source)
        key = f"idempotency-key: {one.key}\r\n" if self.load.keyed else ""
        return one.key, self.head + f"{key}content-length: {len(one.body)}\r\n\r\n".encode() + one.body


async def _run(load: Load) -> Outcome:
    shared = _Shared(load)
    cpu = time.process_time()
    await asyncio.gather(*(_connection(shared) for _ in range(load.connections)))
    took = time.perf_counter() - shared.began
    waits = sorted(shared.waits)
    if not waits:
        raise RuntimeError("no answer came in time")
    return Outcome(
        count=len(waits),
        seconds=load.seconds,
        p50_ms=_part(waits, 0.5),
        p99_ms=_part(waits, 0.99),
        worst_ms=round(waits[-1] * 1000, 3),
        statuses=dict(shared.statuses),
        cpu_share=round((time.process_time() - cpu) / took, 3),
        acknowledged=shared.acknowledged,
        served_p99_ms=_part(sorted(shared.served), 0.99) if shared.served else 0.0,
    )


async def _connection(shared: _Shared) -> None:
    reader, writer = await asyncio.open_connection(shared.load.host, shared.load.port, limit=1 << 20)
    try:
        while (at := shared.intended()) is not None:
            if (pause := at - time.perf_counter()) > 0:
                await asyncio.sleep(pause)
            key, request = shared.packed()
            writer.write(request)
            status = await _answer(reader)
            done = time.perf_counter()
            if status < 300:
                shared.acknowledged.append(key)
            if shared.measured_from <= at and done <= shared.until + 1.0:
                shared.waits.append(done - at)
                if status < 300:
                    shared.served.append(done - at)
                shared.statuses[status] += 1
    finally:
        writer.close()


async def _answer(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(_END)
    place = head.lower().index(b"content-length:") + 15
    size = int(head[place : head.index(b"\r\n", place)])
    await reader.readexactly(size)
    return int(head[9:12])


def _part(waits: list[float], share: float) -> float:
    return round(waits[min(int(len(waits) * share), len(waits) - 1)] * 1000, 3)
