"""The page for operators has every setting, and every command and setting that any page names exists.

`python -m tests.docs.test_operations` writes the table of settings into the page.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from regulars.cli.app import app
from regulars.kit import settings

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "operations.md"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
_TABLE = re.compile(r"^\| setting \| default \| meaning \|\n(?:\|.*\n)*", re.MULTILINE)


def table() -> str:
    """The table of settings as it must be."""
    rows = [f"| `{name}` | {_default(name, default)} | {meaning} |" for name, default, meaning in settings.describe()]
    return "\n".join(["| setting | default | meaning |", "|---|---|---|", *rows]) + "\n"


def _default(name: str, default: str) -> str:
    if name == "REGULARS_HOME":
        # It depends on who asks.
        return "`/var/lib/regulars` for root, else `~/.local/share/regulars`"
    return f"`{default}`" if default else ""


def commands() -> set[str]:
    """Every command: `serve`, `program check`, ..."""
    found = set()
    for name, command in typer.main.get_group(app).commands.items():
        found |= {f"{name} {inner}" for inner in getattr(command, "commands", {})} or {name}
    return found


def named(text: str) -> list[str]:
    """Commands in code: after `regulars`, the words up to an option or an argument."""
    code = "\n".join(re.findall(r"```(?:bash|sh)?\n(.*?)```", text, re.DOTALL) + re.findall(r"`([^`\n]+)`", text))
    return [found[1] for found in re.finditer(r"(?<![\w./-])(?:\.venv/bin/)?regulars ([a-z]+(?: [a-z]+)?)", code)]


def test_every_setting_is_in_the_table() -> None:
    assert _TABLE.findall(PAGE.read_text(encoding="utf-8")) == [table()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_settings_and_links_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    known = commands() | {command.split()[0] for command in commands() if " " in command}
    plain = {command for command in commands() if " " not in command}
    assert [one for one in named(text) if one not in known and one.split()[0] not in plain] == []
    settings_known = {name for name, _, _ in settings.describe()}
    assert set(re.findall(r"\bREGULARS_[A-Z_]+[A-Z]\b", text)) - settings_known == set()
    links = [link for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)", text)) - targets == set()


def test_a_command_that_is_not_there_would_be_noticed() -> None:
    # Negative control.
    assert named("```bash\nregulars program chek x.yaml\n```") == ["program chek"]
    assert "program chek" not in commands()
    assert "program check" in commands()


if __name__ == "__main__":
    PAGE.write_text(_TABLE.sub(lambda _: table(), PAGE.read_text(encoding="utf-8")), encoding="utf-8")
