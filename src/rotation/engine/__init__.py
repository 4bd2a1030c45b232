"""Decisions to accounts, on plain arrays."""
