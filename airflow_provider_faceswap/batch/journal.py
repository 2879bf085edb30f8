"""The journal of a batch: what was bought, in few large keys, as each write costs as much as ten items."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from airflow_provider_faceswap.batch.record import Record
from airflow_provider_faceswap.exceptions import JournalError
from airflow_provider_faceswap.journal.entry import Count, Moment, Text
from airflow_provider_faceswap.journal.state import TaskState, state_url
from airflow_provider_faceswap.journal.store import WISH_KEY
from airflow_provider_faceswap.journal.wishes import Wish

KEY = "faceswap"
STOP_KEY = "faceswap_stop"
"""Written by a person who wants no more submitted; a clear of the task deletes it."""
MAX_CHUNK = 48 * 1024
"""Characters of one key's value, as JSON; the store is advised to hold 64 KB."""


class Head(BaseModel):
    """
    What is kept of a batch as a whole.

    :param epoch: grows with each clear by a person, and with a run that is made again under its name.
    :param max_tries: the task's, when this was written: a person's clear changes it.
    :param clear_number: the Dag run's, when this was written.
    :param try_number: that wrote this.
    :param started_at: when the task first started, in seconds since the epoch.
    :param tried_at: when this try started.
    :param chunks: how many keys hold entries.
    :param slots: jobs that the vendor lets run at once, where it refused more.
    :param stopped: why this try submits no more; empty while it does.
    :param parts: of the manifest, which a resume must find, whatever the folder lists then.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    epoch: Count = 0
    max_tries: int = Field(default=0, ge=-1, lt=1_000_000)
    clear_number: Count = 0
    try_number: Count = 0
    started_at: Moment = 0.0
    tried_at: Moment = 0.0
    chunks: Count = 0
    slots: Annotated[int, Field(ge=1, lt=1_000_000)] | None = None
    stopped: Text = ""
    parts: tuple[Text, ...] = ()

    def buyer(self, task: str) -> str:
        """
        Return what the items name that this start buys: the task and the clear.

        :param task: its digest.
        """
        return f"{task}.{self.epoch}"


class BatchJournal:
    """
    The entries of one task's items.

    :param state: the task's keys.
    :param task: its instance, for people who look the keys up.
    """

    def __init__(self, state: TaskState, task: Any) -> None:
        self.state = state
        self.head: Head | None = None
        self._task = task
        self._chunk: dict[str, Any] = {}

    @property
    def durable(self) -> bool:
        """Whether a later try will find what is saved."""
        return self.state.durable

    def load_head(self) -> Head | None:
        """
        Read what is kept of the batch as a whole.

        "Nothing" is believed only after a write, which fails for a try that another one has replaced.

        :raises JournalError: if it cannot be understood.
        """
        found = self.state.get(KEY)
        if found is None and self.durable:
            self.state.set(f"{KEY}_store_works", True)
            found = self.state.get(KEY)
        try:
            self.head = None if found is None else Head.model_validate(found)
        except ValidationError:
            raise self._unreadable(KEY) from None
        if self.head and self.head.chunks:
            self._chunk = self._read(self.head.chunks - 1)
        return self.head

    def save_head(self, head: Head) -> Head:
        """Write what is kept of the batch as a whole."""
        self.state.set_with_retries(KEY, head.model_dump(mode="json"))
        self.head = head
        return head

    def save_parts(self, names: Sequence[str]) -> None:
        """
        Write which parts of the manifest a resume must find; a folder may show them later than the store.

        :param names: of the parts.
        """
        if self.durable and self.head:
            self.save_head(self.head.model_copy(update={"parts": tuple(names)}))

    def records(self) -> list[Record]:
        """
        Return what all entries say.

        :raises JournalError: if one cannot be understood.
        """
        found = []
        for number in range(self.head.chunks if self.head else 0):
            for key, value in self._read(number).items():
                try:
                    found.append(Record.from_entry(key, value))
                except (ValueError, TypeError, KeyError, AttributeError):
                    raise self._unreadable(_name(number)) from None
        return found

    def write(self, records: Mapping[str, Record], *, retry: bool) -> None:
        """
        Write entries, to the last chunk or to a new one.

        :param records: by the keys of their items.
        :param retry: whether money depends on it, so that it is tried for half a minute.
        """
        if not self.durable or not records:
            return
        head = self.head or Head()
        new = {key: record.as_entry() for key, record in records.items()}
        number, chunk = max(head.chunks - 1, 0), {**self._chunk, **new}
        if head.chunks == 0 or (self._chunk and len(json.dumps(chunk)) > MAX_CHUNK):
            number, chunk = head.chunks, new
            # The head goes first: a chunk that it does not count would not be read.
            head = self.save_head(head.model_copy(update={"chunks": number + 1}))
        write = self.state.set_with_retries if retry else self.state.set
        write(_name(number), chunk)
        self._chunk = chunk

    def erase(self, key: str, moment: float) -> None:
        """
        Let an item's entries keep nothing of its result.

        :param key: of the item.
        :param moment: in seconds since the epoch.
        """
        for number in range(self.head.chunks if self.head else 0):
            chunk = self._read(number)
            if key in chunk:
                chunk[key] = Record.from_entry(key, chunk[key]).erased_at(moment).as_entry()
                self.state.set_with_retries(_name(number), chunk)

    def adopted(self, key: str) -> str | None:
        """Return what a person wrote about an item in doubt: its job's id, or ``resubmit``."""
        found = self.state.get(f"{KEY}/{key}")
        return str(found).strip() if isinstance(found, (str, int)) and not isinstance(found, bool) else None

    def wish(self, key: str, index: int) -> Wish | None:
        """
        Return what a person decided in the UI about a row in doubt, if anything.

        :param key: of its item.
        :param index: its place in the list, for a decision that does not name the key.
        """
        return Wish.from_store(self._wishes.get(key, self._wishes.get(str(index))))

    @cached_property
    def _wishes(self) -> dict[str, Any]:
        found = self.state.get(WISH_KEY)
        rows = found.get("rows") if isinstance(found, dict) else None
        if not isinstance(rows, dict):
            return {}
        keys = {name: row.get("key") for name, row in rows.items() if isinstance(row, dict)}
        return {str(keys.get(name) or name): row for name, row in rows.items()}

    def stop_asked(self) -> bool:
        """Return whether a person wants no more submitted."""
        return self.state.get(STOP_KEY) is not None

    def forget(self, key: str) -> None:
        """Delete what a person wrote about an item: it is obeyed once."""
        self.state.delete(f"{KEY}/{key}")

    def misunderstood(self, key: str) -> JournalError:
        """Return the error about words of a person that are neither."""
        error = JournalError(
            f"the task's key {KEY + '/' + key!r} must be a job's id or \"resubmit\": correct or delete it in "
            "the UI (Storage > Task State Store), and clear the task"
        )
        error.paid = None
        return error

    def how_to(self, key: str) -> str:
        """Say how to settle an item in doubt."""
        if not self.durable:
            return "to buy it again, run the batch with on_in_doubt='resubmit'"
        name = f"{KEY}/{key}"
        url = state_url(self._task, name)
        return (
            "decide in the task's tab 'Face swap', or by hand: to adopt its job, or to buy it again, set the "
            f"key {name!r} of the task (in the UI: Storage > "
            f'Task State Store) to the job\'s id or to "resubmit", and clear the task; by the API: PUT {url}'
        )

    def _read(self, number: int) -> dict[str, Any]:
        found = self.state.get(_name(number))
        if found is None:  # the worker died between the head and its first block
            return {}
        if not isinstance(found, dict):
            raise self._unreadable(_name(number))
        return found

    def _unreadable(self, name: str) -> JournalError:
        error = JournalError(
            f"the journal's key {name!r} cannot be read; correct it in the UI (Storage > Task State Store), "
            "or delete it to go by the manifest alone"
        )
        error.paid = None
        return error


def _name(number: int) -> str:
    return f"{KEY}/{number:04d}"
