"""Pharmacies: families, those who come each month with a prescription, and those who come for their skin."""

from __future__ import annotations

from regulars.cli.demo.habits import Good, Habit, Scene, Shop, Table

TABLE = Table(
    members=300,
    days=730,
    goods=(
        Good(sku="rx-1", name="Prescription, class C", category="prescription", price=18000),
        Good(sku="rx-2", name="Prescription, class A", category="prescription", price=9500),
        Good(sku="vitamin-d", name="Vitamin D, 60", category="vitamins", price=12000, legal_price=9800),
        Good(sku="magnesium", name="Magnesium, 30", category="vitamins", price=9000, legal_price=7900),
        Good(sku="sun-50", name="Sun cream 50", category="skin care", price=24000),
        Good(sku="face-cream", name="Face cream", category="skin care", price=18500),
        Good(sku="thermometer", name="Thermometer", category="devices", price=15000),
        Good(sku="plasters", name="Plasters", category="first aid", price=3500),
        Good(sku="nasal-spray", name="Nasal spray", category="colds", price=8500, legal_price=8300),
        Good(sku="test", name="Test", category="tests", price=6000),
    ),
    shops=(
        Shop(id="market", name="Market square", city="Chișinău"),
        Shop(id="hospital", name="At the hospital", city="Chișinău", tills=3),
        Shop(id="balti", name="Bălți", city="Bălți", tills=1),
    ),
    habits=(
        Habit(share=40, every_days=20, likes=("prescription", "prescription", "vitamins"), hours=(8, 12), lapses=3),
        Habit(share=40, every_days=30, likes=("colds", "first aid", "vitamins", "devices", "tests"), returns=2),
        Habit(share=20, every_days=25, likes=("skin care", "skin care", "vitamins"), lapses=25),
    ),
    scene=Scene(
        phone="+3736915",
        digits=4,
        store="market",
        pays="points",
        lines=(
            {"sku": "sun-50", "quantity": 1, "amount": 24000},
            {"sku": "rx-1", "quantity": 1, "amount": 18000},
        ),
    ),
)
