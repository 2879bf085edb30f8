from __future__ import annotations

import asyncio
import os
import stat
import threading
import time
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest import mock

import pytest

from airflow_provider_faceswap.callbacks import inbox as module
from airflow_provider_faceswap.callbacks.folder import Folder
from airflow_provider_faceswap.callbacks.inbox import MAX_BODIES, MAX_UNREAD, Inbox, PutResult, digest_of
from airflow_provider_faceswap.exceptions import InboxError, PollError, SettingsError
from tests.buckets import S3

VENDOR, NONCE, OTHER = "aifaceswap", "N" * 22, "O" * 22


def test_what_is_put_is_found_by_another_process(inbox: Inbox) -> None:
    there = Inbox(inbox.url)
    assert there.bodies(VENDOR, NONCE) == [], "and the empty listing is not remembered"
    assert inbox.put(VENDOR, NONCE, b'{"task_id": "1"}') is PutResult.KEPT
    assert there.bodies(VENDOR, NONCE) == [b'{"task_id": "1"}']
    assert there.bodies(VENDOR, OTHER) == []
    assert there.bodies("modelslab", NONCE) == []


def test_the_same_body_lies_there_once(inbox: Inbox) -> None:
    assert [inbox.put(VENDOR, NONCE, b"[1]") for _ in range(3)] == [
        PutResult.KEPT,
        PutResult.REPEATED,
        PutResult.REPEATED,
    ]
    assert inbox.bodies(VENDOR, NONCE) == [b"[1]"]


def test_so_many_bodies_and_no_more_are_kept_for_a_job(inbox: Inbox) -> None:
    bodies = [b"[%d]" % number for number in range(MAX_BODIES + 2)]
    puts = [inbox.put(VENDOR, NONCE, body) for body in bodies]
    assert puts == [PutResult.KEPT] * MAX_BODIES + [PutResult.FULL] * 2
    assert inbox.put(VENDOR, NONCE, bodies[0]) is PutResult.REPEATED
    assert inbox.put(VENDOR, OTHER, bodies[-1]) is PutResult.KEPT
    assert sorted(inbox.bodies(VENDOR, NONCE)) == bodies[:MAX_BODIES]


def test_the_oldest_comes_first(tmp_path: Path) -> None:
    inbox = Inbox(f"file://{tmp_path}")
    for number in range(MAX_BODIES):
        inbox.put(VENDOR, NONCE, b"[%d]" % number)
        for file in (tmp_path / VENDOR).iterdir():
            os.utime(file, (file.stat().st_atime, file.stat().st_mtime - 10))
    assert inbox.bodies(VENDOR, NONCE) == [b"[%d]" % number for number in range(MAX_BODIES)]


def test_one_listing_tells_all_that_arrived(inbox: Inbox) -> None:
    assert inbox.arrived(VENDOR) == {}
    inbox.put(VENDOR, NONCE, b"[1]")
    inbox.put(VENDOR, NONCE, b"[2]")
    inbox.put(VENDOR, OTHER, b"[1]")
    inbox.claim(VENDOR, "278", NONCE)
    inbox.put("modelslab", NONCE, b"[1]")
    found = Inbox(inbox.url).arrived(VENDOR)
    assert {nonce: len(names) for nonce, names in found.items()} == {NONCE: 2, OTHER: 1}
    read = inbox.read(VENDOR, [*found[NONCE], f"{NONCE}.{'0' * 32}"])
    assert sorted(read.values()) == [b"[1]", b"[2]"], "a file that is gone is left out"


def test_a_claim_ties_an_id_to_its_nonce(inbox: Inbox) -> None:
    assert inbox.claimed(VENDOR, "278") is None
    inbox.claim(VENDOR, "278", NONCE)
    inbox.claim(VENDOR, "279", OTHER)
    assert Inbox(inbox.url).claimed(VENDOR, "278") == NONCE
    assert inbox.claimed("modelslab", "278") is None


def test_a_job_is_deleted_with_its_claim_and_nothing_else(inbox: Inbox) -> None:
    for nonce, job_id in ((NONCE, "278"), (OTHER, "279")):
        inbox.put(VENDOR, nonce, b"[1]")
        inbox.put(VENDOR, nonce, b"[2]")
        inbox.claim(VENDOR, job_id, nonce)
    inbox.delete(VENDOR, NONCE)
    inbox.delete(VENDOR, NONCE)
    assert (inbox.bodies(VENDOR, NONCE), inbox.claimed(VENDOR, "278")) == ([], None)
    assert (len(inbox.bodies(VENDOR, OTHER)), inbox.claimed(VENDOR, "279")) == (2, OTHER)


def test_a_sweep_takes_what_is_old(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox.put(VENDOR, NONCE, b"[1]")
    inbox.claim(VENDOR, "278", NONCE)
    assert inbox.sweep() == 0
    now = time.time()
    monkeypatch.setattr(module, "time", mock.Mock(time=lambda: now + 31 * 86400))
    assert inbox.sweep() == 3
    assert (inbox.arrived(VENDOR), inbox.claimed(VENDOR, "278")) == ({}, None)


def test_a_sweep_leaves_what_is_not_the_inboxs_own(tmp_path: Path) -> None:
    folder = tmp_path / VENDOR
    folder.mkdir()
    for name in ("notes.txt", f"{NONCE}.{'a' * 32}", ".x.1f.part"):
        (folder / name).write_text("x")
        os.utime(folder / name, (0, 0))
    assert Inbox(f"file://{tmp_path}").sweep() == 2
    assert [file.name for file in folder.iterdir()] == ["notes.txt"]


def test_no_reader_sees_half_a_body(tmp_path: Path) -> None:
    inbox, body, over = Inbox(f"file://{tmp_path}"), b"[%s]" % (b"1," * 30_000), threading.Event()

    def read() -> list[bytes]:
        found = []
        while not over.is_set():
            found += inbox.bodies(VENDOR, NONCE)
            inbox.delete(VENDOR, NONCE)
        return found

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read)
        for _ in range(50):
            inbox.put(VENDOR, NONCE, body)
        over.set()
        assert set(reading.result()) <= {body}
    assert not [file for file in (tmp_path / VENDOR).iterdir() if file.name.endswith(".part")]


def test_a_write_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox = Inbox(f"file://{tmp_path}")
    monkeypatch.setattr("os.fsync", mock.Mock(side_effect=OSError(28, "No space left on device")))
    with pytest.raises(InboxError, match=r"could not be written: OSError.*No space left"):
        inbox.put(VENDOR, NONCE, b"[1]")
    assert list((tmp_path / VENDOR).iterdir()) == []


@pytest.mark.parametrize(
    ("vendor", "nonce", "job_id"),
    [
        ("../x", NONCE, "1"),
        (VENDOR, "../../../etc/x", "1"),
        (VENDOR, NONCE, "../1"),
        (VENDOR, "", "1"),
    ],
)
def test_no_name_leads_out_of_the_folder(tmp_path: Path, vendor: str, nonce: str, job_id: str) -> None:
    inbox = Inbox(f"file://{tmp_path}/inbox")
    with pytest.raises(InboxError, match="cannot name a file"):
        inbox.claim(vendor, job_id, nonce)
    if job_id == "1":
        for act in (inbox.bodies, inbox.delete):
            with pytest.raises(InboxError, match="cannot name a file"):
                act(vendor, nonce)
        with pytest.raises(InboxError, match="cannot name a file"):
            inbox.put(vendor, nonce, b"[1]")
    assert not list(tmp_path.rglob("*.*"))


def test_a_claim_that_somebody_spoilt_names_no_nonce(tmp_path: Path) -> None:
    inbox = Inbox(f"file://{tmp_path}")
    inbox.claim(VENDOR, "278", NONCE)
    (tmp_path / VENDOR / "claims" / "278.nonce").write_bytes(b"\xff../../x")
    assert inbox.claimed(VENDOR, "278") is None


def test_workers_of_other_users_may_read_as_the_umask_says(tmp_path: Path) -> None:
    Inbox(f"file://{tmp_path}").put(VENDOR, NONCE, b"[1]")
    (file,) = (tmp_path / VENDOR).iterdir()
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(file.stat().st_mode) == 0o666 & ~umask


def test_a_store_that_fails_is_an_error_that_passes(s3: S3) -> None:
    inbox = Inbox(f"{s3.url.replace('bucket', 'elsewhere')}/inbox")
    with pytest.raises(InboxError, match="inbox could not be written") as error:
        inbox.put(VENDOR, NONCE, b"[1]")
    assert isinstance(error.value, PollError)


async def test_it_is_never_opened_on_an_event_loop(tmp_path: Path) -> None:
    inbox = Inbox(f"file://{tmp_path}")
    with pytest.raises(InboxError, match="event loop"):
        inbox.bodies(VENDOR, NONCE)
    assert await asyncio.to_thread(inbox.bodies, VENDOR, NONCE) == []


@pytest.mark.parametrize("content", [b"../../../victim", b"\xff", b"", b"x" * 70_000, b"a/b"])
def test_a_claim_that_somebody_spoilt_deletes_nothing_but_itself(tmp_path: Path, content: bytes) -> None:
    inbox, claims = Inbox(f"file://{tmp_path}/inbox"), tmp_path / "inbox" / VENDOR / "claims"
    for victim in (tmp_path / "victim.nonce", tmp_path / "inbox" / "victim.nonce"):
        victim.parent.mkdir(exist_ok=True)
        victim.write_text("x")
    inbox.put(VENDOR, NONCE, b"[1]")
    inbox.claim(VENDOR, "278", NONCE)
    (claims / f"{NONCE}.job").write_bytes(content)
    inbox.delete(VENDOR, NONCE)
    assert inbox.bodies(VENDOR, NONCE) == []
    assert [file.name for file in claims.iterdir()] == ["278.nonce"]
    assert len(list(tmp_path.rglob("victim.nonce"))) == 2


def test_a_file_that_nobody_could_have_sent_is_ignored(inbox: Inbox) -> None:
    inbox.put(VENDOR, NONCE, b"[1]")
    inbox._folder.write(VENDOR, f"{NONCE}.{'a' * 32}", b"x" * 70_000)
    inbox._folder.write(VENDOR, f"{NONCE}.txt", b"[2]")
    inbox._folder.write(f"{VENDOR}/claims", "278.nonce", b"N" * 70_000)
    assert inbox.bodies(VENDOR, NONCE) == [b"[1]"]
    assert inbox.claimed(VENDOR, "278") is None


@pytest.mark.parametrize("name", ["../x", f"../../{NONCE}.{'a' * 32}", f"claims/{NONCE}.job", ""])
def test_only_bodies_are_read_by_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(InboxError, match="cannot name a file"):
        Inbox(f"file://{tmp_path}").read(VENDOR, [name])


def test_an_error_repeats_nothing_that_a_stranger_wrote(tmp_path: Path) -> None:
    inbox = Inbox(f"file://{tmp_path}")
    for act in (
        lambda: inbox.bodies("st r@nger", NONCE),
        lambda: inbox.bodies(VENDOR, "st r@nger"),
        lambda: inbox.claimed(VENDOR, "st r@nger"),
        lambda: inbox.read(VENDOR, ["st r@nger"]),
    ):
        with pytest.raises(InboxError, match=r"\[faceswap\] inbox: this .* cannot name a file") as error:
            act()
        assert "r@nger" not in str(error.value)


def test_digests_name_the_bodies_of_a_job(inbox: Inbox) -> None:
    inbox.put(VENDOR, NONCE, b"[1]")
    inbox.put(VENDOR, NONCE, b"[2]")
    inbox.put(VENDOR, OTHER, b"[3]")
    assert inbox.digests(VENDOR, NONCE) == {digest_of(b"[1]"), digest_of(b"[2]")}


def test_it_can_be_opened_ahead_of_its_use() -> None:
    with pytest.raises(SettingsError, match="no filesystem serves it"):
        Inbox("gopher://bucket/inbox").open()


def test_bodies_that_cannot_be_read_do_not_hide_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = Inbox(f"file://{tmp_path}/inbox")
    nonces = [f"{number:022}" for number in range(40)]
    for nonce in nonces:
        inbox.put(VENDOR, nonce, nonce.encode())
    names = [name for found in inbox.arrived(VENDOR).values() for name in found]
    real = type(inbox._folder).read

    def denied(folder: Folder, subfolder: str, asked: Collection[str]) -> dict[str, bytes]:
        if any(name.startswith(tuple(nonces[:few])) for name in asked):
            raise PermissionError("another umask")
        return real(folder, subfolder, asked)

    monkeypatch.setattr(type(inbox._folder), "read", denied)
    few = 3
    unread: dict[str, InboxError] = {}
    assert len(inbox.read(VENDOR, names, unread)) == 37
    assert {name[:22] for name in unread} == set(nonces[:3])
    with pytest.raises(InboxError, match="PermissionError"):
        inbox.read(VENDOR, names)
    few, unread = 40, {}
    assert inbox.read(VENDOR, names, unread) == {} and len(unread) == MAX_UNREAD
    few = 10
    found = set[str]()
    for _ in range(50):  # each in its turn
        found |= inbox.read(VENDOR, names, {}).keys()
    assert len(found) == 30
