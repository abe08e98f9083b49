"""Ladders, pure: how their years are divided, which level the numbers of a member reach, what a review does."""
