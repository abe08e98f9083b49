"""`regulars demo`: from nothing to a living program with a year of real shopping in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from regulars.cli import shown

if TYPE_CHECKING:
    from regulars.kit.settings import Settings


def demo(
    once: Annotated[bool, typer.Option("--once", help="Load, play a story at the till, print JSON, stop.")] = False,
    preset: Annotated[
        str, typer.Option(help="grocery (real shopping), bank, cafe, club, fashion, fuel, lender or pharmacy.")
    ] = "grocery",
    reset: Annotated[bool, typer.Option("--reset", help="Begin again: deletes the embedded database.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before deleting.")] = False,
    serve: Annotated[bool, typer.Option(help="Keep the API running when everything is loaded.")] = True,
    members: Annotated[int, typer.Option(help="Load only the first so many members; 0: all.", min=0)] = 0,
    processes: Annotated[int, typer.Option(help="Processes that load.", min=1, max=16)] = 2,
) -> None:
    """Load a history through the code that serves the till, and serve the program on 127.0.0.1:8700.

    A second run starts in seconds and loses nothing; an interrupted one goes on where it stopped. Ctrl-C stops all.
    """
    from regulars.cli.demo import presets, running

    # Asked before anything is deleted or started.
    presets.check(preset)
    chosen = running.settings()
    if reset:
        _confirm(chosen, yes=yes)
        running.forget(chosen)
    try:
        result = running.run(
            chosen, preset=preset, members=members or None, processes=processes, once=once, serve=serve, living=_tell
        )
    except KeyboardInterrupt:
        shown.say("Stopped. What was loaded is kept; the same command goes on from here.")
        raise typer.Exit(0) from None
    if result is not None:
        shown.data(result)


def _confirm(chosen: Settings, *, yes: bool) -> None:
    if not yes and not typer.confirm(f"Delete the database in {chosen.home}?"):
        raise typer.Exit(1)


def _tell(url: str, commands: list[tuple[str, str]]) -> None:
    shown.say(f"\nThe program lives on {url}, its pages on {url}/docs. Three commands to try:\n")
    for meaning, command in commands:
        print(f"# {meaning}\n{command}\n", flush=True)
    shown.say("Ctrl-C stops it; the same command starts it again in seconds.")
