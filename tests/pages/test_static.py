from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from airflow_provider_faceswap.pages import app as module


def test_the_tab_needs_no_login_as_it_holds_no_data(browser: TestClient) -> None:
    reply = browser.get("/static/tab.html")
    assert (reply.status_code, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = dict(part.strip().split(" ", 1) for part in reply.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'self'"
    assert {policy[f"{kind}-src"] for kind in ("script", "style", "img", "media", "connect")} == {"'self'"}
    assert reply.headers["x-content-type-options"] == "nosniff"
    again = browser.get("/static/tab.html", headers={"if-none-match": reply.headers["etag"]})
    assert again.status_code == 304


def test_every_static_file_is_served_as_what_it_is(browser: TestClient) -> None:
    types = {".html": "text/html", ".css": "text/css", ".js": ("text/javascript", "application/javascript")}
    files = [path for path in module.STATIC.rglob("*") if path.is_file()]
    assert files
    for path in files:
        reply = browser.get(f"/static/{path.relative_to(module.STATIC)}")
        assert reply.headers["content-type"].startswith(types[path.suffix])


@pytest.mark.parametrize(
    "path",
    [
        "../app.py", "..%2fapp.py", "%2e%2e/app.py", "..%5capp.py", "js/../../app.py", "%2fetc%2fpasswd",
        "//etc/passwd", "tab.html%00.css", "", ".", "js",
    ],
)  # fmt: skip
def test_nothing_else_is_served(browser: TestClient, path: str) -> None:
    assert browser.get(f"/static/{path}").status_code in (404, 405)


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/", "/dags", "/dags/ours"])
def test_there_are_no_other_routes(browser: TestClient, path: str) -> None:
    assert browser.get(path).status_code == 404
