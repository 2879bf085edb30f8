from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest

from airflow_provider_faceswap.pages import sending as module
from airflow_provider_faceswap.pages.errors import NotShownError
from airflow_provider_faceswap.pages.media import Medium
from airflow_provider_faceswap.pages.sending import Door, MediumResponse
from airflow_provider_faceswap.pages.threads import Threads, Turns
from airflow_provider_faceswap.storage.formats import CHUNK

Message = dict[str, Any]


class Fake(Medium):
    """A clip of many pieces."""

    etag, content_type, closed = '"1"', "video/mp4", False

    def __init__(self, size: int = 10 * CHUNK, there: int | None = None) -> None:
        self.size, self.there = size, size if there is None else there
        self.reads: list[tuple[int, int]] = []

    def read(self, start: int, most: int) -> bytes:
        self.reads.append((start, most))
        return b"x" * min(most, self.there - start)

    def close(self) -> None:
        self.closed = True


async def call(
    medium: Medium,
    send: Callable[[Message], Awaitable[None]],
    receive: Callable[[], Awaitable[Message]] | None = None,
    method: str = "GET",
    **headers: str,
) -> Turns:
    turns = Turns(1)

    async def open_medium() -> Medium:
        return medium

    async def nothing_comes() -> Message:
        await anyio.sleep_forever()
        raise AssertionError

    scope = {
        "type": "http", "method": method, "path": "/", "query_string": b"",
        "headers": [(name.encode(), text.encode()) for name, text in headers.items()],
    }  # fmt: skip
    response = MediumResponse(open_medium, Threads(1), turns)
    await response(scope, receive or nothing_comes, send)  # type: ignore[arg-type]
    async with turns.take():  # its place is free again
        return turns


async def test_a_clip_is_sent_piece_by_piece() -> None:
    medium, sent = Fake(3 * CHUNK + 1), []

    async def send(message: Message) -> None:
        sent.append(message)

    await call(medium, send)
    assert [most for _, most in medium.reads] == [CHUNK, CHUNK, CHUNK, 1]
    assert sum(len(message.get("body", b"")) for message in sent) == medium.size
    assert medium.closed


async def test_no_more_is_read_than_the_client_takes() -> None:
    medium, taken = Fake(), anyio.Event()

    async def send(message: Message) -> None:
        if message.get("body"):
            await taken.wait()

    async with anyio.create_task_group() as group:
        group.start_soon(call, medium, send)
        await anyio.wait_all_tasks_blocked()
        while not medium.reads:
            await anyio.sleep(0.01)
        await anyio.wait_all_tasks_blocked()
        assert len(medium.reads) == 1
        taken.set()
    assert len(medium.reads) == 10


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 304), ("GET", 416)])
async def test_nothing_is_read_where_no_body_is_sent(method: str, status: int) -> None:
    medium, sent = Fake(), []

    async def send(message: Message) -> None:
        sent.append(message)

    condition = {304: {"if-none-match": '"1"'}, 416: {"range": f"bytes={10 * CHUNK}-"}}.get(status, {})
    await call(medium, send, method=method, **condition)
    assert sent[0]["status"] == status
    assert (medium.reads, medium.closed) == ([], True)


async def test_a_client_that_goes_ends_the_reading() -> None:
    medium, gone = Fake(), anyio.Event()

    async def send(message: Message) -> None:
        if message.get("body"):
            gone.set()
            await anyio.sleep_forever()

    async def receive() -> Message:
        await gone.wait()
        return {"type": "http.disconnect"}

    await call(medium, send, receive)
    assert (len(medium.reads), medium.closed) == (1, True)


async def test_a_client_that_takes_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STALL", 0.05)
    medium = Fake()

    async def send(message: Message) -> None:
        if message.get("body"):
            await anyio.sleep_forever()

    await call(medium, send)
    assert (len(medium.reads), medium.closed) == (1, True)


async def test_a_file_that_became_shorter_is_broken_off() -> None:
    medium, sent = Fake(there=CHUNK), []

    async def send(message: Message) -> None:
        sent.append(message)

    await call(medium, send)
    # No last message: the server closes the connection, and the client sees that something is missing.
    assert all(message["type"] == "http.response.start" or message["more_body"] for message in sent)
    assert medium.closed


async def test_a_store_that_fails_on_the_way_breaks_it_off() -> None:
    class Failing(Fake):
        def read(self, start: int, most: int) -> bytes:
            raise NotShownError("store_failed", "") if start else OSError("s3://secret")

    medium, sent = Failing(), []

    async def send(message: Message) -> None:
        sent.append(message)

    await call(medium, send)
    assert [message["type"] for message in sent] == ["http.response.start"]
    assert medium.closed


async def test_who_comes_while_many_are_inside_is_turned_away() -> None:
    over, statuses = anyio.Event(), []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await over.wait()
        statuses.append(200)

    async def send(message: Message) -> None:
        if "status" in message:
            statuses.append(message["status"])

    door = Door(app, 2)
    for expected in ([503, 200, 200], [503, 200, 200, 200, 200]):  # whoever was turned away takes no place
        over = anyio.Event()
        async with anyio.create_task_group() as group:
            for _ in range(3 if len(expected) == 3 else 2):
                group.start_soon(door, {"type": "http"}, None, send)
            await anyio.wait_all_tasks_blocked()
            over.set()
        assert statuses == expected
