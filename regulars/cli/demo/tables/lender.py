"""A lender of small sums: most instalments come in time, some late, a few never."""

from __future__ import annotations

from regulars.cli.demo.habits import Habit, Loans, Scene, Table

TABLE = Table(
    members=300,
    days=730,
    habits=(Habit(share=60, every_days=150, lapses=5), Habit(share=40, every_days=260, lapses=30)),
    loans=Loans(amounts=(200_000, 300_000, 500_000, 1_000_000), instalments=3),
    scene=Scene(
        phone="+3736913",
        digits=4,
        type="repayment",
        fields={"loan": "story", "amount": 100_000, "on_time": True},
    ),
)
