"""What happened: activities go in, are claimed, decided and applied in batches, and come back as one stored answer
each.

Owns the account's state, the activity rows, claims and answers, day rows and counters, replay, backtest and the
sweeper. Always holds: an
acknowledged activity is stored exactly once, under one natural key and one idempotency key, together with its
entries, events and answer.
"""
