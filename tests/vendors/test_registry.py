"""Vendors of other packages: found when asked for, and a broken one is an error for its users alone."""

from __future__ import annotations

import asyncio
import json
import logging
import time

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from airflow_provider_faceswap.apis import VENDORS, registry, vendor
from airflow_provider_faceswap.apis.vocabulary import choose
from airflow_provider_faceswap.exceptions import InputError, SettingsError, VendorError
from airflow_provider_faceswap.hooks import hook_for, provider_of
from airflow_provider_faceswap.operators.faceswap import FaceSwapOperator
from airflow_provider_faceswap.storage.folders import open_folder
from airflow_provider_faceswap.triggers.jobs import SwapJobsTrigger
from tests import fakes
from tests.vendors.conftest import Distribute

VENDOR = """
from typing import Annotated, ClassVar
from airflow_provider_faceswap.vendors import Media, MediaUrl, Submission, SwapHook, Vendor

class Swap(Submission):
    operation: ClassVar[str] = "swap"
    docs: ClassVar[str] = "https://example.com/"
    kind: ClassVar[str] = "image"
    face: Annotated[MediaUrl, Media("image", "face")]
    def path(self, route): return "/"
    def read(self, reply): return None

class Hook(SwapHook):
    conn_type = "{conn_type}"

class NoHook: ...

VENDOR = Vendor(name="{name}", title="Bolt", hook="{hook}", operations={{"swap": Swap}})
"""


def code(name: str = "bolt", hook: str = "bolt_api.Hook", conn_type: str = "bolt") -> str:
    return VENDOR.format(name=name, hook=hook, conn_type=conn_type)


def test_a_vendor_is_found_by_its_name_and_loaded_once(distribute: Distribute) -> None:
    distribute("bolt_faceswap", {"bolt": "bolt_api:VENDOR"}, "bolt_api", code())
    found = vendor("bolt")
    assert (found.title, vendor("bolt") is found) == ("Bolt", True)
    assert type(hook_for("bolt", "bolt_default")).__name__ == "Hook"
    assert registry.names() == [*VENDORS, "bolt"]


@pytest.mark.parametrize(
    ("name", "value", "text", "says"),
    [
        ("bolt", "bolt_api:VENDOR", "import not_there", "ModuleNotFoundError: No module named 'not_there'"),
        ("bolt", "bolt_api:VENDOR", "1 / 0", "ZeroDivisionError: division by zero; reinstall the package"),
        ("bolt", "bolt_api:NOTHING", code(), "AttributeError"),
        ("bolt", "bolt_api:Swap", code(), "bolt_api:Swap is of type ModelMetaclass; name a Vendor there"),
        ("bolt", "bolt_api:VENDOR", code("volt"), "bolt_api:VENDOR calls itself 'volt'"),
        ("Bolt", "bolt_api:VENDOR", code("Bolt"), r"its name must match \[a-z\]\[a-z0-9_\]"),
        ("bo-lt", "bolt_api:VENDOR", code("bo-lt"), r"its name must match \[a-z\]\[a-z0-9_\]"),
        ("b" * 33, "bolt_api:VENDOR", code("b" * 33), r"its name must match \[a-z\]\[a-z0-9_\]"),
    ],
)
def test_a_broken_package_is_named_with_the_remedy(
    distribute: Distribute, name: str, value: str, text: str, says: str
) -> None:
    distribute("bolt_faceswap", {name: value}, "bolt_api", text)
    for _ in range(2):
        with pytest.raises(VendorError, match=says) as raised:
            vendor(name)
        assert str(raised.value).startswith(f"vendor {name!r} of bolt_faceswap 2.5 cannot be used: ")
    for own in VENDORS:
        assert vendor(own).name == own


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (code(hook="not_there.Hook"), "its hook not_there.Hook cannot be imported: ModuleNotFoundError"),
        (code(hook="bolt_api.Nothing"), "its hook bolt_api.Nothing cannot be imported: AttributeError"),
        (code(hook="bolt_api.NoHook"), "its hook bolt_api.NoHook is not a subclass of SwapHook"),
        (code(conn_type="volt"), "its hook bolt_api.Hook has the conn_type 'volt'; set 'bolt'"),
    ],
)
def test_a_broken_hook_is_named_with_the_package(distribute: Distribute, text: str, says: str) -> None:
    distribute("bolt_faceswap", {"bolt": "bolt_api:VENDOR"}, "bolt_api", text)
    with pytest.raises(VendorError, match=f"vendor 'bolt' of bolt_faceswap 2.5 cannot be used: {says}"):
        hook_for("bolt", "bolt_default")


def test_a_name_of_ours_stays_ours(distribute: Distribute, caplog: pytest.LogCaptureFixture) -> None:
    distribute("bolt_faceswap", {"modelslab": "bolt_api:VENDOR"}, "bolt_api", code("modelslab"))
    assert vendor("modelslab").title == "ModelsLab"
    assert type(hook_for("modelslab", "c")).__name__ == "ModelsLabHook"
    with caplog.at_level(logging.WARNING):
        assert registry.names() == [*VENDORS]
    assert "The vendor 'modelslab' of bolt_faceswap 2.5 is ignored" in caplog.text


def test_two_packages_of_one_name_are_both_named(distribute: Distribute) -> None:
    distribute("bolt_faceswap", {"bolt": "bolt_api:VENDOR"}, "bolt_api", code())
    distribute("volt_faceswap", {"bolt": "volt_api:VENDOR"}, "volt_api", code())
    with pytest.raises(VendorError, match="more than one package registers this name") as raised:
        vendor("bolt")
    assert "bolt_faceswap 2.5" in str(raised.value) and "volt_faceswap 2.5" in str(raised.value)


def test_a_vendor_that_is_not_installed_says_where_it_belongs(distribute: Distribute) -> None:
    distribute("bolt_faceswap", {"bolt": "bolt_api:VENDOR"}, "bolt_api", code())
    known = "known: modelslab, segmind, aifaceswap, bolt. Install the package that registers it, on workers"
    with pytest.raises(VendorError, match=f"'acme' is not a known vendor; {known} and triggerers"):
        vendor("acme")


def test_nothing_is_looked_up_for_a_vendor_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise AssertionError("entry points are read")

    registry.registered.cache_clear()
    monkeypatch.setattr(registry, "entry_points", fail)
    connection = {"conn_type": "segmind", "password": "key-1"}
    monkeypatch.setenv("AIRFLOW_CONN_SEGMIND_DEFAULT", json.dumps(connection))
    assert provider_of("segmind_default") == "segmind"
    assert hook_for("segmind", "segmind_default").settings.base_url == "https://api.segmind.com"
    with pytest.raises(InputError, match="segmind_default"):
        open_folder("s3://segmind_default@bucket/folder")


def test_no_other_package_is_imported_for_an_operation_that_a_vendor_lacks(distribute: Distribute) -> None:
    distribute("bolt_faceswap", {"bolt": "bolt_api:VENDOR"}, "bolt_api", "raise SystemExit(1)")
    with pytest.raises(InputError, match="Segmind has no operation for a clip; give the conn_id of a vendor"):
        choose(vendor("segmind"), "video", {"face": "a", "target": "b"}, {})


def test_a_task_that_uses_it_fails_with_the_packages_name_and_may_be_retried(
    distribute: Distribute, monkeypatch: pytest.MonkeyPatch
) -> None:
    distribute("bolt_faceswap", {"bolt": "bolt_api:VENDOR"}, "bolt_api", "import not_there")
    monkeypatch.setenv("AIRFLOW_CONN_BOLT", json.dumps({"conn_type": "bolt", "password": "key-1"}))
    media = {"face": "https://example.com/a.jpg", "target": "https://example.com/b.jpg"}
    swap = FaceSwapOperator(task_id="swap", conn_id="bolt", **media)
    with pytest.raises(AirflowException, match="vendor 'bolt' of bolt_faceswap 2") as raised:
        swap.execute(fakes.context(fakes.FakeStore()))
    assert isinstance(raised.value, VendorError) and not isinstance(raised.value, AirflowFailException)


def test_a_triggerer_without_the_package_says_so() -> None:
    trigger = SwapJobsTrigger(
        provider="bolt", conn_id="bolt", jobs=[{"job_id": "1"}], deadline=time.time() + 9
    )
    with pytest.raises(VendorError, match="Install the package that registers it, on workers and triggerers"):
        asyncio.run(trigger._wait_for_all())


def test_a_connection_of_the_vendor_is_one_of_a_known_type(
    distribute: Distribute, monkeypatch: pytest.MonkeyPatch
) -> None:
    distribute("bolt_faceswap", {"bolt": "bolt_api:VENDOR"}, "bolt_api", code())
    for conn_type in ("bolt", "volt"):
        connection = json.dumps({"conn_type": conn_type, "password": "key-1"})
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_type.upper()}", connection)
    assert provider_of("bolt") == "bolt"
    says = "is of type 'volt': choose one of type 'modelslab', 'segmind', 'aifaceswap' or 'bolt'"
    with pytest.raises(SettingsError, match=says):
        provider_of("volt")
    with pytest.raises(
        SettingsError, match=r"'nobody' is not defined; add one of type .* 'aifaceswap' or 'bolt'"
    ):
        provider_of("nobody")


def test_a_vendors_connection_is_not_taken_for_a_stores(
    distribute: Distribute, monkeypatch: pytest.MonkeyPatch
) -> None:
    distribute("bolt_faceswap", {"bolt": "bolt_api:VENDOR"}, "bolt_api", code())
    monkeypatch.setenv("AIRFLOW_CONN_BOLT", json.dumps({"conn_type": "bolt", "password": "key-1"}))
    hook_for("bolt", "bolt")
    with pytest.raises(InputError, match="names the connection 'bolt', which is of type 'bolt'"):
        open_folder("s3://bolt@bucket/folder")
