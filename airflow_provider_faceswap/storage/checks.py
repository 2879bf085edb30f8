"""A folder before the first payment: proven writable, and its names free."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from typing import Any
from uuid import uuid4

from airflow_provider_faceswap.apis.fields import is_blank
from airflow_provider_faceswap.apis.reading import one_line
from airflow_provider_faceswap.apis.signatures import FORMATS
from airflow_provider_faceswap.exceptions import FaceSwapError, InputError, NotSentError
from airflow_provider_faceswap.storage.errors import is_permanent
from airflow_provider_faceswap.storage.listing import Listing
from airflow_provider_faceswap.storage.places import Place, open_output, said
from airflow_provider_faceswap.storage.provenance import MAX_CONSENT, named_id, read_line

log = logging.getLogger(__name__)

MAX_NAME = 128
"""Bytes of an output_name; the job's id, a number and suffixes may follow, and 255 are a file name's end."""


def check_name(name: str) -> None:
    """
    Check an ``output_name``.

    :raises InputError: naming the remedy.
    """
    if not isinstance(name, str):
        raise InputError("output_name", f"must be text, not {type(name).__name__}")
    if is_blank(name):
        raise InputError("output_name", "is empty; give a file name without suffix, or look at its template")
    if "{{" in name or not name.isprintable():
        raise InputError("output_name", "holds a template that was not rendered, or control characters")
    if set(name) & set('/\\?#*[]:"<>|') or name.startswith(".") or name != name.strip():
        raise InputError(
            "output_name",
            "must be a file name without suffix: no slash, no dot or blank at its start, and none of "
            '\\ ? # * [ ] : " < > |',
        )
    suffix = name.rpartition(".")[2].lower() if "." in name else ""
    if suffix in FORMATS:
        raise InputError("output_name", f"must have no suffix, as the file gets its own; leave out .{suffix}")
    if len(name.encode()) > MAX_NAME:
        raise InputError("output_name", f"must be at most {MAX_NAME} bytes long")


def check_consent(reference: str | None) -> None:
    """
    Check a ``consent_reference``.

    :raises InputError: naming the remedy.
    """
    if len(reference or "") > MAX_CONSENT:
        raise InputError("consent_reference", f"must be at most {MAX_CONSENT} characters; give a reference")


def check_writable(folder: str) -> Place:
    """
    Open a folder and do all that storing does, with a small file of a random name.

    :param folder: its checked URL.
    :raises InputError: if it cannot.
    :raises NotSentError: if the store fails in a way that may pass.
    """
    probe = f".faceswap-probe-{uuid4().hex}"
    try:
        place = open_output(folder)
        place.prepare()
        place.there(probe)
        place.size(probe)
        place.write(probe, b"may be deleted\n")
        if place.size(probe) is None:
            raise OSError("a file that was written is not there")
    except (InputError, NotSentError):
        raise
    except Exception as error:  # each store has errors of its own
        raise blame(error, folder, "written") from None
    try:
        place.remove(probe)
    except Exception as error:
        log.warning("%s/%s could not be deleted: %s", folder, probe, said(error))
    return place


def check_names_free(
    place: Place,
    name: str,
    replaces: Collection[str],
    made_from: Mapping[str, Any] | None = None,
    listing: Listing | None = None,
) -> None:
    """
    Check that no file of another job has a name.

    :param place: the folder.
    :param name: without suffix.
    :param replaces: ids of the jobs whose files may be there: the new one is stored beside them.
    :param made_from: media that such a job may also be made from; None for none.
    :param listing: of the folder; None to look now.
    :raises InputError: if another job's file is there.
    :raises NotSentError: if the store fails in a way that may pass.
    """
    try:
        # A line without its file keeps no name: somebody deleted the file.
        found = listing.named(name) if listing else place.names(f"{name}.")
        files = [file for file in found if file.rpartition(".")[0] == name]
        owners = {file: read_line(place, file) for file in sorted(files)}
    except Exception as error:
        raise blame(error, name, "read") from None
    for file, line in owners.items():
        job = named_id(line)
        same = made_from is not None and line.get("inputs") == dict(made_from)
        if not job or not (job in replaces or same):
            whose = f"job {one_line(job, most=100)}" if job else "something else"
            raise InputError(
                "output_name",
                f"{file} in output_path belongs to {whose}: give another name, such as one with "
                "{{ ts_nodash }} in it, or move the file",
            )


def blame(error: Exception, what: str, done: str) -> FaceSwapError:
    """
    Return the family's error for what a store raised before anything was paid.

    :param what: the folder or the file.
    :param done: what could not be done with it, such as ``written``.
    """
    what = f"{what} cannot be {done}"
    if is_permanent(error):
        return InputError(
            "output_path",
            f"{what}: {said(error)}; create it, or give the workers the right to it",
        )
    return NotSentError(f"output_path: {what} now: {said(error)}; nothing was sent to the vendor")
