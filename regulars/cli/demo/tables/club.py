"""A beauty and fashion club: those who pay for it and order often, and those who look around."""

from __future__ import annotations

from regulars.cli.demo.habits import Good, Habit, Scene, Shop, Table

TABLE = Table(
    members=300,
    days=540,
    goods=(
        Good(sku="rose-serum", name="Rose serum", category="face", price=3000, brand="Club"),
        Good(sku="night-cream", name="Night cream", category="face", price=2400, brand="Club"),
        Good(sku="clay-mask", name="Clay mask", category="face", price=1200, brand="Argila"),
        Good(sku="lipstick", name="Lipstick", category="make-up", price=1650, brand="Rubin"),
        Good(sku="mascara", name="Mascara", category="make-up", price=1400, brand="Rubin"),
        Good(sku="silk-scarf", name="Silk scarf", category="fashion", price=3500, brand="Club"),
        Good(sku="blouse", name="Blouse", category="fashion", price=4000, brand="Lia"),
        Good(sku="dress", name="Dress", category="fashion", price=10000, brand="Lia"),
        Good(sku="shipping", name="Shipping", category="shipping", price=400, kind="shipping"),
    ),
    shops=(
        Shop(id="web", name="Web shop", city="București"),
        Shop(id="studio", name="Studio", city="București", tills=1),
    ),
    habits=(
        Habit(share=30, every_days=18, likes=("face", "make-up", "fashion", "shipping"), returns=6, plan="plus"),
        Habit(share=40, every_days=45, likes=("face", "make-up", "shipping"), returns=4),
        Habit(share=30, every_days=70, likes=("fashion", "fashion", "shipping"), returns=12, lapses=40),
    ),
    sizes=("s", "m", "m", "l"),
    scene=Scene(
        phone="+4072213",
        digits=4,
        store="web",
        pays="points",
        lines=(
            {"sku": "dress", "quantity": 1, "amount": 10000},
            {"sku": "shipping", "quantity": 1, "amount": 400},
        ),
    ),
)
