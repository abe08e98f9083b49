"""`regulars segment`, `regulars run` and `regulars program status`, as somebody types them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from regulars.activities import service as activities
from regulars.cli import opening
from regulars.kit import edge
from regulars.kit import settings as kit_settings
from regulars.kit.database import Database
from regulars.kit.settings import Settings
from tests.cli.conftest import PROGRAM, Run
from tests.cli.test_imports import take_in, write

SEGMENTS = PROGRAM.replace(
    "rules:\n",
    """metrics:
  spent: {sum: "basket.total", where: "type == 'purchase'"}
segments:
  club: {static: true}
  solo: {static: true}
  big: {if: "member.metrics.spent >= 20.00"}
rules:
  thanks:
    trigger: {run: "2099-01-01T09:00", audience: "'club' in member.segments"}
    effects: [{give: points, amount: "5"}]
""",
)


@pytest.fixture
def crowd(shop: Run, tmp_path: Path) -> tuple[Run, list[str]]:
    """The shop with the program of segments, and two members of 12.50 and 30.00 by their own ids."""
    file = tmp_path / "segments.yaml"
    file.write_text(SEGMENTS, encoding="utf-8")
    made = shop("program", "publish", file, "--program", "corner")
    assert made.code == 0, made.err
    one, two = (f"s{edge.random_digits(10)}" for _ in range(2))
    bought = f"{one},{one}-1,2024-03-05T12:00:00Z,Tea,1,12.50\n{two},{two}-1,2024-03-06T12:00:00Z,Tea,1,30.00\n"
    take_in(shop, write(tmp_path, bought))
    prepare()

    def run(*arguments: object) -> Any:
        # Other files publish programs of their own into the same database.
        ours = () if arguments[0] == "program" else ("--program", "corner")
        return shop(*arguments, *ours)

    return run, [one, two]


def prepare() -> None:
    """What the worker does after a release."""

    async def work(_: Settings, database: Database) -> None:
        async with activities.Runtime(kit_settings.load(), database) as runtime:
            await activities.prepare(runtime, now=edge.now())

    opening.within(work)


def answer(run: Run, *arguments: object, code: int = 0) -> Any:
    ran = run(*arguments, "--json")
    assert ran.code == code, ran
    return json.loads(ran.out)


def test_members_are_counted_by_name_and_by_condition(crowd: tuple[Run, list[str]]) -> None:
    run, _ = crowd
    all_of_them = answer(run, "segment", "count", "--if", "member.metrics.spent > 0")
    big = answer(run, "segment", "count", "big")
    small = answer(run, "segment", "count", "--if", "!('big' in member.segments) && member.metrics.spent > 0")
    assert (all_of_them["how"], big["how"]) == ("sql", "sql")
    assert big["count"] >= 1
    assert small["count"] >= 1
    assert all_of_them["count"] == big["count"] + small["count"]
    assert "by one statement of SQL" in run("segment", "count", "big").err
    assert answer(run, "segment", "count", "nobody", code=1)["error"] == "not_found"
    assert run("segment", "count").code == 2


def test_nobody_is_counted_before_the_worker_has_prepared_those_who_came_in(shop: Run, tmp_path: Path) -> None:
    file = tmp_path / "segments.yaml"
    file.write_text(SEGMENTS, encoding="utf-8")
    assert shop("program", "publish", file, "--program", "corner").code == 0
    prepare()
    # What was bought before the first release is judged by that one, which does not count what the newest asks about.
    one = f"s{edge.random_digits(10)}"
    take_in(shop, write(tmp_path, f"{one},{one}-1,2024-06-05T12:00:00Z,Tea,1,30.00\n"))
    asked = ("segment", "count", "big", "--program", "corner")
    assert answer(shop, *asked, code=1)["error"] == "still_preparing"
    assert answer(shop, "program", "status", "--program", "corner")["ready"] is False
    prepare()
    assert answer(shop, "program", "status", "--program", "corner")["ready"] is True
    assert answer(shop, *asked)["count"] >= 1


def test_a_static_list_is_filled_from_a_file(crowd: tuple[Run, list[str]], tmp_path: Path) -> None:
    run, ids = crowd
    file = tmp_path / "club.csv"
    file.write_text("own_id\n" + "\n".join([*ids, "nobody-at-all"]) + "\n", encoding="utf-8")
    before = answer(run, "segment", "count", "club")["count"]
    assert answer(run, "segment", "add", "club", file, "--kind", "own_id") == {"changed": 2, "unknown": 1, "refused": 0}
    assert answer(run, "segment", "count", "club")["count"] == before + 2
    assert {one["name"]: one["static"] for one in answer(run, "segment", "list")} == {
        "club": True,
        "solo": True,
        "big": False,
    }
    assert answer(run, "run", "preview", "thanks")["members"] == before + 2
    answer(run, "segment", "remove", "club", file, "--kind", "own_id")
    assert answer(run, "segment", "count", "club")["count"] == before
    assert answer(run, "segment", "add", "big", file, "--kind", "own_id", code=1)["error"] == "segment_not_static"


def test_a_file_that_is_not_there_and_a_wrong_kind_are_said(crowd: tuple[Run, list[str]], tmp_path: Path) -> None:
    run, ids = crowd
    for command in ("add", "remove"):
        told = run("segment", command, "solo", tmp_path / "nofile.csv")
        assert told.code == 2
        assert "does not exist" in told.err
    file = tmp_path / "club.csv"
    file.write_text("\n".join(ids), encoding="utf-8")
    assert run("segment", "add", "solo", file).err == "0 done, 2 unknown as phone, 0 refused\n"
    told = run("segment", "add", "solo", file, "--kind", "own_id")
    assert told.err == "2 done, 0 unknown as own_id, 0 refused\n"
    assert run("segment", "remove", "solo", file, "--kind", "own_id").err == "2 done, 0 unknown as own_id, 0 refused\n"
    file.write_text(ids[0], encoding="utf-8")
    run("segment", "add", "solo", file, "--kind", "own_id")
    assert run("segment", "count", "solo").err.startswith("1 member (by one statement of SQL")
    run("segment", "remove", "solo", file, "--kind", "own_id")
    file.write_bytes("Анна".encode("cp1251"))
    told = run("segment", "add", "solo", file)
    assert told.code == 1
    assert "it is not UTF-8" in told.err


def test_a_run_is_listed_started_and_cancelled(crowd: tuple[Run, list[str]], tmp_path: Path) -> None:
    run, ids = crowd
    file = tmp_path / "club.csv"
    file.write_text("\n".join(ids), encoding="utf-8")
    answer(run, "segment", "add", "club", file, "--kind", "own_id")
    assert answer(run, "run", "list")[0]["status"] in {"planned", "cancelled"}
    assert answer(run, "run", "start", "thanks")["members"] == 2
    assert answer(run, "run", "pause", "thanks")["status"] == "paused"
    assert answer(run, "run", "resume", "thanks")["status"] == "running"
    assert answer(run, "run", "cancel", "thanks")["status"] == "cancelled"
    assert answer(run, "run", "start", "base", code=1)["error"] == "no_such_run"


def test_status_says_whether_the_release_is_ready(crowd: tuple[Run, list[str]]) -> None:
    run, _ = crowd
    found = answer(run, "program", "status", "--program", "corner")
    assert found["release"] >= 2
    assert set(found) == {"release", "ready", "percent"}
    assert f"Release {found['release']} is in force" in run("program", "status", "--program", "corner").err
