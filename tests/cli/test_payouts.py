"""`regulars payout`, as somebody types it."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path
from typing import Any
from uuid import UUID

from regulars.activities import service as activities
from regulars.activities.contracts import Identifier, Intake, LineIn
from regulars.cli import opening
from regulars.engine.contracts.activity import ProfileChange
from regulars.kit import edge
from regulars.kit.database import Database
from regulars.kit.settings import Settings
from tests.cli.conftest import PROGRAM, Run

CASH = PROGRAM.replace("name: corner", "name: cash").replace(
    "activities:\n",
    """  cash:
    title: {en: Cash, ru: Деньги, ro: Bani}
    kind: money
    scale: 2
    expiry: never
    cost: {house: 1}
    pay_out: {smallest: 1.00, account: age}
activities:
""",
    1,
)
CASH = CASH.replace('{give: points, amount: "basket.base / 1.00"}', '{give: cash, amount: "basket.base / 10"}')


def spend() -> None:
    """Two members with an account, who have 5.00 and 2.50."""

    async def work(chosen: Settings, database: Database) -> None:
        async with database.read(programs=[]) as tx:
            program_id = (await opening.program(tx, "cash")).program_id
        async with activities.Runtime(chosen, database) as runtime:
            for no, amount in ((1, 5000), (2, 2500)):
                bought = LineIn(no=1, amount=amount)
                account = ProfileChange(attributes={"age": f"MD0{no}"})
                for intake in (
                    given(program_id, no, type="purchase", lines=(bought,)),
                    given(program_id, no, type="profile", profile=account),
                ):
                    reply = await activities.submit(runtime, intake)
                    assert reply.status == 201, reply.body

    opening.within(work)


def given(program_id: int, no: int, **fields: Any) -> Intake:
    key = f"{no}-{edge.token(6)}"
    return Intake(
        program_id=program_id,
        client_id=UUID(int=1),
        key=key,
        digest=hashlib.sha256(key.encode()).digest(),
        received_at=edge.now(),
        who=(Identifier("own_id", f"c{no}"),),
        **fields,
    )


def test_money_is_paid_out_shown_and_comes_back(shop: Run, tmp_path: Path) -> None:
    file = tmp_path / "cash.yaml"
    file.write_text(CASH, encoding="utf-8")
    made = shop("program", "publish", file, "--program", "cash")
    assert made.code == 0, made.err
    spend()
    out = tmp_path / "bank.csv"
    made = shop("payout", "make", "cash", "--program", "cash", "--out", out)
    assert made.code == 0, made.err
    assert "2 payments, 7.50" in made.out
    assert [(row["account"], row["amount"]) for row in csv.DictReader(out.read_text().splitlines())] in (
        [("MD01", "5.00"), ("MD02", "2.50")],
        [("MD02", "2.50"), ("MD01", "5.00")],
    )
    (one,) = json.loads(shop("payout", "show", "--program", "cash", "--json").out)
    told = tmp_path / "failed.csv"
    told.write_text("line,reason\n1,AC04\n")
    for _ in range(2):
        failed = shop("payout", "fail", one["id"], "--file", told, "--program", "cash", "--json")
        assert failed.code == 0, failed.err
        assert [line["state"] for line in json.loads(failed.out)["lines"]] == ["failed", "paid"]
    confirmed = shop("payout", "confirm", one["id"], "--program", "cash")
    assert confirmed.code == 0, confirmed.err
    shown = shop("payout", "show", one["id"], "--program", "cash")
    assert "confirmed" in shown.out
    assert "AC04" in shown.out
    wrong = shop("payout", "make", "points", "--program", "cash")
    assert (wrong.code, "points is not paid out" in wrong.err) == (1, True)
