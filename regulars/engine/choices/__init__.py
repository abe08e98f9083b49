"""The pure arithmetic of choices: which days belong to a period, what is kept of picks, what counts at a moment.

Nothing here knows a decision under way; `engine.choosing` does.
"""
