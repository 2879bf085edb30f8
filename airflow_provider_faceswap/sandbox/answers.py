"""Spoilt answers: what each fault makes of a request, whatever the vendor."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from airflow_provider_faceswap.sandbox.connections import break_connection
from airflow_provider_faceswap.sandbox.faults import Fault

BAD_GATEWAY = (
    "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n"
)
MAINTENANCE = (
    "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Please wait.</body></html>\n"
)

Handle = Callable[[], Awaitable[Response]]
# The vendor's own wording of a refusal, by the kind of fault.
Forms = Mapping[str, Callable[[Fault], Response]]


def json_response(body: Any, status: int = 200) -> Response:
    """An answer in JSON, in pure ASCII: whatever text came in can go out."""
    return Response(json.dumps(body), status, media_type="application/json")


async def spoil(request: Request, fault: Fault, handle: Handle, forms: Forms) -> Response:
    """Answer a request the way the fault has it.

    :param request: the request, its body read.
    :param fault: the fault that strikes.
    :param handle: what would answer the request properly.
    :param forms: the vendor's refusals.
    """
    if fault.kind == "slow_before_accept":
        await asyncio.sleep(fault.seconds)
        return await handle()
    answer = await handle() if fault.taken else Response()
    if fault.kind in ("accept_then_break", "break_before_accept"):
        await break_connection(request)
        return answer
    if fault.kind == "slow_answer":
        await asyncio.sleep(fault.seconds)
        return answer
    if fault.kind in forms:
        return forms[fault.kind](fault)
    return _replaced(request, fault, answer)


def _replaced(request: Request, fault: Fault, answer: Response) -> Response:
    content = bytes(answer.body)
    if fault.kind == "bad_gateway":
        return HTMLResponse(BAD_GATEWAY, 502)
    if fault.kind == "html_200":
        return HTMLResponse(MAINTENANCE)
    if fault.kind == "redirect":
        return RedirectResponse(fault.location or str(request.url_for("elsewhere")), 307)
    if fault.kind == "truncated_json":
        return Response(content[: len(content) // 2] or b'{"status": "succ', media_type="application/json")
    if fault.kind == "unknown_status":
        body = json.loads(content) if content else {}
        return json_response(body | {"status": fault.status})
    return Response(media_type="application/json")
