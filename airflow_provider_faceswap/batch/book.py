"""The book of a batch: what is known of each item, by the manifest and the journal."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tenacity import Retrying, stop_after_attempt, wait_exponential

from airflow_provider_faceswap.apis import vendor
from airflow_provider_faceswap.batch.item import Item, Rules, decide
from airflow_provider_faceswap.batch.items.rows import Row
from airflow_provider_faceswap.batch.journal import BatchJournal
from airflow_provider_faceswap.batch.manifest import Ledger, Line
from airflow_provider_faceswap.batch.record import Record, Status, order_of
from airflow_provider_faceswap.execution.purchase import clean_up
from airflow_provider_faceswap.journal.entry import Entry, State

_MAX_SHOWN = 500


class Book:
    """
    What is known of the items.

    :param provider: the vendor's connection type.
    :param ledger: of the folder.
    :param journal: of the task.
    :param rules: on what terms items are bought again.
    """

    def __init__(self, provider: str, ledger: Ledger, journal: BatchJournal, rules: Rules) -> None:
        self.provider = provider
        self.ledger = ledger
        self.journal = journal
        self.rules = rules
        self.items: list[Item] = []
        """Those of the list, in its order, then those of which a running job alone is left."""
        self.block: list[Item] = []
        self._paid_for_others = 0.0
        self._part = ""
        self._from_journal: list[str] = []

    def open(self, rows: Sequence[Row], *, fresh: bool, parts: Collection[str] = ()) -> None:
        """
        Read what is known.

        :param rows: of the list.
        :param fresh: whether the task has just started: then the journal may know more than the manifest, as
            a worker may have died between the two.
        :param parts: what :attr:`Ledger.parts` said before a deferral, which must be there.
        :raises JournalError: if something cannot be understood.
        :raises NotSentError: if something cannot be read now.
        """
        self.ledger.load(parts)
        if fresh:
            self._take_journal({row.key: row for row in rows})
        listed = {row.key for row in rows}
        self.items = [self._item(row) for row in rows]
        for key, line in self.ledger.lines.items():
            ours = line["status"] == Status.UNFINISHED.value and line.get("provider") == self.provider
            if key not in listed and ours:
                self.items.append(self._item(_row_left(line)))

        known = {item.key for item in self.items}
        others = [line["journal"] for key, line in self.ledger.lines.items() if key not in known]
        self._paid_for_others = sum(
            float(kept["paid"]) for kept in others if self.rules.same_task(kept["by"])
        )

    def spent(self) -> float:
        """Return what the task has bought in all of its tries, also for rows that are not listed any more."""
        return self._paid_for_others + sum(item.paid_by(self.rules) for item in self.items)

    def cost(self) -> dict[str, Any] | None:
        """Return what :meth:`spent` counts, with its unit; None if no vendor said."""
        spent = self.spent()
        units = {item.cost.get("unit") for item in self.items if self.rules.same_task(item.by)} - {None}
        if not spent and not units:
            return None
        return {"amount": spent, "unit": units.pop() if units else "credits"}

    @property
    def listed(self) -> list[Item]:
        """The items of the list."""
        return [item for item in self.items if item.listed]

    def begin_block(self, items: Sequence[Item]) -> None:
        """Say whose entries :meth:`write_entries` gets."""
        self.block, self._part = list(items), ""

    def write_entries(self, entries: Mapping[str, Entry], retry: bool) -> None:
        """
        Note entries of the block: in the journal first, which refuses a try that another has replaced.

        :param entries: by the keys of their items.
        :param retry: whether money depends on it.
        """
        for item in self.block:
            if entry := entries.get(item.key):
                item.made_from = entry.made_from or item.made_from
                paid = item.paid_with(entry)
                at = item.after(entry.attempted_at) if entry.state is State.INTENT else item.at
                record = Record.of_entry(item.key, item.row.endpoint, entry, self.rules.by, paid)
                item.record, item.noted = replace(record, at=at), True
                if entry.state is State.REFUSED:
                    item.fall_back()
        written = [item for item in self.block if item.key in entries]
        try:
            self.journal.write({item.key: item.known() for item in written}, retry=retry)
            self._write_part(retry)
        except Exception:
            if retry:  # an id is noted in one of the two at least
                self._write_part(retry)
            else:
                self.take_back(entries)
            raise

    def _write_part(self, retry: bool) -> None:
        lines = [self._line(item) for item in self.block if item.noted]
        self._part = self._part or self.ledger.new_part()
        stop = stop_after_attempt(6 if retry else 1)
        for attempt in Retrying(stop=stop, wait=wait_exponential(max=10), reraise=True):
            with attempt:
                self.ledger.add(lines, self._part)

    def take_back(self, keys: Collection[str]) -> None:
        """
        Forget intents, of which some may be written, as nothing was sent: else they would be doubts.

        What was known before holds again, or what another task wrote meanwhile.

        :param keys: of items of the block.
        """
        items = [item for item in self.block if item.key in keys]
        for item in items:
            former = item.before or Entry(state=State.REFUSED)
            times = {"submitted_at": former.submitted_at, "deadline": former.deadline}
            entry = item.known().entry.moved_to(State.REFUSED, nonce="", **times)
            changes: dict[str, Any] = {
                "entry": entry,
                "status": Status.NOT_SENT,
                "paid": item.paid_before,
                "error": "",
            }
            at = float(item.line["journal"]["at"]) if item.line else 0.0
            item.record = item.former or replace(item.known(), at=at, **changes)
        clean_up(lambda: self.journal.write({item.key: item.known() for item in items}, retry=False))
        clean_up(lambda: self.ledger.discard(self._part))

    def note(self, items: Sequence[Item]) -> None:
        """Write what became of items as a part of the manifest."""
        if items:
            self.ledger.add([self._line(item) for item in items])

    def relocate(self, item: Item, folder: str) -> None:
        """Note that an item's files lie in this folder, to which they were moved with the manifest."""
        line = self.ledger.lines[item.key]
        files = [{**file, "url": f"{folder}/{file['url'].rpartition('/')[2]}"} for file in line["files"]]
        # Written again, it gets a later time, by which it holds against the old one.
        item.line = {**line, "files": files, "stored": [file["url"] for file in files], "time": None}
        self.ledger.lines[item.key] = dict(item.line)

    def merge(self) -> None:
        """Write the manifest."""
        for item in self.listed:
            if item.line is None and item.record is None:
                untried = Record.of_entry(
                    item.key, item.row.endpoint, Entry(state=State.REFUSED), self.rules.by
                )
                item.record = self._with_names(untried)
        self.ledger.merge({item.key: self._line(item) for item in self.listed})

    def note_journal(self) -> None:
        """Write what the journal knew and the manifest did not: of items that wait, nothing else does."""
        if self._from_journal:
            self.ledger.add([self.ledger.lines[key] for key in self._from_journal])

    def _take_journal(self, rows: Mapping[str, Row]) -> None:
        self._from_journal = []
        for found in self.journal.records():
            record = self._with_names(found)
            row = rows.get(record.key)
            line = record.line(row, _shown(row) if row else {}, {})
            known = self.ledger.lines.get(record.key)
            if known is None or order_of(line)[:2] > order_of(known)[:2]:
                kept = {name: known[name] for name in ("item", "inputs") if known}
                self.ledger.lines[record.key] = {**line, **kept}
                self._from_journal.append(record.key)

    def _with_names(self, record: Record) -> Record:
        operations = vendor(self.provider).operations
        names = {"provider": self.provider}
        if record.endpoint in operations:
            names["operation"] = operations[record.endpoint].operation
        return replace(record, entry=record.entry.moved_to(record.entry.state, **names))

    def _item(self, row: Row) -> Item:
        item = Item(row, self.ledger.lines.get(row.key))
        decide(item, self.rules)
        return item

    def _line(self, item: Item) -> Line:
        known = self.ledger.lines.get(item.key, {})
        if item.untouched:
            return {**known, "index": item.row.index if item.listed else None}
        line = item.known().line(item.row, _shown(item.row), item.made_from)
        ours = item.listed and item.by == self.rules.by
        line["journal"]["version"] = item.row.version if ours else item.version
        if not item.listed:  # nothing but the line knows how the row was
            line |= {name: known.get(name) for name in ("item", "consent_reference")}
        return line


def _shown(row: Row) -> dict[str, Any]:
    """Return a row as people may read it: no signature is in it, and of content its length alone."""
    given = {**(row.own_names or row.fields)}
    shown = {
        name: f"({len(value)} characters)" if isinstance(value, str) and len(value) > _MAX_SHOWN else value
        for name, value in given.items()
    }
    if row.output_name:
        shown["output_name"] = row.output_name
    return shown


def _row_left(line: Line) -> Row:
    """Return what is left of a row that the list does not have any more."""
    item = line.get("item") or {}
    return Row(
        index=-1,
        key=line["key"],
        endpoint=line["journal"]["endpoint"],
        fields={},
        own_names={},
        output_name=item.get("output_name"),
        consent_reference=line.get("consent_reference"),
    )
