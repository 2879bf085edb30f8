"""One item of a batch as it was read, before anything of it is checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class RawItem(dict[str, Any]):
    """
    An item, and where it stands.

    :param fields: as they were given.
    :param where: where to look for it: its line in a file, or the file that a glob found.
    :param cells: whether its values are the cells of a CSV file, which are all text.
    :param found: whether a glob found it: then it holds nothing but its ``target``.
    :param version: a digest of the target's version, where a listing gave it for free.
    :param problem: why it could not be read.
    """

    def __init__(
        self,
        fields: Mapping[str, Any] | None = None,
        *,
        where: str = "",
        cells: bool = False,
        found: bool = False,
        version: str = "",
        problem: str = "",
    ) -> None:
        super().__init__(fields or {})
        self.where = where
        self.cells = cells
        self.found = found
        self.version = version
        self.problem = problem
