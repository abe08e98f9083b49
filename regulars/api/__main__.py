"""`python -m regulars.api`: the whole server, from its settings."""

from __future__ import annotations

from regulars.api import server
from regulars.kit import settings

if __name__ == "__main__":
    server.serve(settings.load())
