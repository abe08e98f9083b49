"""Offers of a release made ready, and what a member's state keeps of them."""
