"""Regulars: a self-hosted engine for personalised customer loyalty."""
