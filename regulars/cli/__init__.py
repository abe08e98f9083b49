"""The command line: every verb of an operator, worded for people, with `--json` where a program reads it.

Holds no business: it opens the doors of the rooms, shows progress, and turns errors into sentences and exit codes (0
good, 1 found something wrong, 2 wrong usage). Libraries are loaded inside the commands, so that help appears at once.
"""
