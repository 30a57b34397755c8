"""Saved searches: collections that fill themselves."""
