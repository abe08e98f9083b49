"""Numbers that are none are refused in each field of each operation, and nothing is written (LEDGER.md L38, TRUST.md R7)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from msgspec import inspect

from regulars.api import app, describing
from regulars.kit import edge, ids
from regulars.kit.address import Address
from regulars.kit.database import Database
from regulars.program import service as program
from tests.api.conftest import new_key

ACTIVITY = ids.to_wire("act", edge.new_id(edge.now()))
MEMBER = {"phone": "+37369123456"}
BASKET: dict[str, Any] = {
    "member": MEMBER,
    "lines": [{"no": 1, "amount": 1, "quantity": 1}],
    "payments": [{"kind": "cash", "amount": 1}],
    "pay": [{"currency": "points", "points": 1}],
    "fields": {"minutes": 1},
}
RETURNED = [{"no": 1, "quantity": 1}, {"no": 2, "amount": 1}]
# A body with every whole number that its operation takes.
BODIES: dict[str, dict[str, Any]] = {
    "/v1/quotes": BASKET,
    "/v1/purchases": BASKET,
    "/v1/purchases/{activity_id}/void": {},
    "/v1/exchanges": {**BASKET, "sale": {"activity_id": ACTIVITY}, "returned": RETURNED},
    "/v1/returns": {"sale": {"activity_id": ACTIVITY}, "lines": RETURNED, "fields": {"x": 1}},
    "/v1/returns#amount": {"sale": {"activity_id": ACTIVITY}, "amount": 1},
    "/v1/returns#settled": {"sale": {"activity_id": ACTIVITY}, "settled": 1},
    "/v1/holds": {"member": MEMBER, "currency": "points", "points": 1, "ttl_s": 60},
    "/v1/holds/{hold_id}/capture": {"points": 1},
    "/v1/holds/{hold_id}/void": {},
    "/v1/activities": {
        "type": "adjust",
        "member": MEMBER,
        "lines": [{"no": 1, "amount": 1, "quantity": 1}],
        "fields": {"minutes": 1},
        "adjustment": {"currency": "points", "points": 1, "reason": "x"},
    },
    "/v1/activities#profile": {"type": "profile", "member": MEMBER, "profile": {"attributes": {"age": 1}}},
}
HOSTILE = [
    "NaN",
    "-NaN",
    "Infinity",
    "1e400",
    "1e2",
    "-0",
    "0.30000000000000004",
    "5.0",
    "9007199254740992",
    "9223372036854775808",
    "-9223372036854775809",
    "１２",
    "05",
    "0x10",
    "1_000",
    '"１２"',
    "true",
]
CHECKOUT = {each.path: each for each in describing.operations(app.routes_only()) if each.path in BODIES}
SHOP = (Path(__file__).resolve().parents[1] / "journeys" / "corner_shop.yaml").read_text()


def numbers(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of all whole numbers in a body."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from numbers(inner, (*path, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from numbers(inner, (*path, place))
    elif type(value) is int:
        yield path


def with_number(body: Any, path: tuple[Any, ...], literal: str) -> bytes:
    """The JSON of a body with one number written as `literal`."""
    marked = json.loads(json.dumps(body))
    place = marked
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = "@@"
    return json.dumps(marked).replace('"@@"', literal).encode()


def whole_numbers_of(kind: Any) -> Iterator[str]:
    """The names of the fields of a body, and of what is in it, that may hold a whole number."""
    if isinstance(kind, inspect.Metadata):
        yield from whole_numbers_of(kind.type)
    elif isinstance(kind, inspect.StructType):
        for field in kind.fields:
            inner = list(whole_numbers_of(field.type))
            yield from (field.encode_name if each == "." else each for each in inner)
    elif isinstance(kind, inspect.IntType):
        yield "."
    elif isinstance(kind, inspect.UnionType):
        for each in kind.types:
            yield from whole_numbers_of(each)
    elif isinstance(kind, (inspect.ListType, inspect.VarTupleType)):
        yield from whole_numbers_of(kind.item_type)
    elif isinstance(kind, inspect.DictType):
        yield from whole_numbers_of(kind.value_type)


@pytest.mark.parametrize("path", CHECKOUT)
def test_the_bodies_above_have_every_whole_number(path: str) -> None:
    declared = set(whole_numbers_of(inspect.type_info(CHECKOUT[path].description.body)))
    bodies = [body for name, body in BODIES.items() if name.partition("#")[0] == path]
    places = [place for body in bodies for place in numbers(body)]
    tried = {next(step for step in reversed(place) if isinstance(step, str)) for place in places}
    # Inside `fields` and `attributes` the names are the program's.
    assert declared - {"fields", "attributes"} == tried - {"minutes", "age", "x"}


@pytest.mark.parametrize("path", [path for path in BODIES if list(numbers(BODIES[path]))])
async def test_hostile_numbers_are_refused_and_write_nothing(
    client: httpx.AsyncClient, database: Database, address: Address, path: str
) -> None:
    token = await new_key(database, program="one", scopes=("till", "activities:write", "members:write"))
    async with database.transaction(programs=[1]) as tx:
        await program.publish(tx, program_id=1, text=SHOP, by="test", now=edge.now())
    url = path.partition("#")[0].replace("{hold_id}", ids.to_wire("hld", edge.new_id(edge.now())))
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    before = await rows(address)
    for n, place in enumerate(numbers(BODIES[path])):
        # What a program's own field holds is the program's to say: a text or true may be right there.
        own = place[0] == "fields" or "attributes" in place
        for m, literal in enumerate(HOSTILE[:-2] if own else HOSTILE):
            sent = with_number(BODIES[path], place, literal)
            answer = await client.post(url, content=sent, headers={**headers, "idempotency-key": f"{n}-{m}"})
            problem = answer.json()
            assert answer.status_code == 422, (sent, problem)
            assert problem["code"] in {
                "attribute_invalid",
                "field_fault",
                "malformed_json",
                "malformed_quantity",
                "negative_zero",
                "not_a_whole_number",
                "validation_fault",
            }, (sent, problem)
            assert problem["detail"]
    assert await rows(address) == before


async def test_the_same_bodies_pass_with_a_plain_number(database: Database) -> None:
    """The control: the bodies are refused for their numbers and for nothing else."""
    for path, body in BODIES.items():
        for place in numbers(body):
            decoder: Any = msgspec.json.Decoder(CHECKOUT[path.partition("#")[0]].description.body)
            decoder.decode(with_number(body, place, "7"))


@pytest.mark.parametrize(
    ("quantity", "code"),
    [
        ('"1.2345"', "quantity_too_fine"),
        ('"1.2500"', "quantity_too_fine"),
        ('"1,5"', "malformed_quantity"),
        ('"-1"', "malformed_quantity"),
        ('"0"', "malformed_quantity"),
        ("0", "malformed_quantity"),
        ('""', "malformed_quantity"),
        ('"1e3"', "malformed_quantity"),
        ("1.5", "validation_fault"),
    ],
)
async def test_a_quantity_is_whole_or_a_decimal_in_quotes(
    client: httpx.AsyncClient, database: Database, quantity: str, code: str
) -> None:
    token = await new_key(database, program="one", scopes=("till",))
    sent = with_number(BASKET, ("lines", 0, "quantity"), quantity)
    headers = {"authorization": f"Bearer {token}", "idempotency-key": "k"}
    answer = await client.post("/v1/purchases", content=sent, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert "lines[0].quantity" in answer.json()["detail"]


async def rows(address: Address) -> dict[str, int]:
    """How many rows every table has, as its owner counts them."""
    async with Database(address, role="admin", size=1) as owner, owner.transaction(programs=[]) as tx:
        names = await tx.fetch(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = 'regulars' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
        )
        return {
            name["relname"]: await tx.fetchval(f'SELECT count(*) FROM regulars."{name["relname"]}"') for name in names
        }
