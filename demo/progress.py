"""Show that the demo is alive: a line for each step, and a spinner on a terminal."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType

from rich.console import Console
from typing_extensions import Self

from demo.examples import TaskOutcome
from demo.report import summary


class Progress:
    """What the demo is doing, step by step.

    :param console: where it is printed.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self._status = console.status("starting") if console.is_terminal else None
        self._began = time.monotonic()
        self._said = ""

    def __enter__(self) -> Self:
        if self._status:
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.done()

    def done(self) -> None:
        """Stop the spinner."""
        if self._status:
            self._status.stop()

    def step(self, text: str) -> None:
        """Print what is being done, unless it was printed last."""
        if self._status:
            self._status.update(text)
        if text != self._said:
            self._said = text
            self.console.print(f"{time.monotonic() - self._began:5.1f} s  {text}", highlight=False)

    def tasks(self, tasks: Sequence[TaskOutcome]) -> None:
        """Print how many tasks are in which state."""
        if tasks:
            self.step(summary(tasks))
