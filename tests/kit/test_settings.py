from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from regulars.kit import keyring, settings


def test_settings_come_from_the_environment_and_have_defaults() -> None:
    read = settings.load({"REGULARS_HOME": "/srv/regulars", "REGULARS_PORT": "9000", "HOME": "/x", "PATH": "/bin"})
    assert (read.home, read.port, read.host, read.database_url) == (Path("/srv/regulars"), 9000, "127.0.0.1", "")
    assert read.base_url == "http://127.0.0.1:9000"
    assert settings.load({"REGULARS_PUBLIC_URL": "https://points.example/"}).base_url == "https://points.example"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REGULARS_PORT", "abc"),
        ("REGULARS_PORT", "0"),
        ("REGULARS_PORT", "70000"),
        ("REGULARS_LOG_LEVEL", "loud"),
        ("REGULARS_DATABASE_URL", "mysql://localhost/shop"),
        ("REGULARS_DATABASE_URL", "postgresql://localhost"),
        ("REGULARS_DATABASE_URL", "postgresql://shop:pass/word@localhost/shop"),
    ],
)
def test_a_value_that_cannot_be_read_is_named(name: str, value: str) -> None:
    with pytest.raises(settings.InvalidSetting) as refused:
        settings.load({name: value})
    assert refused.value.fields["name"] == name


def test_a_misspelt_setting_is_named() -> None:
    with pytest.raises(settings.UnknownSetting, match="REGULARS_PROT"):
        settings.load({"REGULARS_PROT": "9000"})


def test_every_setting_is_explained_and_they_are_few() -> None:
    rows = settings.describe()
    assert len(rows) < 60
    assert [name for name, _, meaning in rows if len(meaning) < 10] == []


def test_a_key_is_made_once_and_kept_from_others(home: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        made = set(threads.map(lambda _: keyring.key(home, "quote"), range(8)))
    assert len(made) == 1
    assert len(made.pop()) == 32
    path = home / "secrets" / "quote.key"
    assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)) == (0o600, 0o700)
    assert keyring.key(home, "card") != keyring.key(home, "quote")
    assert [each.name for each in path.parent.iterdir() if each.name.startswith(".")] == []


def test_the_parts_of_a_digest_do_not_run_into_each_other() -> None:
    assert keyring.digest(b"k", "ab", "c") != keyring.digest(b"k", "a", "bc")
    assert keyring.digest(b"k", "ab") == keyring.digest(b"k", "ab")
