"""Codes of vouchers: made by the million or imported, found again as typed or scanned, given to members, locked by a
till for a while, blocked. How often a code counted is not kept here: it is a counter that every decision about it
proves (`engine.quotas`). A code is looked up by its normal form and belongs to one campaign of one program for ever.
"""
