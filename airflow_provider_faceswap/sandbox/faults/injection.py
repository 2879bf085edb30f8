"""What each fault makes of an answer, whatever the vendor."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from airflow_provider_faceswap.sandbox.faults.fault import Fault
from airflow_provider_faceswap.sandbox.http.responses import TruncatedResponse, json_response
from airflow_provider_faceswap.sandbox.http.tcp import break_connection

BAD_GATEWAY = (
    "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n"
)
MAINTENANCE = (
    "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Please wait.</body></html>\n"
)
KEY_HEADERS = ("authorization", "x-api-key")

Handle = Callable[[], Awaitable[Response]]
# The vendor's own wording of a fault, by its kind.
Wordings = Mapping[str, Callable[[Fault], Response]]


async def inject_fault(
    request: Request, fault: Fault, handle: Handle, wordings: Wordings, id_path: tuple[str, ...] = ()
) -> Response:
    """
    Answer a request as the fault says.

    :param request: the request, its body read.
    :param fault: the fault.
    :param handle: answers the request properly.
    :param wordings: the vendor's wordings of faults.
    :param id_path: where the vendor's JSON names a job.
    """
    if fault.kind == "slow_before_accept":
        await asyncio.sleep(fault.seconds)
        return await handle()
    if fault.kind == "unknown_id":  # the handler was given no job
        return await handle()
    answer = await handle() if fault.accepts else Response()
    if fault.kind in ("accept_then_break", "break_before_accept"):
        await break_connection(request)
        return answer
    if fault.kind == "slow_answer":
        await asyncio.sleep(fault.seconds)
        return answer
    if fault.kind == "echo":
        fault = fault.model_copy(update={"message": f"{fault.message}: {await _as_text(request)}"})
    if fault.kind not in wordings:
        return _replacement(request, fault, answer)
    response = wordings[fault.kind](fault)
    job_id = getattr(request.state, "job_id", None) or str(uuid.uuid4())
    return _with_id(response, id_path, job_id) if fault.with_id else response


async def _as_text(request: Request) -> str:
    """Return the request's body and the headers that carry keys."""
    keys = [f"{name}: {request.headers[name]}" for name in KEY_HEADERS if name in request.headers]
    return "\n".join([(await request.body()).decode(errors="replace"), *keys])


def _with_id(response: Response, id_path: tuple[str, ...], job_id: int | str) -> Response:
    if response.media_type != "application/json":
        return response
    body: dict[str, Any] = json.loads(bytes(response.body))
    place = body
    for name in id_path[:-1]:
        place = place[name]
    place[id_path[-1]] = job_id
    return json_response(body, response.status_code)


def _replacement(request: Request, fault: Fault, answer: Response) -> Response:
    content = bytes(answer.body)
    media_type = answer.media_type or "application/json"
    match fault.kind:
        case "bad_gateway":
            return HTMLResponse(BAD_GATEWAY, 502)
        case "html_200" | "media_html":
            return HTMLResponse(MAINTENANCE)
        case "redirect":
            return RedirectResponse(fault.location or str(request.url_for("elsewhere")), 307)
        case "break_in_answer" | "media_truncated":
            whole = answer if content else json_response({"status": "success"})
            return TruncatedResponse(whole.body, whole.status_code, dict(whole.headers))
        case "truncated_json":
            return Response(content[: len(content) // 2] or b'{"status": "succ', media_type=media_type)
        case "unknown_status":
            body = json.loads(content) if answer.media_type == "application/json" else {}
            return json_response(body | {"status": fault.status})
        case "media_404":
            return PlainTextResponse("Not Found", 404)
        case _:
            return Response(media_type="application/json")
