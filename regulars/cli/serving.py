"""`regulars serve`: the API, its worker and the embedded database, until it is told to stop."""

from __future__ import annotations

import os
import sys
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
