"""Triggers: they look, they never submit or delete."""
