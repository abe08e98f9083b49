"""`regulars backup` and `regulars restore`: the database with what belongs to it, there and back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from regulars.cli import shown

if TYPE_CHECKING:
    from regulars.kit.backups import Found
    from regulars.kit.database import Database
    from regulars.kit.settings import Settings
    from regulars.ledger.contracts import CheckReport

Erasures = Annotated[
    list[Path] | None,
    typer.Option(help="One more erasures.ndjson, such as that of a home that still exists. May be repeated."),
]


def backup(
    folder: Annotated[str, typer.Argument(help="Where to; otherwise REGULARS_BACKUP_FOLDER.")] = "",
    keep: Annotated[int, typer.Option(help="Keep only so many backups and their log; 0: all.", min=0)] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Answer with JSON.")] = False,
) -> None:
    """Copy the embedded database, the secrets, the roots of the ledger, who was erased and how far imports came, and
    verify the copy. It may be in use.

    The copy holds the secrets: whoever reads it can read everything. Its files are for their owner alone.
    """
    from regulars.cli import opening
    from regulars.kit import backups, settings, upgrade
    from regulars.kit.backup_faults import NoBackupFolder, ServerOfYourOwn

    chosen = settings.load()
    if chosen.database_url:
        raise ServerOfYourOwn(home=str(chosen.home))
    if not (folder or chosen.backup_folder):
        raise NoBackupFolder
    place = Path(folder or chosen.backup_folder).expanduser().absolute()
    with (
        _interrupted("no backup was made, and nothing of it is left"),
        # Also before an upgrade: the copy is of what is there.
        opening.as_it_is() as (_, where),
        shown.progress("copying", None, unit="kB") as progress,
    ):
        made = backups.take(chosen, where, place, revision=upgrade.revision(where), told=progress.reach)
    gone = backups.keep(made, keep) if keep else []
    if as_json:
        shown.data({"folder": made.folder, "about": made.about, "deleted": gone})
        return
    took_s = (made.about.ended_at - made.about.begun_at).total_seconds()
    shown.say(f"{made.folder}: copied in {took_s:.1f} s and verified. It holds the secrets: guard it like them.")
    log_files = sum(bool(backups.SEGMENT.fullmatch(path.name)) for path in gone)
    # That log of before the first copy goes is no news to anybody.
    if old := len(gone) - log_files:
        rest = f", and {shown.counted(log_files, 'file')} of the log that no kept one needs" if log_files else ""
        shown.say(f"{shown.counted(old, 'old backup')} deleted{rest}.")


def restore(
    folder: Annotated[str, typer.Argument(help="A backup folder, or one backup in it.")],
    to: Annotated[str, typer.Option(help="A moment of the past, 2026-11-22T10:00:00Z; otherwise the latest.")] = "",
    erasures: Erasures = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer with JSON.")] = False,
) -> None:
    """Make an empty REGULARS_HOME the copy of a backup, brought to a moment by its log, erase again whoever was erased
    since, and check its points.

    Nothing is ever written over; what cannot be restored whole is not restored. Exit code 1: points do not hold, or
    somebody could not be erased again, and then the server does not start.
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
    with (
        _interrupted(f"nothing was restored, and {chosen.home} is as empty as before"),
        shown.progress("copying", None, unit="kB") as progress,
    ):
        restored = restoring.restore(
            chosen.home,
            found,
            to=moment,
            tuning=server.tuning_of(chosen),
            told=progress.reach,
            erasures=_files(erasures),
        )
    with _interrupted(f"{chosen.home} is restored and not checked yet; go on with: regulars db restored"):
        again = erase_again()
        reports = check_all()
    if as_json:
        shown.data(
            {
                "backup": found.folder,
                "reached": restored.reached,
                "log_files": restored.log_files,
                "erased_again": again.erased,
                "not_erased": again.standing,
                "checks": reports,
            }
        )
    else:
        shown.say(f"{chosen.home} is as it was at {restored.reached} ({_source(found, restored.log_files)}).")
        again.tell()
        _tell(reports)
    if again.standing or any(report.breaks for report in reports.values()):
        raise typer.Exit(1)


def restored(erasures: Erasures = None) -> None:
    """After a database was restored otherwise than by `regulars restore`: listeners miss no event, whoever was erased
    since is erased again, and every balance is checked. Safe to run again.

    Exit code 1: points do not hold, or somebody could not be erased again, and then the server does not start.
    """
    from regulars.cli import opening
    from regulars.kit import restoring, upgrade

    files = _files(erasures)
    # Where nothing was restored, there is nothing to make good.
    with opening.as_it_is() as (_, where):
        upgrade.ensure(where)
        restoring.leap(where)
    again = erase_again(*files)
    again.tell()
    reports = check_all()
    _tell(reports)
    if again.standing or any(report.breaks for report in reports.values()):
        raise typer.Exit(1)


@contextmanager
def _interrupted(text: str) -> Iterator[None]:
    """Say what Ctrl-C left behind, once it is so."""
    try:
        yield
    except KeyboardInterrupt:
        shown.say(f"Interrupted: {text}.")
        raise


class Again(NamedTuple):
    """How many were erased again, and by id why others were not."""

    erased: int
    standing: dict[str, str]

    def tell(self) -> None:
        """Say it to a person."""
        if self.erased:
            shown.say(f"{shown.counted(self.erased, 'member')} erased since, and now erased again.")
        for member, code in self.standing.items():
            shown.say(
                f"{member} was erased since and could not be erased again: {code}. Put that right (a frozen balance:"
                " regulars ledger frozen, thaw), then run: regulars db restored. Nobody is served before."
            )


def erase_again(*more: Path) -> Again:
    """Erase again whoever was erased after the moment that the database was restored to. Safe to run again: it goes on
    where it was cut short."""
    from regulars.activities import service as activities
    from regulars.cli import opening
    from regulars.kit import edge, forgotten, ids

    async def work(chosen: Settings, database: Database) -> Again:
        known = forgotten.known(chosen, *more)
        # First of all, so that nobody serves while it is half done.
        forgotten.remember(forgotten.files_of(chosen), known)
        back = await activities.erased_who_are_back(database, known)
        standing: dict[str, str] = {}
        if back:
            async with activities.Runtime(chosen, database) as runtime:
                await activities.finish_moves(runtime, now=edge.now(), limit=len(back) + 100)
                progress.expect(len(back))
                for one in back:
                    said = await activities.erase_again(runtime, one, now=edge.now())
                    if said is not None:
                        standing[ids.to_wire("mem", one.member_id)] = said
                    progress.advance()
        return Again(len(back) - len(standing), standing)

    with shown.progress("erasing again", None, unit="members") as progress:
        return opening.within(work)


def _files(erasures: list[Path] | None) -> list[Path]:
    files = [file.expanduser().absolute() for file in erasures or []]
    for file in files:
        if not file.is_file():
            raise typer.BadParameter(f"there is no file {file}", param_hint="--erasures")
    return files


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


def _source(found: Found, log_files: int) -> str:
    return f"{found.folder.name} and {shown.counted(log_files, 'file')} of its log"


def _tell(reports: dict[str, CheckReport]) -> None:
    from regulars.cli import ledgers

    for program, report in reports.items():
        shown.say(f"{program}:")
        ledgers.tell(report, program=program if len(reports) > 1 else "")


def _moment(text: str) -> dt.datetime | None:
    from regulars.kit import backups

    if not text:
        return None
    try:
        return backups.moment_of(text)
    except ValueError as fault:
        raise typer.BadParameter("write it with its zone, such as 2026-11-22T10:00:00Z", param_hint="--to") from fault
