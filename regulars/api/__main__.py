"""`python -m regulars.api`: the whole server, from its settings."""

from __future__ import annotations

import sys

from regulars.api import server
from regulars.kit import settings
from regulars.kit.errors import RegularsError

if __name__ == "__main__":
    try:
        server.serve(settings.load())
    except RegularsError as fault:
        # A case that we know ends in a sentence, never in a trace.
        sys.exit(fault.text("en"))
