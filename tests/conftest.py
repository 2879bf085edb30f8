"""Give the tests an Airflow of their own, before the first of them imports it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as examples

from tests.buckets import S3, served

# A loaded machine is slow; that says nothing about the code.
examples.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
examples.load_profile("patient")

AIRFLOW_HOME = tempfile.mkdtemp(prefix="faceswap-tests-")

for name in [name for name in os.environ if name.startswith("AIRFLOW")]:
    del os.environ[name]
os.environ |= {
    "AIRFLOW_HOME": AIRFLOW_HOME,
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__UNIT_TEST_MODE": "True",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{AIRFLOW_HOME}/airflow.db",
}


@pytest.fixture(scope="session")
def s3() -> Iterator[S3]:
    """A bucket; its URL names the connection."""
    with served() as bucket:
        yield bucket


@pytest.fixture(scope="session")
def airflow_database() -> Iterator[None]:
    """Airflow's database, in this process."""
    from airflow import settings
    from airflow.models import import_all_models
    from airflow.models.base import Base

    settings.configure_orm()
    import_all_models()
    Base.metadata.create_all(settings.engine)
    yield
    settings.dispose_orm(do_log=False)


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(AIRFLOW_HOME, ignore_errors=True)
