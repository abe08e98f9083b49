"""Filling stations: commuters every week, drivers of firms who fill large tanks at night, and those on holiday."""

from __future__ import annotations

from regulars.cli.demo.habits import Good, Habit, Scene, Shop, Table

TABLE = Table(
    members=300,
    days=540,
    goods=(
        Good(sku="petrol-95", name="Petrol 95", category="petrol", price=2485, unit="l", amounts=(20, 55)),
        Good(sku="petrol-98", name="Petrol 98", category="petrol", price=2790, unit="l", amounts=(20, 50)),
        Good(sku="diesel", name="Diesel", category="diesel", price=2310, unit="l", amounts=(30, 90)),
        Good(sku="lpg", name="Gas", category="gas", price=1340, unit="l", amounts=(15, 45)),
        Good(sku="wash-pass", name="Wash pass", category="wash pass", price=4500, amounts=(1, 10)),
        Good(sku="wash", name="Wash", category="wash", price=6000),
        Good(sku="screen-wash", name="Screen wash, 4 l", category="car care", price=9900),
        Good(sku="hot-dog", name="Hot dog", category="snacks", price=3500),
        Good(sku="americano", name="Americano", category="coffee", price=2200),
        Good(sku="cigarettes", name="Cigarettes", category="tobacco", price=6500),
    ),
    shops=(
        Shop(id="north", name="North", city="Chișinău", tills=3),
        Shop(id="ring", name="Ring road", city="Chișinău", tills=2),
        Shop(id="border", name="Border", city="Leușeni", tills=2),
    ),
    habits=(
        Habit(share=50, every_days=8, likes=("petrol", "petrol", "coffee"), hours=(7, 20), lines=(1, 2), returns=1),
        Habit(share=30, every_days=5, likes=("diesel", "diesel", "tobacco", "snacks"), hours=(20, 24), lines=(1, 2)),
        Habit(share=20, every_days=25, likes=("gas", "petrol", "wash pass", "wash", "car care"), lapses=30),
    ),
    scene=Scene(
        phone="+3736914",
        digits=4,
        store="north",
        pays="points",
        lines=(
            {"sku": "petrol-95", "quantity": "80.000", "unit": "l", "amount": 198800},
            {"sku": "hot-dog", "quantity": 1, "amount": 3500},
        ),
    ),
)
