"""The till: quote, commit, return, exchange, void, and holds, over HTTP. Owns the wire form of what a till sends and
the signed tokens of quotes. Always holds: what reaches `activities` was decoded strictly and has a key; a quote writes
nothing; money is whole minor units, points are whole, a quantity has at most three decimals, none was ever a float."""
