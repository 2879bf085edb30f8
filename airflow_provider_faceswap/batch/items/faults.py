"""All that is wrong with a batch's items, in one error."""

from __future__ import annotations

import re

from airflow_provider_faceswap.exceptions import InputError

SHOWN = 20
_MAX_WORDS = 400
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}\Z")


def shown(name: object) -> str:
    """
    Return a field's name as an error may show it.

    A file without a header line has values where the names should be, and they may hold signatures.
    """
    return name if isinstance(name, str) and _NAME.match(name) else "(a name that is not shown)"


class Faults:
    """Collects faults: their number, and the words of the first."""

    def __init__(self) -> None:
        self.count = 0
        self._rows: set[int] = set()
        self._first: list[str] = []

    def add(self, index: int, where: str, field: str, words: str) -> None:
        """
        Note a fault of a row.

        :param index: of the row.
        :param where: to look for it beside its number, or nothing.
        :param field: the name of the field, as it may be shown; empty for the whole row.
        :param words: what is wrong and what to do; never the value.
        """
        self._rows.add(index)
        self._note(f"row {index} ({where})" if where else f"row {index}", field, words)

    def add_common(self, field: str, words: str) -> None:
        """
        Note a fault of what all rows share.

        :param field: the name of the field, as it may be shown; empty for all of it.
        :param words: what is wrong and what to do; never the value.
        """
        self._note("common", field, words)

    def _note(self, where: str, field: str, words: str) -> None:
        self.count += 1
        if len(self._first) < SHOWN:
            place = f"{where}, {field}" if field else where
            self._first.append(f"{place}: {words[:_MAX_WORDS]}")

    def check(self, total: int) -> None:
        """
        Raise all faults as one error, if there are any.

        :param total: number of rows.
        :raises InputError: whose first words are their number.
        """
        if not self.count:
            return
        faults = "1 fault" if self.count == 1 else f"{self.count} faults"
        head = f"{faults} in {len(self._rows)} of {total} rows; nothing was sent (rows count from 0)"
        left = self.count - len(self._first)
        more = [f"and {left} more"] if left else []
        raise InputError("items", "\n".join([f"{head}:", *self._first, *more]))
