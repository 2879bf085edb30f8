"""Links of a task in Airflow's UI: to its tab, also while it waits, and to what it stored."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import quote, urlencode

from airflow.sdk import BaseOperatorLink, get_current_context

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey
    from airflow.triggers.base import BaseTrigger

    _Task = BaseOperator
else:
    _Task = object


class FaceSwapLink(BaseOperatorLink):
    """Leads to the tab of the task instance."""

    name = "Face swap"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """Return a path below Airflow's own, as the UI knows best where Airflow is mounted."""
        mapped = "" if ti_key.map_index < 0 else f"/mapped/{ti_key.map_index}"
        dag, run, task = (_quoted(part) for part in (ti_key.dag_id, ti_key.run_id, ti_key.task_id))
        return f"dags/{dag}/runs/{run}/tasks/{task}{mapped}/plugin/faceswap"


class StoredResultLink(BaseOperatorLink):
    """Opens the first stored file, by way of the pages, which ask who may see it."""

    name = "Stored result"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """Return a path below Airflow's own; an empty text, which shows no link, if nothing was stored."""
        if not (getattr(operator, "reported", None) or {}).get("files"):
            return ""
        which = {"run_id": ti_key.run_id, "task_id": ti_key.task_id, "map_index": ti_key.map_index}
        return f"faceswap/pages/dags/{_quoted(ti_key.dag_id)}/media?{urlencode({**which, 'stored': 0})}"


class WithLinks(_Task):
    """A task with links; that to its tab is there from the first deferral on."""

    operator_extra_links: Collection[BaseOperatorLink] = (FaceSwapLink(), StoredResultLink())

    def defer(
        self,
        *,
        trigger: BaseTrigger,
        method_name: str,
        kwargs: dict[str, Any] | None = None,
        timeout: timedelta | int | float | None = None,
    ) -> NoReturn:
        """Push the link to the tab, which Airflow does only when a task ends, and defer."""
        from airflow_provider_faceswap.execution.purchase import clean_up

        clean_up(self._push_link)
        super().defer(trigger=trigger, method_name=method_name, kwargs=kwargs, timeout=timeout)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Any) -> Any:
        """Leave out the link that was pushed, as each push costs as much as a poll, and go on."""
        from airflow.sdk.bases.xcom import BaseXCom
        from airflow.sdk.execution_time.xcom import XCom

        if XCom is BaseXCom:  # another backend may have kept the link where the UI does not look
            self.operator_extra_links = (StoredResultLink(),)
        return super().resume_execution(next_method, next_kwargs, context)

    def _push_link(self) -> None:
        try:
            ti, link = get_current_context()["ti"], FaceSwapLink()
        except RuntimeError:  # called by itself, as in a unit test of a Dag
            return
        ti.xcom_push(key=link.xcom_key, value=link.get_link(self, ti_key=ti))  # type: ignore[arg-type]


def _quoted(part: str) -> str:
    return quote(part, safe="")
