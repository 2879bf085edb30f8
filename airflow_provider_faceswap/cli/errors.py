"""What a command cannot do, in words for whoever typed it."""

from __future__ import annotations


class CommandError(Exception):
    """Printed as it is; the command then ends with code 1."""
