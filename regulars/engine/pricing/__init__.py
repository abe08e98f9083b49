"""What discounts take off a basket: plans of the effects on the price, the units that they are about, and how several
meet. Everything is a whole number of minor units; no line falls below 0, and what is taken off the lines adds up to the
cent to what is taken off in all.
"""
