from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import PROGRAM, Run


def write(folder: Path, text: str, name: str = "program.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_help_costs_half_a_second_of_cpu_at_most() -> None:
    code = "import resource, sys; from regulars.cli.app import app; sys.argv = ['regulars', '--help']\ntry: app()\nexcept SystemExit: pass\nprint(resource.getrusage(resource.RUSAGE_SELF).ru_utime, file=sys.stderr)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "import" in ran.stdout
    assert float(ran.stderr) < 0.5


def test_help_does_not_load_what_only_commands_need() -> None:
    code = "import sys, regulars.cli.app; print(sorted({'asyncpg', 'pyarrow', 'litestar', 'sqlalchemy', 'rich.progress'} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["import", "x.csv"], ["program", "check"], ["ledger", "statement", "x", "--limit", "0"]]
)
def test_wrong_usage_is_exit_code_2(run: Run, arguments: list[str]) -> None:
    assert run(*arguments).code == 2


def test_check_of_a_good_file_is_quiet_and_good(run: Run, tmp_path: Path) -> None:
    ran = run("program", "check", write(tmp_path, PROGRAM))
    assert (ran.code, ran.out, ran.err) == (0, "", "0 faults, 0 warnings\n")


def test_check_names_line_and_column_and_the_mend(run: Run, tmp_path: Path) -> None:
    file = write(tmp_path, PROGRAM.replace("    trigger: purchase", "    trigers: purchase"))
    ran = run("program", "check", file)
    line = PROGRAM[: PROGRAM.index("    trigger:")].count("\n") + 1
    assert ran.code == 1
    assert f"{file}:{line}:5: fault rules.base" in ran.out
    assert "trigger" in ran.out


def test_check_answers_a_program_with_json(run: Run, tmp_path: Path) -> None:
    ran = run("program", "check", write(tmp_path, PROGRAM.replace("basket.base", "basket.bose")), "--json")
    found = json.loads(ran.out)
    assert (ran.code, found["ok"], found["warnings"]) == (1, False, [])
    assert found["faults"][0]["path"].startswith("rules.base.effects")


def test_format_checks_and_writes(run: Run, tmp_path: Path) -> None:
    file = write(tmp_path, PROGRAM)
    if run("program", "format", file, "--check").code == 1:
        assert run("program", "format", file).code == 0
    once = file.read_text(encoding="utf-8")
    assert run("program", "format", file, "--check").code == 0
    assert file.read_text(encoding="utf-8") == once


def test_file_of_values_may_not_be_read_from_elsewhere(run: Run, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "secret.csv").write_text("a\n")
    file = write(inner, PROGRAM + "lists:\n  some: {title: {en: a, ru: a, ro: a}, file: ../secret.csv}\n")
    ran = run("program", "check", file)
    assert ran.code == 1
    assert "lists.some" in ran.out


def test_errors_are_told_in_the_language_of_the_terminal(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LC_ALL", "ro_RO.UTF-8")
    monkeypatch.setenv("REGULARS_HOMME", "x")
    ran = run("doctor")
    assert ran.code == 1
    assert "REGULARS_HOMME" in ran.err


def test_releases_are_published_compared_exported_and_rolled_back(shop: Run, tmp_path: Path) -> None:
    changed = write(tmp_path, PROGRAM.replace("basket.base / 1.00", "basket.base / 0.50"), "changed.yaml")
    before = json.loads(shop("program", "history", "--program", "corner", "--json").out)[0]["number"]
    same = shop("program", "diff", write(tmp_path, PROGRAM), "--program", "corner")
    assert (same.code, same.out) == (0, "")
    other = shop("program", "diff", changed, "--program", "corner")
    assert other.code == 1
    assert "rules.base" in other.out or "base" in other.out
    made = json.loads(shop("program", "publish", changed, "--program", "corner", "--json").out)
    assert made["number"] == before + 1
    again = json.loads(shop("program", "publish", changed, "--program", "corner", "--json").out)
    assert again["number"] == before + 1
    assert shop("program", "rollback", before, "--program", "corner").code == 0
    text = shop("program", "export", "--program", "corner", "--as-written").out
    assert text == PROGRAM
    exported = write(tmp_path, shop("program", "export", "--program", "corner").out, "exported.yaml")
    assert shop("program", "diff", exported, "--program", "corner").code == 0


def test_keys_are_shown_once_listed_and_revoked(shop: Run) -> None:
    made = json.loads(shop("key", "create", "till 4", "--scope", "till", "--program", "corner", "--json").out)
    assert made["token"].startswith("rk_")
    listed = json.loads(shop("key", "list", "--program", "corner", "--json").out)
    assert made["token"] not in json.dumps(listed)
    assert [key["label"] for key in listed if key["id"] == made["key"]["id"]] == ["till 4"]
    ended = json.loads(shop("key", "revoke", made["key"]["id"], "--program", "corner", "--json").out)
    assert ended["revoked_at"] is not None


def test_a_partners_key_opens_what_is_theirs_and_gets_no_right_of_the_house(shop: Run, tmp_path: Path) -> None:
    unknown = shop("key", "create", "x", "--partner", "nobody", "--program", "corner", "--scope", "program:read")
    assert unknown.code == 1
    assert "There is no partner nobody. There are: -." in unknown.err
    partners = "partners:\n  linella: {title: {en: Linella, ru: Линелла, ro: Linella}}\n"
    assert shop("program", "publish", write(tmp_path, PROGRAM + partners), "--program", "corner").code == 0
    create = ("key", "create", "linella", "--partner", "linella", "--program", "corner", "--json")
    made = json.loads(shop(*create, "--scope", "program:read").out)
    assert (made["key"]["partner"], made["key"]["scopes"]) == ("linella", ["program:read"])
    listed = json.loads(shop("key", "list", "--program", "corner", "--json").out)
    assert {key["label"]: key["partner"] for key in listed if key["id"] == made["key"]["id"]} == {"linella": "linella"}
    refused = shop(*create, "--scope", "till")
    assert refused.code == 1
    assert "The key of a partner cannot have the scope till." in refused.out
    assert len(json.loads(shop("key", "list", "--program", "corner", "--json").out)) == len(listed)


def test_unknown_scope_says_which_are_known(shop: Run) -> None:
    ran = shop("key", "create", "x", "--scope", "tills", "--program", "corner")
    assert ran.code == 1
    assert "tills" in ran.err
    assert "members:read" in ran.err


def test_unknown_program_says_where_to_look(shop: Run) -> None:
    ran = shop("ledger", "check", "--program", "nowhere")
    assert ran.code == 1
    assert "nowhere" in ran.err
    assert "regulars program list" in ran.err


def test_doctor_starts_nothing(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGULARS_HOME", str(home / "never"))
    monkeypatch.setenv("REGULARS_PORT", "8799")
    found = json.loads(run("doctor", "--json").out)
    assert (found["home_exists"], found["database_answers"], found["api"]) == (False, False, "not running")
    assert not (home / "never").exists()


def test_url_of_the_database_opens_it(shop: Run) -> None:
    import psycopg

    with psycopg.connect(shop("db", "url", "--role", "reader").out.strip()) as connection:
        assert connection.execute("select current_user").fetchone() == ("regulars_reader",)
    assert shop("db", "url", "--role", "king").code == 2


def test_settings_are_explained(run: Run) -> None:
    names = [row["name"] for row in json.loads(run("doctor", "--settings", "--json").out)]
    assert "REGULARS_HOME" in names
    assert os.environ.get("REGULARS_NOTHING") is None
