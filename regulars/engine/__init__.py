"""The pure centre: `decide(known, activity, now) -> Decision`.

No I/O, no clock, no randomness, no ids of its own: the same input gives the same decision, so a quote is a commit that
is not written, an
explanation is its trace, a backtest is the same call over history.
"""
