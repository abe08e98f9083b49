"""A bank and the shops where its cards are used: payments that are settled some days later, a few for less, and now and
then one that is charged back.
"""

from __future__ import annotations

from regulars.cli.demo.habits import Card, Habit, Scene, Shop, Table


def _shop(id: str, mcc: str, low: int, high: int, chain: str | None = None, city: str = "Chișinău") -> Shop:
    """Somewhere that takes cards, for sums between these lei."""
    return Shop(
        id=id,
        name=id.replace("-", " ").title(),
        city=city,
        tills=1,
        chain=chain,
        fields={"mcc": mcc},
        sums=(low * 100, high * 100),
    )


TABLE = Table(
    members=200,
    days=240,
    shops=(
        _shop("linella-1", "5411", 40, 900, "linella"),
        _shop("linella-2", "5411", 40, 900, "linella", "Bălți"),
        _shop("felicia-1", "5912", 30, 500, "felicia"),
        _shop("full-tank", "5541", 300, 1500, "full-tank"),
        _shop("placinte", "5812", 80, 600, "placinte"),
        _shop("burger", "5814", 60, 250),
        _shop("wardrobe", "5651", 200, 3000, "wardrobe"),
        _shop("trolley", "4111", 6, 60),
        _shop("electricity", "4900", 200, 1200),
        _shop("cash-machine", "6011", 100, 3000),
    ),
    habits=(
        Habit(share=40, every_days=3, hours=(8, 21), picks={"monthly": ("groceries", "restaurants")}),
        Habit(share=40, every_days=6, picks={"monthly": ("fuel", "groceries"), "paid_in": ("cashback",)}),
        Habit(share=20, every_days=15, lapses=30),
    ),
    card=Card(),
    accounts=85,
    scene=Scene(
        phone="+3736916",
        digits=4,
        store="linella-1",
        type="payment",
        fields={"mcc": "5411"},
        numbered="rrn",
        lines=({"amount": 84000},),
    ),
)
