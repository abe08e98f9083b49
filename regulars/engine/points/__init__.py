"""The arithmetic of points: what time does to lots, and what earning, spending, holding and taking back do to them.

Everything works on a `Purse`, the working copy of one account's points during a decision. After every verb the
invariants I3 to I6 of docs/ledger.md hold in it; its `result()` is the `Movement` that the ledger writes.
"""
