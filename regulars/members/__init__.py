"""Who it is: members of accounts, the identifiers that lead to them, their cards and sealed profiles, and what the SQL
of segments reads of them.

Always holds: an identifier leads to one member at most, decided by its row in the lookup table and nothing else; what
identifies a person is stored sealed under a key of that member, and found only by a keyed hash; the number of a payment
card is refused, never stored or logged.
"""
