"""Only clients on this machine are answered, and no page of another site."""

from __future__ import annotations

import pytest

from ..modelslab.client import ModelsLabClient

OPERATION = "multiple_face_swap"
LINK = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200), ("localhost:1", 200), ("[::1]:99", 200), ("LOCALHOST", 200),
        ("sandbox.example", 403), ("127.0.0.1.example", 403), ("localhost@evil.example", 403),
        ("evil.example@localhost", 403), ("", 403), ("localhost/x", 403), ("localhost:x", 403), ("[::1", 403),
    ],
)  # fmt: skip
def test_only_loopback_hosts_are_answered(client: ModelsLabClient, host: str, status: int) -> None:
    assert client.http.get(f"{client.url}/", headers={"Host": host}).status_code == status


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "https://{host}"},
        {"Origin": "http://{host}.evil.example"},
        {"Origin": "http://{host}", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "something-new"},
        LINK,
    ],
)
def test_another_sites_page_drives_nothing_and_buys_nothing(
    client: ModelsLabClient, headers: dict[str, str]
) -> None:
    sent = {name: value.format(host=client.url.removeprefix("http://")) for name, value in headers.items()}
    calls = [
        ("GET", "_sandbox/jobs", None),
        ("POST", "_sandbox/faults", {"kind": "empty"}),
        ("DELETE", "_sandbox/faults", None),
        ("POST", f"api/v6/deepfake/{OPERATION}", client.fields(OPERATION)),
        ("OPTIONS", f"api/v6/deepfake/{OPERATION}", None),
        ("POST", "", None),
    ]
    for method, path, body in calls:
        response = client.http.request(method, f"{client.url}/{path}", json=body, headers=sent)
        assert (response.status_code, list(response.json())) == (403, ["error"])
        assert "refuses cross-site requests" in response.json()["error"]
    counts = client.counts()
    assert (counts["accepted"], counts["requests"]) == ({}, 0)
    assert client.control("faults") == {"faults": []}


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "http://{host}"}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}],
)
def test_plain_clients_and_the_sandboxs_own_page_are_answered(
    client: ModelsLabClient, headers: dict[str, str]
) -> None:
    sent = {name: value.format(host=client.url.removeprefix("http://")) for name, value in headers.items()}
    body = client.fields(OPERATION)
    response = client.http.post(f"{client.url}/api/v6/deepfake/{OPERATION}", json=body, headers=sent)
    assert response.json()["status"] == "success"
    assert client.http.get(f"{client.url}/_sandbox/jobs", headers=sent).status_code == 200


def test_a_link_on_another_page_opens_pages_and_files_only(client: ModelsLabClient) -> None:
    result = client.submit(OPERATION).json()["output"][0]
    for url in (f"{client.url}/", client.sample("hopper.jpg"), result):
        assert client.http.get(url, headers=LINK).status_code == 200
        assert client.http.get(url, headers=LINK | {"Sec-Fetch-Dest": "iframe"}).status_code == 403
    for path in ("_sandbox/", "_sandbox/jobs", "v1/get-user-credits"):
        assert client.http.get(f"{client.url}/{path}", headers=LINK).status_code == 403
