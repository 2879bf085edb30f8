"""The journal of a block: the intents of submissions that run side by side are written by one write."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from airflow_provider_faceswap.exceptions import FaceSwapError
from airflow_provider_faceswap.journal.entry import Entry


class NotNotedError(FaceSwapError):
    """An intent was not written, so that nothing was sent."""


class BlockJournal:
    """
    The journal of submissions that run side by side, each in a thread.

    Their intents are written together, once all of them are checked and before any of them is sent. What
    they came to is collected, and written by :meth:`flush`.

    :param write: writes entries by the keys of their items; the flag asks for retries.
    :param admit: returns which of the keys may be bought.
    :param participants: how many submissions there are.
    :param durable: whether a later try will find what is written.
    """

    def __init__(
        self,
        write: Callable[[Mapping[str, Entry], bool], None],
        admit: Callable[[Collection[str]], Collection[str]],
        participants: int,
        *,
        durable: bool,
    ) -> None:
        self.durable = durable
        self._write = write
        self._admit = admit
        self._waiting = threading.Condition()
        self._missing = participants
        self._intents: dict[str, Entry] = {}
        self._outcomes: dict[str, Entry] = {}
        self._failure: BaseException | None = None

    def intend(self, key: str, entry: Entry) -> None:
        """
        Note an intent, and wait until those of all others are written with it.

        :raises NotNotedError: if it is not written: nothing may be sent then.
        """
        with self._waiting:
            self._intents[key] = entry
            self._arrive()
            self._waiting.wait_for(lambda: self._missing == 0)
            if self._failure or key not in self._intents:
                raise NotNotedError

    def leave(self) -> None:
        """Note that a submission will not be made."""
        with self._waiting:
            self._arrive()

    def give_up(self, missing: int) -> None:
        """
        Write no intents, and let nobody wait for submissions that were never begun.

        :param missing: how many they are; with none, nothing is given up.
        """
        for _ in range(missing):
            self._failure = self._failure or NotNotedError()
            self.leave()

    def _arrive(self) -> None:
        self._missing -= 1
        if self._missing:
            return
        try:
            if self._failure:
                raise self._failure
            admitted = self._admit(self._intents)
            self._intents = {key: self._intents[key] for key in admitted}
            if self._intents:
                self._write(self._intents, False)
        except BaseException as error:
            self._failure = error
        self._waiting.notify_all()

    def check(self) -> None:
        """Raise what the write of the intents raised."""
        if self._failure:
            raise self._failure

    def conclude(self, key: str, entry: Entry) -> None:
        """Note what a submission came to."""
        with self._waiting:
            self._outcomes[key] = entry

    def flush(self) -> None:
        """Write what was concluded since the last time."""
        with self._waiting:
            outcomes, self._outcomes = self._outcomes, {}
        if not outcomes:
            return
        try:
            self._write(outcomes, True)
        except BaseException as error:
            if not isinstance(error, Exception):  # a timeout of Airflow, in the middle of the write
                self._write(outcomes, True)
            raise


class ItemJournal:
    """
    One item's part of a block's journal, as a purchase knows journals.

    :param block: the block's.
    :param key: the item's.
    :param how: says how to settle it.
    """

    def __init__(self, block: BlockJournal, key: str, how: str) -> None:
        self.durable = block.durable
        self._block = block
        self._key = key
        self._how = how
        self._arrived = False
        self.entry: Entry | None = None
        """What was noted last."""

    def save(self, entry: Entry) -> Entry:
        """Write an intent."""
        self._arrived = True
        self._block.intend(self._key, entry)
        self.entry = entry
        return entry

    save_first = save

    def save_with_retries(self, entry: Entry) -> Entry:
        """Note what the submission came to."""
        self._block.conclude(self._key, entry)
        self.entry = entry
        return entry

    def leave(self) -> None:
        """Let the others go on if no intent came."""
        if not self._arrived:
            self._arrived = True
            self._block.leave()

    def how_to(self) -> str:
        """Say how to settle a doubt."""
        return self._how


@dataclass(frozen=True)
class DoubtJournal:
    """
    What a purchase asks of a journal in order to decide about a doubt.

    :param how: says how to settle it.
    """

    how: str

    def how_to(self) -> str:
        """Say how to settle the doubt."""
        return self.how
