"""What and where: goods with their category tree and brands, stores with their zones and places, the pictures
of rewards.

Always holds: rows are fed by file or API and take effect within seconds, without a release; a basket is enriched once,
on arrival, and what was known then is stored with the sale; the category tree has no cycle.
"""
