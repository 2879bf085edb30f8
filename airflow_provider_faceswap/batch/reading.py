"""The items of a batch as a Dag gives them: a list, a file that lists them, or a glob."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def literal_limit(items: Any) -> None:
    """
    Refuse a list in a Dag's code that is so long that rendering its templates would take long.

    :param items: the operator's argument; an XCom or a URL passes.
    :raises InputError: naming what to give instead.
    """
    raise NotImplementedError


def read_items(items: Any, output_path: str) -> Iterator[dict[str, Any]]:
    """
    Read the items of a batch, one after the other.

    :param items: a sequence of dicts, the URL of a JSON Lines or CSV file, or a glob.
    :param output_path: the folder's checked URL, below which a glob must not match.
    :return: dicts that also know where they stand.
    :raises InputError: if they cannot be read, or are too many.
    :raises NotSentError: if the store fails in a way that may pass.
    """
    raise NotImplementedError
