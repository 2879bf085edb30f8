"""The app that Airflow's API server mounts: static pages for everybody, and data for who may see the Dag."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag
from fastapi import Depends, FastAPI, Query
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from airflow_provider_faceswap.pages.database import Known, Task, look_up
from airflow_provider_faceswap.pages.errors import NotShownError
from airflow_provider_faceswap.pages.locating import Wanted, open_medium
from airflow_provider_faceswap.pages.media import Medium
from airflow_provider_faceswap.pages.rows import Rows, folder_of
from airflow_provider_faceswap.pages.sending import HEADERS, Door, MediumResponse, not_shown
from airflow_provider_faceswap.pages.threads import (
    DATABASE_THREADS,
    ROWS_THREADS,
    STORE_THREADS,
    Threads,
    Turns,
)

STATIC = Path(__file__).parent / "static"
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
MAX_ROWS = 500
"""Rows of one page."""

Id = Annotated[str, Query(min_length=1, max_length=250)]
Number = Annotated[int, Query(ge=0, le=1_000_000)]
MapIndex = Annotated[int, Query(ge=-1, le=1_000_000)]


_check_access = requires_access_dag("GET", DagAccessEntity.TASK_INSTANCE)


class Pages:
    """What the routes share."""

    def __init__(self) -> None:
        self._database = Threads(DATABASE_THREADS)
        self._stores = Threads(STORE_THREADS)
        self._rows_threads = Threads(ROWS_THREADS)
        self._turns = Turns()
        self._rows = Rows()

    async def check_access(self, request: Request, user: GetUserDep) -> None:
        """Let only those through who may see the task instances of the Dag in the path."""
        # Airflow's own check, but not in Airflow's threads: its API would wait behind ours.
        await self._database.run(partial(_check_access, request, user))

    async def media(
        self,
        dag_id: str,
        run_id: Id,
        task_id: Id,
        map_index: MapIndex = -1,
        stored: Number | None = None,
        input: Annotated[str, Query(max_length=64)] = "",
        number: Number = 0,
        row: Number | None = None,
    ) -> Response:
        """Send a stored file of a task instance's result, or an input of it."""
        if (stored is None) == (not input):
            return not_shown(NotShownError("not_found", "Ask for either stored or input."))
        task = Task(dag_id, run_id, task_id, map_index)
        wanted = Wanted(stored, input, number)
        return MediumResponse(partial(self._open, task, wanted, row), self._stores, self._turns)

    async def rows(
        self,
        dag_id: str,
        run_id: Id,
        task_id: Id,
        map_index: MapIndex = -1,
        status: Annotated[str, Query(max_length=64)] = "",
        offset: Number = 0,
        limit: Annotated[int, Query(ge=1, le=MAX_ROWS)] = 50,
    ) -> Response:
        """Send a page of the rows of a batch."""
        task = Task(dag_id, run_id, task_id, map_index)
        try:
            known = await self._database.run(partial(look_up, task))
            folder = folder_of(task, known.result, known.output_path)
            page = partial(self._rows.page, folder, status, offset, limit)
            return await self._rows_threads.run(lambda: JSONResponse(page(), headers=HEADERS))
        except NotShownError as error:
            return not_shown(error)
        except ValueError:  # a number, or a letter, that JSON does not have
            return not_shown(NotShownError("store_failed", "The manifest holds what no page can show."))

    async def _open(self, task: Task, wanted: Wanted, row: int | None) -> Medium:
        known: Known = await self._database.run(partial(look_up, task))
        result: Any = known.result
        if row is not None:
            folder = folder_of(task, result, known.output_path)
            result = await self._rows_threads.run(partial(self._rows.row, folder, row))
        return await self._stores.run(partial(open_medium, task, result, known.output_path, wanted))


def make_app() -> FastAPI:
    """Make the app, without documentation pages."""
    app, pages = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False), Pages()
    for name, route in (("media", pages.media), ("rows", pages.rows)):
        app.add_api_route(
            f"/dags/{{dag_id}}/{name}",
            route,
            methods=["GET", "HEAD"],
            dependencies=[Depends(pages.check_access)],
            response_model=None,
        )
    app.add_exception_handler(NotShownError, lambda _, error: not_shown(error))
    app.mount("/static", _Static(directory=STATIC))
    app.add_middleware(Door)
    return app


class _Static(StaticFiles):
    """The pages' own files, with the policy that they need."""

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """Find a file; older Pythons raise on a null byte."""
        return ("", None) if "\0" in path else super().lookup_path(path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_policy(message: Any) -> None:
            if message["type"] == "http.response.start":
                given = {**HEADERS, "content-security-policy": PAGE_POLICY, "cache-control": "no-cache"}
                message["headers"] += [(name.encode(), text.encode()) for name, text in given.items()]
            await send(message)

        await super().__call__(scope, receive, send_with_policy)
