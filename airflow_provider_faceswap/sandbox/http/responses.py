"""Responses: JSON, files whole or in part, and bodies that break off."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from airflow_provider_faceswap.sandbox.http.tcp import break_connection

RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
MEDIA_TYPES = {"jpg": "image/jpeg", "json": "application/json", "mp4": "video/mp4"}


def json_response(body: Any, status: int = 200) -> Response:
    """Answer in JSON, in pure ASCII: text that came in can always go out."""
    return Response(json.dumps(body), status, media_type="application/json")


def file_response(request: Request, content: bytes, name: str) -> Response:
    """
    Answer with a file, or with the range of it that was asked for.

    :param request: the GET or HEAD request.
    :param content: the whole file.
    :param name: its name, whose ending gives the type.
    """
    etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    headers = {"Accept-Ranges": "bytes", "ETag": etag}
    media_type = MEDIA_TYPES[name.rpartition(".")[2]]
    wanted = request.headers.get("range")
    if wanted is None or request.headers.get("if-range", etag) != etag:
        return Response(content, media_type=media_type, headers=headers)
    match = RANGE.fullmatch(wanted.replace(" ", ""))
    if match is None or match[0] == "bytes=-" or _is_backwards(match):
        return Response(content, media_type=media_type, headers=headers)
    start, stop = _bounds(match, len(content))
    if start >= stop:
        headers["Content-Range"] = f"bytes */{len(content)}"
        return Response(status_code=416, headers=headers)
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(content)}"
    return Response(content[start:stop], 206, media_type=media_type, headers=headers)


def _is_backwards(match: re.Match[str]) -> bool:
    return bool(match[1] and match[2]) and int(match[2]) < int(match[1])


def _bounds(match: re.Match[str], size: int) -> tuple[int, int]:
    if not match[1]:
        return max(0, size - int(match[2])), size
    return int(match[1]), min(size, int(match[2]) + 1) if match[2] else size


class TruncatedResponse(Response):
    """Promises its whole body, sends half of it, and breaks the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send half of the body and break off."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = bytes(self.body[: len(self.body) // 2])
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await break_connection(Request(scope, receive))
