"""Airflow's own form: connections of each type are made, read, edited and used, and no secret is shown."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from airflow_provider_faceswap.apis import VENDORS
from tests.browser.looks import Looks

PROXY = "http://user:pa55w0rd@proxy.example.com:3128"
EXTRA, NETWORK = "Extra Fields", "Network"


@dataclass
class Form:
    """The list of connections, and the form that it opens."""

    page: Page
    looks: Looks

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog")

    def field(self, name: str) -> Locator:
        return self.dialog.locator(f"[name={name}]")

    def extra(self, name: str) -> Locator:
        return self.field(f"element_{name}")

    def switch(self) -> Locator:
        named = self.page.locator("[name=element_allow_private_hosts]")
        return self.dialog.locator("label").filter(has=named)

    def row(self, conn_id: str) -> Locator:
        found = self.page.get_by_role("row").filter(has=self.page.get_by_text(conn_id, exact=True))
        found.wait_for()
        return found

    def add(self, conn_id: str, vendor: str, key: str) -> None:
        self.page.goto(f"{self.looks.cluster.url}/connections")
        self.page.get_by_role("button", name="Add Connection").click()
        self.field("connection_id").fill(conn_id)
        self.dialog.get_by_role("combobox").first.click()
        self.page.get_by_role("option", name=VENDORS[vendor], exact=True).click()
        self.field("password").fill(key)

    def edit(self, conn_id: str) -> None:
        self.page.goto(f"{self.looks.cluster.url}/connections")
        self.row(conn_id).get_by_role("button", name="Edit Connection").click()
        self.field("password").wait_for()

    def open(self, section: str) -> None:
        self.dialog.get_by_role("button", name=section, exact=True).click()

    def save(self) -> None:
        self.dialog.get_by_role("button", name="Save").click()
        self.dialog.wait_for(state="hidden")

    def shown(self, conn_id: str) -> dict[str, Any]:
        """Return the connection as the public API shows it, its extra decoded."""
        found: dict[str, Any] = self.looks.cluster.rest.request("GET", f"/connections/{conn_id}")
        return {**found, "extra": json.loads(found["extra"] or "{}")}

    def stored(self, conn_id: str) -> dict[str, Any]:
        """Return the connection with its secrets, as tasks get it."""
        file = self.looks.home / "connections.json"
        self.looks.cluster.airflow("connections", "export", str(file), "--file-format", "json")
        found: dict[str, Any] = json.loads(file.read_text())[conn_id]
        return {**found, "extra": json.loads(found["extra"] or "{}")}


@pytest.fixture
def form(page: Page, looks: Looks) -> Form:
    return Form(page, looks)


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_connection_is_made_with_a_key_alone(looks: Looks, form: Form, vendor: str) -> None:
    conn_id, key = f"key_alone_{vendor}", looks.sandbox.key
    form.add(conn_id, vendor, key)
    expect(form.dialog).to_contain_text("Base URL")
    for hidden in ("login", "port", "schema"):
        expect(form.field(hidden)).to_have_count(0)
    form.save()

    expect(form.row(conn_id)).to_contain_text(vendor)
    assert key not in form.page.content()
    shown = form.shown(conn_id)
    assert (shown["password"], shown["host"], set(shown["extra"].values())) == ("***", None, {None})
    form.edit(conn_id)
    expect(form.field("password")).to_have_value("***")
    expect(form.field("password")).to_have_attribute("type", "password")


@pytest.mark.parametrize("vendor", VENDORS)
def test_what_was_entered_is_there_again_and_can_be_cleared(looks: Looks, form: Form, vendor: str) -> None:
    conn_id, origin = f"all_fields_{vendor}", looks.sandbox.url
    numbers = {"timeout": "25", "max_connections": "7"}
    form.add(conn_id, vendor, looks.sandbox.key)
    form.field("host").fill(origin)
    form.open(EXTRA)
    form.extra("max_active_jobs").fill("4")
    form.open(NETWORK)
    for name, value in numbers.items():
        form.extra(name).fill(value)
    form.extra("verify").fill("false")
    form.switch().click()
    form.save()
    expect(form.row(conn_id)).to_contain_text(origin)
    entered = {"max_active_jobs": 4, "timeout": 25, "max_connections": 7, "verify": "false"}
    assert {**entered, "allow_private_hosts": True}.items() <= form.shown(conn_id)["extra"].items()

    form.edit(conn_id)
    expect(form.field("host")).to_have_value(origin)
    form.open(EXTRA)
    expect(form.extra("max_active_jobs")).to_have_value("4")
    form.extra("max_active_jobs").fill("")
    form.open(NETWORK)
    for name, value in numbers.items():
        expect(form.extra(name)).to_have_value(value)
        form.extra(name).fill("")
    form.extra("verify").fill("")
    form.switch().click()
    form.save()
    cleared = form.shown(conn_id)["extra"]
    assert cleared.pop("allow_private_hosts") is False and set(cleared.values()) == {None}


def test_a_choice_is_made_and_taken_back(looks: Looks, form: Form) -> None:
    form.add("choice", "modelslab", looks.sandbox.key)
    form.open(EXTRA)
    choice = form.dialog.locator("#element_namespace").get_by_role("combobox")
    choice.click()
    form.page.get_by_role("option", name="deepfake", exact=True).click()
    form.save()
    assert form.shown("choice")["extra"]["namespace"] == "deepfake"
    form.edit("choice")
    form.open(EXTRA)
    choice.press("Backspace")
    form.save()
    assert form.shown("choice")["extra"]["namespace"] is None


def test_secrets_are_masked_and_kept_where_nobody_touches_them(looks: Looks, form: Form) -> None:
    form.add("masked", "modelslab", looks.sandbox.key)
    form.open(NETWORK)
    form.extra("proxy").fill(PROXY)
    expect(form.extra("proxy")).to_have_attribute("type", "password")
    form.save()
    shown = form.shown("masked")
    assert (shown["password"], shown["extra"]["proxy"]) == ("***", "***")

    form.edit("masked")
    form.field("description").fill("through the proxy")
    form.open(NETWORK)
    expect(form.extra("proxy")).to_have_value("***")
    form.extra("timeout").fill("20")
    assert "pa55w0rd" not in form.page.content() and looks.sandbox.key not in form.page.content()
    form.save()
    stored = form.stored("masked")
    assert (stored["password"], stored["description"]) == (looks.sandbox.key, "through the proxy")
    assert (stored["extra"]["proxy"], stored["extra"]["timeout"]) == (PROXY, 20)


def test_a_task_swaps_with_a_connection_that_the_form_made_and_edited(looks: Looks, form: Form) -> None:
    form.add("by_form", "segmind", looks.sandbox.key)
    form.field("host").fill(looks.sandbox.url)
    form.save()
    form.edit("by_form")
    form.field("description").fill("the key is not touched")
    form.save()
    run_id = looks.run("with_conn_id", conn_id="by_form")
    assert looks.cluster.rest.wait_for_run("with_conn_id", run_id) == "success"
