"""Referrals made ready, and what an account remembers of them."""
