"""Where results are kept: a folder in object storage, and one line of provenance for each file."""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_faceswap.apis.reading import read_id
from airflow_provider_faceswap.exceptions import ResultError
from airflow_provider_faceswap.storage.download import download
from airflow_provider_faceswap.storage.formats import CHUNK, HEAD, Kind, recognise
from airflow_provider_faceswap.storage.writing import put

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.sdk import ObjectStoragePath

    from airflow_provider_faceswap.hooks.settings import Settings


def keep(
    urls: Sequence[str],
    folder: ObjectStoragePath,
    *,
    stem: str,
    kind: Kind,
    settings: Settings,
    provenance: dict[str, Any],
) -> list[str]:
    """
    Download results and keep them in a folder.

    :param urls: the vendor's links.
    :param stem: the files' name before its suffix; a result's number is added if there are several.
    :param kind: what each file must be.
    :param settings: of the connection that the job was bought with.
    :param provenance: what to write down beside each file.
    :return: full URLs of the files.
    :raises ResultError: if a result cannot be fetched or written.
    """
    if read_id(stem) != stem:
        raise ResultError("a result's id holds characters that cannot name a file")
    stored = []
    with tempfile.TemporaryDirectory(prefix="faceswap-") as scratch:
        for number, url in enumerate(urls, start=1):
            local = Path(scratch, str(number))
            suffix = download(url, local, kind, settings)
            name = f"{stem}.{suffix}" if len(urls) == 1 else f"{stem}-{number}.{suffix}"
            stored.append(_keep_file(local, folder, name, provenance))
    return stored


def keep_local(
    local: Path, folder: ObjectStoragePath, *, stem: str, kind: Kind, provenance: dict[str, Any]
) -> str:
    """
    Keep a result that came with its answer.

    :param local: where it was written down; it stays there.
    :return: full URL of the file.
    :raises ResultError: if it is not what it must be, or cannot be written.
    """
    with local.open("rb") as file:
        suffix = recognise(file.read(HEAD), kind).name
    return _keep_file(local, folder, f"{stem}.{suffix}", provenance)


def _keep_file(local: Path, folder: ObjectStoragePath, name: str, provenance: dict[str, Any]) -> str:
    line = {**provenance, "file": name, "bytes": local.stat().st_size, "sha256": _sha256(local)}
    stored = put(local, folder, name)
    with tempfile.TemporaryDirectory(prefix="faceswap-") as scratch:
        beside = Path(scratch, "line")
        beside.write_text(json.dumps(line, ensure_ascii=False) + "\n", encoding="utf-8")
        put(beside, folder, f"{name}.provenance.json")
    return stored


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
