"""The order of the demo: database, program, API, goods, history; then the commands to try, or the story."""

from __future__ import annotations

import shutil
import signal
import time
from collections.abc import Callable
from typing import Any

from regulars.cli import shown
from regulars.cli.demo import serving
from regulars.kit import server, upgrade
from regulars.kit import settings as kit_settings
from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text
from regulars.kit.settings import Settings


class DatabaseInUse(RegularsError):
    """Another process runs the database that is to be deleted."""

    status = 409
    texts = Text(
        en="Another process uses the database in {home}. Stop it first.",
        ru="База данных в {home} используется другим процессом. Сначала остановите его.",
        ro="Baza de date din {home} este folosită de alt proces. Opriți-l mai întâi.",
    )
    home: str


class NotOurDatabase(RegularsError):
    """The database is a server of the operator's own: the demo does not delete that."""

    status = 409
    texts = Text(
        en="REGULARS_DATABASE_URL names a server of your own. --reset only deletes the embedded database.",
        ru="REGULARS_DATABASE_URL указывает на ваш сервер. --reset удаляет только встроенную базу данных.",
        ro="REGULARS_DATABASE_URL numește un server al dumneavoastră. --reset șterge doar baza încorporată.",
    )


def settings() -> Settings:
    """The settings of this run. Raises UnknownSetting, InvalidSetting."""
    return kit_settings.load()


def forget(chosen: Settings) -> None:
    """Delete the embedded database and what the demo remembers. Raises DatabaseInUse, NotOurDatabase."""
    if chosen.database_url:
        raise NotOurDatabase
    link = chosen.home / "postgres"
    if link.exists():
        one = server.EmbeddedServer(chosen.home, server.tuning_of(chosen))
        one.start()
        supervised = one.is_supervisor
        one.stop()
        if not supervised:
            raise DatabaseInUse(home=str(chosen.home))
        folder = link.resolve()
        shutil.rmtree(folder)
        if link.is_symlink():
            link.unlink()
    for name in ("demo", "imports"):
        shutil.rmtree(chosen.home / name, ignore_errors=True)


def run(
    chosen: Settings,
    *,
    preset: str,
    members: int | None,
    processes: int,
    once: bool,
    serve: bool,
    living: Callable[[str, list[tuple[str, str]]], None],
) -> dict[str, Any] | None:
    """Everything; with `once` the result of the story. On Ctrl-C what runs is stopped in order."""
    signal.signal(signal.SIGTERM, _stop)
    began = time.monotonic()
    from regulars.cli.demo import presets

    if not presets.installed(preset):
        from regulars.cli.demo.journey import DemoDataMissing

        raise DemoDataMissing
    with server.serving(chosen) as where:
        upgrade.ensure(where)
        with serving.api(chosen) as child:
            # Loaded while the API starts, which needs none of it: first page first.
            from regulars.cli.demo import examples, loading, sources, story

            known = loading.prepare(chosen, preset)
            serving.wait(chosen, child)
            url = serving.url_of(chosen)
            first_page_s = round(time.monotonic() - began, 2)
            shown.say(f"The API answers on {url} after {first_page_s} s.")
            known, loaded = loading.load(chosen, known, members, processes)
            if once:
                told = story.tell(url, known.token, sources.of(preset).scene)
                checked = loading.check(chosen, known)
                return {"first_page_s": first_page_s, "load": loaded, "story": told, "ledger": checked}
            living(url, examples.of(url, known.token, sources.of(preset).scene))
            if serve:
                child.wait()
    return None


def _stop(*_: object) -> None:
    raise KeyboardInterrupt
