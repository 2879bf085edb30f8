"""A result streamed to local disk and checked there, before anything is kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tenacity import Retrying, retry_if_exception_type, wait_exponential_jitter

from airflow_provider_faceswap.apis.kind import Kind
from airflow_provider_faceswap.exceptions import ResultError
from airflow_provider_faceswap.hooks.redaction import redact
from airflow_provider_faceswap.storage.formats import Fetched, decode, measure, recognise
from airflow_provider_faceswap.storage.part import Budget, NotYetError, Part

if TYPE_CHECKING:
    from airflow_provider_faceswap.hooks.settings import Settings

PATIENCE = 60.0
"""Seconds over which a link that brings nothing new is tried again: CDNs lag behind the vendor."""


def download(
    url: str,
    target: Path,
    kind: Kind,
    settings: Settings,
    budget: Budget | None = None,
    patience: float = PATIENCE,
) -> Fetched:
    """
    Fetch a result to a local file, and hash it on the way; base64 text of a file is decoded.

    :param url: the vendor's link; it is in no log and no error.
    :param target: where to write.
    :param kind: what the file must be.
    :param settings: of the connection that the job was bought with.
    :param budget: what the downloads of the job may still take.
    :param patience: seconds over which a link that brings nothing new is tried again.
    :return: what the file is.
    :raises ResultError: naming what is wrong with the result.
    """
    problem = ""
    part = Part(target, kind, patience, budget)
    try:
        _with_patience(url, part, settings)
    except ResultError as error:
        problem = str(error)
    except NotYetError as error:
        over = f"the {part.budget.seconds:g} s that the job's files may take are over{part.progress}"
        problem = f"the result could not be downloaded: {error if part.budget.seconds_left else over}"
    if problem:
        raise ResultError(redact(problem, settings.api_key.get_secret_value()))  # it names the vendor's host
    found = recognise(part.head, kind)
    if not found.encoded:
        return Fetched(part.size, part.digest.hexdigest(), found.name)
    decode(target)
    with target.open("rb") as file:
        return measure(file, kind)


def _with_patience(url: str, part: Part, settings: Settings) -> None:
    # Here: the start that submits downloads nothing, and yarl and TLS take some 10 ms of CPU to import.
    from airflow_provider_faceswap.storage.hosts import HostRules
    from airflow_provider_faceswap.storage.transfer import fetch

    rules = HostRules(settings.origin, settings.allow_private_hosts)
    link = rules.check(url)
    pause = wait_exponential_jitter(initial=1, max=15)
    retrying = Retrying(
        retry=retry_if_exception_type(NotYetError),
        stop=lambda _: part.hopeless or not part.budget.seconds_left,
        wait=lambda state: min(pause(state), part.budget.seconds_left),
        reraise=True,
    )
    for attempt in retrying:
        with attempt:
            fetch(link, part, rules, settings)
