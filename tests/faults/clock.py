"""A clock that can be turned for a database and all processes of a server, while they run."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from typing import Any

from regulars.kit.server import EmbeddedServer, Tuning


class Clock:
    """libfaketime, put before every program that is started with `environment`; from the wheel `libfaketime`, which
    brings the library built for Linux on x86-64 (elsewhere: `uv pip install --no-binary libfaketime libfaketime`)."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        library = folder / "libfaketime.so.1"
        # A copy, where the server's own user can read it too.
        shutil.copyfile(_library(), library)
        library.chmod(0o755)
        self.environment = {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            # Timeouts and pauses are measured with a clock that nobody turns.
            "DONT_FAKE_MONOTONIC": "1",
        }
        self.turn("+0")

    def turn(self, by: str) -> None:
        """Away from the right time by so much: `+400d`, `-2h`, `+0`. Heard within a second."""
        self._file.write_text(by)
        self._file.chmod(0o644)


class ClockedServer(EmbeddedServer):
    """The embedded server under that clock."""

    def __init__(self, home: Path, clock: Clock) -> None:
        super().__init__(home, Tuning(shared_buffers="64MB"))
        self._clock = clock

    def _as_account(self) -> dict[str, Any]:
        options = super()._as_account()
        return options | {"env": options["env"] | self._clock.environment}


def _library() -> Path:
    package = importlib.util.find_spec("libfaketime")
    assert package is not None, "make setup installs libfaketime"
    assert package.origin is not None
    return Path(package.origin).parent / "vendor" / "libfaketime" / "src" / "libfaketime.so.1"
