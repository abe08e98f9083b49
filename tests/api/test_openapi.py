"""docs/openapi.json and docs/errors.md say what the code does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from regulars import assembly
from regulars.api import app, describing, openapi, problems
from regulars.kit import strict

DOCS = Path(__file__).resolve().parents[2] / "docs"
DOCUMENT: dict[str, Any] = json.loads(msgspec.json.encode(describing.document(app.routes_only())))


def test_the_exported_description_is_fresh(tmp_path: Path) -> None:
    openapi.write(tmp_path)
    assert (DOCS / "openapi.json").read_bytes() == (tmp_path / "openapi.json").read_bytes(), "run: make openapi"
    assert (DOCS / "errors.md").read_text() == (tmp_path / "errors.md").read_text(), "run: make openapi"


def test_no_two_errors_share_a_code() -> None:
    assembly.load_errors()
    codes = [kind.code for kind in problems.every_error()]
    assert sorted(codes) == sorted(set(codes))


@pytest.mark.parametrize(
    "each", describing.operations(app.routes_only()), ids=lambda each: f"{each.method} {each.path}"
)
def test_every_example_of_a_body_is_one_that_is_taken(each: describing.Operation) -> None:
    if each.description.body is None:
        return
    decoder = msgspec.json.Decoder(each.description.body)
    for example in each.description.examples:
        strict.decode(msgspec.json.encode(example.body), decoder)


@pytest.mark.parametrize(
    "each", describing.operations(app.routes_only()), ids=lambda each: f"{each.method} {each.path}"
)
def test_every_example_of_an_answer_has_its_form(each: describing.Operation) -> None:
    if each.description.answer is None:
        return
    for example in each.description.examples:
        if example.answer is not None:
            msgspec.json.decode(msgspec.json.encode(example.answer), type=each.description.answer)


def test_operations_say_their_right_their_key_and_their_errors() -> None:
    purchase = DOCUMENT["paths"]["/v1/purchases"]["post"]
    assert purchase["security"] == [{"key": ["till"]}]
    assert [each["name"] for each in purchase["parameters"]] == ["Idempotency-Key"]
    assert purchase["parameters"][0]["required"] is True
    assert {"201", "401", "403", "413", "422", "429", "503", "default"} <= set(purchase["responses"])
    assert "Idempotency-Replayed" in purchase["responses"]["201"]["headers"]
    assert DOCUMENT["paths"]["/v1/quotes"]["post"]["parameters"] == []


def test_every_reference_leads_somewhere() -> None:
    known = {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}

    def references(value: Any) -> set[str]:
        if isinstance(value, dict):
            own = {value["$ref"]} if "$ref" in value else set()
            return own.union(*(references(each) for each in value.values()))
        return set().union(*(references(each) for each in value)) if isinstance(value, list) else set()

    assert references(DOCUMENT) <= known


def test_operation_ids_are_unique() -> None:
    names = [each["operationId"] for path in DOCUMENT["paths"].values() for each in path.values()]
    assert len(names) == len(set(names))
