"""`regulars backup` and `regulars restore`: the database with what belongs to it, there and back."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from regulars.cli import shown

if TYPE_CHECKING:
    from regulars.kit.backups import Found
    from regulars.kit.database import Database
    from regulars.kit.settings import Settings
    from regulars.ledger.contracts import CheckReport


def backup(
    folder: Annotated[str, typer.Argument(help="Where to; otherwise REGULARS_BACKUP_FOLDER.")] = "",
    keep: Annotated[int, typer.Option(help="Keep only so many backups and their log; 0: all.", min=0)] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Answer with JSON.")] = False,
) -> None:
    """Copy the embedded database, the secrets and how far imports came, and verify the copy. It may be in use.

    The copy holds the secrets: whoever reads it can read everything. Its files are for their owner alone.
    """
    from regulars.kit import backups, server, settings, upgrade
    from regulars.kit.backup_faults import NoBackupFolder, ServerOfYourOwn

    chosen = settings.load()
    if chosen.database_url:
        raise ServerOfYourOwn(home=str(chosen.home))
    if not (folder or chosen.backup_folder):
        raise NoBackupFolder
    place = Path(folder or chosen.backup_folder).expanduser().absolute()
    with server.serving(chosen) as where, shown.progress("copying", None, unit="kB") as progress:
        made = backups.take(chosen, where, place, revision=upgrade.revision(where), told=_told(progress))
    gone = backups.keep(made, keep) if keep else []
    if as_json:
        shown.data({"folder": made.folder, "about": made.about, "deleted": gone})
        return
    took_s = (made.about.ended_at - made.about.begun_at).total_seconds()
    shown.say(f"{made.folder}: copied in {took_s:.1f} s and verified. It holds the secrets: guard it like them.")
    log_files = sum(bool(backups.SEGMENT.fullmatch(path.name)) for path in gone)
    if old := len(gone) - log_files:
        shown.say(f"{shown.counted(old, 'old backup')} deleted.")
    if log_files:
        shown.say(f"{shown.counted(log_files, 'file')} of the log deleted: no backup that is kept needs it.")


def restore(
    folder: Annotated[str, typer.Argument(help="A backup folder, or one backup in it.")],
    to: Annotated[str, typer.Option(help="A moment of the past, 2026-11-22T10:00:00Z; otherwise the latest.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Answer with JSON.")] = False,
) -> None:
    """Make an empty REGULARS_HOME the copy of a backup, brought to a moment by its log, and check its points.

    Nothing is ever written over; what cannot be restored whole is not restored. Exit code 1: points do not hold.
    """
    from regulars.kit import backups, restoring, server, settings
    from regulars.kit.backup_faults import OtherBackup, ServerOfYourOwn
    from regulars.kit.upgrade import revisions

    chosen = settings.load()
    if chosen.database_url:
        raise ServerOfYourOwn(home=str(chosen.home))
    moment = _moment(to)
    found = backups.chosen(Path(folder).expanduser().absolute(), moment)
    if found.about.revision not in revisions():
        raise OtherBackup(folder=str(found.folder), made_by=found.about.regulars)
    with shown.progress("copying", None, unit="kB") as progress:
        restored = restoring.restore(
            chosen.home, found, to=moment, tuning=server.tuning_of(chosen), told=_told(progress)
        )
    reports = check_all()
    if as_json:
        shown.data(
            {"backup": found.folder, "reached": restored.reached, "log_files": restored.log_files, "checks": reports}
        )
    else:
        shown.say(f"{chosen.home} is as it was at {restored.reached} ({_source(found, restored.log_files)}).")
        _tell(reports)
    if any(report.breaks for report in reports.values()):
        raise typer.Exit(1)


def restored() -> None:
    """After a server of your own was restored: listeners miss no event, and every balance is checked."""
    from regulars.kit import restoring, server, settings

    chosen = settings.load()
    with server.serving(chosen) as where:
        restoring.leap(where)
    reports = check_all()
    _tell(reports)
    if any(report.breaks for report in reports.values()):
        raise typer.Exit(1)


def check_all() -> dict[str, CheckReport]:
    """Hold the points of every program against what must always be so; the report of each."""
    from regulars.access import service as access
    from regulars.cli import checking, opening

    async def work(chosen: Settings, database: Database) -> dict[str, CheckReport]:
        async with database.read(programs=[]) as tx:
            known = await access.programs(tx)
        return {
            one.key: await checking.ledger(database, chosen, program_id=one.program_id, progress=told) for one in known
        }

    with shown.progress("checking", None, unit="accounts") as progress:
        done = 0

        def told(count: int, of: int) -> None:
            nonlocal done
            progress.advance(count - done if count > done else 0)
            progress.expect(of)
            done = count

        return opening.within(work)


def _told(progress: Any) -> Any:
    said = 0

    def told(done: int, of: int) -> None:
        nonlocal said
        progress.advance(max(0, done - said))
        progress.expect(of)
        said = max(said, done)

    return told


def _source(found: Found, log_files: int) -> str:
    return f"{found.folder.name} and {shown.counted(log_files, 'file')} of its log"


def _tell(reports: dict[str, CheckReport]) -> None:
    from regulars.cli import ledgers

    for program, report in reports.items():
        shown.say(f"{program}:")
        ledgers.tell(report)


def _moment(text: str) -> dt.datetime | None:
    from regulars.kit import backups

    if not text:
        return None
    try:
        return backups.moment_of(text)
    except ValueError as fault:
        raise typer.BadParameter("write it with its zone, such as 2026-11-22T10:00:00Z", param_hint="--to") from fault
