"""The rows of a batch: checked before the first payment, without any network."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from airflow_provider_faceswap.apis.fields import is_blank
from airflow_provider_faceswap.batch.items.faults import Faults
from airflow_provider_faceswap.batch.items.fitting import Fitted, Fitting, fitting
from airflow_provider_faceswap.batch.items.raw import RawItem
from airflow_provider_faceswap.batch.items.values import Problems, plain
from airflow_provider_faceswap.exceptions import InputError
from airflow_provider_faceswap.journal.fingerprint import digests
from airflow_provider_faceswap.storage.checks import check_consent, check_name

MAX_LIST = 64 * 1024 * 1024
"""Characters of all rows together."""
_NONE: frozenset[str] = frozenset()
_UNIQUE = ("output_name", "idempotency_key")
_NAMES = (*_UNIQUE, "consent_reference")


@dataclass(frozen=True)
class Row:
    """
    One thing to buy.

    :param index: its number in the list, from 0.
    :param key: what identifies it: its fingerprint, and its number among equals.
    :param endpoint: the operation's key among the vendor's.
    :param fields: by the vendor's names; media as they were given.
    :param own_names: ``face``, ``target`` and ``reference`` as they were given, where the row has them.
    :param output_name: of the stored file, without its suffix.
    :param consent_reference: free text that is kept with the result.
    :param idempotency_key: stands for the fields, if given.
    :param version: a digest of the target's version, where a listing gave it for free.
    """

    index: int
    key: str
    endpoint: str
    fields: dict[str, Any]
    own_names: dict[str, Any]
    output_name: str | None = None
    consent_reference: str | None = None
    idempotency_key: str | None = None
    version: str = ""


def make_rows(
    raw: Iterable[Mapping[str, Any]],
    *,
    provider: str,
    operation: str | None = None,
    common: Mapping[str, Any] | None = None,
) -> list[Row]:
    """
    Check all items of a batch, and return them as rows.

    :param raw: the items, as :func:`~airflow_provider_faceswap.batch.items.reading.read_items` gives them.
    :param provider: the vendor's connection type.
    :param operation: its operation, whose fields the items have; None where they have the common vocabulary.
    :param common: what all items share; an item's own value wins.
    :raises InputError: with all faults: the first of them by row and field, and their number.
    """
    checks = _Checks(provider, fitting(provider, operation), common)
    total = 0
    for item in raw:
        checks.take(total, item if isinstance(item, RawItem) else RawItem(item))
        total += 1
    checks.faults.check(total)
    return checks.rows


class _Checks:
    """Turns items into rows, one after the other, and collects what is wrong with them."""

    def __init__(self, provider: str, way: Fitting, common: Mapping[str, Any] | None) -> None:
        self.faults = Faults()
        self.rows: list[Row] = []
        self._provider = provider
        self._way = way
        self._equals: Counter[str] = Counter()
        self._first: dict[tuple[str, str], int] = {}
        self._size = 0
        self._common, self._common_size, self._in_common = self._checked_common(common)

    def take(self, index: int, item: RawItem) -> None:
        """Check an item, and keep it as a row if nothing is wrong with it."""
        if item.problem:
            self.faults.add(index, item.where, "", item.problem)
            return
        problems: Problems = []
        given = {self._way.target: item["target"]} if item.found else item
        own, size = plain(given, problems)
        self._count(size)
        # None in an item does without what all others have.
        common = {name: value for name, value in self._common.items() if name not in item}
        row = self._made(index, item, {**common, **own}, frozenset(own) if item.cells else _NONE, problems)
        for name, words in problems:
            self.faults.add(index, item.where, name, words)
        if row and not self.faults.count:
            self.rows.append(row)

    def _made(
        self, index: int, item: RawItem, given: dict[str, Any], cells: frozenset[str], problems: Problems
    ) -> Row | None:
        names = self._names(index, given, problems)
        # What is wrong with a value as such is said once, and not again by the request's own check.
        known = {_field(name) for name, _ in problems} | self._in_common
        found: Problems = []
        fields = {name: value for name, value in given.items() if name not in _NAMES}
        fitted = self._way.fit(fields, cells, found)
        problems += [(name, words) for name, words in found if not name or _field(name) not in known]
        if problems or fitted is None:
            return None
        return Row(
            index=index,
            key=self._key(fitted, names["idempotency_key"]),
            endpoint=fitted.endpoint,
            fields=fitted.fields,
            own_names=fitted.own_names,
            version=item.version,
            **names,
        )

    def _checked_common(self, common: Any) -> tuple[dict[str, Any], int, set[str]]:
        if is_blank(common):
            return {}, 0, set()
        if not isinstance(common, Mapping):
            raise InputError(
                "common",
                f"must be a dict of what all items share, not {type(common).__name__}; a template renders to "
                "one in a Dag with render_template_as_native_obj=True",
            )
        problems: Problems = []
        kept, size = plain(common, problems)
        problems += [
            (name, "cannot be shared by all rows; give each row its own") for name in _UNIQUE if name in kept
        ]
        problems += self._way.check_common({name: kept[name] for name in kept if name not in _NAMES})
        for name, words in problems:
            self.faults.add_common(name, words)
        wrong = {_field(name) for name, _ in problems}
        return {name: value for name, value in kept.items() if name not in wrong}, size, wrong

    def _count(self, size: int) -> None:
        self._size += size + self._common_size
        if self._size > MAX_LIST:
            raise InputError(
                "items", "holds over 64 MB; give paths or URLs instead of content, or split the list"
            )

    def _names(self, index: int, given: Mapping[str, Any], problems: Problems) -> dict[str, str | None]:
        names: dict[str, str | None] = {}
        for name in _NAMES:
            try:
                names[name] = self._name(index, name, given.get(name))
            except InputError as error:
                names[name] = None
                problems.append((name, str(error).removeprefix(f"{name}: ")))
        return names

    def _name(self, index: int, name: str, value: Any) -> str | None:
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool):  # an order's number
            value = str(value)
        if not isinstance(value, str):
            raise InputError(name, f"must be text, not {type(value).__name__}")
        if name == "output_name":
            check_name(value)
        elif is_blank(value):
            return None
        if name == "consent_reference":
            check_consent(value)
            return value
        first = self._first.setdefault((name, value), index)
        if first != index:
            raise InputError(name, f"is the same as in row {first}; give each row its own")
        return value

    def _key(self, fitted: Fitted, idempotency_key: str | None) -> str:
        what = digests(self._provider, fitted.endpoint, fitted.fields, idempotency_key)
        digest = hashlib.sha256(json.dumps(sorted(what.items())).encode()).hexdigest()[:24]
        self._equals[digest] += 1
        return f"{digest}-{self._equals[digest]}"


def _field(name: str) -> str:
    """Return the field of an item that a fault's name is about, such as ``target`` of ``target (img)``."""
    return name.partition(" ")[0].partition(".")[0]
