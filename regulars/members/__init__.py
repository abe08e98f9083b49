"""Who it is: accounts' members, the identifiers that lead to them, their cards, their sealed profiles, and what SQL reads of them.

Always holds: an identifier leads to one member at most, decided by the row in the lookup table and nothing else; what identifies a person is stored
sealed under a key of that member, and found only by a keyed hash; a number of a payment card is refused, never stored or logged.
"""
