"""The routes of what members get."""

from __future__ import annotations

from typing import Any, Final

from regulars.rewards import budget_routes, catalogue_routes, offer_routes, order_routes, voucher_routes

ROUTES: Final[list[Any]] = [
    *budget_routes.ROUTES,
    *offer_routes.ROUTES,
    *order_routes.ROUTES,
    *catalogue_routes.ROUTES,
    *voucher_routes.ROUTES,
]
