"""The pure arithmetic of consents: which count on a day, and what becomes of those of two members who are one.

Nothing here knows a decision under way; `engine.consenting` does.
"""
