"""Challenges without a decision around them: plans made from definitions, windows, and what an attempt has reached.

What always holds: an attempt belongs to one window of one challenge and was frozen when it began; nothing here knows
the time, points or other challenges.
"""
