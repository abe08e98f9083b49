"""The routes of this room, each group in a file of its own."""

from __future__ import annotations

from typing import Final

from regulars.activities import frozen_routes, game_routes, run_routes, segment_routes

ROUTES: Final = (*segment_routes.ROUTES, *run_routes.ROUTES, *game_routes.ROUTES, *frozen_routes.ROUTES)
