"""The journal's I/O: one entry of the task state store (Airflow 3.3 and later)."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from airflow_provider_faceswap.exceptions import JournalError, NotSentError
from airflow_provider_faceswap.journal.entry import Entry
from airflow_provider_faceswap.journal.state import TaskState, state_url
from airflow_provider_faceswap.journal.wishes import Wish

if TYPE_CHECKING:
    from airflow.sdk import Context

log = logging.getLogger(__name__)

KEY = "faceswap"
CALLBACK_KEY = "faceswap_callback"
"""Keeps the nonce of the latest submission where a person who adopts a job cannot overwrite it."""
WISH_KEY = "faceswap_decision"
"""What a person decided in the UI; only workers write the entry itself, so that no click overwrites one."""
PROBE = "faceswap_store_works"

_NONCE = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")


class Journal:
    """
    The entry of one purchase of one task instance.

    :param context: the task's.
    :param item: which item of a task that buys several; None for the only one.
    """

    def __init__(self, context: Context, item: int | None = None) -> None:
        self._state = TaskState(context)
        self._ti = context["ti"]
        self.key = KEY if item is None else f"{KEY}/{item}"

    @property
    def durable(self) -> bool:
        """Whether a later try will find what is saved."""
        return self._state.durable

    def load(self, *, prove: bool = True) -> Entry | None:
        """
        Return the entry.

        "No entry" is believed only after a write: the store answers so as well when it is this try that it
        does not know.

        :param prove: False where what follows "no entry" is :meth:`save_first`, which is such a write.
        :raises JournalError: if the store fails, or holds something else.
        """
        if not self.durable:
            return None
        found = self._state.get(self.key)
        if found is None and prove:
            self._state.set(PROBE, True)
            found = self._state.get(self.key)
        try:
            entry = Entry.from_store(found)
        except (ValueError, TypeError) as error:
            unreadable = JournalError(f"the journal's entry cannot be read: {error}; {self._by_hand()}")
            unreadable.paid = None  # nobody can know whether it names a job
            raise unreadable from None
        if entry and entry.adopted and not entry.nonce:
            nonce = self._state.get(CALLBACK_KEY)
            if isinstance(nonce, str) and _NONCE.match(nonce):
                entry = entry.moved_to(entry.state, nonce=nonce)
        return entry

    def wish(self) -> Wish | None:
        """Return what a person decided in the UI, if anything."""
        return Wish.from_store(self._state.get(WISH_KEY))

    def save_first(self, entry: Entry) -> Entry:
        """
        Write an entry where none was found, as :meth:`save` does; the store refuses a superseded try.

        :raises NotSentError: if there is one now.
        """
        # The look that found nothing may have met a passing 404; before a first try nothing can be there.
        if self.durable and self._ti.try_number > 1 and self._state.get(self.key) is not None:
            raise NotSentError(
                "nothing was sent: the journal's entry appeared while the submission was prepared; "
                "a retry reads it"
            )
        return self.save(entry)

    def save(self, entry: Entry) -> Entry:
        """Write the entry; once, for what must be known before anything is paid."""
        if self.durable:
            if entry.nonce:
                self._state.set(CALLBACK_KEY, entry.nonce)
            self._state.set(self.key, entry.as_dict())
        return entry

    def save_with_retries(self, entry: Entry) -> Entry:
        """Write what a submission came to: tried for half a minute, for the money's sake."""
        self._state.set_with_retries(self.key, entry.as_dict())
        return entry

    def how_to(self) -> str:
        """Say how to buy again or to adopt a job."""
        if not self.durable:
            return "to buy again, clear the task"
        return f"decide in the task's tab 'Face swap', or by hand: {self._by_hand()}"

    def _by_hand(self) -> str:
        url = state_url(self._ti, self.key)
        return (
            f"to buy again, delete the key {self.key!r} of the task (in the UI: Storage > Task State Store) "
            f'and clear the task; to adopt a job, set that key to "JOB_ID" and clear it; or by the API: '
            f'DELETE {url}, or PUT {{"value": "JOB_ID"}} there'
        )
