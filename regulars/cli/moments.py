"""Moments as they are typed: with their zone, or not at all."""

from __future__ import annotations

import datetime as dt

import typer


def moment(text: str, hint: str) -> dt.datetime | None:
    """The moment that was typed, in UTC; none where nothing was."""
    if not text:
        return None
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise typer.BadParameter("write it with its zone, such as 2026-03-05T12:00:00Z", param_hint=hint)
    return found.astimezone(dt.UTC)
