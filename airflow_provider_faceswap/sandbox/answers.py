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
KEY_HEADERS = ("authorization", "x-api-key")

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
    if fault.kind == "echo":
        fault = fault.model_copy(update={"message": f"{fault.message}: {await _said(request)}"})
    if fault.kind in forms:
        return forms[fault.kind](fault)
    return _replaced(request, fault, answer)


async def _said(request: Request) -> str:
    """The request as text, with the headers that carry keys."""
    keys = [f"{name}: {request.headers[name]}" for name in KEY_HEADERS if name in request.headers]
    return "\n".join([(await request.body()).decode(errors="replace"), *keys])


def _replaced(request: Request, fault: Fault, answer: Response) -> Response:
    content = bytes(answer.body)
    if fault.kind == "bad_gateway":
        return HTMLResponse(BAD_GATEWAY, 502)
    if fault.kind == "html_200":
        return HTMLResponse(MAINTENANCE)
    if fault.kind == "redirect":
        return RedirectResponse(fault.location or str(request.url_for("elsewhere")), 307)
    if fault.kind == "truncated_json":
        half = content[: len(content) // 2] or b'{"status": "succ'
        return Response(half, media_type=answer.media_type or "application/json")
    if fault.kind == "unknown_status":
        body = json.loads(content) if answer.media_type == "application/json" else {}
        return json_response(body | {"status": fault.status})
    return Response(media_type="application/json")
