"""A fashion chain: few visits, large baskets, and every eighth of them comes back in part."""

from __future__ import annotations

from regulars.cli.demo.habits import Deed, Good, Habit, Scene, Shop, Table

_REVIEWS = Deed(
    type="review", every_days=90, fields={"sku": ("linen-dress", "sneakers", "wool-coat"), "stars": (3, 4, 5, 5)}
)

TABLE = Table(
    members=400,
    days=730,
    goods=(
        Good(sku="linen-dress", name="Linen dress", category="dresses", price=8900, brand="Lia"),
        Good(sku="silk-dress", name="Silk dress", category="dresses", price=14900, brand="Nord"),
        Good(sku="white-shirt", name="White shirt", category="shirts", price=4500, brand="Lia"),
        Good(sku="polo", name="Polo", category="shirts", price=3900, brand="Nord"),
        Good(sku="sneakers", name="Sneakers", category="shoes", price=7900, brand="Pas"),
        Good(sku="boots", name="Boots", category="shoes", price=12900, brand="Pas"),
        Good(sku="tote", name="Tote bag", category="bags", price=5900, brand="Lia"),
        Good(sku="wool-coat", name="Wool coat", category="outerwear", price=24900, brand="Nord"),
        Good(sku="scarf", name="Scarf", category="accessories", price=2500, brand="Lia"),
        Good(sku="belt", name="Belt", category="accessories", price=2900, brand="Pas"),
    ),
    shops=(
        Shop(id="mall", name="Mall", city="București", tills=4),
        Shop(id="old-town", name="Old Town", city="Cluj-Napoca"),
        Shop(id="outlet", name="Outlet", city="Timișoara"),
    ),
    habits=(
        Habit(
            share=20,
            every_days=21,
            likes=("dresses", "shoes", "accessories", "bags"),
            lines=(1, 4),
            returns=14,
            deeds=(_REVIEWS,),
        ),
        Habit(share=50, every_days=60, likes=("shirts", "shoes", "accessories"), lines=(1, 3), returns=12),
        Habit(share=30, every_days=120, likes=("outerwear", "dresses", "shirts"), lines=(1, 2), lapses=40, returns=10),
    ),
    sizes=("xs", "s", "m", "m", "l", "xl"),
    scene=Scene(
        phone="+4072212",
        digits=4,
        store="mall",
        pays="points",
        lines=(
            {"sku": "linen-dress", "quantity": 1, "amount": 8900},
            {"sku": "scarf", "quantity": 2, "amount": 5000},
        ),
    ),
)
