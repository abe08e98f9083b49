"""Orders of rewards inside a decision: what a reward asks for and does, what is kept of an order while it is open, how
it is paid for and what becomes of that. An order that failed leaves nothing behind: points, stock and limits are as
they were.
"""
