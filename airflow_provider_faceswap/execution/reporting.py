"""What became of a task, for those who do not read its result: asset events, OpenLineage, doubts."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from airflow_provider_faceswap.exceptions import InDoubtError

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage
    from airflow.sdk import Context

log = logging.getLogger(__name__)

IN_DOUBT_KEY = "faceswap_in_doubt"
"""XCom key by which the pages find the tasks of all Dags that are in doubt; Airflow deletes it at a clear."""


class WithLineage:
    """A task that OpenLineage asks, where that provider is installed, once the task has ended."""

    reported: dict[str, Any] | None = None

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> OperatorLineage[Any, Any]:
        """
        Return what the result was made from, where it is stored, and a run facet about the job.

        :param task_instance: not looked at, as a task knows its own result.
        """
        from airflow_provider_faceswap.execution.openlineage import lineage_of

        return lineage_of(self.reported)


@contextmanager
def doubt_reported(ti: Any, provider: str) -> Iterator[None]:
    """
    Push an XCom if the task fails because a submission is in doubt.

    :param ti: the task instance.
    :param provider: the vendor's connection type.
    """
    try:
        yield
    except InDoubtError as error:
        report_doubt(ti, provider=provider, problem=str(error))
        raise


def report_doubt(ti: Any, **facts: Any) -> None:
    """
    Push the XCom by which the pages find a task in doubt.

    :param ti: the task instance.
    :param facts: what is known of the doubt.
    """
    from airflow_provider_faceswap.execution.purchase import clean_up

    clean_up(lambda: ti.xcom_push(key=IN_DOUBT_KEY, value=facts))


def report(task: Any, context: Context, result: dict[str, Any]) -> dict[str, Any]:
    """
    Return a task's result, having added it to the events of the task's outlets.

    :param task: an operator or a sensor.
    :param result: as :func:`~airflow_provider_faceswap.apis.results.as_result` describes it.
    """
    extra = extra_of(result)
    # OpenLineage may be set to send all attributes of a task: not the vendor's links, which may be signed.
    task.reported = {**extra, **{name: result.get(name) for name in ("cost", "inputs")}}
    if task.outlets:
        add_to_events(context, task.outlets, extra, _folder(task, result))
    return result


def report_batch(task: Any, context: Context, provider: str, summary: dict[str, Any]) -> None:
    """
    Add what a batch made to the events of its outlets, and push an XCom if rows are in doubt.

    :param task: the operator.
    :param provider: the vendor's connection type.
    :param summary: as :func:`~airflow_provider_faceswap.batch.summary.summarize` describes it.
    """
    names = (
        "total",
        "succeeded",
        "reused",
        "failed",
        "in_doubt",
        "unfinished",
        "not_sent",
        "cost",
        "manifest",
    )
    extra = {"provider": provider, **{name: summary[name] for name in names}}
    if summary["in_doubt"]:
        report_doubt(context["ti"], provider=provider, rows=summary["in_doubt"])
    task.reported = extra
    if task.outlets:
        add_to_events(context, task.outlets, extra, task.output_path if summary["succeeded"] else None)


def extra_of(result: dict[str, Any]) -> dict[str, Any]:
    """Return what the asset events of a result say."""
    extra = {name: result.get(name) for name in ("provider", "operation", "job_id")}
    reused = {"reused": True} if result.get("reused") else {}
    return {**extra, "files": list(result.get("files") or []), **reused}


def add_to_events(
    context: Context, outlets: Iterable[Any], extra: dict[str, Any], folder: str | None = None
) -> None:
    """
    Add to the events of a task's outlets; what cannot be added is a warning, as the task is paid.

    :param outlets: assets, references to assets, and aliases; anything else is left alone.
    :param extra: wins over what the Dag's author put there before, key by key.
    :param folder: URL of what an alias stands for; None if nothing was stored.
    """
    from airflow.sdk import AssetAlias
    from airflow.sdk.definitions.asset import BaseAsset

    for outlet in outlets:
        if not isinstance(outlet, BaseAsset):
            continue
        try:
            event = context["outlet_events"][outlet]  # type: ignore[index]  # of references, too
            if not isinstance(outlet, AssetAlias):
                event.extra.update(extra)
            elif folder:
                event.add(_asset(folder), extra=extra)
        except Exception as error:
            log.warning("The event of %s lacks what the task made: %s", outlet, type(error).__name__)


def _folder(task: Any, result: dict[str, Any]) -> str | None:
    files = result.get("files")
    if not files:
        return None
    # A clear may collect what was stored while the Dag still had an output_path.
    return str(task.output_path or files[0]["url"].rpartition("/")[0])


def _asset(folder: str) -> Any:
    from airflow.sdk import Asset

    from airflow_provider_faceswap.storage.folders import check_folder
    from airflow_provider_faceswap.storage.lineage import public_uri

    return Asset(public_uri(check_folder(folder)))
