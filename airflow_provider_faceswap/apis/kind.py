"""The kinds of media; a module of its own, as child processes read it without pydantic."""

from typing import Literal

Kind = Literal["image", "video", "any"]
"""What an operation makes, or a file must be."""
