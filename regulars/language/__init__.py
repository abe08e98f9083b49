"""The rule language: every condition and formula is one expression, checked once, compiled to Python and to SQL.

Owns the lexer, parser, checker, function table, both compilers, the index over many rules, the JSON tree and the
explanations. It always holds that what the checker accepts ends, in bounded time and memory, and gives the same answer
in Python as in SQL; nothing in this room reads a clock, a file of ours or a database.
"""
