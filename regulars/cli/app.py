"""The commands, and what happens when one of them fails."""

from __future__ import annotations

import os
import sys

import typer

from regulars.cli import (
    backups,
    databases,
    doctor,
    imports,
    keys,
    ledgers,
    payouts,
    segments,
    serving,
    staff,
    vouchers,
    webhooks,
    workflow,
)
from regulars.cli.demo import command as demo

app = typer.Typer(
    name="regulars",
    help="Points as safe as money, rules that a marketer writes, one command to a living program.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)
app.command("serve")(serving.serve)
app.command("reload")(serving.reload)
app.command("demo")(demo.demo)
app.command("import")(imports.take_in)
# The way of a release stands in a file of its own, and adds its commands to those of programs.
app.add_typer(workflow.app, name="program")
app.add_typer(ledgers.app, name="ledger")
app.add_typer(payouts.app, name="payout")
app.add_typer(segments.app, name="segment")
app.add_typer(segments.runs_app, name="run")
app.add_typer(vouchers.app, name="voucher")
app.add_typer(webhooks.app, name="webhook")
app.add_typer(keys.app, name="key")
app.add_typer(staff.app, name="staff")
app.add_typer(databases.app, name="db")
app.command("backup")(backups.backup)
app.command("restore")(backups.restore)
app.command("doctor")(doctor.doctor)


def main() -> None:
    """Run the command line; a case that we know ends in a sentence, never in a trace."""
    from regulars.kit.errors import RegularsError

    # A `queue.py` in the folder where this is typed must not stand in for Python's own in whatever a command starts.
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        app()
    except RegularsError as error:
        from regulars.cli import shown

        shown.failed(error)
        sys.exit(1)
    except OSError as fault:
        from regulars.cli import shown, unusable

        told = unusable.told(fault)
        if told is None:
            raise
        shown.failed(told)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
