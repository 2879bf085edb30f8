"""Triggers: they poll or watch, and never submit or delete."""
