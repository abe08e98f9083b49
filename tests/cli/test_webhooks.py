"""`regulars webhook`, as somebody types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from regulars.rewards import targets
from tests.cli.conftest import Run


def test_the_secret_of_a_target_is_shown_to_an_administrator_alone(
    shop: Run, shop_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_WEBHOOK_TARGETS", "lounge=https://partner.example/hook")
    monkeypatch.delenv("MY_REGULARS_KEY", raising=False)
    asked = ("webhook", "secret", "lounge", "--program", "corner")
    nobody = shop(*asked)
    assert (nobody.code, "MY_REGULARS_KEY" in nobody.err, "whsec_" in nobody.out + nobody.err) == (1, True, False)
    tokens = {}
    for scope in ("till", "admin"):
        made = shop("key", "create", f"of-{scope}", "--scope", scope, "--program", "corner", "--json")
        tokens[scope] = json.loads(made.out)["token"]
    monkeypatch.setenv("MY_REGULARS_KEY", tokens["till"])
    assert (shop(*asked).code, "whsec_" in shop(*asked).err) == (1, False)
    monkeypatch.setenv("MY_REGULARS_KEY", tokens["admin"])
    secret = targets.secret(shop_home, "lounge")
    assert json.loads(shop(*asked, "--json").out) == {"target": "lounge", "secret": secret}
    unknown = shop("webhook", "secret", "nowhere", "--program", "corner")
    assert (unknown.code, "lounge" in unknown.err) == (1, True)
