"""Every guide of a preset that types at a till is right, figure by figure."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from regulars.access.contracts import SCOPES
from regulars.program import service as programs
from tests.docs import guides
from tests.docs import shop as shops
from tests.docs.session import Session
from tests.docs.shop import Shop
from tests.journeys.conftest import Server

PRESETS = ("bank", "club", "fuel", "pharmacy")


def key(url: str, token: str, label: str, scopes: list[str]) -> str:
    """The token of a key with these scopes and no more."""
    made = httpx.post(
        f"{url}/v1/keys", json={"label": label, "scopes": scopes}, headers={"authorization": f"Bearer {token}"}
    )
    return str(made.json()["token"])


@pytest.fixture(scope="session")
def noon() -> Iterator[Shop]:
    """A server at noon: by night other rules of some presets hold, as their guides say."""
    with shops.opened(at_noon=True) as (found, _):
        yield found


@pytest.mark.parametrize("preset", PRESETS)
def test_a_guide_says_what_comes_back(noon: Shop, preset: str) -> None:
    shop = noon
    server = Server(shop.folder / "shop")
    token = asyncio.run(server.found(name=preset, text=programs.preset(preset), scopes=("admin",)))
    keys = {name: key(shop.url, token, name, scopes) for name, scopes in guides.keys(preset).items()}
    session = Session(shop.url, keys["TOKEN"], office=keys.get("DESK", ""))
    answers = list(guides.said(preset, session))
    session.close()
    assert len(answers) >= 5
    assert [(command, came) for command, said, came in answers if not guides.holds(said, came)] == []


def test_nobody_is_shown_what_a_prescription_was(noon: Shop) -> None:
    shop = noon
    scopes = tuple(scope for scope in SCOPES if scope != "admin")
    text = programs.preset("pharmacy")
    session = Session(shop.url, asyncio.run(Server(shop.folder / "shop").found(name="p", text=text, scopes=scopes)))
    bought = session.curl(
        'curl $URL/v1/purchases -H "$AUTH" -H "$JSON" -H "Idempotency-Key: 1" -d \'{"member": {"phone": "069 150 002"},'
        ' "lines": [{"sku": "vit", "name": "Vitamin", "category": "vitamins", "amount": 500},'
        ' {"sku": "rx-9", "name": "Oxyquine", "brand": "Rexa", "tags": ["secret"], "category": "prescription", "amount": 900},'
        ' {"sku": "ct-4", "name": "Oxyquine test", "category": "tests", "amount": 700}]}\''
    )
    activity, member = bought["activity_id"], bought["member"]["id"]
    paths = (
        f"activities/{activity}",
        f"activities/{activity}/explanation",
        f"members/{member}/activities",
        f"members/{member}/statement",
        "events?limit=100",
    )
    shown = [bought, *(session.curl(f'curl "$URL/v1/{path}" -H "$AUTH"') for path in paths)]
    session.close()
    assert "Vitamin" in str(shown)
    assert [word for word in ("rx-9", "ct-4", "Oxyquine", "Rexa", "secret") if word in str(shown)] == []


def test_control_another_number_a_missing_field_and_a_shorter_list_are_noticed() -> None:
    came = {"points": {"points": 40}, "lines": [{"no": 1}, {"no": 2}], "id": "act_1"}
    assert guides.holds({"points": {"points": 40}, "lines": [{}, {"no": 2}]}, came)
    assert not guides.holds({"points": {"points": 41}}, came)
    assert not guides.holds({"to_pay": 0}, came)
    assert not guides.holds({"lines": [{"no": 1}]}, came)
