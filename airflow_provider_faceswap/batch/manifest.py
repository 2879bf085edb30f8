"""
The manifest of a batch: one line for each item.

Object storage cannot append, so lines are written in parts, and merged into ``manifest.jsonl`` at the end. Of
two lines about an item the larger one by :func:`~airflow_provider_faceswap.batch.record.order_of` holds, so
that it does not matter in which order parts are read, how often, or whether a merged one was deleted.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing
from typing import Any
from uuid import uuid4

from airflow_provider_faceswap.apis.results import iso
from airflow_provider_faceswap.batch.record import order_of
from airflow_provider_faceswap.exceptions import JournalError, NotSentError
from airflow_provider_faceswap.storage.folders import check_folder
from airflow_provider_faceswap.storage.places import Place, open_place, said

log = logging.getLogger(__name__)

MANIFEST = "manifest.jsonl"
PARTS = "_faceswap/parts"
SMALL, MANY = 1000, 16
"""Lines below which a part is small, and how many small parts may lie there before they become one."""
MAX_PART = 512 * 1024 * 1024
_LOADS = 5
SHOW_AT_ONCE = "Make sure that the folder shows new files at once, then retry or clear"

Line = dict[str, Any]


class Ledger:
    """
    The lines of a folder, whoever wrote them.

    :param output_path: the folder's URL.
    :param name: begins the names of the parts that are written, such as task and try.
    """

    def __init__(self, output_path: str, name: str = "reader") -> None:
        self.folder = check_folder(output_path)
        self.lines: dict[str, Line] = {}
        self._name = name
        self._keys: dict[str, list[str]] = {}
        """Of which items a part has lines."""
        self._merged = False
        """Whether the manifest itself has lines."""

    @property
    def url(self) -> str:
        """Where the manifest lies."""
        return f"{self.folder}/{MANIFEST}"

    @property
    def parts(self) -> list[str]:
        """The names of the parts that were read or written, and of the manifest if it has lines."""
        return [*([MANIFEST] if self._merged else []), *sorted(self._keys)]

    def load(self, known: Collection[str] = ()) -> None:
        """
        Read the manifest and all parts.

        :param known: what :attr:`parts` said: a folder may not show yet what was just written.
        :raises JournalError: if a line cannot be understood: it may name a job that is paid.
        :raises NotSentError: if the folder cannot be read now.
        """
        for _ in range(_LOADS):
            self.lines, self._keys = {}, {}
            # The parts first: a merge that runs beside it writes the manifest before it deletes them.
            for name in sorted({*self._names(), *known} - {MANIFEST}):
                found = list(self._read(self._parts, f"{PARTS}/{name}", name))
                self._take(found, f"{PARTS}/{name}")
                self._keys[name] = [str(line["key"]) for line in found]
            merged = list(self._read(self._root, MANIFEST, MANIFEST))
            self._take(merged, MANIFEST)
            self._merged = bool(merged)
            whole = all(self._keys.values())  # else a part was made one with others meanwhile
            if whole and (self._merged or MANIFEST not in known):
                return
            log.info("%s is being written; reading it again", self.folder)
        if lost := [name for name in known if name != MANIFEST and not self._keys.get(name)]:
            raise NotSentError(
                f"{self.folder}/{PARTS} does not show {lost[0]}, which this task has seen; nothing was sent. "
                f"{SHOW_AT_ONCE}"
            )
        if MANIFEST in known and not self._merged:
            raise NotSentError(f"{self.url} was there, and is not shown; nothing was sent. {SHOW_AT_ONCE}")
        empty = ", ".join(name for name, keys in self._keys.items() if not keys)
        raise NotSentError(
            f"{self.folder}/{PARTS}: {empty} came without a line {_LOADS} times; if no batch writes there, "
            "somebody emptied it: put its content back, or delete it to buy its items again"
        )

    def after_bought(self, task: str) -> int:
        """
        Return the first epoch of a task after those in which it bought something, or was refused it.

        :param task: its digest.
        """
        kept = (line["journal"] for line in self.lines.values())
        names = (str(item.get(name)) for item in kept for name in ("by", "tried_by"))
        found = (re.match(rf"{task}\.(\d{{1,9}})", name) for name in names)
        return max((int(match[1]) + 1 for match in found if match), default=0)

    def new_part(self) -> str:
        """Return the name of a part that nobody else writes."""
        return f"{self._name}-{uuid4().hex[:16]}.jsonl"

    def add(self, lines: Iterable[Line], part: str = "") -> None:
        """
        Write lines as a part.

        :param lines: of items.
        :param part: its name, of :meth:`new_part`; the former content is replaced. A new one if empty.
        """
        now = iso(time.time())
        lines = [{**line, "time": line.get("time") or now} for line in lines]
        name = part or self.new_part()
        if not self._keys:
            self._parts.prepare()
        self._parts.write(name, _text(lines))
        self._keys[name] = [str(line["key"]) for line in lines]
        self._take(lines, name)

    def discard(self, part: str) -> None:
        """Delete a part whose lines say nothing; what they replaced is read from the folder again."""
        if part:
            self._parts.remove(part)
            self._keys.pop(part, None)

    @property
    def crowded(self) -> bool:
        """Whether small parts have piled up, which makes reading slow."""
        return len(self._small()) > MANY

    def compact(self) -> None:
        """Make one part of all small ones: who lists the folder meanwhile reads it again."""
        small = self._small()
        keys = dict.fromkeys(key for name in small for key in self._keys[name])
        self.add([self.lines[key] for key in keys])
        self._delete(small)

    def _small(self) -> list[str]:
        return [name for name, keys in self._keys.items() if len(keys) < SMALL]

    def merge(self, listed: Mapping[str, Line]) -> list[str]:
        """
        Write the manifest, and delete the parts.

        :param listed: the lines of the list's items, which come first; other items keep theirs, without a
            position.
        :return: the parts that could not be deleted.
        """
        others = [{**line, "index": None} for key, line in self.lines.items() if key not in listed]
        lines = [*sorted(listed.values(), key=_position), *sorted(others, key=_position)]
        now = iso(time.time())
        lines = [{**line, "time": line.get("time") or now} for line in lines]
        self._root.write(MANIFEST, _text(lines))
        self.lines = {line["key"]: line for line in lines}
        return self._delete(list(self._keys))

    def _delete(self, names: list[str]) -> list[str]:
        left = []
        for name in names:
            try:
                self._parts.remove(name)
            except Exception as error:  # it says nothing that the manifest does not
                log.warning("%s/%s could not be deleted: %s", PARTS, name, said(error))
                left.append(name)
            self._keys.pop(name, None)
        return left

    def _take(self, lines: Iterable[Line], name: str) -> None:
        for number, line in enumerate(lines, start=1):
            try:
                key, order = str(line["key"]), order_of(line)
                known = self.lines.get(key)
                if known is None or order > order_of(known):
                    self.lines[key] = line
            except (ValueError, KeyError, TypeError) as error:
                raise _unreadable(f"{self.folder}/{name}", number, str(error)) from None

    def _names(self) -> list[str]:
        try:
            return sorted(name for name in self._parts.names("") if name.endswith(".jsonl"))
        except FileNotFoundError:
            return []
        except Exception as error:
            raise _not_now(f"{self.folder}/{PARTS}", error) from None

    def _read(self, place: Place, path: str, name: str) -> Iterator[Line]:
        try:
            size = place.size(name)
            if size is None:
                return
            if size > MAX_PART:
                raise _too_large(f"{self.folder}/{path}", size)
            with closing(place.open(name)) as file:
                content = file.read(MAX_PART)
        except FileNotFoundError:  # merged meanwhile
            return
        except JournalError:
            raise
        except Exception as error:  # each store has errors of its own
            raise _not_now(f"{self.folder}/{path}", error) from None
        for number, text in enumerate(content.splitlines(), start=1):
            if not text.strip():
                continue
            try:
                yield json.loads(text)
            except ValueError:
                raise _unreadable(f"{self.folder}/{path}", number, "it is not JSON") from None

    @property
    def _root(self) -> Place:
        return open_place(self.folder, NotSentError)

    @property
    def _parts(self) -> Place:
        return open_place(f"{self.folder}/{PARTS}", NotSentError)


def read_manifest(url: str) -> Iterator[Line]:
    """
    Yield the rows of a manifest, those of a batch that still runs included.

    :param url: the ``manifest`` of a batch's result, or its ``output_path``.
    :raises JournalError: if a line cannot be understood.
    :raises NotSentError: if the folder cannot be read now.
    """
    ledger = Ledger(str(url).removesuffix(f"/{MANIFEST}"))
    ledger.load()
    for line in sorted(ledger.lines.values(), key=_position):
        yield {name: value for name, value in line.items() if name != "journal"}


def _position(line: Line) -> tuple[bool, int, str]:
    return line["index"] is None, line["index"] or 0, line["key"]


def _text(lines: Iterable[Line]) -> bytes:
    texts = [json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines]
    return "".join(texts).encode(errors="replace")


def _unreadable(path: str, number: int, problem: str) -> JournalError:
    error = JournalError(
        f"{path}, line {number} cannot be read: {problem}; correct it, or delete it to buy its item again"
    )
    error.paid = None
    return error


def _too_large(path: str, size: int) -> JournalError:
    error = JournalError(
        f"{path} has {size} bytes, and at most {MAX_PART} can be read: give another output_path"
    )
    error.paid = None
    return error


def _not_now(path: str, error: Exception) -> NotSentError:
    return NotSentError(f"{path} cannot be read now: {said(error)}; nothing was sent to the vendor")


def task_digest(task: Any) -> str:
    """
    Return what names the files of a batch beside its manifest.

    :param task: its task instance; Dag, run, task and map index count.
    """
    named = [task.dag_id, task.run_id, task.task_id, task.map_index]
    return hashlib.sha256(json.dumps(named).encode()).hexdigest()[:16]
