"""
The pytest plugin, which pytest loads by its entry point.

Every pytest session in the environment imports this module, so it imports nothing but pytest until the
fixture is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from airflow_provider_faceswap.testing.handle import FaceSwapSandbox


@pytest.fixture
def faceswap_sandbox(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FaceSwapSandbox]:
    """Run the vendors' sandbox and the receiver of callbacks, and point Airflow at both."""
    from airflow_provider_faceswap.sandbox.__main__ import NEEDED

    if missing := [name for name in NEEDED if not find_spec(name)]:
        pytest.fail(
            f'faceswap_sandbox needs {", ".join(missing)}: pip install "airflow-provider-faceswap[sandbox]"',
            pytrace=False,
        )
    from airflow_provider_faceswap.testing.environment import running_sandbox

    with running_sandbox(tmp_path_factory.mktemp("faceswap"), monkeypatch) as sandbox:
        yield sandbox
