"""`regulars doctor`: what runs where, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from regulars.cli import shown
from regulars.cli.options import AsJson


def doctor(
    settings: Annotated[bool, typer.Option("--settings", help="List every setting, its default and meaning.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say where data live, what runs, and whether it is well. Starts nothing. Exit code 1: something is wrong."""
    from regulars.kit import settings as kit_settings

    if settings:
        rows = kit_settings.describe()
        if as_json:
            shown.data([{"name": name, "default": default, "meaning": meaning} for name, default, meaning in rows])
        else:
            shown.table("", ["setting", "default", "meaning"], rows)
        return
    found = _look(kit_settings.load())
    if as_json:
        shown.data(found)
    else:
        shown.table("", ["what", "state"], [(name, _worded(value)) for name, value in found.items()])
    if not found["healthy"]:
        raise typer.Exit(1)


def _look(chosen: Any) -> dict[str, Any]:
    import shutil
    import sys
    from importlib.metadata import version

    from regulars.kit import binaries

    home = chosen.home
    space = shutil.disk_usage(next(folder for folder in (home, *home.parents) if folder.exists()))
    found: dict[str, Any] = {
        "regulars": version("regulars"),
        "python": sys.version.split()[0],
        "home": str(home),
        "home_exists": home.exists(),
        "free_disk_gib": space.free >> 30,
        "database": "a server of your own" if chosen.database_url else f"embedded PostgreSQL {binaries.MAJOR}",
        "terminal_encoding": shown.encoding(),
    }
    found |= _database(chosen) | _api(chosen)
    found |= _backup(chosen, serving=found["api"] == "ready")
    # What was never started is no illness; what was, and does not answer, is. The embedded database rests while nothing
    # serves, a server of one's own has to answer.
    away = bool(chosen.database_url) and (not found["database_answers"] or found["schema"] == "none yet")
    well = found["schema"] not in {"behind", "too new"} and found["api"] != "not ready"
    well &= found.get("last_backup") != "none yet"
    well &= found.get("log_to_back_up_bytes") != "not copied"
    found["healthy"] = well and not away and space.free > (1 << 30)
    return found


def _database(chosen: Any) -> dict[str, Any]:
    import psycopg

    from regulars.kit import server, upgrade
    from regulars.kit.errors import RegularsError
    from regulars.kit.server_faults import NoDatabaseYet

    try:
        return {"database_answers": True, "schema": upgrade.standing(server.locate(chosen))}
    except upgrade.DatabaseIsNewer:
        return {"database_answers": True, "schema": "too new"}
    except NoDatabaseYet:
        return {"database_answers": False, "schema": "none yet"}
    except (RegularsError, psycopg.Error, OSError):
        return {"database_answers": False, "schema": "unknown"}


def _backup(chosen: Any, *, serving: bool) -> dict[str, Any]:
    """How old the last backup is, and how much of the log is not in the backup folder yet."""
    import psycopg

    from regulars.kit import archiving, backups, server
    from regulars.kit.errors import RegularsError

    if not chosen.backup_folder or chosen.database_url:
        return {}
    try:
        folder = backups.line_folder(chosen.home, Path(chosen.backup_folder).expanduser().absolute())
        last: str = f"{backups.chosen(folder, None).about.ended_at:%Y-%m-%dT%H:%M:%SZ}"
    except RegularsError:
        last = "none yet"
    except OSError as fault:
        last = str(fault)
    try:
        behind = archiving.lag_bytes(server.locate(chosen)) if serving else None
    except (RegularsError, psycopg.Error):
        behind = None
    if not serving:
        return {"last_backup": last}
    return {"last_backup": last, "log_to_back_up_bytes": "not copied" if behind is None else behind}


def _api(chosen: Any) -> dict[str, Any]:
    import httpx

    try:
        answer = httpx.get(f"http://{chosen.host}:{chosen.port}/ready", timeout=2.0)
    except httpx.HTTPError:
        return {"api": "not running", "api_url": chosen.base_url}
    return {"api": "ready" if answer.status_code == 200 else "not ready", "api_url": chosen.base_url}


def _worded(value: object) -> object:
    return {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value
