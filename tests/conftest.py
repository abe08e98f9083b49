"""What tests stand on: one embedded server a process of the run, a fresh database a test. How to use it: tests/README.md."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings

from regulars.kit import upgrade
from regulars.kit.address import Address
from regulars.kit.database import Database
from regulars.kit.server import EmbeddedServer, Tuning

# A run in the background of a shell is told to ignore Ctrl-C, and so would be every process that a test starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

_numbers = itertools.count(1)

# A change is judged by the same random histories wherever it is tried; `make faults` draws new ones, tests/README.md.
settings.register_profile("same", derandomize=True)
if "REGULARS_ANEW" not in os.environ:
    settings.load_profile("same")


@pytest.fixture
def home() -> Iterator[Path]:
    """An empty folder for REGULARS_HOME, where the server's own user can enter too."""
    folder = Path(tempfile.mkdtemp(prefix="regulars-home-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def server() -> Iterator[Address]:
    """The server of this process of the run. Nobody kills it: fault tests start their own with `home`."""
    folder = Path(tempfile.mkdtemp(prefix="regulars-test-", dir="/tmp"))
    folder.chmod(0o755)
    embedded = EmbeddedServer(folder, Tuning(shared_buffers="64MB", durable=False))
    yield embedded.start()
    embedded.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def template(server: Address) -> Address:
    """A database with every migration, to be copied; nobody connects to it."""
    where = server.in_database("regulars_template")
    upgrade.upgrade(where)
    return where


@contextlib.contextmanager
def copied(template: Address) -> Iterator[Address]:
    """A fresh copy of the migrated database, for as long as the block runs."""
    fresh = template.in_database(f"regulars_test_{next(_numbers)}")
    admin = template.in_database("postgres").sync_arguments("admin")
    with psycopg.connect(**admin, autocommit=True) as connection:
        connection.execute(
            f'CREATE DATABASE "{fresh.database}" TEMPLATE "{template.database}" STRATEGY FILE_COPY OWNER regulars_owner'
        )
    yield fresh
    with psycopg.connect(**admin, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{fresh.database}" WITH (FORCE)')


@pytest.fixture
def address(template: Address) -> Iterator[Address]:
    """A fresh database with every migration."""
    with copied(template) as fresh:
        yield fresh


@pytest.fixture
async def database(address: Address) -> AsyncIterator[Database]:
    """The app's connections to a fresh database."""
    async with Database(address, size=5) as opened:
        yield opened
