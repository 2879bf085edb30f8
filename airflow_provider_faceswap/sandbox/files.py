"""Handing out files: whole, in part, or spoilt by a fault."""

from __future__ import annotations

import hashlib
import re

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from airflow_provider_faceswap.sandbox.answers import MAINTENANCE
from airflow_provider_faceswap.sandbox.connections import break_connection
from airflow_provider_faceswap.sandbox.faults import Fault

RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
MEDIA_TYPES = {"jpg": "image/jpeg", "json": "application/json", "mp4": "video/mp4"}


def file_response(request: Request, content: bytes, name: str) -> Response:
    """A file, or the range of it that was asked for.

    :param request: the GET or HEAD request.
    :param content: the whole file.
    :param name: its name; the ending tells the type.
    """
    etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    headers = {"Accept-Ranges": "bytes", "ETag": etag}
    media_type = MEDIA_TYPES[name.rpartition(".")[2]]
    wanted = request.headers.get("range")
    if wanted is None or request.headers.get("if-range", etag) != etag:
        return Response(content, media_type=media_type, headers=headers)
    match = RANGE.fullmatch(wanted.replace(" ", ""))
    if match is None or match[0] == "bytes=-" or _backwards(match):
        return Response(content, media_type=media_type, headers=headers)
    start, stop = _bounds(match, len(content))
    if start >= stop:
        headers["Content-Range"] = f"bytes */{len(content)}"
        return Response(status_code=416, headers=headers)
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(content)}"
    return Response(content[start:stop], 206, media_type=media_type, headers=headers)


def _backwards(match: re.Match[str]) -> bool:
    return bool(match[1] and match[2]) and int(match[2]) < int(match[1])


def _bounds(match: re.Match[str], size: int) -> tuple[int, int]:
    if not match[1]:
        return max(0, size - int(match[2])), size
    return int(match[1]), min(size, int(match[2]) + 1) if match[2] else size


class TruncatedFile(Response):
    """Promises the whole file, sends half of it and breaks the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the half and break off."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        half = bytes(self.body[: len(self.body) // 2])
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await break_connection(Request(scope, receive))


def spoilt_file(fault: Fault, content: bytes, name: str) -> Response:
    """A file the way a ``media_`` fault hands it out.

    :param fault: the fault that strikes.
    :param content: the whole file.
    :param name: its name.
    """
    if fault.kind == "media_truncated":
        return TruncatedFile(content, media_type=MEDIA_TYPES[name.rpartition(".")[2]])
    if fault.kind == "media_html":
        return HTMLResponse(MAINTENANCE)
    return PlainTextResponse("Not Found", 404)
