"""Points as money: entries, lots, what was taken from which lot, holds and balances.

Nothing else writes these tables, and nothing here decides: a decision names what is to be written, the ledger writes
it in the batch's one statement, reads it back, and checks it. Entries, lot uses and lot changes are never updated or
deleted; a balance is the sum of its entries, a lot what its uses left of it, and a keyed hash runs through all of them.
"""
