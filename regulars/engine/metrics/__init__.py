"""Metrics: what one activity adds to each, how windows move, and what the numbers then are.

A member's sums live in the account's state, with one row a day behind them for what slides out; numbers about cards,
tills, cashiers, devices and
stores, and windows shorter than a day, are counters in buckets.
"""
