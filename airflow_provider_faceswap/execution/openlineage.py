"""A result as OpenLineage has it; imported only where that provider asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import attrs
from airflow.providers.common.compat.openlineage.facet import Dataset, RunFacet
from airflow.providers.openlineage.extractors import OperatorLineage

from airflow_provider_faceswap import __version__
from airflow_provider_faceswap.storage.lineage import public_uri

PRODUCER = f"https://pypi.org/project/airflow-provider-faceswap/{__version__}/"
FACET = "faceSwap_job"
"""Key of the run facet: OpenLineage wants a prefix of its own for each project."""
SCHEMA_URL = (
    "https://airflow-provider-faceswap.readthedocs.io/en/stable/"
    "openlineage/1-0-0/FaceSwapJobRunFacet.json#/$defs/FaceSwapJobRunFacet"
)
"""Its schema, in ``docs/openlineage``: a change of the fields needs a new version, hence a new URL."""

# OpenLineage has one name for each kind of store, whatever a path's scheme is.
_SCHEMES = {"s3a": "s3", "s3n": "s3", "gcs": "gs", "abfs": "abfss", "az": "abfss", "adl": "abfss"}
_WITH_SLASH = ("file", "hdfs", "http", "https")


@attrs.define
class FaceSwapJobRunFacet(RunFacet):
    """
    The vendor's job.

    :param provider: the vendor's connection type.
    :param operation: the vendor's name of the operation; ``fetch`` for a sensor.
    :param jobId: the vendor's id, if it gave one.
    :param cost: ``amount`` and ``unit``, where the vendor says.
    :param reused: the result was bought by an earlier run.
    """

    provider: str
    operation: str
    jobId: str | None = None
    cost: dict[str, Any] | None = None
    reused: bool = False

    @staticmethod
    def _get_schema() -> str:
        return SCHEMA_URL


def lineage_of(reported: dict[str, Any] | None) -> OperatorLineage[Any, Any]:
    """
    Return the lineage of a task.

    :param reported: what :func:`~airflow_provider_faceswap.execution.reporting.report` kept of its result;
        None where it has none.
    """
    if reported is None:
        return OperatorLineage()
    if manifest := reported.get("manifest"):  # of a batch, whose files are too many to be named
        return OperatorLineage(outputs=_datasets([manifest]))
    facet = FaceSwapJobRunFacet(
        provider=reported["provider"],
        operation=reported["operation"],
        jobId=reported["job_id"],
        cost=reported["cost"],
        reused=reported.get("reused", False),
        producer=PRODUCER,
    )
    return OperatorLineage(
        inputs=_datasets(_texts(reported["inputs"])),
        # Files instead of the folder: a task that reads one of them names the file, and the two must meet.
        outputs=_datasets(file["url"] for file in reported["files"]),
        run_facets={FACET: facet},
    )


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _texts(inner)


def _datasets(urls: Iterable[str]) -> list[Dataset]:
    # Content that was sent along has a digest and no address; a picture may be named by two fields.
    names = dict.fromkeys(dataset_name(url) for url in urls if "://" in url)
    return [Dataset(namespace=namespace, name=name) for namespace, name in names]


def dataset_name(url: str) -> tuple[str, str]:
    """
    Return namespace and name of a file, by OpenLineage's naming conventions.

    :param url: http(s), ``file://`` or in object storage.
    """
    parts = urlsplit(public_uri(url))
    scheme = _SCHEMES.get(parts.scheme, parts.scheme)
    if scheme == "file" and not parts.netloc:
        return scheme, parts.path
    name = parts.path if scheme in _WITH_SLASH else parts.path.lstrip("/")
    return f"{scheme}://{parts.netloc}", name or "/"
