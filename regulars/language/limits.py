"""What an expression may be at most; without each of these, something brought a machine to its knees."""

TEXT_LENGTH = 4_000
NODES = 400
DEPTH = 40
WALKS = 2
CHAIN_STEPS = 3
LIST_ITEMS = 200
CONSTANT_DIGITS = 18
DECIMALS = 6
SCALE = 12
# Whole numbers are exact and unbounded in both back ends: without a bound a product of products grows at each step.
NUMBER_DIGITS = 120
FIELD_DIGITS = 18
COST_TYPICAL = 20_000
COST_WORST = 200_000
SQL_LENGTH = 100_000
PERIOD_DAYS = 36_600
