"""Options that many commands have."""

from __future__ import annotations

from typing import Annotated

import typer

ProgramName = Annotated[str, typer.Option("--program", help="Key of the program; needed where there are several.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer with JSON.")]
