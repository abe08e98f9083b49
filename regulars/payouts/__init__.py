"""Money that leaves: what members have of a currency is taken from them into a file of payments, each member's part
exactly once, whoever begins again; a payment that failed comes back as points, once.
"""
