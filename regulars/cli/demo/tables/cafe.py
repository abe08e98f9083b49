"""A café with three counters: commuters, neighbours, and students who come for the table and the socket."""

from __future__ import annotations

from regulars.cli.demo.habits import Good, Habit, Scene, Shop, Table

TABLE = Table(
    members=300,
    days=730,
    goods=(
        Good(sku="espresso", name="Espresso", category="espresso", price=2500),
        Good(sku="cappuccino", name="Cappuccino", category="cappuccino", price=3800),
        Good(sku="flat-white", name="Flat white", category="latte", price=4200),
        Good(sku="raf", name="Raf", category="latte", price=4800),
        Good(sku="green-tea", name="Green tea", category="tea", price=3000),
        Good(sku="cold-brew", name="Cold brew", category="cold", price=4500),
        Good(sku="lemonade", name="Lemonade", category="cold", price=4000),
        Good(sku="croissant", name="Croissant", category="food", price=2800),
        Good(sku="placinta", name="Plăcintă", category="food", price=3500),
        Good(sku="sandwich", name="Sandwich", category="food", price=5500),
        Good(sku="beans-250", name="Beans, 250 g", category="beans", price=14000, brand="house"),
    ),
    shops=(
        Shop(id="centre", name="Centre", city="Chișinău"),
        Shop(id="station", name="Station", city="Chișinău", tills=1),
        Shop(id="balti", name="Bălți", city="Bălți", tills=1),
    ),
    habits=(
        Habit(share=35, every_days=3, likes=("espresso", "cappuccino", "latte", "food"), hours=(7, 10), lines=(1, 2)),
        Habit(share=35, every_days=9, likes=("cappuccino", "tea", "food", "food", "beans"), lines=(1, 4), returns=1),
        Habit(share=30, every_days=15, likes=("cold", "latte", "tea"), hours=(11, 21), lapses=35),
    ),
    scene=Scene(
        phone="+3736912",
        digits=4,
        store="centre",
        pays="points",
        lines=(
            {"sku": "cappuccino", "quantity": 2, "amount": 7600},
            {"sku": "sandwich", "quantity": 1, "amount": 5500},
        ),
    ),
)
