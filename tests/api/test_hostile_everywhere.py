"""Numbers that are none, in every field of every operation that takes a whole number (TRUST.md R7). The bodies are made
from the operations themselves, so that a new field is tried as soon as it is there."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest
from msgspec import inspect

from regulars.access.contracts import SCOPES
from regulars.api import app, describing
from regulars.api.describing import Operation
from regulars.kit import strict
from regulars.kit.address import Address
from regulars.kit.database import Database
from regulars.kit.errors import RegularsError
from regulars.kit.settings import Settings
from tests.api.conftest import new_key, running
from tests.api.test_hostile_amounts import HOSTILE, rows
from tests.api.test_rights import name_of
from tests.conftest import copied

MARK = "@@"
EVERY = bool(os.environ.get("REGULARS_EXAMPLES"))
"""Over HTTP all of them, as in `make faults`, or three."""
WITH_BODY = [each for each in describing.operations(app.routes_only()) if each.description.body not in {None, dict}]
_PATTERNS = {"^[A-Z]{3}$": "EUR", "^[A-Z]{2}$": "MD"}
_PLAIN: dict[type, Any] = {
    inspect.BoolType: True,
    inspect.FloatType: 1.5,
    inspect.DateTimeType: "2027-01-01T09:00:00Z",
    inspect.DateType: "2027-01-01",
    inspect.UUIDType: "01a20306-671e-74a8-af49-a2a104c929d0",
    inspect.NoneType: None,
    inspect.AnyType: "x",
    inspect.RawType: {},
    inspect.DictType: {},
}


def plain(kind: Any) -> Any:
    """The least that a type takes."""
    if isinstance(kind, inspect.Metadata):
        return plain(kind.type)
    if isinstance(kind, inspect.StructType):
        return {field.encode_name: plain(field.type) for field in kind.fields if field.required}
    if isinstance(kind, inspect.UnionType):
        return plain(next((one for one in kind.types if not isinstance(one, inspect.NoneType)), kind.types[0]))
    if isinstance(kind, inspect.ListType | inspect.VarTupleType):
        return [plain(kind.item_type)] * (kind.min_length or 0)
    if isinstance(kind, inspect.LiteralType):
        return kind.values[0]
    if isinstance(kind, inspect.EnumType):
        return next(iter(kind.cls)).value
    if isinstance(kind, inspect.StrType):
        return _PATTERNS.get(kind.pattern or "", "a" * max(kind.min_length or 1, 1))
    if isinstance(kind, inspect.IntType):
        return max(kind.ge or 0, 1 if kind.le is None or kind.le >= 1 else kind.le)
    return _PLAIN[type(kind)]


def marked(kind: Any) -> Iterator[tuple[str, Any, Any]]:
    """Of every whole number in a type: its path, the least body with a mark in its place, and what it may be."""
    if isinstance(kind, inspect.Metadata):
        yield from marked(kind.type)
    elif isinstance(kind, inspect.StructType):
        least = plain(kind)
        for field in kind.fields:
            for path, inner, what in marked(field.type):
                yield f"{field.encode_name}{path}", least | {field.encode_name: inner}, what
    elif isinstance(kind, inspect.IntType):
        yield "", MARK, (kind,)
    elif isinstance(kind, inspect.UnionType):
        for one in kind.types:
            for path, inner, what in marked(one):
                yield path, inner, flat(kind) if inner == MARK else what
    elif isinstance(kind, inspect.ListType | inspect.VarTupleType):
        for path, inner, what in marked(kind.item_type):
            yield f"[]{path}", [inner], what
    elif isinstance(kind, inspect.DictType):
        for path, inner, what in marked(kind.value_type):
            yield f".*{path}", {"a": inner}, what


def flat(kind: Any) -> tuple[Any, ...]:
    """All that a union may be."""
    if isinstance(kind, inspect.Metadata):
        return flat(kind.type)
    return tuple(one for part in kind.types for one in flat(part)) if isinstance(kind, inspect.UnionType) else (kind,)


def hostile(path: str, what: tuple[Any, ...]) -> list[str]:
    """What may not stand there. How many units there are is judged later than the rest: test_hostile_amounts.py."""
    text = any(isinstance(one, inspect.StrType | inspect.BoolType | inspect.LiteralType) for one in what)
    found = HOSTILE[:-2] if text else HOSTILE
    return (
        [one for one in found if not one.strip("-").isdigit() or len(one) < 16] if path.endswith("quantity") else found
    )


def cases() -> Iterator[tuple[str, Operation, str, Any]]:
    for each in WITH_BODY:
        seen = set()
        for path, body, what in marked(inspect.type_info(each.description.body)):
            if path not in seen:
                seen.add(path)
                yield f"{name_of(each)} {path}", each, json.dumps(body), what


CASES = {name: (each, body, what) for name, each, body, what in cases()}


def written(body: str, literal: str) -> bytes:
    return body.replace(f'"{MARK}"', literal).encode()


def test_there_are_such_fields_all_over_the_house() -> None:
    assert len(CASES) > 120
    assert len({each.path.split("/")[2] for each, _, _ in CASES.values()}) >= 12


def refused(raw: bytes, decoder: Any) -> int | None:
    try:
        strict.decode(raw, decoder)
    except RegularsError as fault:
        return fault.status
    return None


@pytest.mark.parametrize("name", sorted({name_of(each) for each, _, _ in CASES.values()}))
def test_r7_every_whole_number_is_read_strictly(name: str) -> None:
    for case, (each, body, what) in CASES.items():
        if name_of(each) != name:
            continue
        decoder: Any = msgspec.json.Decoder(each.description.body)
        # Control: the body is right but for its number, so that it is refused for nothing else.
        whole = next(one for one in what if isinstance(one, inspect.IntType))
        strict.decode(written(body, str(plain(whole))), decoder)
        for literal in hostile(case, what):
            assert refused(written(body, literal), decoder) == 422, (case, literal)


@pytest.fixture(scope="module")
async def house(template: Address, tmp_path_factory: pytest.TempPathFactory) -> Any:
    settings = Settings(home=tmp_path_factory.mktemp("hostile"), rate_limit_per_s=1_000_000, rate_limit_burst=1_000_000)
    with copied(template) as where:
        async with running(settings, where) as client, Database(where, size=2) as database:
            yield client, where, await new_key(database, program="one", scopes=SCOPES)


async def test_r7_over_http_they_are_refused_and_no_row_is_written(
    house: tuple[httpx.AsyncClient, Address, str],
) -> None:
    client, where, token = house
    before, count = await rows(where), 0
    for case, (each, body, what) in CASES.items():
        for literal in hostile(case, what) if EVERY else ("1e400", "9223372036854775808", "-0"):
            path = "/".join("1" if part.startswith("{") else part for part in each.path.split("/"))
            headers = {"authorization": f"Bearer {token}", "idempotency-key": f"k{count}"}
            answer = await client.request(each.method, path, content=written(body, literal), headers=headers)
            count += 1
            if each.path.endswith("/activities") and "tills" in each.path:
                # Each act is answered by itself, in an envelope that is right; a till of this id there is not.
                assert answer.status_code in {404, 422}, (case, answer.text)
            # What a path names that is not there may be told first.
            assert answer.status_code in {404, 422}, (case, literal, answer.status_code, answer.text)
    assert await rows(where) == before
    assert count >= 3 * len(CASES)
