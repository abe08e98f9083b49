"""`regulars serve`: the API, its worker and the embedded database, until it is told to stop."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import Annotated

import typer


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 0,
    processes: Annotated[int, typer.Option(help="Server processes.", min=0)] = 0,
) -> None:
    """Answer the API until Ctrl-C; everything else is a REGULARS_ setting."""
    environment = os.environ | {
        f"REGULARS_{name}": str(value)
        for name, value in (("HOST", host), ("PORT", port), ("PROCESSES", processes))
        if value
    }
    command = [sys.executable, "-m", "regulars.api"]
    # In place of this process, so that a signal to it reaches the supervisor itself.
    os.execve(sys.executable, command, environment)  # noqa: S606 - without a shell


def reload() -> None:
    """Let a running `regulars serve` migrate and replace its processes by those of the release installed now.

    No request goes unanswered meanwhile. Exit code 1: what was serves on.
    """
    from regulars.cli import shown
    from regulars.kit import settings, standing

    chosen = settings.load()
    before = standing.read(chosen)
    if before is None:
        shown.say(f"Nobody serves {chosen.home} at port {chosen.port}. Start it: regulars serve")
        raise typer.Exit(1)
    os.kill(before.pid, signal.SIGHUP)
    with shown.progress("reloading", None, unit="") as progress:
        while (found := standing.read(chosen)) is not None and found.reloads == before.reloads:
            time.sleep(0.2)
            progress.advance()
    if found is None or found.failed:
        shown.say("Not reloaded; what was serves on. The log of `regulars serve` says why.")
        raise typer.Exit(1)
    shown.say(
        "Reloaded. The supervisor and the embedded PostgreSQL stay as they are until `regulars serve` is restarted."
    )
